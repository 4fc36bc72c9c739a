"""Scores of pictures: by CLIP, with a tiny network of random weights, and by what the built-in model finds likely."""

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from structlog.testing import capture_logs

from inference.checkpoints.builtin import load_builtin
from inference.checkpoints.checkpoint import Checkpoint
from inference.checkpoints.load import load_original
from inference.engine.dalle import DalleCodeModel
from inference.engine.loading import ranker_of
from inference.pictures import Pixels
from inference.ranking.clip import ClipRanker, RankerError
from inference.ranking.likelihood import JUDGE_WEIGHT, LikelihoodRanker
from inference.training.evaluation.drawing import draw_with_likelihoods

GOLDEN = Path(__file__).parent / "fixtures" / "golden"
LIKELIHOODS = [-1.0, -2.0, -3.0]
"""Which CLIP does not look at."""
MERGES = ["a n", "r e", "re d", "d o", "do g</w>"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of openai/clip-vit-base-patch32, small."""
    folder = tmp_path_factory.mktemp("clip")
    letters = [chr(code) for code in range(33, 127)]
    tokens = [*letters, *(f"{letter}</w>" for letter in letters), *(merge.replace(" ", "") for merge in MERGES)]
    vocab = {token: index for index, token in enumerate([*tokens, "<|startoftext|>", "<|endoftext|>"])}
    (folder / "vocab.json").write_text(json.dumps(vocab))
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *MERGES]))
    size = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2}
    torch.manual_seed(2)
    model = transformers.CLIPModel(
        transformers.CLIPConfig(
            text_config={
                **size,
                "vocab_size": len(vocab),
                "max_position_embeddings": 10,
                "eos_token_id": len(vocab) - 1,
            },
            vision_config={**size, "image_size": 32, "patch_size": 8},
            projection_dim=12,
        )
    )
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=0.3)
    model.save_pretrained(folder)
    side = {"height": 32, "width": 32}
    transformers.CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size=side).save_pretrained(folder)
    return folder


def pictures(count: int) -> list[Pixels]:
    return [np.random.default_rng(seed).integers(0, 256, (48, 48, 3)).astype(np.uint8) for seed in range(count)]


def test_scores_are_cosines(folder: Path) -> None:
    """As CLIP itself puts them, without the factor that it learns for training; each picture's is its own."""
    ranker = ClipRanker.load(folder)
    scores = ranker.scores("a red dog", pictures(3), LIKELIHOODS)
    model: Any = transformers.CLIPModel.from_pretrained(folder)
    model.eval()
    tokens = ranker._tokenizer(["a red dog"], return_tensors="pt")
    pixels = ranker._processor(images=pictures(3), return_tensors="pt")
    with torch.no_grad():
        logits = model(**tokens, **pixels).logits_per_image[:, 0] / model.logit_scale.exp()
    assert scores == pytest.approx(logits.tolist(), abs=1e-5)
    assert all(-1 <= score <= 1 for score in scores)
    assert len(set(scores)) == 3
    assert ranker.scores("a red dog", pictures(3)[2:], LIKELIHOODS) == pytest.approx(scores[2:], abs=1e-5)


def test_the_prompt_matters_and_may_be_long_or_empty(folder: Path) -> None:
    """Another text, other scores; of a long one the beginning counts, and strange characters are no error."""
    ranker = ClipRanker.load(folder)
    first, other, empty = (ranker.scores(prompt, pictures(1), LIKELIHOODS) for prompt in ("a red dog", "an 🐉 ?", ""))
    assert len({*first, *other, *empty}) == 3
    assert ranker.scores("a " * 500, pictures(1), LIKELIHOODS) == ranker.scores("a " * 400, pictures(1), LIKELIHOODS)


def test_pickled_weights_are_read_without_unpickling(folder: Path, tmp_path: Path) -> None:
    """The older form of the file gives the same scores; one with code in it is refused."""
    old = shutil.copytree(folder, tmp_path / "old")
    (old / "model.safetensors").unlink()
    torch.save(transformers.CLIPModel.from_pretrained(folder).state_dict(), old / "pytorch_model.bin")
    scores = ClipRanker.load(folder).scores("a dog", pictures(1), LIKELIHOODS)
    assert ClipRanker.load(old).scores("a dog", pictures(1), LIKELIHOODS) == pytest.approx(scores, abs=1e-5)
    torch.save({"weights": Path}, old / "pytorch_model.bin")
    with pytest.raises(RankerError, match="no CLIP that can be loaded"):
        ClipRanker.load(old)


def a_model(clip: Path | None) -> Checkpoint:
    return dataclasses.replace(load_original(GOLDEN / "dallebart_mini"), clip=clip)


def test_a_model_is_ranked_by_what_came_with_it(folder: Path) -> None:
    """Its CLIP, the built-in model's own judge, or nothing."""
    assert isinstance(ranker_of(a_model(folder)), ClipRanker)
    assert isinstance(ranker_of(load_builtin()), LikelihoodRanker)
    assert ranker_of(a_model(None)) is None


def test_the_built_in_model_ranks_by_what_it_found_likely() -> None:
    """The judge moves a score by its cosine's part, likelihood decides between equals; others change nothing."""
    model = load_builtin()
    drawn, likelihoods = draw_with_likelihoods(DalleCodeModel(model, slots=4), [("a red heart", 0), ("a cat", 0)])
    ranker = ranker_of(model)
    assert ranker is not None
    scores = ranker.scores("a red heart", drawn, [-0.5, -0.5])
    assert scores[0] > scores[1]
    assert all(abs(score + 0.5) < JUDGE_WEIGHT for score in scores)
    assert np.argmax(ranker.scores("a red heart", drawn, [-0.6, -0.4])) == 0
    assert np.argmax(ranker.scores("a red heart", [drawn[0]] * 2, [-0.6, -0.4])) == 1
    assert ranker.scores("a red heart", drawn[1:], [-0.5]) == pytest.approx(scores[1:], abs=1e-4)
    assert ranker.scores("a cat", [], []) == []
    assert all(-5 < likelihood < 0 for likelihood in likelihoods)


def test_a_clip_that_cannot_be_loaded_is_a_warning(tmp_path: Path) -> None:
    """Not the end of the server: pictures can do without."""
    with capture_logs() as logs:
        assert ranker_of(a_model(tmp_path)) is None
    (warning,) = logs
    assert warning["log_level"] == "warning"
    assert str(tmp_path) in warning["reason"]
