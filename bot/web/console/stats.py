"""Statistics in the console: what was asked for, what was blocked, by whom, and how long people waited."""

from typing import Final

from aiohttp import web

from bot.web.access import moderator_desk
from bot.web.charts import columns
from bot.web.console.desk import console_page
from bot.web.site import site_of
from bot.wording import moderating, terms

routes = web.RouteTableDef()

SPANS: Final = (7, 30, 90)


@routes.get("/console/{guild}/stats")
async def stats(request: web.Request) -> web.Response:
    desk = await moderator_desk(request)
    text = request.query.get("days", "")
    days = int(text) if text in map(str, SPANS) else 30
    report = await site_of(request).services.moderation.report(desk.actor, days)
    return await console_page(
        request, desk, "console/stats.html", "stats",
        report=report, days=days, spans=SPANS, daily=columns(report.days),
        categories=[(terms.category(name), number) for name, number in report.categories],
        waits=[(moderating.waited(most), number) for most, number in report.waits],
        requests=sum(day.requests for day in report.days), blocked=sum(day.blocked for day in report.days),
        flagged=sum(day.flagged for day in report.days),
    )  # fmt: skip
