"""Japanese and Chinese word order: what a thing does, and where, stands before it ("the on-the-sofa-sleeping cat").

In: pieces of a prompt in their own order. Out: the same in English order. It knows those words that
order others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from inference.text.pieces import Kind, Piece

_WHERE = frozenset({"on", "in", "under", "above", "next to", "in front of", "behind", "with"})
"""What stands after a thing and makes it a place of others."""
_TIMES = frozenset({"at night", "at sunset", "on fire"})
_TAKES_BEFORE = ("を", "に", "と")
"""Japanese verbs that begin so in their forms are done to the thing before them."""


@dataclass
class _Phrase:
    """A thing with what is said of it."""

    words: list[Piece]
    doing: list[Piece] = field(default_factory=list)
    where: list[Piece] = field(default_factory=list)

    def pieces(self) -> list[Piece]:
        """In English order."""
        return [*self.words, *self.doing, *self.where]


class _Order:
    """Reads pieces one after another."""

    def __init__(self, language: str) -> None:
        self._is_chinese = language == "zh"
        self.things: list[_Phrase] = []
        self._words: list[Piece] = []  # numbers and adjectives of the next thing
        self._doing: list[Piece] = []  # and what else is said of it before it comes
        self._where: list[Piece] = []
        self._open: list[Piece] | None = None  # a Chinese verb that may get its object
        self._at: Piece | None = None  # a place that has just been named
        self.end: list[Piece] = []
        self.ground: list[Piece] = []

    def read(self, piece: Piece, rest: Sequence[Piece]) -> None:
        """Takes the next piece; `rest` comes after it."""
        if piece.english == "background":
            self.ground = [Piece("on"), *([] if any(one.is_determiner for one in self._words) else [Piece("a")])]
            self.ground += [*self._words, piece]
            self._words = []
        elif piece.kind is Kind.PLACES:
            self._place([Piece("in"), *self._words, piece], rest)
            self._words, self._at = [], piece
            return
        elif piece.english in _TIMES:
            self.end.append(piece)
        elif piece.is_determiner or piece.kind is Kind.ADJECTIVES:
            self._words.append(piece)
        elif piece.is_thing:
            self._thing(piece, rest)
        elif piece.is_activity:
            self._activity(piece, rest)
        elif piece.english in _WHERE and not (piece.english == "with" and self._is_chinese):
            self._turn_into_place(piece, rest)
        elif piece.english == "at" and not self._is_chinese and self.things and not self._at and rest:
            self._turn_into_place(Piece("on"), rest)
        elif piece.english == "of":
            self._link(rest)
        elif piece.english == "with":
            self._activity(piece, rest)
        elif piece.english and piece.english not in {"at", "and"}:
            self._words.append(piece)  # a word that nobody knows
        self._at = None

    def _thing(self, piece: Piece, rest: Sequence[Piece]) -> None:
        if self._open is not None:
            self._open += [*self._words, piece]
            self._words = []
            if not _is_linked(rest):
                self._finish_open()
            return
        self.things.append(_Phrase([*self._words, piece], self._doing, self._where))
        self._words, self._doing, self._where = [], [], []

    def _activity(self, piece: Piece, rest: Sequence[Piece]) -> None:
        if self._is_chinese:
            self._finish_open()
            self._open = [piece]
            return
        doing = [piece]
        if piece.form.startswith(_TAKES_BEFORE) and self.things and not self._at:
            doing += self.things.pop().pieces()
        if any(one.is_thing for one in rest) or not self.things:
            self._doing = doing
        else:
            self.things[-1].doing += doing

    def _place(self, where: list[Piece], rest: Sequence[Piece]) -> None:
        follows = rest[1:] if rest and rest[0].english in _WHERE else rest
        is_of_next = any(one.is_thing for one in rest) and (
            not self._is_chinese or not self.things or (bool(follows) and follows[0].english == "of")
        )
        if is_of_next or not self.things:
            self._where += where
        else:
            self.things[-1].where += where

    def _turn_into_place(self, piece: Piece, rest: Sequence[Piece]) -> None:
        """The thing before is where the next one is, or the one before that."""
        if self._at is not None:  # "in the city" + "above"
            where = self._where or (self.things[-1].where if self.things else [])
            if piece.english not in {"on", "in"} and where:
                where[-2:] = [piece, Piece("the"), where[-1]]
        elif self._open is not None and len(self._open) > 1:
            self._open.insert(1, piece)
        elif self.things:
            self._place([piece, *self.things.pop().pieces()], rest)

    def _link(self, rest: Sequence[Piece]) -> None:
        if self._open is not None:
            self._doing, self._open = self._open, None
        elif self._at is None and self.things and any(one.is_thing for one in rest) and not self._where:
            self._doing = [Piece("of"), *self.things.pop().pieces()]

    def _finish_open(self) -> None:
        if self._open is not None and self.things:
            self.things[-1].doing += self._open
        elif self._open is not None:
            self._doing += self._open
        self._open = None

    def finish(self) -> list[Piece]:
        """All of it, things joined by "and"."""
        self._finish_open()
        if self.things and self._words:  # "apples, two"
            self.things[-1].words[:0] = self._words
            self._words = []
        ordered: list[Piece] = []
        for thing in self.things:
            ordered += [*([Piece("and")] if ordered else []), *thing.pieces()]
        return [*ordered, *self._words, *self._doing, *self._where, *self.ground, *self.end]


def in_english_order(pieces: Sequence[Piece], language: str) -> list[Piece]:
    """Things first, then what they do, where they are, before what, and when."""
    order = _Order(language)
    spoken = [piece for piece in pieces if piece.english]
    for at, piece in enumerate(spoken):
        order.read(piece, spoken[at + 1 :])
    return order.finish()


def _is_linked(rest: Sequence[Piece]) -> bool:
    return bool(rest) and rest[0].english == "of"
