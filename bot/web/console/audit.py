"""The audit log in the console: who did what, to whom, and why."""

from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from bot.database.audit import AuditFilter
from bot.web import asked
from bot.web.access import moderator_desk
from bot.web.console.desk import console_page, names_of
from bot.web.site import site_of
from bot.wording import moderating, terms
from bot.wording.changes import change

routes = web.RouteTableDef()

PER_PAGE: Final = 50
FIELDS: Final = ("actor", "action", "subject", "since", "until")


@routes.get("/console/{guild}/audit")
async def audit(request: web.Request) -> web.Response:
    desk = await moderator_desk(request)
    typed = {name: request.query.get(name, "").strip()[:100] for name in FIELDS}
    wanted = AuditFilter(
        actor_id=asked.number("actor", typed["actor"]),
        action=asked.one_of("action", typed["action"], terms.ACTS),
        subject=typed["subject"] or None,
        since=asked.day("since", typed["since"]),
        until=asked.day_after("until", typed["until"]),
    )
    before = asked.number("before", request.query.get("before", ""))
    found = await site_of(request).services.moderation.audit(desk.actor, wanted, before, PER_PAGE)
    names = await names_of(request, desk, [one.actor_id for one in found.records])
    return await console_page(
        request, desk, "console/audit.html", "audit",
        found=found, about=moderating.about, change=change, asked=typed, actions=terms.ACTS, names=names, before=before,
        address=lambda **more: urlencode({name: value for name, value in {**typed, **more}.items() if value}),
    )  # fmt: skip
