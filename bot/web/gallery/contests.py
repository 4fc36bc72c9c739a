"""A server's contests on the web: what is open, what was, entering, and voting without seeing counts.

In: what the address asks for.  Out: pages; entries and votes through the actions.
"""

from typing import Final

from aiohttp import web

from bot.web import asked
from bot.web.gallery.visit import member_visit, visit
from bot.web.render import done, noted, page
from bot.web.site import site_of

routes = web.RouteTableDef()

CONTEST: Final = r"/gallery/{guild:\d+}/contests/{contest:\d{1,18}}"


@routes.get(r"/gallery/{guild:\d+}/contests")
async def listed(request: web.Request) -> web.Response:
    """The newest first."""
    here = await visit(request)
    contests = await site_of(request).services.contests.listed(here.actor)
    return page(request, "gallery/contests.html", here=here, contests=contests)


@routes.get(CONTEST)
async def contest(request: web.Request) -> web.Response:
    """Its entries; while members enter, what of theirs they may enter; once it is over, the result."""
    here = await visit(request)
    contests = site_of(request).services.contests
    shown = await contests.look(here.actor, contest_of(request))
    mine = await contests.enterable(here.actor) if here.member and shown.record.phase == "entries" else ()
    ranked = shown.result or tuple((0, one, 0) for one in shown.entries)
    return page(
        request, "gallery/contest.html", here=here, contest=shown.record, ranked=ranked, mine=mine,
        entered=shown.entered, voted=shown.voted, done=noted(request),
    )  # fmt: skip


@routes.post(CONTEST + "/enter")
async def enter(request: web.Request) -> web.Response:
    here = await member_visit(request)
    share_id = asked.number("picture", str((await request.post()).get("picture", ""))) or 0
    await site_of(request).services.contests.enter(here.actor, contest_of(request), share_id)
    return done(request, f"{here.base}/contests/{contest_of(request)}", "entered")


@routes.post(CONTEST + "/vote")
async def vote(request: web.Request) -> web.Response:
    here = await member_visit(request)
    share_id = asked.number("picture", str((await request.post()).get("picture", ""))) or 0
    await site_of(request).services.contests.vote(here.actor, contest_of(request), share_id)
    return done(request, f"{here.base}/contests/{contest_of(request)}", "voted")


def contest_of(request: web.Request) -> int:
    return int(request.match_info["contest"])
