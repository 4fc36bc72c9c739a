"""Telling Discord of the commands: to everybody, or to the servers of DISCORD_GUILD_IDS alone.

In: the command tree and the servers that the settings name.  Out: Discord shows these commands, once each.
What was sent, and where, is remembered in a file of the data folder: a start asks Discord what it has and sends only
what differs, and a server that is named no longer gets its copies taken away.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import discord
import structlog
from discord import app_commands

from bot.secrecy import private_folder

log = structlog.get_logger(__name__)

EVERYWHERE: Final = "everywhere"
UNKNOWN_SERVER: Final = (50001, 10004)  # missing access, unknown guild

Outcome = Literal["unchanged", "sent", "emptied", "not in this server"]


@dataclass(frozen=True, slots=True)
class Scope:
    """Where commands are shown: a server, or everywhere (None)."""

    guild_id: int | None

    @property
    def name(self) -> str:
        return EVERYWHERE if self.guild_id is None else str(self.guild_id)


@dataclass(slots=True)
class Memory:
    """What was sent last: a fingerprint of each scope's commands and of Discord's record of them, by its name."""

    file: Path | None
    sent: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path | None) -> "Memory":
        """Empty for a file that is not there, or that is no memory."""
        try:
            found = json.loads(file.read_text(encoding="utf-8")) if file is not None else {}
        except (OSError, ValueError):
            found = {}
        return cls(file, {str(name): str(print_) for name, print_ in found.items()} if isinstance(found, dict) else {})

    def write(self) -> None:
        if self.file is not None:
            private_folder(self.file.parent)
            self.file.write_text(json.dumps(self.sent, indent=1, sort_keys=True), encoding="utf-8")

    def servers(self) -> list[int]:
        return [int(name) for name in self.sent if name.isdecimal()]


class CommandSync:
    """`memory` None remembers nothing and always sends."""

    def __init__(self, bot: discord.Client, tree: app_commands.CommandTree[Any], memory: Path | None) -> None:
        self._bot = bot
        self._tree = tree
        self._memory = Memory.read(memory)

    async def run(self, guild_ids: Sequence[int], *, anew: bool = False) -> dict[str, Outcome]:
        """Show the commands in these servers, or everywhere if none is named.  `anew` believes no memory.

        Raises discord.HTTPException, and CommandSyncFailure where Discord takes a command for wrong.
        """
        commands = await self._payload()
        wanted = [Scope(guild_id) for guild_id in guild_ids] or [Scope(None)]
        others = {Scope(None), *map(Scope, self._memory.servers())}
        if anew:
            others |= {Scope(guild.id) async for guild in self._bot.fetch_guilds(limit=None)}
            self._memory.sent.clear()
        outcomes = {}
        for scope in wanted:
            outcomes[scope.name] = await self._show(scope, commands)
        if self._memory.file is not None:
            for scope in sorted(others - set(wanted), key=lambda one: one.guild_id or 0):
                outcomes[scope.name] = await self._empty(scope)
        self._memory.write()
        for name, outcome in outcomes.items():
            if outcome != "unchanged":
                say = log.warning if outcome == "not in this server" else log.info
                say("commands.synced", where=name, outcome=outcome)
        return outcomes

    async def _show(self, scope: Scope, commands: list[dict[str, Any]]) -> Outcome:
        try:
            there = await self._there(scope) if self._memory.file is not None else []
            if there and self._memory.sent.get(scope.name) == fingerprint(commands, there):
                return "unchanged"
            there = await self._send(scope, commands)
        except (discord.Forbidden, discord.NotFound) as error:
            if scope.guild_id is None or error.code not in UNKNOWN_SERVER:
                raise
            self._memory.sent.pop(scope.name, None)
            return "not in this server"
        self._memory.sent[scope.name] = fingerprint(commands, there)
        return "sent"

    async def _empty(self, scope: Scope) -> Outcome:
        """Take the commands away that an earlier start left in another scope: they would show twice."""
        self._memory.sent.pop(scope.name, None)
        try:
            if not await self._there(scope):
                return "unchanged"
            await self._send(scope, [])
        except (discord.Forbidden, discord.NotFound) as error:
            if scope.guild_id is None or error.code not in UNKNOWN_SERVER:
                raise
            return "unchanged"  # nobody there sees them
        return "emptied"

    async def _payload(self) -> list[dict[str, Any]]:
        translator = self._tree.translator
        commands = self._tree.get_commands()
        if translator is None:
            return [command.to_dict(self._tree) for command in commands]
        return [await command.get_translated_payload(self._tree, translator) for command in commands]

    async def _there(self, scope: Scope) -> list[Any]:
        http, application = self._bot.http, self._application
        if scope.guild_id is None:
            return list(await http.get_global_commands(application))
        return list(await http.get_guild_commands(application, scope.guild_id))

    async def _send(self, scope: Scope, commands: list[dict[str, Any]]) -> list[Any]:
        http, application = self._bot.http, self._application
        payload: list[Any] = commands
        try:
            if scope.guild_id is None:
                return list(await http.bulk_upsert_global_commands(application, payload=payload))
            return list(await http.bulk_upsert_guild_commands(application, scope.guild_id, payload=payload))
        except discord.HTTPException as error:
            if error.status == 400 and error.code == 50035:
                raise app_commands.CommandSyncFailure(error, self._tree.get_commands()) from None
            raise

    @property
    def _application(self) -> int:
        if self._bot.application_id is None:
            raise app_commands.MissingApplicationID
        return self._bot.application_id


def fingerprint(commands: list[dict[str, Any]], there: list[dict[str, Any]]) -> str:
    """Of what we say and of what Discord keeps: `version` changes there with every change, whoever made it."""
    kept = sorted([str(one.get("id")), str(one.get("version"))] for one in there)
    return hashlib.sha256(json.dumps([commands, kept], sort_keys=True).encode()).hexdigest()
