"""Richer versions of a prompt, by a grammar of subjects, media, light and composition.

In: a prompt, whether the model knows few words or many, and chance.  Out: prompts.  The words are in `grammar.toml`;
what a model makes of them, and whether they may be drawn, others say.
"""

import random
import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, Self

Kind = Literal["subject", "medium", "light", "composition"]
Vocabulary = Literal["few", "many"]

FILE: Final = Path(__file__).with_name("grammar.toml")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words that can be added; `joint` stands before them.  A prompt that matches `unless` has its own."""

    kind: Kind
    words: str
    joint: str = " "
    unless: str | None = None


@dataclass(frozen=True, slots=True)
class Grammar:
    """`pieces` by vocabulary; `orders` are the kinds that make a version, one after another."""

    pieces: Mapping[Vocabulary, tuple[Piece, ...]]
    orders: Mapping[Vocabulary, tuple[tuple[Kind, ...], ...]]
    words: Mapping[str, tuple[str, ...]]

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        vocabularies: tuple[Vocabulary, ...] = ("few", "many")
        pieces = {
            one: tuple(
                Piece(kind, words, entry.get("joint", " "), entry.get("unless"))
                for kind, entry in document[one].items()
                for words in entry["pieces"]
            )
            for one in vocabularies
        }
        orders = {one: tuple(tuple(kinds) for kinds in document["order"][one]) for one in vocabularies}
        return cls(pieces, orders, {name: tuple(some) for name, some in document["words"].items()})

    def candidates(self, prompt: str, vocabulary: Vocabulary, chance: random.Random) -> list[Piece]:
        """What could be added to a prompt, in the order of chance: nothing that it says already."""
        said = prompt.casefold()
        filled = [
            replace(piece, words=self._filled(piece.words, said, chance))
            for piece in self.pieces[vocabulary]
            if piece.unless is None or not re.search(piece.unless, said)
        ]
        new = [piece for piece in filled if not any(word in said for word in _telling(piece.words))]
        chance.shuffle(new)
        return new

    def versions(self, prompt: str, vocabulary: Vocabulary, pieces: Sequence[Piece], most: int) -> list[str]:
        """At most so many prompts, each with other pieces, as long as there are some of each kind."""
        left = list(pieces)
        found: list[str] = []
        for kinds in self.orders[vocabulary] * most:
            chosen = [next((piece for piece in left if piece.kind == kind), None) for kind in kinds]
            taken = [piece for piece in chosen if piece is not None]
            if len(taken) == len(kinds):
                left = [piece for piece in left if piece not in taken]
                found.append(prompt + "".join(piece.joint + piece.words for piece in taken))
            if len(found) == most:
                break
        return found

    def _filled(self, words: str, said: str, chance: random.Random) -> str:
        new = {name: [one for one in some if one not in said] or some for name, some in self.words.items()}
        return words.format(**{name: chance.choice(some) for name, some in new.items()})


@cache
def grammar() -> Grammar:
    """As it ships."""
    with FILE.open("rb") as file:
        return Grammar.read(tomllib.load(file))


def _telling(words: str) -> Collection[str]:
    """The words of a piece that a prompt would not have by chance."""
    return [word for word in words.casefold().replace(",", "").split() if len(word) > len("with")]
