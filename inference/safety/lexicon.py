"""The word lists: which terms a text has, by category.

In: a text that was read by respell.py.  Out: the listed terms in it, and where.  It decides nothing.

The lists are in words/*.toml.  Terms match whole, so that grass, Essex and Scunthorpe are safe; `*` stands for any
ending, and between the words of a phrase any sign may stand.  Harmless phrases with a listed word count for nothing.
"""

import enum
import functools
import re
import tomllib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import ahocorasick

from inference.safety.normalise import normalise
from inference.safety.scripts import MARKS, ending, is_unspaced, starts_word

FOLDER: Final = Path(__file__).parent / "words"
NEAR: Final = 4
"""Words between people and what is said of them, at most."""


class Kind(enum.Enum):
    """What a term is listed as."""

    SEVERE = "severe"  # hardly ever harmless in a prompt for a picture
    DOUBTFUL = "doubtful"  # tells what a prompt is about; never decides alone
    HARMLESS = "harmless"
    TITLE = "titles"  # of works, bands, games: harmless phrases that mean nothing of what they say
    OF_PEOPLE = "of_people"  # sexual where it is said of people, and else of trees and walls
    PEOPLE = "people"
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
    start: int = field(default=0, compare=False)
    stop: int = field(default=0, compare=False)
    """In `Words.flat`; a text without spaces is a single word."""


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
            if start - before > 1 or (start and text[before] != " "):
                sentences += _SENTENCE.search(text, before, start) is not None
                pieces += _PIECE.search(text, before, start) is not None
            self.sentences.append(sentences)
            self.pieces.append(pieces)

    def span(self, found: re.Match[str]) -> tuple[int, int]:
        """The first and the last word of what was found in `flat`."""
        text = found[0]
        first = bisect_right(self.starts, found.start() + len(text) - len(text.lstrip())) - 1
        return first, first + text.strip().count(" ")


class Lexicon:
    """All lists in one automaton: a text is read once, whatever their length."""

    def __init__(self, lists: Iterable[tuple[Kind, str, str]]) -> None:
        """From triples of kind, category ("" where it has none) and terms parted by commas."""
        entries: dict[str, set[tuple[Kind, str, bool]]] = defaultdict(set)
        self.spelling: dict[str, str] = {}
        """Of words with accents or in other alphabets, by their plain letters."""
        for kind, category, terms in lists:
            for term in split_terms(terms):
                wild = term.endswith("*")
                key = flat(term.rstrip("*"))
                if key:
                    entries[key].add((kind, category, wild))
                    if not term.isascii():
                        self.spelling.update(zip(key.split(), term.rstrip("*").split(), strict=False))
        self._automaton = _automaton(entries)
        disguised = [(key, tag) for key, tags in entries.items() for tag in tags if tag[1] not in _AS_WRITTEN]
        single = [(key, tag) for key, tag in disguised if key.isascii() and key.isalpha()]
        self.telling = frozenset(key for key, (kind, _, _) in single if kind in _TELLING)
        """Single words that a disguise may hide."""
        self.stems = frozenset(key for key, (kind, _, wild) in single if wild and kind in _TELLING)
        """Of these, what may have any ending."""
        self.others = frozenset(
            word
            for key, tags in entries.items()
            if any(kind in _KNOWN or category in _AS_WRITTEN for kind, category, _ in tags)
            for word in key.split()
            if len(word) > 3 or not word.isascii()
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
        where what happens happens to a thing, as in a beheaded carrot.  No phrase goes on behind a comma.
        """
        found = list(self._find(words))
        together = [match for match in found if words.pieces[match.first] == words.pieces[match.last]]
        harmless = [match for match in together if match.kind in (Kind.HARMLESS, Kind.TITLE)]
        masked = {index for match in harmless for index in range(match.start, match.stop)}
        goes_on = {index for match in harmless for index in range(match.first, match.last)}
        things = {index for match in found if match.kind is Kind.THING for index in (match.first, match.last)}
        people = {(match.category, match.last) for match in found if match.kind is Kind.PEOPLE}
        counted: list[Match] = []
        excused = [replace(match, kind=Kind.DOUBTFUL) for match in harmless if match.kind is Kind.TITLE]
        for match in found:
            if match.kind in (Kind.HARMLESS, Kind.TITLE, Kind.THING, Kind.PEOPLE):
                continue
            if match.start in masked and match.stop - 1 in masked and not _longer(match, harmless):
                excused.append(match)
            elif match.kind is Kind.OF_PEOPLE:
                kind = Kind.SEVERE if _near(match, people, words) else Kind.DOUBTFUL
                counted.append(replace(match, kind=kind, category="sexual"))
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
            if not starts_word(text, first):
                continue
            whole = ending(text, end)
            for kind, category, wild in tags:
                if wild or whole == end or is_unspaced(text[last]):
                    stop = whole if wild and not is_unspaced(text[last]) else end
                    at, upto = bisect_right(words.starts, first) - 1, bisect_right(words.starts, last) - 1
                    yield Match(kind, category, text[first:stop], at, upto, first, stop)


def _automaton(entries: Mapping[str, set[tuple[Kind, str, bool]]]) -> ahocorasick.Automaton:
    automaton = ahocorasick.Automaton()
    for key, tags in entries.items():
        automaton.add_word(key, (key, sorted(tags, key=str)))
    automaton.make_automaton()
    return automaton


def split_terms(terms: str) -> Iterator[str]:
    """Terms parted by commas."""
    for term in terms.split(","):
        if term.strip():
            yield " ".join(term.split())


def flat(text: str) -> str:
    """A term or a text as normalised words, parted by single spaces."""
    return " ".join(_WORD.findall(normalise(text)))


def _longer(match: Match, harmless: list[Match]) -> bool:
    """Whether the term is more than the harmless phrases that lie within it."""
    covering = [o.stop - o.start for o in harmless if o.start <= match.start and match.stop <= o.stop]
    return not covering or match.stop - match.start > max(covering)


def _near(word: Match, people: set[tuple[str, int]], words: Words) -> bool:
    """Whether people of the word's language stand in the same sentence; behind a comma nearer than elsewhere."""
    for index in range(max(0, word.first - NEAR - 1), min(word.last + NEAR + 2, len(words.words))):
        apart = max(index - word.last, word.first - index) - 1
        near = words.pieces[index] == words.pieces[word.first] or apart <= NEAR // 2
        if near and words.sentences[index] == words.sentences[word.first] and (word.category, index) in people:
            return True
    return False


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


def _shipped(folder: Path) -> Iterator[tuple[Kind, str, str]]:
    english, people = _read(folder / "en.toml"), _read(folder / "people.toml")
    harm = people["harm"]
    for kind in (Kind.SEVERE, Kind.DOUBTFUL):
        for category, terms in english[kind.value].items():
            yield kind, category, terms
    yield Kind.HARMLESS, "", english["harmless"]["phrases"] + "," + harm["harmless"]
    yield Kind.TITLE, "", english["harmless"]["titles"]
    yield Kind.THING, "", english["harmless"]["things"]
    yield Kind.OF_PEOPLE, "en", english["said_of_people"]["sexual"]
    yield Kind.PEOPLE, "en", english["said_of_people"]["people"]
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
        for category, severe in terms.get("severe", {}).items():
            yield Kind.SEVERE, category, severe
        for kind in _FOREIGN:
            yield kind, language, terms.get(kind.value, "")


def _read(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return tomllib.load(file)


_WORD: Final = re.compile(rf"[^\W_](?:[^\W_]|[{MARKS}])*")
_SENTENCE: Final = re.compile(r"[.!?;]")
_PIECE: Final = re.compile(r"[.!?;:,()|]")
_BETWEEN: Final = frozenset(
    "a an the of some my your his her its two three big little small is are being getting".split()
)
_FOREIGN: Final = (
    *(Kind.OF_PEOPLE, Kind.PEOPLE, Kind.NUDITY, Kind.MINORS, Kind.MINORS_ALONE, Kind.VIOLENCE, Kind.HARMLESS),
)
_KNOWN: Final = frozenset({Kind.NAME, Kind.ANYONE, Kind.OF_PEOPLE, Kind.PEOPLE, Kind.HARMLESS, Kind.TITLE}).union(
    (Kind.SEVERE, Kind.WEAPON, Kind.THREAT, Kind.MINORS_ALONE, Kind.PRIVATE_ALONE)
)
_AS_WRITTEN: Final = ("sv", "da", "nl")
"""Languages of few whose words for minors are too like others to be looked for in disguise."""
_TELLING: Final = frozenset(
    {Kind.SEVERE, Kind.DOUBTFUL, Kind.MINORS, Kind.MINORS_ALONE, Kind.NUDITY, Kind.VIOLENCE, Kind.WEAPON}
)
