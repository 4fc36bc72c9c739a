"""The client itself: what it asks of Discord, when it syncs its commands, and what it says when something breaks."""

from pathlib import Path

import discord
import pytest
import simcord

from tests.town import Town, a_bot, answer, build, said


def test_it_asks_for_no_privileged_intent_and_pings_nobody(tmp_path: Path) -> None:
    """Commands and buttons need neither message contents nor member lists."""
    bot = a_bot(tmp_path)
    assert bot.intents == discord.Intents(guilds=True)
    assert bot.allowed_mentions is not None
    assert dict(bot.allowed_mentions.to_dict()) == {"parse": []}


async def test_commands_are_synced_when_they_changed(tmp_path: Path) -> None:
    """Once; a restart with the same commands asks Discord for nothing."""
    env = build(a_bot(tmp_path))
    await env.start()
    assert syncs(env) == 1
    await env.restart_bot(a_bot(tmp_path))
    assert syncs(env) == 1
    (tmp_path / "commands.json").write_text('{"everywhere": "of an older version"}')
    await env.restart_bot(a_bot(tmp_path))
    assert syncs(env) == 2
    await env.shutdown()


async def test_every_bot_of_a_process_has_each_command_once(tmp_path: Path) -> None:
    """A second bot as the first, and where the same one logs in again."""
    found = []
    for _ in range(2):
        async with a_bot(tmp_path) as bot:
            await bot.add_commands()
            await bot.add_commands()
            found.append([one.qualified_name for one in bot.tree.walk_commands()] + [*bot.cogs])
    assert found[0] == found[1]
    assert len(found[0]) == len(set(found[0])) > 40


async def test_what_breaks_is_told_by_an_id_that_is_in_the_log(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """No traceback reaches the channel; the operator finds it under the id."""
    monkeypatch.setattr(type(town.services.generations), "page", broken)
    result = await town.ada.slash(town.pictures, "history")
    told = said(answer(result))
    (entry,) = town.broken
    assert answer(result).ephemeral
    assert told == f"Something broke (id {entry['id']}). It is in the log; please tell the operator this id."
    assert isinstance(entry["exc_info"], ZeroDivisionError)
    town.logs.clear()


async def test_a_broken_button_answers_too(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """discord.py by itself would leave "This interaction failed"."""
    record, message = await town.imagine("a cat", images=1)
    await town.services.note_taker.idle()
    monkeypatch.setattr(type(town.services.generations), "get", broken)
    result = await town.ada.click(message, custom_id=f"easel:details:{record.id}")
    assert "Something broke" in said(answer(result))
    town.logs.clear()


async def test_a_server_only_command_says_so_elsewhere(town: Town) -> None:
    """Discord does not offer /gallery in direct messages."""
    await town.ada.user.send_dm("hello")
    with pytest.raises(simcord.SetupError, match="not visible"):
        await town.ada.user.slash("gallery")


async def test_a_database_that_cannot_be_written_is_a_clear_refusal(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing public is left, and the sentence says what could not be saved."""
    from bot.errors import NotSaved

    async def full(*_: object, **__: object) -> int:
        raise NotSaved("generation")

    monkeypatch.setattr(type(town.services.generations), "open", full)
    result = await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    assert result.ephemeral
    assert "Your generation could not be saved" in said(answer(result))
    assert town.services.works.pending() == []


async def broken(*_: object, **__: object) -> None:
    raise ZeroDivisionError


def syncs(env: simcord.Env) -> int:
    """How often the commands were sent."""
    return sum(request.method == "PUT" and request.path.endswith("/commands") for request in env.http_requests)
