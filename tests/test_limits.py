"""Limits of a person and of a server."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import LimitReached
from bot.orders.limits import Limits
from bot.orders.order import Requester

ADA, BOB = Requester(1, "ada", 10, 100), Requester(2, "bob", 10, 100)


async def test_a_refusal_says_whose_limit_and_until_when() -> None:
    """The time to try again lies within the window."""
    limits = Limits("2/hour", "off")
    for _ in range(2):
        await limits.check(ADA)
        await limits.count(ADA)
    with pytest.raises(LimitReached, match="whose='person' amount=2 every=1 unit='hour'") as refusal:
        await limits.check(ADA)
    assert refusal.value.retry_at is not None
    assert timedelta(0) < refusal.value.retry_at - datetime.now(UTC) <= timedelta(hours=1)
    await limits.check(BOB)


async def test_asking_counts_nothing() -> None:
    """A check alone can be repeated for ever."""
    limits = Limits("1/hour", "1/hour")
    for _ in range(5):
        await limits.check(ADA)


async def test_a_server_has_one_limit_for_all_its_people() -> None:
    """What Ada used up is missing for Bob, but not in another server, nor in direct messages."""
    limits = Limits("off", "1/hour")
    await limits.count(ADA)
    with pytest.raises(LimitReached, match="whose='server'"):
        await limits.check(BOB)
    await limits.check(Requester(2, "bob", 11, 100))
    await limits.check(Requester(2, "bob", None, 100))


async def test_several_limits_hold_together() -> None:
    """The tighter of two is the one that is named."""
    limits = Limits("5/hour; 2/day", "off")
    await limits.count(ADA)
    await limits.count(ADA)
    with pytest.raises(LimitReached, match="amount=2 every=1 unit='day'"):
        await limits.check(ADA)


async def test_off_is_no_limit() -> None:
    """Nothing is ever refused."""
    limits = Limits("off", "OFF")
    for _ in range(100):
        await limits.count(ADA)
    await limits.check(ADA)


async def test_a_place_may_ask_for_less_of_every_person() -> None:
    """Its own limit counts there alone, beside the operator's."""
    limits = Limits("5/hour", "off")
    await limits.count(ADA, "1/hour")
    with pytest.raises(LimitReached, match="amount=1 every=1 unit='hour'"):
        await limits.check(ADA, "1/hour")
    await limits.check(ADA)
    await limits.check(BOB, "1/hour")


async def test_what_is_left_is_told() -> None:
    """Of each limit, with the time when some of it comes back."""
    limits = Limits("2/hour", "10/day")
    await limits.count(ADA)
    own, servers = await limits.standings(ADA)
    assert (own.whose, own.amount, own.unit, own.left) == ("person", 2, "hour", 1)
    assert own.next_at is not None
    assert (servers.whose, servers.left) == ("server", 9)
    (fresh, _) = await limits.standings(Requester(3, "eve", 11, 100))
    assert (fresh.left, fresh.next_at) == (2, None)
