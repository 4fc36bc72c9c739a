"""Stand-ins for the bot's surroundings: a pool that paints tiles when told to, and a reply that remembers.

`services` opens the real database, storage, queue and generator around them, in a folder of the test's own.
"""

import asyncio
import io
import math
import os
import sqlite3
import tempfile
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image as Pillow
from sqlalchemy import create_engine

from bot.actions.notices import Notice
from bot.actions.posts import Posts
from bot.config import Settings, load_settings
from bot.database import migrate
from bot.database.records import GenerationRecord, PostRecord
from bot.database.reviews import ReviewRecord
from bot.errors import GenerationFailed, InvalidOption, NoEndpoint, UserError
from bot.generation.grid import PictureFile
from bot.generation.reply import NeverAnswered, Result
from bot.orders.order import InteractionRef, Order, Requester
from bot.pool.member import EndpointStatus
from bot.pool.offer import Offer
from bot.services import Services, open_services
from inference.contract import (
    ALLOW,
    MAX_IMAGES,
    MAX_SEED,
    CheckRequest,
    DescribeRequest,
    Description,
    Done,
    Event,
    GenerationRequest,
    Image,
    KnownWords,
    ModelDescription,
    Policy,
    Progress,
    Thing,
    Upscaled,
    Verdict,
    WordsRequest,
)

GUILD, CHANNEL, ADA, BOB = 7_000_000_000_000_000_001, 42, 1001, 1002


def tile(seed: int, side: int = 8, kind: str = "PNG") -> bytes:
    """A small picture in a colour that depends on the seed only."""
    buffer = io.BytesIO()
    colour = (seed % 251, seed // 251 % 241, seed // 60491 % 239)
    Pillow.new("RGB", (side, side), colour).save(buffer, kind)
    return buffer.getvalue()


def vector_of(text: str) -> list[float]:
    """Of length one: texts that share words have like vectors."""
    vector = [0.0] * 384
    for word in text.casefold().split():
        vector[zlib.crc32(word.encode()) % 384] += 1.0
    length = math.hypot(*vector) or 1.0
    return [value / length for value in vector]


def an_order(prompt: str = "a red heart on a blue background", user_id: int = ADA, **options: Any) -> Order:
    """What Ada orders unless told otherwise."""
    guild_id, channel_id = options.pop("guild_id", GUILD), options.pop("channel_id", CHANNEL)
    requester = Requester(user_id, f"person {user_id}", guild_id, channel_id)
    return Order(requester, prompt, **options)


def an_interaction(minutes: float = 15) -> InteractionRef:
    return InteractionRef(99, "very-secret", datetime.now(UTC) + timedelta(minutes=minutes))


FAKE_MODEL = ModelDescription(
    "fake", "tiles of one colour", guidance=(1.0, 30.0), sampling=True, negative_prompt=True,
    pictures=("vary", "complete"), rows=4, previews=True, seeds=True,
)  # fmt: skip


class FakePool:
    """Draws a tile a picture, after one preview, at once; `hold` stops it before that until `release`.

    `capacity` may be set, `picture_verdicts`, `alike` for pictures that are all the same, and `scores`, of pictures
    0 to 8; `requests` are those that were begun (see also the event `begun`), `checked` the prompts that were judged,
    `cancelled` counts the generations that were closed early.  It knows all words but `unknown_words`.
    """

    def __init__(self, capacity: int = 8) -> None:
        self._capacity = capacity
        self._listeners: list[Callable[[], None]] = []
        self._open = asyncio.Event()
        self._open.set()
        self._blocked: dict[str, Verdict] = {}
        self._failures: list[UserError] = []
        self.picture_verdicts: dict[int, Verdict] = {}
        self.can_check = True
        self.alike = False
        self.upscales = False
        self.served: tuple[ModelDescription, ...] = (FAKE_MODEL,)
        self.unknown_words: tuple[str, ...] = ()
        self.scores = tuple(round(0.3 - index / 100, 2) for index in range(MAX_IMAGES))
        self.begun = asyncio.Event()
        self.requests: list[GenerationRequest] = []
        self.checked: list[str] = []
        self.described: list[DescribeRequest] = []
        self.policies: list[Policy] = []
        self.running = 0
        self.cancelled = 0

    @property
    def capacity(self) -> int:
        return self._capacity

    @capacity.setter
    def capacity(self, capacity: int) -> None:
        self._capacity = capacity
        for listener in self._listeners:
            listener()

    @property
    def offers(self) -> tuple[Offer, ...]:
        return (Offer(self._capacity, frozenset(model.name for model in self.served)),)

    def listen(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    def hold(self) -> None:
        self._open.clear()

    def release(self) -> None:
        self._open.set()

    def block(self, word: str, category: str = "violence", action: Any = "block") -> None:
        """Judge every prompt that holds `word` so."""
        self._blocked[word] = Verdict(action, category, 0.9, "listed_words", (word,))

    def fail_next(self, code: str = "out_of_memory") -> None:
        """Let the next generation fail, as it does after the pool's own tries."""
        self._failures.append(GenerationFailed(code))

    def refuse_next(self, field: str, code: str, data: dict[str, Any]) -> None:
        """Let the server refuse an option of the next generation."""
        self._failures.append(InvalidOption(field, code, data))

    async def check(self, request: CheckRequest) -> list[Verdict]:
        if not self.can_check:
            raise NoEndpoint("check", 300)
        self.checked += [text for pair in request.pairs for text in pair if text]
        self.policies.append(request.policy)
        return [self._judge(prompt, negative, request.policy) for prompt, negative in request.pairs]

    async def describe(self, request: DescribeRequest) -> Description:
        """Whatever the picture is: a cat, or a dog, on a blue background; a text fits if it names the cat."""
        self.described.append(request)
        return Description((Thing(("cat", "dog"), 1, 0.9),), "on a blue background",
                           ("a cat on a blue background", "a dog on a blue background"),
                           tuple(float("cat" in text) for text in request.texts))  # fmt: skip

    async def known_words(self, request: WordsRequest) -> KnownWords:
        return KnownWords(tuple(tuple(word for word in self.unknown_words if word in text) for text in request.texts))

    async def upscale(self, png: bytes) -> Upscaled | None:
        """Twice as large, and black, where `upscales` is set."""
        with Pillow.open(io.BytesIO(png)) as picture:
            side = 2 * picture.width
        buffer = io.BytesIO()
        Pillow.new("RGB", (side, side)).save(buffer, "PNG")
        return Upscaled(buffer.getvalue(), "Swin2SR") if self.upscales else None

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        if not self.can_check:
            raise NoEndpoint("read", 300)
        return [vector_of(text) for text in texts]

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[Event]:
        self.requests.append(request)
        self.running += 1
        self.begun.set()
        finished = False
        try:
            await self._open.wait()
            if self._failures:
                finished = True
                raise self._failures.pop(0)
            yield Progress(0.5, tile(request.seed, kind="WEBP"))
            for index in range(request.images):
                seed = (request.seed + index) % (MAX_SEED + 1)
                yield Image(
                    index,
                    seed,
                    self.scores[index],
                    tile(request.seed if self.alike else seed),
                    self.picture_verdicts.get(index, ALLOW),
                )
            finished = True
            yield Done(0.1, "fake", self.unknown_words)
        finally:
            self.running -= 1
            self.cancelled += not finished

    def models(self) -> tuple[ModelDescription, ...]:
        return self.served

    def status(self) -> tuple[EndpointStatus, ...]:
        return (EndpointStatus("fake", self._capacity > 0, self.running, self._capacity, ""),)

    def _judge(self, prompt: str, negative: str | None, policy: Policy) -> Verdict:
        """What the policy allows passes: categories, and the words themselves."""
        for word, verdict in self._blocked.items():
            if policy.categories.get(verdict.category or "") == "allow" or word in policy.allowed_words:
                continue
            if word in prompt:
                return verdict
            if word in (negative or ""):
                return replace(verdict, rule="negative_prompt")
        return Verdict("allow")


class FakeReply:
    """Remembers what was said; `finished` is set by the last word.  `broken` makes `deliver` raise."""

    def __init__(self, message_id: int | None = 555) -> None:
        self.message_id = message_id
        self.broken = False
        self.answered = True
        self.shows: int | None = None
        self.positions: list[int] = []
        self.progresses: list[float] = []
        self.results: list[Result] = []
        self.errors: list[UserError] = []
        self.finished = asyncio.Event()
        self.heard = asyncio.Event()

    async def queued(self, position: int, eta_seconds: float | None) -> None:
        self.positions.append(position)
        self.heard.set()

    async def progress(self, done: float, preview: bytes | None) -> None:
        self.progresses.append(done)
        self.heard.set()

    async def deliver(self, result: Result) -> int | None:
        self.finished.set()
        if self.broken:
            raise ConnectionError("Discord is away")
        self.results.append(result)
        return self.message_id

    async def find(self) -> int | None:
        if not self.answered:
            raise NeverAnswered
        return self.message_id

    async def shown(self) -> int | None:
        return self.shows

    async def fail(self, error: UserError) -> None:
        self.errors.append(error)
        self.finished.set()


class FakeDoor:
    """Remembers whether the person was acknowledged; `broken` makes that fail."""

    def __init__(self, reply: FakeReply | None = None, patience: float | None = None) -> None:
        self.patience = patience
        self.broken = False
        self.acknowledged = asyncio.Event()
        self._reply = reply or FakeReply()

    async def acknowledge(self) -> int | None:
        if self.broken:
            raise ConnectionError("Discord is away")
        self.acknowledged.set()
        return self._reply.message_id

    def reply(self, generation_id: int, order: Order, message_id: int | None) -> FakeReply:
        return self._reply


class FakePosts:
    """Remembers which messages were taken down and drawn anew; those in `stubborn` cannot be changed."""

    def __init__(self) -> None:
        self.taken_down: list[int] = []
        self.redrawn: list[int] = []
        self.stubborn: set[int] = set()
        self.announced: list[tuple[int, ReviewRecord]] = []
        self.told: list[tuple[int, ReviewRecord]] = []
        self.published: list[tuple[int, Notice]] = []
        self.marks: dict[int, int] = {}
        self.revised: list[tuple[int, Notice]] = []
        self.retracted: list[int] = []
        self.looked_since: list[datetime | None] = []
        self.away = False
        self.refusing = False
        self.connected = True

    def ready(self) -> bool:
        return self.connected

    async def publish(
        self, guild_id: int, channel_id: int, notice: Notice, mark: int, since: datetime | None
    ) -> int | None:
        self.looked_since.append(since)
        if self.away:
            return None
        if self.refusing:
            return 0
        if since is not None and mark in self.marks:
            await self.revise(guild_id, channel_id, self.marks[mark], notice, mark)
            return self.marks[mark]
        self.published.append((channel_id, notice))
        self.marks[mark] = 900_000 + len(self.published)
        return self.marks[mark]

    async def find(self, channel_id: int, mark: int, since: datetime) -> int | None:
        self.looked_since.append(since)
        return None if self.away else self.marks.get(mark, 0)

    async def revise(self, guild_id: int, channel_id: int, message_id: int, notice: Notice, mark: int) -> None:
        self.revised.append((message_id, notice))

    async def retract(self, channel_id: int, message_id: int) -> bool:
        if message_id in self.stubborn:
            return False
        self.retracted.append(message_id)
        self.marks = {mark: known for mark, known in self.marks.items() if known != message_id}
        return True

    async def announce(self, channel_id: int, review: ReviewRecord, record: GenerationRecord) -> bool:
        self.announced.append((channel_id, review))
        return True

    async def tell(self, user_id: int, review: ReviewRecord, record: GenerationRecord) -> bool:
        self.told.append((user_id, review))
        return True

    async def take_down(self, post: PostRecord) -> bool:
        if post.message_id in self.stubborn:
            return False
        self.taken_down.append(post.message_id)
        return True

    async def redraw(self, post: PostRecord, record: GenerationRecord, grid: PictureFile) -> bool:
        if post.message_id in self.stubborn:
            return False
        self.redrawn.append(post.message_id)
        return True


@cache
def empty_database() -> bytes:
    """A SQLite file with the newest schema: made once, because the migrations cost more than most tests."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "easel.db"
        engine = create_engine(f"sqlite:///{file}")
        with engine.begin() as connection:
            migrate.upgrade(connection)
        engine.dispose()
        return file.read_bytes()


def lay_out(folder: Path) -> None:
    """The folder with an empty database in it, unless it has one."""
    folder.mkdir(exist_ok=True)
    if not (folder / "easel.db").exists():
        (folder / "easel.db").write_bytes(empty_database())


_READ: dict[str, Settings] = {}


def settings_in(folder: Path, **values: Any) -> Settings:
    """As `load_settings(None, data_dir=folder, **values)`, read once for all tests that ask for the same in the same
    environment: to read them is a tenth of a test of commands or pages."""
    if not all(isinstance(value, str | int | float | None) for value in values.values()):
        return load_settings(None, data_dir=folder, **values)  # a secret, say, is shown as another
    variables = sorted(item for item in os.environ.items() if item[0].lower() in Settings.model_fields)
    asked = repr((variables, sorted(values.items())))
    if asked not in _READ:
        _READ[asked] = load_settings(None, data_dir=folder, **values)
    read, own = _READ[asked], {"data_dir": folder}
    for name, field in Settings.model_fields.items():
        if field.default_factory is not None and name not in read.model_fields_set:  # follows from the folder
            own[name] = field.get_default(call_default_factory=True, validated_data=own)
    return read.model_copy(update=own)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """The database in the folder takes no writes meanwhile."""
    locker = sqlite3.connect(folder / "easel.db", isolation_level=None)
    locker.execute("BEGIN IMMEDIATE")
    yield
    locker.execute("ROLLBACK")
    locker.close()


@asynccontextmanager
async def services(
    folder: Path, pool: FakePool | None = None, posts: Posts | None = None, **settings: Any
) -> AsyncIterator[Services]:
    """The real services around a fake pool, everything kept in `folder`; replies are not throttled."""
    lay_out(folder)
    chosen = settings_in(folder, **{"shutdown_seconds": 0, **settings})
    async with open_services(chosen, posts, pool=pool or FakePool(), interval=0.0) as opened:
        yield opened


async def order_one(opened: Services, order: Order, reply: FakeReply | None = None) -> tuple[int, FakeReply]:
    """Returns before it is finished."""
    reply = reply or FakeReply()
    return await opened.generator.run(order, FakeDoor(reply)), reply


async def finish(opened: Services, generation_id: int) -> GenerationRecord:
    """Wait until it is delivered, failed or cancelled; returns its row."""
    await asyncio.wait_for(opened.works.ended(generation_id), 30)
    record = await opened.generations.get(generation_id)
    if record is None:
        raise LookupError(f"generation {generation_id} has no row")
    return record


async def draw(opened: Services, order: Order | None = None) -> GenerationRecord:
    """Order and wait for the pictures; returns the finished row."""
    generation_id, _ = await order_one(opened, order or an_order())
    return await finish(opened, generation_id)


def stuck(folder: Path, key: str) -> Path:
    """Put something there that cannot be deleted, as little as a file of somebody else's; returns what makes it so."""
    place = folder / "pictures" / key
    place.unlink()
    place.mkdir()
    (place / "x").touch()
    return place / "x"


def by(order: Order, user_id: int) -> Order:
    """The same order from somebody else."""
    return replace(order, requester=replace(order.requester, user_id=user_id))
