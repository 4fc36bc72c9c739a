"""The request log in the console: search, filters in the address, one entry with all that is known of it.

In: what the address asks for.  Out: pages; removals and restorations through the actions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, get_args
from urllib.parse import urlencode

from aiohttp import web

from bot.actions.exports import message_url
from bot.actions.spelled import spelled
from bot.database.records import GenerationFilter, GenerationRecord, Status
from bot.errors import InvalidOption, NotFound
from bot.web import asked as asked_for
from bot.web.access import Desk, moderator_desk
from bot.web.console.desk import channel_of, console_page, names_of, server_name
from bot.web.media import picture_response
from bot.web.render import done, noted
from bot.web.site import site_of
from bot.wording import drawing, pages, terms
from bot.wording.reader import say
from bot.wording.render import explain_kept

routes = web.RouteTableDef()

PER_PAGE: Final = 50
MAX_ANCESTORS: Final = 10
MAX_TYPED: Final = 200
STATUSES: Final[tuple[Status, ...]] = get_args(Status)


@dataclass(frozen=True, slots=True)
class Asked:
    """The filter as it stands in the address: what the form shows again."""

    words: str = ""
    person: str = ""
    channel: str = ""
    status: str = ""
    category: str = ""
    since: str = ""
    until: str = ""
    score: str = ""
    flagged: str = ""
    removed: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Asked":
        fields = {name: query.get(name, "").strip()[:MAX_TYPED] for name in cls.__slots__}
        return cls(**fields)

    def filter(self, desk: Desk) -> GenerationFilter:
        """Raises InvalidOption for what is no date, no number, or no state or category that there is."""
        person = asked_for.id_or_none(self.person)
        return GenerationFilter(
            guild_id=desk.guild_id,
            user_id=person,
            person=self.person or None if person is None else None,
            channel_id=asked_for.number("channel", self.channel),
            status=asked_for.one_of("status", self.status, STATUSES),
            category=asked_for.one_of("category", self.category, terms.CATEGORIES),
            words=self.words or None,
            flagged=True if self.flagged else None,
            removed=True if self.removed else None,
            since=asked_for.moment("since", self.since),
            until=asked_for.moment("until", self.until, end=True),
            score=asked_for.score("score", self.score),
        )

    def address(self, **more: object) -> str:
        """The filter, and what is added to it, as a query."""
        own = {name: getattr(self, name) for name in self.__slots__ if getattr(self, name)}
        return urlencode({**own, **{name: value for name, value in more.items() if value is not None}})

    def meant(self, desk: Desk) -> "Asked | None":
        """What was spelled as a filter into the words, as that filter; None where nothing was, or none that there is.

        "user:42" is no word of any prompt.
        """
        found = spelled(self.words)
        if found is None:
            return None
        meant = replace(self, words=found.words, **found.filters)
        try:
            meant.filter(desk)
        except InvalidOption:
            return None
        return meant

    @property
    def filters(self) -> str:
        """In words, for a link."""
        names = {name: getattr(self, name) for name in pages.FILTERS if getattr(self, name)}
        return ", ".join(f"{say(pages.FILTERS[name])} {value}" for name, value in names.items())

    @property
    def is_narrow(self) -> bool:
        return any(getattr(self, name) for name in self.__slots__ if name != "words")


FILTERS: Final = (*Asked.__slots__, "before")


@routes.get("/console/{guild}/log")
async def log(request: web.Request) -> web.Response:
    desk = await moderator_desk(request)
    asked = Asked.of(request.query)
    before = asked_for.number("before", request.query.get("before", ""))
    moderation = site_of(request).services.moderation
    found = await moderation.log(desk.actor, asked.filter(desk), before, PER_PAGE)
    return await console_page(
        request,
        desk,
        "console/log.html",
        "log",
        FILTERS,
        asked=asked,
        input_of=asked_for.input_of,
        meant=asked.meant(desk),
        found=found,
        before=before,
        statuses=STATUSES,
        categories=terms.CATEGORIES,
        channel=lambda record: channel_of(request, record),
        server=lambda record: server_name(request, _guild(record), say(pages.DIRECT_MESSAGE)),
    )


@routes.get(r"/console/{guild}/log/{generation:\d{1,18}}")
async def entry(request: web.Request) -> web.Response:
    desk = await moderator_desk(request)
    services = site_of(request).services
    record = await services.moderation.entry(desk.actor, generation_of(request))
    requester = record.order.requester
    reviews = await services.reviews.of(desk.actor, record.id)
    removals = [removal for removal in (record.removal, *(image.removal for image in record.images)) if removal]
    return await console_page(
        request,
        desk,
        "console/entry.html",
        "log",
        record=record,
        facts=facts(record),
        channel=channel_of(request, record),
        jump=message_url(record),
        ancestors=await ancestors(request, desk, record),
        children=[
            child for child in await services.generations.children(record.id) if desk.actor.is_here(_guild(child))
        ],
        reviews=reviews,
        names=await names_of(request, desk, [*(one.by for one in reviews), *(one.by for one in removals)]),
        sanction=await services.sanctions.active(requester.user_id, requester.guild_id),
        done=noted(request),
    )


@routes.get(r"/console/{guild}/log/{generation:\d{1,18}}/{picture:\d}.png")
async def picture(request: web.Request) -> web.StreamResponse:
    """A picture, removed or not, while its file is kept."""
    desk = await moderator_desk(request)
    services = site_of(request).services
    record = await services.moderation.entry(desk.actor, generation_of(request))
    index = int(request.match_info["picture"])
    image = next((image for image in record.images if image.index == index), None)
    if image is None:
        raise NotFound("picture", index + 1)
    return await picture_response(request, image, thumbnail="small" in request.query)


@routes.post(r"/console/{guild}/log/{generation:\d{1,18}}/remove")
async def remove(request: web.Request) -> web.Response:
    desk = await moderator_desk(request)
    form = await request.post()
    removed = await site_of(request).services.removals.remove(
        desk.actor, generation_of(request), asked_for.reason(form), picture_of(form)
    )
    return done(request, entry_address(desk, removed.record.id), "removed" if removed.gone else "removed-here")


@routes.post(r"/console/{guild}/log/{generation:\d{1,18}}/restore")
async def restore(request: web.Request) -> web.Response:
    desk = await moderator_desk(request)
    form = await request.post()
    record = await site_of(request).services.removals.restore(
        desk.actor, generation_of(request), asked_for.reason(form), picture_of(form)
    )
    return done(request, entry_address(desk, record.id), "restored")


# ------------------------------------------------------------------------------------------------------- what is shown


def facts(record: GenerationRecord) -> list[tuple[str, str]]:
    """How it was drawn, by name."""
    order = record.order
    shown = [
        ("images", order.images), ("seed", record.seed), ("model", record.model), ("kind", terms.kind(order.kind)),
        *order.recipe().items(), ("private", say(pages.YES) if order.private else None),
        ("drawn_in", None if record.seconds is None else terms.seconds(record.seconds)),
        ("error", record.error_code and explain_kept(record.error_code, record.error_data)),
    ]  # fmt: skip
    names = drawing.OPTIONS | pages.FIELDS
    return [(say(names[name]), str(value)) for name, value in shown if value is not None]


async def ancestors(request: web.Request, desk: Desk, record: GenerationRecord) -> list[GenerationRecord]:
    """What it was made from, the first one first."""
    found: list[GenerationRecord] = []
    parent_id = record.order.parent_id
    while parent_id is not None and len(found) < MAX_ANCESTORS:
        parent = await site_of(request).services.generations.get(parent_id)
        if parent is None or not desk.actor.is_here(_guild(parent)):
            break
        found.insert(0, parent)
        parent_id = parent.order.parent_id
    return found


def _guild(record: GenerationRecord) -> int | None:
    return record.order.requester.guild_id


# ------------------------------------------------------------------------------------------------------- what is asked


def generation_of(request: web.Request) -> int:
    return int(request.match_info["generation"])


def entry_address(desk: Desk, generation_id: int) -> str:
    return f"/console/{desk.slug}/log/{generation_id}"


def picture_of(form: Mapping[str, object]) -> int | None:
    text = str(form.get("picture", ""))
    return int(text) if text.isdecimal() and len(text) < 3 else None
