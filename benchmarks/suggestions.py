"""How soon a prompt is suggested while it is typed: `python -m benchmarks.suggestions [--database postgresql]`.

Fills a new database, as `benchmarks.log_search` does, with a hundred thousand requests, half of them one person's, and
with ten thousand shared pictures, eight thousand favourites and twenty styles of theirs.  Then asks what that person is
offered at `/imagine prompt:` for several beginnings.  One JSON object: milliseconds from the call to the choices.
Discord waits three seconds.
"""

import argparse
import asyncio
import json
import statistics
import time
from typing import Final

from sqlalchemy import insert, select, text

from benchmarks.log_search import LARGE, insert_rows, opened, rows
from bot.actions.actor import Actor
from bot.actions.styles import StyleBook
from bot.actions.suggestions import Suggestions
from bot.database.prompts import Prompts
from bot.database.records import Style
from bot.database.session import Database, utc_now
from bot.database.styles import Styles
from bot.database.tables.gallery import FavouriteTable, OwnFavouriteTable, ShareTable
from bot.database.tables.generations import GenerationTable

PERSON: Final = 7
SHARED, FAVOURITES, OWN_FAVOURITES, STYLES = 10_000, 3_000, 5_000, 20
TYPED: Final = ("", "red", "red cat", "zzz", "ca", "red cat --style s")
ROUNDS: Final = 15


async def fill(database: Database, requests: int) -> None:
    made = (row | {"user_id": PERSON} if number % 2 else row for number, row in enumerate(rows(requests)))
    await insert_rows(database, made)
    now = utc_now()
    async with database.writing() as session:
        theirs = select(GenerationTable.id).where(GenerationTable.user_id == PERSON).order_by(GenerationTable.id)
        ids = list(await session.scalars(theirs))
        picture = {"image_index": 0, "user_id": PERSON, "created_at": now}
        shares = [
            {**picture, "generation_id": one, "guild_id": LARGE, "votes": place % 50}
            for place, one in enumerate(ids[:SHARED])
        ]
        await session.execute(insert(ShareTable), shares)
        shared = list(await session.scalars(select(ShareTable.id)))[:FAVOURITES]
        kept = [{"user_id": PERSON, "share_id": one, "created_at": now} for one in shared]
        await session.execute(insert(FavouriteTable), kept)
        own = [{**picture, "generation_id": one} for one in ids[-OWN_FAVOURITES:]]
        await session.execute(insert(OwnFavouriteTable), own)
        await session.execute(text("ANALYZE"))


async def main(kind: str, requests: int) -> dict[str, object]:
    async with opened(kind, None) as database:
        await fill(database, requests)
        styles = StyleBook(Styles(database))
        suggestions, actor = Suggestions(Prompts(database), styles), Actor(PERSON, LARGE, 1000)
        for number in range(STYLES):
            await styles.put(actor, Style(f"style {number}", suffix="in ink"), for_server=False)
        seconds, most = [], 0
        for typed in TYPED * ROUNDS:
            begun = time.perf_counter()
            found = await suggestions.prompts(actor, typed)
            seconds.append(time.perf_counter() - begun)
            most = max(most, len(found))
    at = {"median_ms": statistics.median(seconds), "p95_ms": statistics.quantiles(seconds, n=20)[-1]}
    return {"database": kind, "requests": requests, "most_choices": most} | {
        name: round(1000 * value, 1) for name, value in at.items()
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--requests", type=int, default=100_000)
    arguments = parser.parse_args()
    print(json.dumps(asyncio.run(main(arguments.database, arguments.requests))))
