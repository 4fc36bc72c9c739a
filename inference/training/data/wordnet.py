"""WordNet: which other nouns mean a concept, or a kind of it.

In: the noun files of WordNet 3.1 (https://wordnet.princeton.edu/documentation/wndb5wn describes them), and the names
and keywords of concepts. Out: for each concept, words like "stallion" for a horse. It knows no pictures.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path

DEPTH = 3
"""So many steps below a concept its kinds are looked for: bird, songbird, finch."""
TOO_GENERAL = 60
"""What has more kinds than this ("person") names none of them."""
MOST = 24
"""Other names of one concept, the nearest first."""
_FIELDS: Mapping[int, frozenset[str]] = {
    0: frozenset({"06", "08", "09", "18"}), 1: frozenset({"08", "18"}), 3: frozenset({"05", "20"}),
    4: frozenset({"13", "20"}), 5: frozenset({"06", "15", "17", "19"}), 6: frozenset({"06", "20", "21"}),
    7: frozenset({"06", "10", "20", "21"}),
}  # fmt: skip
"""WordNet's lexicographer files (05 animals, 13 food, …) in which the things of an emoji group can be."""
_THINGS = frozenset({"05", "06", "08", "13", "17", "18", "19", "20", "21"})
"""The files of what can be looked at: animals, things made, parts of bodies, food, people, plants, money, …"""
_PEOPLE = "18"
_PICTURES = frozenset({"representation", "art", "graphic_art", "picture", "print", "creation", "color", "material"})
"""Words above nouns that tell how to draw ("watercolour"), not what."""
_INSULTS = re.compile(
    r"offensive|slur|disparag|derogat|contempt|prostitut|sex|lewd|promiscu|seduc|erotic|virgin|volupt|mistress|harem"
    r"|concubine|indulged by|abortion|^\(?(?:an? )?(?:[\w-]+ ){0,3}(?:boy|girl|child|infant)\b"
)
"""In the definition of a word that shall not be read as something harmless, or for a child, which is nobody else."""
_LEFT_OUT = frozenset(
    "juvenile unwelcome_person simpleton bad_person deviate prostitute person_of_color handicapped_person".split()
)
"""Words above people who are read as nobody: children, and those whom the word makes less of."""
_MEANINGS = 3
"""So many meanings of a word are asked for, and looked through for insults."""
_NEXT = 0.8
"""How frequent a meaning is taken to be beside the one before it."""
_VERBS = 3
"""A word that is something else so many times as often as a noun is no noun in a prompt."""
_SHORT, _SELDOM = 10, 3
"""Uses of a word below which it is told as unknown rather than passed over."""
_SMALL = frozenset(
    "the and with without from into onto over under above below behind beside between around through during while who "
    "whom whose which that this these those there here where when why how what all both each few more most other some "
    "such only own same than too very can will just should now his her its their our your him them they she you for "
    "not but are was were been being has have had having does did doing would could may might must shall one two three "
    "four five six seven eight nine ten please draw show make picture image photo drawing painting illustration emoji "
    "icon".split()
)
_KIND, _KIND_OF = "~", "@"
_PLAIN_WORDS = re.compile(r"[a-z]{3,}( [a-z]{3,})?")


@dataclass(frozen=True)
class Synset:
    """One meaning: its words, offsets of its kinds and of what it is a kind of, its lexicographer file, its gloss."""

    words: tuple[str, ...]
    kinds: tuple[str, ...]
    kind_of: tuple[str, ...]
    field: str
    gloss: str

    @property
    def definition(self) -> str:
        """The gloss without its examples."""
        return self.gloss.split(";")[0].strip("() ")

    def is_fit(self, group: int) -> bool:
        """Whether a thing of an emoji `group` can be this."""
        return self.field in _FIELDS.get(group, ())


@dataclass(frozen=True)
class Meaning:
    """One meaning of a noun, and how frequent it is beside the most frequent, the word's uses as no noun among them."""

    offset: str
    share: float


@dataclass(frozen=True)
class WordNet:
    """`synsets` by offset, and for each lower-case noun the offsets of its meanings, the most frequent first.

    `uses` counts how often a word was a noun, and how often something else, in the texts that WordNet's makers read;
    `meant` how often each meaning of a noun was, by word and offset.
    """

    synsets: Mapping[str, Synset]
    meanings: Mapping[str, tuple[str, ...]]
    uses: Mapping[str, tuple[int, int]]
    meant: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def silent_words(self) -> frozenset[str]:
        """Words that are no nouns, or others more often, and so name nothing to be seen; long ones are left out."""
        return _SMALL | {
            word
            for word, (noun, other) in self.uses.items()
            if word.isalpha() and len(word) <= _SHORT and other > (max(noun, _SELDOM) if noun else 0)
        }

    @classmethod
    def load(cls, folder: Path) -> WordNet:
        """Read `data.noun`, `index.noun` and `index.sense`. Raises OSError when they are not in `folder`."""
        synsets = dict(_synset(line) for line in _lines(folder / "data.noun"))
        meanings = dict(_meanings(line) for line in _lines(folder / "index.noun"))
        senses = [line.split() for line in _lines(folder / "index.sense")]
        meant = {(key.partition("%")[0], offset): int(count) for key, offset, _, count in senses if "%1:" in key}
        return cls(synsets, meanings, _uses(senses), meant)

    def is_noun(self, name: str) -> bool:
        """Whether a name, of one word or several, is a noun that WordNet has."""
        return name.replace(" ", "_") in self.meanings

    def sense(
        self, names: Iterable[str], group: int, keywords: Iterable[str], also: Set[str] = frozenset()
    ) -> str | None:
        """The meaning of the first of `names` that has one fit for an emoji `group`, None where none has; `also` are
        more fields that it may be of.

        Of several meanings the one is taken whose surroundings share most words with `keywords` (Lesk 1986,
        https://doi.org/10.1145/318723.318728); each place down the order of frequency costs a little.
        """
        wanted = set(keywords)
        for name in names:
            offsets = self.meanings.get(name.replace(" ", "_"), ())
            meant = ((rank, offset, self.synsets[offset]) for rank, offset in enumerate(offsets))
            fit = [(rank, offset) for rank, offset, one in meant if one.is_fit(group) or one.field in also]
            if fit:
                hints = wanted - _words(name)
                return max(fit, key=lambda pair: len(hints & self._surroundings(pair[1])) - 0.6 * pair[0])[1]
        return None

    def other_names(self, senses: Sequence[str | None]) -> list[tuple[str, ...]]:
        """For each of `senses` the nouns that mean it, or kinds of it that are nearer to it than to any other.

        Left out are nouns that mean something else more often, those that would belong to two senses, proper and
        Latin names, and long ones.
        """
        named: list[list[str]] = [[] for _ in senses]
        for offset, owner in self._owners(senses).items():
            if owner is not None:
                words = self.synsets[offset].words
                named[owner] += [word.replace("_", " ") for word in words if self._means_first(word, offset)]
        return [tuple(word for word in dict.fromkeys(words) if _PLAIN_WORDS.fullmatch(word))[:MOST] for words in named]

    def things(self) -> dict[str, tuple[Meaning, ...]]:
        """Single words that are nouns for something to be seen, and what they mean then.

        Left out are words that are proper names first of all, or somebody's, forms of verbs ("painting"), insults, and
        people whom nobody is read as.
        """
        found: dict[str, tuple[Meaning, ...]] = {}
        for word, offsets in self.meanings.items():
            as_noun, otherwise = self.uses.get(word, (0, 0))
            first = self.synsets[offsets[0]].words
            plain = word.isalpha() and len(word) > 2 and word in first and not self._is_name(word)
            if plain and _VERBS * as_noun >= otherwise and not self._is_verb_form(word) and not self._is_low(offsets):
                seen = tuple(one for one in self._meanings(word) if self._is_thing(word, one.offset))
                if seen:
                    found[word] = seen[:_MEANINGS]
        return found

    def _meanings(self, word: str) -> list[Meaning]:
        """All meanings of a noun; where nobody counted, each is taken for a little rarer than the one before."""
        offsets, (as_noun, otherwise) = self.meanings[word], self.uses.get(word, (1, 0))
        counts = [self.meant.get((word, offset), 0) + 1 for offset in offsets]
        is_noun = min(1.0, as_noun / max(1, otherwise))
        shares = [is_noun * _NEXT**rank * count / max(counts) for rank, count in enumerate(counts)]
        return [Meaning(offset, share) for offset, share in zip(offsets, shares, strict=True)]

    def _is_thing(self, word: str, offset: str) -> bool:
        meant = self.synsets[offset]
        return meant.field in _THINGS and word in meant.words and not self._is_below(offset, _PICTURES)

    def _is_name(self, word: str) -> bool:
        """Whether somebody is called so."""
        senses = (self.synsets[offset] for offset in self.meanings[word])
        return any(one.field == _PEOPLE and word.capitalize() in one.words for one in senses)

    def _is_low(self, offsets: Sequence[str]) -> bool:
        """Whether a word is an insult, also if it is not that first of all."""
        first = offsets[:_MEANINGS]
        return any(_INSULTS.search(self.synsets[offset].gloss) for offset in first) or self._is_below(
            offsets[0], _LEFT_OUT
        )

    def _is_verb_form(self, word: str) -> bool:
        stems = (word.removesuffix(ending) for ending in ("ing", "ed") if word.endswith(ending))
        return any(self.uses.get(verb, (0, 0))[1] for stem in stems for verb in (stem, stem + "e"))

    def _is_below(self, offset: str, words: Set[str]) -> bool:
        meant = self.synsets[offset]
        return not words.isdisjoint(meant.words) or any(self._is_below(above, words) for above in meant.kind_of)

    def _owners(self, senses: Sequence[str | None]) -> dict[str, int | None]:
        """Which of `senses` the synsets below them are nearest to, None where to several; from the top downwards."""
        owner: dict[str, int | None] = {}
        for index, sense in enumerate(senses):
            if sense is not None:
                owner[sense] = None if sense in owner else index
        level = dict(owner)
        for _ in range(DEPTH):
            below: dict[str, int | None] = {}
            for offset, nearest in level.items():
                kinds = self.synsets[offset].kinds
                for kind in kinds if len(kinds) <= TOO_GENERAL else ():
                    if kind not in owner:
                        below[kind] = nearest if below.get(kind, nearest) == nearest else None
            owner |= below
            level = below
        return owner

    def _means_first(self, word: str, offset: str) -> bool:
        return self.meanings.get(word, ())[:1] == (offset,)

    def _surroundings(self, offset: str) -> set[str]:
        synset = self.synsets[offset]
        near = [synset, *(self.synsets[other] for other in (*synset.kinds, *synset.kind_of))]
        return _words(" ".join(word for one in near for word in one.words)) | _words(synset.gloss)


def _lines(path: Path) -> Iterable[str]:
    with path.open(encoding="latin-1") as file:
        for line in file:
            if not line.startswith("  "):  # the licence, in the first lines
                yield line


def _synset(line: str) -> tuple[str, Synset]:
    head, _, gloss = line.partition(" | ")
    offset, field, _, size, *rest = head.split()
    words = 2 * int(size, 16)
    pointers = [rest[at : at + 3] for at in range(words + 1, len(rest), 4)]

    def those(wanted: str) -> tuple[str, ...]:
        return tuple(to for sign, to, part in pointers if sign == wanted and part == "n")

    return offset, Synset(tuple(rest[:words:2]), those(_KIND), those(_KIND_OF), field, gloss.strip())


def _meanings(line: str) -> tuple[str, tuple[str, ...]]:
    word, _, count, *rest = line.split()
    return word, tuple(rest[-int(count) :])


def _uses(senses: Iterable[Sequence[str]]) -> dict[str, tuple[int, int]]:
    """Tagged uses of each word as a noun (sense keys "horse%1:…") and as anything else; one more for each meaning."""
    uses: dict[str, tuple[int, int]] = {}
    for key, _, _, count in senses:
        word, _, kind = key.partition("%")
        as_noun, otherwise = uses.get(word, (0, 0))
        one = 2 * int(count) + 1
        uses[word] = (as_noun + one, otherwise) if kind.startswith("1") else (as_noun, otherwise + one)
    return uses


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+", text.lower()))
