"""Whether a text is English, as far as its small words tell.

In: a plain text.  Out: whether it is in another language, how many small words of one language it has, and which words
mean something else in it than in English.
"""

import functools
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import Final

COMMON_WORDS: Final = Path(__file__).parent / "words" / "common.toml"
FALSE_FRIENDS: Final = COMMON_WORDS.with_name("false_friends.toml")
RARE: Final = 20_000
"""The rank from which on a word that English texts have is often one of another language, as femme and mens are."""
TEXTS_KEPT: Final = 8
"""Of which it is remembered: it is asked several times of each."""

_ENGLISH: Final = frozenset(
    "a an the of in on at to and or with by for from is are it as under over into no his her their my this that you"
    " your our we she they who what when where how would could not be been had were out".split()
)
"""Its small words, of which other languages have some as well."""
_ENDINGS: Final = ("s", "es", "d", "ed", "ing", "er", "ly", "y")
_ALSO_PEOPLE: Final = frozenset({"negro"})
"""A colour behind what has it, un gato negro; with nothing before but one of these it is somebody."""
_DETERMINERS: Final = frozenset("un el este ese aquel otro ningun um o ao esse aquele outro nenhum que".split())
_PIECE: Final = re.compile(r"[^\W_]+")
_WORD: Final = re.compile(r"(?<!\S)[^\W_]{2,}(?=[\s.,;:!?]|$)")
_LETTERS: Final = re.compile(r"[a-z]")


class Languages:
    """Knows the small words of sixty languages that are written in Latin letters.  Safe to use from several threads."""

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        """`vocabulary` gives English words their rank, the commonest first."""
        self._ranks = vocabulary
        self._of = languages_of(COMMON_WORDS)
        self._friends = languages_of(FALSE_FRIENDS)
        self.is_foreign: Callable[[str], bool] = functools.lru_cache(TEXTS_KEPT)(self._is_foreign)
        """Whether a plain text is no English: in other letters; or it has small words of another language rather than
        English ones, and half of the other words at least are none that English texts have often."""

    def _is_foreign(self, text: str) -> bool:
        pieces = {*_PIECE.findall(text)}
        if pieces and sum(not piece.isascii() for piece in pieces) * 2 >= len(pieces):
            return True
        of = {piece: self._of[piece] for piece in pieces if piece in self._of}
        counted = Counter(chain.from_iterable(of.values()))
        own = set(chain.from_iterable(languages for piece, languages in of.items() if piece not in _ENGLISH))
        most = max(map(counted.__getitem__, own), default=0)  # "no" is one of Portuguese, where others are beside it
        if most <= len(pieces & _ENGLISH):
            return False
        if most > 1 and not pieces & _ENGLISH:  # los gatos negros son monos
            return True
        words = {piece for piece in pieces - _ENGLISH if _is_word(piece)}
        english = set(filter(self._is_english, words))
        for language in own:
            small = {piece for piece, languages in of.items() if language in languages}
            if counted[language] == most and 2 * len(english - small) <= len(words - small):
                return True
        return False

    def is_beyond_english(self, text: str) -> bool:
        """Whether a plain text is foreign, or has no small word of English and hardly a word that English texts have
        often: abuelos jugando domino, whose language no small word tells."""
        if self.is_foreign(text):
            return True
        pieces = {*_PIECE.findall(text)}
        words = {piece for piece in pieces if _is_word(piece)}
        return len(words) > 1 and not pieces & _ENGLISH and 3 * sum(map(self._is_english, words)) <= len(words)

    def owns(self, word: str, text: str) -> bool:
        """Whether a word is a small one of the language that the rest of a text is in, whatever it means in English."""
        languages = self._of.get(word, ())
        if not languages:
            return False
        rest = {*_PIECE.findall(text)} - {word}
        if not self.is_foreign(" ".join(sorted(rest))):
            return False
        small = self._counted(rest - _ENGLISH)
        return any(small[language] == max(small.values(), default=1) for language in languages)

    def means_else(self, word: str, before: str, text: str) -> bool:
        """Whether a word that is one of harm in English is an everyday one of the language of the rest of a text.

        `before` is the word before it, if any.  Where no small word tells the language, as in agujero negro, only a
        colour may mean something else: invented words of English are in none.
        """
        languages = self._friends.get(word, ())
        if not languages or (word in _ALSO_PEOPLE and (not before or before in _DETERMINERS)):
            return False
        rest = {*_PIECE.findall(text)} - {word}
        plain = " ".join(sorted(rest))
        alone = len(rest) == 1 and not rest & _ENGLISH and not any(map(self._is_english, rest))
        if not (alone or self.is_beyond_english(plain)):
            return False
        small = self._counted(rest - _ENGLISH)  # "kot na stole" is Polish though kot is a small word of Slovene
        told = any(small[language] and 2 * small[language] >= max(small.values()) for language in languages)
        return told or (word in _ALSO_PEOPLE and not small)

    def long_words(self, letters: int) -> frozenset[str]:
        """The small words of so many letters, for they are no others that somebody changed."""
        return frozenset(word for word in self._of if len(word) >= letters)

    def says_more(self, reading: str, text: str) -> bool:
        """Whether what a text is taken for has no fewer small words than it has, where it is of another language."""
        return not self.is_foreign(text) or self.most_small(reading) >= self.most_small(text)

    def turns_english(self, reading: str, text: str) -> bool:
        """Whether what a text is taken for has more small words of English than it has of another language."""
        return not self.is_foreign(text) or len({*_WORD.findall(reading)} & _ENGLISH) > self.most_small(text)

    def english_small(self, words: Iterable[str]) -> int:
        """How many different ones there are of English."""
        return len(_ENGLISH.intersection(words))

    def most_small(self, text: str) -> int:
        """How many small words a text has of the language of which it has the most."""
        pieces = {*_WORD.findall(text)}
        return max(len(pieces & _ENGLISH), self.small_words(pieces))

    def small_words(self, pieces: Iterable[str]) -> int:
        """How many there are of the language of which there are the most."""
        return max(self._counted(pieces).values(), default=0)

    def _counted(self, pieces: Iterable[str]) -> Counter[str]:
        return Counter(language for piece in pieces for language in self._of.get(piece, ()))

    def _is_english(self, word: str) -> bool:
        """Whether English texts have it often, with another ending perhaps; the lists know words of many languages."""
        if self._ranks.get(word, RARE) < RARE:
            return True
        if not word.endswith(_ENDINGS):
            return False
        roots = (word.removesuffix(ending) for ending in _ENDINGS)
        return any(len(root) > 2 and self._ranks.get(root, RARE) < RARE for root in roots)


def _is_word(piece: str) -> bool:
    return piece.isascii() and len(_LETTERS.findall(piece)) > 2


@functools.cache
def languages_of(file: Path) -> Mapping[str, Collection[str]]:
    """The languages of each word of a list by language."""
    found: dict[str, list[str]] = defaultdict(list)
    with file.open("rb") as listed:
        for language, words in tomllib.load(listed).items():
            for word in dict.fromkeys(words.split()):
                found[word].append(language)
    return dict(found)
