"""Tells a person how their generation goes, without ever holding the work up.

In: the latest word, as often as it comes.  Out: calls of a `Reply`, `interval` seconds apart at least; a word that a
newer one overtook is never said.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import structlog

from bot.generation.reply import Reply
from bot.orders.ticket import Place

log = structlog.get_logger(__name__)

WORD_SECONDS: Final = 1.0  # how long the end of the work waits for a word being said
INTERVAL_SECONDS: Final = 1.5  # Discord takes about five edits in five seconds from one webhook


class LiveReply:
    """`queued` and `progress` return at once; `close` waits a moment for a word being said, and lets none follow."""

    def __init__(self, reply: Reply, interval: float = INTERVAL_SECONDS) -> None:
        self._reply = reply
        self._interval = interval
        self._position: int | None = None
        self._word: Callable[[], Awaitable[None]] | None = None
        self._teller: asyncio.Task[None] | None = None
        self._closed = asyncio.Event()

    def queued(self, place: Place) -> None:
        """Said only where the position is another than last time."""
        if place.position != self._position:
            self._position = place.position
            self._say(partial(self._reply.queued, place.position, place.eta_seconds))

    def progress(self, done: float, preview: bytes | None) -> None:
        self._say(partial(self._reply.progress, done, preview))

    async def close(self) -> None:
        self._closed.set()
        self._word = None
        if self._teller is not None:
            await asyncio.wait({self._teller}, timeout=WORD_SECONDS)
            self._teller.cancel()
            await asyncio.gather(self._teller, return_exceptions=True)

    def _say(self, word: Callable[[], Awaitable[None]]) -> None:
        if self._closed.is_set():
            return
        self._word = word
        if self._teller is None or self._teller.done():
            self._teller = asyncio.create_task(self._tell(), name="live reply")

    async def _tell(self) -> None:
        while (word := self._word) is not None:
            self._word = None
            try:
                await word()
            except Exception:  # the pictures matter more than the word about them
                log.exception("reply.word_lost")
            try:
                await asyncio.wait_for(self._closed.wait(), self._interval)
            except TimeoutError:
                continue
            return
