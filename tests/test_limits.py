"""Limits of a person and of a server, counted in this process and in a real Redis."""

import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import redis as redis_client
from hypothesis import given
from hypothesis import strategies as st
from limits import RateLimitItem, WindowStats, parse
from structlog.testing import capture_logs

from bot.config import load_settings
from bot.database.guild import Drawing, GuildRecord, RoleRule
from bot.errors import ConfigurationError, LimitReached
from bot.orders.counts import Counts
from bot.orders.entitlement import Ceiling, Entitlement, entitled
from bot.orders.limits import Limits
from bot.orders.order import Requester
from bot.orders.windows import Windows

MakeLimits = Callable[..., Limits]

ADA, BOB = Requester(1, "ada", 10, 100), Requester(2, "bob", 10, 100)


@pytest.fixture(params=["memory", "redis"])
async def make(request: pytest.FixtureRequest) -> AsyncIterator[MakeLimits]:
    """Limits that count here, or in Redis, which holds nothing at first."""
    url = None
    if request.param == "redis":
        url = str(request.getfixturevalue("redis"))
        with closing(redis_client.Redis.from_url(url)) as client:
            client.flushdb()
    counts = Counts(url)
    yield partial(Limits, counts=counts)
    await counts.close()


async def test_a_refusal_says_whose_limit_and_until_when(make: MakeLimits) -> None:
    """The time to try again lies within the window."""
    limits = make("2/hour", "off")
    for _ in range(2):
        await limits.check(ADA)
        await limits.count(ADA)
    with pytest.raises(LimitReached, match="whose='person' amount=2 every=1 unit='hour'") as refusal:
        await limits.check(ADA)
    assert refusal.value.retry_at is not None
    assert timedelta(0) < refusal.value.retry_at - datetime.now(UTC) <= timedelta(hours=1)
    await limits.check(BOB)


async def test_looks_are_counted_apart_from_orders(make: MakeLimits) -> None:
    """Five pictures may be looked at for each that may be ordered; whoever looks can still order."""
    limits = make("2/hour", "off")
    for _ in range(10):
        await limits.count_look(ADA)
    with pytest.raises(LimitReached, match="whose='person' amount=10 every=1 unit='hour'"):
        await limits.count_look(ADA)
    await limits.check(ADA)
    await limits.count_look(BOB)


async def test_asking_counts_nothing(make: MakeLimits) -> None:
    """A check alone can be repeated for ever."""
    limits = make("1/hour", "1/hour")
    for _ in range(5):
        await limits.check(ADA)


async def test_a_server_has_one_limit_for_all_its_people(make: MakeLimits) -> None:
    """What Ada used up is missing for Bob, but not in another server, nor in direct messages."""
    limits = make("off", "1/hour")
    await limits.count(ADA)
    with pytest.raises(LimitReached, match="whose='server'"):
        await limits.check(BOB)
    await limits.check(Requester(2, "bob", 11, 100))
    await limits.check(Requester(2, "bob", None, 100))


async def test_several_limits_hold_together(make: MakeLimits) -> None:
    """The tighter of two is the one that is named."""
    limits = make("5/hour; 2/day", "off")
    await limits.count(ADA)
    await limits.count(ADA)
    with pytest.raises(LimitReached, match="amount=2 every=1 unit='day'"):
        await limits.check(ADA)


async def test_off_is_no_limit(make: MakeLimits) -> None:
    """Nothing is ever refused."""
    limits = make("off", "OFF")
    for _ in range(100):
        await limits.count(ADA)
    await limits.check(ADA)


async def test_a_place_may_ask_for_less_of_every_person(make: MakeLimits) -> None:
    """Its own limit counts there alone, beside the operator's."""
    limits = make("5/hour", "off")
    here = an_entitlement(limit_per_person="1/hour")
    await limits.count(ADA, here)
    with pytest.raises(LimitReached, match="whose='here' amount=1 every=1 unit='hour'"):
        await limits.check(ADA, here)
    await limits.check(ADA)
    await limits.check(BOB, here)


async def test_a_role_has_its_own_limit_below_the_operators(make: MakeLimits) -> None:
    """Instead of the server's, and never beyond the operator's."""
    limits = make("2/hour", "off")
    for role, whose, amount in (("1/hour", "role", 1), ("off", "person", 2)):
        here = an_entitlement(RoleRule(5, limit_per_person=role), limit_per_person="1/minute")
        for _ in range(amount):
            await limits.check(BOB if whose == "role" else ADA, here)
            await limits.count(BOB if whose == "role" else ADA, here)
        with pytest.raises(LimitReached, match=f"whose='{whose}' amount={amount}"):
            await limits.check(BOB if whose == "role" else ADA, here)


async def test_all_together_have_a_limit(make: MakeLimits) -> None:
    """In every server and in direct messages."""
    limits = make("off", "off", in_all="2/hour")
    await limits.count(ADA)
    await limits.count(Requester(3, "eve", None, 100))
    with pytest.raises(LimitReached, match="whose='all' amount=2"):
        await limits.check(Requester(4, "bo", 11, 100))


def an_entitlement(*roles: RoleRule, limit_per_person: str) -> Entitlement:
    guild = GuildRecord(10, drawing=Drawing(limit_per_person=limit_per_person), roles=roles)
    return entitled(guild, Drawing(), [rule.role_id for rule in roles], Ceiling())


async def test_what_is_left_is_told(make: MakeLimits) -> None:
    """Of each limit, with the time when some of it comes back."""
    limits = make("2/hour", "10/day")
    await limits.count(ADA)
    own, servers = await limits.standings(ADA)
    assert (own.whose, own.amount, own.unit, own.left) == ("person", 2, "hour", 1)
    assert own.next_at is not None
    assert (servers.whose, servers.left) == ("server", 9)
    (fresh, _) = await limits.standings(Requester(3, "eve", 11, 100))
    assert (fresh.left, fresh.next_at) == (2, None)


async def test_a_time_that_has_passed_is_not_told() -> None:
    """Windows tell theirs until the next order."""
    ago = datetime.now(UTC) - timedelta(seconds=1)

    class Ended(Counts):
        async def window(self, item: RateLimitItem, key: tuple[str, ...]) -> WindowStats:
            return WindowStats(ago.timestamp(), item.amount - 1)

    (own,) = await Limits("2/hour", "off", Ended()).standings(ADA)
    assert (own.left, own.next_at) == (1, None)


times = st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 9), st.booleans()), max_size=60)


@given(times)
def test_a_window_moves(steps: list[tuple[str, float, bool]]) -> None:
    """At any moment as many are left as the amount less what was counted in the seconds before it."""
    now, item = 0.0, parse("3 per 10 seconds")
    windows, counted = Windows(lambda: now), list[tuple[str, float]]()
    for key, passes, hits in steps:
        now += passes
        lately = [at for one, at in counted if one == key and at > now - 10]
        window = windows.window(item, (key,))
        assert window.remaining == 3 - len(lately)
        assert window.reset_time == (lately[0] if lately else now) + 10
        if hits:
            windows.hit(item, (key,))
            if len(lately) < 3:
                counted.append((key, now))


def test_nothing_is_kept_of_who_came_long_ago() -> None:
    """Nor does a count look at everybody: a few keys each time, so that many people cost no more than few."""
    now, day, minute = 0.0, parse("20/day"), parse("2/minute")
    windows = Windows(lambda: now)
    for number in range(1000):
        windows.hit(day, (str(number),))
        windows.hit(minute, (str(number),))
    assert len(windows) == 2000
    now = 7200.0
    for _ in range(1000):
        windows.hit(day, ("ada",))
    assert len(windows) == 1001
    now = 100_000.0
    for _ in range(600):
        windows.hit(day, ("ada",))
    assert len(windows) == 1


async def test_processes_count_together(redis: str) -> None:
    """Two bots, one person in a server of each; and each bot alone where there is no Redis."""
    with closing(redis_client.Redis.from_url(redis)) as client:
        client.flushdb()
    counts = Counts(redis), Counts(redis)
    one, other = (Limits("2/hour", "off", one) for one in counts)
    await one.count(ADA)
    await other.count(ADA)
    for limits in (one, other):
        with pytest.raises(LimitReached):
            await limits.check(ADA)
    alone = Limits("2/hour", "off")
    await alone.check(ADA)
    for one_count in counts:
        await one_count.close()


async def test_while_redis_is_away_each_counts_for_itself(tmp_path: Path) -> None:
    """Nobody goes unserved, nobody is without a limit; it is said once, and asked again a while later."""
    seconds = itertools.count()
    limits = Limits("2/hour", "off", Counts(f"unix://{tmp_path}/nobody.sock", clock=lambda: next(seconds) * 3.0))
    with capture_logs() as logs:
        for _ in range(2):
            await limits.check(ADA)
            await limits.count(ADA)
        with pytest.raises(LimitReached):
            await limits.check(ADA)
    assert [entry["event"] for entry in logs] == ["limits.redis_away"]


async def test_redis_that_comes_back_is_asked_again(redis: str, tmp_path: Path) -> None:
    """What was counted meanwhile is missing there, and counts here."""
    with closing(redis_client.Redis.from_url(redis)) as client:
        client.flushdb()
    place = tmp_path / "redis.sock"
    now = 0.0
    counts = Counts(f"unix://{place}", clock=lambda: now)
    limits = Limits("1/hour", "off", counts)
    await limits.count(ADA)
    place.symlink_to(redis.removeprefix("unix://"))
    with pytest.raises(LimitReached):
        await limits.check(ADA)
    now = 10.0
    with capture_logs() as logs:
        await limits.check(ADA)
    assert [entry["event"] for entry in logs] == ["limits.redis_back"]
    await limits.count(ADA)
    with pytest.raises(LimitReached):
        await limits.check(ADA)
    await counts.close()


def test_a_url_that_is_none_is_named() -> None:
    """At the start, without what may be a password."""
    with pytest.raises(ConfigurationError, match=r"REDIS_URL='\(hidden\)'.*must read like redis://") as caught:
        load_settings(None, redis_url="http://:hush@host")
    assert "hush" not in str(caught.value)
