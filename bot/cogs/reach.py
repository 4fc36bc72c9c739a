"""Where commands can be used: what is about a server, and what people take along wherever they go.

Out: `everywhere`, for commands about oneself.  All others work where a server has added Easel (see `bot.client`).
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

from discord import app_commands

Command = TypeVar("Command")

_CONTEXTS: Final[Callable[[Any], Any]] = app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
_INSTALLS: Final[Callable[[Any], Any]] = app_commands.allowed_installs(guilds=True, users=True)


def everywhere(command: Command) -> Command:
    """In servers, direct and group messages, and, for who brings Easel along, in servers that have not added it."""
    return cast("Command", _INSTALLS(_CONTEXTS(command)))
