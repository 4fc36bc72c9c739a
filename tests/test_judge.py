"""The judge that ranks pictures: its training on made-up pairs, its file, and the order it gives."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from inference.checkpoints.builtin import BUILTIN_FOLDER, load_judge
from inference.checkpoints.text_encoder import load_sentence_encoder
from inference.checkpoints.weights import CheckpointError, write_weights
from inference.models.config import ConfigError
from inference.models.judge import JudgeConfig, PictureJudge, picture_tensor
from inference.ranking.judge import JudgeRanker
from inference.training.stages.clip import ClipConfig, JudgeTrainer, PairBatch, measure
from inference.training.stages.softening import softened, spoiled

TINY = JudgeConfig(edge=96, widths=(16, 16, 32, 32), embed_dim=16, text_dim=8)


def pairs(count: int = 8) -> PairBatch:
    """Pictures of one colour pattern each, a text vector of its own for each, and mirrored pictures as wrong ones."""
    generator = torch.Generator().manual_seed(1)
    coarse = torch.rand(count, 3, 12, 12, generator=generator)
    pixels = F.interpolate(coarse, scale_factor=8.0)
    return PairBatch(pixels, F.one_hot(torch.arange(count), 8).float(), pixels.flip(-1))


def trainer(**changes: object) -> JudgeTrainer:
    """A trainer of the tiny judge."""
    return JudgeTrainer(replace(ClipConfig(steps=60, warmup=2, learning_rate=5e-3), **changes), TINY)  # type: ignore[arg-type]


def test_judge_learns_which_picture_belongs_to_which_text() -> None:
    """After a few dozen steps each text's own picture comes first, and mostly before its twins."""
    learner = trainer()
    for _ in range(60):
        learner.train_step(pairs())
    shares = measure(learner.averaged_model(), pairs())
    assert shares["own_picture_first"] > 0.8
    assert shares["better_than_spoiled"] > 0.7
    assert shares["better_than_wrong"] > 0.7


def test_judge_learns_without_wrong_pictures_too() -> None:
    """A person's own pictures have none."""
    learner, bare = trainer(), replace(pairs(), wrong=torch.empty(0, 3, 96, 96))
    for _ in range(60):
        learner.train_step(bare)
    shares = measure(learner.averaged_model(), bare)
    assert shares.keys() == {"own_picture_first", "better_than_spoiled"}
    assert shares["own_picture_first"] > 0.8


def test_same_seed_same_judge_and_resumed_is_uninterrupted() -> None:
    """Three steps twice are the same; two, a checkpoint and one more are the same as three."""
    first, second, third = trainer(), trainer(), trainer()
    losses = [first.train_step(pairs()) for _ in range(3)]
    assert [second.train_step(pairs()) for _ in range(3)] == losses
    other = trainer()
    for _ in range(2):
        other.train_step(pairs())
    third.load_state_dict(other.state_dict())
    assert third.train_step(pairs()) == losses[2]


def test_judge_goes_on_from_exported_weights() -> None:
    """It begins as good as the one that it starts from; one of other sizes is refused."""
    learner, other = trainer(), trainer(seed=9)
    for _ in range(60):
        learner.train_step(pairs())
    other.begin_from(learner.averaged_model())
    assert measure(other.averaged_model(), pairs()) == measure(learner.averaged_model(), pairs())
    with pytest.raises(ValueError, match="cannot begin as one of"):
        other.begin_from(PictureJudge(replace(TINY, embed_dim=32)))


def test_another_seed_is_another_judge() -> None:
    """The seed decides the weights."""
    assert trainer(seed=1).train_step(pairs()) != trainer(seed=2).train_step(pairs())


def test_softened_pictures_stay_close_and_spoiled_ones_do_not() -> None:
    """Softening changes every picture a little; spoiling leaves most cells and swaps whole ones."""
    smooth = F.interpolate(pairs().pixels[..., ::8, ::8], size=(96, 96), mode="bilinear")
    assert (softened(smooth, np.random.default_rng(0)) - smooth).abs().mean() < 0.06
    twins = spoiled(smooth, np.random.default_rng(0))
    cells = (twins != smooth).any(1).view(-1, 12, 8, 12, 8).float().mean((2, 4))
    assert 0.05 < float((cells > 0).float().mean()) < 0.5


def test_pictures_of_any_size_are_averaged_down() -> None:
    """192, 256 and 384 pixels a side show the judge the same plain picture."""
    for side in (96, 192, 256, 384):
        tensor = picture_tensor([np.full((side, side, 3), 51, np.uint8)], 96)
        assert tensor.shape == (1, 3, 96, 96)
        torch.testing.assert_close(tensor, torch.full_like(tensor, 0.2))


def test_ranker_gives_each_picture_a_score_of_its_own() -> None:
    """A score does not depend on the pictures beside it, and no pictures have no scores."""
    torch.manual_seed(0)
    ranker = JudgeRanker(PictureJudge(replace(TINY, text_dim=384)), load_sentence_encoder())
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 256, (192, 192, 3), np.uint8) for _ in range(3)]
    scores = ranker.scores("a cat", pictures)
    assert scores[1] == pytest.approx(ranker.scores("a cat", pictures[1:2])[0], abs=1e-5)
    assert len(set(scores)) == 3
    assert ranker.scores("a cat", []) == []


def test_judge_of_other_sentence_vectors_is_refused(tmp_path: Path) -> None:
    """By the ranker, and when a model is loaded; a damaged file is named."""
    text = load_sentence_encoder()
    with pytest.raises(ConfigError, match="text_dim=8, the text encoder has 384"):
        JudgeRanker(PictureJudge(TINY), text)
    with pytest.raises(CheckpointError, match="text_dim=8"):
        load_judge(tmp_path, TINY.to_dict(), text)
    fitting = replace(TINY, text_dim=384)
    with pytest.raises(CheckpointError, match=r"judge\.safetensors: the file is missing"):
        load_judge(tmp_path, fitting.to_dict(), text)
    judge = PictureJudge(fitting)
    write_weights(tmp_path / "judge.safetensors", judge.state_dict(), dtype=torch.float32)
    loaded = load_judge(tmp_path, json.loads(json.dumps(fitting.to_dict())), text)
    assert torch.equal(loaded.text_out.weight, judge.text_out.weight)


@pytest.mark.parametrize("values", [{"widths": [8, 8, 8]}, {"widths": [8, 8, 8, 12]}, {"edge": 100}, {"edge": 4096}])
def test_sizes_that_make_no_judge_are_refused(values: dict[str, object]) -> None:
    """By the name of the setting."""
    with pytest.raises(ConfigError, match=next(iter(values))):
        JudgeConfig.from_dict(values)


def test_shipped_judge_is_small() -> None:
    """At most two megabytes."""
    assert (BUILTIN_FOLDER / "judge.safetensors").stat().st_size <= 2 << 20
