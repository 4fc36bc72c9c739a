"""What README.md and docs/ tell people to type exists."""

import re
from pathlib import Path

import pytest
import typer.main

from bot.cli.app import app

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


def command_lines(text: str) -> list[str]:
    """The lines of fenced blocks and the inline code, without their comments."""
    blocks = re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    return lines + re.findall(r"`([^`\n]+)`", text)


def test_the_first_screen_shows_exactly_the_two_commands() -> None:
    """The first code block is `make demo` and `make test`, within the first screen."""
    block = re.search(r"```\n(.*?)```", README, re.DOTALL)
    assert block is not None
    assert [line.split("#")[0].strip() for line in block[1].splitlines()] == ["make demo", "make test"]
    assert README[: block.end()].count("\n") < 20


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_make_targets_exist(page: Path) -> None:
    """Each `make TARGET` on a page is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {
        line.split()[1] for line in command_lines(page.read_text(encoding="utf-8")) if re.match(r"make [a-z]", line)
    }
    assert named <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_easel_commands_exist(page: Path) -> None:
    """Each `easel COMMAND --option` on a page is one that the command line knows."""
    group = typer.main.get_command(app)
    for line in command_lines(page.read_text(encoding="utf-8")):
        words = line.removeprefix(".venv/bin/").split()
        if words[:1] != ["easel"] or len(words) < 2 or not words[1].isalpha():
            continue
        command = group
        for word in words[1:]:
            if not hasattr(command, "commands"):
                break
            assert word in command.commands, f"{page.name}: {line!r}"
            command = command.commands[word]
        if command.context_settings.get("ignore_unknown_options"):
            continue  # a stage of training: its options are the fields of its configuration
        options = {name for parameter in command.params for name in parameter.opts}
        assert {word for word in words if word.startswith("-")} <= options, f"{page.name}: {line!r}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Each relative link on a page names a file of the repository."""
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name}: {target}"
