"""The bot as a process of its own, over sockets, before a stand-in for Discord: what it sends, and what survives."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from tests.bot_fakes import lay_out
from tests.discord_wire.messages import Message
from tests.discord_wire.process import BotProcess
from tests.discord_wire.stand_in import StandIn, open_stand_in
from tests.discord_wire.world import Interaction
from tests.servers import Postgres

ADA, BO = 1001, 1002


@asynccontextmanager
async def a_bot(stand_in: StandIn, folder: Path, *, ready: bool = True, **settings: Any) -> AsyncIterator[BotProcess]:
    """The bot over `folder`, running; nothing of it is left afterwards."""
    lay_out(folder)
    bot = BotProcess(stand_in, folder, **settings)
    try:
        await bot.start(ready=ready)
        yield bot
    finally:
        await bot.kill()


@pytest.fixture
async def discord() -> AsyncIterator[StandIn]:
    async with open_stand_in() as stand_in:
        yield stand_in
        assert stand_in.rest.invalid == []


def results(discord: StandIn, prompt: str) -> list[Message]:
    """The messages that show this prompt's pictures to everybody."""
    return [
        one for one in discord.world.standing() if prompt in one.text and any("reroll" in i for i in one.custom_ids)
    ]


async def delivered(discord: StandIn, prompt: str) -> Message:
    await discord.world.until(lambda: bool(results(discord, prompt)))
    (message,) = results(discord, prompt)
    return message


async def acknowledged(interaction: Interaction) -> Interaction:
    await asyncio.wait_for(interaction.answered.wait(), 30)
    return interaction


async def test_an_order_becomes_pictures_and_every_body_is_as_discord_describes_it(
    discord: StandIn, tmp_path: Path
) -> None:
    """From the command to the grid, then the buttons below it; the stand-in refuses what Discord would."""
    async with a_bot(discord, tmp_path) as bot:
        asked = discord.world.slash(ADA, "imagine", prompt="a red heart")
        message = await delivered(discord, "a red heart")
        assert message is asked.original
        assert len(message.attachments) == 1
        for custom_id in message.buttons:
            await acknowledged(discord.world.press(BO, message, custom_id))
        for name in ("history", "queue", "help", "gallery"):
            await acknowledged(discord.world.slash(ADA, name))
        assert await bot.stop() == 0
    assert discord.rest.buckets.refused == 0


async def test_killed_while_it_draws(discord: StandIn, tmp_path: Path) -> None:
    """The next process draws what was ordered before, into the same messages."""
    async with a_bot(discord, tmp_path, wire_paint_seconds=1) as bot:
        orders = [discord.world.slash(1000 + number, "imagine", prompt=f"order {number}.") for number in range(5)]
        for order in orders:
            await acknowledged(order)
        await discord.world.until(lambda: "Drawing" in orders[0].said)
        await bot.kill()
        await bot.start()
        for number, order in enumerate(orders):
            assert await delivered(discord, f"order {number}.") is order.original


async def test_killed_after_discord_took_the_pictures(discord: StandIn, tmp_path: Path) -> None:
    """Discord has the result, the row does not say so: it is put into the same message once more, not into another."""
    async with a_bot(discord, tmp_path) as bot:
        asked = discord.world.slash(ADA, "imagine", prompt="a red heart")
        await delivered(discord, "a red heart")
        await bot.kill()
        await bot.start()
        await acknowledged(discord.world.slash(ADA, "queue"))
        assert await delivered(discord, "a red heart") is asked.original


async def test_what_was_shown_before_a_restart_is_not_drawn_again(discord: StandIn, tmp_path: Path) -> None:
    """A full disk kept the row from saying that it was delivered, and the pictures from being kept."""
    async with a_bot(discord, tmp_path) as bot:
        discord.world.slash(ADA, "imagine", prompt="a red heart")
        message = await delivered(discord, "a red heart")
        await bot.kill()
        with closing(sqlite3.connect(tmp_path / "easel.db", isolation_level=None)) as database:
            database.execute("DELETE FROM images")
            database.execute("UPDATE generations SET status = 'running', delivered_at = NULL, finished_at = NULL")
        edits = message.edits
        await bot.start()
        discord.world.slash(ADA, "imagine", prompt="a blue heart")
        await delivered(discord, "a blue heart")
        assert message.edits == edits
        assert "generation.was_shown" in bot.said()


async def test_what_is_blocked_is_told_in_private(discord: StandIn, tmp_path: Path) -> None:
    """Nothing of it stays in the channel."""
    async with a_bot(discord, tmp_path):
        asked = await acknowledged(discord.world.slash(ADA, "imagine", prompt="a forbidden thing"))
        await discord.world.until(lambda: "not accepted" in asked.said)
        await discord.world.until(lambda: not list(discord.world.standing()))


async def test_a_bad_start_is_waited_out(discord: StandIn, tmp_path: Path) -> None:
    """Discord answers 503, then Cloudflare 429, then nothing at all; the bot comes up when they have passed."""
    discord.fail("GET /users/@me", status=503)
    discord.fail("GET /users/@me", status=429, body="<html>slow down", headers={"Retry-After": "1"})
    discord.fail("GET /oauth2", kind="cut_before")
    async with a_bot(discord, tmp_path):
        asked = await acknowledged(discord.world.slash(ADA, "queue"))
    assert "Nothing is being drawn" in asked.said


async def test_a_reset_token_is_named(discord: StandIn, tmp_path: Path) -> None:
    """The gateway's 4004 ends the process with one line, no traceback, and nobody starts it again for that."""
    discord.gateway.refuse = 4004
    async with a_bot(discord, tmp_path, ready=False) as bot:
        assert await bot.ended() == 78
    assert "error: DISCORD_TOKEN='(hidden)'" in bot.said()
    assert "Traceback" not in bot.said()


async def test_a_second_process_over_the_same_data_names_the_first(discord: StandIn, tmp_path: Path) -> None:
    """It draws nothing, disturbs nothing and ends; when the first is gone, it may start."""
    async with a_bot(discord, tmp_path, wire_paint_seconds=1) as first:
        asked = await acknowledged(discord.world.slash(ADA, "imagine", prompt="a red heart"))
        second = BotProcess(discord, tmp_path)
        await second.start(ready=False)
        assert await second.ended() == 1
        assert f"another Easel works on it: process {first.pid} on" in second.said()
        assert await delivered(discord, "a red heart") is asked.original
        await first.kill()
        await second.start()
        await second.kill()


async def test_two_processes_share_one_database_by_shards(tmp_path: Path, postgres_database: str) -> None:
    """Each answers its own server; one is killed and started again, and nobody's pictures come twice."""
    async with open_stand_in(guilds=2) as discord:
        settings = {"database_url": postgres_database, "shard_count": 2, "wire_paint_seconds": 1}
        first, second = (
            BotProcess(discord, folder, shard_ids=shard, **settings)
            for shard, folder in enumerate((tmp_path / "first", tmp_path / "second"))
        )
        for folder in ("first", "second"):
            (tmp_path / folder).mkdir()
        try:
            await first.start()
            await second.start()
            orders = [
                discord.world.slash(ADA, "imagine", guild=number % 2, prompt=f"order {number}.") for number in range(6)
            ]
            for order in orders:
                await acknowledged(order)
            await second.kill()
            third = BotProcess(discord, tmp_path / "second", shard_ids=0, **settings)
            await third.start(ready=False)
            assert await third.ended() == 1
            assert "shard 0 of 2" in third.said()
            await second.start()
            for number, order in enumerate(orders):
                assert await delivered(discord, f"order {number}.") is order.original
        finally:
            await first.kill()
            await second.kill()


async def test_the_database_server_is_away(
    discord: StandIn, tmp_path: Path, postgres: Postgres, postgres_database: str
) -> None:
    """What is accepted is drawn when it is back; what comes meanwhile is refused in words, in time and in private."""
    async with a_bot(discord, tmp_path, database_url=postgres_database, wire_paint_seconds=2, wire_capacity=1) as bot:
        orders = [discord.world.slash(1000 + number, "imagine", prompt=f"order {number}.") for number in range(3)]
        for order in orders:
            await acknowledged(order)
        await discord.world.until(lambda: "Drawing" in orders[0].said)
        async with postgres.away(postgres_database):
            refused = [discord.world.slash(BO, "imagine", prompt="a red heart"), discord.world.slash(BO, "history")]
            for one in refused:
                await acknowledged(one)
                await discord.world.until(lambda one=one: bool(one.said))  # type: ignore[misc]
                assert one.private
                assert "database" in one.said
            assert await delivered(discord, "order 0.") is orders[0].original
        for number, order in enumerate(orders):
            assert await delivered(discord, f"order {number}.") is order.original
        broke = [line for line in bot.said().splitlines() if '"exception"' in line]
        assert broke == []


async def test_a_form_that_was_opened_before_a_restart(discord: StandIn, tmp_path: Path) -> None:
    """What was typed into it is drawn."""
    async with a_bot(discord, tmp_path) as bot:
        discord.world.slash(ADA, "imagine", prompt="a red heart")
        message = await delivered(discord, "a red heart")
        remix = next(custom_id for custom_id in message.buttons if custom_id.startswith("easel:remix:"))
        opened = await acknowledged(discord.world.press(ADA, message, remix))
        await bot.kill()
        await bot.start()
        asked = discord.world.submit(opened, prompt="a blue heart")
        assert await delivered(discord, "a blue heart") is asked.original


async def test_an_appeal_that_was_begun_before_a_restart(discord: StandIn, tmp_path: Path) -> None:
    """What was typed reaches the moderators; so do reports and sanctions, which are the same kind of form."""
    async with a_bot(discord, tmp_path) as bot:
        asked = discord.world.slash(ADA, "imagine", prompt="a forbidden thing")
        await discord.world.until(lambda: any("easel:appeal:1" in one.buttons for one in asked.answers))
        message = next(one for one in asked.answers if "easel:appeal:1" in one.buttons)
        opened = await acknowledged(discord.world.press(ADA, message, "easel:appeal:1"))
        await bot.kill()
        await bot.start()
        sent = discord.world.submit(opened, reason="it is a painting")
        await discord.world.until(lambda: "moderators" in sent.said)


async def test_told_to_stop_while_it_starts(discord: StandIn, tmp_path: Path) -> None:
    """Discord does not answer yet; the process ends in order all the same, and its inference server with it."""
    hanging = discord.fail("GET /users/@me", kind="hang")
    async with a_bot(discord, tmp_path, ready=False) as bot:
        await asyncio.wait_for(hanging.met.wait(), 30)
        assert await bot.stop() == 0
    assert bot.said().count("inference.started") == 1


async def test_a_first_answer_that_the_network_cuts_is_tried_again(discord: StandIn, tmp_path: Path) -> None:
    """Before Discord took it or after: the person is acknowledged once, and the pictures come into that answer."""
    async with a_bot(discord, tmp_path):
        for number, kind in enumerate(("cut_before", "cut_after")):
            discord.fail("POST /interactions/", kind=kind)  # type: ignore[arg-type]  # one of the literals
            asked = discord.world.slash(ADA, "imagine", prompt=f"order {number}.")
            assert await delivered(discord, f"order {number}.") is asked.original


async def test_a_status_that_hangs_holds_no_pictures_up(discord: StandIn, tmp_path: Path) -> None:
    """The result is not kept waiting by a word about it, and the word does not come after it."""
    async with a_bot(discord, tmp_path):
        hanging = discord.fail("PATCH /webhooks/", kind="hang")
        asked = discord.world.slash(ADA, "imagine", prompt="a red heart")
        await asyncio.wait_for(hanging.met.wait(), 30)
        assert await delivered(discord, "a red heart") is asked.original


async def test_a_server_that_takes_small_files_only(discord: StandIn, tmp_path: Path) -> None:
    """The grid is made smaller until it fits."""
    discord.world.upload_limit = 2**20
    async with a_bot(discord, tmp_path, wire_paint_side=1100):
        asked = discord.world.slash(ADA, "imagine", prompt="a red heart")
        message = await delivered(discord, "a red heart")
    assert message is asked.original
    assert message.attachments[0]["filename"].endswith(".webp")


async def test_results_that_come_late_are_posted_without_reading_the_channel(discord: StandIn, tmp_path: Path) -> None:
    """Nobody has tried to post them: looking for them there would take longer than all the rest."""
    reading = discord.fail("GET /channels/", kind="hang", times=99)
    async with a_bot(discord, tmp_path, wire_paint_seconds=2):
        orders = [discord.world.slash(1000 + number, "imagine", prompt=f"order {number}.") for number in range(4)]
        for order in orders:
            await acknowledged(order)
        discord.world.age_tokens()
        for number, order in enumerate(orders):
            assert await delivered(discord, f"order {number}.") is not order.original
        await discord.world.until(lambda: all(order.original and order.original.deleted for order in orders))
    assert not reading.met.is_set()


async def test_posted_but_not_written_down_and_the_nonce_forgotten(discord: StandIn, tmp_path: Path) -> None:
    """The token has run out, the network cuts the answer to the post, and later Discord knows no nonce: one message."""
    async with a_bot(discord, tmp_path, wire_paint_seconds=2) as bot:
        await acknowledged(discord.world.slash(ADA, "imagine", prompt="a red heart"))
        discord.world.age_tokens()
        posting = discord.fail("POST /channels/", kind="cut_after")
        await asyncio.wait_for(posting.met.wait(), 30)
        await bot.kill()
        discord.world.forget_nonces()
        await bot.start()
        await acknowledged(discord.world.slash(ADA, "queue"))
        await discord.world.until(lambda: not any(one.loading for one in discord.world.standing()))
        assert len(results(discord, "a red heart")) == 1


async def test_killed_before_it_knew_its_first_answer_and_again_later(discord: StandIn, tmp_path: Path) -> None:
    """The second process asks for the answer, the third has no token left: nothing is left thinking."""
    async with a_bot(discord, tmp_path, wire_paint_seconds=3) as bot:
        discord.fail("POST /interactions/", kind="cut_after")
        asking = discord.fail("GET /webhooks/", kind="hang")
        asked = discord.world.slash(ADA, "imagine", prompt="a red heart")
        await asyncio.wait_for(asking.met.wait(), 30)
        await bot.kill()
        asking.lift()
        await bot.start()
        await discord.world.until(lambda: "Drawing" in asked.said)
        await bot.kill()
        discord.world.age_tokens()
        await bot.start()
        await discord.world.until(lambda: asked.original is not None and asked.original.deleted)
        assert len(results(discord, "a red heart")) == 1


async def test_a_clock_that_is_twenty_minutes_ahead(tmp_path: Path) -> None:
    """Discord's own time says that every token is over; its fifteen minutes count from when it came."""
    async with open_stand_in(clock_offset=-1200) as discord, a_bot(discord, tmp_path):
        asked = discord.world.slash(ADA, "imagine", prompt="a red heart")
        assert await delivered(discord, "a red heart") is asked.original
