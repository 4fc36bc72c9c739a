"""How a server's choices stand, and the lists that show them: what there is to choose from, and what is chosen.

In: the choices for a server, a channel or a role, with what the operator and the models allow.  Out: lines and lists.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import discord
from discord import ui

from bot.actions.setting import OTHER, SERVER, SETTINGS, UNCHOSEN, Record, Scope, Setting, chosen_values
from bot.database.blocked_terms import BlockedTerm, TermAction
from bot.database.guild import Drawing, GuildRecord, RoleRule
from bot.orders.entitlement import Ceiling
from bot.wording import buttons
from bot.wording import settings as words
from bot.wording.reader import say
from bot.wording.text import one_line, plain, shorten
from inference.contract import ModelDescription

MOST_OPTIONS: Final = 25  # of a list, by Discord
MOST_TOLD: Final = 3  # of what is chosen, in a line of text
MOST_RULES: Final = 10


@dataclass(frozen=True, slots=True)
class Stand:
    """How the choices stand for a scope, and what there is to choose from."""

    record: Record
    scope: Scope = SERVER
    ceiling: Ceiling = field(default_factory=Ceiling)
    models: tuple[ModelDescription, ...] = ()
    terms: tuple[BlockedTerm, ...] = ()
    offers: Mapping[str, tuple[tuple[str, bool], ...]] | None = None

    def settings(self, section: str) -> list[Setting]:
        return [one for one in SETTINGS if one.section == section and self.scope.takes(one)]

    def chosen(self, setting: Setting) -> tuple[str, ...]:
        return chosen_values(setting, self.record)

    @property
    def where(self) -> str | None:
        if self.scope.role_id is not None:
            return f"<@&{self.scope.role_id}>"
        return None if self.scope.channel_id is None else f"<#{self.scope.channel_id}>"

    def label(self, setting: Setting, value: str) -> str:
        if value == UNCHOSEN:
            alone = self.scope.channel_id is not None
            return words.unchosen(setting.name, self.ceiling.max_images, alone=alone)
        return words.label(setting.name, value)

    def differs(self, setting: Setting) -> bool:
        """Whether something else is chosen than what Easel comes with."""
        fresh: Record = GuildRecord(0)
        if isinstance(self.record, Drawing | RoleRule):
            fresh = Drawing() if isinstance(self.record, Drawing) else RoleRule(0)
        return self.chosen(setting) != chosen_values(setting, fresh)

    def told(self, setting: Setting) -> str:
        """What is chosen, as a line of text says it; nothing where nothing is."""
        chosen = [value for value in self.chosen(setting) if value != UNCHOSEN]
        shown = ", ".join(self._name(setting, value) for value in chosen[:MOST_TOLD])
        return shown if len(chosen) <= MOST_TOLD else f"{shown} +{len(chosen) - MOST_TOLD}"

    def _name(self, setting: Setting, value: str) -> str:
        if setting.kind in ("channel", "channels"):
            return f"<#{value}>"
        if setting.kind in ("role", "roles"):
            return f"<@&{value}>"
        return plain(self.label(setting, value), 40)

    def words(self, action: TermAction) -> list[str]:
        """The server's own; what the operator blocks everywhere is not theirs to change."""
        return [term.term for term in self.terms if term.action == action and term.guild_id is not None]


def rules(record: GuildRecord) -> Iterator[str]:
    """What each role has of its own, in a line."""
    for rule in record.roles[:MOST_RULES]:
        stand = Stand(rule, Scope(role_id=rule.role_id))
        told = [stand.told(setting) for setting in stand.settings("limits")]
        yield f"<@&{rule.role_id}> " + " · ".join(one for one in told if one)
    if len(record.roles) > MOST_RULES:
        yield f"+{len(record.roles) - MOST_RULES}"


def options(setting: Setting, stand: Stand) -> Iterator[discord.SelectOption]:
    """What a list of choices offers."""
    chosen = stand.chosen(setting)
    if setting.kind in ("model", "models"):
        yield from _models(setting, stand, chosen)
        return
    for value, is_chosen in (stand.offers or {}).get(setting.name, ()):
        yield discord.SelectOption(label=shorten(stand.label(setting, value), 100), value=value, default=is_chosen)
    if setting.typed:
        yield discord.SelectOption(label=say(words.OTHER), value=OTHER)


def _models(setting: Setting, stand: Stand, chosen: tuple[str, ...]) -> Iterator[discord.SelectOption]:
    """Those that are ready, and those that are chosen and are not."""
    if setting.kind == "model":
        yield discord.SelectOption(label=stand.label(setting, UNCHOSEN), value=UNCHOSEN, default=not chosen)
    about = {model.name: model.description for model in stand.models}
    names = list(dict.fromkeys((*chosen, *about)))[: MOST_OPTIONS - 1]
    for name in names:
        description = shorten(one_line(about.get(name) or say(words.NO_MODEL)), 100)
        yield discord.SelectOption(
            label=shorten(name, 100), value=name, description=description, default=name in chosen
        )
    if not names and setting.kind == "models":
        yield discord.SelectOption(label=say(words.NO_MODEL), value=UNCHOSEN)


def channel_list(most: int, chosen: tuple[str, ...], placeholder: str | None = None) -> ui.ChannelSelect[Any]:
    return ui.ChannelSelect(
        channel_types=[discord.ChannelType.text, discord.ChannelType.news, discord.ChannelType.forum],
        placeholder=placeholder or say(buttons.EVERYWHERE if most > 1 else buttons.NONE),
        min_values=0 if placeholder is None else 1,
        max_values=most,
        default_values=_defaults(chosen, discord.SelectDefaultValueType.channel),
    )


def role_list(most: int, chosen: tuple[str, ...], placeholder: str | None = None) -> ui.RoleSelect[Any]:
    return ui.RoleSelect(
        placeholder=placeholder or say(buttons.EVERYBODY if most > 1 else buttons.NONE),
        min_values=0 if placeholder is None else 1,
        max_values=most,
        default_values=_defaults(chosen, discord.SelectDefaultValueType.role),
    )


def _defaults(chosen: tuple[str, ...], kind: discord.SelectDefaultValueType) -> list[discord.SelectDefaultValue]:
    return [discord.SelectDefaultValue(id=int(value), type=kind) for value in chosen]
