"""What the bot says of its own accord in a server: pictures that were shared, contests, the week's digest.

In: a name for what is to be said, and what it is.  Out: a message, once.  Knows no Discord; see `Posts`.

A notice is claimed in the database before it is posted.  Where a process ends between the two, the next one looks for
the message before it posts it again, by the mark that it carries.
"""

import zlib
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog

from bot.database.contests import ContestRecord
from bot.database.notices import NOTHING, REFUSED, NoticeLog
from bot.database.records import ShareRecord
from bot.database.withdrawals import Said
from bot.generation.grid import PictureFile
from bot.generation.provenance import Seal
from bot.generation.together import together
from bot.storage.folder import Storage

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Shown:
    """A shared picture as a notice shows it: with its file, its place and votes where these matter."""

    share: ShareRecord
    picture: PictureFile
    place: int = 0
    votes: int = 0


@dataclass(frozen=True, slots=True)
class SharedNotice:
    """A picture that somebody put into the gallery; `source` is whose picture it was made from, if another's."""

    shown: Shown
    source: int | None = None

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

    async def find(self, channel_id: int, mark: int, since: datetime) -> int | None:
        """The message with this mark, as `publish` looks for it; 0 where there is none, None where nobody can say."""

    async def revise(self, guild_id: int, channel_id: int, message_id: int, notice: Notice, mark: int) -> None:
        """Let the message say this now, if it stands and Discord lets it."""

    async def retract(self, channel_id: int, message_id: int) -> bool:
        """Delete the message; one that is gone already counts."""


class Notices:
    def __init__(self, *, notice_log: NoticeLog, publisher: Publisher, storage: Storage, seal: Seal) -> None:
        self._notice_log = notice_log
        self._publisher = publisher
        self._storage = storage
        self._seal = seal

    # ------------------------------------------------------------------------------------------------------- saying

    async def say(
        self, guild_id: int, name: str, channel_id: int, make: Callable[[], Awaitable[Notice | None]]
    ) -> bool:
        """Post it, unless it was; `make` is asked where it is to be posted now, and None is nothing to say.

        Returns whether Discord may be asked for more of this kind here.
        """
        claim = await self._notice_log.claim(guild_id, name, channel_id) if self._publisher.ready() else None
        if claim is None:
            return True
        notice = await make()
        if notice is None:
            await self._notice_log.said(guild_id, name, Said(channel_id, NOTHING))
            return True
        message_id = await self._publisher.publish(guild_id, channel_id, notice, mark_of(guild_id, name), claim.since)
        if message_id is None:
            log.info("notice.not_posted_yet", guild=guild_id, notice=name)
            return False
        pictures = {(one.share.generation.id, one.share.image.index) for one in notice.pictures}
        said = Said(channel_id, message_id)
        if not await self._notice_log.said(guild_id, name, said, pictures) and message_id != REFUSED:
            await self._delete(said)  # it, or a picture of it, was taken back while it was posted
        return message_id != REFUSED

    async def say_once(
        self, guild_id: int, name: str, channel_id: int, make: Callable[[], Awaitable[Notice | None]]
    ) -> bool:
        """As `say`, for what nobody else remembers: where there is nobody to say it to yet, it stays `unsaid`."""
        if not self._publisher.ready():
            await self._notice_log.owe(guild_id, name, channel_id)
        return await self.say(guild_id, name, channel_id, make)

    async def owe(self, guild_id: int, name: str, channel_id: int) -> None:
        """It is said later, by whoever looks for what is `unsaid`."""
        await self._notice_log.owe(guild_id, name, channel_id)

    async def unsaid(self, prefix: str, besides: Collection[int] = ()) -> dict[int, list[str]]:
        """By server of this process, the names of what Discord did not take and may take now, the oldest first.

        Without the servers `besides`.
        """
        return await self._notice_log.unsaid(prefix, besides) if self._publisher.ready() else {}

    async def revise(self, guild_id: int, name: str, channel_id: int, make: Callable[[], Awaitable[Notice]]) -> None:
        """Let what was said say what it would say now.  Not what shows other pictures now: that is said anew."""
        message_id = await self._notice_log.find(guild_id, name)
        if message_id is not None and message_id > 0:
            await self._publisher.revise(guild_id, channel_id, message_id, await make(), mark_of(guild_id, name))

    async def known(self, guild_id: int, names: Collection[str]) -> list[str]:
        """Which of them were said, or are being said, and were not taken back."""
        return await self._notice_log.known(guild_id, names)

    async def refused(self, guild_id: int, name: str) -> bool:
        """Whether Discord will not have it said."""
        return await self._notice_log.find(guild_id, name) == REFUSED

    # ----------------------------------------------------------------------------------------------------- deleting

    async def retract(self, guild_id: int, name: str) -> bool:
        """Delete what stands of it, and forget that it was said; False where Discord does not let it: then later."""
        lost = await self._notice_log.lost(guild_id, name)
        if lost is not None and lost.being_said:
            return False
        if lost is not None:  # whoever posted it may have been stopped before the answer came
            message_id = await self._publisher.find(lost.channel_id, mark_of(guild_id, name), lost.since)
            if message_id is None:
                return False
            if message_id:
                await self._notice_log.said(guild_id, name, Said(lost.channel_id, message_id))
        stood = await self._notice_log.withdraw(guild_id, name)
        return stood is None or await self._delete(stood)

    async def retract_showing(self, generation_id: int, index: int | None = None) -> bool:
        """Delete what shows pictures of a generation, or this one; a newest result or digest comes anew without.

        False where Discord does not let all of it be deleted: then later.
        """
        all_gone = True
        for stood in await self._notice_log.withdraw_showing(generation_id, index):
            all_gone = await self._delete(stood) and all_gone
        return all_gone

    async def retract_banned(self) -> None:
        """Delete what shows pictures of people who are banned; a newest result or digest comes anew without them."""
        for guild_id, name in await self._notice_log.of_banned():
            await self.retract(guild_id, name)

    async def retract_again(self) -> None:
        """Delete what could not be deleted before."""
        for _, stood in await self._notice_log.standing() if self._publisher.ready() else ():
            await self._delete(stood)

    async def _delete(self, stood: Said) -> bool:
        gone = await self._publisher.retract(stood.channel_id, stood.message_id)
        if gone:
            await self._notice_log.gone(stood.message_id)
        return gone

    # ------------------------------------------------------------------------------------------------------ showing

    async def show(self, ranked: Sequence[tuple[int, ShareRecord, int]]) -> tuple[Shown, ...]:
        """With their pictures, together small enough for a message; without those whose file is missing."""
        pictures = await together(self._storage, self._seal, [share.image for _, share, _ in ranked])
        return tuple(
            Shown(share, picture, place, votes)
            for (place, share, votes), picture in zip(ranked, pictures, strict=True)
            if picture is not None
        )


def mark_of(guild_id: int, name: str) -> int:
    """What a notice's message carries, to be found again by; Discord takes 31 bits."""
    return zlib.crc32(f"{guild_id}:{name}".encode()) & 0x7FFFFFFF or 1
