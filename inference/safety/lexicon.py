"""The word lists: which terms a text has, by category.

In: a text that was read by respell.py.  Out: the listed terms in it, and where.  It decides nothing.

The lists are in words/*.toml.  Terms match whole, so that grass, Essex and Scunthorpe are safe; `*` stands for any
ending, and between the words of a phrase any sign may stand.  Harmless phrases with a listed word count for nothing.
"""

import enum
import functools
import re
import tomllib
import unicodedata
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import ahocorasick

from inference.safety.normalise import normalise

FOLDER: Final = Path(__file__).parent / "words"


class Kind(enum.Enum):
    """What a term is listed as."""

    SEVERE = "severe"  # hardly ever harmless in a prompt for a picture
    DOUBTFUL = "doubtful"  # tells what a prompt is about; never decides alone
    HARMLESS = "harmless"
    THING = "thing"  # what may be taken apart: food, toys, machines
    MINORS = "minors"  # words for people under age, by themselves as good as any
    MINORS_ALONE = "minors_alone"  # terms that sexualise minors by themselves
    NUDITY = "nudity"  # what must not be said of minors
    SUGGESTIVE = "suggestive"  # of these, what may be said of grown-up people who exist
    VIOLENCE = "violence"  # what must not be said of people who exist
    NAME = "names"  # of public life
    PRIVATE = "private"  # words for people whom somebody knows
    ANYONE = "anyone"  # words for people of public life
    PRIVATE_ALONE = "private_alone"  # what is done to private people by itself
    INSTRUCTION = "instruction"
    MAKING = "making"
    WEAPON = "weapon"
    WIDE_WEAPON = "wide_weapon"  # of these, what history, news and games are full of
    THREAT = "threat"


@dataclass(frozen=True, slots=True)
class Match:
    """One listed term; `first` and `last` count the text's words.  Some kinds have a language for a category."""

    kind: Kind
    category: str
    text: str
    first: int
    last: int


class Words:
    """A text as words parted by single spaces, with what stood between them."""

    def __init__(self, text: str) -> None:
        spans = [found.span() for found in _WORD.finditer(text)]
        self.words: list[str] = [text[start:end] for start, end in spans]
        self.flat = f" {' '.join(self.words)} "
        self.starts: list[int] = []
        position = 1
        for word in self.words:
            self.starts.append(position)
            position += len(word) + 1
        ends = [0, *(end for _, end in spans)]
        self.sentences: list[int] = []
        self.pieces: list[int] = []
        """Of each word, how many sentences, and pieces between any signs, have ended before it."""
        sentences = pieces = 0
        for (start, _), before in zip(spans, ends, strict=False):
            sentences += _SENTENCE.search(text, before, start) is not None
            pieces += _PIECE.search(text, before, start) is not None
            self.sentences.append(sentences)
            self.pieces.append(pieces)


class Lexicon:
    """All lists in one automaton: a text is read once, whatever their length."""

    def __init__(self, lists: Iterable[tuple[Kind, str, str]]) -> None:
        """From triples of kind, category ("" where it has none) and terms parted by commas."""
        entries: dict[str, set[tuple[Kind, str, bool]]] = defaultdict(set)
        for kind, category, terms in lists:
            for term in split_terms(terms):
                wild = term.endswith("*")
                key = flat(term.rstrip("*"))
                if key:
                    entries[key].add((kind, category, wild))
        self._automaton = ahocorasick.Automaton()
        for key, tags in entries.items():
            self._automaton.add_word(key, (key, sorted(tags, key=str)))
        self._automaton.make_automaton()
        single = [(key, tag) for key, tags in entries.items() for tag in tags if key.isascii() and key.isalpha()]
        self.telling = frozenset(key for key, (kind, _, _) in single if kind in _TELLING)
        """Single words that a disguise may hide."""
        self.stems = frozenset(key for key, (kind, _, wild) in single if wild and kind in _TELLING)
        """Of these, what may have any ending."""
        self.others = frozenset(
            word
            for key, tags in entries.items()
            if any(kind in _KNOWN for kind, _, _ in tags)
            for word in key.split()
            if len(word) > 3
        )
        """Other words that are known to exist: names, and parts of phrases."""

    @classmethod
    @functools.cache
    def load(cls) -> "Lexicon":
        """The lists that come with Easel."""
        return cls(_shipped(FOLDER))

    def find(self, words: Words) -> list[Match]:
        """Every listed term that stands in the text and in no harmless phrase of it."""
        return self.sort(words)[0]

    def sort(self, words: Words) -> tuple[list[Match], list[Match]]:
        """The listed terms, and those that count for nothing because they stand in a harmless phrase.

        A severe term is a doubtful one where its last word begins such a phrase, as in a pool of blood oranges, and
        where what happens happens to a thing, as in a beheaded carrot.
        """
        found = list(self._find(words))
        harmless = [match for match in found if match.kind is Kind.HARMLESS]
        masked = {index for match in harmless for index in range(match.first, match.last + 1)}
        together = (match for match in harmless if words.pieces[match.first] == words.pieces[match.last])
        goes_on = {index for match in together for index in range(match.first, match.last)}
        things = {index for match in found if match.kind is Kind.THING for index in (match.first, match.last)}
        counted: list[Match] = []
        excused: list[Match] = []
        for match in found:
            if match.kind in (Kind.HARMLESS, Kind.THING):
                continue
            if match.first in masked and match.last in masked and not _longer(match, found):
                excused.append(match)
            elif match.kind is Kind.SEVERE and (match.last in goes_on or _of_a_thing(match, things, words)):
                counted.append(replace(match, kind=Kind.DOUBTFUL))
            else:
                counted.append(match)
        return counted, excused

    def lists(self, text: str, *kinds: Kind) -> bool:
        """Whether a plain text has a term of one of the kinds."""
        return any(match.kind in kinds for match in self.find(Words(normalise(text))))

    def _find(self, words: Words) -> Iterator[Match]:
        text = words.flat
        for last, (key, tags) in self._automaton.iter(text):
            first, end = last - len(key) + 1, last + 1
            if not _starts_word(text, first):
                continue
            ending = _ending(text, end)
            for kind, category, wild in tags:
                if wild or ending == end or _is_unspaced(text[last]):
                    stop = ending if wild and not _is_unspaced(text[last]) else end
                    at, upto = bisect_right(words.starts, first) - 1, bisect_right(words.starts, last) - 1
                    yield Match(kind, category, text[first:stop], at, upto)


def split_terms(terms: str) -> Iterator[str]:
    """Terms parted by commas."""
    for term in terms.split(","):
        if term.strip():
            yield " ".join(term.split())


def flat(text: str) -> str:
    """A term or a text as normalised words, parted by single spaces."""
    return " ".join(_WORD.findall(normalise(text)))


def _longer(match: Match, found: list[Match]) -> bool:
    """Whether the term is more than the harmless phrases that lie within it."""
    spans = [(other.first, other.last) for other in found if other.kind is Kind.HARMLESS]
    covering = [last - first for first, last in spans if first <= match.first and match.last <= last]
    return not covering or match.last - match.first > max(covering)


def _of_a_thing(deed: Match, things: set[int], words: Words) -> bool:
    """Whether a violent term is said of a thing: of what follows, or of what stands before and suffers."""
    if deed.category != "violence_gore" or not things:
        return False
    if _thing_beside(deed.last, 1, things, words):
        return True
    nobody_follows = not _BETWEEN.intersection(words.words[deed.last + 1 : deed.last + 2])
    suffered = deed.text.endswith(("ed", "death", "out")) and nobody_follows
    return suffered and _thing_beside(deed.first, -1, things, words)


def _thing_beside(edge: int, step: int, things: set[int], words: Words) -> bool:
    """With two small words between at most."""
    for index in (edge + step, edge + 2 * step, edge + 3 * step):
        if not 0 <= index < len(words.words) or words.pieces[index] != words.pieces[edge]:
            return False
        if index in things or words.words[index] not in _BETWEEN:
            return index in things
    return False


def _starts_word(text: str, first: int) -> bool:
    before = text[first - 1]
    if not _is_of_a_word(before) or (_is_unspaced(text[first]) and not _is_hangul(text[first])):
        return True
    if _is_unspaced(before):
        return not _is_hangul(before) or not _is_hangul(text[first])
    if "\u0600" <= text[first] <= "\u06ff":  # Arabic writes "and", "the", "in", "for" together with the word
        start = text.rfind(" ", 0, first) + 1
        return text[start:first] in _ARABIC_PREFIXES
    return False


def _ending(text: str, end: int) -> int:
    """Where the word ends that goes on at `end`."""
    while _is_of_a_word(text[end]) and not _is_unspaced(text[end]):
        end += 1
    return end


def _is_of_a_word(letter: str) -> bool:
    return letter.isalpha() or letter in _MARKS


def _is_unspaced(letter: str) -> bool:
    """Of a script without spaces between words, or one that ties particles to them."""
    return "\u0e00" <= letter <= "\u0eff" or "\u2e80" <= letter <= "\ua4cf" or _is_hangul(letter)


def _is_hangul(letter: str) -> bool:
    return "\uac00" <= letter <= "\ud7af" or "\u1100" <= letter <= "\u11ff"


def _shipped(folder: Path) -> Iterator[tuple[Kind, str, str]]:
    english, people = _read(folder / "en.toml"), _read(folder / "people.toml")
    harm = people["harm"]
    for kind in (Kind.SEVERE, Kind.DOUBTFUL):
        for category, terms in english[kind.value].items():
            yield kind, category, terms
    yield Kind.HARMLESS, "", english["harmless"]["phrases"] + "," + harm["harmless"]
    yield Kind.THING, "", english["harmless"]["things"]
    yield Kind.MINORS, "en", english["people"]["minors"]
    yield Kind.MINORS, "en", people["fictional_children"]
    yield Kind.MINORS_ALONE, "en", english["people"]["minors_alone"]
    for kind in (Kind.NUDITY, Kind.SUGGESTIVE, Kind.VIOLENCE):
        yield kind, "en", english["contexts"][kind.value]
    for kind in (Kind.NAME, Kind.PRIVATE, Kind.ANYONE, Kind.PRIVATE_ALONE):
        yield kind, "", people[kind.value]
    yield Kind.INSTRUCTION, "", harm["instructions"]
    yield Kind.MAKING, "", harm["making"]
    yield Kind.WEAPON, "", harm["weapons"]
    yield Kind.WIDE_WEAPON, "", harm["wide"]
    yield Kind.THREAT, "", harm["threats"]
    for language, terms in _read(folder / "languages.toml").items():
        for category, severe in terms["severe"].items():
            yield Kind.SEVERE, category, severe
        for kind in (Kind.NUDITY, Kind.MINORS, Kind.MINORS_ALONE, Kind.VIOLENCE, Kind.HARMLESS):
            yield kind, language, terms.get(kind.value, "")


def _read(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return tomllib.load(file)


_MARKS: Final = "".join(
    letter for letter in map(chr, range(0x900, 0x1100)) if unicodedata.category(letter) in ("Mn", "Mc")
)
"""Vowels and the like of the scripts from Devanagari to Burmese: without them, car and moon are other words."""
_WORD: Final = re.compile(rf"[^\W_](?:[^\W_]|[{_MARKS}])*")
_SENTENCE: Final = re.compile(r"[.!?;]")
_PIECE: Final = re.compile(r"[.!?;:,()|]")
_BETWEEN: Final = frozenset(
    "a an the of some my your his her its two three big little small is are being getting".split()
)
_ARABIC_PREFIXES: Final = ("ال", "و", "ب", "ل", "لل", "وال", "بال", "ف", "ك")
_KNOWN: Final = frozenset(
    {
        Kind.NAME,
        Kind.HARMLESS,
        Kind.SEVERE,
        Kind.WEAPON,
        Kind.THREAT,
        Kind.MINORS_ALONE,
        Kind.ANYONE,
        Kind.PRIVATE_ALONE,
    }
)
_TELLING: Final = frozenset(
    {Kind.SEVERE, Kind.DOUBTFUL, Kind.MINORS, Kind.MINORS_ALONE, Kind.NUDITY, Kind.VIOLENCE, Kind.WEAPON}
)
