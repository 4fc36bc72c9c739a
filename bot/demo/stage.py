"""The demo: the real bot against a simulated Discord, in a local browser page.

In: settings.  Out: a page on 127.0.0.1 with a small server to try the bot in, and one example drawn at start.
Only Discord is simulated (SimCord, in memory); the queue, database, filter, inference server and model are real.

SimCord stands still between actions, so `Stage` moves it: it sets the simulated clock to the real one, and publishes
what the bot did to the page.  SimCord allows one operation at a time, so a lock keeps those and the page's apart.
"""

import asyncio
import os
import signal
import socket
import sys
import webbrowser
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import available_timezones

import simcord
import structlog
from simcord.preview import _media

from bot.actions.posts import Posts
from bot.client import Bot
from bot.config import Settings
from bot.database.records import GenerationFilter, GenerationRecord
from bot.demo.pages import PAGES_PORT, open_pages
from bot.demo.world import World
from bot.errors import ConfigurationError
from bot.services import Services, open_services
from bot.views.answer import note
from bot.views.posts import ChannelPosts

log = structlog.get_logger(__name__)

OpenServices = Callable[[Settings, Posts], AbstractAsyncContextManager[Services]]

HOST: Final = "127.0.0.1"
FRIENDLY_PORT: Final = 8765
EXAMPLE_PROMPT: Final = "a red heart on a blue background"
PUMP_SECONDS: Final = 0.25
WELCOME: Final = """**Welcome to the Easel demo.** The server is simulated, everything else is real.
Type `/` in the box below, choose **imagine**, describe a picture and press Enter: `a yellow star`, for example.
Then press the buttons under the pictures: a number opens one picture, *Share* posts it to `/gallery`.
At the top you can look through the eyes of *Ada*, *Bo*, or *Mo*, who is a moderator and may use `/mod log`."""


# The page is SimCord's own.  What serves the writing of tests is hidden, and the newest message stays in view until
# the visitor scrolls away from it; SimCord's page would leave it where it was when a picture makes it grow.
PAGE_CHANGES: Final = {
    "/": ("<title>SimCord Preview</title>", "<title>Easel demo</title>"),
    "/preview.css": ("", """
#capture-open, #inspector-toggle, #refresh, #view-action-output, #back-activity, #messages-toggle,
#messages-sidebar { display: none !important; }
#channel-timeline pre, #channel-timeline pre code { white-space: pre-wrap; overflow-wrap: anywhere; }
"""),
    "/app.js": ("", """
{
  const timeline = document.getElementById("channel-timeline");
  let touched = 0, follows = true;
  const touch = () => { touched = Date.now(); };
  for (const kind of ["wheel", "touchmove", "pointerdown", "keydown"]) timeline.addEventListener(kind, touch);
  timeline.addEventListener("scroll", () => {
    const rest = timeline.scrollHeight - timeline.scrollTop - timeline.clientHeight;
    if (rest < 40) follows = true; else if (Date.now() - touched < 1000) follows = false;
  });
  new ResizeObserver(() => { if (follows) timeline.scrollTop = timeline.scrollHeight; })
    .observe(document.getElementById("channel-message-list"));
}
"""),
}  # fmt: skip


class PictureReader(_media.MediaWorker):
    """Reads the page's pictures in a thread.  SimCord takes a new process for each, because a page may show anybody's
    files; here they are the bot's own, and a preview would be out of date before such a process had started."""

    async def _decode(self, key: str, blob: bytes, media_time: float | None) -> _media.MediaInfo:  # noqa: ARG002  # SimCord's signature
        return await asyncio.to_thread(_media._process_media, blob, media_time)  # noqa: SLF001  # as in Stage


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

    async def wait_closed(self) -> None:
        await self._preview.wait_closed()

    async def pump(self) -> None:
        """Publish whatever the bot did, until cancelled."""
        while True:
            await asyncio.sleep(PUMP_SECONDS)
            if len(self._env.backend.transcript) != self._published:
                await self.publish()

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
        async with self._lock:
            set_clock(self._env)
            page = self._preview._pages.get(context_id or "")  # noqa: SLF001  # as above
            seen = body.get("published_revision")
            if page is not None and isinstance(seen, int) and seen < page.revision:
                # The page has not read yet what the pump published.  Its controls are looked up anew in any case.
                body = {**body, "published_revision": page.revision}
            return await self._act(context_id, body)


async def run_demo(
    settings: Settings, *, port: int | None = None, open_browser: bool = True, services: OpenServices = open_services
) -> None:
    """Serve the demo until Ctrl-C, SIGTERM or the page's own *End*.  Raises ConfigurationError for a taken port."""
    port = free_port(port)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        stage = await stack.enter_async_context(open_stage(in_demo_folder(settings), port, services))
        say(f"Easel demo: {stage.url}")
        if stage.pages is not None:
            say(f"Web pages (gallery, moderation console): {stage.pages}")
        if open_browser:
            await asyncio.to_thread(show_in_browser, stage.url)
        example = asyncio.create_task(draw_example(stage, settings.data_dir / "demo-grid.png"))
        stack.push_async_callback(cancelled, example)
        endings = [asyncio.create_task(stop.wait()), asyncio.create_task(stage.wait_closed())]
        await asyncio.wait(endings, return_when=asyncio.FIRST_COMPLETED)
        for ending in endings:
            ending.cancel()
    say("Stopped.")


@asynccontextmanager
async def open_stage(settings: Settings, port: int, services: OpenServices) -> AsyncIterator[Stage]:
    """The simulated server with the bot in it and its page being served; `services` are the bot's."""
    bot = Bot(settings, shard_count=1, always_sync=True)
    env = simcord.Env(bot)
    world = World.build(env)
    set_clock(env)
    async with AsyncExitStack() as stack:
        await env.start()
        stack.push_async_callback(env.shutdown)
        # What the services start now lives outside of any command, and speaks to the simulated Discord.
        stack.enter_context(env.time_context())
        bot.services = await stack.enter_async_context(services(settings, ChannelPosts(bot)))
        preview = env.preview(
            world.channel, viewers=world.members, layout="channel", port=port, timezone=local_timezone()
        )
        change_page(preview)
        stage = Stage(env, bot, world, await stack.enter_async_context(preview))
        await bot.get_partial_messageable(world.channel.id).send(view=note(WELCOME))
        await stage.publish()
        stack.push_async_callback(cancelled, asyncio.create_task(stage.pump()))
        await bot.services.generator.resume(bot.reply_for)
        stage.pages = await stack.enter_async_context(open_pages(bot, world, free_port(None, PAGES_PORT)))
        yield stage


async def draw_example(stage: Stage, file: Path) -> None:
    """Let a member draw the example through the whole path, then save its grid."""
    services, author = stage.bot.services, stage.world.members[0]
    before = await newest_id(services, author.id)
    await stage.act(author, "imagine", prompt=EXAMPLE_PROMPT)
    record = await latest_finished(services, author.id, after=before)
    if record.status != "done" or record.grid_key is None:
        say(f"The example was not drawn: {record.error_message or record.status}")
        return
    await asyncio.to_thread(file.write_bytes, await services.storage.get(record.grid_key))
    took = (record.finished_at or record.created_at) - record.created_at
    say(f"Example “{EXAMPLE_PROMPT}”: {file} ({took.total_seconds():.1f} s from /imagine to the grid)")


async def newest_id(services: Services, user_id: int) -> int:
    """The id of the person's newest generation; 0 where there is none."""
    page = await services.log.page(GenerationFilter(user_id=user_id), limit=1)
    return page.records[0].id if page.records else 0


async def latest_finished(services: Services, user_id: int, *, after: int = 0) -> GenerationRecord:
    """The person's newest generation, once there is one newer than row `after` and it has ended, however."""
    while True:
        page = await services.log.page(GenerationFilter(user_id=user_id), limit=1)
        if page.records and page.records[0].id > after:
            record = page.records[0]
            if record.delivered_at or record.status in ("failed", "blocked", "cancelled"):
                return record
        await asyncio.sleep(PUMP_SECONDS)


def in_demo_folder(settings: Settings) -> Settings:
    """The same settings with everything that is kept in DATA_DIR/demo, apart from a real bot's data.

    Raises ConfigurationError where that folder cannot be made.
    """
    folder = settings.data_dir / "demo"
    changes = {
        "data_dir": folder,
        "database_url": f"sqlite+aiosqlite:///{folder / 'easel.db'}",
        "discord_guild_ids": (),
        "shard_count": None,
        "shard_ids": (),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            "DATA_DIR",
            str(settings.data_dir),
            f"the folder {folder} cannot be made ({error.strerror})",
            "Name a folder that the demo may write to.",
        ) from error
    return settings.model_copy(update=changes)


def free_port(wanted: int | None, friendly: int | None = None) -> int:
    """The port if it is free.  Raises ConfigurationError; without a wish, a friendly port, or any (0)."""
    port = wanted if wanted is not None else friendly or FRIENDLY_PORT
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if wanted is None:
                return 0
            raise ConfigurationError(
                "EASEL_DEMO_PORT",
                str(wanted),
                f"the demo cannot listen on {HOST}:{wanted} ({error.strerror})",
                "Name another port, or none to have a free one chosen.",
            ) from error
    return port


def change_page(preview: simcord.Preview) -> None:
    """Serve SimCord's page with PAGE_CHANGES and quick pictures; to be done before it is opened."""
    preview._media_worker = PictureReader()  # noqa: SLF001  # SimCord offers no public way to change its page
    server = preview._server  # noqa: SLF001  # as above
    serve = server._static  # noqa: SLF001  # as above

    async def serve_changed(request: Any) -> Any:
        response = await serve(request)
        if request.path in PAGE_CHANGES:
            old, new = PAGE_CHANGES[request.path]
            response.text = response.text.replace(old, new) if old else response.text + new
        return response

    server._static = serve_changed  # type: ignore[method-assign]  # noqa: SLF001  # as above


def set_clock(env: simcord.Env) -> None:
    """Bring the simulated clock to the real time; it never goes back."""
    behind = (datetime.now(UTC) - env.now()).total_seconds()
    if behind > 0:
        env.backend.advance_clock(behind)


def local_timezone() -> str:
    """This machine's time zone by name, for the times on the page; UTC where it has none."""
    name = os.path.realpath("/etc/localtime").partition("zoneinfo/")[2]
    return name if name in available_timezones() else "UTC"


def show_in_browser(url: str) -> None:
    """Open a window, where there is a desktop: a text browser would take over the terminal."""
    if sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        webbrowser.open(url)


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def cancelled(task: "asyncio.Task[None]") -> None:
    """Cancel a task and wait for its end; what it raised before is in the log."""
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass
    except Exception:
        log.exception("demo.task_failed", task=task.get_name())
