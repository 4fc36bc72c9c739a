"""Kinds: how near nouns are to concepts in WordNet's tree of what is a kind of what.

In: WordNet, the concepts, and nouns that are read as one of them by hand. Out: for a meaning, how near each concept is,
and of which concepts it is a kind. It knows no pictures.

Nearness is Lin's (1998): how much two meanings share, told by the lowest meaning above both, against how much each of
them says; and how much a meaning says goes by how few there are below it (Seco, Veale and Hayes 2004). A sparrow is
near "bird", a viola near "violin", and nothing is near for being a thing, too.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.safety.lexicon import Kind, Lexicon
from inference.text.nouns import singulars
from inference.training.data.icons import Concept
from inference.training.data.wordnet import Synset, WordNet

_LEAST_SAID = 0.12
"""What says less than this ("whole", "organism") makes nothing near."""
_LEAST_READ = 0.6
"""What a noun that is read by hand must say to bring its kinds along: "controller" says too little."""
_VAGUE = frozenset({"person", "construction", "gift"})
"""Concepts whose names WordNet takes for much more: structures of all kinds, and grants."""
_FACES = range(11)
"""Subgroups that show what somebody feels."""
_DISHES = frozenset({47, 48})
"""Subgroups of food that are things made: cups and spoons."""
_MADE = frozenset({"06"})
_DOING = ("person ", "people ", "man ", "woman ")
_TAIL = re.compile(r" (?:with|without|on|in|of|and|behind|from|at|not|showing)\b.*")


def is_fit(concept: Concept, field: str) -> bool:
    """Whether a meaning of one of WordNet's fields can be a thing like a concept."""
    return Synset((), (), (), field, "").is_fit(concept.group) or field in _also(concept)


def _also(concept: Concept) -> frozenset[str]:
    return _MADE if concept.subgroup in _DISHES else frozenset()


@dataclass(frozen=True)
class Anchor:
    """A meaning that a concept (`row`) has, is a kind of (`is_kind`: a kitchen knife of "knife"), or is read as."""

    offset: str
    row: int
    is_kind: bool = False
    is_read: bool = False


def anchors(wordnet: WordNet, concepts: Sequence[Concept], readings: Mapping[str, str]) -> Iterator[Anchor]:
    """Where the concepts are in the tree: by their names, by the last word of those that WordNet does not have, and by
    the nouns that are read as them by hand. Persons without more, and children, are nowhere."""
    rows = {name: row for row, concept in enumerate(concepts) for name in concept.names}
    for row, concept in enumerate(concepts):
        if concept.name not in _VAGUE and not Lexicon.load().lists(concept.name, Kind.MINORS):
            hints, also = (*concept.name.split(), *concept.synonyms), _also(concept)
            meant = wordnet.sense(concept.names, concept.group, hints, also)
            if meant is not None:
                yield Anchor(meant, row)
            elif concept.group and not concept.name.startswith(_DOING):
                last = _TAIL.sub("", concept.name).rpartition(" ")[2]
                above = wordnet.sense((last, *singulars(last)), concept.group, hints, also)
                if above is not None:
                    yield Anchor(above, row, is_kind=True)
    for noun, name in readings.items():
        row = rows.get(name, -1)
        if row >= 0 and concepts[row].subgroup not in _FACES:
            hints = (*name.split(), *concepts[row].synonyms)
            meant = wordnet.sense((noun,), concepts[row].group, hints, _also(concepts[row]))
            if meant is not None:
                yield Anchor(meant, row, is_read=True)


class Kinds:
    """Nearness of meanings to concepts."""

    def __init__(self, wordnet: WordNet, places: Sequence[Anchor], concepts: int) -> None:
        """`places` of so many `concepts` in the tree."""
        self._wordnet, self._concepts = wordnet, concepts
        self._above: dict[str, frozenset[str]] = {}
        below = Counter(up for offset in wordnet.synsets for up in self._all_above(offset))
        most = math.log(max(2, len(wordnet.synsets)))
        self._said = {offset: 1.0 - math.log(count) / most for offset, count in below.items()}
        reached: dict[str, dict[int, tuple[float, bool]]] = {}
        for place in places:
            if place.is_read and self._said[place.offset] < _LEAST_READ:
                continue
            said = 1.0 if place.is_kind else self._said[place.offset]
            for up in self._all_above(place.offset):
                is_it = up == place.offset and not place.is_kind
                known, was_it = reached.setdefault(up, {}).get(place.row, (1.0, False))
                reached[up][place.row] = min(said, known), is_it or was_it
        self._reached = {
            up: (np.array(list(some)), np.array([said for said, _ in some.values()]), [r for r in some if some[r][1]])
            for up, some in reached.items()
        }

    def near(self, offset: str) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """How near each concept is, 0–1, and whether the meaning is its own or a kind of it."""
        near, is_kind = np.zeros(self._concepts), np.zeros(self._concepts, np.bool_)
        for up in self._all_above(offset):
            if up in self._reached and self._said[up] >= _LEAST_SAID:
                rows, said, own = self._reached[up]
                near[rows] = np.maximum(near[rows], 2 * self._said[up] / (said + self._said[offset]))
                is_kind[own] = True
        return np.minimum(near, 1.0), is_kind

    def _all_above(self, offset: str) -> frozenset[str]:
        """A meaning and all that it is a kind of."""
        if offset not in self._above:
            up = self._wordnet.synsets[offset].kind_of
            self._above[offset] = frozenset({offset}).union(*map(self._all_above, up))
        return self._above[offset]
