"""Pictures that start from a picture, with a real VQGAN: completed, varied, and asked for over HTTP."""

import base64
import functools
import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as Picture
from torch import Tensor

from inference.checkpoints.load import load_original
from inference.contract import Done, GenerationRequest, Image
from inference.engine.dalle import DalleCodeModel
from inference.engine.engine import Engine
from inference.pictures import Pixels, encode_png
from tests.test_server import draw, running

GOLDEN = Path(__file__).parent / "fixtures" / "golden"
SIDE = 4  # codes


@functools.cache
def model() -> DalleCodeModel:
    return DalleCodeModel(load_original(GOLDEN / "dallebart_mini"), slots=4)


def a_picture() -> Pixels:
    """What some codes look like."""
    codes = torch.arange(SIDE * SIDE)[None] * 3 % model().vocab_size
    pixels: Pixels = model().detokenize(codes)[0].numpy()
    return pixels


def codes_of(pixels: Pixels) -> Tensor:
    return model().encode_image(torch.from_numpy(pixels)[None])[0]


def drawn_codes(**options: float) -> Tensor:
    """Codes (L,) of one picture that starts from `a_picture`."""
    engine = Engine(model())
    request = GenerationRequest("a cat", images=1, guidance_scale=1, temperature=5, init_image=b"any", **options)  # type: ignore[arg-type]
    engine.add("a", request, a_picture())
    while engine.busy:
        engine.step()
    return engine._table.codes[0, 1:]


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_completion_keeps_the_upper_rows(rows: int) -> None:
    """Their codes are the picture's own, those below are drawn; a seed changes the lower ones only."""
    given, first, second = (
        codes_of(a_picture()),
        drawn_codes(keep_rows=rows, seed=1),
        drawn_codes(keep_rows=rows, seed=2),
    )
    kept = rows * SIDE
    assert torch.equal(first[:kept], given[:kept])
    assert torch.equal(second[:kept], given[:kept])
    assert not torch.equal(first[kept:], second[kept:])


@pytest.mark.parametrize("strength", [0.25, 0.5, 0.75])
def test_a_variation_keeps_the_rest_of_its_codes(strength: float) -> None:
    """At least the share that is not drawn again stays where it was; other seeds keep others."""
    given = codes_of(a_picture())
    same = [drawn_codes(strength=strength, seed=seed) == given for seed in (1, 2)]
    assert all(kept.sum() >= (1 - strength) * SIDE * SIDE for kept in same)
    assert not torch.equal(*same)


async def test_over_http() -> None:
    """A file of any size is cut and scaled; strength 0 gives it back as the VQGAN sees it, whatever the seed."""
    file = io.BytesIO()
    Picture.fromarray(a_picture()).save(file, "PNG")
    seen = model().detokenize(codes_of(a_picture())[None])[0].numpy()
    async with running(lambda: Engine(model())) as client:
        init_image = base64.b64encode(file.getvalue()).decode()
        events = await draw(client, images=2, seed=3, init_image=init_image, strength=0.0)
        completed = await draw(client, images=1, seed=3, init_image=init_image, keep_rows=3)
    pictures = [event for event in events if isinstance(event, Image)]
    assert [picture.png for picture in pictures] == [
        encode_png(seen, picture.seed, model=model().name) for picture in pictures
    ]
    assert isinstance(completed[-1], Done)
    (image,) = (event for event in completed if isinstance(event, Image))
    top = np.asarray(Picture.open(io.BytesIO(image.png)))[:64]
    assert np.abs(top.astype(int) - np.asarray(Picture.open(io.BytesIO(pictures[0].png)))[:64]).mean() < 40
