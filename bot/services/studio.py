"""From an order to its pictures: admission, limits, policies, queue, generator, and what a crash left.

In: settings, archive, pool and storage.  Out: a `Studio`, whose generator is not at work yet (see upkeep.py).
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.config import Settings
from bot.generation.generator import Generator
from bot.generation.provenance import Seal, open_seal
from bot.generation.recovery import Recovery
from bot.generation.work import Works
from bot.orders.admission import Admission
from bot.orders.counts import Counts
from bot.orders.entitlement import Ceiling, Entitlements
from bot.orders.limits import Limits
from bot.orders.policies import Policies
from bot.orders.queue import Bounds, FairQueue
from bot.pool.drawing_pool import DrawingPool
from bot.services.archive import Archive
from bot.storage.folder import Storage


@dataclass(frozen=True, slots=True)
class Studio:
    """Where pictures are made."""

    pool: DrawingPool
    queue: FairQueue
    works: Works
    limits: Limits
    entitlements: Entitlements
    policies: Policies
    admission: Admission
    generator: Generator
    recovery: Recovery
    seal: Seal


@asynccontextmanager
async def open_studio(
    settings: Settings, archive: Archive, pool: DrawingPool, storage: Storage, interval: float
) -> AsyncIterator[Studio]:
    """`interval` is how many seconds lie between two edits of a reply, at least.

    Raises ConfigurationError for a certificate that cannot sign pictures.
    """
    seal = await asyncio.to_thread(open_seal, settings)
    counts = Counts(settings.redis_url.get_secret_value() if settings.redis_url else None)
    try:
        yield _studio(settings, archive, pool, storage, seal, interval, counts)
    finally:
        await counts.close()


def _studio(
    settings: Settings,
    archive: Archive,
    pool: DrawingPool,
    storage: Storage,
    seal: Seal,
    interval: float,
    counts: Counts,
) -> Studio:
    # perf_counter, because simulated Discord stops the monotonic clock that asyncio goes by.
    queue = FairQueue(_bounds(settings), clock=time.perf_counter)
    works = Works(queue)
    limits = Limits(settings.limit_per_person, settings.limit_per_server, counts, in_all=settings.limit_in_all)
    entitlements = Entitlements(archive.guild_settings, _ceiling(settings))
    policies = Policies(entitlements, archive.blocked_terms, archive.reviews)
    admission = Admission(
        queue=queue,
        generations=archive.generations,
        limits=limits,
        sanctions=archive.sanctions,
        entitlements=entitlements,
        storage=storage,
        direct_messages=settings.direct_messages == "allow",
    )
    generator = Generator(
        pool=pool,
        queue=queue,
        works=works,
        generations=archive.generations,
        admission=admission,
        policies=policies,
        storage=storage,
        seal=seal,
        interval=interval,
        shutdown_seconds=settings.shutdown_seconds,
    )
    recovery = Recovery(
        generator=generator, works=works, queue=queue, generations=archive.generations, storage=storage, seal=seal
    )
    return Studio(pool, queue, works, limits, entitlements, policies, admission, generator, recovery, seal)


def _bounds(settings: Settings) -> Bounds:
    return Bounds(
        in_all=settings.queue_size,
        per_person=settings.queue_size_per_person,
        per_server=settings.queue_size_per_server,
        running_per_person=settings.running_per_person,
        running_per_server=settings.running_per_server,
    )


def _ceiling(settings: Settings) -> Ceiling:
    return Ceiling(
        max_images=settings.max_images,
        level=settings.safety_level,
        priority_roles=settings.priority_roles == "allow",
        retention_days=settings.retention_days or None,
    )
