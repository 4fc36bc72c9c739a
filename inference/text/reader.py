"""How a model reads prompts: other languages, ways of drawing, and nouns that it never learned, in words that it did.

In: a prompt. Out: what the text encoder reads, and the words that nobody knows. It knows no model; a model brings its
tables along (`thesaurus.json`, `languages.json`, `vocabulary.json`), and without them all prompts stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from inference.text.activities import read_activities, side_by_side
from inference.text.colours import read_colours
from inference.text.compositions import Composition, read_composition
from inference.text.counts import read_counts
from inference.text.courtesies import asked_for, pleasant
from inference.text.drafts import ANY_COLOUR, Names
from inference.text.emoji import read_emoji
from inference.text.exclusions import left_in
from inference.text.groups import read_groups
from inference.text.interpretations import interpretation
from inference.text.languages import Languages
from inference.text.nouns import article, singulars
from inference.text.people import read_people
from inference.text.phrasings import Phrasings
from inference.text.places import read_places
from inference.text.scenery import before_wood
from inference.text.spelling import Spelled, Speller, ranks
from inference.text.styles import Styled, read_styles
from inference.text.takes import take_of, taken
from inference.text.thesaurus import Thesaurus
from inference.text.vocabulary import Vocabulary

THESAURUS, LANGUAGES, VOCABULARY = "thesaurus.json", "languages.json", "vocabulary.json"
PHRASINGS = "phrasings.json"
_LIKE_ASCII = str.maketrans("ıİſ\u212a", "iisk")
"""Letters that patterns take for those of ASCII where they ignore case, and no table does (the last is the Kelvin)."""
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_ONE = re.compile(r"(?:^|(?<=\band ))one (?!(?:of|or|and|more|is|with|who|that)\b)(?=([a-z]))", re.IGNORECASE)
"""The number before a thing: captions have an article there, and of twenty things asked for as "one" ten were wrong."""
_BEFORE_NAME = re.compile(rf"^(?:(?:an?|the) )?(?:(?:{ANY_COLOUR}) )?")
_GROUND = re.compile(
    r"(?<=\w)(?P<doing>(?<!\ba)(?<!\ban)(?<!\bthe) (?:\w{2,}ing|placed))? "
    r"(?:on top of|on|onto|off|under|underneath|below|beneath|beside|next to|near|behind|in front of|inside|into|by"
    r"|over|above|through|across|against|around|along|from|and|with|wearing|holding)"
    r" (?:an?|the|his|her|its|my) (?:\w+ )?(?P<what>[\w-]+)(?=$|[,.!?])",
    re.IGNORECASE,
)
"""What something is said to stand on, or beside, or to have, at the end of a prompt."""
_HAD = re.compile(
    r"(?<=\w)(?P<joint> (?:with|wearing|holding|having) )(?:an?|the|his|her|its) (?:\w+ )?(?P<what>[\w-]+) and ",
    re.IGNORECASE,
)
"""What it is said to have before something else."""
_TOPPING = re.compile(r"(?P<whole>\w[\w'’ -]*) (?:with|and) (?:[\w-]+ )?(?P<what>[\w-]+)(?=$|[,.!?])", re.IGNORECASE)
"""What a thing is said to have on it, or with it, that has no article."""
_DISHES = frozenset({"plate", "dish"})
"""What is drawn from above, so that nothing stands on it."""
_NAME_END = re.compile(r"(?<=\w)(?= (?:in|on|at|under|before|against)\b)")
"""Where a name may end ("a person rowing boat in the sea")."""
_LACKING = frozenset(f"{part}less" for part in "head leg arm wing face eye hair leaf tail ear nose mouth".split())
"""What no picture is without."""
_SHORT = 2
"""Letters of words that are never told as unknown."""
MOST_UNKNOWN = 8


@dataclass(frozen=True)
class Reading:
    """`text` as the text encoder reads it; `unknown`, in the prompt's own words and order, what had to be left out;
    `filled` what was put in where the prompt left it open; `composition` what is drawn instead, thing by thing, and
    then put together; `filters` what is done to the finished picture, by the names of `inference.painting.filters`;
    `read_as` pairs of words that are misspelt in the prompt and what they were read as."""

    text: str
    unknown: tuple[str, ...] = ()
    filled: str = ""
    composition: Composition | None = None
    filters: tuple[str, ...] = ()
    read_as: tuple[tuple[str, str], ...] = ()

    @property
    def as_drawn(self) -> Reading:
        """The same, neither mirrored nor smaller."""
        if self.composition is None:
            return self
        return replace(self, composition=replace(self.composition, is_mirrored=False, scale=1.0))

    @property
    def is_put_together(self) -> bool:
        """Whether the picture is more than what one row of codes shows."""
        return bool(self.filters) or (self.composition is not None and not self.composition.is_as_drawn)

    @property
    def drawn(self) -> tuple[str, ...]:
        """The texts that codes are drawn from: one, or those of a composition."""
        return (self.text,) if self.composition is None else self.composition.drawn


class Reader:
    """Reads prompts for one model. Without a vocabulary no word is unknown."""

    def __init__(
        self,
        thesaurus: Thesaurus | None = None,
        languages: Languages | None = None,
        vocabulary: Vocabulary | None = None,
        phrasings: Phrasings | None = None,
        common: Sequence[str] = (),
    ) -> None:
        """`common` are words that are spelt right, the most frequent first; without them no spelling is corrected."""
        self.thesaurus = thesaurus or Thesaurus({})
        self._phrasings = phrasings or Phrasings({})
        self._languages = languages
        self._vocabulary = vocabulary
        meanings = languages.meanings if languages is not None else _no_meanings
        looks = vocabulary or Vocabulary((), ())
        self._drafted = Names(
            self.thesaurus.nouns.__contains__, self._knows, self._is_thing, looks.pale.__contains__,
            looks.hollow.__contains__,
        )  # fmt: skip
        self._speller = Speller(self._names, self._knows, meanings, ranks(common)) if common and vocabulary else None

    @classmethod
    def load(cls, folder: Path, common: Sequence[str] = ()) -> Self:
        """With those of the tables that a model's folder has. Raises `CheckpointError`."""
        thesaurus, languages, vocabulary = (folder / name for name in (THESAURUS, LANGUAGES, VOCABULARY))
        words = Vocabulary.load(vocabulary) if vocabulary.is_file() else None
        nouns = Thesaurus.load(thesaurus) if thesaurus.is_file() else Thesaurus({})
        known = nouns.words | (frozenset[str]() if words is None else {*words.drawn, *words.nouns})
        phrasings = folder / PHRASINGS
        return cls(
            nouns,
            Languages.load(languages, known) if languages.is_file() else None,
            words,
            Phrasings.load(phrasings) if phrasings.is_file() else None,
            common,
        )

    @property
    def has_vocabulary(self) -> bool:
        """Whether there are words that it does not know."""
        return self._vocabulary is not None

    def translate(self, text: str) -> str | None:
        """A prompt of another language in English; None for all else."""
        translated = None if self._languages is None else self._languages.read(text)
        return None if translated is None else translated.text

    def read(self, text: str) -> Reading:
        """What the text encoder is to read for a prompt."""
        reading = self._in_captions(text)
        return replace(reading, text=self._phrasings.read(side_by_side(reading.text)))

    def _in_captions(self, text: str) -> Reading:
        """A prompt in words of captions, with each thing by its name."""
        text = text if self._vocabulary is None else self._asked_for(text)
        styled = Styled(text) if self._vocabulary is None else read_styles(read_emoji(text))
        text, dropped = styled.text, styled.dropped
        translated = None if self._languages is None else self._languages.read(text)
        spelled = self._spelled(text) if translated is None else Spelled(translated.text)
        text = spelled.text
        text = text if self._vocabulary is None else read_colours(text)
        if self._vocabulary is not None and not self._is_name(text):
            text = left_in(text, self.thesaurus.nouns.__contains__)
            text, missed = read_counts(read_people(read_groups(text, self.thesaurus.knows)), self.thesaurus.knows)
            text, dropped = read_places(text), (*missed, *dropped)
        unknown = self._unknown(text) if translated is None else translated.unknown
        unknown = _listed((*unknown, *dropped))
        text, unseen = self._without_unknown(text)
        unseen = unseen if translated is None else tuple(map(translated.in_own_words, unseen))
        unknown = _listed((*unknown, *(one for one in unseen if one not in unknown)))
        text = self._read_things(text)
        wooden = before_wood(text)
        if wooden != text and self._vocabulary is not None and read_composition(text, self._drafted) is None:
            text = wooden  # in one piece no table is drawn
        return Reading(text, unknown, filters=styled.filters, read_as=spelled.read_as)

    def interpret(self, text: str, seed: int, varied: int | None = None) -> Reading:
        """What the picture of `seed` is to be drawn from; without a vocabulary, or where nothing is filled in, the
        prompt in its own words. A variation shows what the picture of the seed `varied` shows."""
        if self._vocabulary is None:
            return replace(self._in_captions(text), text=text)
        shown = seed if varied is None else varied
        chosen = "" if self._asked_for(text) else pleasant(shown)
        text = chosen or text
        reading = self._in_captions(text)
        filled_in, filled = (reading.text, chosen) if chosen else interpretation(reading.text, shown)
        composition = read_composition(filled_in, self._drafted)
        drawn = side_by_side(filled_in) if filled else text
        take = take_of(seed, is_variation=varied is not None)
        composition = taken(drawn, composition, take, lambda one: self._phrasings.read(one) == one)
        return replace(reading, text=drawn, filled=filled, composition=composition)

    def _asked_for(self, text: str) -> str:
        """What a prompt asks to see, in its own words; "" for anything."""
        text = " ".join(text.split()).translate(_LIKE_ASCII)  # long gaps take patterns seconds
        return text if self._is_name(text) else asked_for(text)

    def _read_things(self, text: str) -> str:
        """English words in those of captions."""
        text = _ONE.sub(lambda found: article(found[1].lower())[:-1], text)
        words = self._vocabulary
        if words is not None and not self._starts_with_name(text):
            knows = self.thesaurus.knows
            text = read_activities(text, knows, lambda word: knows(word) or word in words.drawn)
        return self.thesaurus.read(text)

    def _without_unknown(self, text: str) -> tuple[str, tuple[str, ...]]:
        """A prompt without what a thing stands on, or beside, or has, that cannot be drawn, and what that is: the
        thing is drawn better alone."""
        if self._vocabulary is None:
            return text, ()
        had = _HAD.search(text)
        if had is not None and not self._knows(had["what"].lower()):
            text, others = self._without_unknown(text[: had.end("joint")] + text[had.end() :])
            return text, (had["what"], *others)
        found = _GROUND.search(text)
        what = "" if found is None else found["what"].lower()
        if found is not None and (not self._knows(what) or what in _DISHES):
            is_name = self._is_thing((found["doing"] or "").strip().lower())  # "a big painting on an easel"
            return text[: found.end("doing") if is_name else found.start()] + text[found.end() :], (found["what"],)
        found = _TOPPING.fullmatch(text.strip(" .!?"))
        if found is None or self._is_thing(found["what"].lower()) or not self._is_alone(found["whole"].lower()):
            return text, ()
        return found["whole"], (found["what"],)

    def _is_alone(self, text: str) -> bool:
        """Whether a prompt is one thing's name, in a colour perhaps."""
        return self._is_name(text) or self._is_thing(_BEFORE_NAME.sub("", text))

    def _is_name(self, text: str) -> bool:
        """Whether a prompt is a thing's own name, in a colour perhaps: no word of it says where or what it does."""
        return _BEFORE_NAME.sub("", text.strip().lower()) in self.thesaurus.nouns

    def _starts_with_name(self, text: str) -> bool:
        """Whether a prompt is things' own names, or those with a verb in one, whatever stands behind that."""
        starts = (text[: at.start()].split(" and ") for at in _NAME_END.finditer(text))
        if all(map(self._is_name, text.split(" and "))):
            return True
        return any(any("ing " in name for name in names) and all(map(self._is_name, names)) for names in starts)

    def _spelled(self, text: str) -> Spelled:
        return Spelled(text) if self._speller is None else self._speller.read(text)

    def _is_thing(self, word: str) -> bool:
        """Whether a word names a thing that can be drawn."""
        return any(self.thesaurus.knows(one) for one in (word, *singulars(word)))

    def _names(self, word: str) -> bool | None:
        """Whether a word names a thing that can be drawn, or only stands beside one; None where it is no word."""
        if self._is_thing(word):
            return True
        words = self._vocabulary
        return False if words is not None and (word in words.drawn or word in words.silent) else None

    def _unknown(self, text: str) -> list[str]:
        if self._vocabulary is None:
            return []
        words = [word for word in _WORD.findall(text) if len(word) > _SHORT and not self._knows(word.lower())]
        left = set(_WORD.findall(self.thesaurus.read(text))) if words else ()  # "eiffel tower" is known as a whole
        return [word for word in words if word in left]

    def _knows(self, word: str) -> bool:
        words = self._vocabulary
        if words is None:
            return True
        if word in _LACKING:
            return False
        if word in words.nouns and word not in words.silent:  # "number" is more than what is numb
            return word in words.drawn or self._is_thing(word)
        if word.endswith("ing") or any(stem in words.silent for stem in _stems(word)):
            return True  # what somebody is doing is not a thing
        return any(
            one in words.drawn or self.thesaurus.knows(one) for one in (word, *singulars(word), *word.split("-"))
        )


def _no_meanings(_: str) -> frozenset[str]:
    return frozenset()


def _stems(word: str) -> Iterator[str]:
    """The word, and what it may be a form of: "sitting", "makes", "happily"."""
    yield word
    for ending in ("s", "es", "ed", "ing", "ly", "er", "est"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > _SHORT:
            yield from (stem, stem + "e", stem[:-1] + "y" if stem.endswith("i") else stem)
            if stem[-1] == stem[-2]:
                yield stem[:-1]


def _listed(words: Collection[str]) -> tuple[str, ...]:
    """Each word once, and not too many."""
    return tuple(dict.fromkeys(words))[:MOST_UNKNOWN]
