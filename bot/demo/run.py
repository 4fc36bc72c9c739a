"""`easel demo`: opens the stage, draws one example, fills a new gallery, and ends when told to.

In: settings.  Out: two addresses on 127.0.0.1, the chat with the bot in it and its web pages.
"""

import asyncio
import os
import signal
import socket
import sys
import webbrowser
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from bot.actions.posts import Posts
from bot.config import Settings
from bot.database.records import GenerationFilter, GenerationRecord
from bot.demo.exhibition import EXHIBITS, Exhibit, fill_gallery, open_new_gallery
from bot.demo.pages import PAGES_PORT
from bot.demo.slow import SlowMotion
from bot.demo.stage import PUMP_SECONDS, OpenServices, Stage, cancelled, open_stage
from bot.errors import ConfigurationError
from bot.pool.servers import open_pool
from bot.secrecy import private_folder
from bot.services import Services, open_services

HOST: Final = "127.0.0.1"
FRIENDLY_PORT: Final = 8765
EXAMPLE_PROMPT: Final = "a red heart on a blue background"


@asynccontextmanager
async def slow_services(settings: Settings, posts: Posts) -> AsyncIterator[Services]:
    """The bot's services with the switch for slow motion before their pool."""
    async with open_pool(settings) as pool, open_services(settings, posts, pool=SlowMotion(pool)) as services:
        yield services


async def run_demo(
    settings: Settings,
    *,
    port: int | None = None,
    open_browser: bool = True,
    services: OpenServices = slow_services,
    exhibits: Sequence[Exhibit] = EXHIBITS,
) -> None:
    """Serve the demo until Ctrl-C, SIGTERM or the page's own *End*.  Raises ConfigurationError for a taken port."""
    port = free_port(port)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        stage = await stack.enter_async_context(
            open_stage(in_demo_folder(settings), port, services, free_port(None, PAGES_PORT))
        )
        say(f"Easel demo: {stage.url}")
        if stage.pages is not None:
            say(f"Web pages (gallery, moderation console): {stage.pages}")
        say(f"Kept in {(settings.data_dir / 'demo').resolve()}; delete that folder to begin anew.")
        if open_browser:
            await asyncio.to_thread(show_in_browser, stage.url)
        drawing = asyncio.create_task(draw_first(stage, settings.data_dir / "demo-grid.png", exhibits))
        stack.push_async_callback(cancelled, drawing)
        endings = [asyncio.create_task(stop.wait()), asyncio.create_task(stage.wait_closed())]
        await asyncio.wait(endings, return_when=asyncio.FIRST_COMPLETED)
        for ending in endings:
            ending.cancel()
    say("Stopped.")


async def draw_first(stage: Stage, file: Path, exhibits: Sequence[Exhibit]) -> None:
    """The example, and then, at the first start, what hangs in the gallery."""
    is_new = await open_new_gallery(stage)
    await draw_example(stage, file)
    if is_new:
        await fill_gallery(stage, exhibits)


async def draw_example(stage: Stage, file: Path) -> None:
    """Let a member draw the example through the whole path, then save its grid."""
    services, author = stage.bot.services, stage.world.members[0]
    before = await newest_id(services, author.id)
    await stage.act(author, "imagine", prompt=EXAMPLE_PROMPT)
    record = await latest_finished(services, author.id, after=before)
    if record.status != "delivered" or record.grid_key is None:
        say(f"The example was not drawn: {record.error_code or record.status}")
        return
    await asyncio.to_thread(file.write_bytes, await services.storage.get(record.grid_key))
    took = (record.finished_at or record.created_at) - record.created_at
    say(f"Example “{EXAMPLE_PROMPT}”: {file} ({took.total_seconds():.1f} s from /imagine to the grid)")


async def newest_id(services: Services, user_id: int) -> int:
    """The id of the person's newest generation; 0 where there is none."""
    page = await services.generations.page(GenerationFilter(user_id=user_id), limit=1)
    return page.records[0].id if page.records else 0


async def latest_finished(services: Services, user_id: int, *, after: int = 0) -> GenerationRecord:
    """The person's newest generation, once there is one newer than row `after` and it has ended, however."""
    while True:
        page = await services.generations.page(GenerationFilter(user_id=user_id), limit=1)
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
    }
    try:
        private_folder(folder)
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


def show_in_browser(url: str) -> None:
    """Open a window, where there is a desktop: a text browser would take over the terminal."""
    if sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        webbrowser.open(url)


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
