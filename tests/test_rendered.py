"""Scenes rendered ahead, and learning from them as a GPU does."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from inference.checkpoints.builtin import save_builtin
from inference.models.dalle_bart import DalleBart
from inference.models.dalle_bart_config import DalleBartConfig
from inference.models.vqgan import VQGAN, VQGANConfig
from inference.training.data.coded import PatchCoder
from inference.training.data.rendered import Rendered, RenderedError, RenderedSource, render_ahead
from inference.training.data.stream import SceneSource
from inference.training.run import Run
from inference.training.stages.dalle import DalleConfig, load_dalle, train
from inference.training.stages.vqgan import load_codec
from tests.test_checkpoints import builtin_like
from tests.test_training_data import write_icons


def test_scenes_rendered_ahead_are_those_that_would_have_been_made(tmp_path: Path) -> None:
    """By several processes, in order, and read again from the file; the first ones are held out."""
    write_icons(tmp_path / "cache")
    save_builtin(tmp_path / "model", *builtin_like())
    rendered = render_ahead(tmp_path / "cache", None, tmp_path / "model", seed=3, count=60, workers=2)
    rendered.save(tmp_path / "scenes.npz")
    read = Rendered.load(tmp_path / "scenes.npz")
    source = SceneSource(tmp_path / "cache", 3, 50)
    batches = [source.batch(step) for step in (0, 1)]
    assert read.captions == (batches[0].captions + batches[1].captions)[:60]
    assert np.array_equal(read.codes, rendered.codes)
    codes, captions = read.held_out(4)
    assert captions == batches[0].captions[:4]
    coder = PatchCoder(load_codec(tmp_path / "model"))
    assert torch.equal(codes, coder.codes(batches[0].pixels[:4]))
    drawn = [RenderedSource(tmp_path / "scenes.npz", 1, 8, held_out=58).batch(5) for _ in range(2)]
    assert drawn[0][1] == drawn[1][1]
    assert set(drawn[0][1]) <= set(read.captions[58:])


def test_a_file_that_is_no_rendered_scenes_is_refused(tmp_path: Path) -> None:
    """By its name, and so is one that leaves nothing to learn from."""
    (tmp_path / "scenes.npz").write_text("no")
    with pytest.raises(RenderedError, match=r"scenes\.npz"):
        Rendered.load(tmp_path / "scenes.npz")
    Rendered(np.zeros((2, 4), np.uint16), ("a cat", "a dog"), 9).save(tmp_path / "scenes.npz")
    with pytest.raises(RenderedError, match="2 scenes, 2 of them held out"):
        RenderedSource(tmp_path / "scenes.npz", 1, 8, held_out=2).batch(0)


def test_text_to_codes_learns_from_scenes_rendered_ahead(tmp_path: Path) -> None:
    """Two steps without any icons, from the start of a model that has fewer codes; a codec of others is refused."""
    dalle, codec = builtin_like()
    smaller = dataclasses.replace(codec.config, resolution=48, encoder_patch=16, n_embed=25)
    sizes = dataclasses.replace(dalle.config, image_length=144, image_vocab_size=25)
    save_builtin(tmp_path / "start", *models(sizes, smaller))
    more = dataclasses.replace(sizes, image_vocab_size=27), dataclasses.replace(smaller, n_embed=27)
    save_builtin(tmp_path / "codec", *models(*more))
    generator = np.random.default_rng(0)
    captions = tuple(f"a cat and a {word}" for word in ("dog", "fox", "cow") for _ in range(50))
    codes = generator.integers(0, 27, (150, 144)).astype(np.uint16)
    Rendered(codes, captions, 27).save(tmp_path / "scenes.npz")
    config = DalleConfig(
        run=tmp_path / "run", start=tmp_path / "start", codec=tmp_path / "codec", rendered=tmp_path / "scenes.npz",
        steps=2, batch=4, warmup=1, compiled=False, device="cpu", threads=1,
    )  # fmt: skip
    train(config, sizes, resume=False)
    assert load_dalle(tmp_path / "run" / "checkpoint.pt").config.image_vocab_size == 27
    assert [row["step"] for row in Run(tmp_path / "run").logged() if "held_out" in row] == [2]
    with pytest.raises(RenderedError, match="27 codes"):
        train(dataclasses.replace(config, codec=tmp_path / "start", run=tmp_path / "other"), sizes, resume=False)


def models(dalle: DalleBartConfig, codec: VQGANConfig) -> tuple[DalleBart, VQGAN]:
    """Of given sizes, with random weights."""
    return DalleBart(dalle), VQGAN(codec)
