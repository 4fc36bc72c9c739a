"""What a moderator's searches cost among a million requests: `python -m benchmarks.log_search --rows 1000000`.

Fills a new database (SQLite in a folder of its own; PostgreSQL with `--database postgresql`, one that is thrown away,
or `--url` for one that stays) with made-up requests of a year: a server with three tenths of them and forty smaller
ones, people some of whom ask far more than others.  Then asks what moderators ask, in the large server, in a small
one, and everywhere, as the operator does: the first page and one far down.  One JSON object a line: milliseconds,
median and 95th of a hundred, of pages of 50, and the processor's time of this process (with SQLite all of it, and what
counts on a busy machine).
"""

import argparse
import asyncio
import contextlib
import json
import random
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select, text

from bot.database.generations import GenerationLog
from bot.database.records import GenerationFilter
from bot.database.rows import normalise
from bot.database.session import Database
from bot.database.tables.generations import GenerationTable

BATCH = 5000
PER_PAGE = 50
LARGE, SERVERS, PEOPLE, CHANNELS = 1, 41, 20_000, 30
FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
THINGS = """cat dog castle dragon robot heart star tree house ship moon river mountain wizard knight fox owl
whale bridge city forest island garden lighthouse balloon train violin teapot lantern mirror clock tower desert volcano
harbour""".split()
ADJECTIVES = """red blue golden tiny giant ancient neon quiet burning frozen paper glass wooden crystal velvet rusty
floating hidden broken shining""".split()
STYLES = """watercolour oil pixel photo sketch cartoon mosaic engraving poster comic""".split()
CATEGORIES = ("violence_gore", "sexual", "hate_harassment", "self_harm", "illegal", "privacy")


# ------------------------------------------------------------------------------------------------------ a year's log


def rows(count: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """In the order of their times; every 50th is flagged, every 33rd blocked, every 200th removed."""
    chance = random.Random(seed)
    for number in range(count):
        at = FIRST_DAY + YEAR * (number / count)
        guild_id = LARGE if chance.random() < 0.3 else chance.randint(2, SERVERS)
        user_id = 10_000 + int(PEOPLE * chance.random() ** 3)
        prompt = " ".join((
            chance.choice(ADJECTIVES), chance.choice(THINGS), "beside a", chance.choice(ADJECTIVES),
            chance.choice(THINGS), chance.choice(STYLES), f"number{number % 99_991}",
        ))  # fmt: skip
        action, category, status = "allow", None, "delivered"
        score = chance.random() ** 6
        if number % 33 == 0:
            action, category, status, score = "block", chance.choice(CATEGORIES), "blocked", 0.5 + score / 2
        elif number % 50 == 0:
            action, category, score = "flag", chance.choice(CATEGORIES), 0.3 + score / 2
        elif number % 71 == 0:
            status = chance.choice(("failed", "cancelled"))
        removed = at + timedelta(hours=1) if number % 200 == 0 else None
        yield {
            "kind": "imagine", "status": status, "user_id": user_id, "user_name": name_of(user_id),
            "guild_id": guild_id, "channel_id": guild_id * 1000 + int(CHANNELS * chance.random() ** 2),
            "locale": "en-US", "prompt": prompt, "normalised_prompt": normalise(prompt), "image_count": 4,
            "seed": number, "model": "builtin", "verdict_action": action, "verdict_category": category,
            "verdict_score": score, "verdict_rule": "", "verdict_words": [], "created_at": at,
            "finished_at": at + timedelta(seconds=3), "delivered_at": at + timedelta(seconds=4),
            "removed_at": removed, "removed_by": removed and 1, "removed_why": removed and "",
        }  # fmt: skip


def name_of(user_id: int) -> str:
    return f"{ADJECTIVES[user_id % len(ADJECTIVES)]}_{THINGS[user_id % len(THINGS)]}{user_id}"


async def fill(database: Database, count: int) -> None:
    async with database.reading() as session:
        there = await session.scalar(select(func.count()).select_from(GenerationTable)) or 0
    if there:
        return
    await insert_rows(database, rows(count))
    async with database.writing() as session:
        await session.execute(text("ANALYZE"))


async def insert_rows(database: Database, made: Iterator[dict[str, Any]]) -> None:
    """A transaction for each `BATCH` requests."""
    while batch := list(islice(made, BATCH)):
        async with database.writing() as session:
            await session.execute(insert(GenerationTable), batch)


# -------------------------------------------------------------------------------------------------------- searches


@dataclass(frozen=True, slots=True)
class Search:
    """`vary` makes one of many like it, so that nothing is measured twice in a row."""

    name: str
    wanted: GenerationFilter

    def varied(self, chance: random.Random) -> GenerationFilter:
        wanted = self.wanted
        if wanted.user_id is not None:
            wanted = replace(wanted, user_id=10_000 + int(PEOPLE * chance.random() ** 3))
        if wanted.channel_id is not None:
            wanted = replace(wanted, channel_id=(wanted.guild_id or LARGE) * 1000 + chance.randrange(CHANNELS))
        if wanted.category is not None:
            wanted = replace(wanted, category=chance.choice(CATEGORIES))
        if wanted.since is not None:
            since = FIRST_DAY + YEAR * chance.random()
            wanted = replace(wanted, since=since, until=since + timedelta(days=chance.choice((1, 7, 30))))
        return wanted


def searches() -> tuple[Search, ...]:
    span = {"since": FIRST_DAY}
    asked: dict[str, dict[str, Any]] = {
        "everything": {},
        "a common word": {"words": "cat"},
        "the beginning of a common word": {"words": "ca"},
        "a rare word": {"words": "number777"},
        "three words": {"words": "red cat watercolour"},
        "a word that nobody used": {"words": "zeppelin"},
        "a person": {"user_id": 1},
        "part of a name": {"person": name_of(10_002)[2:9]},
        "part of a rare name": {"person": "10022"},
        "a name that nobody has": {"person": "nobody"},
        "a channel": {"channel_id": 1},
        "a channel and a time": {"channel_id": 1, **span},
        "a time": span,
        "blocked": {"status": "blocked"},
        "flagged": {"flagged": True},
        "flagged at a time": {"flagged": True, **span},
        "a category": {"category": "sexual"},
        "a category in a channel": {"category": "sexual", "channel_id": 1},
        "score at least 0.5": {"score": 0.5},
        "score at least 0.99": {"score": 0.99},
        "score at least 0.05": {"score": 0.05},
        "score at least 0.9 at a time": {"score": 0.9, **span},
        "removed": {"removed": True},
        "removed, of a person": {"removed": True, "user_id": 1},
        "a word, blocked": {"words": "dragon", "status": "blocked"},
        "a word of a person": {"words": "dragon", "user_id": 1},
        "a word at a time": {"words": "dragon", **span},
        "a word in a channel": {"words": "dragon", "channel_id": 1},
        "failed": {"status": "failed"},
    }
    return tuple(Search(name, GenerationFilter(**filters)) for name, filters in asked.items())


async def measured(log: GenerationLog, search: Search, place: str, guild_id: int | None, tries: int) -> dict[str, Any]:
    chance = random.Random(2)
    times, found, begun = [], 0, time.process_time()
    for number in range(tries):
        wanted = replace(search, wanted=replace(search.wanted, guild_id=guild_id)).varied(chance)
        started = time.perf_counter()
        page = await log.page(wanted, None, PER_PAGE)
        times.append(time.perf_counter() - started)
        found = max(found, len(page.records))
        if page.next_before is not None and number % 2:
            deep = page.records[-1].id // 2
            started = time.perf_counter()
            await log.page(wanted, deep, PER_PAGE)
            times.append(time.perf_counter() - started)
    cost = (time.process_time() - begun) / len(times)
    times.sort()
    return {
        "search": search.name, "in": place, "found": found, "median_ms": round(statistics.median(times) * 1e3, 1),
        "p95_ms": round(times[int(len(times) * 0.95)] * 1e3, 1),
        "processor_ms": round(cost * 1e3, 1),
    }  # fmt: skip


# ------------------------------------------------------------------------------------------------------------- run


@contextlib.asynccontextmanager
async def opened(kind: str, url: str | None) -> AsyncIterator[Database]:
    if url is not None:
        async with Database(url) as database:
            yield database
    elif kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            async with Database(f"sqlite:///{Path(folder) / 'log.db'}") as database:
                yield database
    else:
        from tests.servers import Postgres, postgres_url

        with postgres_url() as server:
            async with Database(await Postgres(server).new_database()) as database:
                yield database


async def run(asked: argparse.Namespace) -> None:
    async with opened(asked.database, asked.url) as database:
        started = time.perf_counter()
        await fill(database, asked.rows)
        print(json.dumps({"rows": asked.rows, "filled_s": round(time.perf_counter() - started)}), flush=True)
        log = GenerationLog(database)
        slowest = 0.0
        for search in searches():
            if asked.only and asked.only not in search.name:
                continue
            for place, guild_id in (("a large server", LARGE), ("a small server", 7), ("everywhere", None)):
                told = await measured(log, search, place, guild_id, asked.tries)
                slowest = max(slowest, told["p95_ms"])
                print(json.dumps(told), flush=True)
        print(json.dumps({"database": database.dialect, "slowest_p95_ms": slowest}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--tries", type=int, default=60)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--url", help="a database to keep; filled where it is empty")
    parser.add_argument("--only", help="searches whose name holds this")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
