"""How quickly a gallery of many shared pictures answers: whole pages through the web server, on SQLite or PostgreSQL.

Fills one server's gallery with pictures of the last year (two thousand authors; votes as unequal as votes are; some
removed), then asks for pages in turns, as anybody who may look.  Measured is the server's time for one page of 48
pictures, from the request to the last byte, in milliseconds; beside it the processor's time, to which other programs on
a busy machine add little.  Prompts have made-up vectors of 384 numbers, which cost the comparing what real ones do;
reading the words that are looked for is the inference server's work and not in the figure.  `recall_at_20` is how many
of the twenty prompts nearest to each of a hundred others are found, among vectors as they were before they were kept.
Prints one JSON object.

    python -m benchmarks.gallery [--shares 100000] [--rounds 40] [--database postgresql]

`--database postgresql` starts a server that is thrown away; a URL names an empty database that is kept.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
from aiohttp.test_utils import TestClient, TestServer
from numpy.typing import NDArray
from sqlalchemy import insert, text

from bot.config import load_settings
from bot.database.guild import GuildRecord
from bot.database.rows import normalise
from bot.database.session import Database
from bot.database.tables.gallery import MeaningTable, ShareTable
from bot.database.tables.generations import GenerationTable, ImageTable
from bot.garbage import set_aside
from bot.pool.endpoint import Endpoint
from bot.pool.pool import Pool
from bot.services import Services, open_services
from bot.web.app import create_app
from bot.web.site import Member, Named, Server, Site

GUILD: Final = 7_000_000_000_000_000_001
MEMBER: Final = 5007
AUTHORS: Final = 2000
BATCH: Final = 2000
ASKED, NEAREST = 100, 20
THINGS: Final = (
    "cat dog whale dragon wizard castle lighthouse robot penguin rocket teapot mountain forest river violin bicycle "
    "owl knight pirate astronaut mushroom lantern tiger train island"
).split()
PLACES: Final = (
    "in the snow|on the moon|at night|under water|in a city|on a hill|in space|by the sea|in a library|on a stage"
).split("|")
STYLES: Final = "watercolour|oil painting|pixel art|woodcut|line drawing|photograph|stained glass|pastel".split("|")
PAGES: Final = {
    "new": "",
    "new, to a member": "?",
    "new, page 1,000": "?after={deep}",
    "top": "?sort=top",
    "top of the day": "?sort=top&span=day",
    "top of the week": "?sort=top&span=week",
    "random": "?sort=random",
    "by one author": f"?by={MEMBER}",
    "words, common": "?words=cat",
    "words, rare": "?words=violin+library+woodcut",
    "words, of nobody": "?words=zebra",
    "by meaning": "?words=cat+in+the+snow&how=meaning",
    "a picture": "/{one}",
    "feed": "/feed.atom",
}


class Reader(Pool):
    """Says what texts mean without any model."""

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        return [vector.tolist() for vector in vectors(len(texts), len(texts[0]))]


class OneServer:
    """A Discord of one server, of which one member is logged in.  Implements `Directory`."""

    def servers(self) -> tuple[Server, ...]:
        return (Server(GUILD, "Town"),)

    def server(self, guild_id: int) -> Server | None:
        return Server(GUILD, "Town") if guild_id == GUILD else None

    async def member(self, guild_id: int, user_id: int) -> Member | None:
        return Member(MEMBER, "Mia") if (guild_id, user_id) == (GUILD, MEMBER) else None

    def connected(self) -> bool:
        return True

    def channels(self, guild_id: int) -> tuple[Named, ...]:  # noqa: ARG002  # as above
        return ()

    def roles(self, guild_id: int) -> tuple[Named, ...]:  # noqa: ARG002  # as above
        return ()

    def channel_name(self, guild_id: int, channel_id: int) -> str | None:  # noqa: ARG002  # as above
        return None


async def main(shares: int, rounds: int, database: str | None) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        async with database_of(database) as url, opened(Path(folder), url) as (services, client):
            began = time.perf_counter()
            await fill(services.database, shares)
            set_aside()  # as the bot does once it is connected
            await services.guild_settings.set(GuildRecord(GUILD, gallery_is_public=True), 1)
            filled = time.perf_counter() - began
            fields = {"deep": f"0.{max(1, shares - 48_000)}", "one": shares // 2 + 1}
            token = await services.web_sessions.begin(MEMBER, "Mia", [GUILD])
            cookies = {name: {"easel": token} if name.endswith("member") else {} for name in PAGES}
            pages = {name: f"/gallery/{GUILD}{path.format(**fields)}" for name, path in PAGES.items()}
            taken: dict[str, list[tuple[float, float]]] = {name: [] for name in pages}
            sizes: dict[str, int] = {}
            for turn in range(rounds + 1):
                for name, path in pages.items():
                    started, worked = time.perf_counter(), time.process_time()
                    async with client.get(path, cookies=cookies[name], allow_redirects=False) as answer:
                        body = await answer.read()
                    if answer.status != 200 or (b"data-here" in body) != bool(cookies[name]):
                        raise SystemExit(f"{path} answered {answer.status}")
                    sizes[name] = len(body)
                    if turn:  # the first warms the caches of the database and of the templates
                        taken[name].append((time.perf_counter() - started, time.process_time() - worked))
            return {
                "cores": os.cpu_count(),
                "load": round(os.getloadavg()[0], 1),
                "database": services.database.dialect,
                "shares": shares,
                "rounds": rounds,
                "filled_in_seconds": round(filled, 1),
                "recall_at_20": await recall(services, shares),
                "pages": {name: described(taken[name], sizes[name]) for name in pages},
            }


def described(taken: list[tuple[float, float]], size: int) -> dict[str, float]:
    times, worked = ([1000 * one[place] for one in taken] for place in (0, 1))
    return {
        "median_ms": round(statistics.median(times), 1),
        "p95_ms": round(statistics.quantiles(times, n=20)[18], 1),
        "worst_ms": round(max(times), 1),
        "processor_median_ms": round(statistics.median(worked), 1),
        "kilobytes": round(size / 1000, 1),
    }


async def recall(services: Services, shares: int) -> float:
    """Of the twenty nearest by 32-bit floats, compared one by one, what the gallery finds: 0–1."""
    exact = np.concatenate(
        [vectors(min(BATCH, shares + 1 - first), first) for first in range(1, shares + 1, BATCH)], dtype=np.float32
    )
    found = 0
    for asked in vectors(ASKED, 0):
        nearest = set((np.argsort(-(exact @ asked))[:NEAREST] + 1).tolist())
        found += len(nearest & set(await services.meaning.nearest(GUILD, asked.tolist(), NEAREST)))
    return found / (ASKED * NEAREST)


@asynccontextmanager
async def database_of(named: str | None) -> AsyncIterator[str | None]:
    """The URL of what was named on the command line; None for a SQLite file in a new folder."""
    if named != "postgresql":
        yield named
        return
    from tests.servers import Postgres, postgres_url

    with postgres_url() as server:
        yield await Postgres(server).new_database()


@asynccontextmanager
async def opened(folder: Path, url: str | None) -> AsyncIterator[tuple[Services, "TestClient[Any, Any]"]]:
    """The web pages over an empty database; no inference server is asked for anything."""
    named = {} if url is None else {"database_url": url}
    settings = load_settings(None, data_dir=folder, web_port=0, **named)
    async with AsyncExitStack() as stack:
        pool = Reader([Endpoint("unix:///nowhere.sock")])
        services = await stack.enter_async_context(open_services(settings, pool=pool))
        server = TestServer(create_app(Site(services, OneServer(), "http://localhost")))
        client = TestClient(server)
        await stack.enter_async_context(client)
        yield services, client


async def fill(database: Database, shares: int) -> None:
    """Rows as they are after a year; one in a hundred pictures was removed."""
    chance = random.Random(1)  # for the same rows every time
    now = datetime.now(UTC)
    for first in range(1, shares + 1, BATCH):
        rows = list(made(range(first, min(first + BATCH, shares + 1)), shares, now, chance))
        async with database.writing() as session:
            for table, place in ((GenerationTable, 0), (ImageTable, 1), (ShareTable, 2)):
                await session.execute(insert(table), [row[place] for row in rows])
            meanings = zip(rows, vectors(len(rows), first), strict=True)
            await session.execute(
                insert(MeaningTable),
                [
                    {"generation_id": row[0]["id"], "guild_id": GUILD, "vector": vector.astype(np.float16).tobytes()}
                    for row, vector in meanings
                ],
            )
    async with database.writing() as session:
        await session.execute(text("ANALYZE"))


def vectors(count: int, seed: int) -> NDArray[np.float32]:
    """Of length one, and all rather alike, as prompts are: (count, 384)."""
    drawn = np.random.default_rng(seed).standard_normal((count, 384), dtype=np.float32) + 1
    lengths: NDArray[np.float32] = np.linalg.norm(drawn, axis=1, keepdims=True)
    return drawn / lengths


def made(
    numbers: range, shares: int, now: datetime, chance: random.Random
) -> Iterator[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
    for number in numbers:
        at = now - timedelta(days=365) * ((shares - number) / shares)
        prompt = f"a {chance.choice(THINGS)} and a {chance.choice(THINGS)} {chance.choice(PLACES)}"
        prompt = f"{prompt}, {chance.choice(STYLES)}" if chance.random() < 0.6 else prompt
        user_id = 5000 + int(AUTHORS * chance.random() ** 3)
        yield (
            {
                "id": number, "kind": "imagine", "status": "delivered", "user_id": user_id, "user_name": f"p{user_id}",
                "guild_id": GUILD, "channel_id": 42, "locale": "en-US", "prompt": prompt,
                "normalised_prompt": normalise(prompt), "image_count": 1, "seed": number, "model": "builtin",
                "created_at": at, "finished_at": at, "delivered_at": at, "spoiler": False,
            },
            {
                "generation_id": number, "index": 0, "key": f"{number}.png", "sha256": f"{number:064x}", "seed": number,
                "width": 512, "height": 512, "removed_at": at if chance.random() < 0.01 else None, "removed_by": 1,
            },
            {
                "id": number, "generation_id": number, "image_index": 0, "guild_id": GUILD, "user_id": user_id,
                "votes": int(chance.paretovariate(1.2)) - 1, "created_at": at,
            },
        )  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shares", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--database", help="postgresql, or the URL of an empty one; a SQLite file unless named")
    asked = parser.parse_args()
    if asked.rounds < 2:  # a percentile of one figure is none
        parser.error(f"--rounds is {asked.rounds}; a percentile needs 2 at least")
    print(json.dumps(asyncio.run(main(asked.shares, asked.rounds, asked.database)), indent=1))
