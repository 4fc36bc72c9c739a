"""What a server's managers choose for it, and for single channels.

In: an actor and the choices.  Out: the choices in force.  Knows no Discord.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, get_args

from bot.actions.actor import Actor
from bot.database.guild import Drawing, GuildRecord, Sharing
from bot.database.settings import GuildSettings
from bot.errors import InvalidOption, ServersOnly
from inference.contract.policy import LEVELS

UNCHOSEN: Final = "-"  # stands for: no choice of one's own

Kind = Literal["channels", "channel", "roles", "role", "choice"]


@dataclass(frozen=True, slots=True)
class Setting:
    """`choices` are its possible values; `of_channels` says that a channel may choose for itself."""

    name: str
    kind: Kind = "choice"
    choices: tuple[str, ...] = ()
    of_channels: bool = False


SETTINGS: Final = (
    Setting("allowed_channel_ids", "channels"),
    Setting("review_channel_id", "channel"),
    Setting("gallery_is_public", choices=("no", "yes")),
    Setting("gallery_channel_id", "channel"),
    Setting("digest", choices=("no", "yes")),
    Setting("sharing", choices=get_args(Sharing)),
    Setting("sharing_role_ids", "roles"),
    Setting("level", choices=(UNCHOSEN, *LEVELS), of_channels=True),
    Setting("default_images", choices=(UNCHOSEN, "1", "4", "9"), of_channels=True),
    Setting("max_images", choices=(UNCHOSEN, "1", "4", "9"), of_channels=True),
    Setting("spoiler", choices=(UNCHOSEN, "no", "yes"), of_channels=True),
    Setting(
        "limit_per_person",
        choices=(UNCHOSEN, "5/hour", "10/hour", "20/hour", "20/day", "50/day", "100/day"),
        of_channels=True,
    ),
)
_BY_NAME: Final = {setting.name: setting for setting in SETTINGS}


class ServerSettings:
    def __init__(self, guild_settings: GuildSettings) -> None:
        self._guild_settings = guild_settings

    async def get(self, actor: Actor) -> GuildRecord:
        """What this server chose; anybody may know."""
        return await self._guild_settings.get(_here(actor))

    async def of_channel(self, actor: Actor, channel_id: int) -> Drawing:
        """What was chosen for one of its channels alone."""
        _here(actor)
        return await self._guild_settings.channel(channel_id)

    async def change(self, actor: Actor, **choices: object) -> GuildRecord:
        """Change the named choices of this server and leave the others.  Raises MissingPermission, ServersOnly."""
        actor.require("manage_guild")
        return await self._guild_settings.change(
            _here(actor), actor.user_id, lambda chosen: replace(chosen, **choices)  # type: ignore[arg-type]
        )  # fmt: skip

    async def choose(self, actor: Actor, name: str, values: Sequence[str], channel_id: int | None = None) -> None:
        """Change one setting, of the server or of one of its channels.  Raises InvalidOption, MissingPermission."""
        actor.require("manage_guild")
        value = _read(name, values, of_channel=channel_id is not None)
        here, by = _here(actor), actor.user_id

        def draw(drawing: Drawing) -> Drawing:
            return replace(drawing, **{name: value})

        if channel_id is not None:
            await self._guild_settings.change_channel(here, channel_id, by, draw)
        elif _BY_NAME[name].of_channels:
            await self._guild_settings.change(here, by, lambda one: replace(one, drawing=draw(one.drawing)))
        else:
            await self.change(actor, **{name: value})


def chosen_values(name: str, record: GuildRecord | Drawing) -> tuple[str, ...]:
    """How a setting stands, as the values that choose it."""
    if isinstance(record, GuildRecord) and _BY_NAME[name].of_channels:
        record = record.drawing
    value = getattr(record, name)
    if isinstance(value, tuple):
        return tuple(map(str, value))
    if isinstance(value, bool):
        return ("yes" if value else "no",)
    if value is None:
        return (UNCHOSEN,) if _BY_NAME[name].choices else ()
    return (str(value),)


def _read(name: str, values: Sequence[str], *, of_channel: bool) -> Any:
    setting = _BY_NAME.get(name)
    if setting is None or (of_channel and not setting.of_channels):
        raise InvalidOption(name, "unknown_setting", {"value": name})
    if setting.kind in ("channels", "roles"):
        return tuple(int(value) for value in values)
    if setting.kind in ("channel", "role"):
        return int(values[0]) if values else None
    value = values[0] if values else UNCHOSEN
    if value not in setting.choices:
        raise InvalidOption(name, "no_choice", {"value": value, "choices": ", ".join(setting.choices)})
    if value in ("yes", "no"):
        return value == "yes"
    if value == UNCHOSEN:
        return None
    return int(value) if value.isdecimal() else value


def _here(actor: Actor) -> int:
    if actor.guild_id is None:
        raise ServersOnly
    return actor.guild_id
