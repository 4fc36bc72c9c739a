"""Commands, buttons and lists of moderators and managers."""

from collections.abc import Awaitable, Callable
from typing import Any

from discord import SelectOption

from bot.actions.actor import Actor
from bot.actions.moderation import Target
from bot.database.records import GenerationFilter
from bot.database.session import utc_now
from bot.views.exported import LogFile
from bot.views.modlog import LogEntry, LogPage, ModLogPage, Remove, ShowAgain
from bot.views.notices import Preview
from bot.views.press import Press
from bot.views.records import AuditPage, PersonRecord, SanctionsPage
from bot.views.review import AllowHere, AllowOnce, Keep, LeaveBlocked, LeaveRemoved, NextReview, TakeBack, TakeDown
from bot.views.sanction import Ban, Lift, TimeOut, UndoRemovals
from bot.views.settings import Choose, EditWords, Narrow, OpenSection
from tests.scenes.buttons import of_generation, plain
from tests.scenes.commands import typed
from tests.scenes.scene import Deed, a_picture, acting, drawn, moderators, pressed
from tests.town import Town

Stage = Callable[[Town], Awaitable[Deed]]


def about_ada(command: str, /, **options: Any) -> Stage:
    async def stage(town: Town) -> Deed:
        return lambda who: who.slash(town.pictures, f"mod {command}", person=town.ada, **options)

    return stage


async def removal(town: Town) -> Deed:
    record = await drawn(town)
    return lambda who: who.slash(town.pictures, "mod remove", generation=record.id, reason="no")


async def banned(town: Town) -> int:
    """Bo is out; returns the sanction's id."""
    record = await town.services.moderation.sanction(judge(town), Target(town.bo.id, 1), "ban", None, "no")
    return record.id


async def unban(town: Town) -> Deed:
    await banned(town)
    return lambda who: who.slash(town.pictures, "mod unban", person=town.bo)


async def out_of_here(town: Town) -> Press:
    await banned(town)
    return Lift(town.bo.id)


async def removed_with_a_ban(town: Town) -> Press:
    """What Bo had drawn went with it."""
    if await town.services.moderation.in_force(judge(town), town.bo.id) is not None:
        await town.services.moderation.lift(judge(town), town.bo.id, "")
    before = utc_now()
    await drawn(town, who=town.bo)
    sanction_id = await banned(town)
    with town.env.time_context():
        await town.services.removals.remove_all_of(judge(town), town.bo.id, before, "no", sanction_id)
    return UndoRemovals(town.bo.id, sanction_id)


async def removed_by_a_moderator(town: Town) -> Press:
    record = await drawn(town)
    with town.env.time_context():
        await town.services.removals.remove(judge(town), record.id, "no")
    return ShowAgain(record.id, None)


def judge(town: Town) -> Actor:
    return acting(town, town.mo, "ban_members", "moderate_members", "manage_messages")


def under_review(kind: Callable[[int], Press]) -> Callable[[Town], Awaitable[Press]]:
    async def make(town: Town) -> Press:
        record = await drawn(town)
        with town.env.time_context():
            await town.services.reviews.report(acting(town, town.bo), record.id, None, "it looks at me")
        return kind(record.id)

    return make


async def decided(town: Town) -> Press:
    """That it may stay."""
    keep = await under_review(Keep)(town)
    assert isinstance(keep, Keep)
    with town.env.time_context():
        await town.services.reviews.decide(judge(town), keep.generation_id, "keep")
    return TakeBack(keep.generation_id)


def appealed(kind: Callable[[int], Press]) -> Callable[[Town], Awaitable[Press]]:
    """A prompt of Ada's that the filter refused, and that she asked moderators about."""

    async def make(town: Town) -> Press:
        town.pool.block("gore", "violence_gore")
        before = await town.services.generations.page(GenerationFilter(), limit=1)
        # What was allowed once passes the next time: each stage has words of its own.
        words = f"gore, take {before.records[0].id if before.records else 0}"
        await town.ada.slash(town.pictures, "imagine", prompt=words)
        await town.settled()
        record = await town.newest()
        with town.env.time_context():
            await town.services.reviews.appeal(acting(town, town.ada), record.id, "it is a film")
        return kind(record.id)

    return make


def of_person(kind: Callable[[int], Press]) -> Callable[[Town], Awaitable[Press]]:
    async def make(town: Town) -> Press:
        return kind(town.ada.id)

    return make


def two_sizes() -> Press:
    return Choose(
        "max_images", None, None, (), (SelectOption(label="4", value="4"), SelectOption(label="9", value="9"))
    )


MODERATING = (
    moderators("/mod log", typed("mod log")),
    moderators("/mod timeout", about_ada("timeout", duration="1 minute", reason="no")),
    moderators("/mod ban", about_ada("ban", reason="no")),
    moderators("/mod unban", unban),
    moderators("/mod sharing", about_ada("sharing", may_share=False, reason="no")),
    moderators("/mod remove", removal),
    moderators("/mod find", typed("mod find", picture=("me.png", a_picture()))),
    moderators("/mod user", about_ada("user")),
    moderators("/mod audit", typed("mod audit")),
    moderators("/mod sanctions", typed("mod sanctions")),
    moderators("/mod review", typed("mod review")),
    moderators("/mod stats", typed("mod stats")),
    moderators("/mod export", typed("mod export")),
    moderators("/settings", typed("settings"), "olga"),
    moderators("button logentry", pressed(of_generation(LogEntry))),
    moderators("button remove", pressed(of_generation(Remove))),
    moderators("button restore", pressed(removed_by_a_moderator)),
    moderators("button modlog", pressed(plain(lambda: ModLogPage(None, None, None, None, None)))),
    moderators("button modlog.2", pressed(plain(lambda: LogPage(*[None] * 9)))),
    moderators("button logfile", pressed(plain(lambda: LogFile("csv", *[None] * 8)))),
    moderators("button audit", pressed(plain(lambda: AuditPage(None, None, None)))),
    moderators("button sanctions", pressed(plain(lambda: SanctionsPage(None)))),
    moderators("button keep", pressed(under_review(Keep))),
    moderators("button takedown", pressed(under_review(TakeDown))),
    moderators("button allow", pressed(appealed(AllowHere))),
    moderators("button once", pressed(appealed(AllowOnce))),
    moderators("button leave", pressed(appealed(LeaveBlocked))),
    moderators("button leaveremoved", pressed(under_review(LeaveRemoved))),
    moderators("button takeback", pressed(decided)),
    moderators("button review", pressed(plain(lambda: NextReview(None)))),
    moderators("button timeout", pressed(of_person(TimeOut))),
    moderators("button ban", pressed(of_person(Ban))),
    moderators("button record", pressed(of_person(PersonRecord))),
    moderators("button lift", pressed(out_of_here)),
    moderators("button undoremovals", pressed(removed_with_a_ban)),
    moderators("button set", pressed(plain(two_sizes), "4"), "olga"),
    moderators("button setopen", pressed(plain(lambda: OpenSection(None, None, ("pictures",))), "pictures"), "olga"),
    moderators("button preview", pressed(plain(lambda: Preview("digest"))), "olga"),
    moderators("button setfor", pressed(plain(lambda: Narrow("channel")), lambda town: town.pictures), "olga"),
    moderators("button setwords", pressed(plain(lambda: EditWords("block"))), "olga"),
)
