"""What a server's managers choose for it, for single channels and for roles, as far as the operator lets them.

In: an actor and the choices.  Out: the choices in force.  Knows no Discord.  What follows from the choices for one
person's order is in `orders/entitlement.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce
from typing import Any, Final

from limits import parse_many

from bot.actions.actor import Actor
from bot.actions.setting import BY_NAME, SERVER, UNCHOSEN, Record, Scope, Setting, chosen_values
from bot.database.guild import Drawing, GuildRecord, RoleRule
from bot.database.settings import GuildSettings
from bot.errors import InvalidOption, ServersOnly
from bot.orders.entitlement import OFF, STRICT_ACTIONS, Ceiling
from inference.contract import Policy
from inference.contract.policy import LEVELS

MAX_RETENTION: Final = 3650
MAX_MODEL_NAME: Final = 100


class ServerSettings:
    def __init__(self, guild_settings: GuildSettings, ceiling: Ceiling | None = None) -> None:
        self._guild_settings = guild_settings
        self._ceiling = ceiling or Ceiling()

    async def get(self, actor: Actor) -> GuildRecord:
        """What this server chose; anybody may know."""
        return await self._guild_settings.get(_here(actor))

    async def of(self, actor: Actor, scope: Scope) -> Record:
        """What was chosen for the server, or for a channel or a role of it alone."""
        here = _here(actor)
        if scope.channel_id is not None:
            return await self._guild_settings.channel(here, scope.channel_id)
        record = await self._guild_settings.get(here)
        return record if scope.role_id is None else record.rule(scope.role_id)

    def choices(self, setting: Setting) -> tuple[str, ...]:
        """The usual values, without those beyond what the operator allows."""
        most = self._ceiling
        if setting.name in ("default_images", "max_images"):
            return tuple(one for one in setting.choices if one == UNCHOSEN or int(one) <= most.max_images)
        if setting.name == "level":
            return tuple(one for one in setting.choices if one == UNCHOSEN or one in LEVELS[LEVELS.index(most.level) :])
        if setting.section == "filter" and not most.may_loosen:
            return tuple(one for one in setting.choices if one in (UNCHOSEN, "no", *STRICT_ACTIONS))
        if setting.name == "priority" and not most.priority_roles:
            return tuple(one for one in setting.choices if one != "first")
        if setting.name == "retention_days" and most.retention_days is not None:
            return tuple(one for one in setting.choices if one == UNCHOSEN or int(one) <= most.retention_days)
        return setting.choices

    def usual(self, setting: Setting) -> str | None:
        """The choice that counts in a server, or for a role, where nothing is chosen; None where it is none of them."""
        choices = self.choices(setting)
        if setting.name == "level":
            return self._ceiling.at_least("standard")
        if setting.usual in choices:
            return setting.usual
        return choices[-1] if setting.usual.isdecimal() else None  # the operator allows less

    async def change(self, actor: Actor, **choices: object) -> GuildRecord:
        """Change the named choices of this server and leave the others.  Raises MissingPermission, ServersOnly."""
        actor.require("manage_guild")
        return await self._guild_settings.change(
            _here(actor), actor.user_id, lambda chosen: replace(chosen, **choices)  # type: ignore[arg-type]
        )  # fmt: skip

    async def choose(self, actor: Actor, name: str, values: Sequence[str], scope: Scope = SERVER) -> None:
        """Change one setting.  Raises InvalidOption, MissingPermission, ServersOnly."""
        await self.choose_all(actor, {name: values}, scope)

    async def choose_all(self, actor: Actor, chosen: Mapping[str, Sequence[str]], scope: Scope = SERVER) -> None:
        """Change these settings, or, where one of them cannot be so, none.  Raises as `choose`."""
        actor.require("manage_guild")
        changes = [self._change(name, values, scope) for name, values in chosen.items()]
        here, by = _here(actor), actor.user_id

        def edited(record: GuildRecord) -> GuildRecord:
            for setting, change in changes:
                record = _changed(record, setting, change, scope)
            return record

        def drawn(drawing: Drawing) -> Drawing:
            return reduce(lambda one, change: replace(one, **change[1]), changes, drawing)

        if scope.channel_id is not None:
            await self._guild_settings.change_channel(here, scope.channel_id, by, drawn)
        else:
            await self._guild_settings.change(here, by, edited)

    def offered(self, setting: Setting, record: Record, scope: Scope = SERVER) -> tuple[tuple[str, bool], ...]:
        """The values to choose from, and whether each is chosen; none of them says the same as another."""
        chosen, choices = chosen_values(setting, record), self.choices(setting)
        usual = None if scope.channel_id is not None else self.usual(setting)
        if usual is not None:
            choices = tuple(value for value in choices if value != UNCHOSEN)
            chosen = (usual,) if chosen == (UNCHOSEN,) else chosen
        more = [value for value in chosen if value not in choices]  # typed, or chosen before the operator allowed less
        return tuple((value, value in chosen) for value in (*choices, *more))

    # ------------------------------------------------------------------------------------------------ private

    def _change(self, name: str, values: Sequence[str], scope: Scope) -> tuple[Setting, dict[str, Any]]:
        setting = BY_NAME.get(name)
        if setting is None or not scope.takes(setting):
            raise InvalidOption(name, "unknown_setting", {"value": name})
        same = scope.channel_id is None and list(values) == [self.usual(setting)]
        return setting, {setting.kept_in: self._read(setting, [UNCHOSEN] if same else values)}

    def _read(self, setting: Setting, values: Sequence[str]) -> Any:
        if setting.kind in ("channels", "roles"):
            return tuple(int(value) for value in values)
        if setting.kind in ("channel", "role"):
            return int(values[0]) if values else None
        if setting.kind in ("model", "models"):
            names = tuple(_model_name(setting, value) for value in values if value != UNCHOSEN)
            if setting.kind == "model":
                return names[0] if names else None
            return names or (() if setting.part == "role" else None)
        value = values[0].strip() if values else UNCHOSEN
        choices = self.choices(setting)
        if value not in choices:
            if setting.typed == "limit":
                return _limit(setting, value)
            if setting.typed == "days":
                return self._days(setting, value)
            raise InvalidOption(setting.name, "no_choice", {"value": value, "choices": ", ".join(choices)})
        return _plain(setting, value)

    def _days(self, setting: Setting, value: str) -> int:
        most = self._ceiling.retention_days or MAX_RETENTION
        if not value.removeprefix("-").isdecimal():
            raise InvalidOption(setting.name, "no_number", {"value": value})
        if not 1 <= int(value) <= most:
            raise InvalidOption(setting.name, "out_of_range", {"value": int(value), "low": 1, "high": most})
        return int(value)


def _changed(record: GuildRecord, setting: Setting, change: dict[str, Any], scope: Scope) -> GuildRecord:
    if scope.role_id is not None:
        return _with_rule(record, replace(record.rule(scope.role_id), **change))
    if setting.part == "drawing":
        return replace(record, drawing=replace(record.drawing, **change))
    if setting.part == "misuse":
        return replace(record, misuse=replace(record.misuse, **change))
    if setting.part in ("policy", "categories", "findings"):
        return replace(record, policy=_policy(record.policy, setting, change))
    return replace(record, **change)


def _policy(policy: Policy, setting: Setting, change: dict[str, Any]) -> Policy:
    if setting.part == "policy":
        return replace(policy, **change)
    before = policy.categories if setting.part == "categories" else policy.pictures
    chosen = {name: action for name, action in {**before, **change}.items() if action is not None}
    return replace(policy, categories=chosen) if setting.part == "categories" else replace(policy, pictures=chosen)


def _with_rule(record: GuildRecord, rule: RoleRule) -> GuildRecord:
    """A rule that says nothing any more is none."""
    others = tuple(one for one in record.roles if one.role_id != rule.role_id)
    return replace(record, roles=others if rule == RoleRule(rule.role_id) else (*others, rule))


def _plain(setting: Setting, value: str) -> str | int | float | bool | None:
    if value in ("yes", "no"):
        return value == "yes"
    if value == UNCHOSEN or (value == OFF and setting.part == "misuse"):
        return None
    if setting.name in ("default_guidance", "default_top_p"):
        return float(value)
    return int(value) if value.isdecimal() else value


def _limit(setting: Setting, value: str) -> str:
    """ "7 / Hour" → "7/hour"."""
    try:
        limit, *more = parse_many(value.strip().lower())
    except ValueError:
        raise InvalidOption(setting.name, "no_limit", {"value": value}) from None
    if more or limit.amount < 1 or limit.multiples < 1:
        raise InvalidOption(setting.name, "no_limit", {"value": value})
    every = "" if limit.multiples == 1 else f"{limit.multiples} "
    return f"{limit.amount}/{every}{limit.GRANULARITY.name}"


def _model_name(setting: Setting, value: str) -> str:
    if len(value) > MAX_MODEL_NAME:
        raise InvalidOption(setting.name, "too_long", {"length": len(value), "limit": MAX_MODEL_NAME})
    return value


def _here(actor: Actor) -> int:
    if actor.guild_id is None:
        raise ServersOnly
    return actor.guild_id
