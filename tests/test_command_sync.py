"""Commands at Discord: shown once, where the settings say, whatever was there before."""

import itertools
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import discord
import pytest
from discord import app_commands

from bot.client import Bot
from bot.command_sync import CommandSync
from bot.config import load_settings

HOME, AWAY, ELSEWHERE = 11, 22, 33
EVERYWHERE = None


class FakeHttp:
    """Discord's record of commands, by server (None: everywhere); the bot is in `guilds`.  `puts` counts changes."""

    def __init__(self) -> None:
        self.guilds = {HOME, AWAY}
        self.kept: dict[int | None, list[dict[str, Any]]] = {}
        self.puts: list[int | None] = []
        self._versions = itertools.count(1)
        self.refusal: tuple[int, int] | None = None

    def _put(self, scope: int | None, payload: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if self.refusal is not None:
            raise problem(*self.refusal)
        self.puts.append(scope)
        self.kept[scope] = [one | {"id": one["name"], "version": str(next(self._versions))} for one in payload]
        return self.kept[scope]

    def _check(self, guild_id: int) -> None:
        if guild_id not in self.guilds:
            raise problem(403, 50001)

    async def get_global_commands(self, _: int) -> list[dict[str, Any]]:
        return self.kept.get(EVERYWHERE, [])

    async def get_guild_commands(self, _: int, guild_id: int) -> list[dict[str, Any]]:
        self._check(guild_id)
        return self.kept.get(guild_id, [])

    async def bulk_upsert_global_commands(self, _: int, payload: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return self._put(EVERYWHERE, payload)

    async def bulk_upsert_guild_commands(
        self, _: int, guild_id: int, payload: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        self._check(guild_id)
        return self._put(guild_id, payload)

    def shown(self) -> dict[int | None, list[str]]:
        return {scope: [one["name"] for one in kept] for scope, kept in self.kept.items() if kept}


def problem(status: int, code: int) -> discord.HTTPException:
    kinds: dict[int, type[discord.HTTPException]] = {403: discord.Forbidden, 404: discord.NotFound}
    response: Any = SimpleNamespace(status=status, reason="")
    return kinds.get(status, discord.HTTPException)(response, {"code": code, "message": ""})


@pytest.fixture
def http() -> FakeHttp:
    return FakeHttp()


@pytest.fixture
async def bot(tmp_path: Path, http: FakeHttp) -> AsyncIterator[Bot]:
    async with Bot(load_settings(None, data_dir=tmp_path), sync="never") as bot:
        for name in [name for name in dir(FakeHttp) if name.endswith("_commands")]:
            setattr(bot.http, name, getattr(http, name))
        bot._connection.application_id = 1
        add(bot, "draw")
        yield bot


def add(bot: Bot, name: str) -> None:
    async def nothing(interaction: discord.Interaction) -> None:
        """Not called."""

    bot.tree.add_command(app_commands.Command(name=name, description="Draws.", callback=nothing))


async def sync(bot: Bot, *guild_ids: int, anew: bool = False) -> dict[str, str]:
    file = bot.settings.data_dir / "commands.json"
    return dict(await CommandSync(bot, bot.tree, file).run(guild_ids, anew=anew))


async def test_they_are_sent_when_they_have_changed(bot: Bot, http: FakeHttp) -> None:
    """Once; the next start asks and sends nothing, until a command is added."""
    assert await sync(bot) == {"everywhere": "sent"}
    assert await sync(bot) == {"everywhere": "unchanged"}
    add(bot, "again")
    assert await sync(bot) == {"everywhere": "sent"}
    assert http.shown() == {EVERYWHERE: ["draw", "again"]}
    assert http.puts == [EVERYWHERE] * 2


async def test_what_was_deleted_at_discord_is_sent_again(bot: Bot, http: FakeHttp) -> None:
    """Or changed there by another program with the same token."""
    await sync(bot)
    http.kept[EVERYWHERE] = []
    assert await sync(bot) == {"everywhere": "sent"}
    http.kept[EVERYWHERE][0]["version"] = "somebody else's"
    assert await sync(bot) == {"everywhere": "sent"}
    assert http.shown() == {EVERYWHERE: ["draw"]}


async def test_no_command_is_shown_twice_when_the_servers_change(bot: Bot, http: FakeHttp) -> None:
    """From everywhere to two servers, to one, to everywhere again."""
    await sync(bot)
    assert await sync(bot, HOME, AWAY) == {str(HOME): "sent", str(AWAY): "sent", "everywhere": "emptied"}
    assert http.shown() == {HOME: ["draw"], AWAY: ["draw"]}
    assert await sync(bot, HOME) == {str(HOME): "unchanged", str(AWAY): "emptied", "everywhere": "unchanged"}
    assert await sync(bot) == {"everywhere": "sent", str(HOME): "emptied"}
    assert http.shown() == {EVERYWHERE: ["draw"]}


async def test_a_server_that_the_bot_is_not_in_is_passed_over(bot: Bot, http: FakeHttp) -> None:
    """The others get their commands; when it is let in, so does this one."""
    assert await sync(bot, ELSEWHERE, HOME) == {
        str(ELSEWHERE): "not in this server", str(HOME): "sent", "everywhere": "unchanged",
    }  # fmt: skip
    http.guilds.add(ELSEWHERE)
    assert (await sync(bot, ELSEWHERE, HOME))[str(ELSEWHERE)] == "sent"
    http.guilds.remove(ELSEWHERE)
    assert (await sync(bot, HOME))[str(ELSEWHERE)] == "unchanged"


async def test_anew_finds_copies_that_nobody_remembers(
    bot: Bot, http: FakeHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of another data folder, or of before Easel remembered: every server that the bot is in is looked at."""

    async def guilds(*_: object, **__: object) -> AsyncIterator[discord.Object]:
        for guild_id in http.guilds:
            yield discord.Object(guild_id)

    monkeypatch.setattr(Bot, "fetch_guilds", guilds)
    http.kept[AWAY] = [{"name": "draw", "id": "1", "version": "1"}]
    await sync(bot)
    assert AWAY in http.shown()
    assert await sync(bot, anew=True) == {"everywhere": "sent", str(HOME): "unchanged", str(AWAY): "emptied"}
    assert http.shown() == {EVERYWHERE: ["draw"]}


async def test_a_damaged_memory_is_none(bot: Bot, http: FakeHttp) -> None:
    """It is made anew."""
    (bot.settings.data_dir / "commands.json").write_text("[1")
    assert await sync(bot) == {"everywhere": "sent"}
    assert await sync(bot) == {"everywhere": "unchanged"}


@pytest.mark.parametrize(
    ("refusal", "error"),
    [((400, 50035), app_commands.CommandSyncFailure), ((503, 0), discord.HTTPException), ((403, 1), discord.Forbidden)],
)
async def test_other_refusals_are_told(
    bot: Bot, http: FakeHttp, refusal: tuple[int, int], error: type[Exception]
) -> None:
    """A wrong command is our mistake; a passing trouble is the connection's to wait out."""
    http.refusal = refusal
    with pytest.raises(error):
        await sync(bot)
    assert not (bot.settings.data_dir / "commands.json").exists()
