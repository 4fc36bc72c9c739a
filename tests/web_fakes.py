"""The web pages as browsers meet them: a real application over real services, with a made-up Discord beside it.

`Pages` holds one browser a person; each says what a browser says of itself (Sec-Fetch-Site), unless told otherwise.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
import aiohttp_jinja2
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request
from jinja2.bccache import Bucket, BytecodeCache

from bot.services import Services
from bot.web.app import create_app
from bot.web.discord_login import DiscordLogin
from bot.web.site import Member, Named, Person, Server, Site
from tests.bot_fakes import ADA, BOB, GUILD, FakePool, services

OTHER_GUILD: Final = 7_000_000_000_000_000_099
MODERATOR, STRANGER, MANAGER, OPERATOR, OUTSIDER = 2001, 2002, 2003, 2004, 2005
MODERATES: Final = frozenset({"manage_messages", "moderate_members", "ban_members"})
NAMES: Final = {
    ADA: "Ada", BOB: "Bo", MODERATOR: "Mo", STRANGER: "Stranger", MANAGER: "Max", OPERATOR: "Op", OUTSIDER: "Outsider",
}  # fmt: skip


class FakeDirectory:
    """Two servers; `members` may be changed, as roles on Discord are."""

    def __init__(self) -> None:
        self.at_discord = True
        self.names = {GUILD: "Town", OTHER_GUILD: "Elsewhere"}
        self.members = {
            (GUILD, ADA): Member(ADA, "Ada"),
            (GUILD, BOB): Member(BOB, "Bo"),
            (GUILD, MODERATOR): Member(MODERATOR, "Mo", MODERATES),
            (GUILD, MANAGER): Member(MANAGER, "Max", MODERATES | {"administrator", "manage_guild"}),
            (OTHER_GUILD, STRANGER): Member(STRANGER, "Stranger", MODERATES | {"administrator"}),
        }

    def servers(self) -> tuple[Server, ...]:
        return tuple(Server(guild_id, name, MANAGER) for guild_id, name in self.names.items())

    def server(self, guild_id: int) -> Server | None:
        return Server(guild_id, self.names[guild_id], MANAGER) if guild_id in self.names else None

    def connected(self) -> bool:
        return self.at_discord

    def channels(self, guild_id: int) -> tuple[Named, ...]:
        return (Named(42, "channel-42"), Named(77, "moderators")) if guild_id == GUILD else ()

    def roles(self, guild_id: int) -> tuple[Named, ...]:
        return (Named(88, "keepers"), Named(89, "patrons")) if guild_id == GUILD else ()

    def channel_name(self, guild_id: int, channel_id: int) -> str | None:
        return f"channel-{channel_id}" if guild_id in self.names else None

    async def member(self, guild_id: int, user_id: int) -> Member | None:
        return self.members.get((guild_id, user_id))


class Browser:
    """One person's browser.  Redirects are not followed: where they lead is part of what is tested."""

    def __init__(self, client: "TestClient[Request, Application]") -> None:
        self.client = client

    async def get(self, path: str, headers: Mapping[str, str] | None = None) -> "Answer":
        return await self._ask("GET", path, headers=headers)

    async def post(
        self, path: str, form: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> "Answer":
        """Sent by a form of the same site unless `headers` say otherwise."""
        sent = {"Sec-Fetch-Site": "same-origin"} if headers is None else headers
        return await self._ask("POST", path, data=form or {}, headers=sent)

    async def _ask(self, method: str, path: str, **options: Any) -> "Answer":
        async with self.client.request(method, path, allow_redirects=False, **options) as answer:
            return Answer(answer.status, answer.headers, await answer.read())


class Answer:
    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def location(self) -> str:
        return self.headers["Location"]


class Compiled(BytecodeCache):
    """Templates, compiled once for the applications of all tests."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if (kept := self._kept.get(bucket.key)) is not None:
            bucket.bytecode_from_string(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


class Pages:
    """The application, and a browser for each person who is asked for."""

    def __init__(self, site: Site, directory: FakeDirectory, pool: FakePool, stack: AsyncExitStack) -> None:
        self.site = site
        self.services = site.services
        self.directory = directory
        self.pool = pool
        self._stack = stack
        app = create_app(site)
        aiohttp_jinja2.get_env(app).bytecode_cache = COMPILED
        self.server = TestServer(app)
        self._browsers: dict[int | None, Browser] = {}

    async def open(self) -> None:
        await self.server.start_server()
        self._stack.push_async_callback(self.server.close)

    async def anonymous(self) -> Browser:
        """A fresh browser without cookies."""
        client = TestClient(self.server, cookie_jar=aiohttp.CookieJar(unsafe=True))
        self._stack.push_async_callback(client.close)
        return Browser(client)

    async def browser(self, user_id: int | None) -> Browser:
        """The person's browser, logged in; None is somebody who is not."""
        if user_id not in self._browsers:
            fresh = self._browsers[user_id] = await self.anonymous()
            if user_id is not None:
                token = await self.login(user_id)
                fresh.client.session.cookie_jar.update_cookies({"easel": token}, self.server.make_url("/"))
        return self._browsers[user_id]

    async def login(self, user_id: int) -> str:
        guild_ids = [guild_id for guild_id, member_id in self.directory.members if member_id == user_id]
        return await self.services.web_sessions.begin(user_id, NAMES[user_id], guild_ids)


@asynccontextmanager
async def pages(
    folder: Path,
    *,
    login: DiscordLogin | None = None,
    people: tuple[Person, ...] = (),
    url: str = "http://127.0.0.1:8080",
    pool: FakePool | None = None,
    **settings: Any,
) -> AsyncIterator[Pages]:
    """The pages over everything that is kept in `folder`; OPERATOR is the operator."""
    pool, directory = pool or FakePool(), FakeDirectory()
    async with AsyncExitStack() as stack:
        opened: Services = await stack.enter_async_context(
            services(folder, pool, operator_ids=str(OPERATOR), **settings)
        )
        site = Site(opened, directory, url, login, people)
        built = Pages(site, directory, pool, stack)
        await built.open()
        yield built
