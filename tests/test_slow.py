"""Slow motion: the same pictures, one generation at a time, with the steps of a slow one."""

import asyncio
from contextlib import aclosing

from bot.demo.slow import STEPS, SlowMotion
from inference.contract import Done, Event, GenerationRequest, Image, Progress
from tests.bot_fakes import FakePool

REQUEST = GenerationRequest("a cat", images=4, seed=7)


async def drawn(pool: SlowMotion) -> list[Event]:
    return [event async for event in pool.generate(REQUEST)]


async def test_off_it_is_the_pool_itself() -> None:
    """Same events, same places."""
    fake = FakePool()
    slow = SlowMotion(fake, seconds=60.0)
    assert slow.offers == fake.offers
    kinds = [type(event) for event in await drawn(slow)]
    assert kinds == [Progress, Image, Image, Image, Image, Done]


async def test_on_it_takes_one_at_a_time_and_tells_every_step() -> None:
    """The pictures are the same; between them come steps, each further than the last."""
    fake = FakePool()
    slow = SlowMotion(fake, seconds=0.0)
    places: list[int] = []
    slow.listen(lambda: places.extend(offer.places for offer in slow.offers))
    fast = [event for event in await drawn(slow) if isinstance(event, Image)]
    slow.turn(on=True)
    events = await drawn(slow)
    shares = [event.done for event in events if isinstance(event, Progress)]
    assert [event for event in events if isinstance(event, Image)] == fast
    assert len(shares) >= STEPS - 1
    assert shares == sorted(shares)
    fake.capacity = 0
    assert places == [1, 0]


async def test_turning_it_off_lets_what_waits_go_on() -> None:
    """Nobody waits out a minute that nobody wants any more."""
    slow = SlowMotion(FakePool(), seconds=3600.0)
    slow.turn(on=True)
    drawing = asyncio.create_task(drawn(slow))
    await asyncio.sleep(0)
    slow.turn(on=False)
    assert any(isinstance(event, Done) for event in await asyncio.wait_for(drawing, 30))


async def test_cancelling_ends_the_drawing_behind_it() -> None:
    """As without it."""
    fake = FakePool()
    slow = SlowMotion(fake, seconds=3600.0)
    slow.turn(on=True)
    async with aclosing(slow.generate(REQUEST)) as events:
        assert await anext(events) == Progress(0.0)
        drawing = asyncio.ensure_future(anext(events))
        await fake.begun.wait()
        drawing.cancel()
        await asyncio.gather(drawing, return_exceptions=True)
    assert (fake.running, fake.cancelled) == (0, 1)
