"""The demo's stage: the real bot in a simulated Discord, and a page of it that is kept in step.

In: settings and what opens the bot's services.  Out: a `Stage`.  Only Discord is simulated (SimCord, in memory); the
queue, database, filter, inference server and model are real.

SimCord stands still between actions, so `Stage` moves it: it sets the simulated clock to the real one, and publishes
what the bot did to the page.  SimCord allows one operation at a time, so a lock keeps those and the page's apart.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final
from zoneinfo import available_timezones

import simcord
import structlog
from simcord.interactions import command_leaves
from simcord.preview import _commands

from bot.actions.posts import Posts
from bot.client import Bot
from bot.config import Settings
from bot.demo import typed
from bot.demo.page import Shell, page_key
from bot.demo.pages import open_pages
from bot.demo.portraits import portraits
from bot.demo.slow import SlowMotion
from bot.demo.world import World
from bot.services import Services
from bot.views.answer import note
from bot.views.posts import ChannelPosts
from bot.views.reply import InteractionReply

log = structlog.get_logger(__name__)

OpenServices = Callable[[Settings, Posts], AbstractAsyncContextManager[Services]]

PUMP_SECONDS: Final = 0.25
MAX_MESSAGE: Final = 2000  # characters, as in Discord
SETTLE_SECONDS: Final = 60.0  # what an answer may take on a slow machine
WELCOME: Final = """**Welcome to Easel.** It draws what you describe: type `/imagine a castle on a hill`, press Enter.
Under the pictures, the list opens one of them, *Share* puts it into the gallery, *Remix* changes the words.
At the top you can look through other people’s eyes, and turn on *Slow motion* to watch the queue at work."""


class Stage:
    """A preview page kept in step with the bot; see the module's first lines."""

    def __init__(self, env: simcord.Env, bot: Bot, world: World, preview: simcord.Preview) -> None:
        self.bot = bot
        self.world = world
        self.pages: str | None = None  # where the web pages are
        self._env = env
        self._preview = preview
        self._lock = asyncio.Lock()
        self._published = 0
        self._act = preview._action  # noqa: SLF001  # SimCord offers no public hook around a page's actions
        preview._action = self._action  # type: ignore[method-assign]  # noqa: SLF001  # as above

    @property
    def url(self) -> str:
        return self._preview.url

    @property
    def slow_motion(self) -> SlowMotion | None:
        pool = self.bot.services.pool
        return pool if isinstance(pool, SlowMotion) else None

    def state(self) -> dict[str, Any]:
        """What the page asks for again and again."""
        pages, guild_id = self.pages, self.world.guild.id
        links = [] if pages is None else [("Gallery", f"{pages}/gallery/{guild_id}"), ("Console", f"{pages}/console")]
        draws = any(offer.places for offer in self.bot.services.pool.offers)
        return {"slow": self.slow_motion is not None and self.slow_motion.on, "pages": links, "draws": draws}

    async def wait_closed(self) -> None:
        await self._preview.wait_closed()

    async def pump(self) -> None:
        """Publish whatever the bot did, until cancelled."""
        while True:
            await asyncio.sleep(PUMP_SECONDS)
            if len(self._env.backend.transcript) != self._published:
                await self.publish()
            elif not self._lock.locked():
                set_clock(self._env)  # what the bot posts by itself carries the time at which it does

    async def publish(self) -> None:
        async with self._lock:
            set_clock(self._env)
            self._published = len(self._env.backend.transcript)
            try:
                await self._preview.refresh()
            except TimeoutError as error:
                log.warning("demo.page_not_refreshed", error=str(error))

    async def act(self, member: simcord.MemberActor, command: str, **options: object) -> simcord.InteractionResult:
        """A member types a command, as from outside the page."""
        async with self._lock:
            set_clock(self._env)
            return await member.slash(self.world.channel, command, **options)

    async def _action(self, context_id: str | None, body: Mapping[str, Any]) -> dict[str, Any]:
        """What the page asks for: an action of SimCord's, a command that was typed as a message, or a switch."""
        if body.get("kind") == "easel_slow":
            if self.slow_motion is not None:
                self.slow_motion.turn(on=bool(body.get("on")))
            return self.state()
        async with self._lock:
            set_clock(self._env)
            page = self._preview._pages.get(context_id or "")  # noqa: SLF001  # as above
            seen = body.get("published_revision")
            if page is not None and isinstance(seen, int) and seen < page.revision:
                # The page has not read yet what the pump published.  Its controls are looked up anew in any case.
                body = {**body, "published_revision": page.revision}
            if page is None:
                return await self._act(context_id, body)
            try:
                answer = await self._act(context_id, self._read(body, page))
                return {**answer, **unsent(answer)} if body.get("kind") in ("send_message", "run_command") else answer
            except typed.Hint as hint:
                refused = self._preview._reject(  # noqa: SLF001  # as above
                    page, "validation-failed", request_id=body.get("request_id"), sequence=body.get("sequence")
                )
                return {**refused, "hint": str(hint)}

    def _read(self, body: Mapping[str, Any], page: Any) -> Mapping[str, Any]:
        """The same action, with what was typed of a command as its options.  Raises Hint."""
        content, kind = str(body.get("content")), body.get("kind")
        if kind == "send_message" and typed.is_command(content):
            return self._command(content, page, body)
        if kind == "send_message" and len(content) > MAX_MESSAGE:
            raise typed.Hint(f"A message has at most {MAX_MESSAGE:,} characters; this one has {len(content):,}.")
        if kind == "run_command":
            for leaf in self._leaves(page):
                entry = _commands.entry_for_leaf(dict(leaf.root), list(leaf.path), dict(leaf.spec))
                if (entry["commandId"], entry["path"]) == (body.get("command_id"), body.get("path")):
                    return {**body, "options": typed.spread(leaf, body.get("options") or {}, self._people())}
        return body

    def _leaves(self, page: Any) -> list[typed.Leaf]:
        visible = self._env.backend.visible_commands(user_id=page.viewer.id, channel_id=page.channel_id)
        return [typed.Leaf(root, tuple(path), spec) for root in visible for path, spec in command_leaves(root)]

    def _hidden(self, page: Any) -> dict[str, list[str]]:
        """The commands that Discord does not list for whoever looks at the page, and for whom it does."""
        backend, listed = self._env.backend, {leaf.path[0] for leaf in self._leaves(page)}
        others: dict[str, list[str]] = {}
        for person in self.world.people:
            for root in backend.visible_commands(user_id=person.id, channel_id=page.channel_id):
                if root["name"] not in listed:
                    others.setdefault(root["name"], []).append(person.name)
        return others

    def _people(self) -> dict[str, int]:
        return {person.name.casefold(): person.id for person in self.world.people}

    def _command(self, content: str, page: Any, body: Mapping[str, Any]) -> dict[str, Any]:
        """The same action as if the command had been chosen from the list.  Raises Hint."""
        leaf, options = typed.read(content, self._leaves(page), self._people(), self._hidden(page))
        entry = _commands.entry_for_leaf(dict(leaf.root), list(leaf.path), dict(leaf.spec))
        kept = {name: value for name, value in body.items() if name not in ("content", "target_id", "reply_to_id")}
        return {
            **kept, "kind": "run_command", "command_id": entry["commandId"], "path": entry["path"],
            "schema_fingerprint": entry["schemaFingerprint"], "options": options,
        }  # fmt: skip


@asynccontextmanager
async def open_stage(
    settings: Settings, port: int, services: OpenServices, pages_port: int = 0
) -> AsyncIterator[Stage]:
    """The simulated server with the bot in it and its page being served; `services` are the bot's."""
    bot = Bot(settings, shard_count=1, sync="always")
    env = simcord.Env(bot, settle_timeout=SETTLE_SECONDS)
    world = World.build(env)
    set_clock(env)
    async with AsyncExitStack() as stack:
        await env.start()
        stack.push_async_callback(env.shutdown)
        # What the services start now lives outside of any command, and speaks to the simulated Discord.
        stack.enter_context(env.time_context())
        bot.services = await stack.enter_async_context(services(settings, ChannelPosts(bot)))
        preview = env.preview(
            world.channel, viewers=world.members, layout="channel", port=port, timezone=local_timezone(),
            assets=portraits(env, world),
        )  # fmt: skip
        stage = Stage(env, bot, world, preview)
        Shell(world, stage.state).install(preview, page_key(settings.data_dir))
        await stack.enter_async_context(preview)
        await bot.get_partial_messageable(world.channel.id).send(view=note(WELCOME))
        await stage.publish()
        stack.push_async_callback(cancelled, asyncio.create_task(stage.pump()))
        await bot.services.recovery.resume(partial(InteractionReply.again, bot))
        stage.pages = await stack.enter_async_context(open_pages(bot, world, pages_port))
        yield stage


def unsent(answer: Mapping[str, Any]) -> dict[str, str]:
    """The hint for what SimCord did not take: its page leaves the words in the box and says nothing."""
    if not answer.get("rejected"):
        return {}
    return {"hint": " ".join(["Not sent.", *(said["message"] for said in answer.get("diagnostics") or ())])}


def set_clock(env: simcord.Env) -> None:
    """Bring the simulated clock to the real time; it never goes back."""
    behind = (datetime.now(UTC) - env.now()).total_seconds()
    if behind > 0:
        env.backend.advance_clock(behind)


def local_timezone() -> str:
    """This machine's time zone by name, for the times on the page; UTC where it has none."""
    name = os.path.realpath("/etc/localtime").partition("zoneinfo/")[2]
    return name if name in available_timezones() else "UTC"


async def cancelled(task: "asyncio.Task[None]") -> None:
    """Cancel a task and wait for its end; what it raised before is in the log."""
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass
    except Exception:
        log.exception("demo.task_failed", task=task.get_name())
