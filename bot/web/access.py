"""What a visitor may do where, asked of Discord at each request.

In: a request whose address names a server.  Out: the `Actor` that the actions know.  To whoever is not a member, a
server's pages do not exist.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote

from aiohttp import web

from bot.actions.actor import Actor
from bot.errors import NotFound
from bot.web.site import Server, Visitor, address_of, site_of, visitor_of

EVERYWHERE: Final = "all"


class LoginNeeded(Exception):
    """Answered by a redirect to the login, which leads back."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Somebody in one server, or, with `server` None, the operator over all of them."""

    actor: Actor
    server: Server | None

    @property
    def slug(self) -> str:
        """The server's place in addresses."""
        return EVERYWHERE if self.server is None else str(self.server.id)

    @property
    def guild_id(self) -> int | None:
        return None if self.server is None else self.server.id

    @property
    def everywhere(self) -> bool:
        return self.server is None


async def member_desk(request: web.Request) -> Desk:
    """Any member of the server that the address names.  Raises LoginNeeded, NotFound."""
    visitor = required(request)
    server = named_server(request)
    return Desk(await actor_in(request, visitor, server), server)


async def moderator_desk(request: web.Request, permission: str = "manage_messages") -> Desk:
    """Who moderates there.  Raises LoginNeeded, NotFound, MissingPermission."""
    visitor = required(request)
    if request.match_info["guild"] == EVERYWHERE:
        if not visitor.operator:
            raise NotFound("server")
        return Desk(Actor(visitor.user_id, None, user_name=visitor.name, is_operator=True), None)
    desk = await member_desk(request)
    desk.actor.require(permission)
    return desk


def required(request: web.Request) -> Visitor:
    visitor = visitor_of(request)
    if visitor is None:
        raise LoginNeeded
    return visitor


def named_server(request: web.Request) -> Server:
    """Raises NotFound where the bot is not."""
    text = request.match_info["guild"]
    server = site_of(request).directory.server(int(text)) if text.isdecimal() and len(text) < 20 else None
    if server is None:
        raise NotFound("server")
    return server


async def actor_in(request: web.Request, visitor: Visitor, server: Server) -> Actor:
    """Raises NotFound for who is neither a member nor the operator."""
    member = await site_of(request).directory.member(server.id, visitor.user_id)
    actor = Actor(visitor.user_id, server.id, user_name=visitor.name, is_operator=visitor.operator)
    if member is None:
        if not visitor.operator:
            raise NotFound("server")
        return actor
    actor = replace(actor, permissions=member.permissions, role_ids=frozenset(member.role_ids))
    return actor.recognised(site_of(request).services.guild_settings.moderator_role(server.id))


async def moderated(request: web.Request) -> list[Desk]:
    """Where the visitor moderates, among the servers that Discord named at the login; for the operator, all.

    The operator may everywhere, member or not, so Discord is not asked; for others, about all their servers at once.
    """
    site, visitor = site_of(request), required(request)
    if visitor.operator:
        actor = Actor(visitor.user_id, None, user_name=visitor.name, is_operator=True)
        return [Desk(replace(actor, guild_id=server.id), server) for server in site.directory.servers()]
    theirs = [server for server in site.directory.servers() if server.id in visitor.guild_ids]
    actors = await asyncio.gather(*(_member_in(request, visitor, server) for server in theirs))
    found = zip(actors, theirs, strict=True)
    return [Desk(actor, server) for actor, server in found if actor is not None and actor.is_moderator]


async def _member_in(request: web.Request, visitor: Visitor, server: Server) -> Actor | None:
    with suppress(NotFound):
        return await actor_in(request, visitor, server)
    return None


def login_address(request: web.Request) -> str:
    return f"/login?next={quote(address_of(request), safe='')}"
