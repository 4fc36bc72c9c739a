"""Whose turn it is to be drawn, and what those who wait are told of their places.

In: generations that join the queue or leave it, and what the pool takes.  Out: turns, and true places.
"""

from collections import deque
from typing import Final

from bot.database.session import utc_now
from bot.generation.work import Work, Works
from bot.orders.queue import FairQueue
from bot.pool.drawing_pool import DrawingPool

TOLD_AT_ONCE: Final = 10  # of those who wait, at each change; of the rest, some in turn
TOLD_IN_TURN: Final = 5


class Turns:
    """Gives one whenever a server has a place for it; none any more once the bot stops."""

    def __init__(self, queue: FairQueue, pool: DrawingPool, works: Works) -> None:
        self._queue = queue
        self._pool = pool
        self._works = works
        self._told_in_turn: deque[int] = deque()
        pool.listen(self.give)

    def join(self, work: Work) -> None:
        """Put it in the order, behind its person's others."""
        work.status = "queued"
        self._queue.enter(work.generation_id)
        self._told_in_turn.appendleft(work.generation_id)

    def finish(self, generation_id: int) -> None:
        """It is drawn: its slot is free, and the time that it took counts for what others are told."""
        self._queue.finish(generation_id, succeeded=True)
        self.give()

    def leave(self, generation_id: int) -> None:
        """It will not be drawn, wherever it stands; who is next is told with the next `give`."""
        self._queue.cancel(generation_id)

    def give(self) -> None:
        """Start as many as the pool takes; tell the others their places."""
        if self._works.closing:
            return
        self._queue.serve(self._pool.offers)
        while (ticket := self._queue.next()) is not None:
            work = self._works[ticket.generation_id]
            work.turn_at = utc_now()
            work.turn.set()
        self._tell_places()

    def _tell_places(self) -> None:
        """Tell the first their places, and of those behind some more each time: whatever is said is true then."""
        for generation_id, place in self._queue.front(TOLD_AT_ONCE).items():
            self._works[generation_id].live.queued(place)
        for _ in range(min(TOLD_IN_TURN, len(self._told_in_turn))):
            generation_id = self._told_in_turn.popleft()
            told = self._queue.place(generation_id)
            if told is not None:
                self._works[generation_id].live.queued(told)
                self._told_in_turn.append(generation_id)
