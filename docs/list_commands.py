"""Writes docs/commands.md from the command tree, as Discord is told of it:  python docs/list_commands.py"""

import asyncio
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import discord

from bot.client import Bot
from bot.config import load_settings
from inference.contract import MAX_PROMPT_CHARACTERS

PAGE: Final = Path(__file__).parent / "commands.md"
OPTION: Final = discord.AppCommandOptionType
VALUES: Final = {
    OPTION.string: "text", OPTION.integer: "whole number", OPTION.number: "number", OPTION.boolean: "yes or no",
    OPTION.user: "person", OPTION.channel: "channel", OPTION.attachment: "file",
}  # fmt: skip
CONTEXTS: Final = {0: "servers", 1: "direct messages", 2: "group messages"}
OURS: Final = ("prompt", "negative")  # Easel refuses longer ones: Discord would do so without naming the limit
HEAD: Final = """# Commands

Written by `python docs/list_commands.py` from the commands themselves; a test compares the two. *Shown to* is what
Discord does until a server's owner chooses otherwise, and who may really do what is checked again at each use:
[permissions.md](permissions.md).
"""


async def described() -> str:
    """The whole page."""
    # never logged in, so nothing is read or written there
    async with Bot(load_settings(None), shard_count=1, sync="never") as bot:
        await bot.add_commands()
        payload = [command.to_dict(bot.tree) for command in bot.tree.get_commands()]
    payload.sort(key=lambda command: command["name"])
    kinds = discord.AppCommandType
    menus = [command for command in payload if command["type"] == kinds.message.value]
    leaves = [leaf for command in payload if command["type"] == kinds.chat_input.value for leaf in _leaves(command)]
    rows = [(f"`{name}`", leaf["description"], _where(top), _shown_to(top)) for name, leaf, top in leaves]
    parts = [HEAD, _table(("command", "what it does", "where", "shown to"), rows)]
    parts.append("\nA right-click on a message of Easel's → *Apps*:\n")
    parts.append(_table(("entry", "where", "shown to"), [(one["name"], _where(one), _shown_to(one)) for one in menus]))
    parts.append("\n## Options\n\nWhat is **bold** must be given.")
    for name, leaf, _ in leaves:
        if leaf.get("options"):
            parts += [f"\n### {name}\n", _table(("option", "value", "meaning"), map(_option, leaf["options"]))]
    return "\n".join(parts) + "\n"


def _leaves(command: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """What can be typed, with its own payload and that of the whole command."""
    groups = (OPTION.subcommand.value, OPTION.subcommand_group.value)

    def below(name: str, node: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
        inner = [one for one in node.get("options", ()) if one["type"] in groups]
        if not inner:
            yield name, node, command
        for one in inner:
            yield from below(f"{name} {one['name']}", one)

    return below(f"/{command['name']}", command)


def _where(command: dict[str, Any]) -> str:
    contexts = command.get("contexts")
    return ", ".join(CONTEXTS[one] for one in (CONTEXTS if contexts is None else contexts))


def _shown_to(command: dict[str, Any]) -> str:
    needed = command.get("default_member_permissions")
    if needed is None:
        return "everybody"
    names = [name for name, granted in discord.Permissions(int(needed)) if granted]
    return ", ".join(f"*{_discord_name(name)}*" for name in names)


def _discord_name(permission: str) -> str:
    """As Discord's own pages call it; its library's names are older."""
    return {"manage_guild": "Manage Server"}.get(permission, permission.replace("_", " ").title())


def _option(option: dict[str, Any]) -> tuple[str, str, str]:
    name = f"**`{option['name']}`**" if option.get("required") else f"`{option['name']}`"
    return name, _value(option), option["description"]


def _value(option: dict[str, Any]) -> str:
    if choices := option.get("choices"):
        return ", ".join(str(choice["name"]) for choice in choices)
    told = VALUES[OPTION(option["type"])]
    low, high = option.get("min_value"), option.get("max_value")
    if low is not None and high is not None:
        told += f", {_number(low)} to {_number(high)}"
    elif low is not None:
        told += f", {_number(low)} or more"
    longest = option.get("max_length", MAX_PROMPT_CHARACTERS if option["name"] in OURS else None)
    if longest is not None:
        told += f", up to {longest} characters"
    return told + (", with suggestions" if option.get("autocomplete") else "")


def _number(value: float) -> str:
    return str(int(value) if value == int(value) else value)


def _table(titles: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [titles, ("---",) * len(titles), *(tuple(cell.replace("|", "\\|") for cell in row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(asyncio.run(described()), encoding="utf-8")
