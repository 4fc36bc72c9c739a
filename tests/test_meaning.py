"""Search by meaning: vectors are read behind the shares, and compared exactly."""

import asyncio
import io
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from bot.actions.actor import Actor
from bot.actions.meaning import Meaning
from bot.database.generations import GenerationLog
from bot.database.meanings import MeaningLog
from bot.database.records import ShareRecord
from bot.database.session import Database
from bot.database.shares import Shares
from bot.errors import NoEndpoint
from bot.services import Services
from tests.bot_fakes import ADA, BOB, GUILD, FakePool, FakePosts, an_order, draw, services, vector_of
from tests.test_database import drawn, seeded

HERE = Actor(ADA, GUILD)


@pytest.fixture
def pool() -> FakePool:
    return FakePool()


@pytest.fixture
async def opened(tmp_path: Path, pool: FakePool) -> AsyncIterator[Services]:
    async with services(tmp_path, pool, FakePosts(), limit_per_person="off", limit_per_server="off") as opened:
        yield opened


async def share(opened: Services, prompt: str, guild_id: int = GUILD) -> ShareRecord:
    record = await draw(opened, an_order(prompt, images=2, guild_id=guild_id))
    return await opened.gallery.share(Actor(ADA, guild_id), record.id, 0)


def _as_drawn(drawn: bytes, *_: object, **__: object) -> bytes:
    return drawn


async def found(meaning: Meaning, words: str, limit: int = 10, here: Actor = HERE) -> list[str]:
    return [one.prompt for one in await meaning.search(here, words, limit)]


async def test_the_likest_come_first_and_what_is_unlike_not_at_all(opened: Services) -> None:
    """Of this server alone; what is shared later is found as soon as it was read."""
    for prompt in ("a small cat", "a small cat asleep", "the sea"):
        await share(opened, prompt)
    await share(opened, "a small cat", GUILD + 1)
    assert await found(opened.meaning, "a small cat") == []
    assert await opened.meaning.read() == 4
    assert await found(opened.meaning, "a small cat") == ["a small cat", "a small cat asleep"]
    assert await found(opened.meaning, "a small cat", limit=1) == ["a small cat"]
    await share(opened, "small cat")
    assert await opened.meaning.read() == 1
    assert await opened.meaning.read() == 0
    assert await found(opened.meaning, "small cat") == ["small cat", "a small cat", "a small cat asleep"]
    assert await found(opened.meaning, "a small cat", here=Actor(ADA, GUILD + 1)) == ["a small cat"]


async def test_more_like_this_is_without_the_picture_itself(opened: Services) -> None:
    """Nor another one of the same generation; nothing before it was read."""
    first, second = await share(opened, "a small cat"), await share(opened, "a small dog")
    await opened.gallery.share(HERE, first.generation.id, 1)
    assert await opened.meaning.like(HERE, first, 5) == ()
    await opened.meaning.read()
    assert [one.id for one in await opened.meaning.like(HERE, first, 5)] == [second.id]


async def test_of_a_very_large_server_the_newest_are_found(opened: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the first look on, and as more are shared."""
    monkeypatch.setattr("bot.actions.meaning.MOST_IN_MEMORY", 3)
    monkeypatch.setattr("bot.actions.meaning.RELOAD_SECONDS", -1.0)
    prompts = [f"a small cat {colour}" for colour in ("red", "blue", "green", "white", "black")]
    for prompt in prompts:
        await share(opened, prompt)
    await opened.meaning.read()
    assert sorted(await found(opened.meaning, "a small cat")) == sorted(prompts[2:])
    await share(opened, "a small cat asleep")
    await opened.meaning.read()
    for _ in range(2):  # one more than the most is let in, then the oldest is let go
        await found(opened.meaning, "a small cat")
    assert sorted(await found(opened.meaning, "a small cat")) == sorted([*prompts[3:], "a small cat asleep"])


@pytest.mark.parametrize("how", ["removed", "unshared", "banned", "erased"])
async def test_what_is_gone_is_not_found(opened: Services, how: str) -> None:
    """Though its vector is still in memory."""
    one = await share(opened, "a small cat")
    await opened.meaning.read()
    assert await found(opened.meaning, "small cat") == ["a small cat"]
    if how == "removed":
        await opened.generations.remove(one.generation.id, 1, "")
    elif how == "unshared":
        await opened.gallery.unshare(HERE, one.id)
    elif how == "banned":
        await opened.sanctions.sanction(ADA, GUILD, "ban", None, "", 1)
    else:
        await opened.privacy.erase(ADA)
        assert await MeaningLog(opened.database).count(GUILD) == 0
    assert await found(opened.meaning, "small cat") == []


async def test_where_nobody_can_read_it_is_read_later(opened: Services, pool: FakePool) -> None:
    """Nothing is left out."""
    await share(opened, "a small cat")
    pool.can_check = False
    with pytest.raises(NoEndpoint):
        await opened.meaning.read()
    with pytest.raises(NoEndpoint):
        await opened.meaning.search(HERE, "cat", 5)
    pool.can_check = True
    assert await opened.meaning.read() == 1


async def test_several_processes_read_each_prompt_once(database: Database, opened: Services) -> None:
    """On SQLite and PostgreSQL; and one finds what another one read."""
    log, shares = GenerationLog(database), Shares(database)
    for number in range(40):
        await shares.share(await drawn(log, seeded(f"cat number {number}", ADA)), 0, ADA)
    several = [Meaning(meanings=MeaningLog(database), shares=shares, pool=FakePool()) for _ in range(3)]
    await asyncio.gather(*(one.read() for one in several))
    assert await MeaningLog(database).count(GUILD) == 40
    assert (await found(several[2], "cat number 17", 1)) == ["cat number 17"]


async def test_nothing_is_lost_in_what_is_kept(opened: Services) -> None:
    """16-bit floats find the same as the vectors themselves."""
    prompts = [
        f"{thing} {place} {number}" for thing in ("cat", "dog") for place in ("sea", "hill") for number in range(9)
    ]
    for prompt in prompts:
        await opened.shares.share(await drawn(opened.generations, seeded(prompt)), 0, ADA)
    await opened.meaning.read()
    exact = np.array([vector_of(prompt) for prompt in prompts]) @ np.array(vector_of("cat hill 3"))
    best = [prompts[place] for place in np.argsort(-exact, kind="stable") if exact[place] >= 0.6 * exact.max()]
    assert (await found(opened.meaning, "cat hill 3", 1)) == best[:1]
    assert set(await found(opened.meaning, "cat hill 3", len(best))) == set(best)


def picture(seed: int) -> bytes:
    """Something with shapes, so that it looks like something."""
    chance = np.random.default_rng(seed)
    small = Pillow.fromarray(chance.integers(0, 255, (6, 6, 3), dtype=np.uint8), "RGB")
    buffer = io.BytesIO()
    small.resize((64, 64), Pillow.Resampling.BICUBIC).save(buffer, "PNG")
    return buffer.getvalue()


async def test_more_like_this_by_look(opened: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the prompts say; nothing that looks otherwise, nothing of the same generation, nothing removed."""
    shares = []
    for prompt, seed in (("a small cat", 1), ("the sea", 1), ("a small cat again", 2), ("a hill", 1)):
        monkeypatch.setattr("tests.bot_fakes.tile", partial(_as_drawn, picture(seed)))
        shares.append(await share(opened, prompt))
    async for _ in opened.recognition.fill():  # notes of what was drawn are taken behind the deliveries
        pass
    assert [one.prompt for one in await opened.look.like(shares[0], 5)] == ["a hill", "the sea"]
    await opened.generations.remove(shares[1].generation.id, 1, "")
    assert [one.prompt for one in await opened.look.like(shares[0], 5)] == ["a hill"]


async def test_prompts_complete_from_what_the_server_likes_best(opened: Services) -> None:
    """Best first, one's own before; nothing that is not shown."""
    bob = Actor(BOB, GUILD)
    shares = [await share(opened, prompt) for prompt in ("cat one", "cat two", "cat three", "a dog")]
    for voter in range(3):
        await opened.shares.vote(shares[1].id, 9000 + voter)
    await opened.shares.vote(shares[2].id, 9000)
    assert await opened.suggestions.prompts(bob, "cat") == ["cat two", "cat three", "cat one"]
    await draw(opened, an_order("cat mine", BOB, images=1))
    await opened.generations.remove(shares[1].generation.id, 1, "", 0)
    assert await opened.suggestions.prompts(bob, "cat") == ["cat mine", "cat three", "cat one"]
    await opened.sanctions.sanction(ADA, GUILD, "ban", None, "", 1)
    assert await opened.suggestions.prompts(bob, "cat") == ["cat mine"]
