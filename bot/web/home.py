"""The front page: where the visitor may go."""

from aiohttp import web

from bot.web.render import page
from bot.web.site import Server, site_of, visitor_of

routes = web.RouteTableDef()


@routes.get("/", name="home")
async def home(request: web.Request) -> web.Response:
    """The servers that the visitor and the bot share."""
    site, visitor = site_of(request), visitor_of(request)
    servers: tuple[Server, ...] = ()
    if visitor is not None:
        servers = tuple(server for server in site.directory.servers() if server.id in visitor.guild_ids)
    return page(request, "home.html", servers=servers)


@routes.get("/robots.txt")
async def robots(_: web.Request) -> web.Response:
    """Nobody's index: what a server shows to everybody says so on its own page."""
    return web.Response(text="User-agent: *\nDisallow: /console\nDisallow: /login\nDisallow: /me\n")
