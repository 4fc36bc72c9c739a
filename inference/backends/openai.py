"""Any OpenAI-compatible images API as a backend: POST …/images/generations, and …/images/edits for start pictures.

In: requests.  Out: events.  Prompts leave this machine.  The API counts in dollars, so there is a budget a day, and it
is asked again only for what may pass: 429, 5xx and broken connections, after as long as it says.  What it may have
drawn although nobody got it is paid for again.
"""

import asyncio
import base64
import io
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import aiohttp
import structlog
from PIL import Image as Pillow

from inference.backends import BackendStatus
from inference.backends.api_errors import ApiError, error_of, failure, meaning, read_up_to
from inference.backends.budget import Budget, BudgetSpent
from inference.backends.rate import Rate
from inference.backends.server_sent import objects
from inference.contract import (
    MAX_SEED,
    Busy,
    Done,
    Event,
    Failed,
    GenerationRequest,
    Image,
    InvalidRequest,
    KnownWords,
    ModelDescription,
    Progress,
    Queued,
    best_first,
)
from inference.pictures import UnreadablePicture, encode_png, encode_preview, read_init_picture, read_pixels
from inference.ranking.clip import LazyClip

log = structlog.get_logger(__name__)

TRIES: Final = 4
LONGEST_WAIT: Final = 60.0
"""Seconds; an API that wants more is told to others as "rate limited", and when to come back."""
HEARTBEAT_SECONDS: Final = 20.0
TIMEOUT: Final = aiohttp.ClientTimeout(total=300, sock_connect=10)
MAX_PICTURE_BYTES: Final = 64 * 2**20

Show = Callable[[Progress], None]
"""What hears of partial pictures."""


@dataclass(frozen=True)
class OpenAIOptions:
    """`url` ends before /images; `price` is that of a picture, in whatever the provider counts in.  `partial` pictures
    (0 to 3) of one that is drawn alone are shown meanwhile.  `clip` is the folder of a CLIP that ranks the pictures."""

    url: str = "https://api.openai.com/v1"
    key: str | None = field(default=None, repr=False)
    sizes: tuple[str, ...] = ("1024x1024", "1536x1024", "1024x1536")
    price: float = 0.0
    concurrency: int = 4
    max_waiting: int = 64
    first_wait: float = 1.0  # seconds before the second try, doubled for each further one
    partial: int = 0
    clip: Path | None = None


class OpenAIBackend:
    """One model of an API.  Pictures have no seeds there: the same request draws others each time."""

    def __init__(self, model: str, name: str, options: OpenAIOptions, budget: Budget, rate: Rate | None = None) -> None:
        """`budget` and `rate` are those of the account, which its models may share."""
        self._model = model
        self._name = name
        self._options = options
        self._budget = budget
        self._rate = rate or Rate(0)
        self._ranker = LazyClip(options.clip)
        self._slots = asyncio.Semaphore(options.concurrency)
        self._running = 0
        self._under_way = 0
        self._session: aiohttp.ClientSession | None = None
        self._ended = asyncio.Event()

    @property
    def name(self) -> str:
        return self._name

    @property
    def ended(self) -> asyncio.Event:
        return self._ended

    @property
    def status(self) -> BackendStatus | None:
        if self._session is None:
            return None
        return BackendStatus(self._options.concurrency, self._running, self._under_way - self._running)

    def start(self) -> None:
        headers = {"Authorization": f"Bearer {self._options.key}"} if self._options.key else {}
        self._session = aiohttp.ClientSession(headers=headers, timeout=TIMEOUT)

    async def stop(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def describe(self) -> ModelDescription:
        return describe(self._model, self._name, self._options)

    async def known_words(self, texts: Sequence[str]) -> KnownWords:
        """Nobody says, so none is unknown."""
        return KnownWords(((),) * len(texts))

    async def stream(self, request: GenerationRequest) -> AsyncGenerator[Event]:
        """See Backend.  The budget is asked before the API is, and gets back what was not ordered or not drawn; not
        what nobody waits for any more: the API may bill it all the same."""
        (await self.describe()).check(request)
        if self._under_way - self._running >= self._options.max_waiting:
            raise Busy(self._under_way - self._running, self._options.max_waiting)
        self._under_way += 1
        shown: asyncio.Queue[Progress] = asyncio.Queue()
        drawing = asyncio.create_task(self._draw(request, shown.put_nowait))
        try:
            yield Queued()
            while not drawing.done():
                heard = asyncio.create_task(shown.get())
                try:
                    await asyncio.wait({drawing, heard}, timeout=HEARTBEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                    event: Event = heard.result() if heard.done() else Queued()
                finally:
                    heard.cancel()
                if not drawing.done():
                    yield event
            for event in drawing.result():
                yield event
        finally:
            drawing.cancel()
            self._under_way -= 1

    # ------------------------------------------------------------------------------------------------ private

    async def _draw(self, request: GenerationRequest, show: Show) -> list[Event]:
        started = time.perf_counter()
        price = self._options.price * request.images
        async with self._slots:
            self._running += 1
            try:
                self._budget.take(price)
                ordered = False
                try:
                    await asyncio.sleep(self._rate.reserve(request.images, time.monotonic()))
                    ordered = True
                    files = await self._ask_patiently(request, price, show)
                except BaseException as error:
                    left = isinstance(error, asyncio.CancelledError | BudgetSpent)
                    if not (ordered and (left or getattr(error, "perhaps_billed", False))):
                        self._budget.give_back(price)
                    raise
                pictures = await asyncio.to_thread(self._finished, files, request)
            except BudgetSpent as error:
                log.warning("budget.spent", model=self._name, reason=str(error))
                data = {"budget": error.budget, "retry_at": error.resets_at.isoformat()}
                return [Failed("budget_spent", retryable=False, data=data)]
            except ApiError as error:
                log.warning("api.failed", generation=request.id, model=self._name, reason=str(error))
                return [failure(error, self._name, datetime.now(UTC))]
            except UnreadablePicture as error:
                log.warning("api.failed", generation=request.id, model=self._name, reason=str(error))
                return [Failed("api_answer", retryable=True, data={"model": self._name})]
            finally:
                self._running -= 1
        return [*pictures, Done(time.perf_counter() - started, self._name)]

    def _finished(self, files: list[bytes], request: GenerationRequest) -> list[Image]:
        """The API's files as ours, marked as made by a model, best first.  Raises UnreadablePicture."""
        pixels = [read_pixels(file) for file in files]
        seeds = [(request.seed + index) % (MAX_SEED + 1) for index in range(len(files))]
        pictures = [
            Image(index, seed, None, encode_png(one, seed, model=self._name))
            for index, (one, seed) in enumerate(zip(pixels, seeds, strict=True))
        ]
        scores = self._ranker.scores(request.prompt, pixels) if len(pictures) > 1 else None
        if scores is not None:
            pictures = [replace(picture, score=score) for picture, score in zip(pictures, scores, strict=True)]
        return best_first(pictures)

    async def _ask_patiently(self, request: GenerationRequest, price: float, show: Show) -> list[bytes]:
        """As often as it makes sense.  Raises ApiError, and BudgetSpent before another try that costs."""
        wait = self._options.first_wait
        for attempt in range(1, TRIES + 1):
            try:
                return await self._ask(request, show)
            except ApiError as error:
                if error.retry_after is None or attempt == TRIES or error.retry_after > LONGEST_WAIT:
                    raise
                if error.perhaps_billed:
                    self._budget.take(price)
                await asyncio.sleep(max(wait, error.retry_after))
                wait *= 2
        raise ApiError("api_down")

    async def _ask(self, request: GenerationRequest, show: Show) -> list[bytes]:
        if self._session is None:
            raise ApiError("shutting_down", retry_after=0.0)
        fields: dict[str, Any] = {"model": self._model, "prompt": request.prompt, "n": request.images}
        fields["size"] = request.size or self._options.sizes[0]
        if not self._model.startswith("gpt-image"):  # those know no other form, and refuse the word
            fields["response_format"] = "b64_json"
        if self._options.partial and request.preview and request.images == 1 and request.init_image is None:
            fields |= {"stream": True, "partial_images": self._options.partial}
        url = self._options.url.rstrip("/") + "/images/"
        try:
            if request.init_image is None:
                answer = self._session.post(url + "generations", json=fields)
            else:
                answer = self._session.post(url + "edits", data=_form(fields, request))
            async with answer as response:
                if response.status != 200:
                    raise await error_of(response)
                if response.content_type == "text/event-stream":
                    return await self._streamed(response, show)
                document = await response.json(content_type=None)
            return [await self._file(one) for one in document["data"]]
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise ApiError("api_down", retry_after=0.0, says=str(error)) from error
        except TimeoutError as error:
            raise ApiError("api_timeout", perhaps_billed=True) from error
        except aiohttp.ClientError as error:
            raise ApiError("api_down", retry_after=0.0, says=str(error), perhaps_billed=True) from error
        except (ValueError, KeyError, TypeError) as error:
            raise ApiError("api_answer", says=f"it cannot be read: {error!r}", perhaps_billed=True) from error

    async def _streamed(self, response: aiohttp.ClientResponse, show: Show) -> list[bytes]:
        """What is streamed, partial pictures shown as they come.  Raises ApiError, and ValueError for nonsense."""
        files: list[bytes] = []
        async for event in objects(response.content.iter_any()):
            if event.get("error"):
                raise meaning(event, response.status, 0.0)
            file = base64.b64decode(event.get("b64_json", ""))
            if event.get("type") == "image_generation.partial_image":
                done = (int(event.get("partial_image_index", 0)) + 1) / (self._options.partial + 1)
                show(Progress(min(done, 1.0), await asyncio.to_thread(_preview, file)))
            elif file:
                files.append(file)
        if not files:
            raise ValueError("the stream ended without a picture")
        return files

    async def _file(self, picture: Mapping[str, Any]) -> bytes:
        if picture.get("b64_json"):
            return base64.b64decode(picture["b64_json"])
        async with aiohttp.ClientSession(timeout=TIMEOUT) as session, session.get(picture["url"]) as response:
            response.raise_for_status()
            return await read_up_to(response, MAX_PICTURE_BYTES)


def describe(model: str, name: str, options: OpenAIOptions) -> ModelDescription:
    """What such a model can do; there is nobody to ask, so only what every such API has."""
    return ModelDescription(
        name=name, description=f"{model}, over the network", sizes=options.sizes, pictures=("complete",), rows=16,
        previews=options.partial > 0, ranked=options.clip is not None,
    )  # fmt: skip


def _form(fields: Mapping[str, Any], request: GenerationRequest) -> aiohttp.FormData:
    """For …/edits: the start picture, and a mask that is transparent where it is drawn anew."""
    width, height = map(int, fields["size"].split("x"))
    try:
        pixels = read_init_picture(request.init_image or b"", width, height)
    except UnreadablePicture as error:
        raise InvalidRequest("unreadable_picture", "init_image", problem=str(error)) from error
    mask = Pillow.new("RGBA", (width, height), (0, 0, 0, 0))
    mask.paste((0, 0, 0, 255), (0, 0, width, round(height * request.keep_rows / 16)))
    form = aiohttp.FormData()
    for name, value in fields.items():
        form.add_field(name, str(value))
    for name, picture in (("image", Pillow.fromarray(pixels)), ("mask", mask)):
        file = io.BytesIO()
        picture.save(file, "PNG")
        form.add_field(name, file.getvalue(), filename=f"{name}.png", content_type="image/png")
    return form


def _preview(file: bytes) -> bytes:
    """A partial picture as previews are.  Raises ValueError."""
    try:
        return encode_preview([read_pixels(file)], 1)
    except UnreadablePicture as error:
        raise ValueError(str(error)) from error
