"""What is owed to a gallery by itself: from the delivery on, whatever ends the process, and once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.actions.actor import Actor
from bot.actions.gallery import Gallery
from bot.database.generations import GenerationLog
from bot.database.guild import GuildRecord
from bot.database.notices import PATIENCE
from bot.database.offers import AT_ONCE, GIVEN_UP, Offers
from bot.database.session import Database
from bot.database.settings import GuildSettings
from bot.database.tables.gallery import OfferTable
from bot.orders.order import Order
from bot.partition import Partition
from bot.services import Services
from tests.bot_fakes import ADA, GUILD, an_order, draw, services

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def at(after: timedelta = timedelta(0)) -> Callable[[], datetime]:
    return lambda: NOW + after


async def delivered(database: Database, order: Order, message_id: int | None = 7) -> int:
    log = GenerationLog(database, at())
    row = await log.open(order)
    await log.record_queued(row)
    await log.record_start(row)
    await log.record_pictures(row, [], model="fake", grid_key=None)
    await log.delivered(row, message_id)
    return row


async def test_a_delivery_owes_an_offer_where_all_is_shared(database: Database) -> None:
    """Not of what is private, nor elsewhere; by the process that has the server; until it is settled."""
    await GuildSettings(database).set(GuildRecord(GUILD, sharing="opt_out"), 1)
    orders = (
        an_order("a cat", seed=1), an_order("held", seed=1), an_order("private", seed=1, private=True),
        an_order("elsewhere", seed=1, guild_id=GUILD + 1), an_order("direct", seed=1, guild_id=None),
    )  # fmt: skip
    rows = [await delivered(database, order, None if order.prompt == "held" else n) for n, order in enumerate(orders)]
    offers = Offers(database, at())
    assert await offers.owed() == tuple(rows[:2])
    assert await Offers(database, at(), Partition(2, ((GUILD >> 22) % 2,))).owed() == tuple(rows[:2])
    assert await Offers(database, at(), Partition(2, (1 - (GUILD >> 22) % 2,))).owed() == ()
    await offers.settle(rows[0])
    assert await offers.owed() == (rows[1],)
    await GenerationLog(database, at()).delivered(rows[0], 8)  # a second attempt
    assert await offers.owed() == (rows[1],)


async def test_what_cannot_be_offered_is_put_off_and_given_up(database: Database) -> None:
    """It is tried again after a while, and not for ever."""
    await GuildSettings(database).set(GuildRecord(GUILD, sharing="opt_out"), 1)
    rows = [await delivered(database, an_order(seed=1), n) for n in range(2)]
    await Offers(database, at()).put_off(rows[0])
    assert await Offers(database, at(PATIENCE)).owed() == (rows[1],)
    assert await Offers(database, at(PATIENCE + timedelta(seconds=1))).owed() == tuple(rows)
    assert await Offers(database, at(GIVEN_UP)).owed() == ()
    for after, left in ((GIVEN_UP - timedelta(seconds=1), (rows[1],)), (GIVEN_UP, ())):
        await Offers(database, at(after)).give_up()
        assert await Offers(database, at()).owed() == left


async def test_what_others_owe_keeps_nobody_waiting(database: Database) -> None:
    """However much it is: the process that has those servers may be away."""
    there, here = (Partition(2, (shard,)) for shard in (1 - (GUILD >> 22) % 2, (GUILD >> 22) % 2))
    owing = [await GenerationLog(database, at()).open(an_order(seed=n)) for n in range(AT_ONCE + 1)]
    async with database.writing() as session:
        session.add_all(
            OfferTable(generation_id=row, guild_id=GUILD + (place < AT_ONCE) * (1 << 22), owed_at=NOW)
            for place, row in enumerate(owing)
        )
    assert await Offers(database, at(), here).owed() == (owing[-1],)
    assert await Offers(database, at(), there).owed() == tuple(owing[:-1])


async def test_what_is_over_goes_where_nothing_is_offered(tmp_path: Path) -> None:
    """Its row, too: where nobody draws any more nothing is settled."""
    async with services(tmp_path) as opened:
        row = await opened.generations.open(an_order(seed=1))
        async with opened.database.writing() as session:
            session.add(OfferTable(generation_id=row, guild_id=GUILD, owed_at=datetime.now(UTC) - GIVEN_UP))
        await opened.gallery.offer_owed()
        async with opened.database.reading() as session:
            assert (await session.scalars(select(OfferTable))).all() == []


async def prompts(opened: Services) -> list[str]:
    return [one.prompt for one in (await opened.shares.page(GUILD, limit=50)).records]


async def test_what_was_delivered_before_a_kill_is_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the next process, once; what its owner took out meanwhile is not put back."""

    async def killed(_: Gallery) -> None:
        """The process ends between the delivery and this."""

    with monkeypatch.context() as patch:
        patch.setattr(Gallery, "offer_owed", killed)
        async with services(tmp_path) as opened:
            await opened.guild_settings.set(GuildRecord(GUILD, sharing="opt_out"), 1)
            record = await draw(opened, an_order("a cat"))
            assert await prompts(opened) == []
    async with services(tmp_path) as opened:
        await opened.gallery.offer_owed()
        assert await prompts(opened) == ["a cat"]
        (share,) = (await opened.shares.page(GUILD)).records
        await opened.gallery.unshare(Actor(ADA, GUILD), share.id)
        await opened.generations.delivered(record.id, 8)
    async with services(tmp_path) as opened:
        await opened.gallery.offer_owed()
        assert await prompts(opened) == []


async def test_what_cannot_be_offered_keeps_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stays owed, for later."""
    offer = Gallery.offer

    async def broken(gallery: Gallery, generation_id: int) -> None:
        if generation_id == 1:
            raise OSError
        await offer(gallery, generation_id)

    monkeypatch.setattr(Gallery, "offer", broken)
    async with services(tmp_path) as opened:
        await opened.guild_settings.set(GuildRecord(GUILD, sharing="opt_out"), 1)
        for prompt in ("a cat", "a hat"):
            await draw(opened, an_order(prompt))
        await opened.gallery.offer_owed()
        assert await prompts(opened) == ["a hat"]
        later = Offers(opened.database, lambda: datetime.now(UTC) + 2 * PATIENCE)
        assert await later.owed() == (1,)
