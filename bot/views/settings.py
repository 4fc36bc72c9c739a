"""What a server's managers choose: one panel for the server, and one for each channel.

In: a server's and a channel's choices.  Out: a layout for the manager who asks, whose lists change them at once.
"""

from typing import Any, Final, Self

import discord
from discord import ui

from bot.actions.settings import SETTINGS, UNCHOSEN, Setting, chosen_values
from bot.database.guild import Drawing, GuildRecord
from bot.views.client import BotInteraction
from bot.views.custom_id import Base36, unwritten
from bot.views.layout import Layout
from bot.views.press import Control, Press, actor_of, row_of

TITLES: Final = {
    "allowed_channel_ids": ("Channels", "Where Easel may be used; everywhere if none is chosen."),
    "review_channel_id": ("Review channel", "Where reports and appeals are announced to moderators."),
    "gallery_is_public": ("Gallery on the web", "Who may look at what members shared."),
    "gallery_channel_id": ("Gallery channel", "Where pictures that members share are shown, too."),
    "digest": ("Digest", "The best of the week, in the gallery channel."),
    "sharing": ("Sharing", "How pictures come into the gallery."),
    "sharing_role_ids": ("Who may share", "Everybody if no role is chosen."),
    "level": ("Safety", "How strictly prompts and pictures are judged."),
    "default_images": ("Pictures", "How many are drawn where nobody says."),
    "max_images": ("At most", "How many one may ask for at a time."),
    "spoiler": ("Spoiler", "Whether pictures stay hidden until they are clicked."),
    "limit_per_person": ("Limit per person", "Beside the limits of whoever runs Easel."),
}
LABELS: Final = {
    "gallery_is_public": {"no": "Members of this server", "yes": "Everybody who has the link"},
    "digest": {"no": "None", "yes": "Once a week"},
    "sharing": {
        "opt_in": "Members share single pictures",
        "opt_out": "Every picture, but for those that members take out",
        "off": "No pictures are shared",
    },
    "level": {
        "relaxed": "Relaxed: only what is plainly harmful is refused",
        "standard": "Standard",
        "strict": "Strict: doubtful things are refused, too",
    },
    "spoiler": {"no": "Show pictures at once", "yes": "Hide every picture until it is clicked"},
}
UNCHOSEN_LABELS: Final = {
    "level": "Standard", "default_images": "4 pictures", "max_images": "9 pictures", "spoiler": "Show pictures at once",
    "limit_per_person": "No further limit",
}  # fmt: skip
AS_THE_SERVER: Final = "As in the whole server"


class SettingsLayout(Layout):
    """The panel of a server, or of its channel `channel_id`."""

    def __init__(self, record: GuildRecord | Drawing, channel_id: int | None = None) -> None:
        super().__init__()
        where = "this server" if channel_id is None else f"<#{channel_id}>"
        other = (
            "Name a channel in `/settings` to choose for it alone."
            if channel_id is None
            else "What is not chosen here is as in the whole server."
        )
        self.add_item(
            ui.TextDisplay(f"### Settings of {where}\n-# Changes count at once and are in the audit log. {other}")
        )
        box: ui.Container[Self] = ui.Container()
        for setting in SETTINGS:
            if channel_id is None or setting.of_channels:
                title, about = TITLES[setting.name]
                box.add_item(ui.TextDisplay(f"**{title}**\n-# {about}"))
                box.add_item(row_of(Choose(setting.name, channel_id, chosen_values(setting.name, record))))
        self.add_item(box)


class Choose(Press, verb="set"):
    """A list of what one setting may be."""

    name: str
    channel_id: Base36 | None
    chosen: tuple[str, ...] = unwritten(default=())

    @property
    def setting(self) -> Setting:
        return next(setting for setting in SETTINGS if setting.name == self.name)

    def control(self) -> Control:
        setting = self.setting
        if setting.kind in ("role", "roles"):
            return _roles(1 if setting.kind == "role" else 25, self.chosen)
        if setting.kind != "choice":
            most = 1 if setting.kind == "channel" else 25
            return _channels(most, self.chosen)
        options = [
            discord.SelectOption(label=self._label(value), value=value, default=value in self.chosen)
            for value in setting.choices
        ]
        return ui.Select(options=options)

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer()
        values = [str(getattr(value, "id", value)) for value in self.item.values]
        settings = interaction.client.services.server_settings
        await settings.choose(actor_of(interaction), self.name, values, self.channel_id)
        await interaction.edit_original_response(view=await settings_layout(interaction, self.channel_id))

    def _label(self, value: str) -> str:
        if value == UNCHOSEN:
            return UNCHOSEN_LABELS[self.name] if self.channel_id is None else AS_THE_SERVER
        if self.name in ("default_images", "max_images"):
            return f"{value} picture" + ("" if value == "1" else "s")
        if self.name == "limit_per_person":
            return value.replace("/", " an " if "hour" in value else " a ")
        return LABELS[self.name][value]


def _channels(most: int, chosen: tuple[str, ...]) -> ui.ChannelSelect[Any]:
    return ui.ChannelSelect(
        channel_types=[discord.ChannelType.text, discord.ChannelType.news, discord.ChannelType.forum],
        placeholder="Everywhere" if most > 1 else "None",
        min_values=0,
        max_values=most,
        default_values=[
            discord.SelectDefaultValue(id=int(value), type=discord.SelectDefaultValueType.channel) for value in chosen
        ],
    )


def _roles(most: int, chosen: tuple[str, ...]) -> ui.RoleSelect[Any]:
    return ui.RoleSelect(
        placeholder="Everybody" if most > 1 else "None",
        min_values=0,
        max_values=most,
        default_values=[
            discord.SelectDefaultValue(id=int(value), type=discord.SelectDefaultValueType.role) for value in chosen
        ],
    )


async def settings_layout(interaction: BotInteraction, channel_id: int | None) -> SettingsLayout:
    """The panel as the choices stand now; for managers."""
    actor, settings = actor_of(interaction), interaction.client.services.server_settings
    actor.require("manage_guild")
    record = await settings.get(actor) if channel_id is None else await settings.of_channel(actor, channel_id)
    return SettingsLayout(record, channel_id)
