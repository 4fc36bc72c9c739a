"""Getting into Discord, staying in and leaving: what ends the process, and what it only waits for."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import aiohttp
import discord
import pytest
from structlog.testing import capture_logs

from bot import connection
from bot.actions.posts import Posts
from bot.client import Bot
from bot.config import Settings, load_settings
from bot.connection import log_in, run_bot, stay_connected, sync_commands
from bot.errors import ConfigurationError
from bot.services import Services
from bot.stopping import Stopped, StopSignals
from tests.bot_fakes import FakePool, services
from tests.town import a_bot


async def test_without_a_token_the_variable_and_the_cure_are_named(tmp_path: Path) -> None:
    """Before anything has started."""
    with pytest.raises(ConfigurationError, match=r"DISCORD_TOKEN.*easel demo"):
        await run_bot(load_settings(None, data_dir=tmp_path, discord_token=None))


async def test_what_cannot_be_a_token_is_refused_before_discord_is_asked(tmp_path: Path) -> None:
    """Its length tells what was pasted; the value itself is never shown."""
    for start in (run_bot, sync_commands):
        with pytest.raises(ConfigurationError, match=r"DISCORD_TOKEN.*8 characters") as caught:
            await start(load_settings(None, data_dir=tmp_path, discord_token="pasted??"))
        assert "pasted" not in str(caught.value)


class OfflineBot(Bot):
    """Logs in nowhere; is told to stop as soon as it is connected.  Notes what ends, in order."""

    ended: ClassVar[list[str]] = []

    async def login(self, token: str) -> None:
        """As if Discord had taken the token."""

    async def connect(self, *, reconnect: bool = True) -> None:
        signal.raise_signal(signal.SIGTERM)
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            self.ended.append("connection")

    async def close(self) -> None:
        self.ended.append("bot")
        await super().close()


async def test_what_lives_for_good_is_set_aside_once_connected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before, the collector looked through all of it every few minutes, and nobody was answered meanwhile."""
    told = []

    @asynccontextmanager
    async def opening(settings: Settings, posts: Posts, **_: object) -> AsyncIterator[Services]:
        async with services(tmp_path, FakePool(), posts) as opened:
            yield opened

    monkeypatch.setattr(connection, "Bot", ReadyBot)
    monkeypatch.setattr(connection, "open_services", opening)
    monkeypatch.setattr(connection, "set_aside", lambda: told.append("set aside"))
    await run_bot(load_settings(None, data_dir=tmp_path, discord_token="MTIz.b.c"))  # no token of anybody
    assert told == ["set aside"]


async def test_deliveries_end_before_discord_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told to stop: first no more news from Discord, then the services with what they deliver, then the client."""

    @asynccontextmanager
    async def noting(settings: Settings, posts: Posts, **_: object) -> AsyncIterator[Services]:
        async with services(tmp_path, FakePool(), posts) as opened:
            yield opened
        OfflineBot.ended.append("services")

    monkeypatch.setattr(OfflineBot, "ended", [])
    monkeypatch.setattr(connection, "Bot", OfflineBot)
    monkeypatch.setattr(connection, "open_services", noting)
    await run_bot(load_settings(None, data_dir=tmp_path, discord_token="MTIz.b.c"))  # no token of anybody
    assert OfflineBot.ended == ["connection", "services", "bot"]


class ReadyBot(OfflineBot):
    """Hears from Discord that it is ready, and then goes."""

    async def connect(self, *, reconnect: bool = True) -> None:  # discord.py's signature
        await asyncio.gather(*(listener() for listener in self.extra_events["on_ready"]))


def answered(kind: type[discord.HTTPException], status: int, headers: dict[str, str] | None = None) -> Any:
    """An error of discord.py's for an answer with this status."""
    response: Any = SimpleNamespace(status=status, reason="", headers=headers or {})
    return kind(response, "<html>")


PASSING = (
    answered(discord.DiscordServerError, 503),
    answered(discord.DiscordServerError, 502),
    answered(discord.HTTPException, 429, {"Retry-After": "90"}),
    aiohttp.ClientConnectionError("Temporary failure in name resolution"),
    TimeoutError(),
    TypeError("string indices must be integers, not 'str'"),
)


class Waits:
    """How long was waited, instead of waiting."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


async def test_a_passing_trouble_at_the_login_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice as long each time, or as long as Discord says; nobody is blamed, and then it is in."""
    troubles = iter(PASSING)

    async def login(*_: object) -> None:
        for trouble in troubles:
            raise trouble

    monkeypatch.setattr(Bot, "login", login)
    waits = Waits()
    with capture_logs() as logs:
        await log_in(a_bot(tmp_path), "a.b.c", waits)
    assert waits.seconds == [1, 2, 90, 8, 16, 32]
    assert {entry["event"] for entry in logs} == {"discord.away"}


async def test_a_refused_token_ends_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the login, at the gateway's address and at the gateway: always DISCORD_TOKEN, never its value."""
    bot = a_bot(tmp_path)
    not_found = discord.GatewayNotFound()  # type: ignore[no-untyped-call]
    not_found.__cause__ = answered(discord.HTTPException, 401)
    socket: Any = SimpleNamespace(close_code=4004)
    for method, error in (
        ("login", discord.LoginFailure("Improper token has been passed.")),
        ("connect", not_found),
        ("connect", discord.ConnectionClosed(socket, shard_id=0)),
    ):

        async def refuse(*_: object, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(Bot, method, refuse)
        with pytest.raises(ConfigurationError, match=r"DISCORD_TOKEN='\(hidden\)'.*Copy it anew"):
            await (log_in(bot, "a.b.c") if method == "login" else stay_connected(bot))


async def test_a_passing_trouble_at_the_gateway_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its address cannot be asked, with Cloudflare's wish how long to wait; then the name does not resolve."""
    not_found = discord.GatewayNotFound()  # type: ignore[no-untyped-call]
    not_found.__cause__ = answered(discord.HTTPException, 429, {"Retry-After": "7"})
    troubles = iter((not_found, aiohttp.ClientConnectionError("no route")))

    async def connect(*_: object) -> None:
        for trouble in troubles:
            raise trouble

    monkeypatch.setattr(Bot, "connect", connect)
    waits = Waits()
    await stay_connected(a_bot(tmp_path), waits)
    assert waits.seconds == [7, 2]


async def test_a_stop_is_heard_by_an_act_that_swallows_it() -> None:
    """discord.py does so while it reconnects; the act is cancelled until it ends, and its end is waited for."""
    swallowed = 0

    async def stubborn() -> None:
        nonlocal swallowed
        signal.raise_signal(signal.SIGTERM)
        while swallowed < 1:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                swallowed += 1
        await asyncio.Event().wait()

    with StopSignals() as stop:
        with pytest.raises(Stopped):
            await stop.unless(stubborn())
        with pytest.raises(Stopped):
            await stop.unless(asyncio.sleep(0))
    assert swallowed == 1


async def test_what_came_to_its_end_before_the_stop_counts() -> None:
    """Services that were just opened must be closed, too: their opener hears of them."""
    with StopSignals() as stop:
        assert await stop.unless(asyncio.sleep(0, "opened")) == "opened"


class WatchedBot(OfflineBot):
    """While Discord does not let it in, somebody asks its pages how it does."""

    heard: ClassVar[dict[str, int]] = {}

    async def login(self, token: str) -> None:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{self.settings.web_port}") as http:
            for path in ("/healthz", "/readyz", "/login"):
                async with http.get(path, allow_redirects=False) as answer:
                    self.heard[path] = answer.status


async def test_a_bot_that_waits_for_discord_is_alive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container that waits for Discord to come back is not started anew: `/healthz` answers before the login."""

    @asynccontextmanager
    async def opening(settings: Settings, posts: Posts, **_: object) -> AsyncIterator[Services]:
        async with services(tmp_path, FakePool(), posts, **web) as opened:
            yield opened

    monkeypatch.setattr(WatchedBot, "heard", {})
    monkeypatch.setattr(connection, "Bot", WatchedBot)
    monkeypatch.setattr(connection, "open_services", opening)
    with socket.create_server(("127.0.0.1", 0)) as free:
        web: dict[str, Any] = {"web_port": free.getsockname()[1], "discord_client_secret": "hush"}
    await run_bot(load_settings(None, data_dir=tmp_path, discord_token="MTIz.b.c", **web))  # no token of anybody
    assert WatchedBot.heard == {"/healthz": 200, "/readyz": 503, "/login": 400}
