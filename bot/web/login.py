"""Logging in and out: Discord's OAuth2, or, in the demo alone, a choice of its people.

In: a browser.  Out: a session cookie.  A login always makes a new session, whatever cookie the browser came with, so
nobody can slip somebody else a session that they know.
"""

import base64
import binascii
import hmac
import json

import structlog
from aiohttp import web

from bot.web.discord_login import Attempt, Identity, LoginFailed
from bot.web.guard import session_cookie, set_session
from bot.web.render import page, redirect
from bot.web.site import local_path, site_of, visitor_of
from bot.wording import pages

log = structlog.get_logger(__name__)

routes = web.RouteTableDef()

ATTEMPT_SECONDS = 600


@routes.get("/login", name="login")
async def login(request: web.Request) -> web.Response:
    site = site_of(request)
    then = local_path(request.query.get("next"))
    if site.people:
        return page(request, "login_local.html", people=site.people, then=then)
    if site.login is None:
        return page(request, "login_off.html", status=503)
    attempt = Attempt.begin(then)
    response = redirect(site.login.address(attempt))
    response.set_cookie(
        attempt_cookie(secure=site.secure), _packed(attempt), max_age=ATTEMPT_SECONDS, path="/", httponly=True,
        secure=site.secure, samesite="Lax",
    )  # fmt: skip
    return response


@routes.get("/login/callback")
async def callback(request: web.Request) -> web.Response:
    """Discord sends the browser back here.  The state shows that this browser set out from here."""
    site = site_of(request)
    cookie = attempt_cookie(secure=site.secure)
    attempt = _unpacked(request.cookies.get(cookie, ""))
    state, code = request.query.get("state", ""), request.query.get("code")
    if site.login is None or attempt is None or not hmac.compare_digest(attempt.state.encode(), state.encode()):
        raise LoginFailed(pages.NOT_FROM_HERE)
    if code is None:  # the person pressed Cancel, for example
        raise LoginFailed(pages.NOT_CONFIRMED)
    identity = await site.login.identify(code, attempt)
    response = await _logged_in(request, identity, attempt.then)
    response.del_cookie(cookie, path="/", secure=site.secure, httponly=True, samesite="Lax")
    return response


@routes.post("/login/local")
async def local(request: web.Request) -> web.Response:
    """The demo's login.  It has people only there, and the demo listens on loopback only."""
    site = site_of(request)
    if not site.people:
        raise web.HTTPNotFound
    form = await request.post()
    chosen = next((person for person in site.people if str(person.user_id) == form.get("person")), None)
    if chosen is None:
        raise LoginFailed(pages.NOBODY)
    guild_ids = tuple(server.id for server in site.directory.servers())
    identity = Identity(chosen.user_id, chosen.name, guild_ids)
    return await _logged_in(request, identity, local_path(str(form.get("next", ""))))


@routes.post("/logout")
async def logout(request: web.Request) -> web.Response:
    """Here, or, with `everywhere`, in every browser."""
    site, visitor = site_of(request), visitor_of(request)
    form = await request.post()
    cookie = session_cookie(secure=site.secure)
    if visitor is not None and "everywhere" in form:
        await site.services.web_sessions.end_all(visitor.user_id)
    await site.services.web_sessions.end(request.cookies.get(cookie, ""))
    response = redirect("/")
    response.del_cookie(cookie, path="/", secure=site.secure, httponly=True, samesite="Lax")
    return response


async def _logged_in(request: web.Request, identity: Identity, then: str) -> web.Response:
    site = site_of(request)
    known = {server.id for server in site.directory.servers()}
    guild_ids = [guild_id for guild_id in identity.guild_ids if guild_id in known]
    await site.services.web_sessions.end(request.cookies.get(session_cookie(secure=site.secure), ""))
    token = await site.services.web_sessions.begin(identity.user_id, identity.name, guild_ids)
    log.info("web.login", user=identity.user_id)
    response = redirect(then)
    set_session(response, token, secure=site.secure)
    return response


def attempt_cookie(*, secure: bool) -> str:
    return "__Host-easel-login" if secure else "easel-login"


def _packed(attempt: Attempt) -> str:
    parts = [attempt.state, attempt.verifier, attempt.then]
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


def _unpacked(text: str) -> Attempt | None:
    try:
        state, verifier, then = json.loads(base64.urlsafe_b64decode(text))
    except (binascii.Error, ValueError, TypeError):
        return None
    return Attempt(str(state), str(verifier), local_path(str(then)))
