"""The next weekly digest in the console, as it would go out now: the same as the button in Discord's `/settings`.

In: a manager's server.  Out: a page.
"""

from aiohttp import web

from bot.web.console.desk import console_page
from bot.web.console.settings import manager_desk
from bot.web.site import site_of

routes = web.RouteTableDef()


@routes.get("/console/{guild}/digest")
async def preview(request: web.Request) -> web.Response:
    desk, site = await manager_desk(request), site_of(request)
    found = await site.services.digest.preview(desk.actor)
    here = desk.actor.guild_id or 0
    channel = None if found.channel_id is None else site.directory.channel_name(here, found.channel_id)
    return await console_page(
        request, desk, "console/digest.html", "settings", found=found, channel=channel or found.channel_id,
        gallery=f"/gallery/{here}",
    )  # fmt: skip
