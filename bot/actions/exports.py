"""The request log as rows for other programs: CSV for tables, JSON Lines for the rest.

In: a filter.  Out: lines, one after another: memory does not grow with the log.  Each export is audited.
"""

import csv
import io
import json
from collections.abc import AsyncIterator
from typing import Any, Final, Literal

from bot.actions.actor import Actor
from bot.database.audit import Act, AuditLog
from bot.database.generations import GenerationLog
from bot.database.records import GenerationFilter, GenerationRecord

Form = Literal["csv", "jsonl"]

BATCH: Final = 500
FIELDS: Final = (
    "id", "created_at", "user_id", "user_name", "guild_id", "channel_id", "status", "kind", "prompt", "negative_prompt",
    "images", "seed", "model", "verdict", "category", "score", "reason", "finished_at", "error", "removed_at",
    "removed_by", "removed_why", "message",
)  # fmt: skip
_FORMULA: Final = ("=", "+", "-", "@")
_BREAKS: Final = ("\t", "\r", "\n")


class Exports:
    def __init__(self, generations: GenerationLog, audit_log: AuditLog) -> None:
        self._generations = generations
        self._audit_log = audit_log

    async def lines(
        self, actor: Actor, wanted: GenerationFilter, form: Form, described_filter: str
    ) -> AsyncIterator[str]:
        """The rows that match, newest first, each as a line with its end; for CSV after a line of names."""
        actor.require("manage_messages")
        after = {"filter": described_filter}
        await self._audit_log.note(Act(actor.user_id, "export", f"log:{form}", actor.guild_id, after=after))
        if form == "csv":
            yield csv_row(FIELDS)
        async for record in self._generations.stream(wanted, BATCH):
            yield csv_row(tuple(described(record).values())) if form == "csv" else json_line(record)


def described(record: GenerationRecord) -> dict[str, Any]:
    """The row's fields, in order.  Ids are text: tables and JavaScript round numbers of that size."""
    order, verdict, removal = record.order, record.verdict, record.removal
    requester = order.requester
    values = (
        record.id, record.created_at.isoformat(), str(requester.user_id), requester.user_name,
        None if requester.guild_id is None else str(requester.guild_id), str(requester.channel_id), record.status,
        order.kind, order.prompt, order.negative_prompt, order.images, record.seed, record.model,
        verdict and verdict.action, verdict and verdict.category, verdict and verdict.score, verdict and verdict.reason,
        record.finished_at and record.finished_at.isoformat(), record.error_code,
        removal and removal.at.isoformat(), removal and str(removal.by), removal and removal.why, message_url(record),
    )  # fmt: skip
    return dict(zip(FIELDS, values, strict=True))


def message_url(record: GenerationRecord) -> str | None:
    """Where Discord shows it: nowhere what was refused, for its answer is gone, and what only one person sees."""
    if record.message_id is None or record.order.private or record.status == "blocked":
        return None
    requester = record.order.requester
    return f"https://discord.com/channels/{requester.guild_id or '@me'}/{requester.channel_id}/{record.message_id}"


def json_line(record: GenerationRecord) -> str:
    return json.dumps(described(record), ensure_ascii=False) + "\n"


def csv_row(values: tuple[object, ...]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(["" if value is None else harmless(value) for value in values])
    return buffer.getvalue()


def harmless(value: object) -> object:
    """Text that a table program would compute as a formula is quoted, as OWASP advises: the prompt is anybody's."""
    computed = isinstance(value, str) and (value.lstrip().startswith(_FORMULA) or value[:1] in _BREAKS)
    return f"'{value}" if computed else value
