"""The capacity model of docs/scaling.md against a simulation of its peak hour: `python -m benchmarks.simulation`.

Prints one JSON object a line: for so many servers and people what the formulas say and what happened.  The simulation
is one of events (arrivals by chance, turns, ends) around the bot's own `FairQueue`; an hour passes in seconds.
"""

import argparse
import heapq
import itertools
import json
import math
import random
import statistics
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

from bot.orders.queue import Bounds, FairQueue
from bot.orders.ticket import Ticket
from bot.pool.offer import Offer

HOUR = 3600.0
ORDERING = 0.02  # of all people, in the peak hour
ORDERS_EACH = 3.0
IMAGES = 4
UTILISATION = 0.7  # of the drawing servers: what they are planned for
PLACES = 8  # generations at a time on one of them (INFERENCE_CONCURRENCY)
PICTURES_A_MINUTE = 65.0  # of DALL·E mini's size on two cores (docs/engine.md)
SPREAD = 0.25  # a generation takes so much more or less than the mean
BURST_SECONDS = 300.0
ORDERS_AT_A_LOAD = 60_000
LOADS = (0.5, 0.7, 0.8, 0.9, 0.95)
SCALES = ((1, 100), (100, 10_000), (1_000, 100_000), (10_000, 1_000_000))


@dataclass(frozen=True, slots=True)
class Plan:
    """What the formulas say of a peak hour; times are seconds."""

    servers: int
    people: int
    orders: float
    machines: int
    load: float
    wait_mean: float

    @property
    def places(self) -> int:
        return self.machines * PLACES

    @classmethod
    def of(cls, servers: int, people: int) -> "Plan":
        orders = people * ORDERING * ORDERS_EACH
        needed = orders * IMAGES / (PICTURES_A_MINUTE * 60)
        machines = max(1, math.ceil(needed / UTILISATION))
        places, rate = machines * PLACES, orders / HOUR
        return cls(servers, people, orders, machines, needed / machines, mean_wait(places, rate, duration()))


@dataclass(slots=True)
class Outcome:
    """What happened: waits for a turn in seconds, how many waited at most, and when the last had its turn."""

    waits: list[float] = field(default_factory=list)
    longest_queue: int = 0
    last_turn: float = 0.0

    @property
    def mean(self) -> float:
        return statistics.fmean(self.waits)

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.waits, n=20)[18]


def duration() -> float:
    """Of one generation, while a machine draws `PLACES` of them together."""
    return PLACES * IMAGES * 60 / PICTURES_A_MINUTE


def mean_wait(places: int, rate: float, seconds: float) -> float:
    """Erlang's C formula with Allen's and Cunneen's correction for durations that vary little.

    `rate` is in orders a second, of which each takes `seconds`.  Infinite where more come than are drawn.
    """
    offered = rate * seconds
    if offered >= places:
        return math.inf
    blocked = 1.0  # Erlang's B for 0, 1, 2 … places
    for count in range(1, places + 1):
        blocked = offered * blocked / (count + offered * blocked)
    waits = blocked / (1 - offered / places * (1 - blocked))
    variation = SPREAD**2 / 3
    return waits * seconds / (places - offered) * (1 + variation) / 2


def drained_after(places: int, rate: float, seconds: float, lasts: float) -> float:
    """How long after its end a burst is drawn: what was too much of it, at the pace of drawing."""
    drawn = places / seconds
    return max(0.0, (rate - drawn) * lasts / drawn)


def simulate(people: int, rate: float, places: int, lasts: float = HOUR, seed: int = 1) -> Outcome:
    """So many orders a second by chance, for so long, then none until all are drawn."""
    chance, now, outcome = random.Random(seed), 0.0, Outcome()
    queue = FairQueue(Bounds(in_all=0, per_person=0), clock=lambda: now)
    queue.serve([Offer(places)])
    arrived: dict[int, float] = {}
    ends: list[tuple[float, int]] = []
    arrivals = _arrivals(chance, rate, lasts)
    number, coming = next(arrivals)
    while True:
        if coming is not None and (not ends or coming <= ends[0][0]):
            now = coming
            queue.reserve(Ticket(number, chance.randrange(people), IMAGES))
            queue.enter(number)
            arrived[number] = now
            number, coming = next(arrivals)
        elif ends:
            now, ended = heapq.heappop(ends)
            queue.finish(ended, succeeded=True)
        else:
            return outcome
        while (ticket := queue.next()) is not None:
            outcome.waits.append(now - arrived.pop(ticket.generation_id))
            outcome.last_turn = now
            spread = chance.uniform(1 - SPREAD, 1 + SPREAD)
            heapq.heappush(ends, (now + duration() * spread, ticket.generation_id))
        outcome.longest_queue = max(outcome.longest_queue, queue.waiting)


def _arrivals(chance: random.Random, rate: float, lasts: float) -> Iterator[tuple[int, float | None]]:
    """Numbers and times; None once there are no more."""
    at = chance.expovariate(rate)
    for number in itertools.count():
        yield (number, at) if at < lasts else (number, None)
        at += chance.expovariate(rate)


def compared(servers: int, people: int) -> dict[str, object]:
    plan = Plan.of(servers, people)
    rate = plan.orders / HOUR
    calm = simulate(people, rate, plan.places)
    # Three times as many as are planned for, for five minutes: somebody shows the bot to a large audience.
    burst = simulate(people, 3 * rate, plan.places, lasts=BURST_SECONDS)
    return {
        **{name: round(value, 2) for name, value in asdict(plan).items()},
        "simulated_wait_mean": round(calm.mean, 2), "simulated_wait_p95": round(calm.p95, 2),
        "burst_drained_after": round(drained_after(plan.places, 3 * rate, duration(), BURST_SECONDS), 1),
        "simulated_burst_drained_after": round(max(0.0, burst.last_turn - BURST_SECONDS), 1),
        "simulated_burst_queue": burst.longest_queue,
    }  # fmt: skip


def loaded(machines: int, load: float) -> dict[str, object]:
    """Waits at a load, over so many hours that chance evens out."""
    places = machines * PLACES
    rate = load * places / duration()
    outcome = simulate(100_000, rate, places, lasts=ORDERS_AT_A_LOAD / rate)
    return {
        "machines": machines, "load": load, "wait_mean": round(mean_wait(places, rate, duration()), 2),
        "simulated_wait_mean": round(outcome.mean, 2), "simulated_wait_p95": round(outcome.p95, 2),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    for servers, people in SCALES:
        print(json.dumps(compared(servers, people)), flush=True)
    for machines in (1, 9):
        for load in LOADS:
            print(json.dumps(loaded(machines, load)), flush=True)


if __name__ == "__main__":
    main()
