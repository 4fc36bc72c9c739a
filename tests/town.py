"""A simulated Discord server with the real bot in it: three people, one channel, real services, a fake pool.

`Town` has what tests ask for again and again; everything else they say to SimCord themselves.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import discord
import simcord

from bot.client import Bot
from bot.config import load_settings
from bot.database.records import GenerationFilter, GenerationRecord
from bot.services import Services
from tests.bot_fakes import FakePool, finish


@dataclass
class Town:
    """`ada` and `bo` are members, `mo` is a moderator; `pictures` is the channel."""

    env: simcord.Env
    services: Services
    pool: FakePool
    guild: simcord.GuildHandle
    pictures: simcord.ChannelHandle
    ada: simcord.MemberActor
    bo: simcord.MemberActor
    mo: simcord.MemberActor
    logs: list[Any]

    @property
    def broken(self) -> list[Any]:
        """What was logged of things that should not happen."""
        return [entry for entry in self.logs if entry["log_level"] in ("error", "critical")]

    async def imagine(
        self, prompt: str = "a red heart", *, who: simcord.MemberActor | None = None, **options: Any
    ) -> tuple[GenerationRecord, discord.Message]:
        """Draw to the end; returns the row and the message that shows it."""
        await (who or self.ada).slash(self.pictures, "imagine", prompt=prompt, **options)
        return await self.finished()

    async def finished(self) -> tuple[GenerationRecord, discord.Message]:
        """Wait until nothing is being drawn; returns the newest generation and the newest message."""
        pending = self.services.generator.pending()
        for one in pending:
            await finish(self.services, one.generation_id)
        record = await self.newest()
        message = self.pictures.last_message
        assert message is not None
        return record, message

    async def newest(self) -> GenerationRecord:
        page = await self.services.log.page(GenerationFilter(), limit=1)
        return page.records[0]

    async def shown(self, words: str) -> discord.Message:
        """Wait until the newest message says `words`."""
        for _ in range(2000):
            message = self.pictures.last_message
            if message is not None and words in said(message):
                return message
            await asyncio.sleep(0.001)
        raise AssertionError(f"nothing said {words!r}; the last message says {said(self.pictures.last_message)!r}")

    def messages(self) -> list[discord.Message]:
        return list(self.pictures.history())


def build(bot: Bot) -> simcord.Env:
    """A simulated Discord whose clock is right, with the bot not yet in it."""
    env = simcord.Env(bot)
    env.backend.advance_clock((datetime.now(UTC) - env.now()).total_seconds())
    return env


def a_bot(folder: Any) -> Bot:
    return Bot(load_settings(None, data_dir=folder), shard_count=1)


def bot_of(env: simcord.Env) -> Bot:
    assert isinstance(env.bot, Bot)
    return env.bot


def settle_town(env: simcord.Env, services: Services, pool: FakePool, logs: list[Any]) -> Town:
    guild = env.create_guild("Town")
    pictures = guild.create_text_channel("pictures")
    permissions = discord.Permissions(manage_messages=True, moderate_members=True, ban_members=True)
    moderators = guild.create_role("Moderators", permissions=permissions)
    ada, bo = guild.add_member(env.create_user("ada")), guild.add_member(env.create_user("bo"))
    mo = guild.add_member(env.create_user("mo"), roles=[moderators])
    return Town(env, services, pool, guild, pictures, ada, bo, mo, logs)


def said(message: Any) -> str:
    """All text of a message, its content and its text displays, in order."""
    if message is None:
        return ""
    texts = [part["content"] for part in parts(message) if part["type"] == 10]
    return "\n".join([message.content, *texts]).strip()


def parts(message: Any) -> Iterator[dict[str, Any]]:
    """Every component of a message as Discord has it, containers before what they hold."""
    yield from _walk([as_dict(component) for component in message.components])


def buttons(message: Any) -> list[str]:
    """The custom ids of a message's buttons and selects, in order."""
    return [part["custom_id"] for part in parts(message) if part["type"] in (2, 3)]


def answer(result: simcord.InteractionResult) -> Any:
    """The last thing that an interaction led to: its newest follow-up, or the response."""
    return result.followups[-1] if result.followups else result.response


def as_dict(component: Any) -> dict[str, Any]:
    return component if isinstance(component, dict) else component.to_dict()


def _walk(components: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for component in components:
        yield component
        yield from _walk(component.get("components", ()))
        if "accessory" in component:
            yield component["accessory"]
