"""What moderators read in `/mod user`, `/mod audit` and `/mod sanctions`: one person, who did what, who is out.

In: records.  Out: layouts that only the asking moderator sees, page by page.
"""

from datetime import datetime
from typing import Any, Final, Self

from discord import ui

from bot.database.audit import AuditFilter
from bot.database.records import AuditRecord, GenerationFilter, SanctionRecord
from bot.database.session import utc_now
from bot.views.client import BotInteraction
from bot.views.custom_id import Base36
from bot.views.filters import minutes, moment
from bot.views.layout import Layout
from bot.views.modlog import LogPage
from bot.views.press import Press, actor_of
from bot.views.sanction import Ban, Lift, TimeOut
from bot.wording import acts, buttons, moderating, pages, terms, text
from bot.wording.reader import labelled, say
from bot.wording.reasons import kept_reason

PER_PAGE: Final = 10
MOST_CHANGES: Final = 170  # characters, of ten acts in one message of 4,000
NAMES: Final = acts.Names(
    person=text.mention, channel=lambda channel_id: f"<#{channel_id}>", role=lambda role_id: f"<@&{role_id}>",
    moment=text.moment, written=lambda words: text.plain(words, 60),
)  # fmt: skip


class AuditPage(Press, verb="audit"):
    """Turns to acts older than row `before`; of one moderator and of one kind, where they are given."""

    before: Base36 | None
    actor_id: Base36 | None
    action: str | None
    user_id: Base36 | None = None  # whom it is about
    since: Base36 | None = None
    until: Base36 | None = None

    @classmethod
    def of(
        cls, before: int | None, actor_id: int | None, action: str | None, user_id: int | None,
        since: datetime | None, until: datetime | None,
    ) -> Self:  # fmt: skip
        """Times are kept in whole minutes."""
        return cls(before, actor_id, action, user_id, minutes(since), minutes(until))

    @property
    def wanted(self) -> AuditFilter:
        subject = None if self.user_id is None else f"user:{self.user_id}"
        return AuditFilter(self.actor_id, self.action, subject, moment(self.since), moment(self.until))

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(buttons.OLDER if self.before else buttons.NEWEST), emoji="▶️" if self.before else "⏮️")

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.edit_message(view=await audit_layout(interaction, self))


class SanctionsPage(Press, verb="sanctions"):
    """Turns to sanctions older than row `before`."""

    before: Base36 | None

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(buttons.OLDER if self.before else buttons.NEWEST), emoji="▶️" if self.before else "⏮️")

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.edit_message(view=await sanctions_layout(interaction, self.before))


class PersonRecord(Press, verb="record"):
    """Shows one person's record, beside what is looked at."""

    user_id: Base36

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(buttons.RECORD), emoji="👤")

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await interaction.followup.send(view=await person_layout(interaction, self.user_id), ephemeral=True)


async def audit_layout(interaction: BotInteraction, asked: AuditPage) -> ui.LayoutView:
    before, wanted = asked.before, asked.wanted
    page = await interaction.client.services.moderation.audit(actor_of(interaction), wanted, before, PER_PAGE)
    narrow = before is not None or wanted != AuditFilter()
    nothing = moderating.NOTHING_MATCHES if narrow else moderating.NOTHING_YET
    layout = listed(say(moderating.AUDIT), [act(record) for record in page.records], nothing)
    of = (asked.actor_id, asked.action, asked.user_id, asked.since, asked.until)
    turn = [] if before is None else [AuditPage(None, *of)]
    if page.next_before is not None:
        turn.append(AuditPage(page.next_before, *of))
    return with_buttons(layout, turn)


async def sanctions_layout(interaction: BotInteraction, before: int | None) -> ui.LayoutView:
    page = await interaction.client.services.moderation.sanctions(actor_of(interaction), before, PER_PAGE)
    layout = listed(say(moderating.SANCTIONS), [sanction(record, whom=True) for record in page.records])
    turn = [] if before is None else [SanctionsPage(None)]
    if page.next_before is not None:
        turn.append(SanctionsPage(page.next_before))
    return with_buttons(layout, turn)


async def person_layout(interaction: BotInteraction, user_id: int) -> ui.LayoutView:
    """One person's record here: counts, what was said of them, sanctions, and the way to their requests."""
    actor, services = actor_of(interaction), interaction.client.services
    said = await services.reviews.counts(actor, user_id)
    counts = await services.moderation.counts(actor, user_id)
    sanctions = (await services.moderation.sanctions(actor, None, 5, user_id)).records
    in_force = await services.moderation.in_force(actor, user_id)
    now = None if in_force is None else sanction(in_force)
    told = moderating.person(user_id, counts, said, now, [sanction(record) for record in sanctions])
    layout = Layout()
    layout.add_item(ui.TextDisplay(told))
    log = LogPage.of(GenerationFilter(user_id=user_id), None)
    log.item.label, log.item.emoji = say(moderating.LOG), None
    lifting = [Lift(user_id)] if in_force is not None and in_force.guild_id == actor.guild_id else []
    return with_buttons(layout, [log, *lifting, TimeOut(user_id), Ban(user_id)])


def listed(title: str, lines: list[str], nothing: str = moderating.NOTHING_YET) -> ui.LayoutView:
    layout = Layout()
    layout.add_item(ui.TextDisplay("\n".join([f"### {title}", *(lines or [say(nothing)])])))
    return layout


def with_buttons(layout: ui.LayoutView, buttons: list[Any]) -> ui.LayoutView:
    if buttons:
        layout.add_item(ui.ActionRow(*buttons))
    return layout


def act(record: AuditRecord) -> str:
    """One act in a line, and below it what it changed, as far as there is room."""
    about = acts.about(record.subject, NAMES)
    told = f"{text.relative(record.at)} {text.mention(record.actor_id)} **{terms.act(record.action)}** {about}"
    told = labelled(told, text.plain(kept_reason(record.why), 100))
    shown = ""
    for change in acts.changes(record.before, record.after, NAMES):
        line = f"\n-# {acts.change_line(change)}"
        if len(shown) + len(line) > MOST_CHANGES:
            return f"{told}{shown}\n-# …"
        shown += line
    return told + shown


def sanction(record: SanctionRecord, *, whom: bool = False) -> str:
    return moderating.sanction_line(
        record.kind, whom=record.user_id if whom else None, end=record.until, everywhere=record.guild_id is None,
        ended=_ended(record), by=record.created_by, at=record.created_at, reason=record.reason,
    )  # fmt: skip


def _ended(record: SanctionRecord) -> str:
    """By what; "" while it is in force."""
    if record.replaced:
        return pages.REPLACED
    if record.lifted_at is not None:
        return pages.LIFTED
    return pages.OVER if record.until is not None and record.until <= utc_now() else ""
