"""In which language a browser reads: what was chosen at the foot of a page, else what the browser asks for.

In: a request.  Out: everything said while it is answered is in that language, as plain text.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import hdrs, web

from bot.web.render import redirect
from bot.web.site import local_path, site_of
from bot.wording.catalogue import ENGLISH, known_languages, nearest
from bot.wording.form import PLAIN
from bot.wording.reader import reading

routes = web.RouteTableDef()

COOKIE: Final = "easel-language"
A_YEAR: Final = 365 * 24 * 3600
MAX_WANTED: Final = 20
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def speak(request: web.Request, handler: Handler) -> web.StreamResponse:
    with reading(language_of(request), PLAIN):
        return await handler(request)


@routes.post("/language")
async def choose(request: web.Request) -> web.Response:
    """Back to the page that it was chosen on."""
    form = await request.post()
    response = redirect(local_path(str(form.get("next", ""))))
    chosen = str(form.get("language", ""))
    if chosen in known_languages():
        secure = site_of(request).secure
        response.set_cookie(COOKIE, chosen, max_age=A_YEAR, path="/", httponly=True, secure=secure, samesite="Lax")
    return response


def language_of(request: web.Request) -> str:
    chosen = request.cookies.get(COOKIE)
    return chosen if chosen in known_languages() else nearest(wanted(request.headers.get(hdrs.ACCEPT_LANGUAGE, "")))


def wanted(header: str) -> list[str]:
    """ "fr-CH, fr;q=0.9, en;q=0.8" → ["fr-CH", "fr", "en"], the most wanted first (RFC 9110, 12.5.4)."""
    weighed = []
    for part in header.split(",")[:MAX_WANTED]:
        name, _, weight = part.strip().partition(";")
        try:
            weighed.append((float(weight.strip().removeprefix("q=") or 1), name.strip()))
        except ValueError:
            continue
    ordered = sorted(weighed, key=lambda one: -one[0])
    return [name for weight, name in ordered if weight > 0 and name] or [ENGLISH]
