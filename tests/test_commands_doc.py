"""docs/commands.md and docs/permissions.md tell of the commands that there are."""

import re

from docs.list_commands import PAGE, described


async def test_the_page_is_what_the_commands_say() -> None:
    """`python docs/list_commands.py` writes it anew."""
    assert PAGE.read_text(encoding="utf-8") == await described()


async def test_what_each_moderators_command_needs_is_told() -> None:
    told = (PAGE.parent / "permissions.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`(/mod \w+)`", told)) == set(re.findall(r"`(/mod \w+)`", await described()))
