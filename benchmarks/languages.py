"""Whether search by meaning finds an English prompt by its word in another language: `python -m benchmarks.languages`.

Takes a hundred nouns by chance of those that all eight languages of the built-in model's table have, and asks for each
by its first form there, among "a …" of all such nouns (480).  Prints one JSON line a language: how often the prompt
was the nearest, and how often among the twenty nearest, with the word as it is and as `/v1/embed` reads it.  The words
are the table's own, so this is what the reading adds, not how many words people use are in it.
"""

import argparse
import json
import random
from collections.abc import Sequence
from typing import Final

import numpy as np

from inference.checkpoints.builtin import BUILTIN_FOLDER
from inference.checkpoints.weights import read_json
from inference.safety.filter import PromptFilter
from inference.server.meaning import Meaning
from inference.text.reader import LANGUAGES

NOUNS: Final = 100
NEAREST: Final = 20


def main() -> None:
    tables = read_json(BUILTIN_FOLDER / LANGUAGES)
    in_all = set.intersection(*(set(one["nouns"]) for one in tables.values()))
    common = sorted(noun for noun in in_all if noun.isalpha())
    asked = random.Random(1).sample(common, NOUNS)
    checker = PromptFilter.load()
    meaning = Meaning(checker)
    prompts = np.array([checker.vector(f"a {noun}") for noun in common])
    places = [common.index(noun) for noun in asked]

    def found(vectors: Sequence[Sequence[float]]) -> tuple[float, float]:
        nearest = np.argsort(-(np.array(vectors) @ prompts.T), axis=1)[:, :NEAREST]
        first = sum(place == row[0] for place, row in zip(places, nearest, strict=True))
        return first / NOUNS, sum(place in row for place, row in zip(places, nearest, strict=True)) / NOUNS

    for language, table in tables.items():
        words = [table["nouns"][noun][0] for noun in asked]
        as_it_is, as_read = found([checker.vector(word) for word in words]), found(meaning.vectors(words))
        print(
            json.dumps(
                {
                    "language": language,
                    "as it is": {"nearest": as_it_is[0], "of twenty": as_it_is[1]},
                    "as read": {"nearest": as_read[0], "of twenty": as_read[1]},
                }
            )
        )


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    main()
