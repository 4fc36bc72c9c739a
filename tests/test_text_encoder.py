"""The text encoder that ships: its states mean something, and nothing of a batch leaks from one text into another."""

import functools
import json
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import pytest
import torch
import torch.nn.functional as F

from benchmarks.bert import Bert, bert_weights
from inference.checkpoints.text_encoder import (
    TEXT_ENCODER_FOLDER,
    load_sentence_encoder,
    save_sentence_encoder,
)
from inference.checkpoints.weights import CheckpointError, write_weights
from inference.models.config import ConfigError
from inference.models.text_encoder import MAX_TOKENS, MiniLMConfig, SentenceEncoder


@functools.cache
def encoder() -> SentenceEncoder:
    return load_sentence_encoder()


def similarity(one: str, other: str) -> float:
    first, second = encoder().vectors([one, other])
    return float(first @ second)


def test_similar_texts_have_similar_vectors() -> None:
    """Near meanings are nearer than far ones, also where no word is shared and in any case."""
    assert similarity("a cat", "a kitten") > similarity("a cat", "a car") + 0.3
    assert similarity("a happy dog", "a cheerful puppy") > similarity("a happy dog", "a sad song") + 0.2
    assert similarity("A RED HEART", "a red heart") > 0.999


def test_the_copy_that_ships_is_made_of_the_published_files(tmp_path: Path) -> None:
    """As NOTICE says: renamed, the token type added to the positions, and rounded; what is missing is named."""
    source, copy, ours = tmp_path / "published", tmp_path / "copy", encoder().model
    source.mkdir()
    published = bert_weights(ours)
    positions, types = "embeddings.position_embeddings.weight", "embeddings.token_type_embeddings.weight"
    published[types] = published[types] + 0.5
    published[positions] = published[positions] - 0.5
    write_weights(source / "model.safetensors", published, dtype=torch.float32)
    (source / "config.json").write_text(json.dumps(ours.config.to_dict()))
    (source / "tokenizer.json").write_bytes((TEXT_ENCODER_FOLDER / "tokenizer.json").read_bytes())
    save_sentence_encoder(source, copy)
    texts = ["a cat", "two red hearts"]
    again = load_sentence_encoder(copy).vectors(texts)
    assert (again * encoder().vectors(texts)).sum(1).tolist() == pytest.approx([1, 1], abs=1e-3)
    del published[types]
    write_weights(source / "model.safetensors", published, dtype=torch.float32)
    with pytest.raises(CheckpointError, match=f"{types} is missing"):
        save_sentence_encoder(source, copy)


def test_published_values() -> None:
    """The rounded weights stay within a hundredth of the cosines that the published float32 weights give."""
    published = {("a cat", "a kitten"): 0.7663, ("a cat", "a car"): 0.3522, ("a kitten", "a car"): 0.2969}
    for (one, other), cosine in published.items():
        assert similarity(one, other) == pytest.approx(cosine, abs=0.01)


def test_states_are_those_of_transformers() -> None:
    """Its BertModel is the reference; with texts of different lengths, so that padding is compared, too."""
    texts = ["a cat", "two purple horses in a forest at night, under a very large moon", ""]
    input_ids, mask = encoder().tokens(texts)
    reference = Bert(encoder().model).eval()
    with torch.no_grad():
        expected = reference(input_ids, mask)
        states = encoder().model(input_ids, mask)
    torch.testing.assert_close(states[mask == 1], expected[mask == 1], atol=1e-5, rtol=1e-5)


def test_a_text_does_not_depend_on_its_batch() -> None:
    """Padding to a longer neighbour changes nothing but rounding."""
    texts = ["a cat", "two purple horses in a forest at night, under a very large moon"]
    states, mask = encoder().states(texts)
    alone, own_mask = encoder().states(texts[:1])
    length = int(own_mask.sum())
    assert mask.sum(1).tolist() == [length, states.shape[1]]
    torch.testing.assert_close(states[:1, :length], alone[:, :length], atol=1e-5, rtol=1e-5)


def test_long_and_empty_texts() -> None:
    """A long text is cut at MAX_TOKENS, an empty one has its two end marks."""
    _, mask = encoder().states(["word " * 1000, ""])
    assert mask.sum(1).tolist() == [MAX_TOKENS, 2]


def test_unsupported_configuration() -> None:
    """What is not supported is refused by name and value."""
    with pytest.raises(ConfigError, match="hidden_act='relu'"):
        MiniLMConfig.from_dict({"hidden_act": "relu"})
    with pytest.raises(ConfigError, match="num_attention_heads=7 must divide hidden_size=384"):
        MiniLMConfig(num_attention_heads=7)


def test_a_prompt_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing and ranking ask for the same text one after the other."""
    reading, read = encoder(), mock.Mock(wraps=encoder().tokenizer.encode_batch)
    monkeypatch.setattr(reading, "tokenizer", SimpleNamespace(encode_batch=read))
    states, _ = reading.states(["a lighthouse nobody asked for before"])
    vector = reading.vectors(["a lighthouse nobody asked for before"])
    assert read.call_count == 1
    torch.testing.assert_close(vector, F.normalize(states.mean(1), dim=-1))


def test_no_text_at_all() -> None:
    """There is nothing to read, and nothing is."""
    states, mask = encoder().states([])
    assert states.shape == (0, 1, 384)
    assert mask.shape == (0, 1)
