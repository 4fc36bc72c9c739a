"""The composition root without Discord: opens what the bot stands on, in order, and closes it in reverse.

In: settings.  Out: `Services`.  The only place that knows how the parts fit together.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from bot.actions.contests import Contests
from bot.actions.departures import Departures
from bot.actions.digest import Digest
from bot.actions.erasing import Eraser
from bot.actions.exports import Exports
from bot.actions.gallery import Gallery
from bot.actions.ideas import IdeaBook
from bot.actions.look import Look
from bot.actions.lookout import Lookout
from bot.actions.meaning import Meaning
from bot.actions.moderation import Moderation
from bot.actions.notices import Notices
from bot.actions.pictures import Pictures
from bot.actions.posts import NoPosts, Posts
from bot.actions.privacy import Privacy
from bot.actions.recognition import NoteTaker, Recognition
from bot.actions.removals import Removals
from bot.actions.reviews import ReviewQueue
from bot.actions.settings import ServerSettings
from bot.actions.styles import StyleBook
from bot.actions.suggestions import Suggestions
from bot.actions.terms import Terms
from bot.config import Settings
from bot.database.audit import AuditLog
from bot.database.blocked_terms import BlockedTerms
from bot.database.contests import ContestLog
from bot.database.departures import DepartureLog
from bot.database.erasures import Erasures
from bot.database.favourites import OwnFavourites
from bot.database.fingerprints import Fingerprints
from bot.database.generations import GenerationLog
from bot.database.lineage import Lineage
from bot.database.locks import shard_locks
from bot.database.looks import Looks
from bot.database.meanings import MeaningLog
from bot.database.metered import MeteredLog
from bot.database.notices import NoticeLog
from bot.database.personal import PersonalData
from bot.database.posts import PostLog
from bot.database.prompts import Prompts
from bot.database.reticent import Reticent
from bot.database.reviews import Reviews
from bot.database.sanctions import Sanctions
from bot.database.session import Database
from bot.database.settings import GuildSettings
from bot.database.share_blocks import ShareBlocks
from bot.database.shares import Shares
from bot.database.statistics import Statistics
from bot.database.styles import Styles
from bot.database.web_sessions import WebSessions
from bot.errors import NoEndpoint
from bot.generation.generator import Generator
from bot.generation.live import INTERVAL_SECONDS
from bot.generation.recovery import Recovery
from bot.generation.work import Works
from bot.metrics import BotMetrics
from bot.orders.admission import Admission
from bot.orders.counts import Counts
from bot.orders.entitlement import Ceiling, Entitlements
from bot.orders.grammar import grammar
from bot.orders.limits import Limits
from bot.orders.policies import Policies
from bot.orders.queue import Bounds, FairQueue
from bot.pool.drawing_pool import DrawingPool
from bot.pool.servers import open_pool
from bot.storage.choice import open_storage
from bot.storage.folder import Storage

log = structlog.get_logger(__name__)

PURGE_SECONDS: Final = 3600.0
CALENDAR_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Services:
    """What the commands, buttons and pages work with."""

    settings: Settings
    generator: Generator
    works: Works
    queue: FairQueue
    limits: Limits
    entitlements: Entitlements
    recovery: Recovery
    pool: DrawingPool
    storage: Storage
    database: Database
    metrics: BotMetrics

    pictures: Pictures
    removals: Removals
    eraser: Eraser
    gallery: Gallery
    contests: Contests
    digest: Digest
    meaning: Meaning
    look: Look
    moderation: Moderation
    reviews: ReviewQueue
    terms: Terms
    policies: Policies
    privacy: Privacy
    departures: Departures
    exports: Exports
    recognition: Recognition
    note_taker: NoteTaker
    server_settings: ServerSettings
    suggestions: Suggestions
    ideas: IdeaBook
    styles: StyleBook

    log: GenerationLog
    shares: Shares
    sanctions: Sanctions
    audit_log: AuditLog
    guild_settings: GuildSettings
    statistics: Statistics
    web_sessions: WebSessions


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

    Raises ConfigurationError for a folder or a database that cannot be used, or that another process works on.
    """
    async with AsyncExitStack() as stack:
        storage = await stack.enter_async_context(open_storage(settings))
        metrics = metrics or BotMetrics()
        database = await stack.enter_async_context(Database(settings.database_url, metrics.statement))
        locks = shard_locks(database, settings.partition, lost=lost or _say_lost)
        await stack.enter_async_context(locks)
        generations = MeteredLog(metrics, database, partition=settings.partition)
        sanctions, audit_log = Sanctions(database), AuditLog(database)
        shares, guild_settings = Shares(database), GuildSettings(database)
        await guild_settings.load()
        if pool is None:
            pool = await stack.enter_async_context(open_pool(settings))
        # perf_counter, because simulated Discord stops the monotonic clock that asyncio goes by.
        queue = FairQueue(_bounds(settings), clock=time.perf_counter)
        works = Works(queue, pool)
        redis_url = settings.redis_url.get_secret_value() if settings.redis_url else None
        counts = Counts(redis_url)
        stack.push_async_callback(counts.close)
        limits = Limits(settings.limit_per_person, settings.limit_per_server, counts, in_all=settings.limit_in_all)
        entitlements = Entitlements(guild_settings, _ceiling(settings))
        admission = Admission(
            queue=queue,
            generations=generations,
            limits=limits,
            sanctions=sanctions,
            entitlements=entitlements,
            storage=storage,
            direct_messages=settings.direct_messages == "allow",
        )
        terms = BlockedTerms(database)
        reviews = Reviews(database)
        policies = Policies(entitlements, terms, reviews)
        generator = Generator(
            pool=pool,
            queue=queue,
            works=works,
            generations=generations,
            admission=admission,
            policies=policies,
            storage=storage,
            interval=interval,
            shutdown_seconds=settings.shutdown_seconds,
        )
        recovery = Recovery(generator=generator, works=works, queue=queue, generations=generations, storage=storage)
        recognition = Recognition(fingerprints=Fingerprints(database), generations=generations, storage=storage)
        lookout = Lookout(generations=generations, reviews=reviews, pool=pool)
        note_taker = NoteTaker(recognition.take_note, lookout.look)
        note_taker.open()
        stack.push_async_callback(note_taker.close)
        generator.listen(note_taker.drawn)
        await generator.open()
        stack.push_async_callback(generator.close)
        eraser = Eraser(erasures=Erasures(database), storage=storage, review=timedelta(days=settings.review_days))
        post_log = PostLog(database)
        pictures = Pictures(
            generations=generations,
            works=works,
            storage=storage,
            post_log=post_log,
            audit_log=audit_log,
            favourites=OwnFavourites(database),
            admission=admission,
        )
        removals = Removals(
            generations=generations,
            works=works,
            storage=storage,
            post_log=post_log,
            posts=posts or NoPosts(),
            eraser=eraser,
        )
        review_queue = ReviewQueue(
            reviews=reviews,
            generations=generations,
            pictures=pictures,
            removals=removals,
            sanctions=sanctions,
            guild_settings=guild_settings,
            audit_log=audit_log,
            posts=posts or NoPosts(),
        )
        privacy = Privacy(
            personal=PersonalData(database, most_days=entitlements.ceiling.retention_days),
            generations=generations,
            removals=removals,
            under_way=works,
            storage=storage,
            audit_log=audit_log,
        )
        notices = Notices(notice_log=NoticeLog(database), publisher=posts or NoPosts(), storage=storage)
        gallery = Gallery(
            shares=shares,
            generations=generations,
            sanctions=sanctions,
            guild_settings=guild_settings,
            notices=notices,
            lineage=Lineage(database),
            share_blocks=ShareBlocks(database),
        )
        drawn: asyncio.Queue[int] = asyncio.Queue()
        generator.listen(drawn.put_nowait)
        stack.push_async_callback(_ended, asyncio.create_task(_keep_offering(gallery, drawn), name="offering"))
        contests = Contests(
            contest_log=ContestLog(database),
            shares=shares,
            sanctions=sanctions,
            guild_settings=guild_settings,
            notices=notices,
            partition=settings.partition,
        )
        digest = Digest(
            shares=shares,
            guild_settings=guild_settings,
            reticent=Reticent(database),
            notices=notices,
            partition=settings.partition,
        )
        prompts = Prompts(database)
        meaning = Meaning(meanings=MeaningLog(database), shares=shares, pool=pool)
        if settings.partition.holds(None):  # one process of several does it
            stack.push_async_callback(_ended, asyncio.create_task(_keep_reading(meaning), name="reading"))
        stack.push_async_callback(_ended, asyncio.create_task(_keep_the_calendar(contests, digest), name="calendar"))
        departures = Departures(
            departures=DepartureLog(database, partition=settings.partition),
            storage=storage,
            keep=timedelta(days=settings.left_server_days),
        )
        purges = (generations.forget_expired_tokens, eraser.erase, privacy.purge, departures.purge)
        purging = asyncio.create_task(_keep_purging(*purges), name="purge")
        stack.push_async_callback(_ended, purging)
        yield Services(
            settings=settings,
            generator=generator,
            works=works,
            queue=queue,
            limits=limits,
            entitlements=entitlements,
            recovery=recovery,
            pool=pool,
            storage=storage,
            database=database,
            metrics=metrics,
            pictures=pictures,
            removals=removals,
            eraser=eraser,
            gallery=gallery,
            contests=contests,
            digest=digest,
            meaning=meaning,
            look=Look(looks=Looks(database), shares=shares),
            moderation=Moderation(sanctions=sanctions, generations=generations, audit_log=audit_log, under_way=works),
            reviews=review_queue,
            terms=Terms(terms),
            policies=policies,
            privacy=privacy,
            departures=departures,
            exports=Exports(generations, audit_log),
            server_settings=ServerSettings(guild_settings, entitlements.ceiling),
            recognition=recognition,
            note_taker=note_taker,
            suggestions=Suggestions(prompts),
            ideas=IdeaBook(
                pool=pool,
                policies=policies,
                entitlements=entitlements,
                meaning=meaning,
                prompts=prompts,
                grammar=grammar(),
            ),
            styles=StyleBook(Styles(database)),
            log=generations,
            shares=shares,
            sanctions=sanctions,
            audit_log=audit_log,
            guild_settings=guild_settings,
            statistics=Statistics(database),
            web_sessions=WebSessions(database),
        )


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


def _say_lost(why: str) -> None:
    log.critical("locks.taken_by_another", why=why)


async def _keep_purging(*purges: Callable[[], Awaitable[object]]) -> None:
    while True:
        for purge in purges:
            try:
                await purge()
            except Exception:  # a database that is away now may be back in an hour
                log.exception("pictures.purge_failed")
        await asyncio.sleep(PURGE_SECONDS)


async def _keep_the_calendar(contests: Contests, digest: Digest) -> None:
    while True:
        try:
            await contests.move_on()
            await digest.send()
        except Exception:  # as above
            log.exception("calendar.not_kept")
        await asyncio.sleep(CALENDAR_SECONDS)


async def _keep_offering(gallery: Gallery, drawn: "asyncio.Queue[int]") -> None:
    """Behind the deliveries."""
    while True:
        generation_id = await drawn.get()
        try:
            await gallery.offer(generation_id)
        except Exception:
            log.exception("picture.not_offered", generation=generation_id)
        finally:
            drawn.task_done()


async def _keep_reading(meaning: Meaning) -> None:
    while True:
        await asyncio.sleep(CALENDAR_SECONDS)
        try:
            await meaning.read()
        except NoEndpoint:
            log.info("prompts.nobody_reads")
        except Exception:  # as above
            log.exception("prompts.not_read")


async def _ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
