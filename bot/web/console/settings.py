"""A server's settings in the console: who sees the gallery, where reviews are announced, how long rows are kept.

In: a manager's choices.  Out: the same, through the actions, audited.
"""

from typing import Final

from aiohttp import web

from bot.errors import InvalidOption, NotFound
from bot.web import asked
from bot.web.access import Desk, moderator_desk
from bot.web.console.desk import console_page
from bot.web.render import noted, redirect
from bot.web.site import site_of

routes = web.RouteTableDef()

MAX_RETENTION: Final = 3650


@routes.get("/console/{guild}/settings")
async def settings(request: web.Request) -> web.Response:
    desk = await manager_desk(request)
    site = site_of(request)
    return await console_page(
        request, desk, "console/settings.html", "settings",
        chosen=await site.services.server_settings.get(desk.actor), most=MAX_RETENTION,
        channels=site.directory.channels(desk.guild_id or 0), done=noted(request),
    )  # fmt: skip


@routes.post("/console/{guild}/settings")
async def save(request: web.Request) -> web.Response:
    desk = await manager_desk(request)
    form = await request.post()
    channel_id = asked.number("review_channel", str(form.get("review_channel", "")))
    known = {channel.id for channel in site_of(request).directory.channels(desk.guild_id or 0)}
    if channel_id is not None and channel_id not in known:
        raise InvalidOption("review_channel", "no_channel", {"value": channel_id})
    days = asked.number("retention_days", str(form.get("retention_days", "")))
    if days is not None and not 1 <= days <= MAX_RETENTION:
        raise InvalidOption("retention_days", "out_of_range", {"value": days, "low": 1, "high": MAX_RETENTION})
    await site_of(request).services.server_settings.change(
        desk.actor,
        gallery_is_public="gallery_is_public" in form,
        gallery_is_searchable="gallery_is_searchable" in form,
        review_channel_id=channel_id,
        retention_days=days,
    )
    return redirect(f"/console/{desk.slug}/settings?done=saved")


async def manager_desk(request: web.Request) -> Desk:
    desk = await moderator_desk(request, "manage_guild")
    if desk.server is None:
        raise NotFound("server")
    return desk
