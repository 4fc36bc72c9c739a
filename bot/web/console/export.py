"""The request log as a file, streamed row by row.

In: the same filter as the request log's.  Out: a download that never holds more than a batch of rows in memory.  It is
an act, which the audit log keeps: a form asks for it, and no link of somebody else's.
"""

from typing import Final

from aiohttp import hdrs, web

from bot.actions.exports import BATCH, Form
from bot.web.access import moderator_desk
from bot.web.asked import only
from bot.web.console.log import FILTERS, Asked
from bot.web.guard import set_headers
from bot.web.site import site_of

routes = web.RouteTableDef()

KINDS: Final[dict[Form, str]] = {"csv": "text/csv", "jsonl": "application/x-ndjson"}


@routes.post("/console/{guild}/export.csv")
async def as_csv(request: web.Request) -> web.StreamResponse:
    return await export(request, "csv")


@routes.post("/console/{guild}/export.jsonl")
async def as_json_lines(request: web.Request) -> web.StreamResponse:
    return await export(request, "jsonl")


async def export(request: web.Request, form: Form) -> web.StreamResponse:
    desk = await moderator_desk(request)
    only(request.query, FILTERS)  # a file has no room for a note
    asked = Asked.of(request.query)
    wanted = asked.filter(desk)
    response = web.StreamResponse()
    response.content_type, response.charset = KINDS[form], "utf-8"
    response.headers[hdrs.CONTENT_DISPOSITION] = f'attachment; filename="easel-log-{desk.slug}.{form}"'
    set_headers(request, response)
    await response.prepare(request)
    lines: list[str] = []
    async for line in site_of(request).services.exports.lines(desk.actor, wanted, form, asked.address()):
        lines.append(line)
        if len(lines) >= BATCH:
            await response.write("".join(lines).encode())
            lines.clear()
    await response.write("".join(lines).encode())
    await response.write_eof()
    return response
