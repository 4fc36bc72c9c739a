"""What is away for a while: the network, the database, an inference server, Discord itself, or the bot's own process.

`python -m tests.discord_wire.outages` lets each be away for OUTAGE_SECONDS (30) and prints a JSON object a line: the
seconds from the end of the outage until all was well.  tests/test_outages.py has them short.
"""

import asyncio
import json
import os
import signal
import sqlite3
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path

from tests.bot_fakes import lay_out, locked
from tests.discord_wire.faults import rate_limited
from tests.discord_wire.messages import Message
from tests.discord_wire.nursery import ROOT
from tests.discord_wire.outcome import shows_result
from tests.discord_wire.payloads import MODERATORS
from tests.discord_wire.process import BotProcess
from tests.discord_wire.stand_in import StandIn, open_stand_in
from tests.discord_wire.world import Interaction, Person

ADA, BO, MODERATOR = 1001, 1002, MODERATORS
PATIENCE = 180.0


@asynccontextmanager
async def a_bot(folder: Path, **settings: object) -> AsyncIterator[tuple[StandIn, BotProcess]]:
    lay_out(folder)
    async with open_stand_in(check_every=0) as discord:
        bot = BotProcess(discord, folder, **settings)
        try:
            await bot.start()
            yield discord, bot
        finally:
            await bot.kill()


async def ordered(discord: StandIn, user_id: int, prompt: str, words: str = "") -> Interaction:
    """An order that is acknowledged, and whose answer says these words."""
    asked = discord.world.slash(user_id, "imagine", prompt=prompt)
    await asyncio.wait_for(asked.answered.wait(), PATIENCE)
    await discord.world.until(lambda: words in asked.said, PATIENCE)
    return asked


async def delivered(discord: StandIn, *orders: Interaction) -> None:
    """Each in its own answer, and nowhere else."""
    await discord.world.until(lambda: all(one.original and shows_result(one.original) for one in orders), PATIENCE)
    results = [message for message in discord.world.standing() if shows_result(message)]
    if len(results) != len(orders):
        raise AssertionError(f"{len(results)} results of {len(orders)} orders")


async def network(folder: Path, seconds: float) -> float:
    """Away when the pictures are to be delivered: they come into the answer, and commands work again."""
    async with a_bot(folder, wire_paint_seconds=1) as (discord, bot):
        order = await ordered(discord, ADA, "a red heart", "Drawing")
        await discord.cut_network()
        await bot.says("discord.tried_again")
        await asyncio.sleep(seconds)
        await discord.mend_network()
        mended = time.monotonic()
        await delivered(discord, order)
        await discord.world.until(discord.gateway.connected, PATIENCE)
        return time.monotonic() - mended


async def database(folder: Path, seconds: float) -> float:
    """Locked: what people ask for is acknowledged in time, and what is drawn meanwhile is delivered once."""
    async with a_bot(folder, wire_paint_seconds=1) as (discord, bot):
        first = await ordered(discord, ADA, "a red heart")
        await delivered(discord, first)
        message = next(one for one in discord.world.standing() if shows_result(one))
        form = discord.world.press(BO, message, next(one for one in message.buttons if "report" in one))
        await asyncio.wait_for(form.answered.wait(), PATIENCE)
        second = await ordered(discord, BO, "a blue heart", "Drawing")
        with locked(folder):
            told = discord.world.submit(form, reason="it is not what I wanted")
            refused = discord.world.slash(1003, "imagine", prompt="a green heart")
            for one in (told, refused):
                await asyncio.wait_for(one.answered.wait(), PATIENCE)
            await asyncio.sleep(seconds)
        freed = time.monotonic()
        await delivered(discord, first, second)
        await discord.world.until(lambda: bool(told.said), PATIENCE)
        took = time.monotonic() - freed
        await bot.says('"generation": 2, "seconds"')  # its row says so, too
        await bot.kill()
        await bot.start()
        await ordered(discord, ADA, "a yellow heart")
        with closing(sqlite3.connect(folder / "easel.db")) as rows:
            kept = rows.execute("SELECT count(*) FROM images WHERE generation_id = 2").fetchone()[0]
        if kept != 4:
            raise AssertionError(f"the log has {kept} of the pictures that were shown meanwhile")
        if refused.private is False or second.original is None or not shows_result(second.original):
            raise AssertionError("an order that was not written down was answered in public, or one came undone")
        return took


async def moderation(folder: Path, seconds: float) -> float:
    """Locked, when a moderator times somebody out and a member shares: both hear in time, and later how it went.

    Whoever is told that it was not written down finds it so, and does it again.
    """
    async with a_bot(folder) as (discord, bot):
        order = discord.world.slash(ADA, "imagine", prompt="a red heart", images=1)
        await delivered(discord, order)
        message = next(one for one in discord.world.standing() if shows_result(one))
        with locked(folder):
            asked = await _sanction_and_share(discord, message)
            await asyncio.sleep(seconds)
        freed = time.monotonic()
        await discord.world.until(lambda: all(_is_told(one) for one in asked), PATIENCE)
        took = time.monotonic() - freed
        timed_out, shared = await _sanction_and_share(discord, message)
        await discord.world.until(lambda: _is_told(timed_out) and _is_told(shared), PATIENCE)
        is_shared = any("easel:unshare:" in one for answer in shared.answers for one in answer.custom_ids)
        if "cannot use Easel" not in timed_out.said or not is_shared or '"exception"' in bot.said():
            raise AssertionError(f"{timed_out.said}\n{shared.said}\n{bot.said()}")
        return took


async def _sanction_and_share(discord: StandIn, message: Message) -> list[Interaction]:
    """Both are acknowledged when it returns; the stand-in takes no answer after three seconds."""
    share = next(one for one in message.buttons if one.startswith("easel:share"))
    asked = [
        discord.world.slash(MODERATOR, "mod timeout", person=Person(BO), duration="1 hour", reason="spam"),
        discord.world.press(ADA, message, share),
    ]
    for one in asked:
        await asyncio.wait_for(one.answered.wait(), PATIENCE)
    return asked


def _is_told(asked: Interaction) -> bool:
    return bool(asked.said) and not any(one.loading for one in asked.answers)


@asynccontextmanager
async def painters(folder: Path, count: int) -> AsyncIterator[list[tuple[str, int]]]:
    """Inference servers on sockets of their own: addresses and processes."""
    async with AsyncExitStack() as stack:
        found = []
        for number in range(count):
            socket = folder / f"{number}.sock"
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.discord_wire.painter", "--uds", str(socket), stdin=PIPE, cwd=folder,
                env={**os.environ, "PYTHONPATH": str(ROOT), "WIRE_PAINT_SECONDS": "1"},
            )  # fmt: skip
            stack.push_async_callback(process.wait)
            stack.callback(process.kill)
            found.append((f"unix://{socket}", process.pid))
        yield found


async def server(folder: Path, seconds: float) -> float:
    """An inference server is stopped in the middle of a generation: it is drawn elsewhere, long before it goes on."""
    async with painters(folder, 2) as servers:
        urls = ",".join(url for url, _ in servers)
        async with a_bot(folder, inference_urls=urls, wire_probe_seconds=min(5.0, max(0.5, seconds))) as (discord, _):
            order = await ordered(discord, ADA, "a red heart", "Drawing")
            stopped = time.monotonic()
            os.kill(servers[0][1], signal.SIGSTOP)
            try:
                await delivered(discord, order)
            finally:
                os.kill(servers[0][1], signal.SIGCONT)
            return time.monotonic() - stopped


async def storm(folder: Path, seconds: float) -> float:
    """Discord answers 429 and 5xx: everybody's pictures come, and Discord is not asked more often for it."""
    async with a_bot(folder) as (discord, _):
        for _ in range(1 + int(seconds / 10)):
            discord.fail("PATCH /webhooks/", status=502, times=2)
            discord.fail(
                "PATCH /webhooks/", status=429, body=rate_limited(0.5), headers={"Retry-After": "0.5", "Via": "1.1 x"}
            )
        began = time.monotonic()
        orders = [await ordered(discord, 1000 + number, f"order {number}.") for number in range(4)]
        await delivered(discord, *orders)
        if discord.rest.answers[429] > 10 + seconds:
            raise AssertionError(f"{discord.rest.answers[429]} requests came too early")
        return time.monotonic() - began


async def stop(folder: Path, seconds: float) -> float:
    """SIGTERM with work under way: what is drawn is finished, what waits is taken up at the next start."""
    async with a_bot(folder, wire_paint_seconds=1, wire_capacity=1) as (discord, bot):
        drawn = await ordered(discord, ADA, "order 0.", "Drawing")
        waiting = [await ordered(discord, 1001 + number, f"order {number}.") for number in (1, 2)]
        status = await bot.stop()
        if status or drawn.original is None or not shows_result(drawn.original):
            raise AssertionError(f"it ended with status {status}, and what was drawn was left")
        await asyncio.sleep(seconds)
        began = time.monotonic()
        await bot.start()
        await delivered(discord, drawn, *waiting)
        return time.monotonic() - began


OUTAGES: dict[str, Callable[[Path, float], Awaitable[float]]] = {
    "network": network, "database": database, "moderation": moderation, "server": server, "storm": storm,
    "stop": stop,
}  # fmt: skip


async def main() -> None:
    seconds = float(os.environ.get("OUTAGE_SECONDS", "30"))
    for name in sys.argv[1:] or OUTAGES:
        with tempfile.TemporaryDirectory(prefix="easel-outage-", ignore_cleanup_errors=True) as folder:
            took = await OUTAGES[name](Path(folder), seconds)
        print(json.dumps({"outage": name, "seconds": seconds, "well_after_s": round(took, 1)}), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
