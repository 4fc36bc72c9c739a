"""What a server chose, as values: how pictures are drawn in it, who may do what, what is shown and kept.

Out: `GuildRecord`, the defaults where nothing was chosen, and what it consists of.  Knows no SQL and no rule.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from typing import Literal

from inference.contract import Level, Policy

Sharing = Literal["opt_in", "opt_out", "off"]
"""In the gallery are pictures that their owners share; all but those that their owners take out; none."""
PriorityName = Literal["first", "normal", "later"]


@dataclass(frozen=True, slots=True)
class Drawing:
    """How pictures are drawn in a server, or in one of its channels; None leaves it as it is without a choice.

    `limit_per_person` is worded as in the settings, such as "5/hour", and counts beside the operator's.  `models` are
    those that everybody may choose, all there are where none is named.
    """

    level: Level | None = None
    default_images: int | None = None
    max_images: int | None = None
    spoiler: bool | None = None
    limit_per_person: str | None = None
    default_guidance: float | None = None
    default_top_p: float | None = None
    default_model: str | None = None
    models: tuple[str, ...] | None = None

    def over(self, other: "Drawing") -> "Drawing":
        """These choices, and where there are none, the other's."""
        mine, others = asdict(self), asdict(other)
        return Drawing(**{name: others[name] if value is None else value for name, value in mine.items()})


@dataclass(frozen=True, slots=True)
class RoleRule:
    """What is otherwise for the members who have a role; None and () leave it as it is for everybody.

    `limit_per_person` counts instead of the server's; `models` may be chosen beside those for everybody.
    """

    role_id: int
    priority: PriorityName | None = None
    limit_per_person: str | None = None
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Misuse:
    """When a person comes to the top of the review queue by themselves.

    After so many blocked prompts within so many hours; after so many orders within ten minutes (None: never).
    """

    blocks: int | None = 5
    hours: int = 24
    burst: int | None = None


@dataclass(frozen=True, slots=True)
class GuildRecord:
    """What a server chose; no allowed channel listed means all are allowed, no sharing role that everybody may share.

    `language` is Discord's name of the one in which everybody is told things, such as "pt-BR"; None: the asker's own.
    """

    guild_id: int
    allowed_channel_ids: tuple[int, ...] = ()
    moderator_role_id: int | None = None
    review_channel_id: int | None = None
    gallery_is_public: bool = False
    retention_days: int | None = None
    policy: Policy = field(default_factory=Policy)
    drawing: Drawing = field(default_factory=Drawing)
    gallery_channel_id: int | None = None
    digest: bool = False
    sharing: Sharing = "opt_in"
    sharing_role_ids: tuple[int, ...] = ()
    language: str | None = None
    roles: tuple[RoleRule, ...] = ()
    misuse: Misuse = field(default_factory=Misuse)
    gallery_is_searchable: bool = False  # by search engines, where it is public

    def allows(self, *channel_ids: int) -> bool:
        """Whether Easel may be used in a channel, or in a thread of one."""
        return not self.allowed_channel_ids or not set(self.allowed_channel_ids).isdisjoint(channel_ids)

    def may_share(self, role_ids: Collection[int]) -> bool:
        """Whether a member with these roles may put their pictures into the gallery."""
        return self.sharing != "off" and (
            not self.sharing_role_ids or not set(self.sharing_role_ids).isdisjoint(role_ids)
        )

    def rule(self, role_id: int) -> RoleRule:
        """What is otherwise for a role."""
        return next((rule for rule in self.roles if rule.role_id == role_id), RoleRule(role_id))
