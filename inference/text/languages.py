"""Prompts in other languages, word by word: "zwei rote Äpfel am Strand" is read as "two red apples on the beach".

In: a prompt, the words that English prompts are made of, and a model's `languages.json`. Out: the prompt in the words
of English captions, and what no table had; None for what is English, or no language that is known. It is no translator:
it knows the nouns of what can be drawn, and the small words around them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from inference.checkpoints.weights import CheckpointError, read_json
from inference.text import inflections
from inference.text.nouns import singulars
from inference.text.pieces import Kind, Piece, said
from inference.text.unspaced import in_english_order

LONGEST = 60
"""Letters of a form or of what it means."""
_TOKENS = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*|\d+|[^\w\s]")
_UNSPACED = re.compile(r"[぀-ヿ㐀-鿿ー]")
_KANA = re.compile(r"[぀-ヿ]")
_PHRASE = 5
"""So many tokens, or characters of a script without spaces, may be one form."""
_SHORTEST = 3
"""Letters of what may be an inflected form, and of a compound's last word."""
_NO_NOUNS = frozenset("a an and are at by for from in is of on or the to with".split())
"""Small English words, whatever they are in other languages without an accent ("the" is French for tea)."""
_RELATIVE = frozenset("die der das den dem welche welcher welches".split())
"""German words after a comma that begin what somebody does; its verb stands at the end."""
_PLURAL_ARTICLES = frozenset("die les los las os as i gli le".split())
_KINDS = tuple(Kind)


@dataclass(frozen=True)
class Translation:
    """A prompt in English, its language, the words that were left as they are, and of each English noun what the
    prompt calls it."""

    text: str
    language: str
    unknown: tuple[str, ...]
    own: Mapping[str, str] = field(default_factory=dict)

    def in_own_words(self, word: str) -> str:
        """An English word of the text as the prompt says it."""
        return next((self.own[one] for one in (word, *singulars(word)) if one in self.own), word)


class _Table:
    """One language's forms, as they are written and without their accents."""

    def __init__(self, language: str, parts: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
        self._language = language
        self._forms = dict(_pieces(parts))
        self._folded: dict[str, Piece] = {}
        for piece in sorted(self._forms.values(), key=lambda one: -_KINDS.index(one.kind)):
            self._folded.setdefault(inflections.folded(piece.form), piece)

    def find(self, form: str) -> Piece | None:
        """What a form means: as it stands there, else as a form of another word, else without accents, or by the end
        of a compound."""
        piece = self._forms.get(form)
        is_sure = piece is not None and piece.kind is not Kind.NOUNS
        if is_sure or len(form) < _SHORTEST or " " in form or _UNSPACED.search(form):
            return piece
        plain = inflections.folded(form)
        adjective = self._adjective(plain)  # before nouns: "красное" is a keyword of a red apple
        return adjective or piece or self._noun(plain) or self._folded.get(plain) or self._compound(form)

    def _adjective(self, form: str) -> Piece | None:
        for base in inflections.adjectives(form, self._language):
            piece = self._folded.get(base)
            if piece is not None and piece.kind is Kind.ADJECTIVES:
                return piece
        return None

    def _noun(self, form: str) -> Piece | None:
        for base, is_plural in inflections.nouns(form, self._language):
            piece = self._folded.get(base)
            if piece is not None and piece.kind in {Kind.NOUNS, Kind.PLACES}:
                return replace(piece, is_plural=is_plural)
        return None

    def _compound(self, form: str) -> Piece | None:
        """A German compound is what its last word says: a "Schneehase" is a kind of Hase."""
        if self._language != "de" or "-" in form or len(form) < 2 * _SHORTEST + 1:
            return None
        for at in range(_SHORTEST, len(form) - _SHORTEST):
            last = inflections.folded(form[at:])
            piece = self._folded.get(last) or self._noun(last)
            if piece is not None and piece.kind is Kind.NOUNS:
                return replace(piece, is_compound=True)
        return None


class Languages:
    """All tables of a model, and the words by which English is told from other languages."""

    def __init__(
        self, tables: Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]], english: Collection[str]
    ) -> None:
        """`tables`: by language and kind, to each English word its forms. `english`: lower-case words."""
        self._english = english
        self._tables = {language: _Table(language, parts) for language, parts in tables.items()}

    @classmethod
    def load(cls, path: Path, english: Collection[str]) -> Self:
        """Read what `easel train thesaurus` wrote. Raises `CheckpointError` for what is no such table."""
        values: dict[str, Any] = read_json(path)
        for language, parts in values.items():
            if not isinstance(parts, dict) or not {"nouns", "words"} <= parts.keys() <= set(_KINDS):
                raise CheckpointError(f"{path}: {language[:LONGEST]!r} must have nouns and words")
            for part in parts.values():
                for meaning, forms in part.items():
                    texts = [meaning, *forms] if isinstance(forms, list) else [None]
                    if not all(isinstance(text, str) and len(text) <= LONGEST for text in texts):
                        raise CheckpointError(f"{path}: the forms of {meaning[:LONGEST]!r} must be short texts")
        return cls(values, english)

    def meanings(self, word: str) -> frozenset[str]:
        """What a word in lower case is in any of the languages, in English."""
        found = [table.find(word) for table in self._tables.values()]
        return frozenset(piece.english for piece in found if piece is not None)

    def read(self, text: str) -> Translation | None:
        """What a prompt means in English; None where it is English already, or mostly unknown words."""
        lower = text.lower()
        if _UNSPACED.search(lower):
            languages = ["ja", "zh"] if _KANA.search(lower) else ["zh", "ja"]
            tokens, space = [one for one in lower if not one.isspace()], ""
        else:
            languages = [language for language in self._tables if language not in {"ja", "zh"}]
            tokens, space = _TOKENS.findall(lower.replace("’", "'")), " "
        words = [token for token in tokens if token[0].isalpha()]
        english = sum(map(self._is_english, words))
        if not words or english == len(words):
            return None
        most = sum(self._is_english(token) and token not in _NO_NOUNS for token in words)
        best, closest = None, (most, 0)
        for language in (one for one in languages if one in self._tables):
            pieces, covered, exact = self._cut(tokens, language, space)
            if (covered, exact) > closest and covered > most and any(piece.is_thing for piece in pieces):
                best, closest = (language, pieces), (covered, exact)
        if best is None:
            return None
        language, pieces = best
        unknown = tuple(piece.english for piece in pieces if not piece.is_known and piece.english[0].isalpha())
        ordered = in_english_order(pieces, language) if space == "" else _adjectives_first(_clauses_first(pieces))
        own = {one.english.rpartition(" ")[2]: _as_typed(one.form, text) for one in pieces if one.is_thing}
        return Translation(said(ordered), language, unknown, own)

    def _is_english(self, word: str) -> bool:
        return word in self._english or word.rpartition("-")[2] in self._english

    def _cut(self, tokens: Sequence[str], language: str, space: str) -> tuple[list[Piece], int, int]:
        """The longest forms from left to right, how many tokens they cover, and how many as a table has them.

        What is English, too, and what may be a compound do not count: they tell no language.
        """
        table, pieces, covered, exact, at = self._tables[language], list[Piece](), 0, 0, 0
        while at < len(tokens):
            for length in range(min(_PHRASE + 7 * (not space), len(tokens) - at), 0, -1):
                form = space.join(tokens[at : at + length])
                piece = table.find(form)
                if piece is not None:
                    pieces.append(replace(piece, form=form) if piece.form == form else _told(piece, form, pieces))
                    count = sum(token[0].isalpha() and token not in _NO_NOUNS for token in tokens[at : at + length])
                    covered += 0 if piece.is_compound else count
                    exact += count * (piece.form == form)
                    at += length
                    break
            else:
                word = tokens[at]
                is_known = not word[0].isalpha() or (bool(space) and self._is_english(word))
                if word != "'":
                    pieces.append(Piece(word, form=word, is_known=is_known))
                at += 1
        return pieces, covered, exact


def _as_typed(form: str, text: str) -> str:
    """A form in lower case with the capitals that it has in the text."""
    at = text.lower().find(form)
    return form if at < 0 else text[at : at + len(form)]


def _pieces(parts: Mapping[str, Mapping[str, Sequence[str]]]) -> Iterator[tuple[str, Piece]]:
    """Each form with its meaning; small words win over nouns ("rose" is a colour first in French)."""
    for kind in Kind:
        for meaning, forms in parts.get(kind, {}).items():
            for form in forms:
                if kind is not Kind.NOUNS or form not in _NO_NOUNS:
                    yield form, Piece(meaning, kind, form)


def _told(piece: Piece, form: str, before: Sequence[Piece]) -> Piece:
    """An inflected form, which is a plural only behind nothing that speaks of one ("dem Bären")."""
    determiner = next((one for one in reversed(before) if one.kind is not Kind.ADJECTIVES), None)
    is_one = determiner is not None and determiner.is_determiner and determiner.form not in _PLURAL_ARTICLES
    return replace(piece, form=form, is_plural=piece.is_plural and not is_one)


def _clauses_first(pieces: Sequence[Piece]) -> list[Piece]:
    """German says "a cat that on the sofa sleeps": the verb goes where the clause begins."""
    ordered: list[Piece] = []
    begun: int | None = None
    for piece in pieces:
        if piece.form in _RELATIVE and ordered and ordered[-1].form == ",":
            ordered.pop()
            begun = len(ordered)
        elif begun is not None and piece.is_activity:
            ordered.insert(begun, piece)
            begun = None
        else:
            ordered.append(piece)
    return ordered


def _adjectives_first(pieces: Sequence[Piece]) -> list[Piece]:
    """Romance languages say "heart red": adjectives after a noun, or after "background", go before it."""
    ordered: list[Piece] = []
    for piece in (piece for piece in pieces if piece.english):
        noun = ordered[-1] if ordered else None
        if piece.kind is Kind.ADJECTIVES and noun is not None and (noun.is_thing or noun.english == "background"):
            ordered.insert(len(ordered) - 1, piece)
        else:
            ordered.append(piece)
    return ordered
