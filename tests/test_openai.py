"""OpenAI's images API from both sides: our endpoint for its official client, and our backend for any such API."""

import asyncio
import base64
import io
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import openai
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from PIL import Image as Pillow

from inference.backends import ServedModel
from inference.backends.api_errors import ApiError, failure
from inference.backends.budget import Budget, BudgetSpent
from inference.backends.openai import OpenAIBackend, OpenAIOptions
from inference.backends.opening import BackendOptions, served_models
from inference.backends.rate import Rate
from inference.backends.threaded import ThreadedBackend
from inference.contract import (
    Busy,
    Done,
    Event,
    Failed,
    GenerationRequest,
    Image,
    InvalidRequest,
    Policy,
    Progress,
    Queued,
    Verdict,
    retry_at,
)
from inference.engine.engine import Engine
from inference.pictures import Pixels
from inference.ranking.clip import ClipRanker, RankerError
from inference.server.app import create_app
from inference.server.shelf import Shelf
from tests.fakes import FakeCodeModel


class Filter:
    """Blocks what says so."""

    def check(self, prompt: str, negative: str | None, policy: Policy) -> Verdict:
        return Verdict("block", "shocking") if "forbidden" in prompt else Verdict("allow")

    def vector(self, text: str) -> list[float]:
        return [1.0]


@asynccontextmanager
async def our_server(kind: type[ThreadedBackend] = ThreadedBackend) -> AsyncIterator[TestServer]:
    """With a model that paints tiles, and a token."""
    served = ServedModel("fake", lambda: kind(lambda _: Engine(FakeCodeModel()), "fake"))
    server = TestServer(create_app(Shelf([served]), Filter(), token="secret"))
    await server.start_server()
    try:
        yield server
    finally:
        await server.close()


@asynccontextmanager
async def client(
    key: str = "secret", kind: type[ThreadedBackend] = ThreadedBackend
) -> AsyncIterator[openai.AsyncOpenAI]:
    async with (
        our_server(kind) as server,
        openai.AsyncOpenAI(base_url=str(server.make_url("/v1")), api_key=key, max_retries=0) as official,
    ):
        yield official


def picture(data: str | None) -> Pillow.Image:
    return Pillow.open(io.BytesIO(base64.b64decode(data or "")))


async def test_the_official_client_gets_pictures() -> None:
    """As many as it asked for, as PNG, with the size that they have."""
    async with client() as official:
        answer = await official.images.generate(prompt="a cat", n=3, model="fake", size="auto", user="someone")
        assert [model.id async for model in official.models.list()] == ["fake"]
    assert answer.data is not None
    assert [picture(one.b64_json).size for one in answer.data] == [(256, 256)] * 3


async def test_the_official_client_streams() -> None:
    """Partial pictures as they come, then the finished one."""
    async with client() as official:
        stream = await official.images.generate(prompt="a cat", partial_images=2, stream=True)
        events = [event async for event in stream]
    assert [event.type for event in events][-1] == "image_generation.completed"
    partial = [event for event in events if event.type == "image_generation.partial_image"]
    assert [event.partial_image_index for event in partial] == list(range(len(partial)))
    assert partial
    assert all(picture(event.b64_json).format == "PNG" for event in events)


@pytest.mark.parametrize(
    ("options", "kind", "code", "param"),
    [
        ({"prompt": "forbidden things"}, openai.BadRequestError, "moderation_blocked", "prompt"),
        ({"prompt": ""}, openai.BadRequestError, "empty", "prompt"),
        ({"prompt": "a", "n": 11}, openai.BadRequestError, "out_of_range", "n"),
        ({"prompt": "a", "size": "64x64"}, openai.BadRequestError, "unknown_size", "size"),
        ({"prompt": "a", "model": "dall-e-9"}, openai.NotFoundError, "model_not_found", "model"),
        ({"prompt": "a", "response_format": "url"}, openai.BadRequestError, "unknown_value", "response_format"),
        ({"prompt": "a", "background": "transparent"}, openai.BadRequestError, "unknown_value", "background"),
        ({"prompt": "a", "quality": "superb"}, openai.BadRequestError, "unknown_value", "quality"),
        ({"prompt": "a", "output_compression": 101}, openai.BadRequestError, "out_of_range", "output_compression"),
        ({"prompt": "a", "extra_body": {"seed": -1}}, openai.BadRequestError, "out_of_range", "seed"),
        ({"prompt": "a", "extra_body": {"colour": 1}}, openai.BadRequestError, "unknown_field", "colour"),
    ],
)
async def test_refusals_have_the_apis_form(options: dict[str, Any], kind: type[Any], code: str, param: str) -> None:
    """The client raises its own errors, with code and parameter."""
    async with client() as official:
        with pytest.raises(kind) as refusal:
            await official.images.generate(**options)
    assert (refusal.value.code, refusal.value.param) == (code, param)
    assert param in refusal.value.message or code == "moderation_blocked"


async def test_a_refusal_in_a_stream_is_its_last_event() -> None:
    """Of a model that was still loading when the answer began, and says only then what it does not draw."""

    class Loading(ThreadedBackend):
        async def stream(self, request: GenerationRequest) -> AsyncGenerator[Event]:
            yield Queued()
            async for event in super().stream(request):
                yield event

    async with client(kind=Loading) as official:
        stream = await official.images.generate(prompt="a", size="64x64", stream=True)
        with pytest.raises(openai.APIError, match="64x64") as refusal:
            [event async for event in stream]
    assert (refusal.value.code, refusal.value.param) == ("unknown_size", "size")


async def test_a_wrong_key_is_refused() -> None:
    """As the API does it."""
    async with client("wrong") as official:
        with pytest.raises(openai.AuthenticationError):
            await official.images.generate(prompt="a cat")


# -------------------------------------------------------------------------------- our backend for such an API

Answer = Callable[[web.Request], Any]


def png(size: tuple[int, int] = (8, 8)) -> str:
    file = io.BytesIO()
    Pillow.new("RGB", size, (1, 2, 3)).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def drawn(count: int = 1) -> web.Response:
    return web.json_response({"created": 1, "data": [{"b64_json": png()} for _ in range(count)]})


def refused(status: int, code: str, **headers: str) -> web.Response:
    body = {"error": {"message": "in so many words", "type": "x", "param": None, "code": code}}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.json_response(body, status=status, headers=named)


class Api:
    """Answers in turn as it is told; the last answer is repeated."""

    def __init__(self, *answers: Callable[[], web.Response]) -> None:
        self.answers = list(answers)
        self.bodies: list[Any] = []

    async def answer(self, request: web.Request) -> web.Response:
        form = request.content_type == "multipart/form-data"
        if form:
            fields = await request.post()
            self.bodies.append({k: v.file.read() if isinstance(v, web.FileField) else v for k, v in fields.items()})
        else:
            self.bodies.append(await request.json())
        return (self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])()


@asynccontextmanager
async def backend(
    api: Api, budget: Budget | None = None, pieces: Any = None, **options: Any
) -> AsyncIterator[OpenAIBackend]:
    app = web.Application()
    app.add_routes([web.get("/piece", pieces)] if pieces else [])
    app.add_routes([web.post("/v1/images/generations", api.answer), web.post("/v1/images/edits", api.answer)])
    server = TestServer(app)
    await server.start_server()
    settings = OpenAIOptions(str(server.make_url("/v1")), "key", ("512x512", "768x512"), first_wait=0.0, **options)
    made = OpenAIBackend("painter-1", "openai:painter-1", settings, budget or Budget(0, None))
    made.start()
    try:
        yield made
    finally:
        await made.stop()
        await server.close()


async def draw(made: OpenAIBackend, prompt: str = "a cat", **options: Any) -> list[Event]:
    return [event async for event in made.stream(GenerationRequest(prompt, **{"images": 1, **options}))]


async def test_our_backend_draws_through_our_endpoint() -> None:
    """Both sides of the API, over a real socket."""
    async with our_server() as server:
        settings = OpenAIOptions(str(server.make_url("/v1")), "secret", ("256x256",))
        made = OpenAIBackend("fake", "openai:fake", settings, Budget(0, None))
        made.start()
        events = await draw(made, images=2, seed=5)
        refusal = await draw(made, "forbidden things")
        await made.stop()
    assert [type(event) for event in events] == [Queued, Image, Image, Done]
    assert [event.seed for event in events if isinstance(event, Image)] == [5, 6]
    assert refusal[-1] == Failed("content_refused", retryable=False, data={"model": "openai:fake"})


async def test_what_is_asked_for_reaches_the_api() -> None:
    """Prompt, count, size and model; a start picture with a mask that is open below what is kept."""
    file = io.BytesIO()
    Pillow.new("RGB", (64, 64), "red").save(file, "PNG")
    api = Api(lambda: drawn(2))
    async with backend(api) as made:
        assert isinstance((await draw(made, images=2, size="768x512"))[-1], Done)
        assert isinstance((await draw(made, images=2, init_image=file.getvalue(), keep_rows=8))[-1], Done)
        with pytest.raises(InvalidRequest, match="strength is not possible"):
            await draw(made, init_image=file.getvalue(), strength=0.5)
        with pytest.raises(InvalidRequest, match="negative_prompt is not possible"):
            await draw(made, negative_prompt="dogs")
    assert api.bodies[0] == {
        "model": "painter-1", "prompt": "a cat", "n": 2, "size": "768x512", "response_format": "b64_json"
    }  # fmt: skip
    mask = Pillow.open(io.BytesIO(api.bodies[1]["mask"]))
    assert (mask.size, mask.getpixel((5, 100)), mask.getpixel((5, 400))) == ((512, 512), (0, 0, 0, 255), (0, 0, 0, 0))


@pytest.mark.parametrize(
    ("answers", "code", "asked"),
    [
        ([lambda: refused(400, "content_policy_violation")], "content_refused", 1),
        ([lambda: refused(400, "moderation_blocked")], "content_refused", 1),
        ([lambda: refused(401, "invalid_api_key")], "api_key_refused", 1),
        ([lambda: refused(404, "model_not_found")], "api_model_unknown", 1),
        ([lambda: refused(429, "insufficient_quota")], "api_quota_spent", 1),
        ([lambda: refused(429, "rate_limit_exceeded", Retry_After="3600")], "api_rate_limited", 1),
        ([lambda: refused(429, "x", Retry_After="Mon, 21 Oct 2999 07:28:00 GMT")], "api_rate_limited", 1),
        ([lambda: refused(429, "x", Retry_After="Wed, 21 Oct 2015 07:28:00 GMT")], "api_rate_limited", 4),
        ([lambda: refused(429, "x", Retry_After="soon")], "api_rate_limited", 4),
        ([lambda: refused(500, "server_error")], "api_down", 4),
        ([lambda: web.Response(status=502, text="<html>bad gateway")], "api_down", 4),
        ([lambda: web.Response(text="{}")], "api_answer", 1),
        ([lambda: web.json_response({"data": [{"b64_json": "AAAA"}]})], "api_answer", 1),
    ],
)
async def test_each_way_to_fail_has_its_code(answers: list[Any], code: str, asked: int) -> None:
    """What may pass is tried again; what the API says itself reaches nobody; nothing is charged but what was drawn."""
    budget, api = Budget(1.0, None), Api(*answers)
    async with backend(api, budget, price=0.5) as made:
        failure = (await draw(made))[-1]
        assert isinstance(failure, Failed)
        assert (failure.code, len(api.bodies)) == (code, asked)
        assert "many words" not in str(failure.data)
        assert ("retry_at" in failure.data) == (code == "api_rate_limited" and asked == 1)
        assert budget.spent == (0.5 if code == "api_answer" else 0)


async def test_a_wait_is_told_as_the_moment_when_it_ends() -> None:
    """The message stays in the chat, where "in 90 seconds" would soon be wrong."""
    now = datetime(2030, 1, 1, tzinfo=UTC)
    failed = failure(ApiError("api_rate_limited", retry_after=90.0), "openai:painter", now)
    assert retry_at(failed.data) == datetime(2030, 1, 1, 0, 1, 30, tzinfo=UTC)


async def test_our_endpoint_tells_programs_when_to_come_back() -> None:
    """A budget that is spent behind it is a 429 with the seconds until the next day."""
    far = Budget(1.0, None, now=lambda: datetime(2999, 1, 1, 12, tzinfo=UTC))
    options = OpenAIOptions(price=2.0)
    poor = ServedModel("poor", lambda: OpenAIBackend("painter", "poor", options, far))
    server = TestServer(create_app(Shelf([poor]), Filter(), token="secret"))
    await server.start_server()
    url = str(server.make_url("/v1"))
    try:
        async with openai.AsyncOpenAI(base_url=url, api_key="secret", max_retries=0) as official:
            with pytest.raises(openai.RateLimitError) as refusal:
                await official.images.generate(prompt="a cat", model="poor")
        assert refusal.value.code == "budget_spent"
        assert int(refusal.value.response.headers["Retry-After"]) > 900 * 365 * 86400
        made = OpenAIBackend("poor", "openai:poor", OpenAIOptions(url, "secret"), Budget(0, None))
        made.start()
        failed = (await draw(made))[-1]
        await made.stop()
        assert isinstance(failed, Failed)
        assert failed.code == "api_rate_limited"
        assert retry_at(failed.data) is not None
    finally:
        await server.close()


async def test_what_passes_is_waited_for() -> None:
    """Two refusals that pass, then pictures."""
    api = Api(lambda: refused(429, "rate_limit_exceeded", Retry_After="0"), lambda: refused(503, "overloaded"), drawn)
    async with backend(api) as made:
        assert [type(event) for event in await draw(made)] == [Queued, Image, Done]
    assert len(api.bodies) == 3


@pytest.mark.parametrize("by_address", [True, False])
async def test_answers_that_come_in_pieces_are_read_to_their_end(*, by_address: bool) -> None:
    """A picture behind an address, and the body of an error: the rest comes after the client has seen the first."""
    whole = base64.b64decode(png((40, 40)))
    body = whole if by_address else refused(400, "content_policy_violation").body
    assert isinstance(body, bytes)

    async def in_pieces(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=200 if by_address else 400)
        await response.prepare(request)
        for part in (body[:30], body[30:]):
            await response.write(part)
            await asyncio.sleep(0.02)  # nothing tells a server that its client has read
        return response

    class Pieces(Api):
        async def answer(self, request: web.Request) -> Any:
            address = str(request.url.with_path("/piece"))
            return web.json_response({"data": [{"url": address}]}) if by_address else await in_pieces(request)

    async with backend(Pieces(drawn), pieces=in_pieces) as made:
        end = (await draw(made))[-1]
    refusal = Failed("content_refused", retryable=False, data={"model": made.name})
    assert isinstance(end, Done) if by_address else end == refusal


async def test_what_was_ordered_stays_spent_when_nobody_waits() -> None:
    """The API may bill what it was asked for; what still waited for its turn was not asked for."""
    begun = asyncio.Event()

    class Silent(Api):
        async def answer(self, request: web.Request) -> web.Response:
            begun.set()
            await asyncio.Event().wait()
            return drawn()

    budget = Budget(2.0, None)
    async with backend(Silent(drawn), budget, price=0.5, concurrency=1) as made:
        tasks = [asyncio.create_task(draw(made)) for _ in range(2)]
        await begun.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert budget.spent == 0.5


async def test_an_order_without_an_answer_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """The API may draw it all the same, and bill it."""
    monkeypatch.setattr("inference.backends.openai.TIMEOUT", aiohttp.ClientTimeout(total=0.05))

    class Silent(Api):
        async def answer(self, request: web.Request) -> web.Response:
            await super().answer(request)
            await asyncio.Event().wait()
            return drawn()

    budget, api = Budget(2.0, None), Silent(drawn)
    async with backend(api, budget, price=0.5) as made:
        assert (await draw(made))[-1] == Failed("api_timeout", retryable=False, data={"model": made.name})
    assert (len(api.bodies), budget.spent) == (1, 0.5)


async def test_an_order_that_broke_off_is_paid_for_again() -> None:
    """It is repeated as long as the budget lets it."""

    class Breaking(Api):
        async def answer(self, request: web.Request) -> web.Response:
            await super().answer(request)
            assert request.transport is not None
            request.transport.close()
            return drawn()

    budget, api = Budget(1.0, None), Breaking(drawn)
    async with backend(api, budget, price=0.5) as made:
        failure = (await draw(made))[-1]
    assert isinstance(failure, Failed)
    assert (failure.code, len(api.bodies), budget.spent) == ("budget_spent", 2, 1.0)


async def test_all_models_of_the_api_share_one_budget(tmp_path: Path) -> None:
    """Those of this process, and of others that keep their models in the same folder."""
    async with backend(api := Api(drawn)) as made:
        options = BackendOptions(
            "openai:one,openai:two", tmp_path, openai_url=made._options.url, openai_price=0.4, openai_budget=1.0
        )
        ends = []
        for model in (*served_models(options), *served_models(options)):
            opened = model.open()
            opened.start()
            event = [event async for event in opened.stream(GenerationRequest("a cat", images=1))][-1]
            ends.append(getattr(event, "code", "done"))
            await opened.stop()
    assert ends == ["done", "done", "budget_spent", "budget_spent"]
    assert len(api.bodies) == 2


async def test_the_budget_stops_it() -> None:
    """Before anything is ordered, with when it goes on; the next day it does."""
    now = [datetime(2030, 1, 1, 12, tzinfo=UTC)]
    api = Api(lambda: drawn(2))
    async with backend(api, Budget(1.0, None, lambda: now[0]), price=0.3) as made:
        assert isinstance((await draw(made, images=2))[-1], Done)
        failure = (await draw(made, images=2))[-1]
        assert failure == Failed(
            "budget_spent", retryable=False, data={"budget": 1.0, "retry_at": "2030-01-02T00:00:00+00:00"}
        )
        assert len(api.bodies) == 1
        now[0] = datetime(2030, 1, 2, 0, 1, tzinfo=UTC)
        assert isinstance((await draw(made, images=2))[-1], Done)


async def test_a_full_line_is_busy_and_leaving_frees_the_place() -> None:
    """As with any other backend."""
    begun, go = asyncio.Event(), asyncio.Event()

    class Slow(Api):
        async def answer(self, request: web.Request) -> web.Response:
            begun.set()
            await go.wait()
            return await super().answer(request)

    async with backend(Slow(drawn), concurrency=1, max_waiting=1) as made:
        first = asyncio.create_task(draw(made))
        await begun.wait()
        second = asyncio.create_task(draw(made))
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await draw(made)
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
        assert made.status is not None
        assert (made.status.running, made.status.waiting) == (1, 0)
        go.set()
        assert isinstance((await first)[-1], Done)


def sent(*events: dict[str, Any]) -> web.Response:
    """A stream of server-sent events."""
    lines = "".join(f"event: {event.get('type', 'x')}\r\ndata: {json.dumps(event)}\r\n\r\n" for event in events)
    return web.Response(text=f": hello\n\n{lines}data: [DONE]\n\n", content_type="text/event-stream")


PART = {"type": "image_generation.partial_image", "b64_json": png(), "partial_image_index": 0}
WHOLE = {"type": "image_generation.completed", "b64_json": png()}


async def test_partial_pictures_are_shown_while_one_is_drawn() -> None:
    """Where the setting wants them, and the provider streams; several pictures together have none."""
    api = Api(lambda: sent(PART, WHOLE), lambda: drawn(2), drawn)
    async with backend(api, partial=2) as made:
        assert (await made.describe()).previews
        events = await draw(made)
        assert [type(event) for event in events] in ([Queued, Progress, Image, Done], [Queued, Image, Done])
        assert [type(event) for event in await draw(made, images=2)] == [Queued, Image, Image, Done]
        assert isinstance((await draw(made, preview=False))[-1], Done)
    assert (api.bodies[0]["stream"], api.bodies[0]["partial_images"]) == (True, 2)
    assert all("stream" not in body for body in api.bodies[1:])


async def test_a_partial_picture_comes_before_the_whole() -> None:
    """As a preview, as soon as it is there."""
    begun = asyncio.Event()

    async def slowly(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(f"data: {json.dumps(PART)}\n\n".encode())
        await begun.wait()
        await response.write(f"data: {json.dumps(WHOLE)}\n\n".encode())
        return response

    class Streaming(Api):
        async def answer(self, request: web.Request) -> Any:
            return await slowly(request)

    async with (
        backend(Streaming(drawn), partial=1) as made,
        aclosing(made.stream(GenerationRequest("a", images=1))) as events,
    ):
        assert [await anext(events), type(await anext(events))] == [Queued(), Progress]
        begun.set()
        assert [type(event) async for event in events] == [Image, Done]


@pytest.mark.parametrize(
    ("events", "code"),
    [
        ([PART, {"type": "error", "error": {"code": "moderation_blocked", "message": "no"}}], "content_refused"),
        ([PART], "api_answer"),
        ([{**PART, "b64_json": "AAAA"}], "api_answer"),
    ],
)
async def test_a_stream_that_ends_badly_has_its_code(events: list[dict[str, Any]], code: str) -> None:
    """A refusal in the middle, no picture at all, and one that cannot be read."""
    async with backend(Api(lambda: sent(*events)), partial=1) as made:
        assert (await draw(made))[-1] == Failed(code, retryable=False, data={"model": "openai:painter-1"})


async def test_a_stored_clip_puts_the_best_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loaded once, when there is something to rank; one that cannot be loaded costs nobody anything."""
    loaded: list[Path] = []

    class Ranker:
        def scores(self, prompt: str, pictures: Sequence[Pixels], likelihoods: Sequence[float]) -> list[float]:
            return [0.1, 0.3, 0.2]

    def load(folder: Path) -> Ranker:
        loaded.append(folder)
        if folder.name == "damaged":
            raise RankerError("no CLIP")
        return Ranker()

    monkeypatch.setattr(ClipRanker, "load", load)
    async with backend(Api(lambda: drawn(3)), clip=tmp_path) as made:
        assert (await made.describe()).ranked
        for _ in range(2):
            events = [event for event in await draw(made, images=3) if isinstance(event, Image)]
            assert [(event.index, event.score) for event in events] == [(1, 0.3), (2, 0.2), (0, 0.1)]
    async with backend(Api(lambda: drawn(3)), clip=tmp_path / "damaged") as made:
        for _ in range(2):
            events = [event for event in await draw(made, images=3) if isinstance(event, Image)]
            assert [(event.index, event.score) for event in events] == [(0, None), (1, None), (2, None)]
    assert loaded == [tmp_path, tmp_path / "damaged"]


def test_pictures_a_minute() -> None:
    """Whoever comes after others waits until theirs are paid for; 0 is no bound."""
    rate = Rate(30)
    assert [rate.reserve(pictures, now) for pictures, now in ((4, 100.0), (1, 100.0), (1, 103.0))] == [0.0, 8.0, 7.0]
    assert rate.reserve(1, 500.0) == 0.0
    assert Rate(0).reserve(1000, 0.0) == 0.0


def test_the_budget_survives_a_restart(tmp_path: Path) -> None:
    """And a file that cannot be read means that nothing more is spent today."""
    file, noon = tmp_path / "spent.json", datetime(2030, 1, 1, 12, tzinfo=UTC)
    Budget(1.0, file, lambda: noon).take(0.75)
    again = Budget(1.0, file, lambda: noon)
    assert again.spent == 0.75
    with pytest.raises(BudgetSpent, match=r"1\.00 a day"):
        again.take(0.5)
    again.give_back(0.25)
    again.take(0.5)
    file.write_text("?")
    with pytest.raises(BudgetSpent):
        again.take(0.01)
    with pytest.raises(BudgetSpent):
        Budget(1.0, file, lambda: noon).take(0.01)
