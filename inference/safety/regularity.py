"""What comes again and again among the letters of a text: an insert in each word, numbers in order, signs for letters.

In: a plain text.  Out: the text without it, where more words come out of it than were there.  It knows which words
exist, and no insert, sign or number in particular.
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice, pairwise, permutations
from typing import Final

from inference.safety.decoding import LOOKED_AT, Knows
from inference.safety.parting import Parter
from inference.safety.skeletons import MAX_WORD

SEVERAL: Final = 3
"""Words that show something to be a habit, and numbers in order that show something to be counted."""
MOST: Final = 0.6
"""Of the words with an insert, those that must be words without it."""
LONGEST_INSERT: Final = 12
INSERTS_TRIED: Final = 4
ACROSTIC: Final = 8
"""Words, or lines, whose initials may be meant."""

_NUMBER: Final = re.compile(r"(?<!\S)[(\[#]?(\d{1,3})(?:/\d{1,3})?[.):\]](?=\s|$)")
_SIGNS: Final = re.compile(r"(?<=[a-z])[^a-z\s'’]+(?:[a-z]+[^a-z\s]+)?(?=[a-z])")
_NUMBER_BEHIND: Final = re.compile(r"(?<=[a-z]{3})(?:1[89]|[2-9]\d|\d{3,4})(?=\W*$)")
"""Too great for an age of minors."""
_SIGN: Final = re.compile(r"[^a-z\s.,;:!?'’\"()-]")
_BETWEEN_PIECES: Final = re.compile(r"(?<=[a-z]) ([^\w\s]{1,3}) (?=[a-z])")
_EDGES: Final = ".,;:!?\"'()[]"
_GENITIVE: Final = re.compile(r"['’][a-z]{1,2}$")
_LETTERS: Final = re.compile("[a-z]+")
_ALPHABET: Final = "eaoiutnsrhldcmfpgwybvkxjqz"
"""The commonest letters of English first."""
_VOWELS: Final = "aeiou"


class Regularity:
    """Sees what is regular in texts.  Safe to use from several threads."""

    def __init__(self, knows: Knows, tells: Knows, parter: Parter) -> None:
        self._knows = knows
        self._tells = tells
        self._parter = parter

    def readings(self, plain: str) -> Iterator[str]:
        """What the text may say without an insert, or with letters for its signs."""
        yield from self._whole(plain)
        strange = self._strange(plain)
        if len(strange) < SEVERAL:
            return
        for insert in islice(chain(_sign_inserts(strange), _letter_inserts(strange)), INSERTS_TRIED):
            having = [word for word in strange if insert in word]
            if self._are_words(word.replace(insert, "") for word in having):
                yield plain.replace(insert, "")
        table = self._letters_of_signs(strange)
        if table and self._are_words(word.translate(table) for word in strange if _SIGN.search(word)):
            yield plain.translate(table)

    def without_tails(self, plain: str) -> str | None:
        """The text without what stands at the start, or at the end, of most words that do not exist; or digits behind.

        So much the same is no chance, though the words with it may be read as two each.
        """
        strange, words = self._strange(plain), plain.split()
        for pattern in _tails(strange):
            having = sum(pattern.search(word) is not None for word in strange)
            if having < max(SEVERAL - 1, MOST * len(strange)):
                continue
            rests = {
                word: rest for word in words if (rest := pattern.sub("", word)) != word and self._knows(_bare(rest))
            }
            if len(rests) >= max(SEVERAL, MOST * having):
                return " ".join(rests.get(word) or pattern.sub("", word) or word for word in words)
        return None

    def acrostic(self, text: str) -> list[str]:
        """Words that the initials of the words make, or of the lines, if a filter looks for one of them."""
        lines = [line for line in text.splitlines() if line.strip()]
        for parts in (text.split(), lines):
            if sum(len(part) > 2 for part in parts) * 2 < len(parts):
                continue  # letters by themselves are initials of nothing
            initials = "".join(_LETTERS.findall("".join(part.strip()[:1] for part in parts[: 4 * LOOKED_AT]).lower()))
            if len(initials) >= ACROSTIC:
                words = self._parter.apart(initials) or []
                long = [word for word in words if len(word) > 3 and self._knows(word)]
                if any(map(self._tells, long)) and sum(map(len, long)) * 10 >= 7 * len(initials):
                    return words
        return []

    def _whole(self, plain: str) -> Iterator[str]:
        """The text with words whole of which many are in two pieces, with one sign between and gaps around it."""
        ((sign, count),) = Counter(_BETWEEN_PIECES.findall(plain)).most_common(1) or (("", 0),)
        if count < SEVERAL:
            return
        pieces = re.compile(rf"([a-z]+) {re.escape(sign)} ([a-z]+)")
        words = pieces.sub(lambda found: self._joined(found[1], found[2]) or found[0], plain)
        if (plain.count(f" {sign} ") - words.count(f" {sign} ")) * 2 > count:
            yield words

    def _joined(self, start: str, end: str) -> str | None:
        """Two pieces as the word that they are, though one of them alone may be one, too."""
        both = self._knows(start) and self._knows(end) and min(len(start), len(end)) > 3
        return start + end if self._knows(start + end) and not both else None

    def _strange(self, plain: str) -> list[str]:
        """The first different words that do not exist."""
        found: dict[str, None] = {}
        for word in dict.fromkeys(plain.split()):
            if word.isalpha() and self._knows(word):
                continue
            core = _bare(word)
            if 3 < len(core) <= 2 * MAX_WORD and core not in found and not self._knows(core) and _LETTERS.search(core):
                if not all(map(self._knows, re.split("[-/]", core))):
                    found[core] = None
                if len(found) == LOOKED_AT:
                    break
        return list(found)

    def _are_words(self, words: Iterator[str]) -> bool:
        found = [self._knows(_bare(word)) for word in words]
        return len(found) >= SEVERAL and sum(found) >= MOST * len(found)

    def _letters_of_signs(self, strange: list[str]) -> dict[int, str]:
        """Of each sign among letters, the one that makes most words of those in which no other sign is left."""
        table: dict[int, str] = {}
        for unknown in (1, 1, 2, 1):
            votes: dict[str, Counter[str]] = {}
            free = [letter for letter in (_ALPHABET if unknown == 1 else _VOWELS) if letter not in table.values()]
            for word in strange:
                told = word.translate(table)
                signs = list(dict.fromkeys(_SIGN.findall(told)))
                for meant in permutations(free, unknown) if len(signs) == unknown else ():
                    if self._knows(told.translate(dict(zip(map(ord, signs), meant, strict=True)))):
                        for sign, letter in zip(signs, meant, strict=True):
                            votes.setdefault(sign, Counter())[letter] += 1
            for sign, found in sorted(votes.items(), key=lambda item: len(item[1])):  # the least doubtful first
                letters = [letter for letter, _ in found.most_common() if letter not in table.values()]
                table |= {ord(sign): letter for letter in letters[:1]}
        return table


def unnumbered(text: str) -> str:
    """The text without numbers that count its pieces, 1. … 2. … 3. …, where those are letters, or of one size."""
    numbers = [int(found[1]) for found in _NUMBER.finditer(text)]
    following = sum(later == number + 1 for number, later in pairwise(numbers))
    if following + 1 < SEVERAL or following * 2 < len(numbers) - 1 or 1 not in numbers:
        return text
    before, *pieces = _NUMBER.sub("\0", text).split("\0")
    pieces = [piece[1:] for piece in pieces]
    if len({len(piece) for piece in pieces[:-1]}) == 1 and len(pieces) > SEVERAL and len(pieces[0]) > 2:
        return before + "".join(piece[:-1] for piece in pieces[:-1]) + pieces[-1]
    letters = sum(len(piece.strip()) == 1 for piece in pieces)
    return " ".join([before, *pieces]) if letters * 2 > len(pieces) else text


def unchopped(text: str) -> str:
    """Lines of one length, however words end, as one line."""
    *lines, last = text.split("\n")
    sizes = set(map(len, lines))
    if len(lines) < SEVERAL or len(sizes) > 1 or not 1 < len(lines[0]) <= LONGEST_INSERT or len(last) > len(lines[0]):
        return text
    return "".join([*lines, last])


def _bare(word: str) -> str:
    return _GENITIVE.sub("", word.strip(_EDGES))


def _sign_inserts(words: list[str]) -> Iterator[str]:
    """What stands between letters in several words and is no letter, or is surrounded by such; the commonest first."""
    found = Counter(chain.from_iterable(set(_SIGNS.findall(word)) for word in words))
    return (insert for insert, count in found.most_common(2) if count >= SEVERAL)


def _tails(words: list[str]) -> Iterator[re.Pattern[str]]:
    """What several words begin or end with, the longest of the commonest first."""
    yield _NUMBER_BEHIND
    for end in (False, True):
        found = Counter(
            word[-size:] if end else word[:size]
            for word in words
            for size in range(3, min(LONGEST_INSERT, len(word) - 2) + 1)
        )
        often = [part for part, count in found.items() if count >= max(SEVERAL - 1, MOST * len(words))]
        for part in sorted(often, key=len, reverse=True)[:1]:
            letters = re.escape(part)
            yield re.compile(rf"{letters}(?=\W*$)" if end else rf"(?<![a-z]){letters}(?=[a-z])")


def _letter_inserts(words: list[str]) -> Iterator[str]:
    """Letters that stand in most of the words; of those in as many, the longest first."""
    found: Counter[str] = Counter()
    for word in words:
        found.update(
            {word[at : at + size] for size in range(3, LONGEST_INSERT + 1) for at in range(len(word) - size + 1)}
        )
    often = max(SEVERAL, MOST * len(words))
    return iter(sorted((part for part, count in found.items() if count >= often), key=lambda part: (-len(part), part)))
