"""What a person hears while the work goes on: the newest word, not too often, and none after the end."""

import asyncio

from bot.generation.live import LiveReply
from bot.orders.ticket import Place
from tests.bot_fakes import FakeReply


class SlowReply(FakeReply):
    """Takes as long as the test wants to say a word."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.speaking = asyncio.Event()

    async def progress(self, done: float, preview: bytes | None) -> None:
        self.speaking.set()
        await self.gate.wait()
        await super().progress(done, preview)


async def test_words_overtaken_are_never_said() -> None:
    """While one is being said, four more come; only the last of them follows."""
    reply = SlowReply()
    live = LiveReply(reply, interval=0.0)
    live.progress(0.1, None)
    await asyncio.wait_for(reply.speaking.wait(), 10)
    for done in (0.2, 0.3, 0.4, 0.5):
        live.progress(done, None)
    reply.gate.set()
    async with asyncio.timeout(10):
        while len(reply.progresses) < 2:
            reply.heard.clear()
            await reply.heard.wait()
    await live.close()
    assert reply.progresses == [0.1, 0.5]


async def test_closing_waits_for_the_word_being_said_and_lets_none_follow() -> None:
    """So that no progress overtakes the pictures."""
    reply = SlowReply()
    live = LiveReply(reply, interval=3600.0)
    live.progress(0.1, None)
    await asyncio.wait_for(reply.speaking.wait(), 10)
    live.progress(0.2, None)
    closing = asyncio.create_task(live.close())
    await asyncio.sleep(0)
    assert not closing.done()
    reply.gate.set()
    await asyncio.wait_for(closing, 10)
    live.progress(0.3, None)
    await asyncio.sleep(0)
    assert reply.progresses == [0.1]


async def test_the_interval_lies_between_words() -> None:
    """With an hour between them, the second is not said; closing does not wait for the hour."""
    reply = FakeReply()
    live = LiveReply(reply, interval=3600.0)
    live.progress(0.1, None)
    await asyncio.wait_for(reply.heard.wait(), 10)
    live.progress(0.2, None)
    await asyncio.wait_for(live.close(), 10)
    assert reply.progresses == [0.1]


async def test_the_same_position_is_said_once() -> None:
    """The wait changes all the time; the position is what matters."""
    reply = FakeReply()
    live = LiveReply(reply, interval=0.0)
    for position in (3, 3, 2):
        reply.heard.clear()
        live.queued(Place(position, 10.0 * position))
        if position == 2 or not reply.positions:
            await asyncio.wait_for(reply.heard.wait(), 10)
    await live.close()
    assert reply.positions == [3, 2]


async def test_a_word_that_cannot_be_said_stops_nothing() -> None:
    """Discord's refusal of one edit does not keep the next from being tried."""

    class Broken(FakeReply):
        async def queued(self, position: int, eta_seconds: float | None) -> None:
            self.heard.set()
            raise ConnectionError("away")

    reply = Broken()
    live = LiveReply(reply, interval=0.0)
    live.queued(Place(1, None))
    await asyncio.wait_for(reply.heard.wait(), 10)
    reply.heard.clear()
    live.progress(0.5, None)
    await asyncio.wait_for(reply.heard.wait(), 10)
    await live.close()
    assert reply.progresses == [0.5]
