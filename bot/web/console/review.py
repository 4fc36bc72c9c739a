"""The review queue in the console: one thing after another, decided by a key or a button.

In: what people reported or appealed and the filter flagged.  Out: decisions, through the actions, and a way back.
"""

from typing import Final, get_args

from aiohttp import web

from bot.actions.exports import message_url
from bot.actions.reviews import OUTCOMES, Decision, can_allow
from bot.database.records import GenerationRecord
from bot.database.reviews import PRIORITIES, ReviewKind, ReviewRecord
from bot.errors import AlreadyDecided
from bot.web import asked, notice
from bot.web.access import Desk, moderator_desk
from bot.web.console.desk import channel_of, console_page, names_of
from bot.web.console.log import generation_of
from bot.web.render import done, redirect
from bot.web.site import site_of
from bot.wording import pages
from bot.wording.reader import say
from bot.wording.render import explain

routes = web.RouteTableDef()

KINDS: Final[tuple[ReviewKind, ...]] = get_args(ReviewKind)
DECISIONS: Final[tuple[Decision, ...]] = get_args(Decision)
MAX_UNDO: Final = 50
LATE: Final = "late"


@routes.get("/console/{guild}/review")
async def review(request: web.Request) -> web.Response:
    """The next generation, with all that was said of it, and what waits behind it."""
    desk = await moderator_desk(request)
    services = site_of(request).services
    kind = asked.one_of("kind", request.query.get("kind", ""), KINDS)
    last = notice.take(request)
    queue = await services.reviews.page(desk.actor, kind, request.query.get("after") or None)
    record: GenerationRecord | None = None
    said: tuple[ReviewRecord, ...] = ()
    if queue.records:
        record = await services.moderation.entry(desk.actor, queue.records[0].generation_id)
        said = tuple(one for one in await services.reviews.of(desk.actor, record.id) if one.closed_at is None)
    return await console_page(
        request,
        desk,
        "console/review.html",
        "review",
        ("kind", "after"),
        kind=kind,
        kinds=await services.reviews.count_by_kind(desk.actor),
        record=record,
        said=said,
        allowable=record is not None and can_allow(record, (one.kind for one in said)),
        names=await names_of(request, desk, [*(one.by for one in said), *removed_by(record)]),
        queue=queue,
        skip=place(queue.records[0]) if len(queue.records) > 1 else None,
        channel=None if record is None else channel_of(request, record),
        jump=None if record is None else message_url(record),
        undo=undo_of(last),
        late=explain(AlreadyDecided(0)) if last is not None and last.name == LATE else None,
    )


@routes.post(r"/console/{guild}/review/{generation:\d{1,18}}")
async def decide(request: web.Request) -> web.Response:
    """Keep, allow once or remove; the page that follows knows how to take it back."""
    desk = await moderator_desk(request)
    form = await request.post()
    decision = asked.choice("decision", str(form.get("decision")), DECISIONS)
    reviews = site_of(request).services.reviews
    generation_id = generation_of(request)
    name = told(decision, await site_of(request).services.moderation.entry(desk.actor, generation_id))
    try:
        closed = (await reviews.decide(desk.actor, generation_id, decision, asked.reason(form))).closed
    except AlreadyDecided:
        closed = await own_last(request, desk, generation_id, OUTCOMES[decision])
        if not closed:
            return done(request, _address(request, desk), LATE)
        name = decision if name == "leave-removed" else name  # by the first press
    ids = [one.id for one in closed[:MAX_UNDO]]
    return done(request, _address(request, desk), name, generation_id, ids)


def removed_by(record: GenerationRecord | None) -> tuple[int, ...]:
    return () if record is None or record.removal is None else (record.removal.by,)


def told(decision: str, record: GenerationRecord) -> str:
    """What the button said that decided it."""
    if record.status == "blocked":
        return {"keep": "allow", "once": "once", "remove": "leave"}[decision]
    return "leave-removed" if decision == "remove" and record.removal is not None else decision


async def own_last(request: web.Request, desk: Desk, generation_id: int, outcome: str) -> tuple[ReviewRecord, ...]:
    """What the same person's press decided last in the same way: a second press changes nothing, and loses no undo."""
    said = await site_of(request).services.reviews.of(desk.actor, generation_id)
    last = max((one.closed_at for one in said if one.closed_at), default=None)
    found = tuple(one for one in said if one.closed_at is not None and one.closed_at == last)
    is_own = all((one.closed_by, one.outcome) == (desk.actor.user_id, outcome) for one in found)
    return found if is_own else ()


@routes.post(r"/console/{guild}/review/{generation:\d{1,18}}/undo")
async def undo(request: web.Request) -> web.Response:
    desk = await moderator_desk(request)
    form = await request.post()
    ids = [int(part) for part in str(form.get("ids", "")).split(".") if part.isdecimal() and len(part) < 19]
    await site_of(request).services.reviews.undo(desk.actor, generation_of(request), ids[:MAX_UNDO])
    return redirect(_address(request, desk))


def undo_of(last: notice.Notice | None) -> dict[str, str] | None:
    """What was just decided."""
    if last is None or last.name not in pages.DECIDED:
        return None
    ids = ".".join(map(str, last.ids))
    return {"told": say(pages.DECIDED[last.name], number=last.of), "of": str(last.of), "ids": ids}


def place(record: ReviewRecord) -> str:
    """Behind this one in the queue."""
    return f"{PRIORITIES[record.kind]}.{record.id}"


def _address(request: web.Request, desk: Desk) -> str:
    kind = request.query.get("kind")
    return f"/console/{desk.slug}/review" + (f"?kind={kind}" if kind in KINDS else "")
