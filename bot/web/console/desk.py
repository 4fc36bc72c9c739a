"""What all pages of the console share: whose desk it is, its tabs, and how a page is rendered.

In: a request.  Out: a page with the server's name and the number of things that wait for review.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from aiohttp import web

from bot.database.records import GenerationRecord
from bot.web import asked
from bot.web.access import Desk, moderated, moderator_desk, required
from bot.web.render import page, redirect
from bot.web.site import site_of
from bot.wording import pages
from bot.wording.reader import say
from bot.wording.render import explain

routes = web.RouteTableDef()


@routes.get("/console")
async def choose(request: web.Request) -> web.Response:
    """Which server; straight to it where there is only one."""
    visitor = required(request)
    desks = await moderated(request)
    if len(desks) == 1 and not visitor.operator:
        return redirect(f"/console/{desks[0].slug}/log")
    reviews = site_of(request).services.reviews
    waiting = {desk.guild_id: await reviews.count(desk.actor) for desk in desks}
    return page(request, "console/choose.html", servers=[desk.server for desk in desks], waiting=waiting)


@routes.get("/console/{guild}")
async def enter(request: web.Request) -> web.Response:
    desk = await moderator_desk(request)
    return redirect(f"/console/{desk.slug}/log")


async def console_page(
    request: web.Request, desk: Desk, template: str, tab: str, filters: Collection[str] | None = None, **values: Any
) -> web.Response:
    """With a word on what the address asks for that is none of its `filters`, where it has any."""
    unknown = None if filters is None else asked.unknown_filter(request.query, filters)
    waiting = await site_of(request).services.reviews.count(desk.actor)
    managed = desk.actor.is_manager and desk.server is not None
    tabs = pages.TABS if managed else pages.TABS[:-1]
    shared: Mapping[str, Any] = {
        "desk": desk, "tab": tab, "tabs": tabs, "waiting": waiting, "unread": unknown and explain(unknown),
    }  # fmt: skip
    return page(request, template, **shared, **values)


async def names_of(request: web.Request, desk: Desk, ids: Iterable[int]) -> dict[int, str]:
    """What people were called when they last asked for something, else as the server knows them; id 0 is the bot's."""
    site, names = site_of(request), {0: "Easel"}
    for user_id in set(ids) - {0}:
        name = await site.services.statistics.name_of(user_id)
        if name is None and desk.server is not None:
            member = await site.directory.member(desk.server.id, user_id)
            name = member.name if member else None
        names[user_id] = name or str(user_id)
    return names


def channel_of(request: web.Request, record: GenerationRecord) -> str:
    """The channel as people know it; its id where the bot does not see it."""
    requester = record.order.requester
    if requester.guild_id is None:
        return say(pages.DIRECT_MESSAGE)
    name = site_of(request).directory.channel_name(requester.guild_id, requester.channel_id)
    return f"#{name}" if name else str(requester.channel_id)


def server_name(request: web.Request, guild_id: int | None, nowhere: str) -> str:
    """As Discord knows it, its id where the bot is not any more; `nowhere` is said outside of servers."""
    server = None if guild_id is None else site_of(request).directory.server(guild_id)
    return nowhere if guild_id is None else server.name if server else str(guild_id)
