"""Server-sent events, as an images API streams them (https://html.spec.whatwg.org/multipage/server-sent-events.html).

In: the chunks of an answer.  Out: the JSON objects of its events, one by one.
"""

import json
from collections.abc import AsyncIterable, AsyncIterator
from typing import Any, Final

MAX_EVENT_BYTES: Final = 96 * 2**20


async def objects(chunks: AsyncIterable[bytes]) -> AsyncIterator[dict[str, Any]]:
    """The `data` of each event; "[DONE]" ends some APIs' streams.  Raises ValueError for what is no such stream."""
    pending = b""
    async for chunk in chunks:
        pending += chunk
        if len(pending) > MAX_EVENT_BYTES:
            raise ValueError(f"an event of more than {MAX_EVENT_BYTES} bytes")
        *whole, pending = pending.replace(b"\r\n", b"\n").split(b"\n\n")
        for event in whole:
            data = b"\n".join(line[5:].strip() for line in event.split(b"\n") if line.startswith(b"data:"))
            if data and data != b"[DONE]":
                yield _object(data)


def _object(data: bytes) -> dict[str, Any]:
    value: dict[str, Any] | object = json.loads(data)
    if isinstance(value, dict):
        return value
    raise ValueError(f"no object: {data[:80]!r}")
