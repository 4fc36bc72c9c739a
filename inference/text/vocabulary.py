"""The words that a model knows, and what is known of them, beside what each thing is called.

In: a model's `vocabulary.json`. Out: sets of words. It knows no model.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from inference.checkpoints.weights import CheckpointError, read_json


@dataclass(frozen=True)
class Vocabulary:
    """`drawn`: the words of captions. `silent`: words that tell nothing to be seen ("very", "happily", "makes").
    `nouns`: English nouns that are unknown, so that nobody takes them for another language's ("collar"). `pale`: names
    of things that white hides. `hollow`: names of things that one sees through, as through a ring."""

    drawn: Collection[str]
    silent: Collection[str]
    nouns: Collection[str] = ()
    pale: Collection[str] = ()
    hollow: Collection[str] = ()

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `easel train thesaurus` wrote. Raises `CheckpointError` for anything else."""
        values: dict[str, Any] = read_json(path)
        lists = [values.get(name) for name in ("drawn", "silent")]
        lists += [values.get(name, []) for name in ("nouns", "pale", "hollow")]
        for some in lists:
            if not isinstance(some, list) or not all(isinstance(word, str) for word in some):
                raise CheckpointError(f"{path}: 'drawn', 'silent', 'nouns', 'pale' and 'hollow' must be lists of words")
        return cls(*(frozenset(some) for some in lists if some is not None))
