"""What the bot says of its own accord in a server: pictures that were shared, contests, the week's digest.

In: a name for what is to be said, and what it is.  Out: a message, once.  Knows no Discord; see `Posts`.

A notice is claimed in the database before it is posted.  Where a process ends between the two, the next one looks for
the message before it posts it again, by the mark that it carries.
"""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

import structlog

from bot.database.contests import ContestRecord
from bot.database.notices import REFUSED, NoticeLog, Said
from bot.database.records import ShareRecord
from bot.errors import NotFound
from bot.generation.grid import PictureFile, fit
from bot.generation.provenance import Seal
from bot.storage.folder import Storage

log = structlog.get_logger(__name__)

MESSAGE_BYTES: Final = 9 * 2**20  # of all pictures of a message, below Discord's limit


@dataclass(frozen=True, slots=True)
class Shown:
    """A shared picture as a notice shows it: with its file, its place and votes where these matter."""

    share: ShareRecord
    picture: PictureFile
    place: int = 0
    votes: int = 0


@dataclass(frozen=True, slots=True)
class SharedNotice:
    """A picture that somebody put into the gallery."""

    shown: Shown

    @property
    def pictures(self) -> tuple[Shown, ...]:
        return (self.shown,)


@dataclass(frozen=True, slots=True)
class ContestNotice:
    """A contest's new phase; closed, with its first places, and how many entries there were."""

    contest: ContestRecord
    entries: int
    voters: int
    first: tuple[Shown, ...]

    @property
    def pictures(self) -> tuple[Shown, ...]:
        return self.first


@dataclass(frozen=True, slots=True)
class DigestNotice:
    """The pictures of a week that most people voted for.  Who is in `unnamed` is not named."""

    shown: tuple[Shown, ...]
    unnamed: frozenset[int]

    @property
    def pictures(self) -> tuple[Shown, ...]:
        return self.shown


Notice = SharedNotice | ContestNotice | DigestNotice


class Publisher(Protocol):
    """Posts of the bot's own.  No method raises."""

    def ready(self) -> bool:
        """Whether there is anybody to say something to yet."""

    async def publish(
        self, guild_id: int, channel_id: int, notice: Notice, mark: int, since: datetime | None
    ) -> int | None:
        """The message's id; 0 where Discord will never take it; None where it may do so later.

        `since` is when it was tried before: it may stand there already, with this mark.
        """

    async def retract(self, channel_id: int, message_id: int) -> bool:
        """Delete the message; one that is gone already counts."""


class Notices:
    def __init__(self, *, notice_log: NoticeLog, publisher: Publisher, storage: Storage, seal: Seal) -> None:
        self._log = notice_log
        self._publisher = publisher
        self._storage = storage
        self._seal = seal

    async def say(
        self, guild_id: int, name: str, channel_id: int, make: Callable[[], Awaitable[Notice | None]]
    ) -> None:
        """Post it, unless it was; `make` is asked where it is to be posted now, and None is nothing to say."""
        claim = await self._log.claim(guild_id, name, channel_id) if self._publisher.ready() else None
        if claim is None:
            return
        notice = await make()
        if notice is None:
            await self._log.said(guild_id, name, Said(channel_id, REFUSED))
            return
        message_id = await self._publisher.publish(guild_id, channel_id, notice, mark_of(guild_id, name), claim.since)
        if message_id is None:
            log.info("notice.not_posted_yet", guild=guild_id, notice=name)
            return
        pictures = {(one.share.generation.id, one.share.image.index) for one in notice.pictures}
        await self._log.said(guild_id, name, Said(channel_id, message_id), pictures)

    async def refused(self, guild_id: int, name: str) -> bool:
        """Whether Discord will not have it said."""
        return await self._log.find(guild_id, name) == REFUSED

    async def retract(self, guild_id: int, name: str) -> None:
        """Delete what stands of it, and forget that it was said."""
        stood = await self._log.take_back(guild_id, name)
        if stood is not None:
            await self._publisher.retract(stood.channel_id, stood.message_id)

    async def show(self, ranked: Sequence[tuple[int, ShareRecord, int]]) -> tuple[Shown, ...]:
        """With their pictures, together small enough for a message; without those whose file is missing."""
        found = []
        for place, share, votes in ranked:
            try:
                data = await self._storage.get(share.image.key)
                picture = await asyncio.to_thread(fit, data, self._seal, MESSAGE_BYTES // len(ranked))
            except (NotFound, ValueError):
                log.warning("picture.file_missing", share=share.id)
                continue
            found.append(Shown(share, picture, place, votes))
        return tuple(found)


def mark_of(guild_id: int, name: str) -> int:
    """What a notice's message carries, to be found again by; Discord takes 31 bits."""
    return zlib.crc32(f"{guild_id}:{name}".encode()) & 0x7FFFFFFF or 1
