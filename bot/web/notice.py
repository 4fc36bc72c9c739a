"""What a form did, told once by the page that it leads to.

In: a response that leads there.  Out: a notice, in a cookie of ours: whatever a link of somebody else's says, no page
tells of what nobody did.  It knows what was done by name; the sentence is the page's.
"""

import base64
import json
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from bot.web.site import site_of

SECONDS: Final = 60  # longer than a redirect takes


@dataclass(frozen=True, slots=True)
class Notice:
    """`of` and `ids` are what takes it back, where that needs numbers: a generation, and what was decided of it."""

    name: str
    of: int = 0
    ids: tuple[int, ...] = ()


SHOWN: Final = web.RequestKey("notice_shown", bool)


def leave(request: web.Request, response: web.Response, path: str, notice: Notice) -> None:
    """For the page at `path`, and for no other one that is open."""
    packed = json.dumps([path, notice.name, notice.of, notice.ids], separators=(",", ":"))
    response.set_cookie(
        _cookie(request), base64.urlsafe_b64encode(packed.encode()).decode(), max_age=SECONDS, path="/", httponly=True,
        secure=site_of(request).secure, samesite="Strict",
    )  # fmt: skip


def take(request: web.Request) -> Notice | None:
    """What is to be told here; the page that tells it forgets it."""
    try:
        path, name, of, ids = json.loads(base64.urlsafe_b64decode(request.cookies.get(_cookie(request), "")))
        notice = Notice(str(name), int(of), tuple(map(int, ids)))
    except (ValueError, TypeError, OverflowError, RecursionError):  # whatever was sent in its place
        return None
    if path != request.path:
        return None
    request[SHOWN] = True
    return notice


def forget(request: web.Request, response: web.Response) -> None:
    if request.get(SHOWN):
        secure = site_of(request).secure
        response.del_cookie(_cookie(request), path="/", secure=secure, httponly=True, samesite="Strict")


def _cookie(request: web.Request) -> str:
    return "__Host-easel-done" if site_of(request).secure else "easel-done"
