"""Every command, menu, button and autocompletion is used by a person in some scenario: this finds those that are not.

In: the command tree, the declared buttons, and the tests' own sources.  It tells that a scenario is there, not that it
is a good one; what a good one shows, stands with the commands' and buttons' own tests.
"""

import ast
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from discord import AppCommandType, app_commands

from bot.client import COGS, Bot
from bot.config import load_settings
from bot.views.press import declared

TESTS = Path(__file__).parent
PRESSES = ("click", "select", "pick", "press", "delete")
VERB = re.compile(r"easel:([a-z]+)")
NAMED = re.compile(r'\bbutton\([\w()]+, "([a-z]+)"')
# Below messages of former versions: nothing draws them any more, and `test_press` reads their ids.
GONE = {"pick"}


@cache
def calls() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each call in a test of simulated Discord: the method, and the texts among its arguments, f-strings' parts too."""
    found = []
    for path in sorted(TESTS.glob("test_*.py")):
        source = path.read_text(encoding="utf-8")
        if "Town" not in source and "slash(" not in source:
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                texts = [one.value for one in ast.walk(node) if isinstance(one, ast.Constant)]
                found.append((node.func.attr, tuple(text for text in texts if isinstance(text, str))))
    return tuple(found)


def said_to(*methods: str) -> set[str]:
    return {text for method, texts in calls() if method in methods for text in texts}


def typed() -> set[str]:
    """Names of commands: as they are handed to `slash`, or to a test's own `mod(town, "log")`, which adds the group."""
    words = said_to("slash", "imagine")
    for path in TESTS.glob("test_*.py"):
        source = path.read_text(encoding="utf-8")
        for group, parameter in re.findall(r'slash\([^\n]*f"(\w+) \{(\w+)\}"', source):
            helpers = re.findall(rf"def (\w+)\([^)]*\b{parameter}\b", source)
            named = re.findall(rf'\b(?:{"|".join(helpers)})\(town(?:, [\w.]+)?, "(\w+)"', source)
            listed = re.findall(r'^ {8}\("(\w+)", ', source, re.MULTILINE)  # cases of a parametrized test
            words |= {f"{group} {name}" for name in (*named, *listed)}
    return words


def pressed() -> set[str]:
    """Verbs of ids that stand anywhere in a test that presses buttons: ids are often named before they are pressed."""
    words: set[str] = set()
    for path in (*TESTS.glob("test_*.py"), TESTS / "town.py"):
        source = path.read_text(encoding="utf-8")
        if any(f".{press}(" in source for press in PRESSES):
            words |= set(VERB.findall(source)) | set(NAMED.findall(source))
    return words


@pytest.fixture
async def commands(tmp_path: Path) -> list[Any]:
    """Every command and menu, groups too."""
    async with Bot(load_settings(None, data_dir=tmp_path), shard_count=1, sync="never") as bot:
        for name in COGS:
            await bot.load_extension(f"bot.cogs.{name}")
        menus = bot.tree.walk_commands(type=AppCommandType.message)
        return [*bot.tree.walk_commands(), *menus]


def leaves(commands: list[Any]) -> list[app_commands.Command[Any, ..., Any]]:
    return [command for command in commands if isinstance(command, app_commands.Command)]


async def test_every_command_is_typed(commands: list[Any]) -> None:
    """By its whole name."""
    names = {command.qualified_name for command in leaves(commands)}
    assert len(names) > 20
    assert names - typed() - {"imagine"} == set()


async def test_every_menu_is_chosen(commands: list[Any]) -> None:
    """On a message; Discord allows an app five such entries at least."""
    menus = {command.name for command in commands if isinstance(command, app_commands.ContextMenu)}
    assert 1 <= len(menus) <= 5
    assert menus - said_to("context_menu") == set()


async def test_every_autocompletion_is_asked(commands: list[Any]) -> None:
    """By command and option."""
    asked = [texts for method, texts in calls() if method == "autocomplete"]
    wanted = {
        (command.qualified_name, option.name)
        for command in leaves(commands)
        for option in command.parameters
        if option.autocomplete
    }
    assert wanted
    assert {
        (name, option) for name, option in wanted if not any({name, option} <= set(texts) for texts in asked)
    } == set()


def test_every_button_is_pressed() -> None:
    """By its verb, in a test that presses buttons."""
    verbs = {
        re.split(r"[\\:]", kind.custom_ids.template)[1] for kind in declared() if kind.__module__.startswith("bot.")
    }
    assert len(verbs) > 30
    assert verbs - pressed() - GONE == set()
