"""Prompts to tokens, as the original does it."""

import functools
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer

from inference.checkpoints.tokenizer_files import load_byte_level_bpe
from inference.text.normaliser import HashtagSplitter, TextNormalizer
from inference.text.tokenizer import PromptTokenizer, byte_level_bpe

GOLDEN = Path(__file__).parent / "fixtures" / "golden"


@functools.cache
def normalizer() -> TextNormalizer:
    lines = (GOLDEN / "text" / "enwiki-words-frequency.txt").read_text(encoding="utf-8").splitlines()
    return TextNormalizer(line.split()[0] for line in lines)


def golden(name: str) -> Any:
    return json.loads((GOLDEN / "text" / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", golden("normalizer.json")["cases"], ids=lambda case: case["input"][:20] or "empty")
def test_normalizer(case: dict[str, Any]) -> None:
    """Each text becomes what the original makes of it, or one of the things where the original draws at random."""
    assert normalizer()(case["input"]) in case.get("output_any_of", [case.get("output")])


@pytest.mark.parametrize("case", golden("hashtags.json"), ids=lambda case: case["input"])
def test_hashtags(case: dict[str, str]) -> None:
    """Words written together are split as the original splits them."""
    assert normalizer().split_hashtag(case["input"]) == case["output"]


def test_hashtags_without_a_word_list() -> None:
    """Without the list of words a hashtag stays one word."""
    assert HashtagSplitter([])("throwbackthursday") == "throwbackthursday"
    assert TextNormalizer()("a #sunset, #NoFilter") == " a sunset, nofilter"


@pytest.mark.parametrize("prompt", [" " * 4000, "," * 4000, '"' * 4000, "<person>" * 500, "#" + "a" * 3999, "\0\ud83d"])
def test_hostile_prompts(prompt: str) -> None:
    """Long runs of what the rules look for take no long time and give a text."""
    assert normalizer()(prompt).startswith(" ")


@pytest.mark.parametrize("source", ["tokenizer.json", "vocab.json and merges.txt"])
def test_tokenizer(source: str) -> None:
    """Ids, length and padding are the original's, from either form of the files."""
    folder, cases = GOLDEN / "tokenizer", golden("tokenizer.json")
    tables = source != "tokenizer.json"
    tokenizer = load_byte_level_bpe(folder) if tables else Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenize = PromptTokenizer(tokenizer, length=cases["max_length"], vocab_size=cases["vocab_size"])
    ids, mask = tokenize([case["text"] for case in cases["cases"]])
    for case, row, attended in zip(cases["cases"], ids.tolist(), mask.tolist(), strict=True):
        padding = cases["max_length"] - case["length"]
        assert row == case["input_ids"] + [cases["pad_token_id"]] * padding
        assert attended == [1] * case["length"] + [0] * padding


def test_no_prompt_is_not_normalised() -> None:
    """No prompt is the empty text itself; an empty prompt gets the normaliser's leading space, one token more."""
    tokenizer = Tokenizer.from_file(str(GOLDEN / "tokenizer" / "tokenizer.json"))
    tokenize = PromptTokenizer(tokenizer, length=64, vocab_size=400, normalizer=normalizer())
    _, mask = tokenize([None, ""])
    assert mask.sum(1).tolist() == [2, 3]


def test_ids_outside_the_table_become_unknown() -> None:
    """A model with fewer rows than the tokenizer has entries never sees an id outside its table."""
    tokenizer = Tokenizer.from_file(str(GOLDEN / "tokenizer" / "tokenizer.json"))
    whole, _ = PromptTokenizer(tokenizer, length=64, vocab_size=400)([" a sunset over the lake in the mountains"])
    limited, _ = PromptTokenizer(tokenizer, length=64, vocab_size=300)([" a sunset over the lake in the mountains"])
    assert (whole >= 300).any()
    assert torch.equal(limited, torch.where(whole >= 300, 3, whole))


def test_missing_special_tokens() -> None:
    """A vocabulary without its special tokens is refused by name."""
    with pytest.raises(ValueError, match="no <s> and no </s>"):
        byte_level_bpe({"a": 0}, [])
    with pytest.raises(ValueError, match="no <pad> or no <unk>"):
        PromptTokenizer(byte_level_bpe({"<s>": 0, "</s>": 1}, []), length=8, vocab_size=2)
