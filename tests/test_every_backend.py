"""An order from the bot's door to its delivered grid, with each kind of backend behind a real server over a socket."""

import io
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from PIL import Image as Pillow

from bot.pool.endpoint import Endpoint
from bot.pool.pool import Pool
from bot.services import Services
from bot.wording.render import explain
from inference.backends import ServedModel
from inference.backends.opening import BackendOptions, served_models
from inference.backends.threaded import ThreadedBackend
from inference.engine.engine import Engine
from inference.pictures import SMALLEST_SIDE
from inference.safety.filter import PromptFilter
from inference.server.app import create_app
from inference.server.shelf import Shelf
from tests.bot_fakes import an_order, draw, finish, order_one, services
from tests.fakes import FakeCodeModel

API = "openai:fake"
OURS = ServedModel("fake", lambda: ThreadedBackend(lambda _: Engine(FakeCodeModel()), "fake"))


def models(folder: Path, port: int) -> list[ServedModel]:
    """Our engine, an API in OpenAI's form (this same server), and, where the extra is there, a tiny pipeline."""
    names = [API]
    try:
        from tests import tiny_pipelines

        names.append(str(tiny_pipelines.stable_diffusion(folder / "sd")))
    except ImportError:
        pass
    options = BackendOptions(
        model=",".join(names), models_dir=folder / "models", openai_url=f"http://127.0.0.1:{port}/v1",
        openai_key="secret", openai_sizes=("256x256",), openai_partial=2,
    )  # fmt: skip
    return [OURS, *served_models(options)]


@asynccontextmanager
async def bot_and_server(
    folder: Path, others: Sequence[ServedModel] | None = None
) -> AsyncIterator[tuple[Services, list[ServedModel]]]:
    """With each kind of backend, or with our engine and `others`."""
    port = unused_port()
    shelves = models(folder, port) if others is None else [OURS, *others]
    server = TestServer(create_app(Shelf(shelves), PromptFilter.load(), token="secret"), port=port)
    await server.start_server()
    try:
        pool = Pool([Endpoint(str(server.make_url("/")), "secret")], poll_seconds=0.02, retry_seconds=0.0)
        await pool.open()
        try:
            async with services(folder, pool) as opened:  # type: ignore[arg-type]  # it takes any that draws
                yield opened, shelves
        finally:
            await pool.close()
    finally:
        await server.close()


async def test_each_backend_draws_what_is_ordered(tmp_path: Path) -> None:
    """The pictures are in the storage, of the size that the model and the log tell, under the model's name."""
    async with bot_and_server(tmp_path) as (opened, shelves):
        sizes = {model.name: model.sizes for model in opened.pool.models()}
        assert len(sizes) == len(shelves)
        assert {"fake", API} <= set(sizes)
        for name in sizes:
            record = await draw(opened, an_order(images=2, model=name))
            assert (record.status, record.error_code, record.model) == ("delivered", None, name)
            assert len(record.images) == 2
            for image in record.images:
                with Pillow.open(io.BytesIO(await opened.storage.get(image.key))) as picture:
                    assert picture.size == (image.width, image.height)
                    told = [max(SMALLEST_SIDE, int(side)) for side in sizes[name][0].split("x")]
                    assert [image.width, image.height] == told


async def test_one_picture_of_an_api_is_previewed(tmp_path: Path) -> None:
    """Partial pictures go all the way: from the engine, through the API's stream, to the person who waits."""
    async with bot_and_server(tmp_path) as (opened, _):
        generation_id, reply = await order_one(opened, an_order(images=1, model=API))
        record = await finish(opened, generation_id)
        assert (record.status, len(reply.results)) == ("delivered", 1)


@pytest.mark.parametrize(
    ("status", "code", "says"),
    [
        (
            401,
            "invalid_api_key",
            "The provider of openai:painter does not accept this bot's key. Please tell the operator.",
        ),
        (429, "rate_limit_exceeded", "The provider of openai:painter asks to wait. Try again after <t:"),
        (429, "insufficient_quota", "The bot's account with the provider of openai:painter is used up."),
        (400, "moderation_blocked", "The provider of openai:painter refuses this prompt."),
        (404, "model_not_found", "The provider of openai:painter has no such model any more."),
        (200, "budget", "Today's budget for this model is spent; other models still draw. Try again after <t:"),
    ],
)
async def test_what_a_provider_refuses_is_a_sentence(tmp_path: Path, status: int, code: str, says: str) -> None:
    """In the chat, whichever way it failed; nothing waits any more, and the next order of another model is drawn."""

    async def answer(_: web.Request) -> web.Response:
        body = {"error": {"message": "so many words", "type": "x", "param": None, "code": code}}
        return web.json_response(body, status=status, headers={"Retry-After": "3600"})

    provider = web.Application()
    provider.add_routes([web.post("/v1/images/generations", answer)])
    async with TestServer(provider) as there:
        options = BackendOptions(
            model="openai:painter", models_dir=tmp_path / "models", openai_url=str(there.make_url("/v1")),
            openai_price=2.0, openai_budget=1.0 if code == "budget" else 0.0,
        )  # fmt: skip
        async with bot_and_server(tmp_path, served_models(options)) as (opened, _):
            generation_id, reply = await order_one(opened, an_order(images=1, model="openai:painter"))
            assert (await finish(opened, generation_id)).status == "failed"
            (error,) = reply.errors
            assert explain(error).startswith(says)
            assert "so many words" not in explain(error)
            assert (await draw(opened, an_order(images=1, model="fake"))).status == "delivered"


async def test_a_model_that_is_removed_while_it_is_ordered_is_told(tmp_path: Path) -> None:
    """The order ends with its name, and the server goes on with the others."""
    async with bot_and_server(tmp_path) as (opened, shelves):
        if len(shelves) < len({"fake", API, "sd"}):
            pytest.skip("diffusers is an extra")
        (tmp_path / "sd" / "model_index.json").unlink()
        record = await draw(opened, an_order(images=1, model="sd"))
        assert (record.status, record.error_code) == ("failed", "model_not_loaded")
        assert (await draw(opened, an_order(images=1, model="fake"))).status == "delivered"
