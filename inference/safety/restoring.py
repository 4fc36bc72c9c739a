"""The words of a text that were changed in some manner that nobody named, found by what their changes have in common.

In: a plain text of which many words do not exist.  Out: what it was, where one manner made most of it.  It knows words
and how common they are.  What was done to them it learns from themselves: of each the likeliest words as changes are
usual, what changes these would take, the likeliest words where such changes are likely, and so on (expectation and
maximisation).
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference.safety.alignment import Alignment, Codes, Costs32, coded
from inference.safety.channel import KIND_OF, KINDS, LETTERS, NO_LETTER, Costs
from inference.safety.languages import Languages

SEVERAL, MANY, MOST = 3, 0.4, 0.6
"""Words that do not exist, and their share, from which on they may all be changed; one less beside a small word of
English, where most are none."""
FEW: Final = 0.15
"""Share of such words in a text that can be read."""
SENTENCE: Final = 3
"""Small words that tell another language, however the others are written."""
LEARNED_FROM: Final = 16
"""Words that tell what was changed; the others are read as these say."""
READ: Final = 150
"""The most words that do not exist."""
LIKELY, FEW_LESS, ANYHOW = 0.75, 0.85, 1.1
"""What changing a letter costs on average in a text that was changed in one manner, at most; by how much less that must
be of a single word, and of several in proportion; and what it costs in a word that comes out all the same."""
HOPELESS: Final = 2.4
"""What it costs before anything is learned, from which on nothing is: foreign words and names are like none."""
ENGLISH_MORE, ENGLISH_MOST = 0.07, 2
"""By how much more a letter may cost for each small word of English that the text has, and for how many: such a text is
no list of names, and in no other language."""
SURE: Final = 0.15
"""By how much less a letter must cost where the text may be in another language."""
AS_IT_IS: Final = 1.5
"""By so much a word that exists is likelier to be meant as it is."""
HIDDEN: Final = 1.0
"""By so much a word that a filter looks for is likelier where somebody changed what they wrote."""
INFLECTED: Final = 1.2
"""By so much a form that no list has is less likely than its word."""
LONGEST_TEXT: Final = 1500
"""Characters: prompts of people have 1,000 at most."""
LONGEST, LONGEST_RUN = 14, 22
"""Letters of a word that is looked for, and signs that it may have been made."""
NEAREST: Final = 100
"""Words that a run is compared with: those that have most of its letters and sounds."""
LIKELIEST, TURNS = 6, 2
"""Of these, so many tell what was changed, so many times."""
OVERUSED: Final = 0.35
"""By so great a share of words more than usual has a letter that somebody added."""
RAREST: Final = 22_000
"""The rank of words that have none."""
AXES: Final = 96
"""Of the space of likeness, those in which words differ most."""

_EDGE: Final = len(KINDS)
_KIND: Final = np.array([*(KIND_OF[letter] for letter in LETTERS), _EDGE], np.int64)
_PAIRS: Final = (_EDGE + 1) ** 2
_VOWEL, _CONSONANT, _SOUNDS, _SKELETON = 0.6, 1.0, 0.5, 0.8
"""How much letters weigh in likeness, and pairs of sounds, with the vowels and without."""
_AROUND: Final = ".,;:!?\"'()[]{}<>«»“”‘’…-–—"
_APOSTROPHE: Final = re.compile(r"['’](?:s|d|t|ll|re|ve|m)?$")


class Restorer:
    """Safe to use from several threads."""

    def __init__(
        self, rank: Mapping[str, int], telling: Iterable[str], knows: Callable[[str], bool], languages: Languages
    ) -> None:
        """`rank` has words, the commonest first; `telling` are those that a filter looks for."""
        self._knows, self._languages = knows, languages
        rarity = {
            word: _rarity(rank.get(word, RAREST)) for word in (*rank, *sorted(telling)) if 1 < len(word) <= LONGEST
        }
        for word in list(rarity):
            for form in _forms(word, rank):
                if len(form) <= LONGEST:
                    rarity.setdefault(form, rarity[word] + INFLECTED)
        self._words = list(rarity)
        hidden = frozenset(telling)
        self._rarity = np.array([rare - HIDDEN * (word in hidden) for word, rare in rarity.items()], np.float32)
        self._lengths = np.array(list(map(len, self._words)))
        self._codes = coded(self._words, LONGEST, NO_LETTER)
        self._having = {letter: float((self._codes == at).any(1).mean()) for at, letter in enumerate(LETTERS)}
        likeness = _likeness(self._codes, self._lengths)
        self._axes = np.ascontiguousarray(np.linalg.eigh(likeness.T @ likeness)[1][:, -AXES:])
        self._likeness = np.ascontiguousarray((likeness @ self._axes).T)

    def restored(self, plain: str, otherwise: str) -> str | None:
        """What the text was; None where most of it exists, or does as it is read `otherwise`, where it is of another
        language, or like no words that were changed in one manner."""
        languages = self._languages
        if len(plain) > LONGEST_TEXT or (languages.is_foreign(plain) and languages.most_small(plain) >= SENTENCE):
            return None
        read = list(dict.fromkeys(map(_core, otherwise.split())))
        if len(self._strange(read)) <= FEW * len(read):
            return None
        found, sure = self._restored(list(dict.fromkeys(map(_core, plain.split()))))
        meant = " ".join(_replaced(token, found) for token in plain.split())
        return meant if found and (sure or languages.turns_english(meant, plain)) else None

    def _strange(self, cores: Iterable[str]) -> list[str]:
        """Words that do not exist."""
        return [core for core in cores if 2 < len(core) <= LONGEST_RUN and _is_written(core) and not self._knows(core)]

    def _restored(self, cores: list[str]) -> tuple[Mapping[str, str], bool]:
        """Of the words of a text, those that were others, and these; and whether that is so in any language."""
        strange = self._strange(cores)
        known = [core for core in cores if len(core) > 1 and core.isascii() and core.isalpha() and self._knows(core)]
        english = min(ENGLISH_MOST, self._languages.english_small(cores))
        share = MANY if len(strange) >= SEVERAL else MOST
        few = max(SEVERAL - (english > 0), share * (len(strange) + sum(len(core) > 2 for core in known)))
        if not few <= len(strange) <= READ:
            return {}, False
        some = strange[:: 1 + len(strange) // LEARNED_FROM]
        often = self._overused(some)
        near = self._near(some, often)
        more = ENGLISH_MORE * english if len(some) >= SEVERAL else 0.0
        costs = self._learned(some, near, HOPELESS + 2 * more)
        if costs is None:
            return {}, False
        meant, cost = self._likeliest(some, near, costs)
        below = LIKELY - FEW_LESS / len(some) - cost.sum() / sum(len(run[:LONGEST_RUN]) for run in some)
        if below + more < 0:
            return {}, False
        found = list(zip(some, meant, cost, strict=True))
        rest = [core for core in (*strange, *known) if core not in set(some)][:READ]
        for at in range(0, len(rest), LEARNED_FROM):
            part = rest[at : at + LEARNED_FROM]
            found += zip(part, *self._likeliest(part, self._near(part, often), costs), strict=True)
        return {run: word for run, word, each in found if each < ANYHOW * len(run)}, bool(below > SURE)

    def _learned(self, runs: list[str], near: Codes, hopeless: float) -> Costs | None:
        """What changes cost in the text of these runs; None where they are like no words at all."""
        costs = Costs()
        found = self._aligned(runs, near).costs(costs).reshape(near.shape)
        if found.min(1).sum() > hopeless * sum(len(run[:LONGEST_RUN]) for run in runs):
            return None
        likely = np.argpartition(found + self._rarity[near], LIKELIEST, 1)[:, :LIKELIEST]
        few = np.take_along_axis(near, likely, 1)
        aligned = self._aligned(runs, few)
        for _ in range(TURNS):
            found, steps = aligned.traced(costs)
            total = found.reshape(few.shape) + self._rarity[few]
            chance = np.exp(np.float64(total.min(1, keepdims=True) - total))
            chance /= chance.sum(1, keepdims=True)
            costs = Costs(steps.counts(chance.ravel()))
        return costs

    def _likeliest(self, runs: list[str], near: Codes, costs: Costs) -> tuple[list[str], Costs32]:
        """The likeliest word of each run, and what making the run of it costs."""
        found = self._aligned(runs, near).costs(costs).reshape(near.shape)
        total = found + self._rarity[near]
        for row, run in enumerate(runs):
            if self._knows(run):
                total[row, [self._words[word] == run for word in near[row]]] -= AS_IT_IS
        best = total.argmin(1)
        rows = np.arange(len(runs))
        return [self._words[word] for word in near[rows, best]], found[rows, best]

    def _overused(self, runs: list[str]) -> str:
        """The sign that stands in many more of the runs than words have it, if there is one."""
        share = {sign: sum(sign in run for run in runs) / len(runs) for sign in sorted(set("".join(runs)))}
        more = {sign: having - self._having.get(sign, 0.0) for sign, having in share.items()}
        most = max(more, key=more.__getitem__)
        return most if more[most] > OVERUSED else ""

    def _near(self, runs: list[str], often: str) -> Codes:
        """The words that have most of each run's letters and sounds, and of those that it has without what it has
        `often` [runs, words]."""
        runs = [run[:LONGEST_RUN] for run in runs]
        found = self._nearest(runs)
        if not often:
            return found
        return np.concatenate([found, self._nearest([run.replace(often, "") or run for run in runs])], 1)

    def _nearest(self, runs: list[str]) -> Codes:
        lengths = np.array(list(map(len, runs)))
        likeness = _likeness(coded(runs, LONGEST_RUN, NO_LETTER), lengths) @ self._axes @ self._likeness
        likeness -= 0.04 * self._rarity
        far = (self._lengths > 1.6 * lengths[:, None] + 1) | (lengths[:, None] > 1.8 * self._lengths + 1)
        likeness[far] -= 1
        return np.argpartition(likeness, -NEAREST, axis=1)[:, -NEAREST:]

    def _aligned(self, runs: list[str], words: Codes) -> Alignment:
        runs = [run[:LONGEST_RUN] for run in runs]
        lengths = np.array(list(map(len, runs)))
        each = words.shape[1]
        signs = coded(runs, int(lengths.max()), NO_LETTER).repeat(each, 0)
        flat = words.ravel()
        return Alignment(signs, lengths.repeat(each), self._codes[flat], self._lengths[flat])


def _likeness(codes: Codes, lengths: Codes) -> NDArray[np.float32]:
    """Vectors of length one, alike where words have the same letters, and sounds one after the other, with their vowels
    and without; a sign that is no letter may be any vowel."""
    rows, width = codes.shape
    inside = np.arange(width) < lengths[:, None]
    letters = inside & (codes < NO_LETTER)
    found = np.zeros((rows, NO_LETTER + 2 * _PAIRS), np.float32)
    row, at = np.nonzero(letters)
    code = codes[row, at]
    np.add.at(found, (row, code), np.where(_KIND[code] == 0, _VOWEL, _CONSONANT).astype(np.float32))
    kinds = np.where(letters, _KIND[np.minimum(codes, NO_LETTER)], 0)
    kinds[~inside] = _EDGE
    _count_pairs(found, kinds, NO_LETTER, _SOUNDS)
    vowels = kinds == 0
    order = np.argsort(vowels, axis=1, kind="stable")
    skeleton = np.take_along_axis(np.where(vowels, _EDGE, kinds), order, 1)
    _count_pairs(found, skeleton, NO_LETTER + _PAIRS, _SKELETON)
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    return found


def _count_pairs(found: NDArray[np.float32], kinds: Codes, start: int, weight: float) -> None:
    """Add the pairs of kinds that follow each other, with the edges."""
    edged = np.pad(kinds, ((0, 0), (1, 1)), constant_values=_EDGE)
    first, second = edged[:, :-1], edged[:, 1:]
    row, at = np.nonzero((first != _EDGE) | (second != _EDGE))
    np.add.at(found, (row, start + (first * (_EDGE + 1) + second)[row, at]), np.float32(weight))


def _rarity(rank: int) -> float:
    """The logarithm of how much rarer a word is than those of rank 2000."""
    return math.log((min(rank, RAREST) + 300) / 2300)


def _forms(word: str, rank: Mapping[str, int]) -> Iterator[str]:
    """Forms of a word that lists may lack: of a verb, as one of its forms tells, and of any."""
    if len(word) < 4 or word.endswith(("s", "ed", "ing")):
        return
    root = word.removesuffix("e")
    for stem in (root + root[-1], root):
        if stem + "ed" in rank or stem + "ing" in rank:
            yield from (stem + "ed", stem + "ing")
            break
    yield word + "s"


def _core(token: str) -> str:
    return _APOSTROPHE.sub("", token.strip(_AROUND))


def _is_written(core: str) -> bool:
    """Whether it has as many letters as signs."""
    return 2 * sum("a" <= sign <= "z" for sign in core) >= len(core)


def _replaced(token: str, words: Mapping[str, str]) -> str:
    core = _core(token)
    return token.replace(core, words[core]) if core in words else token
