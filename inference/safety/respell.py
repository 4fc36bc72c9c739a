"""Reading what a disguised text means, word by word, with a vocabulary at hand.

In: any text.  Out: a `Reading`: the text in plain words, and what was read differently from how it is written.
It knows which words exist and which of them matter to the filter, and nothing of what is good or bad.

    whole text    HTML and percent escapes, base64, ROT13, upside down, backwards
    letters       everything that normalise.py does; p o r n, p.o.r.n
    word          p0rn, p*rn, poooorn, nrop, prono, prn, pornpicture, po rn
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final

from inference.safety.decoding import decode, share_known, turned
from inference.safety.normalise import join_spaced, normalise

MAX_WORD: Final = 24
"""Letters of the longest word that is looked for inside a run of letters."""

GAP: Final = "="
"""Stands where words end among letters that stand apart; it means nothing itself."""

EVERYDAY, COMMON, MANY = 3000, 8000, 10**9
"""Ranks up to which a word is used by everybody, is known to everybody, is any."""
MADE_OF_WORDS: Final = 0.6
LONGEST_ENDING: Final = 6

_LEET: Final[Mapping[str, str]] = {
    "0": "o", "1": "il", "2": "z", "3": "e", "4": "a", "5": "s", "6": "bg", "7": "t", "8": "b", "9": "g",
    "@": "a", "$": "s", "€": "e", "£": "l", "¢": "c", "!": "i", "|": "il", "+": "t", "(": "c", "<": "c", "^": "a",
    "¥": "y", "§": "s", "#": "h",
}  # fmt: skip
_LEET_SIGNS: Final = frozenset("@$€!")
_SHORT: Final = frozenset(
    "a i o am an as at ax be by do go ha he hi if in is it la le me my no of oh ok on or ox pi so to tv uk un up us we"
    " 3d 4k 8k hd".split()
)
_WIDE_GAP: Final = re.compile(r"(?<=(?<!\w)\w)\s{2,}(?=\w(?!\w))")
"""Between words whose letters stand apart."""
_RUNS: Final = re.compile(r"(.)\1*")
_APOSTROPHE: Final = re.compile(r"['’](?:s|d|t|ll|re|ve|m)?$")
_LETTERS: Final = re.compile(r"[a-z]+")
_VOWELS: Final = re.compile(r"[aeiou]")


@dataclass(frozen=True, slots=True)
class Reading:
    """`changes` are pairs: as it was written (without styles and accents), and as it was read."""

    text: str
    changes: tuple[tuple[str, str], ...] = ()


class Speller:
    """Reads texts with a vocabulary.  Never raises; the time grows with the text's length and no faster."""

    def __init__(
        self,
        vocabulary: Mapping[str, int],
        telling: Collection[str],
        stems: Collection[str] = (),
        others: Collection[str] = (),
    ) -> None:
        """`vocabulary` gives words their rank, the commonest first; `telling` are the words a filter looks for.

        `stems` are those of them that may have any ending, `others` more words that exist.
        """
        self._rank = {word: rank for word, rank in vocabulary.items() if len(word) > 2 or word in _SHORT}
        self._telling = frozenset(word for word in telling if _LETTERS.fullmatch(word) and len(word) > 2)
        self._stems = self._telling.intersection(stems)
        self._forms = self._telling.union(others)
        self._misspelt = self._misspellings()
        common = sorted(
            (word for word in self._telling if word in self._rank and len(word) > 3), key=vocabulary.__getitem__
        )
        self._bare = {_VOWELS.sub("", word): word for word in reversed(common)}
        self._by_shape: dict[tuple[int, str], list[str]] = {}
        for word in sorted(self._telling):
            self._by_shape.setdefault((len(word), word[0]), []).append(word)

    def read(self, text: str) -> Reading:
        """What the text most likely says."""
        decoded = decode(text, self.knows)
        plain = normalise(_WIDE_GAP.sub(f" {GAP} ", decoded))
        best = self._read_plain(plain)
        share = share_known(plain, self.knows)
        for other in turned(plain) if share < MADE_OF_WORDS else ():
            if share_known(other, self.knows) >= max(MADE_OF_WORDS, share + 0.3):
                return Reading(self._read_plain(other).text, ((text, other),))
        return best if decoded == text else Reading(best.text, ((text, plain), *best.changes))

    def _read_plain(self, plain: str) -> Reading:
        changes: list[tuple[str, str]] = []
        joined = join_spaced(plain)
        together = set(joined.split()).difference(plain.split())
        words: list[str] = []
        for token in joined.split():
            if token == GAP:
                continue
            words += self._read_token(token, changes, apart=token in together)
            if token in together and _LETTERS.search(token):
                changes.append((token, token))  # letters stood apart: that is told, whatever they say
        return Reading(" ".join(self._mend_splits(words, changes)), tuple(dict.fromkeys(changes)))

    def knows(self, word: str) -> bool:
        """Whether it is a word, also with an English ending."""
        if word in self._rank or word in self._forms:
            return True
        for ending in ("s", "es", "ed", "d", "ing", "ly", "er", "'s"):
            if word.endswith(ending) and len(word) - len(ending) > 2 and word[: -len(ending)] in self._rank:
                return True
        if word.endswith("ing") and word[:-3] + "e" in self._rank and len(word) > 5:
            return True
        return self._tells(word)

    def _tells(self, word: str) -> bool:
        """Whether a filter looks for it, with some ending too."""
        if word in self._forms:
            return True
        return any(word[:end] in self._stems for end in range(max(4, len(word) - LONGEST_ENDING), len(word)))

    # ----------------------------------------------------------------------------------------------- one token

    def _read_token(self, token: str, changes: list[tuple[str, str]], *, apart: bool) -> list[str]:
        """The words of one token; its letters stood `apart` from each other, without gaps between words, or not."""
        core = _APOSTROPHE.sub("", token.strip(".,;:!?\"'()[]{}<>«»“”‘’…-–—"))
        if not core or core.isdecimal() or self.knows(core) or (not core.isascii() and core.isalpha()):
            return [token]
        parts = [part for part in re.split(r"[^a-z]+", core) if part]
        if len(parts) > 1 and all(part in self._rank or part in self._telling for part in parts):
            joined = "".join(parts)
            if len(joined) < 5 or joined not in self._telling:
                return [token]  # text-to-image, rock'n'roll
        meant = self._meant(token, core)
        if meant is None and "-" in core:
            pieces = [piece for part in core.split("-") for piece in self._read_token(part, changes, apart=False)]
            return [" ".join(pieces)] if pieces != core.split("-") else [token]
        if meant is None and apart and _LETTERS.fullmatch(core):
            meant = " ".join(self.segment(core) or ()) or None
        if meant is None:
            return [token]
        changes.append((core, meant))
        return meant.split()

    def _meant(self, token: str, core: str) -> str | None:
        for candidate in self._respelt(token, core):
            if self._tells(candidate) or self._rank.get(candidate, MANY) < (EVERYDAY if len(candidate) < 4 else MANY):
                return candidate
            if len(candidate) > 4 and self.knows(candidate):
                return candidate
        letters = "".join(_LETTERS.findall(core))
        if core == letters:
            if len(letters) > 3 and self._tells(letters[::-1]):
                return letters[::-1]
            found = self._misspelt.get(letters) or self._near(letters)
            if found is None and 3 < len(letters) < 8 and not _VOWELS.search(letters):
                found = self._bare.get(letters)
            if found is not None:
                return found
        starred = self._starred(core)
        if starred is not None:
            return starred
        for run in dict.fromkeys([letters, *self._leet(core)]):
            if len(run) > 6:
                words = self.segment(run)
                if words is not None and self._worth_parting(words):
                    return " ".join(words)
        return None

    def _respelt(self, token: str, core: str) -> Iterator[str]:
        """Likely words first: signs left out, digits as letters, fewer of a stretched letter, backwards."""
        tight = "".join(sign for sign in core if sign.isalnum() or sign in _LEET_SIGNS)
        edges = token.strip(".,;:?\"'[]{}«»“”‘’…–—")
        forms = [tight, *self._leet(core), *self._leet(edges), *self._leet(tight)]
        for form in dict.fromkeys(forms):
            if not _LETTERS.fullmatch(form) or len(form) < 3:
                continue
            if form != core:
                yield form
            yield from self._unstretched(form)
            if form != core and len(form) > 3 and self._tells(form[::-1]):
                yield form[::-1]

    @staticmethod
    def _leet(core: str) -> list[str]:
        choices = [_LEET.get(sign, sign) for sign in core]
        if len(core) > MAX_WORD * 2 or all(choice == sign for choice, sign in zip(choices, core, strict=True)):
            return []
        if not any(sign.isalpha() for sign in core) or len(core) < 3:
            return []
        wide = [index for index, choice in enumerate(choices) if len(choice) > 1]
        for index in wide[4:]:
            choices[index] = choices[index][0]
        return ["".join(letters) for letters in product(*choices)]

    @staticmethod
    def _unstretched(form: str) -> Iterator[str]:
        runs = [(run[0][0], len(run[0])) for run in _RUNS.finditer(form)]
        stretched = [index for index, (_, length) in enumerate(runs) if length > 2]
        if not stretched:
            stretched = [index for index, (_, length) in enumerate(runs) if length > 1]
            if len(stretched) < 2:
                return  # one double letter is how words are written
        for twice in [None, *stretched[:6]]:  # "fuuuck" has one u, "asssss" two s
            yield "".join(
                letter * (2 if index == twice else 1 if index in stretched else length)
                for index, (letter, length) in enumerate(runs)
            )

    def _starred(self, core: str) -> str | None:
        """p*rn, s_x: signs for hidden letters of a telling word, of which more than half is to be seen."""
        hidden = sum(not sign.isalnum() for sign in core)
        if not hidden or hidden * 2 >= len(core) or not core[0].isalpha():
            return None
        for word in self._by_shape.get((len(core), core[0]), ()):
            if all(not sign.isalnum() or sign == letter for sign, letter in zip(core, word, strict=True)):
                return word
        return None

    # ------------------------------------------------------------------------------------------- typing errors

    def _misspellings(self) -> dict[str, str]:
        """Telling words with one letter left out, or two neighbours swapped."""
        found: dict[str, str] = {}
        inflected = (stem + ending for stem in self._stems if len(stem) > 4 for ending in ("ed", "ing", "ion"))
        for word in sorted([*self._telling, *inflected], key=lambda word: (len(word), word)):
            if len(word) > 4:
                for index in range(1, len(word)):
                    if index + 1 < len(word):  # without the last letter it may be another form of the word
                        found.setdefault(word[:index] + word[index + 1 :], word)
                    swapped = word[: index - 1] + word[index] + word[index - 1] + word[index + 1 :]
                    found.setdefault(swapped, word)
        return {wrong: word for wrong, word in found.items() if len(wrong) > 4 and not self.knows(wrong)}

    def _near(self, letters: str) -> str | None:
        """A telling word with one letter too many, or another letter in its place."""
        if not 7 < len(letters) <= MAX_WORD:
            return None
        for index in range(1, len(letters)):
            less = letters[:index] + letters[index + 1 :]
            if less in self._telling and len(less) > 6:
                return less
            word = self._misspelt.get(less)
            if word is not None and len(word) == len(letters) and word[:index] + word[index + 1 :] == less:
                return word
        return None

    # ------------------------------------------------------------------------------------- words run together, split

    def segment(self, letters: str) -> list[str] | None:
        """A run of letters as known words, the likeliest way; None where letters are left over."""
        best: list[tuple[float, int]] = [(0.0, 0)]
        for end in range(1, len(letters) + 1):
            choices = []
            for start in range(max(0, end - MAX_WORD), end):
                cost = self._cost(letters[start:end])
                if cost is not None and best[start][0] < 1e9:
                    choices.append((best[start][0] + cost, start))
            best.append(min(choices, default=(1e9, 0)))
        if best[-1][0] >= 1e9:
            return None
        words, end = [], len(letters)
        while end:
            start = best[end][1]
            words.append(letters[start:end])
            end = start
        words.reverse()
        long = sum(len(word) for word in words if len(word) > 2)
        return words if long * 4 >= len(letters) * 3 and len(words) * 3 <= len(letters) else None

    def _worth_parting(self, words: list[str]) -> bool:
        """Words written as one are no disguise but where something is hidden in them: artstation stays as it is."""
        if sum(map(len, words)) > 15 and all(self._rank.get(word, 10**6) < COMMON for word in words):
            return len(words) > 3
        telling = max((len(word) for word in words if word in self._telling), default=0)
        if len(words) == 2:  # Penistone and mockingbird are no disguises
            return telling > 4 and min(map(len, words)) > 4
        return telling > 4 and all(len(word) > 3 or word in _SHORT or word in self._telling for word in words)

    def _cost(self, word: str) -> float | None:
        if word in self._telling and len(word) > 3:
            return 9.0
        rank = self._rank.get(word)
        if rank is None or (len(word) < 3 and word not in _SHORT):
            return None
        return 6.0 + rank / 4000 + (3.0 if len(word) < 4 else 0.0)

    def _mend_splits(self, words: list[str], changes: list[tuple[str, str]]) -> Iterator[str]:
        """ "po rn": two to four short pieces, of which at least one is no word, as one word."""
        index = 0
        while index < len(words):
            for count in (4, 3, 2):
                pieces = words[index : index + count]
                if len(pieces) < count or any(len(piece) > 8 for piece in pieces):
                    continue
                joined = "".join(pieces).strip(".,;:!?")
                if len(joined) < 3 or not _LETTERS.fullmatch(joined) or not all(map(_LETTERS.match, pieces)):
                    continue
                exists = joined in self._telling or (len(joined) > 4 and joined in self._rank)
                if exists and not all(map(self._stands_alone, pieces)):
                    changes.append((" ".join(pieces), joined))
                    yield joined
                    index += count
                    break
            else:
                yield words[index]
                index += 1

    def _stands_alone(self, piece: str) -> bool:
        piece = piece.strip(".,;:!?'\"")
        return (
            piece in _SHORT
            or piece in self._telling
            or self._rank.get(piece, COMMON) < COMMON
            or (len(piece) > 4 and self.knows(piece))
        )
