"""The HTTP contract, spoken by a real client over a real socket to a server with a small model."""

import asyncio
import base64
import dataclasses
import io
import json
import random
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import torch
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from PIL import Image as Picture
from torch import Tensor

from inference.backends import ServedModel
from inference.backends.threaded import ThreadedBackend
from inference.contract import (
    Done,
    Event,
    Failed,
    GenerationRequest,
    Image,
    ModelDescription,
    Policy,
    Progress,
    Queued,
    Readiness,
    Verdict,
    event_from_line,
)
from inference.engine.engine import Engine
from inference.engine.thread import EngineThread
from inference.safety.filter import PromptFilter
from inference.safety.images import action_for
from inference.server.app import create_app
from inference.server.checking import PictureChecker
from inference.server.describing import LazyDescriber
from inference.server.service import SERVICE
from inference.server.shelf import Shelf
from inference.text.reader import Reading
from tests.fakes import FakeCodeModel

Client = TestClient[web.Request, web.Application]


class HeldModel(FakeCodeModel):
    """Draws only while `go` is set, so that a test decides how far a generation is."""

    def __init__(self, slots: int = 8) -> None:
        super().__init__(slots)
        self.go = threading.Event()
        self.entered = threading.Event()
        self.steps = 0

    def decode_one_token(self, slots: Tensor, tokens: Tensor, positions: Tensor) -> Tensor:
        self.entered.set()
        self.go.wait(timeout=30)
        self.steps += 1
        return super().decode_one_token(slots, tokens, positions)


@asynccontextmanager
async def running(
    load: Callable[[], Engine] | None = None,
    *,
    token: str | None = None,
    max_waiting: int = 4,
    pictures: PictureChecker | None = None,
    describer: LazyDescriber | None = None,
) -> AsyncIterator[Client]:
    backend = ThreadedBackend(lambda _: load() if load else Engine(FakeCodeModel()), "fake", max_waiting)
    shelf = Shelf([ServedModel("fake", lambda: backend)])
    app = create_app(shelf, PromptFilter.load(), pictures, token=token, describer=describer)
    async with TestClient(TestServer(app)) as client:
        yield client


async def events_of(response: ClientResponse) -> list[Event]:
    assert response.status == 200, await response.text()
    return [event_from_line(line) async for line in response.content]


async def draw(client: Client, **fields: Any) -> list[Event]:
    async with client.post("/v1/generations", json={"prompt": "a cat", **fields}) as response:
        return await events_of(response)


def engine_thread(client: Client) -> EngineThread:
    backend = client.app[SERVICE].shelf._places[0].backend
    assert isinstance(backend, ThreadedBackend)
    return backend._thread


async def until(holds: Callable[[], bool]) -> None:
    """Give the engine's thread and the loop their turns until something holds."""
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 what is waited for is state of the server, which signals nobody
            await asyncio.sleep(0.001)


# --------------------------------------------------------------------------------------------- generations


async def test_a_generation_is_a_stream_of_events() -> None:
    """Queued, progress from 0 on, each picture as PNG, done; one JSON object a line."""
    async with running() as client, client.post("/v1/generations", json={"prompt": "a cat", "images": 4}) as response:
        assert response.content_type == "application/x-ndjson"
        events = await events_of(response)
    assert events[:2] == [Queued(), Progress(0.0)]
    assert isinstance(events[-1], Done)
    assert events[-1].model == "fake"
    pictures = [event for event in events if isinstance(event, Image)]
    assert [picture.index for picture in pictures] == [0, 1, 2, 3]
    assert all(Picture.open(io.BytesIO(picture.png)).size == (256, 256) for picture in pictures)


async def test_concurrent_generations_get_their_own_pictures() -> None:
    """Each stream carries what its request would have got alone."""
    async with running() as client:
        alone = [await draw(client, seed=seed, images=2, preview=False) for seed in (1, 2, 3)]
        together = await asyncio.gather(*(draw(client, seed=seed, images=2, preview=False) for seed in (1, 2, 3)))
    for one, other in zip(alone, together, strict=True):
        assert [e for e in one if isinstance(e, Image)] == [e for e in other if isinstance(e, Image)]


@pytest.mark.parametrize(
    "prompt",
    [
        "🐉🔥",
        "قطة على الحائط",
        "a\u200bcat\u200d\ufeff",
        "\u202eevil",
        "@everyone **bold** `x`",
        "x" * 1000,
        "a\x00b",
        "👨‍👩‍👧‍👦" * 90,
    ],
    ids=["emoji", "rtl", "zero-width", "override", "markdown", "1000", "nul", "joined emoji"],
)
async def test_strange_prompts_are_drawn(prompt: str) -> None:
    """Whatever a person types within the limits is a prompt."""
    async with running() as client:
        assert isinstance((await draw(client, prompt=prompt, images=1))[-1], Done)


async def test_any_json_is_answered() -> None:
    """With a stream of events, or with 400 and the name of the field that is wrong; the server goes on."""
    chance = random.Random(5)  # noqa: S311  # for a test
    values: list[Any] = [None, True, -1, 0, 1, 2**70, 0.5, 1e300, "", "x", "AAAA", "x" * 1001, [], {}, [[1]]]
    names = [field.name for field in dataclasses.fields(GenerationRequest)]
    async with running() as client:
        for _ in range(40):
            fields = {name: chance.choice(values) for name in chance.sample(names, 3)}
            async with client.post("/v1/generations", json={"prompt": "a cat", "images": 1, **fields}) as response:
                assert response.status in (200, 400, 404), await response.text()
                if response.status == 200:
                    assert isinstance((await events_of(response))[-1], Done)
                else:
                    assert (await response.json())["error"]["field"] in names
        assert isinstance((await draw(client, images=1))[-1], Done)


async def test_an_initial_picture_is_taken_as_base64() -> None:
    """Of any size; it is cut and scaled to what the model takes."""
    file = io.BytesIO()
    Picture.new("RGB", (37, 91), "red").save(file, "PNG")
    async with running() as client:
        init_image = base64.b64encode(file.getvalue()).decode()
        events = await draw(client, images=1, init_image=init_image, keep_rows=2)
    assert isinstance(events[-1], Done)


BAD_BODIES: list[tuple[str, str, str]] = [
    ('{"prompt": "' + "x" * 1001 + '"}', "prompt", "1001 characters; at most 1000"),
    ('{"prompt": "' + "x" * 4001 + '"}', "prompt", "4001 characters; at most 1000"),
    ('{"prompt": "x", "negative_prompt": "' + "x" * 1001 + '"}', "negative_prompt", "1001"),
    ("{}", "prompt", "missing"),
    ('{"prompt": ""}', "prompt", "nothing in it can be seen"),
    ('{"prompt": " \\u200b\\n"}', "prompt", "nothing in it can be seen"),
    ('{"prompt": "x", "id": "a b\\n"}', "id", "letters, digits"),
    ('{"prompt": "x", "id": ""}', "id", "letters, digits"),
    ('{"prompt": 7}', "prompt", "prompt is 7; a string is needed"),
    ('{"prompt": "\\ud800"}', "prompt", "Unicode"),
    ('{"prompt": "x", "images": 0}', "images", "images is 0; it must be from 1 to 9"),
    ('{"prompt": "x", "images": 10}', "images", "from 1 to 9"),
    ('{"prompt": "x", "images": true}', "images", "images is true; a whole number is needed"),
    ('{"prompt": "x", "images": 1.5}', "images", "images is 1.5; a whole number is needed"),
    ('{"prompt": "x", "seed": -1}', "seed", "-1"),
    ('{"prompt": "x", "seed": 4294967296}', "seed", "4294967295"),
    ('{"prompt": "x", "guidance_scale": 99}', "guidance_scale", "30"),
    ('{"prompt": "x", "guidance_scale": NaN}', "guidance_scale", "nan"),
    ('{"prompt": "x", "temperature": 0}', "temperature", "0.01"),
    ('{"prompt": "x", "temperature": Infinity}', "temperature", "inf"),
    ('{"prompt": "x", "top_k": -1}', "top_k", "-1"),
    ('{"prompt": "x", "top_p": 0}', "top_p", "0.01"),
    ('{"prompt": "x", "keep_rows": 1}', "init_image", "missing"),
    ('{"prompt": "x", "strength": 2, "init_image": ""}', "strength", "from 0.0 to 1.0"),
    ('{"prompt": "x", "init_image": "%%%", "strength": 1}', "init_image", "base64"),
    ('{"prompt": "x", "init_image": "AAAA", "strength": 1}', "init_image", "cannot be read"),
    ('{"prompt": "x", "init_image": "AAAA", "keep_rows": 4}', "keep_rows", "draws 4 rows"),
    ('{"prompt": "x", "colour": "red"}', "colour", "known are prompt"),
    ('{"prompt": ["x"]}', "prompt", "prompt is a list; a string is needed"),
    ('{"prompt": "x", "preview": "' + "y" * 100 + '"}', "preview", "yyy…; true or false is needed"),
    ('{"prompt": "x", "top_p": {}}', "top_p", "top_p is an object; a number is needed"),
    ('{"prompt": "x", "policy": {"blocked_words": ["y", 7]}}', "policy.blocked_words[1]", "is 7; a string is needed"),
    ("[]", "", "the body is a list; an object is needed"),
    ("null", "", "the body is null; an object is needed"),
    ('"x"', "", 'the body is "x"; an object is needed'),
    ('{"prompt": "x"', "", "not JSON"),
    ("", "", "not JSON"),
    ("\xff", "", "not JSON: byte 1 is 0xFF, which is no UTF-8"),
    ("[" * 100_000, "", "not JSON: it is nested too deeply"),
    ('{"prompt": "x", "seed": ' + "9" * 5000 + "}", "", "not JSON: it has a number of more than 4300 digits"),
]


@pytest.mark.parametrize(("body", "field", "says"), BAD_BODIES, ids=[body[:40] for body, _, _ in BAD_BODIES])
async def test_bad_input_is_answered_by_name(body: str, field: str, says: str) -> None:
    """Status 400, the contract's error, the field, its value or the limit; never a broken stream."""
    async with running() as client, client.post("/v1/generations", data=body.encode("latin-1")) as response:
        assert response.status == 400
        error = (await response.json())["error"]
    assert error["field"] == field
    assert says in error["message"]
    assert error["code"]


async def test_an_unknown_model_is_not_found_and_the_known_one_is_named() -> None:
    """A client can correct itself."""
    async with running() as client:
        async with client.post("/v1/generations", json={"prompt": "x", "model": "mega"}) as response:
            assert response.status == 404
            error = (await response.json())["error"]
        assert (error["code"], error["field"]) == ("unknown_model", "model")
        assert "fake" in error["message"]
        assert isinstance((await draw(client, model="fake", images=1))[-1], Done)


async def test_a_body_that_is_too_large_is_refused() -> None:
    """Before it is all in memory."""
    async with running() as client, client.post("/v1/generations", data=io.BytesIO(b" " * (16 * 2**20))) as response:
        assert response.status == 413
        assert (await response.json())["error"]["code"] == "too_large"


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nothing", 404), ("GET", "/v1/generations", 405)])
async def test_wrong_paths_and_methods_get_the_same_shape(method: str, path: str, status: int) -> None:
    """Every error of the server is JSON."""
    async with running() as client, client.request(method, path) as response:
        assert response.status == status
        assert path in (await response.json())["error"]["message"]


# ---------------------------------------------------------------------- leaving, waiting, stopping, failing


async def test_leaving_cancels_and_frees_the_slots() -> None:
    """The next person's picture starts at once."""
    model = HeldModel()
    async with running(lambda: Engine(model)) as client:
        thread = engine_thread(client)
        response = await client.post("/v1/generations", json={"prompt": "a cat", "images": 9})
        await until(model.entered.is_set)
        response.close()
        await until(lambda: not thread.under_way)
        model.go.set()
        await until(lambda: thread.status == Engine(FakeCodeModel()).status)
        assert model.steps == 1  # the one under way when the client left
        page = await (await client.get("/metrics")).text()
        assert 'easel_generations_total{outcome="cancelled"} 1.0' in page


async def test_a_full_line_is_answered_with_when_to_come_back() -> None:
    """Beyond the waiting generations, 503 with Retry-After; those in the line are drawn."""
    loading = threading.Event()

    def load() -> Engine:
        loading.wait(timeout=30)
        return Engine(FakeCodeModel())

    async with running(load, max_waiting=2) as client:
        waiting = [asyncio.create_task(draw(client, images=1)) for _ in range(2)]
        await until(lambda: engine_thread(client).waiting == 2)
        async with client.post("/v1/generations", json={"prompt": "a cat"}) as response:
            assert response.status == 503
            assert int(response.headers["Retry-After"]) > 0
            error = (await response.json())["error"]
        assert error["code"] == "busy"
        assert "no more than 2" in error["message"]
        loading.set()
        assert all(isinstance(events[-1], Done) for events in await asyncio.gather(*waiting))


async def test_a_generation_that_comes_while_the_model_loads_waits_for_it() -> None:
    """And readiness says so meanwhile; checks work at once."""
    loading = threading.Event()

    def load() -> Engine:
        loading.wait(timeout=30)
        return Engine(FakeCodeModel())

    async with running(load) as client:
        early = asyncio.create_task(draw(client, images=1))
        async with client.get("/readyz") as response:
            assert (response.status, (await response.json())["models"]) == (503, ["fake"])
        async with client.get("/v1/models") as response:
            (model,) = (await response.json())["data"]
        assert (model["id"], model["loaded"]) == ("fake", False)
        async with client.post("/v1/check", json={"prompts": ["a cat"]}) as response:
            assert response.status == 200
        loading.set()
        assert isinstance((await early)[-1], Done)
        async with client.get("/readyz") as response:
            assert response.status == 200


async def test_stopping_fails_running_generations_retryably() -> None:
    """A client learns that another try, or another server, may do."""
    model = HeldModel()
    async with running(lambda: Engine(model)) as client:
        response = await client.post("/v1/generations", json={"prompt": "a cat"})
        assert event_from_line(await response.content.readline()) == Queued()
        thread = engine_thread(client)
        stopping = asyncio.create_task(client.server.close())
        await until(lambda: thread._stopping)
        model.go.set()
        last = [event_from_line(line) async for line in response.content][-1]
        await stopping
    assert isinstance(last, Failed)
    assert (last.code, last.retryable) == ("shutting_down", True)


async def test_a_broken_model_fails_the_generation_and_the_server_lives_on() -> None:
    """The stream ends with a retryable failure; the next one is drawn."""

    class Once(FakeCodeModel):
        broken = True

        def prefill(self, *arguments: Any) -> None:
            if self.broken:
                self.broken = False
                raise torch.OutOfMemoryError("no memory")
            super().prefill(*arguments)

    async with running(lambda: Engine(Once())) as client:
        failure = (await draw(client))[-1]
        assert isinstance(failure, Failed)
        assert failure.retryable
        assert isinstance((await draw(client))[-1], Done)


async def test_a_model_that_cannot_be_loaded_is_the_end_of_the_engine() -> None:
    """Health says so, and a generation is answered with an error, not left waiting."""

    def load() -> Engine:
        raise RuntimeError("no such file")

    async with running(load) as client:
        async with asyncio.timeout(30):
            await client.app[SERVICE].shelf.ended.wait()
        async with client.get("/healthz") as response:
            assert response.status == 503
        failure = (await draw(client))[-1]
        assert failure == Failed("model_not_loaded", retryable=False, data={"model": "fake"})


# ------------------------------------------------------------------------------------- the other endpoints


class FakePictureCheck:
    """Finds nudity in everything, and does with it what the policy says; keeps what it was shown."""

    names = ("fake",)

    def __init__(self) -> None:
        self.pictures: list[bytes] = []

    def check(self, picture: bytes, policy: Policy) -> Verdict:
        self.pictures.append(picture)
        return Verdict(action_for(policy, "nudity"), "nudity", 0.9, "picture_check", ("fake",))


async def test_pictures_leave_with_their_verdicts() -> None:
    """By the policy of the request; unfinished ones of which something was found do not leave at all."""
    check = FakePictureCheck()
    async with running(pictures=check) as client:
        events = await draw(client, images=2, policy={"level": "strict"})
        loose = await draw(client, images=1, policy={"pictures": {"nudity": "allow"}})
    pictures = [event for event in events if isinstance(event, Image)]
    assert [picture.verdict.action for picture in pictures] == ["block", "block"]
    assert {picture.png for picture in pictures} <= set(check.pictures)
    assert not any(event.preview for event in events if isinstance(event, Progress))
    assert [event.verdict.action for event in loose if isinstance(event, Image)] == ["allow"]


async def test_a_server_says_what_looks_at_its_pictures() -> None:
    """In its readiness; an older server says nothing of it."""
    named = []
    for check in (None, FakePictureCheck()):
        async with running(pictures=check) as client:
            await client.app[SERVICE].shelf.describe()  # until then it is not ready
            async with client.get("/readyz") as response:
                document = await response.json()
            named.append(Readiness.from_json(document).looks_at_pictures)
    assert named == [(), ("fake",)]
    del document["looks_at_pictures"]
    assert Readiness.from_json(document).looks_at_pictures == ()


async def test_a_start_picture_is_checked_first() -> None:
    """One that may not be shown is refused by name before anything is drawn."""
    buffer = io.BytesIO()
    Picture.new("RGB", (16, 16), "tan").save(buffer, "PNG")
    body = {"prompt": "a cat", "init_image": base64.b64encode(buffer.getvalue()).decode(), "strength": 0.5}
    async with running(pictures=FakePictureCheck()) as client, client.post("/v1/generations", json=body) as response:
        assert response.status == 400
        assert (await response.json())["error"]["code"] == "refused_picture"


async def test_a_picture_can_be_checked_alone() -> None:
    """And where there is no picture check, that is said: it is never an "allow"."""
    body = {"image": base64.b64encode(b"picture").decode(), "policy": {"level": "relaxed"}}
    async with running(pictures=FakePictureCheck()) as client, client.post("/v1/check-image", json=body) as response:
        assert Verdict.from_json((await response.json())["verdict"]).action == "blur"
    async with running() as client, client.post("/v1/check-image", json=body) as response:
        assert response.status == 501


async def test_texts_of_like_meaning_have_like_vectors() -> None:
    """Vectors have length one, so that a product is a likeness."""
    texts = ["a cat on a sofa", "a kitten on a couch", "stock market report"]
    async with running() as client, client.post("/v1/embed", json={"texts": texts}) as response:
        vectors = torch.tensor((await response.json())["vectors"])
    likeness = vectors @ vectors.T
    assert torch.allclose(likeness.diagonal(), torch.ones(3), atol=1e-3)
    assert likeness[0, 1] > likeness[0, 2] + 0.3


async def test_a_text_means_the_same_in_other_languages() -> None:
    """Of those that the built-in model reads; the encoder itself knows English only."""
    texts = ["a red butterfly", "ein roter Schmetterling", "красная бабочка", "赤い蝶", "a castle on a hill"]
    async with running() as client, client.post("/v1/embed", json={"texts": texts}) as response:
        vectors = torch.tensor((await response.json())["vectors"])
    likeness = vectors[0] @ vectors[1:].T
    assert likeness[:3].min() > 0.8
    assert likeness[3] < 0.5


async def test_a_check_takes_negative_prompts_and_a_policy() -> None:
    """One verdict a pair."""
    body = {
        "prompts": ["a woman in a garden", "a woman in a garden", "a decapitated head"],
        "negative_prompts": ["nsfw, ugly", "clothes", None],
        "policy": {"categories": {"violence_gore": "flag"}},
    }
    async with running() as client, client.post("/v1/check", json=body) as response:
        verdicts = [Verdict.from_json(verdict) for verdict in (await response.json())["verdicts"]]
    assert [verdict.action for verdict in verdicts] == ["allow", "block", "flag"]


async def test_check_answers_in_order() -> None:
    """One verdict a prompt."""
    prompts = ["a cat on a mat", "hentai", "a naked child", "a red heart"]
    async with running() as client, client.post("/v1/check", json={"prompts": prompts}) as response:
        verdicts = [Verdict.from_json(verdict) for verdict in (await response.json())["verdicts"]]
    assert [verdict.action for verdict in verdicts] == ["allow", "block", "block", "allow"]


class ReadingModel(FakeCodeModel):
    """Takes a castel for a castle."""

    def interpret(self, prompt: str, seed: int, varied: int | None = None) -> Reading:
        read_as = (("castel", "castle"),) if "castel" in prompt else ()
        return Reading(prompt.replace("castel", "castle"), read_as=read_as)


async def test_the_filter_judges_what_is_typed_and_what_it_is_read_as() -> None:
    """A word that a server blocks is not drawn of a slip of the pen; nor is it where the check was another server's."""
    policy = {"blocked_words": ["castle"]}
    async with running(lambda: Engine(ReadingModel())) as client:
        end = (await draw(client, prompt="a castel", images=1))[-1]
        assert isinstance(end, Done)
        assert end.read_as == (("castel", "castle"),)
        body = {"prompts": ["a castel", "a cat", "no castels"], "policy": policy}
        async with client.post("/v1/check", json=body) as response:
            actions = [verdict["action"] for verdict in (await response.json())["verdicts"]]
        async with client.post("/v1/generations", json={"prompt": "a castel", "policy": policy}) as response:
            refused = await response.json()
    assert actions == ["block", "allow", "allow"]
    assert refused["error"]["code"] == "refused_reading"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ('{"prompts": []}', "0 entries"),
        ('{"prompts": [1]}', "prompts[0] is 1; a string is needed"),
        ('{"prompts": ["x"], "negative_prompts": [null, 7]}', "negative_prompts[1] is 7"),
        (json.dumps({"prompts": ["x"] * 65}), "65"),
        (json.dumps({"prompts": ["x" * 1001]}), "1001"),
        ("{", "not JSON"),
    ],
)
async def test_bad_checks_are_answered_by_name(body: str, says: str) -> None:
    """A check that cannot be made is never an allow."""
    async with running() as client, client.post("/v1/check", data=body) as response:
        assert response.status == 400
        assert says in (await response.json())["error"]["message"]


async def test_checks_answer_while_the_engine_is_busy() -> None:
    """A step of the model that does not end holds up nobody's check."""
    model = HeldModel()
    async with running(lambda: Engine(model)) as client:
        generation = asyncio.create_task(draw(client, images=1))
        await until(model.entered.is_set)
        async with client.post("/v1/check", json={"prompts": ["a cat"]}) as response:
            assert response.status == 200
        assert not generation.done()
        model.go.set()
        await generation


async def test_readiness_shows_room_and_models_what_they_can_do() -> None:
    """What the pool believes, and what a person may order."""
    model = HeldModel()
    async with running(lambda: Engine(model)) as client:
        drawing = asyncio.create_task(draw(client, images=1))
        await until(model.entered.is_set)
        async with client.get("/readyz") as response:
            busy = Readiness.from_json(await response.json())
        model.go.set()
        await drawing
        async with client.get("/readyz") as response:
            ready = Readiness.from_json(await response.json())
        async with client.get("/v1/models") as response:
            (described,) = [ModelDescription.from_json(one) for one in (await response.json())["data"]]
        async with client.get("/healthz") as response:
            assert response.status == 200
    assert (busy.capacity, busy.free) == (2, 1)
    assert ready == Readiness(capacity=2, free=2, waiting=0, models=("fake",))
    assert described == Engine(model).describe()
    assert (described.sizes, described.rows, described.defaults["top_k"]) == (("256x256",), 4, 8)


async def test_metrics_count_what_happened() -> None:
    """Pictures, generations by outcome, verdicts and slots, in Prometheus' format."""
    async with running() as client:
        await draw(client, images=4)
        await client.post("/v1/check", json={"prompts": ["hentai"]})
        page = await (await client.get("/metrics")).text()
    for line in (
        "easel_pictures_total 4.0",
        'easel_generations_total{outcome="done"} 1.0',
        'easel_verdicts_total{action="block"} 1.0',
        'easel_slots{state="free"} 8.0',
    ):
        assert line in page.splitlines()


# -------------------------------------------------------------------------------------------------- tokens


@pytest.mark.parametrize(
    "header", [None, "", "Bearer wrong", "Bearer ", "secret", "bearer secret", "Bearer secret\u00e9"]
)
async def test_without_the_token_nobody_gets_in(header: str | None) -> None:
    """Wherever a token is set; health alone is public."""
    headers = {} if header is None else {"Authorization": header}
    async with running(token="secret") as client:
        for method, path in (
            ("POST", "/v1/generations"),
            ("POST", "/v1/check"),
            ("GET", "/readyz"),
            ("GET", "/metrics"),
        ):
            async with client.request(method, path, headers=headers) as response:
                assert response.status == 401
                assert (await response.json())["error"]["code"] == "unauthorized"
        async with client.get("/healthz", headers=headers) as response:
            assert response.status == 200


async def test_with_the_token_the_door_is_open() -> None:
    """As bearer token."""
    async with (
        running(token="secret") as client,
        client.post("/v1/check", json={"prompts": ["a cat"]}, headers={"Authorization": "Bearer secret"}) as response,
    ):
        assert response.status == 200
