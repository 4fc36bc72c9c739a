"""Recognising pictures by what they look like: changed ones, foreign ones, and who may know of what."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

import imagehash
import numpy as np
import pytest
from PIL import Image as Pillow

from benchmarks.find import CHANGES, encoded, made_up
from bot.actions.actor import Actor
from bot.database.fingerprints import Fingerprints
from bot.database.session import Database
from bot.errors import InvalidOption
from bot.generation.fingerprint import HASHES, UnreadablePicture, from_bytes, looked_for, prints_in, prints_of
from bot.generation.grid import compose
from bot.generation.likeness import Likenesses
from bot.services import Services
from inference.contract import Event, GenerationRequest, Image
from tests.bot_fakes import ADA, BOB, GUILD, FakePool, an_order, draw, services, tile

MODERATOR = Actor(3003, GUILD, permissions=frozenset({"manage_messages"}))
NEIGHBOUR = Actor(4004, GUILD + 1, permissions=frozenset({"manage_messages"}))
OPERATOR = Actor.operator()


class PaintingPool(FakePool):
    """Draws a picture of its own a seed."""

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[Event]:
        async for event in super().generate(request):
            yield replace(event, png=painted(event.seed)) if isinstance(event, Image) else event


def painted(seed: int) -> bytes:
    return encoded(made_up(seed))


@cache
def twenty() -> Likenesses:
    """Those of seeds 0 to 19."""
    known = Likenesses()
    known.add([(seed, 0) for seed in range(20)], [from_bytes(prints_of(painted(seed))) for seed in range(20)])
    return known


@asynccontextmanager
async def drawn_by_ada(folder: Path) -> AsyncIterator[Services]:
    """Generation 1: four pictures, of seeds 7 to 10."""
    async with services(folder, PaintingPool()) as opened:
        await draw(opened, an_order(images=4, seed=7))
        await opened.note_taker.idle()
        yield opened


async def ids(opened: Services, actor: Actor, file: bytes) -> list[tuple[int, int]]:
    return [(one.record.id, one.index) for one in await opened.recognition.find(actor, file)]


# ------------------------------------------------------------------------------------------------------- the prints


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_picture_is_found_among_others(change: str) -> None:
    known, chance = twenty(), np.random.default_rng(0)
    for seed in range(0, 20, 5):
        found = known.find(looked_for(CHANGES[change](made_up(seed), chance)))
        assert [one.key for one in found][:1] == [(seed, 0)]
        assert known.find(looked_for(CHANGES[change](made_up(1000 + seed), chance))) == []


@pytest.mark.parametrize("change", ["a tenth of the area cropped", "a tenth of each side cropped"])
def test_a_crop_between_two_windows_is_found(change: str) -> None:
    """Its fields are as bright as those of neither window, by up to a few levels; of forty, all are found."""
    chance = np.random.default_rng(5)
    for seed in range(40):
        known = Likenesses()
        known.add([(seed, 0)], [prints_in(made_up(seed))])
        assert known.find(looked_for(CHANGES[change](made_up(seed), chance))), seed


def test_a_picture_that_ends_where_its_page_begins_is_found_in_a_frame() -> None:
    """White around a thing on white: what is inside the border is compared, of ours as well."""
    thing = Pillow.new("RGB", (256, 256), "white")
    thing.paste(made_up(3).resize((90, 120)), (40, 90))
    page = Pillow.new("RGB", (500, 700), "white")
    page.paste(thing, (100, 60))
    known = Likenesses()
    known.add([(1, 0)], [from_bytes(prints_of(encoded(thing)))])
    assert [one.key for one in known.find(looked_for(encoded(page)))] == [(1, 0)]


@pytest.mark.parametrize("count", [2, 3, 4, 9])
def test_a_grid_is_found_by_its_first_picture(count: int) -> None:
    known = Likenesses()
    known.add([(1, 0)], [from_bytes(prints_of(painted(5)))])
    grid = compose([painted(seed) for seed in range(5, 5 + count)])
    assert [one.key for one in known.find(looked_for(grid))] == [(1, 0)]


def test_colours_tell_pictures_of_one_shape_apart() -> None:
    """Brightness alone would take the one for the other."""
    red, green, blue = made_up(4).split()
    known = Likenesses()
    known.add([(1, 0)], [from_bytes(prints_of(painted(4)))])
    swapped = encoded(Pillow.merge("RGB", (blue, green, red)))
    assert known.find(looked_for(swapped)) == []


def test_the_ground_tells_pictures_of_one_thing_apart() -> None:
    """As the built-in model draws them: the same heart on one colour and on another."""
    known, seen = Likenesses(), []
    for ground in ("#f0dcbe", "#3cd2e6"):
        picture = Pillow.new("RGB", (256, 256), ground)
        picture.paste(made_up(5).resize((120, 120)), (70, 60))
        seen.append(picture)
    known.add([(1, 0), (2, 0)], [from_bytes(prints_of(encoded(one))) for one in seen])
    for place, picture in enumerate(seen):
        saved = encoded(picture.resize((130, 130)), "JPEG", quality=70)
        assert [one.key for one in known.find(looked_for(saved))] == [(place + 1, 0)]


def test_the_hashes_are_those_of_the_library() -> None:
    """Up to rounding: imagehash rounds to whole levels between its steps."""
    for seed in range(8):
        picture = made_up(seed).resize((64, 64), Pillow.Resampling.LANCZOS)
        brightness, blue, red = picture.resize((32, 32), Pillow.Resampling.LANCZOS).convert("YCbCr").split()
        theirs = (
            imagehash.phash(brightness), imagehash.dhash(brightness), imagehash.dhash_vertical(brightness),
            imagehash.average_hash(blue), imagehash.average_hash(red),
        )  # fmt: skip
        words = [np.packbits(one.hash.ravel()).view(np.uint64)[0] for one in theirs]
        (whole, *_) = from_bytes(prints_of(painted(seed)))
        assert int(np.bitwise_count(whole[:HASHES] ^ np.array(words)).sum()) <= 16


def test_an_even_surface_is_like_nothing() -> None:
    """It would be like every other."""
    assert prints_of(tile(3)) == b""
    assert len(looked_for(tile(3))) == 0


@pytest.mark.parametrize("file", [b"", b"not a picture", tile(1)[:40]])
def test_what_is_no_picture_is_refused(file: bytes) -> None:
    with pytest.raises(UnreadablePicture, match="cannot be read"):
        looked_for(file)


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.generation.fingerprint.MAX_PIXELS", 100)
    with pytest.raises(UnreadablePicture, match="64 × 64 pixels; at most 100"):
        looked_for(tile(1, side=64))


def test_transparent_pictures_are_seen_on_white() -> None:
    clear = Pillow.new("RGBA", (64, 64), (0, 0, 0, 0))
    clear.paste((200, 30, 30, 255), (8, 8, 40, 40))
    shown = Pillow.new("RGB", (64, 64), "white")
    shown.paste((200, 30, 30), (8, 8, 40, 40))
    assert (looked_for(encoded(clear)) == looked_for(encoded(shown))).all()


# ------------------------------------------------------------------------------------------------- who may know what


async def test_what_was_just_drawn_is_recognised(tmp_path: Path) -> None:
    """By its owner, in its server, by the operator; nobody hears of it elsewhere."""
    async with drawn_by_ada(tmp_path) as opened:
        images = {image.seed: image.index for image in (await opened.generations.get(1)).images}  # type: ignore[union-attr]
        wanted = [(1, images[8])]
        for actor in (Actor(ADA, None), Actor(BOB, GUILD), MODERATOR, OPERATOR):
            assert await ids(opened, actor, painted(8)) == wanted
        assert await ids(opened, NEIGHBOUR, painted(8)) == []
        assert await ids(opened, MODERATOR, painted(999)) == []


async def test_removed_pictures_are_recognised_by_moderators_until_their_files_are_gone(tmp_path: Path) -> None:
    async with drawn_by_ada(tmp_path) as opened:
        await opened.removals.remove(MODERATOR, 1, "no")
        assert await ids(opened, Actor(BOB, GUILD), painted(8)) == []
        assert await ids(opened, MODERATOR, painted(8)) != []
        await opened.eraser.erase_now(1)
        assert await ids(opened, MODERATOR, painted(8)) == []
        assert await Fingerprints(opened.database).count() == 0


async def test_what_its_owner_erases_is_not_recognised_any_more(tmp_path: Path) -> None:
    async with drawn_by_ada(tmp_path) as opened:
        assert await ids(opened, MODERATOR, painted(8)) != []
        await opened.privacy.erase(ADA)
        assert await ids(opened, OPERATOR, painted(8)) == []
        assert await Fingerprints(opened.database).count() == 0


async def test_a_file_that_is_no_picture_is_an_option_to_mend(tmp_path: Path) -> None:
    async with services(tmp_path) as opened:
        with pytest.raises(InvalidOption, match="unreadable_picture"):
            await opened.recognition.find(MODERATOR, b"text")


async def test_older_pictures_are_filled_in(tmp_path: Path) -> None:
    """Those with a file and without prints, once; one whose file is lost is passed over."""
    async with drawn_by_ada(tmp_path) as opened:
        kept = Fingerprints(opened.database)
        await _empty(opened.database)
        record = await opened.generations.get(1)
        assert record is not None
        await opened.storage.delete(record.images[3].key)
        assert [done async for done in opened.recognition.fill()] == [3]
        assert {one.key for one in await kept.newer(0)} == {(1, 0), (1, 1), (1, 2)}
        assert [done async for done in opened.recognition.fill()] == [0]
        assert await ids(opened, MODERATOR, painted(8)) != []


async def test_prints_that_another_process_adds_and_takes_away_count_at_once(tmp_path: Path) -> None:
    async with drawn_by_ada(tmp_path) as opened:
        assert await ids(opened, MODERATOR, painted(8)) != []
        await _empty(opened.database)
        assert await ids(opened, MODERATOR, painted(8)) == []
        async for _ in opened.recognition.fill():
            pass
        assert await ids(opened, MODERATOR, painted(8)) != []


async def _empty(database: Database) -> None:
    from sqlalchemy import delete

    from bot.database.tables.generations import FingerprintTable

    async with database.writing() as session:
        await session.execute(delete(FingerprintTable))


async def test_prints_of_either_database(database: Database) -> None:
    """What is put is handed out in order, in place of what was there; nothing is kept of pictures that are not."""
    from bot.database.generations import GenerationLog
    from bot.database.records import ImageRecord

    log, kept = GenerationLog(database), Fingerprints(database)
    generation_id = await log.open(an_order(seed=1))
    assert await kept.missing() == []
    for status in (log.record_queued, log.record_start):
        await status(generation_id)
    images = [ImageRecord(generation_id, index, f"{index}.png", "0" * 64, 1, None, 8, 8) for index in (0, 1)]
    await log.record_pictures(generation_id, images, model="m", grid_key=None)
    assert [(one.generation_id, one.index) for one in await kept.missing()] == [(generation_id, 0), (generation_id, 1)]
    await kept.put(generation_id, {0: b"a", 5: b"b"})
    await kept.put(generation_id, {0: b"c", 1: b"d"})
    rows = await kept.newer(0)
    assert [(one.key, one.prints) for one in rows] == [((generation_id, 0), b"c"), ((generation_id, 1), b"d")]
    assert await kept.newer(rows[-1].id) == []
    assert await kept.missing() == []
    assert await kept.keys() == {(generation_id, 0), (generation_id, 1)}
    assert [one.prints for one in await kept.of({(generation_id, 1)})] == [b"d"]
