"""Who asked for everything of theirs to be erased: written down first, and forgotten when it is.

In: people.  Out: `ErasureRequest`s.  Erases no generation itself; see bot/actions/privacy.py.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, select

from bot.database.personal import forget_person
from bot.database.session import Database, put, utc_now, whole
from bot.database.tables.people import ErasureRequestTable


@dataclass(frozen=True, slots=True)
class ErasureRequest:
    """It is about what there was then.  `sanctioned`, told to who asks, says that a sanction in force keeps the id."""

    user_id: int
    asked_at: datetime
    sanctioned: bool = field(default=False, compare=False)


class ErasureRequests:
    """Reads and writes `erasure_requests`."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    @whole
    async def ask(self, user_id: int) -> ErasureRequest:
        """All but the person's generations goes in the same breath: what comes after is not theirs to erase then.

        Asked again, it is about what has come since, too.
        """
        now = self._now()
        async with self._database.writing("erasure") as session:
            free = await forget_person(session, user_id, now)
            await put(session, ErasureRequestTable, {"user_id": user_id, "asked_at": now})
        return ErasureRequest(user_id, now, sanctioned=not free)

    async def waiting(self) -> tuple[ErasureRequest, ...]:
        """The oldest first."""
        query = select(ErasureRequestTable.user_id, ErasureRequestTable.asked_at).order_by(ErasureRequestTable.asked_at)
        async with self._database.reading() as session:
            return tuple([ErasureRequest(*row) for row in await session.execute(query)])

    @whole
    async def done(self, request: ErasureRequest) -> None:
        """Unless it was asked for again meanwhile."""
        asked = (ErasureRequestTable.user_id == request.user_id, ErasureRequestTable.asked_at == request.asked_at)
        async with self._database.writing("erasure") as session:
            await session.execute(delete(ErasureRequestTable).where(*asked))
