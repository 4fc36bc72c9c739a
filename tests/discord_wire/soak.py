"""An hour of looking around: does memory stay flat?

`python -m tests.discord_wire.soak` (or `make soak`): people page through their history, choose pictures of a grid of
nine, have them enlarged, download all, and draw again, for SOAK_S seconds (3600).  The last line is one JSON object;
exit status 1 where the bot's memory grew by more than `MOST_GROWTH`.
"""

import asyncio
import itertools
import json
import os
import statistics
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from tests.bot_fakes import lay_out
from tests.discord_wire.messages import Message
from tests.discord_wire.outcome import shows_result
from tests.discord_wire.process import BotProcess
from tests.discord_wire.stand_in import StandIn, open_stand_in
from tests.discord_wire.world import Interaction

PEOPLE = 20
ACTIONS_A_SECOND = 5
WARM_UP = 0.25  # of the time: caches fill, connections are made
MOST_GROWTH = 25.0  # megabytes


class Soak:
    """`discord` is where people look around; each picture is of a public message."""

    def __init__(self, discord: StandIn, grid: Message) -> None:
        self._discord = discord
        self._grid = grid
        self.done: list[Interaction] = []

    async def act(self, number: int) -> None:
        """One thing that somebody does, and what follows from it."""
        world, who = self._discord.world, 1000 + number % PEOPLE
        match number % 5:
            case 0:
                self.done.append(world.slash(who, "history"))
            case 1:
                self.done.append(world.press(who, self._grid, self._button("zip")))
            case 2:
                self.done.append(world.press(who, self._grid, self._button("reroll")))
            case _:
                looked = world.press(who, self._grid, self._button("choose"), values=[str(number % 9)])
                self.done.append(looked)
                await self._enlarge(who, looked)

    async def _enlarge(self, who: int, looked: Interaction) -> None:
        world = self._discord.world
        with suppress(TimeoutError):  # one that was not answered in time is counted as such
            await world.until(lambda: any(one.custom_ids for one in looked.answers))
        for message in looked.answers:
            upscale = next((one for one in message.custom_ids if one.startswith("easel:upscale:")), None)
            if upscale is not None:
                self.done.append(world.press(who, message, upscale))

    def _button(self, verb: str) -> str:
        return next(one for one in self._grid.custom_ids if one.startswith(f"easel:{verb}:"))


async def soak(seconds: float, folder: Path) -> dict[str, float | int]:
    lay_out(folder)
    async with open_stand_in(check_every=0) as discord:
        bot = BotProcess(
            discord, folder, limit_per_person="off", limit_per_server="off", wire_paint_side=256, log_level="warning"
        )
        try:
            await bot.start()
            asked = discord.world.slash(1000, "imagine", prompt="a red heart", images=9)
            await discord.world.until(lambda: asked.original is not None and shows_result(asked.original))
            if asked.original is None:
                raise LookupError("the grid is gone")
            around, sizes = await _go_around(discord, bot, asked.original, seconds)
            await bot.stop()
        finally:
            await bot.kill()
    rest = sizes[int(len(sizes) * WARM_UP) :]
    third = max(1, len(rest) // 3)
    growth = statistics.fmean(rest[-third:]) - statistics.fmean(rest[:third])
    return {
        "seconds": round(seconds), "actions": len(around.done),
        "acknowledged": sum(one.ack_seconds is not None for one in around.done),
        "rss_mb": round(rest[-1], 1), "rss_growth_mb": round(growth, 1),
    }  # fmt: skip


async def _go_around(discord: StandIn, bot: BotProcess, grid: Message, seconds: float) -> tuple[Soak, list[float]]:
    """The actions, and the memory once a second."""
    around, sizes = Soak(discord, grid), [bot.resident_megabytes()]
    acts: set[asyncio.Task[None]] = set()
    ends = time.monotonic() + seconds
    for number in itertools.count():
        if time.monotonic() >= ends:
            break
        act = asyncio.create_task(around.act(number))
        acts.add(act)
        act.add_done_callback(acts.discard)
        if number % ACTIONS_A_SECOND == 0:
            sizes.append(bot.resident_megabytes())
        await asyncio.sleep(1 / ACTIONS_A_SECOND)
    await asyncio.gather(*acts, return_exceptions=True)
    return around, sizes


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="easel-soak-", ignore_cleanup_errors=True) as folder:
        found = asyncio.run(soak(float(os.environ.get("SOAK_S", "3600")), Path(folder)))
    print(json.dumps(found), flush=True)
    sys.exit(0 if found["rss_growth_mb"] <= MOST_GROWTH else 1)


if __name__ == "__main__":
    main()
