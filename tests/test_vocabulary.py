"""Teaching the text encoder other nouns: which texts it learns from, what changes in it, and how a model carries it."""

import dataclasses
from pathlib import Path

import pytest
import torch

from inference.checkpoints.builtin import UPPER_LAYERS, load_builtin, save_builtin
from inference.checkpoints.text_encoder import load_sentence_encoder, write_upper_layers
from inference.checkpoints.weights import CheckpointError
from inference.models.dalle_bart import DalleBart
from inference.models.text_encoder import SentenceEncoder
from inference.text.nouns import article
from inference.training.stages.vocabulary import (
    Reading,
    VocabularyBatch,
    VocabularyConfig,
    VocabularySource,
    VocabularyTrainer,
    other_nouns,
)
from tests.test_checkpoints import builtin_like
from tests.test_training_data import write_icons

NAMES = ("car", "dog", "castle")
NOUNS = ((0, "automobile"), (1, "canine"), (2, "citadel"))


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    """MiniLM as it ships."""
    return load_sentence_encoder()


def drawing_model() -> DalleBart:
    """A small model whose cross-attention reads MiniLM's states."""
    model, _ = builtin_like()
    return model.eval()


def trainer(encoder: SentenceEncoder, **changes: object) -> VocabularyTrainer:
    """A trainer of the last layer, for three names."""
    usual = VocabularyConfig(steps=30, warmup=1, layers=1, learning_rate=2e-3)
    model = drawing_model()
    states, mask = encoder.states(["a car", "a dog and a castle"])
    reading = Reading.of(model, torch.randint(0, 27, (2, 16), generator=torch.Generator().manual_seed(0)), states, mask)
    return VocabularyTrainer(dataclasses.replace(usual, **changes), encoder, reading, NAMES)  # type: ignore[arg-type]


def batch() -> VocabularyBatch:
    """All nouns, then all names, and one caption."""
    words = [*NOUNS, *enumerate(NAMES)]
    return VocabularyBatch(
        tuple(article(word) for _, word in words),
        tuple(article(NAMES[row]) for row, _ in words),
        torch.tensor([row for row, _ in words]),
        ("an automobile in space",),
        ("a car in space",),
    )


def test_nouns_are_taken_for_their_concept_and_names_stay(encoder: SentenceEncoder) -> None:
    """After some steps each noun is read as its name is, each name as ever, and only the last layer has changed."""
    learning = trainer(encoder)
    losses = [learning.train_step(batch()) for _ in range(30)]
    assert losses[-1] < losses[0] / 2
    assert learning.measure([*NOUNS, *enumerate(NAMES)])["named_first"] == 1
    assert learning.upper_layers().keys() == {
        name for name in encoder.model.state_dict() if name.startswith("layers.5.")
    }
    before, after = encoder.model.state_dict(), learning.model.state_dict()
    assert {name for name in before if not torch.equal(before[name], after[name])} == learning.upper_layers().keys()


def test_resumed_training_learns_the_same(encoder: SentenceEncoder) -> None:
    """What a checkpoint holds is enough to go on as if nothing had happened."""
    one = trainer(encoder)
    one.train_step(batch())
    other = trainer(encoder)
    other.load_state_dict(one.state_dict())
    assert one.train_step(batch()) == other.train_step(batch())


def test_more_layers_than_there_are_is_an_error(encoder: SentenceEncoder) -> None:
    """The message names the setting and what the encoder has."""
    with pytest.raises(ValueError, match="layers is 7; the text encoder has 6"):
        trainer(encoder, layers=7)


def test_captions_differ_in_nothing_but_their_nouns(tmp_path: Path) -> None:
    """A batch depends on seed and step alone; its named half never has another noun, and is otherwise the same."""
    icons = write_icons(tmp_path)
    batches = [VocabularySource(tmp_path, 1, 180).batch(step) for step in (4, 4)]
    assert batches[0].captions == batches[1].captions
    made = batches[0]
    others = {noun for _, noun in other_nouns(icons.concepts)}
    assert not any(noun in text for noun in others for text in (*made.named_phrases, *made.named_captions))
    pairs = list(zip((*made.phrases, *made.captions), (*made.named_phrases, *made.named_captions), strict=True))
    assert sum(said != named for said, named in pairs) > len(pairs) / 2
    for said, named in pairs:
        for row, noun in other_nouns(icons.concepts):
            said = said.replace(article(noun), article(icons.concepts[row].name)).replace(  # noqa: PLW2901
                noun, icons.concepts[row].name
            )
        assert said == named


def test_a_model_carries_its_own_upper_layers(tmp_path: Path, encoder: SentenceEncoder) -> None:
    """Saved with a model they are read with it; saving again without them leaves them; a damaged file is named."""
    upper = {
        name: value + 0.05 for name, value in encoder.model.state_dict().items() if name.startswith("layers.5.feed")
    }
    save_builtin(tmp_path, *builtin_like(), upper=upper)
    save_builtin(tmp_path, *builtin_like())
    read = load_builtin(tmp_path).text
    assert isinstance(read, SentenceEncoder)
    ours, published = read.states(["a tepee"])[0], encoder.states(["a tepee"])[0]
    assert not torch.allclose(ours, published, atol=1e-2)
    write_upper_layers(tmp_path / UPPER_LAYERS, {"layers.9.query.weight": torch.zeros(2, 2)})
    with pytest.raises(CheckpointError, match=r"text\.safetensors: layers\.9"):
        load_builtin(tmp_path)
