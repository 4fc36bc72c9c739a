"""Whether the bot lives and works, for whoever watches it: `/healthz`, `/readyz`, `/metrics`.

In: requests of a supervisor, a load balancer, Prometheus.  Out: a word, what is ready, the numbers.
The numbers are for METRICS_TOKEN's bearer, or, where none is set and no proxy is announced, for this machine itself.
"""

import asyncio
import hmac
from typing import Final

from aiohttp import hdrs, web
from prometheus_client import CONTENT_TYPE_LATEST

from bot.metrics import EndpointLoad
from bot.web.site import Site, site_of

PATIENCE_SECONDS: Final = 3.0
LOOPBACK: Final = ("127.0.0.1", "::1")
FORWARDED: Final = ("X-Forwarded-For", "Forwarded", "X-Real-IP")
REFUSED: Final = "The numbers need METRICS_TOKEN as bearer token; without one, this machine's own without a proxy."

routes = web.RouteTableDef()


@routes.get("/healthz")
async def healthz(_: web.Request) -> web.Response:
    """The event loop turns; a process that does not answer here is to be started again."""
    return web.Response(text="ok\n")


@routes.get("/readyz")
async def readyz(request: web.Request) -> web.Response:
    """What an order needs; 503 while one of them is away.  Starting the bot again mends none of them."""
    site = site_of(request)
    parts = {
        "database": await _database_answers(site),
        "discord": site.directory.connected(),
        "inference": any(endpoint.ready for endpoint in site.services.pool.status()),
    }
    ready = all(parts.values())
    return web.json_response({"ready": ready, **parts}, status=200 if ready else 503)


async def _database_answers(site: Site) -> bool:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await site.services.database.ping()
    except Exception:  # noqa: BLE001  # every driver has its own errors; all mean that it does not answer
        return False
    return True


@routes.get("/metrics")
async def metrics(request: web.Request) -> web.Response:
    site = site_of(request)
    if not _may_see_metrics(request):
        raise web.HTTPForbidden(text=REFUSED)
    services = site.services
    endpoints = [EndpointLoad(one.name, one.ready, one.running, one.concurrency) for one in services.pool.status()]
    page = services.metrics.render(services.queue.waiting, services.queue.running, endpoints)
    return web.Response(body=page, headers={hdrs.CONTENT_TYPE: CONTENT_TYPE_LATEST})


def _may_see_metrics(request: web.Request) -> bool:
    site = site_of(request)
    token = site.services.settings.metrics_token
    if token is not None:
        given = request.headers.get(hdrs.AUTHORIZATION, "")
        return hmac.compare_digest(given.encode(), f"Bearer {token.get_secret_value()}".encode())
    # A proxy on this machine asks for somebody else, and not every one says so; one with HTTPS is announced by WEB_URL.
    proxied = site.secure or any(name in request.headers for name in FORWARDED)
    return request.remote in LOOPBACK and not proxied
