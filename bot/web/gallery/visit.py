"""Who looks at a server's gallery: a member, or, where its managers made it public, anybody.

In: a request whose address names a server.  Out: a `Visit`.  A gallery that is not for the visitor does not exist.
"""

from dataclasses import dataclass

from aiohttp import web

from bot.actions.actor import Actor
from bot.errors import NotFound
from bot.nobody import NOBODY
from bot.web.access import LoginNeeded, actor_in, named_server
from bot.web.site import Server, site_of, visitor_of


@dataclass(frozen=True, slots=True)
class Visit:
    """`member` says whether the visitor may vote and report here; `public` whether everybody sees the gallery."""

    server: Server
    actor: Actor
    member: bool
    public: bool
    searchable: bool = False  # by search engines

    @property
    def base(self) -> str:
        return f"/gallery/{self.server.id}"


async def visit(request: web.Request) -> Visit:
    """Raises LoginNeeded where a login might help, and NotFound."""
    visitor = visitor_of(request)
    try:
        server = named_server(request)
        public, searchable = await openness(request, server)
        if visitor is not None:
            actor = await actor_in(request, visitor, server)
            return Visit(server, actor, member=True, public=public, searchable=searchable)
    except NotFound:
        if visitor is None:  # whether there is such a server is nobody's business
            raise LoginNeeded from None
        server = named_server(request)
        public, searchable = await openness(request, server)
        if not public:
            raise
    if not public:
        raise LoginNeeded
    user_id = NOBODY if visitor is None else visitor.user_id
    return Visit(server, Actor(user_id, server.id), member=False, public=True, searchable=searchable)


async def openness(request: web.Request, server: Server) -> tuple[bool, bool]:
    """Whether everybody may look, and whether search engines may list it."""
    chosen = await site_of(request).services.guild_settings.get(server.id)
    return chosen.gallery_is_public, chosen.gallery_is_public and chosen.gallery_is_searchable


async def member_visit(request: web.Request) -> Visit:
    """For what only members do.  Raises LoginNeeded, NotFound."""
    if visitor_of(request) is None:
        raise LoginNeeded
    found = await visit(request)
    if not found.member:
        raise NotFound("server")
    return found
