"""The database, open: its file or server, this process's locks on it, and all that is kept there, subject by subject.

In: settings.  Out: an `Archive`.  Knows no pool and no files of pictures.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.config import Settings
from bot.database.audit import AuditLog
from bot.database.blocked_terms import BlockedTerms
from bot.database.contests import ContestLog
from bot.database.departures import DepartureLog
from bot.database.erasure_requests import ErasureRequests
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
from bot.database.offers import Offers
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
from bot.metrics import BotMetrics


@dataclass(frozen=True, slots=True)
class Archive:
    """What is kept, each subject by its own module of bot/database."""

    database: Database
    audit_log: AuditLog
    blocked_terms: BlockedTerms
    contest_log: ContestLog
    departure_log: DepartureLog
    erasure_requests: ErasureRequests
    erasures: Erasures
    favourites: OwnFavourites
    fingerprints: Fingerprints
    generations: GenerationLog
    guild_settings: GuildSettings
    lineage: Lineage
    looks: Looks
    meaning_log: MeaningLog
    notice_log: NoticeLog
    offers: Offers
    personal: PersonalData
    post_log: PostLog
    prompts: Prompts
    reticent: Reticent
    reviews: Reviews
    sanctions: Sanctions
    share_blocks: ShareBlocks
    shares: Shares
    statistics: Statistics
    styles: Styles
    web_sessions: WebSessions


@asynccontextmanager
async def open_archive(settings: Settings, metrics: BotMetrics, lost: Callable[[str], None]) -> AsyncIterator[Archive]:
    """Raises ConfigurationError for a database that cannot be used, or that another process works on.

    `lost` is called with a sentence where another process took this one's shards later.
    """
    async with (
        Database(settings.database_url, metrics.statement) as database,
        shard_locks(database, settings.partition, lost=lost),
    ):
        archive = _archive(database, settings, metrics)
        await archive.guild_settings.load()
        yield archive


def _archive(database: Database, settings: Settings, metrics: BotMetrics) -> Archive:
    return Archive(
        database=database,
        audit_log=AuditLog(database),
        blocked_terms=BlockedTerms(database),
        contest_log=ContestLog(database),
        departure_log=DepartureLog(database, partition=settings.partition),
        erasure_requests=ErasureRequests(database),
        erasures=Erasures(database),
        favourites=OwnFavourites(database),
        fingerprints=Fingerprints(database),
        generations=MeteredLog(metrics, database, partition=settings.partition),
        guild_settings=GuildSettings(database),
        lineage=Lineage(database),
        looks=Looks(database),
        meaning_log=MeaningLog(database),
        notice_log=NoticeLog(database, partition=settings.partition),
        offers=Offers(database, partition=settings.partition),
        personal=PersonalData(database, most_days=settings.retention_days or None),
        post_log=PostLog(database),
        prompts=Prompts(database),
        reticent=Reticent(database),
        reviews=Reviews(database),
        sanctions=Sanctions(database),
        share_blocks=ShareBlocks(database),
        shares=Shares(database),
        statistics=Statistics(database),
        styles=Styles(database),
        web_sessions=WebSessions(database),
    )
