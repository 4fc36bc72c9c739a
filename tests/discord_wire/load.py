"""Fifty orders a second against an engine that is full: is everybody answered in time, and does memory stay flat?

`python -m tests.discord_wire.load` (or `make load`) goes on for LOAD_S seconds (60), without limits and with the
default queue.  The last line is one JSON object.  `bot_ms` and `stand_in_ms` are processor time an order, of the bot's
process and of this one, which plays Discord.  LOAD_PROFILE names a file for the bot's profile.
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bot_fakes import lay_out
from tests.discord_wire.process import BotProcess
from tests.discord_wire.stand_in import open_stand_in
from tests.discord_wire.world import Interaction

PER_SECOND = 50
PEOPLE = 500
WARM_UP_SECONDS = 3.0
LAST_ANSWER_SECONDS = 5.0


async def flood(send: float, seconds: float) -> dict[str, float | int]:
    """Send so many orders a second for so long."""
    with tempfile.TemporaryDirectory(prefix="easel-load-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        lay_out(folder)
        async with open_stand_in(check_every=0) as discord:
            profile = {"wire_profile": os.environ["LOAD_PROFILE"]} if "LOAD_PROFILE" in os.environ else {}
            bot = BotProcess(
                discord, folder, limit_per_person="off", limit_per_server="off", wire_paint_seconds=5,
                wire_lag=folder / "lag", log_level="warning", **profile,
            )  # fmt: skip
            try:
                await bot.start()
                await _send(discord.world.slash, send, WARM_UP_SECONDS)
                before = bot.resident_megabytes()
                computed = bot.processor_seconds(), time.process_time()
                orders = await _send(discord.world.slash, send, seconds)
                spent = bot.processor_seconds() - computed[0], time.process_time() - computed[1]
                await asyncio.sleep(LAST_ANSWER_SECONDS)
                growth = bot.resident_megabytes() - before
                await bot.stop()
            finally:
                await bot.kill()
            lags = [float(line) for line in (folder / "lag").read_text().split()]
    bot_ms, stand_in_ms = (round(1000 * one / len(orders), 2) for one in spent)
    return {**_summary(orders, lags, growth), "bot_ms": bot_ms, "stand_in_ms": stand_in_ms}


async def _send(slash: object, per_second: float, seconds: float) -> list[Interaction]:
    orders: list[Interaction] = []
    loop = asyncio.get_running_loop()
    started = loop.time()
    while (now := loop.time() - started) < seconds:
        while len(orders) < now * per_second:
            orders.append(slash(1000 + len(orders) % PEOPLE, "imagine", prompt=f"order {len(orders)}."))  # type: ignore[operator]
        await asyncio.sleep(1 / per_second)
    return orders


def _summary(orders: Sequence[Interaction], lags: Sequence[float], growth: float) -> dict[str, float | int]:
    times = [order.ack_seconds for order in orders if order.ack_seconds is not None]
    return {
        "sent": len(orders),
        "acknowledged": len(times),
        "ack_p50_s": round(statistics.median(times), 3),
        "ack_p99_s": round(_percentile(times, 99), 3),
        "lag_p99_s": round(_percentile(lags, 99), 4),
        "rss_growth_mb": round(growth, 1),
        "refused": sum(order.private for order in orders),
    }


def _percentile(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1]


def main() -> None:
    summary = asyncio.run(flood(PER_SECOND, float(os.environ.get("LOAD_S", "60"))))
    print(json.dumps(summary), flush=True)
    sys.exit(0 if summary["acknowledged"] == summary["sent"] else 1)


if __name__ == "__main__":
    main()
