"""What a server's managers may choose: every setting, its values, where it is kept and how it stands.

In: nothing, or a record of what was chosen.  Out: `SETTINGS`, and a setting's chosen values.  `settings.py` chooses.
"""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from bot.database.guild import Drawing, GuildRecord, Misuse, PriorityName, RoleRule, Sharing
from bot.orders.entitlement import OFF
from inference.contract import Policy
from inference.contract.policy import LEVELS, PICTURE_ACTIONS, PICTURE_CATEGORIES, PROMPT_ACTIONS, PROMPT_CATEGORIES

UNCHOSEN: Final = "-"  # stands for: no choice of one's own
OTHER: Final = "other"  # stands for: a value that is typed

Kind = Literal["choice", "channel", "channels", "role", "roles", "model", "models"]
Part = Literal["server", "drawing", "misuse", "role", "policy", "categories", "findings"]
SectionName = Literal["use", "pictures", "models", "limits", "safety", "filter", "gallery", "data"]
SECTIONS: Final[tuple[SectionName, ...]] = get_args(SectionName)
LIMITS: Final = ("5/hour", "10/hour", "20/hour", "20/day", "50/day", "100/day")


@dataclass(frozen=True, slots=True)
class Setting:
    """`choices` are its common values, `typed` what else may be written; `part` and `field` say where it is kept.

    What is switched on does nothing before the setting that it `needs` is chosen.
    `usual` is the choice that is no other than none: what counts anyway, in a server or for a role.

    Those of `drawing` may be chosen for a channel alone, too; those of `role` are chosen for a role.
    """

    name: str
    section: SectionName
    kind: Kind = "choice"
    choices: tuple[str, ...] = ()
    part: Part = "server"
    field: str = ""
    typed: Literal["", "limit", "days"] = ""
    usual: str = ""
    needs: str = ""

    @property
    def kept_in(self) -> str:
        return self.field or self.name

    @property
    def of_channels(self) -> bool:
        return self.part == "drawing"


SETTINGS: Final = (
    Setting("allowed_channel_ids", "use", "channels"),
    Setting("language", "use", choices=(UNCHOSEN, "en-US", "de", "fr", "es-ES", "pt-BR", "ja")),
    Setting("default_images", "pictures", choices=(UNCHOSEN, "1", "4", "9"), part="drawing", usual="4"),
    Setting("max_images", "pictures", choices=(UNCHOSEN, "1", "4", "9"), part="drawing", usual="9"),
    Setting("default_guidance", "pictures", choices=(UNCHOSEN, "2", "4", "6", "8", "10", "15"), part="drawing"),
    Setting("default_top_p", "pictures", choices=(UNCHOSEN, "0.8", "0.9", "0.95", "0.98", "1"), part="drawing"),
    Setting("spoiler", "pictures", choices=(UNCHOSEN, "no", "yes"), part="drawing", usual="no"),
    Setting("default_model", "models", "model", part="drawing"),
    Setting("models", "models", "models", part="drawing"),
    Setting("limit_per_person", "limits", choices=(UNCHOSEN, *LIMITS), part="drawing", typed="limit"),
    Setting("priority", "limits", choices=(UNCHOSEN, *get_args(PriorityName)), part="role", usual="normal"),
    Setting(
        "role_limit", "limits", choices=(UNCHOSEN, OFF, *LIMITS), part="role", field="limit_per_person", typed="limit"
    ),
    Setting("role_models", "limits", "models", part="role", field="models"),
    Setting("level", "safety", choices=(UNCHOSEN, *LEVELS), part="drawing", usual="standard"),
    Setting("moderator_role_id", "safety", "role"),
    Setting("review_channel_id", "safety", "channel"),
    Setting("misuse_blocks", "safety", choices=(OFF, "3", "5", "10", "20"), part="misuse", field="blocks"),
    Setting("misuse_burst", "safety", choices=(OFF, "10", "20", "40"), part="misuse", field="burst"),
    Setting("age_restricted", "filter", choices=("no", "yes"), part="policy"),
    *(Setting(name, "filter", choices=(UNCHOSEN, *PROMPT_ACTIONS), part="categories") for name in PROMPT_CATEGORIES),
    *(Setting(name, "filter", choices=(UNCHOSEN, *PICTURE_ACTIONS), part="findings") for name in PICTURE_CATEGORIES),
    Setting("sharing", "gallery", choices=get_args(Sharing)),
    Setting("sharing_role_ids", "gallery", "roles"),
    Setting("gallery_channel_id", "gallery", "channel"),
    Setting("digest", "gallery", choices=("no", "yes"), needs="gallery_channel_id"),
    Setting("gallery_is_public", "gallery", choices=("no", "yes")),
    Setting("gallery_is_searchable", "gallery", choices=("no", "yes")),
    Setting("retention_days", "data", choices=(UNCHOSEN, "7", "30", "90", "180", "365"), typed="days"),
)
BY_NAME: Final = {setting.name: setting for setting in SETTINGS}
Record = GuildRecord | Drawing | RoleRule


@dataclass(frozen=True, slots=True)
class Scope:
    """What is chosen for: the whole server, one of its channels, or one of its roles."""

    channel_id: int | None = None
    role_id: int | None = None

    def takes(self, setting: Setting) -> bool:
        """Whether a setting can be chosen for it."""
        if self.role_id is not None:
            return setting.part == "role"
        return setting.part != "role" if self.channel_id is None else setting.of_channels


SERVER: Final = Scope()


def chosen_values(setting: Setting, record: Record) -> tuple[str, ...]:
    """How a setting stands, as the values that choose it."""
    part: GuildRecord | Drawing | RoleRule | Misuse | Policy = record
    if isinstance(record, GuildRecord):
        if setting.part in ("categories", "findings"):
            kept = record.policy.categories if setting.part == "categories" else record.policy.pictures
            return (kept.get(setting.name, UNCHOSEN),)
        if setting.part in ("drawing", "misuse", "policy"):
            part = getattr(record, setting.part)
    value = getattr(part, setting.kept_in)
    if isinstance(value, tuple):
        return tuple(map(str, value))
    if isinstance(value, bool):
        return ("yes" if value else "no",)
    if value is None:
        return () if setting.kind != "choice" else (OFF,) if setting.part == "misuse" else (UNCHOSEN,)
    return (f"{value:g}" if isinstance(value, float) else str(value),)


def lacks(setting: Setting, record: Record) -> bool:
    """Whether it is switched on without what it needs."""
    on = bool(setting.needs) and chosen_values(setting, record) == ("yes",)
    return on and not chosen_values(BY_NAME[setting.needs], record)
