"""Which words exist, and which of them a filter looks for, with their endings too.

In: a vocabulary of English with ranks, and the listed words.  Out: two questions about a word, `knows` and `tells`.
"""

import functools
import re
from collections.abc import Callable, Collection, Mapping
from typing import Final

from inference.safety.parting import SHORT

LONGEST_ENDING: Final = 6
_ENDINGS: Final = ("s", "es", "ed", "d", "ing", "ings", "ly", "er", "ers", "less", "ness", "ful", "'s")
WORDS_KEPT: Final = 1 << 14
"""Of which it is remembered whether they exist."""
_LETTERS: Final = re.compile(r"[a-z]+")


class Vocabulary:
    """Safe to use from several threads."""

    def __init__(
        self,
        ranks: Mapping[str, int],
        telling: Collection[str],
        stems: Collection[str] = (),
        others: Collection[str] = (),
    ) -> None:
        """`ranks` has words, the commonest first; `telling` are those that a filter looks for.

        `stems` are those of them that may have any ending, `others` more words that exist.
        """
        self.rank = {word: rank for word, rank in ranks.items() if len(word) > 2 or word in SHORT}
        self.telling = frozenset(word for word in telling if _LETTERS.fullmatch(word) and len(word) > 2)
        self.stems = self.telling.intersection(stems)
        self._stem_starts = frozenset(stem[:4] for stem in self.stems)
        self._forms = self.telling.union(others)
        self._words = self._forms.union(self.rank)
        self.tells: Callable[[str], bool] = functools.lru_cache(WORDS_KEPT)(self._is_looked_for)
        """Whether a filter looks for it, with some ending too."""
        self.knows: Callable[[str], bool] = functools.lru_cache(WORDS_KEPT)(self._is_known)
        """Whether it is a word, also with an English ending."""

    def _is_known(self, word: str) -> bool:
        if word in self._words:
            return True
        if not word.isascii():
            return False
        if word.endswith(_ENDINGS, 3):
            for ending in _ENDINGS:
                if word.endswith(ending, 3) and word[: -len(ending)] in self.rank:
                    return True
            if word.endswith("ing") and word[:-3] + "e" in self.rank and len(word) > 5:
                return True
        return word[:4] in self._stem_starts and self.tells(word)

    def _is_looked_for(self, word: str) -> bool:
        if word in self._forms:
            return True
        if word[:4] not in self._stem_starts:
            return False
        return any(word[:end] in self.stems for end in range(max(4, len(word) - LONGEST_ENDING), len(word)))
