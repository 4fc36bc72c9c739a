"""What stands before every page: security headers, the check of a request's origin, who it is, errors as pages.

In: any request.  Out: a response that a browser may trust.  Cross-site requests are told by what browsers themselves
say (Sec-Fetch-Site, else Origin); no token has to be carried through the forms.
"""

import re
import secrets
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from aiohttp import hdrs, web
from yarl import URL

from bot.database.web_sessions import LIFETIME
from bot.errors import (
    Broken,
    ContestOver,
    DiscordAway,
    InvalidOption,
    LimitReached,
    MissingPermission,
    NoEndpoint,
    NotFound,
    NotRead,
    NotSaved,
    NotYours,
    OwnEntry,
    OwnWork,
    RemovedByOperator,
    UserError,
)
from bot.web.access import LoginNeeded, login_address
from bot.web.render import page, redirect
from bot.web.site import VISITOR, Visitor, site_of, visitor_of
from bot.wording import pages
from bot.wording.reader import say
from bot.wording.render import explain

log = structlog.get_logger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

TEXTS: Final = ("text/", "application/atom+xml", "application/javascript", "application/json", "image/svg+xml")
WHOLE: Final = (200, 400, 401, 403, 404)  # answers that have a body
IN_PART: Final = (hdrs.RANGE, hdrs.IF_NONE_MATCH, hdrs.IF_MODIFIED_SINCE)  # of a file's: maybe a part, maybe no body
TAKES_GZIP: Final = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))", re.IGNORECASE)
SAFE_METHODS: Final = ("GET", "HEAD", "OPTIONS")
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
STATUS: Final[tuple[tuple[type[UserError], int], ...]] = (
    (NotFound, 404), (MissingPermission, 403), (NotYours, 403), (RemovedByOperator, 403), (OwnEntry, 403),
    (ContestOver, 409), (InvalidOption, 400), (LimitReached, 429), (NotSaved, 503), (NotRead, 503), (NoEndpoint, 503),
    (OwnWork, 403), (DiscordAway, 503), (UserError, 400),
)  # fmt: skip


def session_cookie(*, secure: bool) -> str:
    """The name that browsers protect: __Host- may be set by this very host alone, over https alone."""
    return "__Host-easel" if secure else "easel"


@web.middleware
async def headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    response = await handler(request)
    if not response.prepared:  # a stream has sent its own
        set_headers(request, response)
        compress(request, response)
    return response


def compress(request: web.Request, response: web.StreamResponse) -> None:
    """Text becomes a quarter of its size where that tells nobody anything.

    From the sizes of many answers that hold words of theirs, who listens on the way could tell what else stands in
    them (BREACH): so not in what another site may have made the browser of somebody who is logged in ask for.
    """
    is_text = is_file(request) or response.content_type.startswith(TEXTS)  # all of our files are
    if not is_text or response.status not in WHOLE or request.method == "HEAD":
        return
    if is_file(request) and any(name in request.headers for name in IN_PART):
        return
    response.headers[hdrs.VARY] = ",".join((hdrs.ACCEPT_ENCODING, hdrs.COOKIE, "Sec-Fetch-Site"))
    own = visitor_of(request) is None or request.headers.get("Sec-Fetch-Site") in ("same-origin", "none")
    if own and TAKES_GZIP.search(request.headers.get(hdrs.ACCEPT_ENCODING, "")):
        response.enable_compression(web.ContentCoding.gzip)


def set_headers(request: web.Request, response: web.StreamResponse) -> None:
    """The security headers, and no caching of what is not a file for everybody; that is asked for anew each time."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault(hdrs.CACHE_CONTROL, "no-cache" if is_file(request) else "no-store")
    if site_of(request).secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A UserError's own sentence; anything else an id that is in the log."""
    try:
        return await handler(request)
    except web.HTTPRedirection as moved:
        return redirect(moved.headers[hdrs.LOCATION])
    except web.HTTPException as error:
        return failure(request, error.status, said(error))
    except LoginNeeded:
        if request.method != "GET":
            return failure(request, 401, say(pages.LOGGED_OUT))
        return redirect(login_address(request))
    except UserError as error:
        return failure(request, status_of(error), explain(error))
    except Exception:
        site_of(request).services.metrics.broke()
        error_id = secrets.token_hex(4)
        log.exception("web.broken", id=error_id, path=request.path)
        return failure(request, 500, explain(Broken(error_id)))


def status_of(error: UserError) -> int:
    return next(status for kind, status in STATUS if isinstance(error, kind))


def failure(request: web.Request, status: int, sentence: str) -> web.Response:
    """The error as a page, or as JSON for a script that asked for it."""
    if "application/json" in request.headers.get(hdrs.ACCEPT, ""):
        return web.json_response({"error": sentence}, status=status)
    title = pages.title(status)
    return page(request, "error.html", status=status, title=title, sentence=sentence, back=form_of(request, status))


def form_of(request: web.Request, status: int) -> str | None:
    """Where the refused form stands: the page of ours that sent it, else the nearest page above its address."""
    if request.method in SAFE_METHODS and status != 400:
        return None
    came_from = _page_before(request)
    if came_from is not None:
        return came_from
    if request.method in SAFE_METHODS:
        return request.path if request.query_string else None
    parts = request.path.strip("/").split("/")
    above = ("/" + "/".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((path for path in above if _is_page(request, path)), None)


def _page_before(request: web.Request) -> str | None:
    """The Referer, if it is a page of this very site, and another one than what was asked for."""
    try:
        before = URL(request.headers.get(hdrs.REFERER, ""))
        ours = before.absolute and before.origin() == URL(site_of(request).url).origin()
    except ValueError:
        return None
    same = request.method in SAFE_METHODS and before.raw_path_qs == request.rel_url.raw_path_qs
    if not ours or same or not _is_page(request, before.raw_path):
        return None
    return before.raw_path_qs


def _is_page(request: web.Request, path: str) -> bool:
    if path.startswith("//"):  # as a link it would lead to another site
        return False
    for resource in request.app.router.resources():
        place = resource.get_info()
        fits = place["pattern"].fullmatch(path) if "pattern" in place else place.get("path") == path
        if fits and any(route.method == "GET" for route in resource):
            return True
    return False


def said(error: web.HTTPException) -> str:
    """What is wrong, in a sentence; aiohttp's own texts repeat the status only."""
    if error.status == 404:
        return say(pages.NO_PAGE)
    own = error.text is not None and not error.text.startswith(str(error.status))
    return error.text if own and error.text else f"{error.reason}."


@web.middleware
async def origin(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuses what another site makes a browser send, and, on loopback, names that do not belong there."""
    site = site_of(request)
    if site.people and request.host.rpartition(":")[0].strip("[]") not in ("127.0.0.1", "localhost", "::1"):
        # A page elsewhere may let its own name lead to this machine; the demo's local login asks for no password.
        raise web.HTTPForbidden(text=say(pages.ELSEWHERE))
    if request.method not in SAFE_METHODS and not _same_origin(request, site.url):
        raise web.HTTPForbidden(text=say(pages.OTHER_SITE))
    return await handler(request)


def _same_origin(request: web.Request, url: str) -> bool:
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if fetch_site is not None:
        return fetch_site == "same-origin"
    return request.headers.get(hdrs.ORIGIN) == url


@web.middleware
async def identify(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Sets `visitor_of(request)`, and replaces a token that has been in use for long."""
    site = site_of(request)
    cookie = session_cookie(secure=site.secure)
    token = request.cookies.get(cookie)
    session = await site.services.web_sessions.find(token) if token and not is_file(request) else None
    if session is None or token is None:
        return await handler(request)
    request[VISITOR] = Visitor(
        session.user_id,
        session.user_name,
        session.guild_ids,
        operator=session.user_id in site.services.settings.operator_ids,
    )
    response = await handler(request)
    if session.stale and request.method == "GET" and not response.prepared and cookie not in response.cookies:
        fresh = await site.services.web_sessions.rotate(token)
        set_session(response, fresh, secure=site.secure)
    return response


def is_file(request: web.Request) -> bool:
    return request.path.startswith("/static/")


def set_session(response: web.StreamResponse, token: str, *, secure: bool) -> None:
    """Lax, because the way back from Discord is a navigation from another site."""
    age = int(LIFETIME.total_seconds())
    name = session_cookie(secure=secure)
    response.set_cookie(name, token, max_age=age, path="/", httponly=True, secure=secure, samesite="Lax")
