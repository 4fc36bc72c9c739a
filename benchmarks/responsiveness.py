"""How the bot answers while it draws: the built-in model, a simulated Discord, everything else real.

Each round, one person orders nine pictures; as soon as they are being drawn, another orders one.  Measured are the
second person's wait for the acknowledgement, the first one's for the grid, and how late the bot's event loop wakes up
meanwhile.  Prints one JSON object; seconds, unless a name says otherwise.

    python -m benchmarks.responsiveness [--rounds 5]
"""

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import discord

from bot.config import load_settings
from bot.database.records import GenerationFilter
from bot.demo.run import in_demo_folder, latest_finished, newest_id
from bot.demo.stage import Stage, open_stage
from bot.services import open_services

BEAT_SECONDS = 0.005


async def main(rounds: int) -> dict[str, Any]:
    acknowledged: list[float] = []
    grids: list[float] = []
    lags: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        async with open_stage(in_demo_folder(load_settings(None, data_dir=Path(folder))), 0, open_services) as stage:
            await draw(stage, "a warm-up", 0)
            for number in range(rounds):
                async with beating(lags):
                    started = time.perf_counter()
                    drawing = asyncio.create_task(draw(stage, f"a red heart {number}", 0, images=9))
                    await running(stage)
                    acknowledged.append(await answer_time(stage, number))
                    await drawing
                    grids.append(time.perf_counter() - started)
                await latest_finished(stage.bot.services, stage.world.members[1].id)
    return {
        "cores": os.cpu_count(),
        "rounds": rounds,
        "nine_pictures_median": round(statistics.median(grids), 2),
        "acknowledged_median": round(statistics.median(acknowledged), 4),
        "acknowledged_worst": round(max(acknowledged), 4),
        "loop_lag_p99_ms": round(statistics.quantiles(lags, n=100)[98] * 1000, 1),
        "loop_lag_worst_ms": round(max(lags) * 1000, 1),
    }


async def draw(stage: Stage, prompt: str, member: int, **options: object) -> None:
    """Order and wait for the delivery."""
    services, author = stage.bot.services, stage.world.members[member]
    before = await newest_id(services, author.id)
    await stage.act(author, "imagine", prompt=prompt, **options)
    await latest_finished(services, author.id, after=before)


async def running(stage: Stage) -> None:
    """Wait until the newest generation is being drawn."""
    services = stage.bot.services
    while (await services.generations.page(GenerationFilter(), limit=1)).records[0].status != "running":  # noqa: ASYNC110  # the log has no event to wait for
        await asyncio.sleep(BEAT_SECONDS)


async def answer_time(stage: Stage, number: int) -> float:
    """From a second person's /imagine to the bot's first answer."""
    answered: list[float] = []
    defer = discord.InteractionResponse.defer

    async def timed(self: Any, **options: Any) -> Any:
        result = await defer(self, **options)
        answered.append(time.perf_counter())
        return result

    discord.InteractionResponse.defer = timed  # type: ignore[method-assign]  # the one place where an answer passes
    try:
        started = time.perf_counter()
        await stage.act(stage.world.members[1], "imagine", prompt=f"a blue star {number}", images=1)
        return answered[0] - started
    finally:
        discord.InteractionResponse.defer = defer  # type: ignore[method-assign]  # as above


@asynccontextmanager
async def beating(lags: list[float]) -> AsyncIterator[None]:
    """Note how much later than asked the event loop wakes a sleeper."""

    async def beat() -> None:
        while True:
            asked = time.perf_counter() + BEAT_SECONDS
            await asyncio.sleep(BEAT_SECONDS)
            lags.append(max(0.0, time.perf_counter() - asked))

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    print(json.dumps(asyncio.run(main(parser.parse_args().rounds))))
