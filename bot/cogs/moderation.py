"""`/mod`: the request log, sanctions and removals.

Each command asks for its Discord permission in code; each act is in the audit log.  The permissions that the
commands carry are only what Discord shows by default: a server may hand them to anyone.
"""

from datetime import datetime, timedelta
from typing import cast

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from bot.actions.exports import Form
from bot.actions.moderation import sanction_length
from bot.actions.reason import MAX_REASON
from bot.client import Bot
from bot.database.records import GenerationFilter, SanctionKind
from bot.database.session import utc_now
from bot.errors import InvalidOption
from bot.views.answer import note
from bot.views.chart import stats_layout
from bot.views.exported import export
from bot.views.filters import CATEGORIES, MAX_WORDS, STATUSES, Shown, asked_for
from bot.views.found import found_at, found_layout, recognised
from bot.views.modlog import modlog_layout, narrowed, removed_note
from bot.views.press import actor_of, answering
from bot.views.records import AuditPage, audit_layout, person_layout, sanctions_layout
from bot.views.review import review_layout
from bot.views.sanction import sanctioned
from bot.views.target import target_of
from bot.wording import community, moderating, terms, text
from bot.wording.catalogue import later
from bot.wording.duration import parse_moment

Span = app_commands.Range[str, 1, 40]
Reason = app_commands.Range[str, 1, MAX_REASON]


@app_commands.guild_only()
@app_commands.default_permissions(manage_messages=True)
class Mod(commands.GroupCog, group_name="mod", group_description=later("For moderators: request log and sanctions")):
    def __init__(self, bot: Bot) -> None:
        self.bot = bot

    @app_commands.command(description=later("Read the request log of this server"))
    @app_commands.describe(
        person=later("Only this person's requests"),
        channel=later("Only what was asked for in this channel"),
        status=later("Only requests that ended or stand like this; flagged: what the filter flagged or blocked"),
        category=later("Only requests in which the filter found this"),
        words=later("Only prompts that hold these words"),
        since=later("Only from then on: 12 hours, 2 days, 2026-05-03"),
        until=later("Only up to then: 12 hours, 2 days, 2026-05-03"),
        score=later("Only what the filter gave at least this, from 0 to 1"),
    )
    @app_commands.choices(
        status=[app_commands.Choice(name=locale_str(terms.STATUSES[status]), value=status) for status in STATUSES],
        category=[app_commands.Choice(name=locale_str(terms.CATEGORIES[one]), value=one) for one in CATEGORIES],
    )
    async def log(
        self,
        interaction: discord.Interaction[Bot],
        person: discord.User | None = None,
        channel: discord.TextChannel | discord.VoiceChannel | discord.Thread | discord.ForumChannel | None = None,
        status: str | None = None,
        category: str | None = None,
        words: app_commands.Range[str, 1, MAX_WORDS] | None = None,
        since: Span | None = None,
        until: Span | None = None,
        score: app_commands.Range[float, 0, 1] | None = None,
    ) -> None:
        async with answering(interaction):
            asked = asked_for(
                None if person is None else person.id, cast("Shown | None", status), category,
                text.one_line(words or "") or None,
            )  # fmt: skip
            times = (_moment("since", since), _moment("until", until, end=True))
            wanted = narrowed(asked, None if channel is None else channel.id, *times, score)
            await interaction.response.defer(ephemeral=True)
            layout = await modlog_layout(interaction, wanted, None)
            await interaction.followup.send(view=layout, ephemeral=True)

    @app_commands.command(description=later("Keep a person from using Easel for a while"))
    @app_commands.describe(
        person=later("Who"), duration=later("How long: 30m, 1 hour, 2 days"), reason=later("Why; the person reads it"),
        remove=later("Also remove their pictures of the last …, for example: 1 day"),
    )  # fmt: skip
    async def timeout(
        self, interaction: discord.Interaction[Bot], person: discord.User, duration: str, reason: Reason,
        remove: Span | None = None,
    ) -> None:  # fmt: skip
        async with answering(interaction):
            await self._sanction(interaction, person, "timeout", sanction_length("duration", duration), reason, remove)

    @app_commands.command(description=later("Keep a person from using Easel until lifted"))
    @app_commands.describe(
        person=later("Who"), reason=later("Why; the person reads it"),
        remove=later("Also remove their pictures of the last …, for example: 1 day"),
    )  # fmt: skip
    async def ban(
        self, interaction: discord.Interaction[Bot], person: discord.User, reason: Reason, remove: Span | None = None
    ) -> None:
        async with answering(interaction):
            await self._sanction(interaction, person, "ban", None, reason, remove)

    @app_commands.command(description=later("Lift a person's ban or timeout"))
    @app_commands.describe(
        person=later("Who"), reason=later("Why"), restore=later("Also show again what was removed with it")
    )
    async def unban(
        self, interaction: discord.Interaction[Bot], person: discord.User, reason: Reason | None = None,
        restore: bool = False,
    ) -> None:  # fmt: skip
        async with answering(interaction):
            await interaction.response.defer(ephemeral=True)
            actor, services = actor_of(interaction), self.bot.services
            if restore:
                actor.require("manage_messages")
            lifted = await services.moderation.lift(actor, person.id, reason or "")
            told = moderating.lifted(person.id, lifted.kind)
            if restore:
                gone = await services.removals.removed_with(actor, person.id, lifted.id)
                if gone:
                    await services.removals.restore_all_of(actor, person.id, lifted.id, reason or "")
                told += f"\n{moderating.shown_again(len(gone))}"
            await interaction.followup.send(view=note(told), ephemeral=True)

    @app_commands.command(description=later("Keep a person from sharing pictures, or let them again"))
    @app_commands.describe(
        person=later("Who"), may_share=later("Whether they may share"), reason=later("Why; the person reads it"),
    )  # fmt: skip
    async def sharing(
        self,
        interaction: discord.Interaction[Bot],
        person: discord.User,
        may_share: bool,
        reason: Reason | None = None,
    ) -> None:
        async with answering(interaction):
            await interaction.response.defer(ephemeral=True)
            why = None if may_share else reason or ""
            target = await target_of(interaction, person)
            await self.bot.services.gallery.block(actor_of(interaction), target, why)
            told = community.sharing_set(person.id, may=may_share)
            await interaction.followup.send(view=note(told), ephemeral=True)

    @app_commands.command(description=later("Take down a generation, or one picture of it"))
    @app_commands.describe(
        generation=later("Its id, as the log and Details show it"),
        reason=later("Why"),
        picture=later("One picture only, counted from 1"),
    )
    async def remove(
        self,
        interaction: discord.Interaction[Bot],
        generation: app_commands.Range[int, 1],
        reason: Reason,
        picture: app_commands.Range[int, 1, 9] | None = None,
    ) -> None:
        async with answering(interaction):
            await interaction.response.defer(ephemeral=True)
            index = None if picture is None else picture - 1
            removed = await self.bot.services.removals.remove(actor_of(interaction), generation, reason, index)
            told = removed_note(removed, index)
            await interaction.followup.send(view=told, ephemeral=True)

    @app_commands.command(description=later("Find out which generation a picture shows, also a changed one"))
    @app_commands.describe(
        picture=later("The picture, a screenshot of it, or a grid"),
        link=later("A link to a message of Easel's, or to a picture at Discord"),
    )
    async def find(
        self, interaction: discord.Interaction[Bot], picture: discord.Attachment | None = None, link: str | None = None
    ) -> None:
        async with answering(interaction):
            actor_of(interaction).require("manage_messages")
            if (picture is None) == (link is None):
                raise InvalidOption("picture", "picture_or_link")
            await interaction.response.defer(ephemeral=True)
            found = (
                await found_at(interaction, link or "") if picture is None else await recognised(interaction, [picture])
            )
            await interaction.followup.send(view=found_layout(found), ephemeral=True)

    @app_commands.command(description=later("One person's record here: requests, blocks, reports, sanctions"))
    @app_commands.describe(person=later("Who"))
    async def user(self, interaction: discord.Interaction[Bot], person: discord.User) -> None:
        async with answering(interaction):
            await interaction.response.defer(ephemeral=True)
            await interaction.followup.send(view=await person_layout(interaction, person.id), ephemeral=True)

    @app_commands.command(description=later("Who of the moderators did what"))
    @app_commands.describe(
        moderator=later("Only what this one did"), action=later("Only this, such as ban, removal, settings"),
        person=later("Only what was done about this person"),
        since=later("Only from then on: 12 hours, 2 days, 2026-05-03"),
        until=later("Only up to then: 12 hours, 2 days, 2026-05-03"),
    )  # fmt: skip
    @app_commands.choices(
        action=[app_commands.Choice(name=locale_str(words), value=name) for name, words in terms.ACTS.items()]
    )
    async def audit(
        self,
        interaction: discord.Interaction[Bot],
        moderator: discord.User | None = None,
        action: str | None = None,
        person: discord.User | None = None,
        since: Span | None = None,
        until: Span | None = None,
    ) -> None:
        async with answering(interaction):
            whose, about = (None if one is None else one.id for one in (moderator, person))
            times = (_moment("since", since), _moment("until", until, end=True))
            await interaction.response.defer(ephemeral=True)
            layout = await audit_layout(interaction, AuditPage.of(None, whose, action, about, *times))
            await interaction.followup.send(view=layout, ephemeral=True)

    @app_commands.command(description=later("Who may not use Easel here, and until when"))
    async def sanctions(self, interaction: discord.Interaction[Bot]) -> None:
        async with answering(interaction):
            await interaction.response.defer(ephemeral=True)
            await interaction.followup.send(view=await sanctions_layout(interaction, None), ephemeral=True)

    @app_commands.command(description=later("Decide about what was reported, appealed or flagged, one after another"))
    async def review(self, interaction: discord.Interaction[Bot]) -> None:
        async with answering(interaction):
            await interaction.response.defer(ephemeral=True)
            layout, files = await review_layout(interaction, None)
            await interaction.followup.send(view=layout, files=files, ephemeral=True)

    @app_commands.command(description=later("How much was asked for, what was blocked, by whom"))
    @app_commands.describe(days=later("Of the last so many days (30)"))
    async def stats(self, interaction: discord.Interaction[Bot], days: app_commands.Range[int, 2, 90] = 30) -> None:
        async with answering(interaction):
            await interaction.response.defer(ephemeral=True)
            report = await self.bot.services.moderation.report(actor_of(interaction), days)
            layout = await stats_layout(report)
            await interaction.followup.send(view=layout, file=layout.file, ephemeral=True)

    @app_commands.command(description=later("The request log as a file; who exports it is in the audit log"))
    @app_commands.describe(
        form=later("CSV for tables, JSON Lines for programs"), person=later("Only this person's requests")
    )
    @app_commands.choices(
        form=[
            app_commands.Choice(name="CSV", value="csv"),
            app_commands.Choice(name=locale_str(later("JSON Lines")), value="jsonl"),
        ]
    )
    async def export(
        self, interaction: discord.Interaction[Bot], form: str = "csv", person: discord.User | None = None
    ) -> None:
        async with answering(interaction):
            await interaction.response.defer(ephemeral=True)
            wanted = GenerationFilter(user_id=None if person is None else person.id)
            await export(interaction, wanted, cast("Form", form))

    async def _sanction(
        self, interaction: discord.Interaction[Bot], person: discord.User, kind: SanctionKind,
        length: timedelta | None, reason: str, remove: str | None,
    ) -> None:  # fmt: skip
        span = None if remove is None else sanction_length("duration", remove)
        await interaction.response.defer(ephemeral=True)
        target = await target_of(interaction, person)
        told = await sanctioned(interaction, target, kind, length, reason, span)
        await interaction.followup.send(view=told, ephemeral=True)


def _moment(field: str, written: str | None, *, end: bool = False) -> datetime | None:
    """Raises InvalidOption."""
    if written is None:
        return None
    found = parse_moment(written, utc_now(), end=end)
    if found is None:
        raise InvalidOption(field, "no_moment", {"value": written})
    return found


async def setup(bot: Bot) -> None:
    await bot.add_cog(Mod(bot))
