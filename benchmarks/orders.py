"""What an order costs the bot, in milliseconds of processor time: `python -m benchmarks.orders`.

Prints one JSON object: `waiting_ms` from the order to its place in the queue, `delivered_ms` from there to the
delivered grid of one small picture, on SQLite.  Neither Discord nor an inference server is asked; what those cost the
bot, `make load` measures.
"""

import argparse
import asyncio
import json
import logging
import tempfile
import time
from pathlib import Path

import structlog

from bot.services import Services
from tests.bot_fakes import FakePool, an_order, order_one, services

WARM_UP = 50
AT_ONCE = 10


async def ordered(opened: Services, first: int, count: int) -> None:
    """So many orders, a few at a time, until all of them wait."""
    for start in range(first, first + count, AT_ONCE):
        people = range(start, min(start + AT_ONCE, first + count))
        await asyncio.gather(*(order_one(opened, an_order(user_id=one, images=1)) for one in people))
    while opened.queue.waiting + opened.queue.running < count:  # noqa: ASYNC110  # there is no event for all of them
        await asyncio.sleep(0.01)


async def delivered(opened: Services, pool: FakePool) -> None:
    pool.release()
    await asyncio.gather(*(opened.works.ended(one.generation_id) for one in opened.works.pending()))
    pool.hold()


async def measure(count: int) -> dict[str, float | int]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    pool = FakePool()
    pool.hold()
    with tempfile.TemporaryDirectory() as folder:
        async with services(
            Path(folder), pool, limit_per_person="off", limit_per_server="off", queue_size=100_000
        ) as opened:
            await ordered(opened, 1, WARM_UP)
            await delivered(opened, pool)
            before = time.process_time()
            await ordered(opened, 10_000, count)
            waiting = time.process_time()
            await delivered(opened, pool)
            after = time.process_time()
    parts = {"waiting_ms": waiting - before, "delivered_ms": after - waiting}
    return {"orders": count, **{name: round(1000 * seconds / count, 2) for name, seconds in parts.items()}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=500)
    print(json.dumps(asyncio.run(measure(parser.parse_args().orders))))


if __name__ == "__main__":
    main()
