"""What one step of the queue costs against how many wait: `python -m benchmarks.queue`.

Prints one JSON object a line: microseconds for joining, a place, a turn with its end, and leaving, each as the mean
over many at that size; then how true the announced waits were over a simulated busy hour.
"""

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable

from bot.orders.queue import Bounds, FairQueue
from bot.orders.ticket import Ticket
from bot.pool.offer import Offer

SIZES = (100, 1_000, 10_000, 100_000)
PER_PERSON = 5
STEPS = 2_000


def filled(size: int, clock: Callable[[], float] = time.perf_counter) -> FairQueue:
    """A queue in which `size` wait, five of each person, with a measured pace."""
    queue = FairQueue(Bounds(in_all=0, per_person=0), clock=clock)
    queue.serve([Offer(8)])
    for number in range(size):
        join(queue, number, number % max(1, size // PER_PERSON))
    return queue


def join(queue: FairQueue, number: int, user_id: int) -> None:
    queue.reserve(Ticket(number, user_id, 4))
    queue.enter(number)


def microseconds(act: Callable[[int], object], numbers: list[int]) -> float:
    started = time.perf_counter()
    for number in numbers:
        act(number)
    return (time.perf_counter() - started) / len(numbers) * 1e6


def turn(queue: FairQueue) -> None:
    ticket = queue.next()
    if ticket is not None:
        queue.finish(ticket.generation_id, succeeded=True)


def cost(size: int) -> dict[str, float | int]:
    queue, chance = filled(size), random.Random(1)
    turn(queue)
    new = list(range(size, size + STEPS))
    waiting = [ticket.generation_id for ticket in queue.order()]
    some = [chance.choice(waiting) for _ in range(STEPS)]
    measured = {
        "join": microseconds(lambda number: join(queue, number, number), new),
        "place": microseconds(queue.place, some),
        "leave": microseconds(queue.cancel, new),
        "turn": microseconds(lambda _: turn(queue), list(range(min(STEPS, size // 2)))),
    }
    return {"waiting": size, **{f"{name}_us": round(value, 1) for name, value in measured.items()}}


def truth(capacity: int = 8, people: int = 60, seed: int = 1) -> dict[str, float]:
    """A busy hour with chance arrivals: how far the announced waits were from what happened."""
    chance, now = random.Random(seed), 0.0
    queue = FairQueue(Bounds(in_all=0, per_person=5), clock=lambda: now)
    queue.serve([Offer(capacity)])
    ends: dict[int, float] = {}
    announced: dict[int, tuple[float, float]] = {}
    errors: list[float] = []
    number, arrival = 0, 0.0
    while now < 3600:
        upcoming = min([arrival, *ends.values()])
        now = upcoming
        for done in [one for one, end in ends.items() if end <= now]:
            del ends[done]
            queue.finish(done, succeeded=True)
            if done in announced:
                told_at, eta = announced.pop(done)
                errors.append(abs(eta - (now - told_at)) / max(now - told_at, 1.0))
        if arrival <= now:
            number += 1
            queue.reserve(Ticket(number, chance.randrange(people), chance.choice((1, 4, 4, 9))))
            queue.enter(number)
            place = queue.place(number)
            if place is not None and place.eta_seconds is not None:
                announced[number] = (now, place.eta_seconds)
            arrival = now + chance.expovariate(0.9)
        while (ticket := queue.next()) is not None:
            ends[ticket.generation_id] = now + ticket.images * chance.uniform(1.5, 2.5)
    return {"announced": len(errors), "median_error": round(statistics.median(errors), 3)}


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    for size in SIZES:
        print(json.dumps(cost(size)), flush=True)
    print(json.dumps(truth()), flush=True)


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    main()
