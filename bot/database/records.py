"""What the database hands out: frozen values, free of SQLAlchemy, that views, pages and tests can hold on to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from bot.errors import NotFound, RemovedByOperator, UserError
from bot.orders.order import Order
from inference.contract import Verdict

REFUSED = ("hold", "block")
"""Actions of a verdict that keep a prompt from being drawn."""

Status = Literal[
    "checking", "queued", "running", "delivering", "delivered", "blocked", "cancelled", "failed", "expired"
]
"""Which follows which: bot/database/states.py."""
SanctionKind = Literal["timeout", "ban"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list, newest first; hand `next_before` back for the next one, None at the end."""

    records: tuple[T, ...]
    next_before: int | None


@dataclass(frozen=True, slots=True)
class Removal:
    """Who took something away, when and why; `sanction_id` where it went together with other things.

    `deleted` is its owner's own, for good; all else may be taken back, what is `by_operator` by them alone.
    """

    at: datetime
    by: int
    why: str
    sanction_id: int | None = None
    deleted: bool = False
    by_operator: bool = False


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """One stored picture; `key` is its file in the storage, `index` counts from 0, `filled` is what the model put in
    where the prompt left it open."""

    generation_id: int
    index: int
    key: str
    sha256: str
    seed: int
    score: float | None
    width: int
    height: int
    removal: Removal | None = None
    verdict: Verdict | None = None
    filled: str = ""

    @property
    def is_covered(self) -> bool:
        """Whether it is shown behind a cover only."""
        return self.verdict is not None and self.verdict.action == "blur"


@dataclass(frozen=True, slots=True)
class GenerationRecord:
    """One row of the request log.

    `order` is the order with its seed drawn; its `init_image` stays in the storage, under `init_image_key`, and its
    `interaction` is None once delivered or expired.  `model` is the one that drew, or, before that, the one ordered.
    """

    id: int
    order: Order
    status: Status
    seed: int
    created_at: datetime
    model: str | None = None
    verdict: Verdict | None = None
    checked_at: datetime | None = None
    queued_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    delivered_at: datetime | None = None
    message_id: int | None = None
    init_image_key: str | None = None
    grid_key: str | None = None
    error_code: str | None = None
    error_data: Mapping[str, Any] = field(default_factory=dict)
    removal: Removal | None = None
    images: tuple[ImageRecord, ...] = ()

    @property
    def seconds(self) -> float | None:
        """From the start of the work to the last picture; None before that."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()

    @property
    def begun_from_picture(self) -> bool:
        """Whether it takes more than words and numbers to draw it again."""
        return self.order.strength is not None or bool(self.order.keep_rows) or self.init_image_key is not None

    @property
    def is_covered(self) -> bool:
        """Whether a grid of the pictures that are left is shown behind a cover only."""
        return any(image.is_covered for image in self.images if image.removal is None)

    @property
    def is_hidden(self) -> bool:
        """Whether its grid is shown behind a cover only: somebody wants it so, or the picture check does."""
        return self.order.spoiler or self.is_covered

    def picture(self, index: int) -> ImageRecord:
        """Raises NotFound where there is no such picture, or it was removed."""
        for image in self.images:
            if image.index == index and image.removal is None:
                return image
        raise NotFound("picture", index + 1)

    @property
    def deleted(self) -> bool:
        """By its owner, for good."""
        return self.removal is not None and self.removal.deleted

    def restorable(self, index: int | None = None, *, operator: bool) -> None:
        """Whether it, or one picture, may be shown again.  Raises NotFound, as for what its owner deleted, and
        RemovedByOperator where only they may."""
        removal = self.removal if index is None else {one.index: one.removal for one in self.images}.get(index)
        if removal is None or self.deleted:
            raise NotFound("removal")
        if removal.by_operator and not operator:
            raise RemovedByOperator(self.id)

    def can_restore(self, index: int | None = None, *, operator: bool = False) -> bool:
        try:
            self.restorable(index, operator=operator)
        except UserError:
            return False
        return True


@dataclass(frozen=True, slots=True)
class PostRecord:
    """A message that shows a generation, or, with `image_index`, a copy of one of its pictures."""

    message_id: int
    channel_id: int
    generation_id: int
    image_index: int | None = None


@dataclass(frozen=True, slots=True)
class Erasure:
    """Files of a removed generation, or of some pictures of it, that are to be deleted.

    `image_hashes` are the pictures' SHA-256: a variation of one of them keeps a copy of it to start from.
    """

    generation_id: int
    whole: bool
    image_indexes: tuple[int, ...]
    image_hashes: frozenset[str]
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GenerationFilter:
    """Which rows of the request log to show; None means any.

    Each of `words` must begin a word of the prompt.  `flagged` are those that the filter flagged or blocked; `since` is
    the first moment and `until` the first one after; `score` is the least that the filter must have given; `person` is
    part of the name that somebody had at the time; `drawn` are those with pictures, shown or not; `refused`
    are those that the filter blocked; `removed_with` is a sanction's id.
    """

    user_id: int | None = None
    person: str | None = None
    guild_id: int | None = None
    channel_id: int | None = None
    status: Status | None = None
    drawn: bool | None = None
    refused: bool | None = None
    category: str | None = None
    words: str | None = None
    removed: bool | None = None
    removed_with: int | None = None
    flagged: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    score: float | None = None
    direct: bool | None = None  # True: direct messages only


@dataclass(frozen=True, slots=True)
class ShareRecord:
    """A picture in a server's gallery."""

    id: int
    guild_id: int
    user_id: int
    generation: GenerationRecord
    image: ImageRecord
    votes: int
    created_at: datetime

    @property
    def prompt(self) -> str:
        return self.generation.order.prompt

    @property
    def is_covered(self) -> bool:
        """Whether it is shown behind a cover only: the picture check, or somebody who may, wants it so."""
        return self.image.is_covered or self.generation.order.spoiler


@dataclass(frozen=True, slots=True)
class GalleryFilter:
    """Which shares to show; None means any.

    Each of `words` must begin a word of the prompt; `favourites_of` is whose favourites alone are shown; `since` is the
    first moment.
    """

    words: str | None = None
    user_id: int | None = None
    favourites_of: int | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class SharePage:
    """One page of a gallery; hand `next_cursor` (short, opaque) back for the next one, None at the end."""

    records: tuple[ShareRecord, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Ballot:
    """What a press on *Vote* led to: the share's votes, and whether this person's is among them now."""

    votes: int
    voted: bool


@dataclass(frozen=True, slots=True)
class SanctionRecord:
    """A timeout or a ban; `guild_id` None counts everywhere; a ban's `until` is None.

    `replaced` says that another one ended it, and no lift.
    """

    id: int
    user_id: int
    guild_id: int | None
    kind: SanctionKind
    until: datetime | None
    reason: str
    created_by: int
    created_at: datetime
    lifted_by: int | None = None
    lifted_at: datetime | None = None
    replaced: bool = False


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One act of a moderator; `subject` reads like "user:42"; `before` and `after` are what changed."""

    id: int
    at: datetime
    guild_id: int | None
    actor_id: int
    action: str
    subject: str
    why: str
    before: tuple[tuple[str, str], ...] = ()
    after: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Style:
    """Words before and after a prompt, what to leave out, and how to draw; None leaves it to the order."""

    name: str
    prefix: str = ""
    suffix: str = ""
    negative_prompt: str = ""
    guidance_scale: float | None = None
    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None
