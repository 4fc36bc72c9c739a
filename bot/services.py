"""The composition root without Discord: opens what the bot stands on, in order, and closes it in reverse.

In: settings.  Out: `Services`.  The only place that knows how the parts fit together.
"""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.config import Settings
from bot.database.generations import GenerationLog
from bot.database.moderation import Moderation
from bot.database.session import Database
from bot.database.settings import GuildSettings
from bot.database.shares import Shares
from bot.database.web_sessions import WebSessions
from bot.generation.generator import Generator
from bot.generation.live import INTERVAL_SECONDS
from bot.orders.admission import Admission
from bot.orders.limits import Limits
from bot.orders.queue import FairQueue
from bot.pool.endpoint import Endpoint
from bot.pool.pool import DrawingPool, Pool
from bot.pool.supervisor import Supervisor, runtime_folder, serve_command, serve_environment
from bot.storage.folder import FolderStorage, Storage


@dataclass(frozen=True, slots=True)
class Services:
    """What the commands, buttons and pages work with."""

    settings: Settings
    generator: Generator
    log: GenerationLog
    shares: Shares
    moderation: Moderation
    guild_settings: GuildSettings
    web_sessions: WebSessions
    storage: Storage
    pool: DrawingPool


@asynccontextmanager
async def open_services(
    settings: Settings, *, pool: DrawingPool | None = None, interval: float = INTERVAL_SECONDS
) -> AsyncIterator[Services]:
    """Everything open and at work; `pool` replaces the inference servers that the settings name.

    Raises ConfigurationError for a folder or a database that cannot be used.
    """
    async with AsyncExitStack() as stack:
        storage = FolderStorage(settings.pictures_dir)
        storage.open()
        database = await stack.enter_async_context(Database(settings.database_url))
        log, moderation, guild_settings = GenerationLog(database), Moderation(database), GuildSettings(database)
        if pool is None:
            pool = await stack.enter_async_context(_open_pool(settings))
        # perf_counter, because simulated Discord stops the monotonic clock that asyncio goes by.
        queue = FairQueue(
            size=settings.queue_size, size_per_person=settings.queue_size_per_person, clock=time.perf_counter
        )
        admission = Admission(
            queue=queue,
            log=log,
            limits=Limits(settings.limit_per_person, settings.limit_per_server),
            moderation=moderation,
            guild_settings=guild_settings,
            storage=storage,
        )
        generator = Generator(pool=pool, queue=queue, log=log, admission=admission, storage=storage, interval=interval)
        await generator.open()
        stack.push_async_callback(generator.close)
        yield Services(
            settings=settings,
            generator=generator,
            log=log,
            shares=Shares(database),
            moderation=moderation,
            guild_settings=guild_settings,
            web_sessions=WebSessions(database),
            storage=storage,
            pool=pool,
        )


@asynccontextmanager
async def _open_pool(settings: Settings) -> AsyncIterator[Pool]:
    """The servers that the settings name, or one of our own behind a unix socket."""
    async with AsyncExitStack() as stack:
        urls = settings.inference_urls
        if not urls:
            socket = Path(stack.enter_context(runtime_folder())) / "inference.sock"
            command, environment = serve_command(settings, socket), serve_environment(settings)
            await stack.enter_async_context(Supervisor(command, socket, environment=environment))
            urls = (f"unix://{socket}",)
        token = settings.inference_token.get_secret_value() if settings.inference_token else None
        pool = Pool(
            [Endpoint(url, token) for url in urls],
            concurrency=settings.inference_concurrency,
            patience=settings.inference_patience,
        )
        stack.push_async_callback(pool.close)
        await pool.open()
        yield pool
