"""An order from the bot's door to its delivered grid, with each kind of backend behind a real server over a socket."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer, unused_port
from PIL import Image as Pillow

from bot.pool.endpoint import Endpoint
from bot.pool.pool import Pool
from bot.services import Services
from inference.backends import ServedModel
from inference.backends.opening import BackendOptions, served_models
from inference.backends.threaded import ThreadedBackend
from inference.engine.engine import Engine
from inference.safety.filter import PromptFilter
from inference.server.app import create_app
from inference.server.shelf import Shelf
from tests.bot_fakes import an_order, draw, finish, order_one, services
from tests.fakes import FakeCodeModel

API = "openai:fake"


def models(folder: Path, port: int) -> list[ServedModel]:
    """Our engine, an API in OpenAI's form (this same server), and, where the extra is there, a tiny pipeline."""
    served = [ServedModel("fake", lambda: ThreadedBackend(lambda _: Engine(FakeCodeModel()), "fake"))]
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
    return served + served_models(options)


@asynccontextmanager
async def bot_and_server(folder: Path) -> AsyncIterator[tuple[Services, list[ServedModel]]]:
    port = unused_port()
    shelves = models(folder, port)
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
                    assert f"{image.width}x{image.height}" == sizes[name][0]


async def test_one_picture_of_an_api_is_previewed(tmp_path: Path) -> None:
    """Partial pictures go all the way: from the engine, through the API's stream, to the person who waits."""
    async with bot_and_server(tmp_path) as (opened, _):
        generation_id, reply = await order_one(opened, an_order(images=1, model=API))
        record = await finish(opened, generation_id)
        assert (record.status, len(reply.results)) == ("delivered", 1)


async def test_a_model_that_is_removed_while_it_is_ordered_is_told(tmp_path: Path) -> None:
    """The order ends with its name, and the server goes on with the others."""
    async with bot_and_server(tmp_path) as (opened, shelves):
        if len(shelves) < len({"fake", API, "sd"}):
            pytest.skip("diffusers is an extra")
        (tmp_path / "sd" / "model_index.json").unlink()
        record = await draw(opened, an_order(images=1, model="sd"))
        assert (record.status, record.error_code) == ("failed", "model_not_loaded")
        assert (await draw(opened, an_order(images=1, model="fake"))).status == "delivered"
