"""How an interaction is answered: with one sentence, or with "thinking…" that the pictures will replace."""

from typing import Any

import discord
from discord import ui


def note(sentence: str) -> ui.LayoutView:
    """A layout of one sentence."""
    layout = ui.LayoutView(timeout=None)
    layout.add_item(ui.TextDisplay(sentence))
    return layout


async def think(interaction: discord.Interaction[Any]) -> int:
    """Show "thinking…" to everyone; returns that message's id."""
    answer = await interaction.response.defer(thinking=True)
    if answer is None or answer.message_id is None:
        raise RuntimeError(f"Discord named no message for the answer to interaction {interaction.id}")
    return answer.message_id


async def take_back(interaction: discord.Interaction[Any]) -> None:
    """Delete the "thinking…".  It is edited first: while it thinks, a private message would take its public place."""
    await interaction.edit_original_response(view=note("-# …"))
    await interaction.delete_original_response()
