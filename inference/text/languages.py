"""Prompts in other languages, word by word: "ein roter Apfel am Strand" is read as "a red apple on the beach".

In: a prompt, the words that English prompts are made of, and a model's `languages.json`. Out: the prompt in the words
of English captions, and what no table had; None for what is English, or no language that is known. It is no translator:
it knows the nouns of what can be drawn, and the small words around them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from inference.checkpoints.weights import CheckpointError, read_json
from inference.text.nouns import article, plural

LONGEST = 60
"""Letters of a form or of what it means."""
_WORDS = "words"
"""The table of small words beside that of nouns."""
_TOKENS = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*|\d+|[^\w\s]")
_UNSPACED = re.compile(r"[぀-ヿ㐀-鿿ー]")
_KANA = re.compile(r"[぀-ヿ]")
_PHRASE = 5
"""So many tokens, or characters of a script without spaces, may be one form."""
_ENDINGS = ("s", "x", "es", "en", "n", "e", "er", "ы", "и", "а", "у", "е", "ом", "ой", "ами")
_COLOURS = frozenset(
    (
        "red,orange,yellow,green,blue,purple,pink,brown,black,gray,white,cyan,teal,beige,navy blue,light green"
    ).split(",")
)  # fmt: skip
_SIZES = frozenset({"small", "big"})
_NUMBERS = frozenset({"two", "three", "four", "five", "2", "3", "4", "5"})
_NO_NOUNS = frozenset("a an and are at by for from in is of on or the to with".split())
"""Small English words, whatever they are in other languages without an accent ("the" is French for tea)."""
_STOOD_ON = frozenset("beach moon hill meadow".split())
_GROUNDS = frozenset(
    "beach forest desert snow sea city moon field meadow hill mountains rain library cave kitchen room".split()
)


@dataclass(frozen=True)
class Piece:
    """A stretch of a prompt: what it means in English, whether that is a noun of a thing, whether any table had it."""

    english: str
    is_noun: bool = False
    is_known: bool = True


@dataclass(frozen=True)
class Translation:
    """A prompt in English, its language, and the words that were left as they are."""

    text: str
    language: str
    unknown: tuple[str, ...]


class Languages:
    """All tables of a model, and the words by which English is told from other languages."""

    def __init__(
        self, tables: Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]], english: Collection[str]
    ) -> None:
        """`tables`: by language, "nouns" and "words": to each English word its forms. `english`: lower-case words."""
        self._english = english
        self._tables = {language: dict(_pieces(parts)) for language, parts in tables.items()}

    @classmethod
    def load(cls, path: Path, english: Collection[str]) -> Self:
        """Read what `easel train thesaurus` wrote. Raises `CheckpointError` for what is no such table."""
        values: dict[str, Any] = read_json(path)
        for language, parts in values.items():
            if not isinstance(parts, dict) or parts.keys() != {"nouns", _WORDS}:
                raise CheckpointError(f"{path}: {language[:LONGEST]!r} must have nouns and words")
            for part in parts.values():
                for meaning, forms in part.items():
                    texts = [meaning, *forms] if isinstance(forms, list) else [None]
                    if not all(isinstance(text, str) and len(text) <= LONGEST for text in texts):
                        raise CheckpointError(f"{path}: the forms of {meaning[:LONGEST]!r} must be short texts")
        return cls(values, english)

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
        best, most = None, sum(token in self._english for token in words)
        if not words or most == len(words):
            return None
        for language in (one for one in languages if one in self._tables):
            pieces, covered = self._cut(tokens, language, space)
            if covered > most and any(piece.is_noun for piece in pieces):
                best, most = (language, pieces), covered
        if best is None:
            return None
        language, pieces = best
        unknown = tuple(piece.english for piece in pieces if not piece.is_known and piece.english[0].isalpha())
        ordered = _from_unspaced(pieces) if space == "" else _colours_first(pieces)
        return Translation(_said(ordered), language, unknown)

    def _cut(self, tokens: Sequence[str], language: str, space: str) -> tuple[list[Piece], int]:
        """The longest forms from left to right, and how many tokens they cover."""
        table, pieces, covered, at = self._tables[language], list[Piece](), 0, 0
        while at < len(tokens):
            for length in range(min(_PHRASE + 7 * (not space), len(tokens) - at), 0, -1):
                piece = _found(table, space.join(tokens[at : at + length]))
                if piece is not None:
                    pieces.append(piece)
                    covered += sum(token[0].isalpha() for token in tokens[at : at + length])
                    at += length
                    break
            else:
                word = tokens[at]
                is_known = not word[0].isalpha() or (bool(space) and word in self._english)
                if word != "'":
                    pieces.append(Piece(word, is_known=is_known))
                at += 1
        return pieces, covered


def _pieces(parts: Mapping[str, Mapping[str, Sequence[str]]]) -> Iterator[tuple[str, Piece]]:
    """Each form with its meaning; small words win over nouns ("rose" is a colour first in French)."""
    for name in ("nouns", _WORDS):
        for meaning, forms in parts.get(name, {}).items():
            for form in forms:
                if name == _WORDS or form not in _NO_NOUNS:
                    yield form, Piece(meaning, is_noun=name == "nouns")


def _found(table: Mapping[str, Piece], form: str) -> Piece | None:
    piece = table.get(form)
    if piece is not None or len(form) < 4 or _UNSPACED.search(form):
        return piece
    for ending in _ENDINGS:
        stem = table.get(form.removesuffix(ending)) if form.endswith(ending) else None
        if stem is not None and stem.is_noun:
            return stem
    return None


def _colours_first(pieces: Sequence[Piece]) -> list[Piece]:
    """Romance languages say "heart red": colours and sizes after a noun, or after "background", go before it."""
    ordered: list[Piece] = []
    for piece in (piece for piece in pieces if piece.english):
        describes = piece.english in _COLOURS or piece.english in _SIZES
        if describes and ordered and (ordered[-1].is_noun or ordered[-1].english == "background"):
            ordered.insert(len(ordered) - 1, piece)
        else:
            ordered.append(piece)
    return ordered


def _from_unspaced(pieces: Sequence[Piece]) -> list[Piece]:
    """Japanese and Chinese say where before what: backgrounds and places go to the end."""
    what, where = list[Piece](), list[Piece]()
    for piece in (piece for piece in pieces if piece.english):
        if piece.english == "background":
            colour = [what.pop()] if what and what[-1].english in _COLOURS else []
            where += [Piece("on a"), *colour, piece]
        elif piece.english.startswith(("on ", "in ", "at ")):
            where.append(piece)
        else:
            what.append(piece)
    return what + where


def _said(pieces: Sequence[Piece]) -> str:
    """The pieces as an English phrase: plurals after numbers, articles that fit, "on a blue background"."""
    words: list[str] = []
    for at, piece in enumerate(pieces):
        word, before = piece.english, words[-1] if words else ""
        if piece.is_noun and {one.english for one in pieces[max(0, at - 3) : at]} & _NUMBERS:
            word = plural(word)
        elif (piece.is_noun or word == "background") and not _has_article(words):
            while words and words[-1] in _COLOURS | _SIZES:
                word = f"{words.pop()} {word}"
            word = article(word)
        elif word in _GROUNDS and before in {"on", "in", "in the"}:
            words[-1] = "on" if word in _STOOD_ON else before.removesuffix(" the")
            word = f"the {word}"
        words.append(word)
    text = " ".join(words).replace(" ,", ",")
    return re.sub(r"\ban? (?=([a-z]))", lambda found: "an " if found.group(1) in "aeiou" else "a ", text)


def _has_article(words: Sequence[str]) -> bool:
    """Whether the last words, but for colours and sizes, are an article or a number."""
    for word in reversed(words):
        if word not in _COLOURS and word not in _SIZES:
            return word.split(" ")[-1] in {"a", "the"} | _NUMBERS
    return False
