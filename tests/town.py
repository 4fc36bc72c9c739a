"""A simulated Discord server with the real bot in it: four people, one channel, real services, a fake pool.

`Town` has what tests ask for again and again; everything else they say to SimCord themselves.
"""

import asyncio
import itertools
import pickle
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import discord
import simcord

from bot.client import Bot
from bot.command_sync import EVERYWHERE, CommandSync, Outcome
from bot.database.records import GenerationFilter, GenerationRecord
from bot.services import Services
from bot.views.double_press import MOMENT, LastPresses
from bot.views.posts import ChannelPosts
from bot.views.reply import InteractionReply
from inference.contract import Event, GenerationRequest, Progress
from tests.bot_fakes import FakePool, services, settings_in

SETTLE_SECONDS = 60.0  # what a machine with other work may take; nothing waits that long where all is well


class PausingPool(FakePool):
    """Can also stop after the preview."""

    def __init__(self, capacity: int = 8) -> None:
        super().__init__(capacity)
        self._go_on = asyncio.Event()
        self._go_on.set()

    def hold_after_preview(self) -> None:
        self._go_on.clear()

    def release(self) -> None:
        super().release()
        self._go_on.set()

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[Event, None]:
        async with aclosing(super().generate(request)) as events:
            async for event in events:
                yield event
                if isinstance(event, Progress):
                    await self._go_on.wait()


class Town:
    """`ada` and `bo` are members, `mo` is a moderator, `olga` a manager who is no administrator; `pictures` is the
    channel.  To be opened and closed."""

    services: Services
    pool: PausingPool
    posts: ChannelPosts

    def __init__(self, env: simcord.Env, folder: Path, logs: list[Any], **settings: Any) -> None:
        self.env = env
        self._settings = settings
        self.logs = logs
        self.folder = folder
        self._opening: AbstractAsyncContextManager[Services]
        self.guild = env.create_guild("Town")
        self.pictures = self.guild.create_text_channel("pictures")
        permissions = discord.Permissions(manage_messages=True, moderate_members=True, ban_members=True)
        moderators = self.guild.create_role("Moderators", permissions=permissions)
        self.ada = self.guild.add_member(env.create_user("ada"))
        self.bo = self.guild.add_member(env.create_user("bo"))
        managers = self.guild.create_role("Managers", permissions=discord.Permissions(manage_guild=True))
        self.mo = self.guild.add_member(env.create_user("mo"), roles=[moderators])
        self.olga = self.guild.add_member(env.create_user("olga"), roles=[managers])

    async def open(self) -> None:
        self.pool = PausingPool()
        self.posts = ChannelPosts(self.bot)
        self._opening = services(self.folder, self.pool, self.posts, **self._settings)
        # What the services start must speak to the simulated Discord, without belonging to any command.
        with self.env.time_context():
            self.services = await self._opening.__aenter__()
        self.bot.services = self.services
        self.bot.last_presses = LastPresses(itertools.count(0.0, MOMENT).__next__)  # nobody in town is in a hurry

    async def close(self) -> None:
        await self._opening.__aexit__(None, None, None)

    async def restart(self) -> None:
        """Another bot process over the same data; what it was doing is taken up again."""
        await self.close()
        await self.env.restart_bot(a_bot(self.folder))
        await self.open()
        with self.env.time_context():
            await self.services.recovery.resume(partial(InteractionReply.again, self.bot))

    @property
    def bot(self) -> Bot:
        assert isinstance(self.env.bot, Bot)
        return self.env.bot

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

    async def delete(self, record: GenerationRecord, message: Any, who: simcord.MemberActor | None = None) -> Any:
        """Press the bin, then *Delete* in the question that it leads to; returns what that says."""
        person = who or self.ada
        question = answer(await person.click(message, custom_id=f"easel:delete:{record.id}"))
        await person.click(question, custom_id=f"easel:erase:{record.id}")
        return next((one for one in self.pictures.history(viewer=person) if one.id == question.id), None)

    async def pick(self, message: Any, index: int, who: simcord.MemberActor | None = None) -> Any:
        """Choose a picture of a grid; returns what shows it."""
        (chooser,) = (custom_id for custom_id in buttons(message) if custom_id.startswith("easel:choose:"))
        return answer(await (who or self.ada).select(message, [str(index)], custom_id=chooser))

    async def finished(self) -> tuple[GenerationRecord, discord.Message]:
        """Wait until nothing is being drawn; returns the newest generation and the newest message."""
        await self.settled()
        record = await self.newest()
        message = self.pictures.last_message
        assert message is not None
        return record, message

    async def settled(self) -> None:
        """Wait until nothing is under way and the last word was said."""
        await self.until(lambda: not self.services.works.pending())

    async def running(self) -> GenerationRecord:
        """Wait until the newest generation is being drawn."""
        await self.until(lambda: self.pool.running > 0)
        return await self.newest()

    async def until(self, true: Callable[[], bool]) -> None:
        for _ in range(3000):
            if true():
                return
            await asyncio.sleep(0.001)
        raise AssertionError(f"this never came true; under way: {self.services.works.pending()}")

    async def newest(self) -> GenerationRecord:
        page = await self.services.generations.page(GenerationFilter(), limit=1)
        return page.records[0]

    async def shown(self, words: str) -> discord.Message:
        """Wait until the newest message says `words`."""
        for _ in range(2000):
            message = self.pictures.last_message
            if message is not None and words in said(message):
                return message
            await asyncio.sleep(0.001)
        raise AssertionError(f"nothing said {words!r}; the last message says {said(self.pictures.last_message)!r}")

    async def forged(self, custom_id: str, value: str | None = None) -> discord.Message:
        """A message with a button that nobody made, or with a select that offers `value`."""
        layout = discord.ui.LayoutView()
        control: discord.ui.Item[Any] = discord.ui.Button(label="forged", custom_id=custom_id)
        if value is not None:
            options = [discord.SelectOption(label="forged", value=value)]
            control = discord.ui.Select(custom_id=custom_id, options=options)
        layout.add_item(discord.ui.ActionRow(control))
        with self.env.time_context():
            return await self.bot.get_partial_messageable(self.pictures.id).send(view=layout)

    def messages(self) -> list[discord.Message]:
        """All that stand in the channel, private ones too, oldest first."""
        return list(self.pictures.history())


def build(bot: Bot) -> simcord.Env:
    """A simulated Discord whose clock is right, with the bot not yet in it."""
    env = simcord.Env(bot, settle_timeout=SETTLE_SECONDS)
    env.backend.advance_clock((datetime.now(UTC) - env.now()).total_seconds())
    return env


class SyncOnce(CommandSync):
    """The first bot tells simulated Discord its commands; with the others it knows them: all have the same, and to
    tell of them, in dozens of languages, is most of a bot's start."""

    _known: bytes | None = None

    async def run(self, guild_ids: Sequence[int], *, anew: bool = False) -> dict[str, Outcome]:
        backend: Any = self._bot.http.backend  # type: ignore[attr-defined]  # SimCord's
        if SyncOnce._known is None:
            outcomes = await super().run(guild_ids, anew=anew)
            SyncOnce._known = pickle.dumps(backend.commands)
            return outcomes
        backend.commands = pickle.loads(SyncOnce._known)  # noqa: S301  # our own
        return {EVERYWHERE: "unchanged"}


def a_bot(folder: Path) -> Bot:
    return Bot(settings_in(folder), shard_count=1)


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


def button(message: Any, verb: str, which: int = 0) -> str:
    """The custom id of a message's button or select of that verb."""
    return [one for one in buttons(message) if one.split(":")[1].partition(".")[0] == verb][which]


def result_buttons(generation_id: int) -> list[str]:
    """The custom ids below four finished pictures, in order."""
    quick = [f"easel:{verb}:{generation_id}:{index}" for verb in ("upscale", "vary") for index in range(4)]
    verbs = ("choose", "reroll", "remix", "shareany", "details", "zip", "cover", "report", "delete")
    return [*quick, *(f"easel:{verb}:{generation_id}" for verb in verbs)]


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
