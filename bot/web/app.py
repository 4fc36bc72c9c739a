"""The web pages of the bot process, and the server that answers with them.

In: a `Site`.  Out: an aiohttp application (`create_app`), or the address where it is served (`open_site`).
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

import structlog
from aiohttp import web

from bot.errors import ConfigurationError
from bot.services import Services
from bot.web import guard, health, home, language, login, me, render
from bot.web.console import audit, desk, digest, export, people, review, settings, stats, words
from bot.web.console import log as log_pages
from bot.web.discord_login import DiscordLogin
from bot.web.gallery import contests, feed, pages
from bot.web.site import SITE, Directory, Site

log = structlog.get_logger(__name__)

MAX_FORM_BYTES: Final = 256 * 1024
STATIC: Final = Path(__file__).parent / "static"


def create_app(site: Site) -> web.Application:
    """All routes behind the guards, the outermost first."""
    app = web.Application(
        middlewares=[guard.headers, language.speak, guard.errors, guard.origin, guard.identify],
        client_max_size=MAX_FORM_BYTES,
    )
    app[SITE] = site
    render.set_up(app)
    console = (desk, log_pages, review, people, words, audit, stats, settings, digest, export)
    for part in (health, home, language, login, *console, contests, pages, feed, me):
        app.add_routes(part.routes)
    app.router.add_static("/static", STATIC, name="static")
    return app


@asynccontextmanager
async def open_site(site: Site, host: str, port: int) -> AsyncIterator[None]:
    """Serve until the block ends.  Raises OSError where the port is taken."""
    runner = web.AppRunner(create_app(site), access_log=None, handle_signals=False)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        log.info("web.open", url=site.url)
        yield
    finally:
        await runner.cleanup()


@asynccontextmanager
async def serve_pages(
    services: Services, directory: Directory, application_id: Callable[[], int | None]
) -> AsyncIterator[None]:
    """The pages as the settings want them.

    Raises ConfigurationError for a WEB_PORT that is taken; where none is set and the usual one is taken, there are
    no pages, and the log says so.
    """
    settings = services.settings
    port, url = settings.pages_port, settings.pages_url
    if port == 0:
        yield
        return
    secret = settings.discord_client_secret
    discord = None
    if secret is not None:
        discord = DiscordLogin(
            application_id, secret.get_secret_value(), redirect=f"{url}/login/callback", proxy=settings.discord_proxy
        )
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(open_site(Site(services, directory, url, discord), settings.web_host, port))
        except OSError as error:
            where = f"{settings.web_host}:{port}"
            if settings.web_port is not None:
                problem = f"the web pages cannot be served on {where} ({error.strerror})"
                cure = "Name another port, or 0 for no web pages."
                raise ConfigurationError("WEB_PORT", str(port), problem, cure) from error
            log.warning("web.not_open", address=where, error=error.strerror, cure="set WEB_PORT")
        yield
