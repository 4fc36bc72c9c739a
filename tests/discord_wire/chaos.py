"""Kills at random moments over a steady flow of orders: nothing may be lost, nothing doubled.

`python -m tests.discord_wire.chaos` (or `make chaos`) kills the bot, its inference server or both with -9, CHAOS_KILLS
times (200), or as often as CHAOS_SECONDS allow (3600).  The last line is one JSON object; exit status 1 where something
was lost or doubled.
"""

import asyncio
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from tests.bot_fakes import lay_out
from tests.discord_wire.outcome import Outcome, accepted, is_over, outcome
from tests.discord_wire.process import BotProcess
from tests.discord_wire.stand_in import StandIn, open_stand_in
from tests.discord_wire.world import Interaction

PEOPLE = 20
SECONDS_BETWEEN_ORDERS = 0.1
LONGEST_LIFE = 2.5  # seconds from the start of a process, or from its connection, to the kill
SETTLE_SECONDS = 240.0  # without any order's end; Discord takes a message a second in a channel
LONGEST_RUN = 3600.0
SETTINGS = {
    "limit_per_person": "off", "limit_per_server": "off", "queue_size": 2000, "queue_size_per_person": 1000,
    "wire_paint_seconds": 0.4, "log_level": "warning",
}  # fmt: skip


class Chaos:
    """One run; `orders` are by their prompts."""

    def __init__(self, discord: StandIn, bot: BotProcess, seed: int) -> None:
        self._discord = discord
        self._bot = bot
        self._chance = random.Random(seed)  # noqa: S311  # which moments, not secrets
        self.orders: dict[str, Interaction] = {}
        self.kills = 0

    async def run(self, kills: int, seconds: float) -> None:
        await self._bot.start()
        flow = asyncio.create_task(self._order())
        ends = time.monotonic() + seconds
        while self.kills < kills and time.monotonic() < ends:
            await self._strike()
            if self.kills % 20 == 0:
                print(f"{self.kills} kills, {len(self.orders)} orders", flush=True)
        flow.cancel()
        await asyncio.gather(flow, return_exceptions=True)
        await self._settle()

    async def _order(self) -> None:
        while True:
            prompt = f"order {len(self.orders)}."
            user_id = 1000 + self._chance.randrange(PEOPLE)
            self.orders[prompt] = self._discord.world.slash(user_id, "imagine", prompt=prompt, images=1)
            await asyncio.sleep(SECONDS_BETWEEN_ORDERS)

    async def _strike(self) -> None:
        """Let them live for a moment, then kill one or both; a bot that was killed is started again."""
        await asyncio.sleep(self._chance.uniform(0, LONGEST_LIFE))
        victim = self._chance.choice(("bot", "bot", "bot", "inference", "both"))
        if victim != "bot":
            for pid in self._bot.inference_pids():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        if victim != "inference":
            await self._bot.kill()
            await self._bot.start(ready=self._chance.random() < 0.7)
        self.kills += 1

    async def _settle(self) -> None:
        """Wait until every accepted order has its end."""
        if not self._bot.running:
            await self._bot.start()
        with contextlib.suppress(TimeoutError):
            while waiting := self._waiting():
                await self._discord.world.until(partial(self._fewer_than, waiting), SETTLE_SECONDS)
        status = await self._bot.stop()
        print(f"the last bot ended with status {status}", flush=True)

    def _fewer_than(self, waiting: int) -> bool:
        return self._waiting() < waiting

    def _waiting(self) -> int:
        return sum(not is_over(order) for order in self.orders.values() if accepted(order))

    def outcome(self) -> Outcome:
        return outcome(self._discord.world, self.orders)


async def run(kills: int, folder: Path, seed: int = 1, seconds: float = LONGEST_RUN) -> tuple[int, Outcome]:
    """The kills, and what became of the orders."""
    lay_out(folder)
    async with open_stand_in(check_every=50) as discord:
        bot = BotProcess(discord, folder, **SETTINGS)
        chaos = Chaos(discord, bot, seed)
        try:
            await chaos.run(kills, seconds)
        finally:
            await bot.kill()
        for problem in sorted(set(discord.rest.invalid)):
            print(f"Discord would not have taken: {problem}", flush=True)
        return chaos.kills, chaos.outcome()


def main() -> None:
    kills = int(os.environ.get("CHAOS_KILLS", "200"))
    with tempfile.TemporaryDirectory(prefix="easel-chaos-", ignore_cleanup_errors=True) as folder:
        seed, seconds = int(os.environ.get("CHAOS_SEED", "1")), float(os.environ.get("CHAOS_SECONDS", LONGEST_RUN))
        killed, found = asyncio.run(run(kills, Path(folder), seed, seconds))
        if not found.is_well and "CHAOS_KEEP" in os.environ:
            Path(folder, "bot.log").rename(os.environ["CHAOS_KEEP"])
    print(json.dumps({"kills": killed, **found.counts()}), flush=True)
    sys.exit(0 if found.is_well else 1)


if __name__ == "__main__":
    main()
