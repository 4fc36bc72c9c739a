"""What every page works with: the services, who is who on Discord, and who looks at the page.

In: a request.  Out: its `Site` and its `Visitor`.  Knows Discord only as a `Directory`, which the bot, the demo and
the tests supply.
"""

from dataclasses import dataclass, field
from typing import Final, Protocol

from aiohttp import web

from bot.services import Services
from bot.web.discord_login import DiscordLogin


@dataclass(frozen=True, slots=True)
class Server:
    """A server (guild) that the bot is in."""

    id: int
    name: str
    owner_id: int | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """A text channel, or a role."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """A person in a server; `permissions` are Discord's names, with roles applied; an owner has all."""

    user_id: int
    name: str
    permissions: frozenset[str] = frozenset()
    role_ids: tuple[int, ...] = ()
    is_bot: bool = False

    def may(self, permission: str) -> bool:
        return not self.permissions.isdisjoint((permission, "administrator"))


class Directory(Protocol):
    """Who is in which server, as Discord says now (an answer may be a minute old)."""

    def servers(self) -> tuple[Server, ...]:
        """Where the bot is."""

    def server(self, guild_id: int) -> Server | None:
        """None where the bot is not, or no longer."""

    async def member(self, guild_id: int, user_id: int) -> Member | None:
        """None where the person is not in the server, or the bot is not."""

    def connected(self) -> bool:
        """Whether the bot is at Discord's gateway now."""

    def channels(self, guild_id: int) -> tuple[Named, ...]:
        """Where the bot may write, in Discord's order."""

    def roles(self, guild_id: int) -> tuple[Named, ...]:
        """Those that people give, the highest first."""

    def channel_name(self, guild_id: int, channel_id: int) -> str | None:
        """None for a channel that the bot does not see."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom the demo's local login offers."""

    user_id: int
    name: str
    what: str


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks at the page.  `guild_ids` are the servers that Discord named at the login."""

    user_id: int
    name: str
    guild_ids: tuple[int, ...]
    operator: bool


@dataclass(frozen=True, slots=True)
class Site:
    """`url` is how people reach the pages, without a slash at its end.

    `login` is None where no client secret is set; `people` are offered by the local login, in the demo alone.
    """

    services: Services
    directory: Directory
    url: str
    login: DiscordLogin | None = None
    people: tuple[Person, ...] = field(default=())

    @property
    def secure(self) -> bool:
        return self.url.startswith("https://")


SITE: Final = web.AppKey("site", Site)
VISITOR: Final = web.RequestKey("visitor", Visitor)


def site_of(request: web.Request) -> Site:
    return request.config_dict[SITE]


def visitor_of(request: web.Request) -> Visitor | None:
    """None for somebody who is not logged in."""
    return request.get(VISITOR)


def address_of(request: web.Request) -> str:
    """What leads back to this page, with its query; to the start, where it is what came of a form."""
    return request.path_qs if request.method in ("GET", "HEAD") else "/"


def local_path(then: str | None) -> str:
    """The path to go to after a login or form, if it is here: browsers read "//host" and "/\\host" as another host."""
    if not then or not then.startswith("/") or then[1:2] in ("/", "\\") or not then.isprintable() or "\\" in then:
        return "/"
    return then


def after_login(request: web.Request) -> str:
    """Where a login from this page leads: back to it, or, from the login's own pages, to where that was to lead."""
    is_login = request.path == "/login" or request.path.startswith("/login/")
    return local_path(request.query.get("next")) if is_login else address_of(request)
