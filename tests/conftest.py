"""What holds for all tests: hypothesis draws the same examples every time, and no machine is too slow for it.

`town` is a simulated Discord with the real bot in it, for tests of commands and buttons.
"""

import asyncio
import gc
import os
import sys
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import simcord
import structlog
from hypothesis import settings

from bot.database.session import Database
from bot.garbage import set_aside
from bot.views import attempt
from tests.bodies import checked_bodies
from tests.bot_fakes import empty_database
from tests.browsers import launched
from tests.compiled import share_compiled_statements
from tests.servers import Postgres, postgres_url, redis_url
from tests.town import SyncOnce, Town, a_bot, build

# The tests themselves run side by side, one a core: threads of torch beside them would only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile("easel", derandomize=True, deadline=None)
settings.load_profile("easel")

share_compiled_statements()

# rich's tracebacks, structlog's default where rich is installed, take a second each on a busy machine.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)


NOT_IN_DEV = "the extra `ray`"  # for its size; its tests run where it is installed


def pytest_collection_finish() -> None:
    """What was imported lives for good: looking through it was a quarter of the processor time of all tests."""
    set_aside()
    gc.set_threshold(10_000, 10, 100)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Each test begins with one thread of torch, whatever the one before it left: a stage of training takes two."""
    if (torch := sys.modules.get("torch")) is not None:
        torch.set_num_threads(1)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """What a file's tests imported and loaded lives for good, too."""
    if nextitem is not None and nextitem.path != item.path:
        gc.collect()
        gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where everything is installed that a test may need (EASEL_TEST_NO_SKIP), a skip is a failure."""
    report = yield
    is_left_out = report.skipped and not hasattr(report, "wasxfail") and NOT_IN_DEV not in str(report.longrepr)
    if is_left_out and "EASEL_TEST_NO_SKIP" in os.environ:
        report.outcome = "failed"
        report.longrepr = f"skipped, and EASEL_TEST_NO_SKIP allows none: {report.longreprtext}"
    return report


@pytest.fixture
async def env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[simcord.Env]:
    """The simulated Discord, which takes no body that the real one would not.

    SimCord's own plugin lets a test that has one see its clock.
    """
    monkeypatch.setattr("bot.client.CommandSync", SyncOnce)
    with checked_bodies(monkeypatch) as refused:
        env = build(a_bot(tmp_path))
        await env.start()
        yield env
        await env.shutdown()
    env.raise_errors()
    assert not refused, refused


@pytest.fixture
def town_settings() -> dict[str, Any]:
    """What the town's services are opened with, besides the defaults; to be overridden."""
    return {}


@pytest.fixture
async def town(
    env: simcord.Env, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, town_settings: dict[str, Any]
) -> AsyncIterator[Town]:
    """Fails the test if the bot broke; one that expects this clears `town.logs`."""
    monkeypatch.setattr(attempt, "FIRST_PAUSE", 0.0)
    with structlog.testing.capture_logs() as logs:
        town = Town(env, tmp_path, logs, **town_settings)
        await town.open()
        yield town
        await town.close()
    assert not town.broken, town.broken


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL; skips where there is none."""
    with postgres_url() as url:
        server = Postgres(url)
        yield server
        asyncio.run(server.close())


@pytest.fixture
async def postgres_database(postgres: Postgres) -> AsyncIterator[str]:
    """The URL of a database of the test's own on the PostgreSQL, with the newest schema."""
    url = await postgres.migrated_database()
    yield url
    await postgres.give_back(url)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Any]:
    """A browser to open tabs in; skips where there is none."""
    async with launched() as browser:
        yield browser


@pytest.fixture(scope="session")
def redis() -> Iterator[str]:
    """A real Redis's URL; skips where there is none."""
    with redis_url() as url:
        yield url


@pytest.fixture
async def empty_postgres_database(postgres: Postgres) -> AsyncIterator[str]:
    """As `postgres_database`, before the first migration."""
    url = await postgres.new_database()
    yield url
    await postgres.drop_database(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with nothing in it; on SQLite, none yet."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("empty_postgres_database"))
    return f"sqlite+aiosqlite:///{tmp_path}/easel.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with the newest schema: a test that takes it runs on SQLite and on PostgreSQL."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_database"))
    (tmp_path / "easel.db").write_bytes(empty_database())
    return f"sqlite+aiosqlite:///{tmp_path}/easel.db"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with Database(database_url) as opened:
        yield opened
