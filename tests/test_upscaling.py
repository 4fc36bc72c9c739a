"""Upscaling with Swin2SR: a tiny network of transformers' own class, from a folder, through the server."""

import asyncio
import base64
import io
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from PIL import Image

from inference.backends import ServedModel
from inference.backends.threaded import ThreadedBackend
from inference.checkpoints.weights import CheckpointError
from inference.contract import InvalidRequest, Readiness, Upscaled
from inference.engine.engine import Engine
from inference.safety.filter import PromptFilter
from inference.server import upscaling
from inference.server.app import create_app
from inference.server.process import ServeError, ServeOptions, serve
from inference.server.service import SERVICE
from inference.server.shelf import Shelf
from inference.server.upscaling import Upscaler
from tests.bot_fakes import tile
from tests.fakes import FakeCodeModel
from tests.tiny_pipelines import swin2sr_folder


@pytest.fixture(scope="module")
def swin2sr(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Swin2SR with random weights that doubles pictures, as one is published."""
    return swin2sr_folder(tmp_path_factory.mktemp("swin2sr"))


def picture(width: int, height: int) -> bytes:
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "PNG")
    return file.getvalue()


def pixels(png: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    with Image.open(io.BytesIO(png)) as opened:
        return np.asarray(opened.convert("RGB"))


def test_a_picture_comes_out_as_the_network_alone_makes_it(swin2sr: Path) -> None:
    """Where its sides are whole windows, there is nothing to add."""
    import transformers

    given = picture(16, 8)
    network: Any = transformers.Swin2SRForImageSuperResolution.from_pretrained(swin2sr)
    values = torch.from_numpy(pixels(given).copy()).permute(2, 0, 1)[None] / 255
    with torch.no_grad():
        wanted = network.eval()(values).reconstruction[0].clamp(0, 1).permute(1, 2, 0).numpy() * 255
    drawn = pixels(Upscaler(swin2sr).enlarge(given))
    assert drawn.shape == (16, 32, 3)
    assert np.abs(drawn - wanted).max() <= 0.51


def test_pictures_of_any_shape_are_doubled(swin2sr: Path) -> None:
    """What was added to make windows whole is cut off again."""
    upscaler = Upscaler(swin2sr)
    for width, height in ((13, 7), (1, 1), (9, 20)):
        assert pixels(upscaler.enlarge(picture(width, height))).shape == (2 * height, 2 * width, 3)


def test_what_is_no_picture_or_too_large_is_refused(swin2sr: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named, with the limit."""
    with pytest.raises(InvalidRequest, match="cannot be read"):
        Upscaler(swin2sr).enlarge(b"nonsense")
    monkeypatch.setattr(upscaling, "MAX_PIXELS", 100)
    with pytest.raises(InvalidRequest, match="11 × 10 pixels; at most 100"):
        Upscaler(swin2sr).enlarge(picture(11, 10))


def test_other_folders_are_refused_by_name(tmp_path: Path) -> None:
    """None at all, another kind of model, and none where none is asked for."""
    assert Upscaler.find("", None) is None
    with pytest.raises(CheckpointError, match="missing"):
        Upscaler.find(str(tmp_path / "nothing"), None)
    (tmp_path / "config.json").write_text('{"model_type": "clip"}')
    with pytest.raises(CheckpointError, match="swin2sr is wanted"):
        Upscaler.find(str(tmp_path), None)


def test_a_server_does_not_start_with_an_upscaler_that_is_not_there(tmp_path: Path) -> None:
    """The log says which setting is wrong."""
    with pytest.raises(SystemExit):
        serve(ServeOptions(uds=tmp_path / "s", upscaler=str(tmp_path / "nothing")))
    assert issubclass(ServeError, Exception)


def served(upscaler: Upscaler | None) -> TestClient[web.Request, web.Application]:
    backend = ThreadedBackend(lambda _: Engine(FakeCodeModel()), "fake")
    shelf = Shelf([ServedModel("fake", lambda: backend)])
    return TestClient(TestServer(create_app(shelf, PromptFilter.load(), upscaler=upscaler)))


async def test_the_server_offers_it_only_where_it_is(swin2sr: Path) -> None:
    """In /readyz, and by the answer."""
    body = {"image": base64.b64encode(tile(1, 16)).decode()}
    async with served(Upscaler(swin2sr)) as client:
        async with client.post("/v1/upscale", json=body) as response:
            larger = Upscaled.from_json(await response.json())
        assert (pixels(larger.png).shape, larger.model) == ((32, 32, 3), "Swin2SR")
        async with client.post("/v1/upscale", json={"image": "?"}) as response:
            assert response.status == 400
        await client.app[SERVICE].shelf.describe()  # until then it is not ready
        async with client.get("/readyz") as response:
            assert Readiness.from_json(await response.json()).upscales
    async with served(None) as client:
        await client.app[SERVICE].shelf.describe()
        async with client.post("/v1/upscale", json=body) as response:
            assert (response.status, (await response.json())["error"]["code"]) == (501, "no_upscaler")
        async with client.get("/readyz") as response:
            assert not Readiness.from_json(await response.json()).upscales


async def test_a_queue_for_it_holds_up_nothing_else(swin2sr: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More pictures are to be enlarged than there are threads, and a prompt is checked all the same."""
    go, upscaler = threading.Event(), Upscaler(swin2sr)
    monkeypatch.setattr(upscaler, "enlarge", lambda picture: picture if go.wait(30) else b"")
    body = {"image": base64.b64encode(tile(1, 16)).decode()}
    async with served(upscaler) as client:
        waiting = [asyncio.create_task(client.post("/v1/upscale", json=body)) for _ in range(40)]
        try:
            async with asyncio.timeout(20), client.post("/v1/check", json={"prompts": ["a cat"]}) as response:
                assert response.status == 200
        finally:
            go.set()
        assert {response.status for response in await asyncio.gather(*waiting)} == {200}


async def test_weights_that_cannot_be_read_are_not_offered_again(swin2sr: Path, tmp_path: Path) -> None:
    """The first one who asks gets an error, the log says why; from then on it is as if there were none."""
    (tmp_path / "config.json").write_bytes((swin2sr / "config.json").read_bytes())
    (tmp_path / "model.safetensors").write_bytes(b"nonsense")
    body = {"image": base64.b64encode(tile(1, 16)).decode()}
    async with served(Upscaler(tmp_path)) as client:
        async with client.post("/v1/upscale", json=body) as response:
            assert response.status == 500
        async with client.post("/v1/upscale", json=body) as response:
            assert response.status == 501
