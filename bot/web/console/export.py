"""The request log as a file: CSV for tables, JSON Lines for programs, streamed row by row.

In: the same filter as the request log's.  Out: a download that never holds more than a batch of rows in memory.
"""

import csv
import io
import json
from collections.abc import Callable
from typing import Any, Final

from aiohttp import hdrs, web

from bot.database.audit import Act
from bot.database.records import GenerationRecord
from bot.web.access import moderator_desk
from bot.web.console.log import Asked, jump_address
from bot.web.guard import set_headers
from bot.web.site import site_of

routes = web.RouteTableDef()

BATCH: Final = 500
FIELDS: Final = (
    "id", "created_at", "user_id", "user_name", "guild_id", "channel_id", "status", "kind", "prompt", "negative_prompt",
    "images", "seed", "model", "verdict", "category", "score", "reason", "finished_at", "error", "removed_at",
    "removed_by", "removed_why", "message",
)  # fmt: skip
_FORMULA: Final = ("=", "+", "-", "@")
_BREAKS: Final = ("\t", "\r", "\n")


@routes.get("/console/{guild}/export.csv")
async def as_csv(request: web.Request) -> web.StreamResponse:
    return await export(request, "text/csv", "csv", csv_line, header=csv_row(FIELDS))


@routes.get("/console/{guild}/export.jsonl")
async def as_json_lines(request: web.Request) -> web.StreamResponse:
    return await export(request, "application/x-ndjson", "jsonl", json_line)


async def export(
    request: web.Request, kind: str, suffix: str, line: Callable[[GenerationRecord], str], header: str = ""
) -> web.StreamResponse:
    desk = await moderator_desk(request)
    services, asked = site_of(request).services, Asked.of(request.query)
    wanted = asked.filter(desk)
    act = Act(desk.actor.user_id, "export", f"log:{suffix}", desk.guild_id, after={"filter": asked.address()})
    await services.audit_log.note(act)
    response = web.StreamResponse()
    response.content_type, response.charset = kind, "utf-8"
    response.headers[hdrs.CONTENT_DISPOSITION] = f'attachment; filename="easel-log-{desk.slug}.{suffix}"'
    set_headers(request, response)
    await response.prepare(request)
    lines = [header] if header else []
    async for record in services.log.stream(wanted, BATCH):
        lines.append(line(record))
        if len(lines) >= BATCH:
            await response.write("".join(lines).encode())
            lines.clear()
    await response.write("".join(lines).encode())
    await response.write_eof()
    return response


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
        removal and removal.at.isoformat(), removal and str(removal.by), removal and removal.why, jump_address(record),
    )  # fmt: skip
    return dict(zip(FIELDS, values, strict=True))


def json_line(record: GenerationRecord) -> str:
    return json.dumps(described(record), ensure_ascii=False) + "\n"


def csv_line(record: GenerationRecord) -> str:
    return csv_row(tuple(described(record).values()))


def csv_row(values: tuple[object, ...]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(["" if value is None else harmless(value) for value in values])
    return buffer.getvalue()


def harmless(value: object) -> object:
    """Text that a table program would compute as a formula is quoted, as OWASP advises: the prompt is anybody's."""
    computed = isinstance(value, str) and (value.lstrip().startswith(_FORMULA) or value[:1] in _BREAKS)
    return f"'{value}" if computed else value
