"""The composition root: everything opens, works together, and closes."""

import asyncio
from pathlib import Path

import pytest

from bot.config import load_settings
from bot.errors import ConfigurationError
from bot.pool.pool import Pool
from bot.services import open_services
from inference.contract import Done, Image, Queued
from tests.bot_fakes import FakePool, an_order, draw, order_one, services, tile
from tests.test_endpoint import FakeServer


async def test_everything_is_kept_in_the_data_folder(tmp_path: Path) -> None:
    """Database, its lock and pictures, and nothing else."""
    async with services(tmp_path / "data") as opened:
        record = await draw(opened)
    kept = {path.relative_to(tmp_path / "data").as_posix() for path in (tmp_path / "data").rglob("*") if path.is_file()}
    keys = [record.grid_key, *(image.key for image in record.images)]
    assert kept == {"easel.db", "easel.db.lock", *(f"pictures/{key}" for key in keys)}


async def test_remote_servers_are_used_as_the_settings_say(tmp_path: Path) -> None:
    """With INFERENCE_URLS no server is started here, and a generation runs on the one named."""
    server = FakeServer(tmp_path / "r.sock")
    server.events = [Queued(), Image(0, 5, None, tile(5)), Done(0.1, "remote")]
    await server.open()
    settings = load_settings(None, data_dir=tmp_path, inference_urls=server.url)
    async with open_services(settings) as opened:
        assert isinstance(opened.pool, Pool)
        record = await draw(opened, an_order(images=1, seed=5))
    await server.close()
    assert (record.status, record.model) == ("delivered", "remote")


async def test_a_data_folder_that_cannot_be_used_stops_the_start(tmp_path: Path) -> None:
    """Before anything else is opened, with path and cure."""
    (tmp_path / "data").write_text("a file")
    with pytest.raises(ConfigurationError, match="DATA_DIR"):
        async with open_services(load_settings(None, data_dir=tmp_path / "data"), pool=FakePool()):
            pass


async def test_nothing_is_left_running(tmp_path: Path) -> None:
    """After closing, no task of ours is left on the loop."""
    before = asyncio.all_tasks()
    pool = FakePool()
    pool.hold()
    async with services(tmp_path, pool) as opened:
        await order_one(opened, an_order())
    left = {task.get_name() for task in asyncio.all_tasks() - before if not task.done()}
    assert left == set()
