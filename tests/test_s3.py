"""Pictures in a bucket: the same as in a folder, through the real library, over a real socket."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.config import load_settings
from bot.errors import ConfigurationError, NotFound, NotSaved
from bot.storage.naming import key_of
from bot.storage.s3 import Bucket, S3Storage, open_bucket
from tests.bot_fakes import an_order, draw, services
from tests.s3_fake import FakeS3, a_store


@pytest.fixture
async def store() -> AsyncIterator[FakeS3]:
    async with a_store("pictures") as opened:
        yield opened


def bucket(store: FakeS3, url: str = "s3://pictures/easel", key_id: str = "key-id") -> Bucket:
    return Bucket(url, store.url, "eu-central-1", key_id, "secret-key")


@pytest.fixture
async def storage(store: FakeS3) -> AsyncIterator[S3Storage]:
    async with open_bucket(bucket(store)) as opened:
        yield opened


async def test_what_was_put_is_there_until_deleted(store: FakeS3, storage: S3Storage) -> None:
    """Byte for byte, under the prefix; a second put replaces, a second delete does nothing."""
    await storage.put("generations/7/0.png", b"older")
    await storage.put("generations/7/0.png", bytes(range(256)) * 4096)
    assert await storage.get("generations/7/0.png") == bytes(range(256)) * 4096
    assert list(store.objects["pictures"]) == ["easel/generations/7/0.png"]
    for _ in range(2):
        await storage.delete("generations/7/0.png")
    with pytest.raises(NotFound):
        await storage.get("generations/7/0.png")


async def test_an_object_is_what_its_name_says_or_not_there(store: FakeS3, storage: S3Storage) -> None:
    """Whatever happened to it in the store."""
    key = key_of(7, b"a picture", "png")
    await storage.put(key, b"a picture")
    assert await storage.get(key) == b"a picture"
    store.objects["pictures"][f"easel/{key}"] = b"a pictur"
    with pytest.raises(NotFound):
        await storage.get(key)


async def test_a_passing_trouble_is_tried_again(store: FakeS3, storage: S3Storage) -> None:
    """A store that is busy for a moment loses no picture; one that stays so is a sentence."""
    store.failing = 1
    await storage.put("a.png", b"a")
    assert store.objects["pictures"]["easel/a.png"] == b"a"
    store.failing = 99
    with pytest.raises(NotSaved):
        await storage.put("b.png", b"b")


@pytest.mark.parametrize("key", ["../secret", "/etc/passwd", "a/../../b", ""])
async def test_keys_stay_inside(store: FakeS3, storage: S3Storage, key: str) -> None:
    """Nothing outside the prefix is read or written."""
    before = list(store.requests)
    for act in (storage.get(key), storage.delete(key), storage.put(key, b"")):
        with pytest.raises(ValueError, match="leads out of the storage"):
            await act
    assert store.requests == before


@pytest.mark.parametrize(("url", "key_id"), [("s3://nowhere", "key-id"), ("s3://pictures", "somebody")])
async def test_a_bucket_that_cannot_be_used_stops_the_start(store: FakeS3, url: str, key_id: str) -> None:
    """None of this name, or not with this key: which setting, and no secret."""
    with pytest.raises(ConfigurationError, match="PICTURES_URL='s3://") as caught:
        async with open_bucket(bucket(store, url, key_id)):
            pass
    assert "secret-key" not in str(caught.value)


async def test_a_store_that_is_away_stops_the_start() -> None:
    """With its address's setting named."""
    with pytest.raises(ConfigurationError, match="S3_ENDPOINT"):
        async with open_bucket(Bucket("s3://pictures", "http://127.0.0.1:1", None, "key-id", "secret-key")):
            pass


async def test_the_bot_keeps_its_pictures_there(store: FakeS3, tmp_path: Path) -> None:
    """As the settings say; the data folder holds the database alone."""
    chosen: dict[str, Any] = {
        "pictures_url": "s3://pictures", "s3_endpoint": store.url, "s3_access_key_id": "key-id",
        "s3_secret_access_key": "secret-key",
    }  # fmt: skip
    async with services(tmp_path, **chosen) as opened:
        record = await draw(opened, an_order(images=4))
    assert {image.key for image in record.images} | {record.grid_key} == set(store.objects["pictures"])
    assert not (tmp_path / "pictures").exists()


def test_a_url_of_something_else_is_named() -> None:
    """With how it must read."""
    for url in ("https://bucket", "s3:///folder", "bucket"):
        with pytest.raises(ConfigurationError, match="must read like s3://bucket"):
            load_settings(None, pictures_url=url)
