"""How a person hears of a generation, and what of.

Out: the `Reply` that the Discord side implements, and the values that pass through it.
"""

from dataclasses import dataclass
from typing import Protocol

from bot.database.records import GenerationRecord, Status
from bot.errors import UserError
from bot.generation.album import Picture
from bot.generation.grid import PictureFile


@dataclass(frozen=True, slots=True)
class Result:
    """What is delivered.  `grid` is under 9.5 MiB; its `suffix` names the file's kind.

    `unknown_words` are those of the prompt that the model does not know, `read_as` pairs of those that are misspelt and
    what they were read as, `ignored` what was wished for and cannot be had; after a restart nobody remembers them.
    """

    record: GenerationRecord
    images: tuple[Picture, ...]
    grid: PictureFile
    unknown_words: tuple[str, ...] = ()
    read_as: tuple[tuple[str, str], ...] = ()
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pending:
    """A generation that is not finished.  `position` counts from 1 and is None unless it waits in the queue."""

    generation_id: int
    prompt: str
    user_id: int
    guild_id: int | None
    status: Status
    position: int | None
    eta_seconds: float | None


class NeverAnswered(Exception):  # what Discord says, not what is wrong with us
    """The person was never told that the order is in."""


class Reply(Protocol):
    """How the person hears of a generation.  No method raises for a message that is gone."""

    async def queued(self, position: int, eta_seconds: float | None) -> None:
        """Its place in the queue, from 1; called when that changes."""

    async def progress(self, done: float, preview: bytes | None) -> None:
        """The share of codes drawn (0–1) and a WebP grid of the unfinished pictures; calls are ≥ 1.5 s apart."""

    async def deliver(self, result: Result) -> int | None:
        """Show the pictures; the message's id, or None where they could not be shown and wait in the history.
        What is shown elsewhere than in a message has the id 0 (see GenerationLog.delivered).

        After a crash this may be called again for the same generation, and must then lead to one message, not two.
        """

    async def find(self) -> int | None:
        """The id of the message that answers the order, None where nobody can say.  For what a crash interrupted early.

        Raises NeverAnswered.
        """

    async def shown(self) -> int | None:
        """The message that shows the result already; None where there is none, or nobody can say."""

    async def fail(self, error: UserError) -> None:
        """Say why there are no pictures."""
