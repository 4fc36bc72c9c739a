"""The front page: where the visitor may go."""

from aiohttp import web

from bot.web.access import moderated
from bot.web.render import page
from bot.web.site import Server, site_of, visitor_of

routes = web.RouteTableDef()


@routes.get("/", name="home")
async def home(request: web.Request) -> web.Response:
    """The servers that the visitor and the bot share, and what there is to do in them."""
    visitor = visitor_of(request)
    servers: list[tuple[Server, bool]] = []
    if visitor is not None:
        mine = {desk.guild_id for desk in await moderated(request)}
        shared = (server for server in site_of(request).directory.servers() if server.id in visitor.guild_ids)
        servers = [(server, server.id in mine) for server in shared]
    return page(request, "home.html", servers=servers)


@routes.get("/robots.txt")
async def robots(_: web.Request) -> web.Response:
    """Nobody's index: what a server shows to everybody says so on its own page."""
    return web.Response(text="User-agent: *\nDisallow: /console\nDisallow: /login\nDisallow: /me\n")
