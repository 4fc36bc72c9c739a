"""What the commands, buttons and pages work with, put together from archive, studio and storage.

In: what is open.  Out: `Services`, with an action for everything that people do.  Nothing is opened here.
"""

from dataclasses import dataclass
from datetime import timedelta

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
from bot.actions.posts import Posts
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
from bot.database.generations import GenerationLog
from bot.database.sanctions import Sanctions
from bot.database.session import Database
from bot.database.settings import GuildSettings
from bot.database.shares import Shares
from bot.database.statistics import Statistics
from bot.database.web_sessions import WebSessions
from bot.generation.generator import Generator
from bot.generation.provenance import Seal
from bot.generation.recovery import Recovery
from bot.generation.work import Works
from bot.metrics import BotMetrics
from bot.orders.admission import Admission
from bot.orders.entitlement import Entitlements
from bot.orders.grammar import grammar
from bot.orders.limits import Limits
from bot.orders.policies import Policies
from bot.orders.queue import FairQueue
from bot.pool.drawing_pool import DrawingPool
from bot.services.archive import Archive
from bot.services.studio import Studio
from bot.storage.folder import Storage


@dataclass(frozen=True, slots=True)
class Services:
    """Everything, open and at work."""

    settings: Settings
    storage: Storage
    seal: Seal
    metrics: BotMetrics

    # From an order to its pictures.
    pool: DrawingPool
    queue: FairQueue
    works: Works
    limits: Limits
    entitlements: Entitlements
    policies: Policies
    admission: Admission
    generator: Generator
    recovery: Recovery

    # What people do to what exists.
    pictures: Pictures
    removals: Removals
    eraser: Eraser
    gallery: Gallery
    contests: Contests
    digest: Digest
    notices: Notices
    meaning: Meaning
    look: Look
    moderation: Moderation
    reviews: ReviewQueue
    terms: Terms
    privacy: Privacy
    departures: Departures
    exports: Exports
    recognition: Recognition
    note_taker: NoteTaker
    server_settings: ServerSettings
    suggestions: Suggestions
    ideas: IdeaBook
    styles: StyleBook

    # What is kept.
    database: Database
    generations: GenerationLog
    shares: Shares
    sanctions: Sanctions
    audit_log: AuditLog
    guild_settings: GuildSettings
    statistics: Statistics
    web_sessions: WebSessions


def services_of(
    settings: Settings, archive: Archive, studio: Studio, storage: Storage, posts: Posts, metrics: BotMetrics
) -> Services:
    """`posts` reaches what stands in Discord."""
    generations, shares, audit_log = archive.generations, archive.shares, archive.audit_log
    eraser = Eraser(erasures=archive.erasures, storage=storage, review=timedelta(days=settings.review_days))
    styles = StyleBook(archive.styles)
    pictures = _pictures(archive, studio, storage, styles)
    notices = Notices(notice_log=archive.notice_log, publisher=posts, storage=storage, seal=studio.seal)
    removals = _removals(archive, studio, storage, posts, notices, eraser)
    meaning = Meaning(meanings=archive.meaning_log, shares=shares, pool=studio.pool)
    recognition = Recognition(fingerprints=archive.fingerprints, generations=generations, storage=storage)
    lookout = Lookout(generations=generations, reviews=archive.reviews, pool=studio.pool)
    return Services(
        settings=settings, storage=storage, seal=studio.seal, metrics=metrics,
        pool=studio.pool, queue=studio.queue, works=studio.works, limits=studio.limits,
        entitlements=studio.entitlements, policies=studio.policies, admission=studio.admission,
        generator=studio.generator, recovery=studio.recovery,
        pictures=pictures, removals=removals, eraser=eraser,
        gallery=_gallery(archive, notices), contests=_contests(settings, archive, notices),
        digest=_digest(settings, archive, notices), meaning=meaning, look=Look(looks=archive.looks, shares=shares),
        notices=notices, moderation=_moderation(archive, studio, notices),
        reviews=_reviews(archive, studio, pictures, removals, posts),
        terms=Terms(archive.blocked_terms), privacy=_privacy(settings, archive, studio, storage, removals),
        departures=_departures(settings, archive, storage), exports=Exports(generations, audit_log),
        recognition=recognition, note_taker=NoteTaker(recognition.take_note, lookout.look),
        server_settings=ServerSettings(archive.guild_settings, studio.entitlements.ceiling),
        suggestions=Suggestions(archive.prompts, styles), ideas=_ideas(archive, studio, meaning),
        styles=styles,
        database=archive.database, generations=generations, shares=shares, sanctions=archive.sanctions,
        audit_log=audit_log, guild_settings=archive.guild_settings, statistics=archive.statistics,
        web_sessions=archive.web_sessions,
    )  # fmt: skip


def _pictures(archive: Archive, studio: Studio, storage: Storage, styles: StyleBook) -> Pictures:
    return Pictures(
        generations=archive.generations,
        works=studio.works,
        storage=storage,
        post_log=archive.post_log,
        audit_log=archive.audit_log,
        favourites=archive.favourites,
        admission=studio.admission,
        styles=styles,
    )


def _removals(
    archive: Archive, studio: Studio, storage: Storage, posts: Posts, notices: Notices, eraser: Eraser
) -> Removals:
    return Removals(
        generations=archive.generations,
        works=studio.works,
        storage=storage,
        post_log=archive.post_log,
        audit_log=archive.audit_log,
        posts=posts,
        notices=notices,
        eraser=eraser,
        seal=studio.seal,
    )


def _gallery(archive: Archive, notices: Notices) -> Gallery:
    return Gallery(
        shares=archive.shares,
        generations=archive.generations,
        sanctions=archive.sanctions,
        guild_settings=archive.guild_settings,
        notices=notices,
        lineage=archive.lineage,
        share_blocks=archive.share_blocks,
        offers=archive.offers,
    )


def _contests(settings: Settings, archive: Archive, notices: Notices) -> Contests:
    return Contests(
        contest_log=archive.contest_log,
        shares=archive.shares,
        sanctions=archive.sanctions,
        guild_settings=archive.guild_settings,
        notices=notices,
        partition=settings.partition,
    )


def _digest(settings: Settings, archive: Archive, notices: Notices) -> Digest:
    return Digest(
        shares=archive.shares,
        guild_settings=archive.guild_settings,
        reticent=archive.reticent,
        notices=notices,
        partition=settings.partition,
    )


def _moderation(archive: Archive, studio: Studio, notices: Notices) -> Moderation:
    return Moderation(
        sanctions=archive.sanctions,
        generations=archive.generations,
        audit_log=archive.audit_log,
        statistics=archive.statistics,
        under_way=studio.works,
        posted=notices,
    )


def _reviews(archive: Archive, studio: Studio, pictures: Pictures, removals: Removals, posts: Posts) -> ReviewQueue:
    return ReviewQueue(
        reviews=archive.reviews,
        generations=archive.generations,
        pictures=pictures,
        removals=removals,
        guild_settings=archive.guild_settings,
        posts=posts,
        policies=studio.policies,
        pool=studio.pool,
    )


def _privacy(settings: Settings, archive: Archive, studio: Studio, storage: Storage, removals: Removals) -> Privacy:
    return Privacy(
        personal=archive.personal,
        requests=archive.erasure_requests,
        generations=archive.generations,
        removals=removals,
        works=studio.works,
        storage=storage,
        partition=settings.partition,
    )


def _departures(settings: Settings, archive: Archive, storage: Storage) -> Departures:
    keep = timedelta(days=settings.left_server_days)
    return Departures(departures=archive.departure_log, storage=storage, keep=keep)


def _ideas(archive: Archive, studio: Studio, meaning: Meaning) -> IdeaBook:
    return IdeaBook(
        pool=studio.pool,
        admission=studio.admission,
        policies=studio.policies,
        entitlements=studio.entitlements,
        meaning=meaning,
        prompts=archive.prompts,
        grammar=grammar(),
    )
