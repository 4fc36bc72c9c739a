"""One inference server, spoken to over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from bot.errors import InvalidOption
from bot.pool.endpoint import Endpoint, EndpointDown, split_lines
from inference.contract import (
    CheckRequest,
    Done,
    Event,
    Failed,
    GenerationRequest,
    Image,
    ModelDescription,
    Progress,
    Queued,
    Readiness,
    Upscaled,
    Verdict,
    event_to_line,
    picture_from_json,
)
from tests.bot_fakes import tile

REQUEST = GenerationRequest("a cat", images=1, seed=3)
EVENTS: list[Event] = [Queued(), Progress(0.5, b"webp"), Image(0, 3, 0.5, tile(3)), Done(0.1, "fake")]


class FakeServer:
    """Answers on a unix socket as it is told: with `events`, with `status`, or by hanging up after `break_after`."""

    def __init__(self, socket: Path) -> None:
        self.url = f"unix://{socket}"
        self._socket = socket
        self._runner: web.AppRunner | None = None
        self.events = list(EVENTS)
        self.break_after: int | None = None
        self.ready = True
        self.silent = asyncio.Event()  # set: it answers no question any more
        self.readiness = Readiness(capacity=9, free=9, waiting=0, models=("fake",))
        self.models = [ModelDescription("fake")]
        self.verdicts: object = [Verdict("allow").to_json()]
        self.vectors: object = [[0.6, 0.8]]
        self.upscaled: object = Upscaled(b"larger", "Swin2SR").to_json()
        self.refusal: tuple[int, object] | None = None
        self.requests: list[GenerationRequest] = []
        self.tokens: list[str | None] = []
        self.hold = asyncio.Event()
        self.hold.set()
        self.begun = asyncio.Event()
        self.hung_up = asyncio.Event()

    async def open(self) -> None:
        app = web.Application()
        app.add_routes(
            [
                web.get("/readyz", self._readyz),
                web.get("/v1/models", self._models),
                web.post("/v1/check", self._check),
                web.post("/v1/embed", self._embed),
                web.post("/v1/upscale", self._upscale),
                web.post("/v1/generations", self._draw),
            ]
        )
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.01)
        await self._runner.setup()
        await web.UnixSite(self._runner, str(self._socket)).start()

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _readyz(self, request: web.Request) -> web.Response:
        self.tokens.append(request.headers.get("Authorization"))
        if self.silent.is_set():
            await asyncio.Event().wait()
        return web.json_response(self.readiness.to_json() if self.ready else {}, status=200 if self.ready else 503)

    async def _models(self, request: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [model.to_json() for model in self.models]})

    async def _check(self, request: web.Request) -> web.Response:
        if self.refusal is not None:
            return web.json_response(self.refusal[1], status=self.refusal[0])
        return web.json_response({"verdicts": self.verdicts})

    async def _embed(self, request: web.Request) -> web.Response:
        return web.json_response({"vectors": self.vectors})

    async def _upscale(self, request: web.Request) -> web.Response:
        if self.refusal is not None:
            return web.json_response(self.refusal[1], status=self.refusal[0])
        assert picture_from_json(await request.json()) == b"a picture"
        return web.json_response(self.upscaled)

    async def _draw(self, request: web.Request) -> web.StreamResponse:
        if self.refusal is not None:
            return web.json_response(self.refusal[1], status=self.refusal[0])
        self.requests.append(GenerationRequest.from_json(await request.json()))
        response = web.StreamResponse()
        response.content_type = "application/x-ndjson"
        await response.prepare(request)
        self.begun.set()
        try:
            for number, event in enumerate(self.events):
                if number == self.break_after:
                    if request.transport is not None:
                        request.transport.abort()
                    return response
                await response.write(event_to_line(event))
                await self.hold.wait()
        except (asyncio.CancelledError, ConnectionError):
            self.hung_up.set()
            raise
        return response


@asynccontextmanager
async def serving(folder: Path, name: str = "a") -> AsyncIterator[FakeServer]:
    server = FakeServer(folder / f"{name}.sock")
    await server.open()
    yield server
    server.hold.set()
    await server.close()


async def collect(endpoint: Endpoint, request: GenerationRequest = REQUEST) -> list[Event]:
    async with aclosing(endpoint.generate(request)) as events:
        return [event async for event in events]


async def test_events_arrive_as_they_were_sent(tmp_path: Path) -> None:
    """The request reaches the server whole, and its events come back whole."""
    request = GenerationRequest("a cat", "blur", 1, 3, init_image=tile(9), strength=0.5)
    async with serving(tmp_path) as server, Endpoint(server.url) as endpoint:
        assert await collect(endpoint, request) == EVENTS
    assert server.requests == [request]


async def test_its_name_in_logs_and_numbers_has_no_password() -> None:
    """Nor has what the network says of it."""
    async with Endpoint("http://easel:hunter2@127.0.0.1:1") as endpoint:
        assert endpoint.name == "http://(hidden)@127.0.0.1:1"
        with pytest.raises(EndpointDown) as caught:
            await endpoint.probe()
    assert "hunter2" not in str(caught.value)


async def test_a_picture_of_megabytes_arrives_whole(tmp_path: Path) -> None:
    """However many pieces the socket cuts its line into."""
    picture = Image(0, 3, None, bytes(range(256)) * 8192)
    async with serving(tmp_path) as server, Endpoint(server.url) as endpoint:
        server.events = [picture, Done(0.1, "fake")]
        assert await collect(endpoint) == server.events


async def test_what_comes_after_the_end_is_not_read(tmp_path: Path) -> None:
    """A failure ends the stream as done does."""
    failed = Failed("out_of_memory", retryable=True, data={"bytes": 7})
    async with serving(tmp_path) as server, Endpoint(server.url) as endpoint:
        server.events = [Queued(), failed, *EVENTS]
        assert await collect(endpoint) == [Queued(), failed]


async def test_closing_the_stream_hangs_up(tmp_path: Path) -> None:
    """That is what cancels the work on the server."""
    async with serving(tmp_path) as server, Endpoint(server.url) as endpoint:
        server.hold.clear()
        async with aclosing(endpoint.generate(REQUEST)) as events:
            assert await anext(events) == Queued()
        await asyncio.wait_for(server.hung_up.wait(), 10)


@pytest.mark.parametrize("break_after", [0, 2, 3])
async def test_a_broken_stream_names_the_server(tmp_path: Path, break_after: int) -> None:
    """Wherever it breaks before the end."""
    async with serving(tmp_path) as server, Endpoint(server.url) as endpoint:
        server.break_after = break_after
        with pytest.raises(EndpointDown, match=r"a\.sock"):
            await collect(endpoint)


async def test_a_stream_that_ends_early_is_broken(tmp_path: Path) -> None:
    """Even where it ends politely."""
    async with serving(tmp_path) as server, Endpoint(server.url) as endpoint:
        server.events = EVENTS[:-1]
        with pytest.raises(EndpointDown, match="ended before the generation did"):
            await collect(endpoint)


async def test_a_server_that_is_away_is_named(tmp_path: Path) -> None:
    """No socket, no server: the same error from every question."""
    async with Endpoint(f"unix://{tmp_path}/none.sock") as endpoint:
        for question in (endpoint.probe(), endpoint.check(CheckRequest(("a",))), collect(endpoint)):
            with pytest.raises(EndpointDown, match=r"none\.sock"):
                await question


async def test_a_server_that_loads_is_not_ready(tmp_path: Path) -> None:
    """503 from /readyz is no error of ours, and says so."""
    async with serving(tmp_path) as server, Endpoint(server.url) as endpoint:
        server.ready = False
        with pytest.raises(EndpointDown, match="/readyz answered 503"):
            await endpoint.probe()
        server.ready = True
        assert await endpoint.probe() == server.readiness
        assert await endpoint.models() == (ModelDescription("fake"),)


@pytest.mark.parametrize(
    "verdicts",
    [
        [],
        [{"action": "allow"}],
        [{"action": "perhaps", "category": None, "score": 0, "rule": "", "words": []}],
        "yes",
        None,
        7,
    ],
)
async def test_an_answer_that_is_no_verdict_never_passes(tmp_path: Path, verdicts: object) -> None:
    """Too few, incomplete, unknown, or of another shape: not checked, therefore not drawn."""
    async with serving(tmp_path) as server, Endpoint(server.url) as endpoint:
        server.verdicts = verdicts
        with pytest.raises(EndpointDown):
            await endpoint.check(CheckRequest(("a cat",)))


async def test_a_request_the_server_refuses_names_the_option(tmp_path: Path) -> None:
    """400 with a field is the person's to mend."""
    async with serving(tmp_path) as server, Endpoint(server.url) as endpoint:
        server.refusal = (
            400,
            {"error": {"code": "unknown_model", "message": "model 'x' is unknown", "field": "model"}},
        )
        with pytest.raises(InvalidOption, match="unknown_model") as refusal:
            await collect(endpoint)
        assert refusal.value.field == "model"
        server.refusal = (404, {"error": {"code": "unknown_model", "message": "gone", "field": None}})
        with pytest.raises(InvalidOption, match="unknown_model"):
            await collect(endpoint)


async def test_a_wrong_token_names_the_setting(tmp_path: Path) -> None:
    """The operator reads which variable to look at."""
    async with serving(tmp_path) as server, Endpoint(server.url) as endpoint:
        server.refusal = (401, "no")
        with pytest.raises(EndpointDown, match=r"answered 401.*check INFERENCE_TOKEN"):
            await endpoint.check(CheckRequest(("a",)))


async def test_the_token_goes_over_tcp_only(tmp_path: Path) -> None:
    """A unix socket is protected by its file mode; the secret is not sent there."""
    async with serving(tmp_path) as server:
        async with Endpoint(server.url, "hush") as endpoint:
            await endpoint.probe()
        assert server.tokens == [None]
        runner = web.AppRunner(web.Application())
        runner.app.router.add_get("/readyz", server._readyz)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        async with Endpoint(f"http://127.0.0.1:{runner.addresses[0][1]}/", "hush") as endpoint:
            await endpoint.probe()
        assert server.tokens == [None, "Bearer hush"]
        await runner.cleanup()


@pytest.mark.parametrize("cut", [1, 2, 3, 7, 1000])
async def test_lines_are_whole_however_they_arrive(cut: int) -> None:
    """Cut anywhere, with and without a last newline."""
    text = b"one\ntwo\n\nthree"

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(text), cut):
            yield text[start : start + cut]

    assert [line async for line in split_lines("x", chunks())] == [b"one", b"two", b"", b"three"]


async def test_a_line_without_end_is_refused() -> None:
    """Memory is bounded whatever the server sends."""

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 10

    with pytest.raises(EndpointDown, match="more than 100 bytes"):
        async for _ in split_lines("x", endless(), limit=100):
            pass


async def test_nonsense_in_the_stream_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that is no event counts as a broken server."""

    def nonsense(_: Event) -> bytes:
        return b"<html>\n"

    monkeypatch.setattr("tests.test_endpoint.event_to_line", nonsense)
    async with serving(tmp_path) as server, Endpoint(server.url) as endpoint:
        with pytest.raises(EndpointDown, match="not an event line: b'<html>'"):
            await collect(endpoint)


async def test_a_picture_comes_back_larger(tmp_path: Path) -> None:
    """With the name of what has drawn it; anything else is no answer."""
    async with serving(tmp_path) as server, Endpoint(server.url) as endpoint:
        assert await endpoint.upscale(b"a picture") == Upscaled(b"larger", "Swin2SR")
        answers: tuple[object, ...] = ({"png": "?", "model": "m"}, [], {})
        for nonsense in answers:
            server.upscaled = nonsense
            with pytest.raises(EndpointDown, match="/v1/upscale"):
                await endpoint.upscale(b"a picture")


async def test_vectors_are_one_a_text(tmp_path: Path) -> None:
    """Anything else is no answer."""
    async with serving(tmp_path) as server, Endpoint(server.url) as endpoint:
        assert await endpoint.embed(["a cat"]) == [[0.6, 0.8]]
        for nonsense in ([], [[1.0], [1.0]], None, [["x"]], [1.0]):
            server.vectors = nonsense
            with pytest.raises(EndpointDown):
                await endpoint.embed(["a cat"])
