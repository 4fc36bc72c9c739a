"""Reading what a disguised text means, word by word, with a vocabulary at hand.

In: any text.  Out: a `Reading`: the text in plain words, and what was read differently from how it is written.
It knows which words exist and which of them matter to the filter, and nothing of what is good or bad.

    whole text    HTML and percent escapes, base64, Morse, ROT13, upside down, backwards
    letters       everything that normalise.py does; p o r n, p.o.r.n
    word          p0rn, p*rn, poooorn, nrop, prono, prn, ornpay, pornpicture, po rn

A word that is none is bent into one that the filter looks for; into any other word only where signs and digits stand
among its letters, or where so few of the text's words exist that the whole text must be in disguise.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from inference.safety.decoding import LOOKED_AT, decode, known_letters, share_known, words_of
from inference.safety.languages import Languages
from inference.safety.leet import MEANT, leet, spellings, spelt
from inference.safety.normalise import join_spaced, normalise
from inference.safety.parting import Parter
from inference.safety.regularity import Regularity, unchopped, unnumbered
from inference.safety.restoring import Restorer
from inference.safety.shapes import ANY, Shapes
from inference.safety.skeletons import MAX_WORD, Skeletons
from inference.safety.turning import MADE_OF_WORDS, Turner
from inference.safety.vocabulary import Vocabulary

GAP: Final = "="
"""Stands where words end among letters that stand apart; it means nothing itself."""

EVERYDAY, MANY = 6000, 10**9
"""Ranks up to which a word is used by everybody, is any."""
BENT: Final = 12
"""Ways to spell one word that are bent into others, the likeliest: so a word costs as much whatever it is."""
BENT_IN_ALL: Final = 250
"""The same of one text, word by word from its start, beside those of words that came out."""
PATIENCE: Final = 1000
"""Letters of the words of a text that come to nothing, after which of others it is only looked up what they spell, and
which word of a filter has like letters: as many as a prompt has room for, so that no filling there hides a word."""
GLANCED_AT: Final = 2
"""Ways to spell a word that are looked up after that."""
MOSTLY: Final = 5
"""Ways to take a word's digits that are tried where words may be run together in it."""
LEET_TURNED: Final = 2 * LOOKED_AT
"""Words that tell whether a text is leet, and turned as well."""
SPLIT: Final = 0.2
"""Share of words that do not exist, from which on they may be pieces of words."""
FOREIGN: Final = 6
"""Letters of a word of another language that is bent into one of the lists: shorter ones are like any word."""
DOTTED: Final = 3
"""More words than stand in an address, with a full stop between them, are a sentence."""
STARRED_WORDS: Final = 2
"""So many words with signs in the place of letters are profanities; more of them are a manner of writing."""

_WIDE_GAP: Final = re.compile(r"(?<=(?<!\w)\w)\s{2,}(?=\w(?!\w))")
"""Between words whose letters stand apart."""
_APOSTROPHE: Final = re.compile(r"['’](?:s|d|t|ll|re|ve|m)?$")
_LETTERS: Final = re.compile(r"[a-z]+")
_VOWELS: Final = re.compile("[aeiouy]")
_DIGIT_AMONG_LETTERS: Final = re.compile(r"[a-z]\d+[a-z]")
_ELIDED: Final = re.compile(r"(?:[cdjlmnst]|qu|un|[dn]?all|[dns]u?ell|sull)['’]")
"""Articles and the like without their vowel, in French, Italian and Catalan."""
_SIGNED: Final = re.compile(r"[a-z](?:[^\w\s'’,.:;·-]|[\d_])+[a-z]")
"""Letters with signs or digits among them that no language writes there."""
_AMONG_LETTERS: Final = re.compile(r"[a-z][^a-z\s]+[a-z]")
_QUOTES: Final = ".,;:!?\"'()[]{}<>«»“”‘’…"
_AROUND: Final = f"{_QUOTES}-–—"
"""What stands around words and is no part of them."""
_EDGE: Final = re.compile(r"[^\s.,;:'s’]+")
"""What may stand before and after a word but sentence marks and the genitive."""
_STARRED: Final = re.compile(r"(?<![a-z])[a-z]+[^\w\s'’-][a-z]*")
_COVERED: Final = re.compile(r"[a-z]+(?:([^\w\s'’/&-])[a-z]*)(?:\1[a-z]*)*")
"""A word with one sign in the place of letters."""


@dataclass(frozen=True, slots=True)
class Reading:
    """`changes` are pairs: as it was written (without styles and accents), and as it was read."""

    text: str
    changes: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class _Loosely:
    """How the words of a text may be bent into any other: the one `manner` in which most are changed; whether many have
    `stars`; whether it is `foreign`; and how many ways to spell them, and letters, may still come to nothing."""

    manner: str | None
    stars: bool
    foreign: bool
    left: int = BENT_IN_ALL
    patience: int = PATIENCE


def _apart(word: str, plain: str) -> str:
    """A word as it stood in the text, its letters apart."""
    found = re.search(r"[\W_]{1,5}".join(map(re.escape, word[:MAX_WORD])), plain)
    return found[0] if found else word


class Speller:
    """Reads texts with a vocabulary.  Never raises; the time grows with the text's length and no faster."""

    def __init__(self, vocabulary: Vocabulary, languages: Languages) -> None:
        self._languages = languages
        self._rank, self._telling = vocabulary.rank, vocabulary.telling
        self._tells, self.knows = vocabulary.tells, vocabulary.knows
        self._skeletons = Skeletons(self._rank, self._telling, vocabulary.stems, self.knows)
        self._parter = Parter(self._rank, self._telling, self.knows)
        self._turner = Turner(self.knows, self._tells, self._parter)
        self._regularity = Regularity(self.knows, self._tells, self._parter)
        self._restorer = Restorer(self._rank, self._telling, self.knows, languages)
        either = sorted({*self._telling, *self._rank}, key=lambda word: (self._rank.get(word, MANY), word))
        self._shapes, self._telling_shapes = Shapes(either), Shapes(word for word in either if word in self._telling)

    def read(self, text: str) -> Reading:
        """What the text most likely says."""
        decoded = decode(unnumbered(unchopped(text)), self.knows, self._shapes.first, self._parter.apart)
        plain = self._turner.ungrouped(normalise(_WIDE_GAP.sub(f" {GAP} ", decoded)))
        best = self._read_plain(plain)
        turned = self._regularity.without_tails(plain) or self._turner.turned_back(plain, best.text)
        turned = turned or self._without_regularity(plain, best.text)
        if turned is None:
            turned = self._restorer.restored(plain, best.text)
        elif not self._languages.says_more(turned, plain):
            turned = None
        if turned is not None:
            meant = self._read_plain(turned).text.split()  # what stood there plainly stays
            told = [word for word in best.text.split() if self._tells(word) and word not in meant]
            return Reading(" ".join([*meant, *told]), ((text, turned),))
        if decoded != text and plain != normalise(text):
            best = Reading(best.text, ((text, plain), *best.changes))
        initials = self._regularity.acrostic(decoded)
        changes = (*best.changes, (text, " ".join(initials)))
        return Reading(" ".join([best.text, *initials]), changes) if initials else best

    def _without_regularity(self, plain: str, otherwise: str) -> str | None:
        """What the text says without what is regular in it, if more words come out of it than `otherwise`."""
        readings = [*self._regularity.readings(plain)]
        if _DIGIT_AMONG_LETTERS.search(otherwise):  # leet, and turned as well
            start, rest = plain.split()[:LEET_TURNED], plain.split()[LEET_TURNED:]
            turned = self._turner.turned_back(" ".join(map(spelt, start)), otherwise)
            if rest and turned is not None:
                turned = self._turner.turned_back(" ".join(map(spelt, [*start, *rest])), otherwise)
            readings += filter(None, [turned])
        best = max(readings, key=lambda text: known_letters(text, self.knows), default="")
        return best if known_letters(best, self.knows) > known_letters(otherwise, self.knows) else None

    def _read_plain(self, plain: str) -> Reading:
        changes: list[tuple[str, str]] = []
        plain, masked = self._unmasked(plain, changes)
        joined = join_spaced(plain)
        together = set(joined.split()).difference(plain.split())
        joined = self._mended(joined, changes)
        words: list[str] = []
        read: dict[tuple[str, bool], tuple[list[str], list[tuple[str, str]]]] = {}
        foreign = self._languages.is_foreign(joined) and not _SIGNED.search(joined)
        loosely = _Loosely(self._manner(joined), masked or len(_STARRED.findall(joined)) > STARRED_WORDS, foreign)
        for token in joined.split():
            if token == GAP:
                continue
            apart = token in together
            if (token, apart) not in read:  # the same word is the same wherever it stands
                changed: list[tuple[str, str]] = []
                read[token, apart] = self._read_token(token, changed, loosely, apart=apart), changed
                if apart and _LETTERS.search(token) and len(read) < LOOKED_AT:
                    changed.append((_apart(token, plain), token))  # that is told, whatever they say
            if masked and _COVERED.fullmatch(read[token, apart][0][0].strip(_AROUND)):
                continue  # who covers the vowels of all words hides nothing in one that nobody knows
            words += read[token, apart][0]
            changes += read[token, apart][1]
        whole, mends = self._parter.whole(words, FOREIGN if foreign else 0)
        return Reading(" ".join(whole), tuple(dict.fromkeys((*changes, *mends))))

    def _mended(self, plain: str, changes: list[tuple[str, str]]) -> str:
        """A text most of whose words are in pieces, whole: before the pieces are taken for words that were changed."""
        share = share_known(plain, self.knows)
        if share > 1 - SPLIT:
            return plain
        words = plain.split()
        mends: list[tuple[str, str]] = []
        mended = " ".join(self._parter.mend(words[: 2 * LOOKED_AT], mends))
        if len(mends) <= STARRED_WORDS or share_known(mended, self.knows) < max(MADE_OF_WORDS, share + SPLIT):
            return plain
        return " ".join(self._parter.mend(words, changes))

    def _unmasked(self, plain: str, changes: list[tuple[str, str]]) -> tuple[str, bool]:
        """The text with the vowels that signs stand for: n-k-d; of any words where many are written so; and whether."""
        words = plain.split()
        cores = [word if word.isalpha() else _APOSTROPHE.sub("", word.strip(_QUOTES)) for word in words]
        at = [index for index, core in enumerate(cores) if 3 < len(core) <= MAX_WORD and not self.knows(core)]
        at = [index for index in at if self._skeletons.masked(cores[index], loosely=True) is not None]
        loosely = len(at) > STARRED_WORDS
        for index in at:
            meant = self._skeletons.masked(cores[index], loosely=loosely)
            if meant is not None:
                changes.append((cores[index], meant))
                words[index] = words[index].replace(cores[index], meant)
        return " ".join(words), loosely

    def _manner(self, plain: str) -> str | None:
        """How most words of a text are changed, where most are."""
        words = words_of(plain)
        unknown = [word for word in words if not self.knows(word)]
        return self._skeletons.manner(unknown) if len(unknown) >= len(words) * (1 - MADE_OF_WORDS) else None

    # ----------------------------------------------------------------------------------------------- one token

    def _read_token(self, token: str, changes: list[tuple[str, str]], loosely: _Loosely, *, apart: bool) -> list[str]:
        """The words of one token; its letters stood `apart` from each other, without gaps between words, or not."""
        core = _APOSTROPHE.sub("", token.strip(_AROUND))
        bare = self._skeletons.any(core, "bare") if loosely.manner == "bare" and core not in self._rank else None
        if not core or core.isdecimal() or (self.knows(core) and not bare) or (not core.isascii() and core.isalpha()):
            return [token]  # where no word has vowels, nkd is no slang
        if loosely.foreign and _ELIDED.match(core):
            return [token]
        parts = _LETTERS.findall(core)
        if len(parts) > 1 and all(part in self._rank or part in self._telling for part in parts):
            joined = "".join(parts)
            if len(joined) < 5 or joined not in self._telling:
                dotted = len(parts) > DOTTED and core == ".".join(parts)
                return parts if dotted else [token]  # text-to-image, rock'n'roll
        if len(parts) > 2 and sum(len(part) for part in parts if self.knows(part)) * 2 > sum(map(len, parts)) > 12:
            return [word for part in parts for word in self._read_token(part, changes, loosely, apart=False)]
        meant = self._meant(token, core, loosely) if not self.knows(core) else bare
        if meant is None and "-" in core:
            pieces = [
                piece for part in core.split("-") for piece in self._read_token(part, changes, loosely, apart=False)
            ]
            return [" ".join(pieces)] if pieces != core.split("-") else [token]
        if meant is None and apart and _LETTERS.fullmatch(core):
            meant = " ".join(self._parter.apart(core) or ()) or None
        if meant is None:
            return [token]
        changes.append((core, meant))
        before, _, after = token.partition(core)
        return f"{_EDGE.sub('', before)}{meant}{_EDGE.sub('', after)}".split()

    def _meant(self, token: str, core: str, loosely: _Loosely) -> str | None:
        most = None if loosely.patience > 0 else GLANCED_AT
        respelt = list(dict.fromkeys(islice(spellings(token, core, self._tells), most)))
        known = [form for form in respelt if self.knows(form) and self._is_sure(form)]
        if known:  # a filter's words first, then the commonest
            return min(known, key=lambda form: (not self._tells(form), self._rank.get(form, MANY)))
        if (meant := self._bent(core, respelt, loosely)) is None:
            loosely.patience -= len(core)
        return meant

    def _bent(self, core: str, respelt: Sequence[str], loosely: _Loosely) -> str | None:
        """A word that nothing but its letters says: as one that is like it, or as several."""
        letters = "".join(_LETTERS.findall(core))
        if core == letters:
            like_any = loosely.foreign and len(letters) < FOREIGN and _VOWELS.search(letters)
            if len(letters) > 3 and self._tells(letters[::-1]) and not like_any:
                return letters[::-1]
            found = None if like_any else self._skeletons.telling(letters)
            found = found or self._skeletons.any(letters, loosely.manner)
            of_english = loosely.foreign and (found in self._rank or (like_any and found in self._telling))
            if found is not None and not of_english:
                return found
        elif (starred := self._starred(core, loosely)) is not None:
            return starred
        runs = [run for run in dict.fromkeys([letters, *leet(core)[:MOSTLY]]) if len(run) > 6]
        words = self._parter.part(runs) if loosely.patience > 0 else None
        if words is not None and (not loosely.foreign or any(len(word) > 4 and self._tells(word) for word in words)):
            return " ".join(words)
        return self._strange(core, respelt, loosely)

    def _is_sure(self, form: str) -> bool:
        """Whether a respelt form is taken for what was meant: of three letters only what everybody uses."""
        if self._tells(form) or self._rank.get(form, MANY) < (EVERYDAY if len(form) < 4 else MANY):
            return True
        return len(form) > 4 and self.knows(form)

    def _strange(self, core: str, respelt: Sequence[str], loosely: _Loosely) -> str | None:
        """A word that nobody knows, with signs or digits among its letters: as what it can be spelt."""
        if loosely.patience <= 0 or not _AMONG_LETTERS.search(core) or sum(map(str.isalpha, core)) * 3 < len(core):
            return None
        tried = respelt[: min(BENT, loosely.left)]
        loosely.left -= len(tried)
        for candidate in tried:
            found = self._skeletons.telling(candidate) or self._skeletons.any(candidate, loosely.manner)
            if found is not None:
                loosely.left += len(tried)
                return found
        return next((word for word in respelt if len(word) > 4 and self._skeletons.plausible(word)), None)

    def _starred(self, core: str, loosely: _Loosely) -> str | None:
        """p*rn, s_x: signs for hidden letters of a telling word, of which more than half is to be seen."""
        places = [sign if sign.isalpha() else MEANT.get(sign, ANY) for sign in core] if len(core) <= MAX_WORD else []
        hidden = places.count(ANY)
        if not hidden or hidden * 2 > len(core) or places[0] is ANY:
            return None
        return (self._shapes if loosely.stars else self._telling_shapes).first(places)
