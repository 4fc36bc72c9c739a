"""What the filter sees in a text: its plain words, the listed terms among them, and the rules that it breaks.

In: a text as it was written.  Out: `Evidence`.  Everything here is exact; what is only likely is classifier.py's.
"""

import functools
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from tokenizers import Tokenizer

from inference.safety.dehumanising import companions, comparisons
from inference.safety.languages import Languages
from inference.safety.legibility import Legibility
from inference.safety.lexicon import Kind, Lexicon, Match, Words
from inference.safety.respell import Reading, Speller
from inference.safety.rules import Finding, judge
from inference.safety.signs import signs
from inference.safety.smears import smears
from inference.safety.things import things
from inference.safety.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Evidence:
    """One text, read.  `finding` is the gravest of the rules that nobody can change."""

    reading: Reading
    words: Words
    matches: list[Match]
    finding: Finding | None
    plain: str
    """The text without words that are listed but mean nothing here: mole rats instead of naked ones."""
    illegible: tuple[str, ...] = ()
    """What of it is in no language, where nobody can tell what the text says."""
    foreign: bool = False
    """Whether it is no English, of which alone the classifier can be sure."""
    written: str = ""
    """The text as it came."""
    spelling: Mapping[str, str] = field(default_factory=dict, repr=False)
    """How the lists write a word of plain letters, with its accents and in its alphabet."""

    def terms(self, kind: Kind, category: str | None = None) -> tuple[str, ...]:
        """The listed terms of one kind, each once, in the order of the text."""
        found = (m for m in self.matches if m.kind is kind and category in (None, m.category))
        return tuple(dict.fromkeys(match.text for match in found))

    def denied(self, match: Match) -> bool:
        """Whether the text says that this is not to be seen: "no gore", "without any blood"."""
        before = self.words.words[max(0, match.first - 2) : match.first]
        together = self.words.pieces[match.first] == self.words.pieces[max(0, match.first - 1)]
        return together and (
            bool(_DENIALS.intersection(before[-1:]))
            or (len(before) == 2 and before[0] in _DENIALS and before[1] in ("any", "more", "visible"))
        )

    def without(self, words: Collection[int]) -> "Evidence":
        """The same text without these words and the terms at them; what rules found in it stays."""
        seen = [m for m in self.matches if not all(index in words for index in range(m.first, m.last + 1))]
        cut = {self.words.words[index] for index in words}
        plain = " ".join(word for index, word in enumerate(self.words.words) if index not in words)
        illegible = tuple(word for word in self.illegible if word not in cut)
        return replace(self, matches=seen, illegible=illegible, plain=plain)


class Reader:
    """Reads texts.  Safe to use from several threads."""

    def __init__(self, vocabulary: Mapping[str, int], lexicon: Lexicon | None = None) -> None:
        """`vocabulary` are the words that exist, with their ranks: a WordPiece vocabulary has its commonest first."""
        self.lexicon = lexicon or Lexicon.load()
        self._languages = Languages(vocabulary)
        others = self.lexicon.others | self._languages.long_words(LONG)
        words = Vocabulary(vocabulary, self.lexicon.telling, self.lexicon.stems, others)
        self._speller = Speller(words, self._languages)
        self._legibility = Legibility(vocabulary, self._speller.knows, self._languages)

    @classmethod
    @functools.cache
    def load(cls, tokenizer_file: str) -> "Reader":
        """With the vocabulary of the text encoder that comes with Easel."""
        return cls(english_words(Tokenizer.from_file(tokenizer_file)))

    def read(self, text: str) -> Evidence:
        """Everything about a text that needs no guess."""
        reading = self._speller.read(text)
        words = Words(reading.text)
        matches, excused = self._sorted(words, reading.text)
        silent = {index for m in excused if m.kind in HEARD for index in range(m.first, m.last + 1)}
        plain = " ".join(word for index, word in enumerate(words.words) if index not in silent)
        return Evidence(
            reading,
            words,
            matches,
            judge(words, matches),
            plain if silent else reading.text,
            self._legibility.illegible(reading.text),
            self._languages.is_beyond_english(reading.text),
            text,
            self.lexicon.spelling,
        )

    def _sorted(self, words: Words, text: str) -> tuple[list[Match], list[Match]]:
        """What counts, and what does not: in a harmless phrase, or as a word of the language of the text."""
        matches, excused = self.lexicon.sort(words)
        alone = [match for match in matches if match.kind in HEARD and match.first == match.last]
        elsewhere = {match.text for match in alone if len(match.category) == 2 and match.category != "en"}
        small = {word for word in {m.text for m in alone} - elsewhere if self._languages.owns(word, text)}
        own = [m for m in alone if m.text in small or (m.text not in elsewhere and self._means_else(m, words, text))]
        lifeless = {(match.first, match.text) for match in things(words)}
        own += [match for match in alone if (match.first, match.text) in lifeless]
        counted = [match for match in matches if match not in own] if own else matches
        counted = [*counted, *comparisons(words), *smears(words), *signs(words, text)]
        return counted, [*excused, *own, *companions(words)]

    def _means_else(self, match: Match, words: Words, text: str) -> bool:
        before = words.words[match.first - 1] if match.first else ""
        return match.kind is not Kind.SEVERE and self._languages.means_else(match.text, before, text)


def english_words(tokenizer: Tokenizer) -> dict[str, int]:
    """The whole words of a WordPiece vocabulary."""
    vocabulary: dict[str, int] = tokenizer.get_vocab()
    return {word: rank for word, rank in vocabulary.items() if word.isascii() and word.isalpha()}


LONG: Final = 5
"""Letters of a small word that is not bent into another."""
HEARD: Final = frozenset({Kind.SEVERE, Kind.DOUBTFUL, Kind.NUDITY, Kind.SUGGESTIVE, Kind.VIOLENCE, Kind.WEAPON})
"""Kinds of terms that say something about harm, and not only whom or what a text is about."""
_DENIALS: Final = frozenset(
    ("no", "not", "non", "without", "never", "avoid", "avoiding", "exclude", "excluding", "anti", "against", "zero")
)
