"""Counting words and parts of words: the places are those of the shipped table, however many are counted at once."""

import random
import zlib
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.safety.ngrams import FEW_WORDS, KINDS, PLACES, Ngrams, count_ngrams, parts_at_once, parts_one_by_one

WORD = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=32)


def _naive(texts: list[str]) -> Counter[tuple[int, int]]:
    """By owner and place; words parted by single spaces."""
    found: Counter[tuple[int, int]] = Counter()
    for text, words in enumerate(map(str.split, texts)):
        ngrams = [*(f"={word}" for word in words), *(f"={first} {second}" for first, second in pairwise(words))]
        edged = [f" {word} " for word in words]
        parts = [part[at : at + size] for part in edged for size in (3, 4, 5) for at in range(len(part) - size + 1)]
        for kind, some in enumerate((ngrams, parts)):
            found.update((text * KINDS + kind, zlib.crc32(ngram.encode()) % PLACES) for ngram in some)
    return found


def _counted(found: Ngrams) -> Counter[tuple[int, int]]:
    rows = zip(found.owners.tolist(), found.places.tolist(), found.counts.tolist(), strict=True)
    return Counter({(owner, place): count for owner, place, count in rows})


@given(st.lists(WORD, min_size=1, max_size=40))
def test_parts_of_many_words_are_those_of_each(words: list[str]) -> None:
    for together, alone in zip(parts_at_once(words), map(parts_one_by_one, words), strict=True):
        assert together.tolist() == alone.tolist()


@pytest.mark.parametrize("letters", ["abcdefgh", "абвгд漢b"])
@pytest.mark.parametrize("many", [0, 1, FEW_WORDS, 8 * FEW_WORDS])
def test_each_text_has_what_it_has(letters: str, many: int) -> None:
    rng = random.Random(many)  # noqa: S311  # no secrets
    texts = [" ".join("".join(rng.choices(letters, k=rng.randint(1, 12))) for _ in range(many)) for _ in range(3)]
    for _ in range(2):  # found, and remembered
        assert _counted(count_ngrams(texts)) == _naive(texts)
