"""The audit log's hash chain: each row's hash covers the one before it, so that a change or a gap shows.

In: what a row says.  Out: hashes, in hexadecimal.  Who hides a change must compute every later hash anew; who
keeps the newest one elsewhere (`easel audit verify` prints it) finds that, too, and a log whose end was cut off.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

START: Final = "0" * 64


def content_hash(
    at: datetime, guild_id: int | None, actor_id: int, action: str, subject: str, why: str,
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None,
) -> str:  # fmt: skip
    """SHA-256 of the row as canonical JSON."""
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    said = [moment, guild_id, actor_id, action, subject, why, before or None, after or None]
    return _sha256(json.dumps(said, ensure_ascii=True, sort_keys=True, separators=(",", ":")))


def link(previous: str, content: str) -> str:
    """The row's own hash, from the row before it and its content's hash."""
    return _sha256(f"{previous}:{content}")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
