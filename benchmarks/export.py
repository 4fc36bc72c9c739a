"""Memory and time of exporting a large request log: `python -m benchmarks.export --rows 1000000`.

Fills a database as `benchmarks.log_search` does (or takes the one of `--url`), exports it as CSV and as JSON Lines, and
looks at the process's memory on the way.  One JSON object a line; `grown_mb` is how much more memory the process had
at its end than after the first tenth.
"""

import argparse
import asyncio
import json
import resource
import time

from benchmarks.log_search import fill, opened
from bot.actions.actor import Actor
from bot.actions.exports import Exports, Form
from bot.database.audit import AuditLog
from bot.database.generations import GenerationLog
from bot.database.records import GenerationFilter
from bot.database.session import Database

FORMS: tuple[Form, ...] = ("csv", "jsonl")


async def exported(database: Database, form: Form, rows: int) -> dict[str, object]:
    exports = Exports(GenerationLog(database), AuditLog(database))
    lines = size = 0
    early = peak()
    started = time.perf_counter()
    async for line in exports.lines(Actor.operator(), GenerationFilter(), form, "all"):
        lines, size = lines + 1, size + len(line.encode())
        if lines == rows // 10:
            early = peak()
        if lines > rows:
            break
    seconds = time.perf_counter() - started
    return {
        "form": form, "lines": lines, "mb": round(size / 1e6), "seconds": round(seconds),
        "peak_mb": round(peak()), "grown_mb": round(peak() - early, 1),
    }  # fmt: skip


def peak() -> float:
    """The most memory that the process ever had, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def run(asked: argparse.Namespace) -> None:
    async with opened(asked.database, asked.url) as database:
        await fill(database, asked.rows)
        for form in FORMS:
            told = {"database": database.dialect} | await exported(database, form, asked.rows)
            print(json.dumps(told), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--url", help="a database to keep; filled where it is empty")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
