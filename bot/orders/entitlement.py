"""What one person may order in one place, and what is drawn for them where they leave it open.

In: a person with their roles, and where they are.  Out: an `Entitlement`.  Here the choices for a channel, a server and
its roles become one, under the ceiling that the operator's settings are; whoever decides about an order asks here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from limits import parse_many

from bot.database.guild import Drawing, GuildRecord, PriorityName, RoleRule
from bot.database.settings import GuildSettings
from bot.errors import InvalidOption
from bot.orders.order import Requester
from bot.orders.ticket import LATER, NORMAL, PREFERRED
from inference.contract import MAX_IMAGES, Level, Policy
from inference.contract.policy import LEVELS, PROMPT_CATEGORIES

OFF: Final = "off"
STRICT_ACTIONS: Final = ("hold", "block")
DEFAULT_IMAGES: Final = 4
PRIORITIES: Final[dict[PriorityName, int]] = {"first": PREFERRED, "normal": NORMAL, "later": LATER}


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most that a server may allow, as the operator's settings say.

    `level` is the least strict that it may choose; `priority_roles` whether its roles may go before other people's;
    `retention_days` how long it may keep what was drawn, None for as long as it likes.
    """

    max_images: int = MAX_IMAGES
    level: Level = LEVELS[0]
    priority_roles: bool = True
    retention_days: int | None = None

    def retention(self, chosen: int | None) -> int | None:
        """For how many days is kept what a server keeps that long."""
        return min((days for days in (chosen, self.retention_days) if days is not None), default=None)

    @property
    def may_loosen(self) -> bool:
        """Whether a server may let pass what its level refuses."""
        return self.level == LEVELS[0]

    def policy(self, chosen: Policy) -> Policy:
        """A server's own, without what would let pass more than the operator does."""
        if self.may_loosen:
            return chosen
        kept = ({name: action for name, action in one.items() if action in STRICT_ACTIONS}
                for one in (chosen.categories, chosen.pictures))  # fmt: skip
        categories, pictures = kept
        return replace(chosen, age_restricted=False, categories=categories, pictures=pictures, allowed_words=())

    @property
    def least(self) -> Policy:
        """What no server lets pass, whatever it chooses and whatever its moderators find."""
        return Policy(self.level, categories=dict.fromkeys(PROMPT_CATEGORIES, "allow") if self.may_loosen else {})

    def at_least(self, level: Level) -> Level:
        """The stricter of the two."""
        return max(level, self.level, key=LEVELS.index)


@dataclass(frozen=True, slots=True)
class Entitlement:
    """`limit` is the server's for this person, worded as in the settings, beside the operator's; None is none.

    `whose` says whether it is everybody's here, or that of their role.  `models` are those that they may choose; ()
    is all there are.  `guild` is what their server chose besides.
    """

    drawing: Drawing
    level: Level
    max_images: int
    priority: int = NORMAL
    limit: str | None = None
    whose: Literal["here", "role"] = "here"
    models: tuple[str, ...] = ()
    guild: GuildRecord = field(default_factory=lambda: GuildRecord(0))

    @property
    def default_images(self) -> int:
        return min(self.drawing.default_images or DEFAULT_IMAGES, self.max_images)

    @property
    def default_model(self) -> str | None:
        """None leaves it to the inference server."""
        chosen = self.drawing.default_model
        if chosen is not None and (not self.models or chosen in self.models):
            return chosen
        return self.models[0] if self.models else None

    def check(self, images: int, model: str | None) -> None:
        """Raises InvalidOption for more than may be ordered here."""
        if images > self.max_images:
            raise InvalidOption("images", "too_many_here", {"value": images, "limit": self.max_images})
        if self.models and model not in self.models:
            raise InvalidOption("model", "not_here", {"value": model or "", "models": ", ".join(self.models)})


class Entitlements:
    """Reads the choices anew for each order: what a manager changes counts at once."""

    def __init__(self, guild_settings: GuildSettings, ceiling: Ceiling | None = None) -> None:
        self._guild_settings = guild_settings
        self.ceiling = ceiling or Ceiling()

    async def of(self, requester: Requester) -> Entitlement:
        guild = await self._guild_settings.get(requester.guild_id)
        channel = await self._guild_settings.channel(requester.guild_id, requester.chosen_channel_id)
        return entitled(guild, channel, requester.role_ids, self.ceiling)


def entitled(guild: GuildRecord, channel: Drawing, role_ids: Iterable[int], ceiling: Ceiling) -> Entitlement:
    """Whoever has several roles gets the best of each: the earliest turn, the most generous limit, all their models."""
    drawing = channel.over(guild.drawing)
    held = frozenset(role_ids)
    rules = [rule for rule in guild.roles if rule.role_id in held]
    limits = [rule.limit_per_person for rule in rules if rule.limit_per_person is not None]
    limit = max(limits, key=_generosity, default=drawing.limit_per_person)
    models = drawing.models or ()
    return Entitlement(
        drawing=drawing,
        level=ceiling.at_least(drawing.level or guild.policy.level),
        max_images=min(drawing.max_images or MAX_IMAGES, ceiling.max_images),
        priority=_priority(rules, ceiling),
        limit=None if limit == OFF else limit,
        whose="role" if limits else "here",
        models=tuple(dict.fromkeys([*models, *(name for rule in rules for name in rule.models)])) if models else (),
        guild=guild,
    )


def _priority(rules: Iterable[RoleRule], ceiling: Ceiling) -> int:
    chosen = min((PRIORITIES[rule.priority] for rule in rules if rule.priority is not None), default=NORMAL)
    return chosen if ceiling.priority_roles else max(chosen, NORMAL)


def _generosity(limit: str) -> float:
    """How many a second; of several limits, the tightest."""
    return float("inf") if limit == OFF else min(item.amount / item.get_expiry() for item in parse_many(limit))
