"""A server's gallery: the wall of pictures, one picture with its recipe, and what members do with it.

In: what the address asks for.  Out: pages; votes, favourites, reports and what is taken out through the actions.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Final
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

from bot.actions.actor import Actor
from bot.database.contests import ContestRecord
from bot.database.records import GalleryFilter, SharePage, ShareRecord
from bot.database.session import utc_now
from bot.database.shares import GalleryOrder
from bot.errors import NoEndpoint
from bot.orders.command import command_line
from bot.web import asked
from bot.web.gallery.visit import Visit, member_visit, visit
from bot.web.media import picture_response
from bot.web.render import done, noted, page, redirect
from bot.web.site import site_of, visitor_of
from bot.wording import drawing
from bot.wording.pages import FIELDS, SORTS
from bot.wording.reader import say

routes = web.RouteTableDef()

PER_PAGE: Final = 48
ALIKE: Final = 6
SPANS: Final = {"day": timedelta(days=1), "week": timedelta(weeks=1), "all": None}
WALL: Final = ("words", "how", "sort", "span", "by", "favourites", "after")
"""What the address of a wall may say."""
MAX_WORDS: Final = 200
SHARE: Final = r"/gallery/{guild}/{share:\d{1,18}}"


@routes.get("/gallery")
async def choose(request: web.Request) -> web.Response:
    """The galleries that the visitor may see by name; straight to it where there is only one."""
    site, visitor = site_of(request), visitor_of(request)
    known = () if visitor is None else visitor.guild_ids
    servers = []
    for server in site.directory.servers():
        public = (await site.services.guild_settings.get(server.id)).gallery_is_public
        if public or server.id in known:
            servers.append(server)
    if len(servers) == 1:
        return redirect(f"/gallery/{servers[0].id}")
    return page(request, "gallery/choose.html", servers=servers)


@routes.get(r"/gallery/{guild:\d+}")
async def wall(request: web.Request) -> web.Response:
    """Pictures, new, top or random, searched by words, of one person, or one's favourites."""
    here = await visit(request)
    words, sort, span = looked_for(request)
    by = asked.number("by", request.query.get("by", ""))
    mine = "favourites" in request.query and here.member
    since = SPANS[span]
    wanted = GalleryFilter(
        words=words or None,
        user_id=by,
        favourites_of=here.actor.user_id if mine else None,
        since=None if since is None or sort != "top" else utc_now() - since,
    )
    by_meaning = bool(words) and request.query.get("how") == "meaning"
    found, unread = await found_by(request, here, wanted, sort, by_meaning=by_meaning)
    state = {"words": words, "sort": sort if sort != "new" else "", "span": span if span != "all" else "", "by": by}
    state["favourites"] = "1" if mine else ""
    this = address(**state, how="meaning" if by_meaning else "", after=request.query.get("after"))
    plain = wanted == GalleryFilter() and "after" not in request.query
    return page(
        request,
        "gallery/wall.html",
        contest=await open_contest(request, here) if plain else None,
        place=address(by=by, after=request.query.get("after") if sort == "new" and not words and not mine else ""),
        here=here,
        found=found,
        words=words,
        sort=sort,
        span=span,
        by=by,
        mine=mine,
        by_meaning=by_meaning,
        unread=unread,
        sorts=SORTS,
        name=found.records[0].generation.order.requester.user_name if by and found.records else by,
        voted=await voted_for(request, here, found.records),
        this=None if sort == "random" else this,
        more=None if found.next_cursor is None else address(**state, after=found.next_cursor),
        done=noted(request),
    )


def looked_for(request: web.Request) -> tuple[str, str, str]:
    """The words, the order and the span of time; what there is not is the first of its kind."""
    query = request.query
    sort = query.get("sort", "")
    span = query.get("span", "")
    words = query.get("words", "").strip()[:MAX_WORDS]
    return words, sort if sort in SORTS else "new", span if span in SPANS else "all"


async def open_contest(request: web.Request, here: Visit) -> ContestRecord | None:
    """What members can take part in now."""
    newest = await site_of(request).services.contests.newest(here.actor)
    return newest if newest is not None and newest.is_open else None


async def voted_for(request: web.Request, here: Visit, shares: Sequence[ShareRecord]) -> Collection[int]:
    """The ids of those that a member voted for."""
    return await site_of(request).services.gallery.voted_for(here.actor, shares) if here.member else ()


async def found_by(
    request: web.Request, here: Visit, wanted: GalleryFilter, sort: str, *, by_meaning: bool
) -> tuple[SharePage, bool]:
    """What the wall shows; and whether nobody could say what the words mean, so that they are looked for as such."""
    services, unread = site_of(request).services, False
    if by_meaning and wanted.words:
        try:
            return SharePage(await services.meaning.search(here.actor, wanted.words, PER_PAGE), None), False
        except NoEndpoint:
            unread = True
    if sort == "random" and wanted == GalleryFilter():
        return await services.gallery.some(here.actor, PER_PAGE), unread
    order: GalleryOrder = "top" if sort == "top" else "newest"
    after = request.query.get("after") or None
    return await services.gallery.page(here.actor, order, after, PER_PAGE, wanted), unread


@routes.get(SHARE)
async def picture(request: web.Request) -> web.Response:
    """One picture with everything it takes to draw the like."""
    here = await visit(request)
    services = site_of(request).services
    gallery = services.gallery
    share = await gallery.get(here.actor, share_of(request))
    voted, favourite = await gallery.standing(here.actor, share.id) if here.member else (False, False)
    return page(
        request,
        "gallery/picture.html",
        here=here,
        share=share,
        order=share.generation.order,
        recipe=recipe(share),
        command=command_line(share.generation.order, share.image.seed, 1),
        from_picture=share.generation.begun_from_picture,
        family=await gallery.family(here.actor, share),
        meant=await services.meaning.like(here.actor, share, ALIKE),
        seen=await services.look.like(share, ALIKE),
        voted=voted,
        favourite=favourite,
        may_unshare=here.member and may_unshare(here.actor, share),
        done=noted(request),
    )


@routes.get(SHARE + r"/{size:picture\.png|small\.webp}")
async def file(request: web.Request) -> web.StreamResponse:
    """The picture; kept by browsers, but asked for anew each time, so that what is removed is gone at once."""
    here = await visit(request)
    share = await site_of(request).services.gallery.get(here.actor, share_of(request))
    small = request.match_info["size"] == "small.webp"
    return await picture_response(request, share.image, thumbnail=small, caching="no-cache")


@routes.post(SHARE + "/vote")
async def vote(request: web.Request) -> web.Response:
    """As the form says: sent twice, it is the same.  Leads back to the picture, on the page that it was sent from."""
    here, share_id = await member_visit(request), share_of(request)
    form = await request.post()
    wanted = {"yes": True, "no": False}.get(str(form.get("vote", "")))
    await site_of(request).services.gallery.vote(here.actor, share_id, wanted=wanted)
    if "back" not in form:
        return redirect(f"{here.base}/{share_id}")
    asked_for = dict(parse_qsl(str(form["back"]).removeprefix("?")))
    back = address(**{name: value for name, value in asked_for.items() if name in WALL})
    return redirect(f"{here.base}{back}#p{share_id}")


@routes.post(SHARE + "/favourite")
async def favourite(request: web.Request) -> web.Response:
    here = await member_visit(request)
    await site_of(request).services.gallery.favour(here.actor, share_of(request))
    return redirect(f"{here.base}/{share_of(request)}")


@routes.post(SHARE + "/unshare")
async def unshare(request: web.Request) -> web.Response:
    here = await member_visit(request)
    await site_of(request).services.gallery.unshare(here.actor, share_of(request))
    return done(request, f"{here.base}", "unshared")


@routes.post(SHARE + "/report")
async def report(request: web.Request) -> web.Response:
    here = await member_visit(request)
    services = site_of(request).services
    share = await services.gallery.get(here.actor, share_of(request))
    reason = asked.reason(await request.post())
    _, said = await services.reviews.report(here.actor, share.generation.id, share.image.index, reason)
    return done(request, f"{here.base}/{share.id}", "reported" if said == "new" else f"reported-{said}")


# ------------------------------------------------------------------------------------------------------ what is shown


def share_of(request: web.Request) -> int:
    return int(request.match_info["share"])


def address(**fields: object) -> str:
    query = urlencode({name: value for name, value in fields.items() if value})
    return f"?{query}" if query else ""


def may_unshare(actor: Actor, share: ShareRecord) -> bool:
    return share.user_id == actor.user_id or actor.moderates(share.guild_id)


def recipe(share: ShareRecord) -> list[tuple[str, str]]:
    """By name, what it was drawn with."""
    size = f"{share.image.width} × {share.image.height}"
    shown = {
        "seed": share.image.seed, "model": share.generation.model, **share.generation.order.recipe(), "size": size,
    }  # fmt: skip
    names = drawing.OPTIONS | FIELDS
    return [(say(names[name]), str(value)) for name, value in shown.items() if value is not None]
