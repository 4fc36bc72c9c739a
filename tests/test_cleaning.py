"""`easel storage clean`: files that no row names go, all others stay."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.actions.cleaning import Cleaner
from bot.cli.app import app
from bot.database.files import FileKeys
from bot.generation.thumbnail import thumbnail_key
from bot.storage.s3 import Bucket, open_bucket
from tests.bot_fakes import an_order, draw, order_one, services, tile
from tests.s3_fake import a_store

LOST = ("generations/1/9.png", "generations/1/.0.png.half", "generations/77/0.png")
NOT_OURS = ("notes.txt", "generations/readme", "avatars/1/0.png")


def keys(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


async def a_folder_with_orphans(tmp_path: Path) -> set[str]:
    """A generation, a variation with its start, and what no row names, all of them old; returns what is named."""
    async with services(tmp_path) as opened:
        record = await draw(opened)
        await opened.storage.put(thumbnail_key(record.images[0].key), b"x")
        await order_one(opened, an_order(init_image=tile(3, 16), strength=0.5, kind="vary"))
    pictures = tmp_path / "pictures"
    named = keys(pictures)
    for key in (*LOST, *NOT_OURS):
        (pictures / key).parent.mkdir(parents=True, exist_ok=True)
        (pictures / key).write_bytes(b"x")
    for key in keys(pictures):
        os.utime(pictures / key, (0, 1_700_000_000))
    return named


async def test_they_are_listed_first_and_deleted_when_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever Easel did not put there stays."""
    named = await a_folder_with_orphans(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    for words in ((), ("--delete",)):
        assert keys(tmp_path / "pictures") == {*named, *LOST, *NOT_OURS}
        result = await asyncio.to_thread(CliRunner().invoke, app, ["storage", "clean", *words])
        assert result.exit_code == 0
        assert "3 files" in result.output
    assert keys(tmp_path / "pictures") == {*named, *NOT_OURS}


async def test_orphans_are_found_in_a_folder(tmp_path: Path) -> None:
    """Also half written ones; nothing that a row names, nothing young, nothing of others."""
    named = await a_folder_with_orphans(tmp_path)
    assert any("/from-" in key for key in named)
    assert any(key.endswith(".small.webp") for key in named)
    async with services(tmp_path) as opened:
        cleaner = Cleaner(opened.storage, FileKeys(opened.database))
        found = {file.key async for file in cleaner.orphans(datetime.now(UTC))}
        assert found == set(LOST)
        long_ago = datetime.fromtimestamp(1_700_000_000, UTC) + timedelta(hours=23)
        assert [file async for file in cleaner.orphans(long_ago)] == []


async def test_orphans_are_found_in_a_bucket(tmp_path: Path) -> None:
    """Under the bucket's prefix alone."""
    async with services(tmp_path) as opened, a_store("pictures") as store:
        store.objects["pictures"] = {"easel/generations/5/0.png": b"xy", "other/generations/5/0.png": b"x"}
        async with open_bucket(Bucket("s3://pictures/easel", store.url, None, "key-id", "secret")) as storage:
            cleaner = Cleaner(storage, FileKeys(opened.database))
            found = [(file.key, file.size) async for file in cleaner.orphans(datetime.now(UTC))]
    assert found == [("generations/5/0.png", 2)]
