"""Timing somebody out or banning them from within the log and the review queue.

In: whom it is about.  Out: a button, and the form that it opens.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import discord
from discord import ui

from bot.actions.moderation import Target, sanction_length
from bot.actions.reason import MAX_REASON
from bot.database.records import SanctionKind
from bot.database.session import utc_now
from bot.views.answer import note
from bot.views.client import BotInteraction
from bot.views.custom_id import Base36
from bot.views.forms import Form, question
from bot.views.press import Press, actor_of
from bot.views.target import target_by_id
from bot.wording import buttons, moderating, text
from bot.wording.reader import say


class TimeOut(Press, verb="timeout"):
    """Asks for how long and why."""

    user_id: Base36

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(buttons.TIME_OUT), emoji="⏳")

    async def press(self, interaction: BotInteraction) -> None:
        actor_of(interaction).require("moderate_members")
        await interaction.response.send_modal(SanctionForm("timeout", self.user_id))


class Ban(Press, verb="ban"):
    """Asks why, and whether what they made lately goes, too."""

    user_id: Base36

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(buttons.BAN), emoji="🔨", style=discord.ButtonStyle.danger)

    async def press(self, interaction: BotInteraction) -> None:
        actor_of(interaction).require("ban_members")
        await interaction.response.send_modal(SanctionForm("ban", self.user_id))


class SanctionForm(Form, verb="sanctioned"):
    """How long (of a timeout), why, and what is removed with it."""

    kind: SanctionKind
    user_id: Base36

    def heading(self) -> str:
        return say(buttons.TIME_OUT_TITLE if self.kind == "timeout" else buttons.BAN_TITLE)

    def questions(self) -> Iterator[ui.Item[Any]]:
        if self.kind == "timeout":
            yield question(say(buttons.HOW_LONG), "duration", default=say(buttons.ONE_DAY), limit=40)
        yield question(say(buttons.WHY_READ), "reason", limit=MAX_REASON)
        yield question(
            say(buttons.ALSO_REMOVE), "removal", placeholder=say(buttons.NOTHING_OR), limit=40, required=False
        )

    async def take(self, interaction: BotInteraction, written: Mapping[str, str]) -> None:
        length = sanction_length("duration", written.get("duration", "")) if self.kind == "timeout" else None
        removal = written.get("removal", "").strip()
        span = sanction_length("duration", removal) if removal else None
        await interaction.response.defer(ephemeral=True, thinking=True)
        target = await target_by_id(interaction, self.user_id)
        told = await sanctioned(interaction, target, self.kind, length, written.get("reason", ""), span)
        await interaction.followup.send(view=told, ephemeral=True)


class Lift(Press, verb="lift"):
    """Ends what keeps a person out here."""

    user_id: Base36

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(buttons.LIFT), emoji="🔓")

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer()
        actor, services = actor_of(interaction), interaction.client.services
        lifted = await services.moderation.lift(actor, self.user_id)
        told = note(moderating.lifted(self.user_id, lifted.kind))
        if actor.is_moderator and await services.removals.removed_with(actor, self.user_id, lifted.id):
            told.add_item(ui.ActionRow(UndoRemovals(self.user_id, lifted.id)))
        await interaction.edit_original_response(view=told)


class UndoRemovals(Press, verb="undoremovals"):
    """Shows again what was removed with a sanction; the sanction stays."""

    user_id: Base36
    sanction_id: Base36

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(buttons.UNDO_REMOVALS), emoji="↩️")

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer()
        removals = interaction.client.services.removals
        number = await removals.restore_all_of(actor_of(interaction), self.user_id, self.sanction_id)
        await interaction.edit_original_response(view=note(moderating.shown_again(number)))


async def sanctioned(
    interaction: BotInteraction, target: Target, kind: SanctionKind, length: timedelta | None, reason: str,
    span: timedelta | None,
) -> ui.LayoutView:  # fmt: skip
    """Sanction a person and, with `span`, take down what they made lately; returns what is said about it."""
    actor, services = actor_of(interaction), interaction.client.services
    if span is not None:
        actor.require("manage_messages")  # before anything is written: half of what was asked would stand
    until = None if length is None else utc_now() + length
    record = await services.moderation.sanction(actor, target, kind, until, reason)
    sentence = moderating.sanctioned(target.user_id, until, text.plain(reason, MAX_REASON))
    if span is None:
        told = note(sentence)
        told.add_item(ui.ActionRow(Lift(target.user_id)))
        return told
    removed = await services.removals.remove_all_of(actor, target.user_id, utc_now() - span, reason, record.id)
    sentence += f"\n{moderating.also_removed(len(removed))}"
    if not all(one.gone for one in removed):
        sentence += f" {say(moderating.NOT_ALL_GONE)}"
    told = note(sentence)
    undoing = [UndoRemovals(target.user_id, record.id)] if removed else []
    told.add_item(ui.ActionRow(Lift(target.user_id), *undoing))
    return told
