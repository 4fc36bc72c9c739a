"""Logins to the web pages.

In: who logged in, and the token that a browser shows.  Out: a `WebSession`, or None for a token that counts no more.
Only a token's hash is kept, so that a copy of the database opens no session.
"""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete

from bot.database.session import Database, utc_now, whole
from bot.database.tables.people import WebSessionTable

LIFETIME: Final = timedelta(days=7)
ROTATION: Final = timedelta(hours=12)  # a token is replaced after this
OVERLAP: Final = timedelta(seconds=60)  # and counts this much longer, for the requests that are on their way with it


@dataclass(frozen=True, slots=True)
class WebSession:
    """Who is logged in.  `guild_ids` are the servers that Discord named at the login."""

    user_id: int
    user_name: str
    guild_ids: tuple[int, ...]
    created_at: datetime
    expires_at: datetime
    stale: bool  # the token is due to be replaced


class WebSessions:
    """Reads and writes `web_sessions`.  `now` is the clock, for tests."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    @whole
    async def begin(self, user_id: int, user_name: str, guild_ids: Sequence[int]) -> str:
        """A new session; returns its token, which is known to nobody else.  Forgets sessions that are over."""
        now = self._now()
        async with self._database.writing("login") as session:
            await session.execute(delete(WebSessionTable).where(WebSessionTable.expires_at <= now))
            token, row = _new(user_id, user_name, list(guild_ids), now, now + LIFETIME)
            session.add(row)
        return token

    async def find(self, token: str) -> WebSession | None:
        now = self._now()
        async with self._database.reading() as session:
            row = await session.get(WebSessionTable, _hashed(token))
        if row is None or row.expires_at <= now:
            return None
        return WebSession(
            row.user_id, row.user_name, tuple(row.guild_ids), row.created_at, row.expires_at,
            stale=now - row.created_at >= ROTATION and row.expires_at - now > OVERLAP,
        )  # fmt: skip

    @whole
    async def rotate(self, token: str) -> str:
        """Another token for the same session, which ends when it would have; the old one where that is over."""
        now = self._now()
        async with self._database.writing("login") as session:
            old = await session.get(WebSessionTable, _hashed(token))
            if old is None or old.expires_at <= now:
                return token
            fresh, row = _new(old.user_id, old.user_name, old.guild_ids, now, old.expires_at)
            session.add(row)
            old.expires_at = min(old.expires_at, now + OVERLAP)
        return fresh

    @whole
    async def end(self, token: str) -> None:
        async with self._database.writing("logout") as session:
            await session.execute(delete(WebSessionTable).where(WebSessionTable.token_hash == _hashed(token)))

    @whole
    async def end_all(self, user_id: int) -> None:
        """Log a person out in every browser."""
        async with self._database.writing("logout") as session:
            await session.execute(delete(WebSessionTable).where(WebSessionTable.user_id == user_id))


def _new(
    user_id: int, user_name: str, guild_ids: list[int], now: datetime, until: datetime
) -> tuple[str, WebSessionTable]:
    token = secrets.token_urlsafe(32)
    row = WebSessionTable(
        token_hash=_hashed(token), user_id=user_id, user_name=user_name[:64], guild_ids=guild_ids, created_at=now,
        expires_at=until,
    )  # fmt: skip
    return token, row


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
