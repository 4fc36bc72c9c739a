"""What a server's managers choose: an overview, a page for each section, one for each role, and the same for a channel.

In: the choices in force.  Out: a layout for the manager who asks, whose lists change them at once.  Every press asks
again whether the person may.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, Self

import discord
from discord import ui

from bot.actions.setting import BY_NAME, OTHER, SECTIONS, SERVER, SETTINGS, Scope, SectionName, Setting, lacks
from bot.database.blocked_terms import TERM_ACTIONS, TermAction
from bot.database.guild import GuildRecord
from bot.views.client import BotInteraction
from bot.views.custom_id import Base36, unwritten
from bot.views.forms import Form, question
from bot.views.layout import Layout
from bot.views.notices import Preview
from bot.views.press import Control, Press, actor_of, row_of
from bot.views.stand import MOST_OPTIONS, Stand, channel_list, options, role_list, rules
from bot.wording import buttons
from bot.wording import settings as words
from bot.wording.reader import say
from bot.wording.text import shorten

ALL: Final = "all"  # stands for the overview


class SettingsLayout(Layout):
    """The overview, or the page of a section; of a role there is one page alone."""

    def __init__(self, stand: Stand, section: SectionName | None = None) -> None:
        super().__init__()
        self.add_item(ui.TextDisplay(words.heading(stand.where, section)))
        box: ui.Container[Self] = ui.Container()
        for item in _overview(stand) if section is None else _page(stand, section):
            box.add_item(item)
        self.add_item(box)
        self.add_item(row_of(OpenSection(stand.scope.channel_id, section, _sections(stand))))
        if stand.scope == SERVER and section is None:
            self.add_item(row_of(Narrow("channel")))


def _sections(stand: Stand) -> tuple[SectionName, ...]:
    """Those in which there is something to choose; a role's page leads to those of its server."""
    scope = SERVER if stand.scope.role_id is not None else stand.scope
    found = {setting.section for setting in SETTINGS if scope.takes(setting)}
    return tuple(section for section in SECTIONS if section in found)


def _overview(stand: Stand) -> Iterator[ui.Item[Any]]:
    for section in _sections(stand):
        told = [(setting.name, stand.told(setting)) for setting in stand.settings(section) if stand.differs(setting)]
        yield ui.TextDisplay(words.summary(section, told))


def _page(stand: Stand, section: SectionName) -> Iterator[ui.Item[Any]]:
    for setting in stand.settings(section):
        yield ui.TextDisplay(words.setting(setting.name, lacking=lacks(setting, stand.record)))
        yield row_of(Choose.of(setting, stand))
    if stand.scope == SERVER and isinstance(stand.record, GuildRecord):
        if section == "limits":
            yield ui.TextDisplay(words.roles(list(rules(stand.record))))
            yield row_of(Narrow("role"))
        if section == "gallery":
            yield row_of(Preview("digest"))
        if section == "safety":
            own: dict[str, list[str]] = {action: stand.words(action) for action in TERM_ACTIONS}
            idle = not stand.ceiling.may_loosen
            yield ui.TextDisplay(words.words(own, idle=idle))
            editable = (action for action in TERM_ACTIONS if own[action] or action != "allow" or not idle)
            yield row_of(*map(EditWords, editable))


async def settings_layout(
    interaction: BotInteraction, scope: Scope = SERVER, section: SectionName | None = None
) -> SettingsLayout:  # fmt: skip
    """The panel as the choices stand now; for managers."""
    actor, services = actor_of(interaction), interaction.client.services
    actor.require("manage_guild")
    settings = services.server_settings
    record = await settings.of(actor, scope)
    offers = {one.name: settings.offered(one, record, scope) for one in SETTINGS if scope.takes(one)}
    stand = Stand(
        record=record,
        scope=scope,
        ceiling=services.entitlements.ceiling,
        models=tuple(services.pool.models()),
        terms=await services.terms.of(actor) if section == "safety" else (),
        offers=offers,
    )
    return SettingsLayout(stand, section if section is not None and stand.settings(section) else None)


# ------------------------------------------------------------------------------------------------------------ controls


class Choose(Press, verb="set"):
    """A list of what one setting may be, for the server, a channel or a role."""

    name: str
    channel_id: Base36 | None
    role_id: Base36 | None = None
    chosen: tuple[str, ...] = unwritten(default=())
    options: tuple[discord.SelectOption, ...] = unwritten(default=())

    @classmethod
    def of(cls, setting: Setting, stand: Stand) -> Self:
        scope = stand.scope
        return cls(setting.name, scope.channel_id, scope.role_id, stand.chosen(setting), tuple(options(setting, stand)))

    def control(self) -> Control:
        kind = BY_NAME[self.name].kind if self.name in BY_NAME else "choice"
        several = kind in ("channels", "roles", "models")
        if kind in ("role", "roles"):
            return role_list(MOST_OPTIONS if several else 1, self.chosen)
        if kind in ("channel", "channels"):
            return channel_list(MOST_OPTIONS if several else 1, self.chosen)
        if not several:
            title = words.title(self.name) if self.name in BY_NAME else None
            return ui.Select(options=list(self.options), placeholder=title)
        none = say(buttons.NONE if self.role_id is not None else words.ALL_MODELS)
        return ui.Select(
            options=list(self.options), min_values=0, max_values=max(1, len(self.options)), placeholder=none
        )

    async def press(self, interaction: BotInteraction) -> None:
        values = [str(getattr(value, "id", value)) for value in self.item.values]
        if values == [OTHER]:
            await interaction.response.send_modal(TypeValue(self.name, self.channel_id, self.role_id))
            return
        await choose(interaction, self.name, values, Scope(self.channel_id, self.role_id))


async def choose(interaction: BotInteraction, name: str, values: list[str], scope: Scope) -> None:
    """Change a setting and show its page anew."""
    await interaction.response.defer()
    await interaction.client.services.server_settings.choose(actor_of(interaction), name, values, scope)
    layout = await settings_layout(interaction, scope, BY_NAME[name].section)
    await interaction.edit_original_response(view=layout)


class OpenSection(Press, verb="setopen"):
    """Leads from page to page."""

    channel_id: Base36 | None
    section: str | None = unwritten(default=None)
    sections: tuple[SectionName, ...] = unwritten(default=())

    def control(self) -> Control:
        options = [discord.SelectOption(label=say(words.OVERVIEW), value=ALL)] if self.section is not None else []
        for section in self.sections:
            title, about = words.SECTIONS[section]
            option = discord.SelectOption(label=say(title), value=section, default=section == self.section)
            option.description = shorten(say(about), 100)
            options.append(option)
        return ui.Select(options=options, placeholder=say(words.OPEN_SECTION))

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer()
        section = next((one for one in SECTIONS if one == self.item.values[0]), None)
        layout = await settings_layout(interaction, Scope(self.channel_id), section)
        await interaction.edit_original_response(view=layout)


class Narrow(Press, verb="setfor"):
    """Leads to the panel of a channel, or to the page of a role."""

    kind: Literal["channel", "role"]

    def control(self) -> Control:
        if self.kind == "channel":
            return channel_list(1, (), say(words.ONE_CHANNEL))
        return role_list(1, (), say(words.ONE_ROLE))

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer()
        chosen = self.item.values[0].id
        if self.kind == "channel":
            layout = await settings_layout(interaction, Scope(channel_id=chosen))
        else:
            layout = await settings_layout(interaction, Scope(role_id=chosen), "limits")
        await interaction.edit_original_response(view=layout)


class EditWords(Press, verb="setwords"):
    """Opens the form in which the server's own words are added and taken out."""

    action: TermAction

    def control(self) -> Control:
        return ui.Button(label=say(words.OWN_WORDS[self.action]), emoji="✏️")

    async def press(self, interaction: BotInteraction) -> None:
        actor_of(interaction).require("manage_guild")
        idle = self.action == "allow" and not interaction.client.services.entitlements.ceiling.may_loosen
        await interaction.response.send_modal(WordsForm(self.action, idle))


class WordsForm(Form, verb="words"):
    """Of words that are `idle`, and count for nothing here, none can be added."""

    action: TermAction
    idle: bool = unwritten(default=False)

    def heading(self) -> str:
        return say(words.OWN_WORDS[self.action])

    def questions(self) -> Iterator[ui.Item[Any]]:
        if self.idle:
            yield ui.TextDisplay(say(words.IDLE_WORDS))
        else:
            yield question(say(words.ADD_WORDS), "add", required=False, long=True, limit=4000)
        yield question(say(words.TAKE_OUT_WORDS), "out", required=False, long=True, limit=4000)

    async def take(self, interaction: BotInteraction, written: Mapping[str, str]) -> None:
        await interaction.response.defer()
        add, out = (written.get(name, "").splitlines() for name in ("add", "out"))
        await interaction.client.services.terms.edit(actor_of(interaction), self.action, add, out)
        await interaction.edit_original_response(view=await settings_layout(interaction, SERVER, "safety"))


class TypeValue(Form, verb="settyped"):
    """Asks for a value that is not in the list."""

    name: str
    channel_id: Base36 | None
    role_id: Base36 | None = None

    def heading(self) -> str:
        return shorten(words.title(self.name), 45)

    def questions(self) -> Iterator[ui.Item[Any]]:
        yield question(say(words.TYPED[BY_NAME[self.name].typed]), "value", limit=40)

    async def take(self, interaction: BotInteraction, written: Mapping[str, str]) -> None:
        value = written.get("value", "")
        await choose(interaction, self.name, [value], Scope(self.channel_id, self.role_id))
