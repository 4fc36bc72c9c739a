"""Opening everything, in the one order in which it works."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import structlog

from bot.actions.posts import NoPosts, Posts
from bot.config import Settings
from bot.generation.live import INTERVAL_SECONDS
from bot.metrics import BotMetrics
from bot.pool.drawing_pool import DrawingPool
from bot.pool.servers import open_pool
from bot.services.archive import open_archive
from bot.services.services import Services, services_of
from bot.services.studio import open_studio
from bot.services.upkeep import upkeep
from bot.storage.choice import open_storage

log = structlog.get_logger(__name__)


@asynccontextmanager
async def open_services(
    settings: Settings,
    posts: Posts | None = None,
    *,
    pool: DrawingPool | None = None,
    interval: float = INTERVAL_SECONDS,
    lost: Callable[[str], None] | None = None,
    metrics: BotMetrics | None = None,
) -> AsyncIterator[Services]:
    """Everything open and at work.  `posts` reaches what stands in Discord, if there is one.

    `pool` replaces the inference servers that the settings name.  `lost` is called where another process took this
    one's shards, which then must end.  `metrics` counts what happens.

    Raises ConfigurationError for a folder, a database or a certificate that cannot be used, or where another process
    works on them.
    """
    metrics = metrics or BotMetrics()
    async with AsyncExitStack() as stack:
        storage = await stack.enter_async_context(open_storage(settings))
        archive = await stack.enter_async_context(open_archive(settings, metrics, lost or _say_lost))
        if pool is None:
            pool = await stack.enter_async_context(open_pool(settings))
        studio = await stack.enter_async_context(open_studio(settings, archive, pool, storage, interval))
        services = services_of(settings, archive, studio, storage, posts or NoPosts(), metrics)
        await stack.enter_async_context(upkeep(services))
        yield services


def _say_lost(why: str) -> None:
    log.critical("locks.taken_by_another", why=why)
