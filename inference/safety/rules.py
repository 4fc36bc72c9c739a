"""The rules that no server can change: minors, people who exist, weapons of mass harm.

In: the listed terms of a text (lexicon.py) and where they stand.  Out: a `Finding`, or None.

To accuse somebody, a doubtful word and a word for a minor must stand in the same phrase: "grilled duck breasts with
baby carrots" and "never leave naked flames near children" do not.  Ages count where they are those of people.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from inference.safety.lexicon import Kind, Match, Words
from inference.safety.minors import AGE, bathing, ends_piece, is_half_grown, minors, owns, undressing
from inference.safety.plans import beheadings, plans

MINORS: Final = "minors"
REAL_PEOPLE: Final = "real_people"
MASS_HARM: Final = "mass_harm"
HARD: Final = (MINORS, REAL_PEOPLE, MASS_HARM)
"""Categories that are always blocked."""
FARTHEST: Final = 6
"""Words between two terms that are taken together, at most; between a weapon and what teaches to make it, 8."""
LONGEST_TERM: Final = 16
"""Words of a listed term."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`rule` is a name for the log; `words` are what the rule saw.  Where it is not `certain`, somebody should look."""

    category: str
    rule: str
    words: tuple[str, ...]
    certain: bool = True


@dataclass(frozen=True, slots=True)
class _Place:
    """Where words stand: sentences apart, pieces (between any signs) apart, and how many words lie between."""

    words: Words

    def apart(self, one: Match, other: Match) -> tuple[int, int, int]:
        first, second = sorted((one, other), key=lambda match: match.first)
        gap = max(0, second.first - first.last - 1)
        sentences = self.words.sentences[second.first] - self.words.sentences[first.last]
        pieces = self.words.pieces[second.first] - self.words.pieces[first.last]
        return max(0, sentences), max(0, pieces), gap

    def ends(self, match: Match) -> bool:
        """Whether nothing follows, or only after a sign."""
        return ends_piece(self.words, match.last)

    def followed(self, match: Match, by: frozenset[str]) -> bool:
        """Whether one of these words comes next, with no sign between."""
        return not self.ends(match) and self.words.words[match.last + 1] in by

    def grown_up(self, minor: Match, word: Match) -> bool:
        """Whether a grown-up stands between; an underage model is none."""
        between = self.between(minor, word)
        if minor.last < word.first and not self.ends(minor) and self.words.words[minor.last + 1] in _APPOSED:
            between.discard(self.words.words[minor.last + 1])
        return bool(_ADULTS.intersection(between))

    def between(self, one: Match, other: Match) -> set[str]:
        first, second = sorted((one, other), key=lambda match: match.first)
        return set(self.words.words[first.last + 1 : second.first])


class _Found:
    """Matches in the order of the text; only those near another are looked at, so that no text takes long."""

    def __init__(self, matches: Iterable[Match]) -> None:
        self._matches = sorted(matches, key=lambda match: match.first)
        self._firsts = [match.first for match in self._matches]

    def near(self, match: Match, words: int) -> list[Match]:
        """Those with at most so many words between."""
        start = bisect_left(self._firsts, match.first - words - LONGEST_TERM)
        return self._matches[start : bisect_right(self._firsts, match.last + words + 1)]


def judge(words: Words, matches: Sequence[Match]) -> Finding | None:
    """The gravest rule that the text breaks."""
    place = _Place(words)
    findings = [
        *_sexualised_minors(place, matches),
        *_real_people(place, matches),
        *_mass_harm(place, matches),
    ]
    gravest = min(findings, key=lambda finding: (not finding.certain, HARD.index(finding.category)), default=None)
    return _with_all_names(gravest, matches)


# -------------------------------------------------------------------------------------------------------- minors


def _sexualised_minors(place: _Place, matches: Sequence[Match]) -> Iterator[Finding]:
    for match in matches:
        if match.kind is Kind.MINORS_ALONE:
            yield Finding(MINORS, "minors", (match.text,))
    young = list(minors(place.words, matches))
    if not young:
        return
    ages = {index for minor in young if minor.category == AGE for index in range(minor.first, minor.last + 1)}
    sexual = [
        match
        for match in (*matches, *undressing(place.words))
        if not (match.text in ("sex", "seks") and match.first in ages)
        if match.kind in (Kind.NUDITY, Kind.SUGGESTIVE) or (match.kind is Kind.SEVERE and match.category == "sexual")
        if not _of_a_thing(place, match)
    ]
    found, bathers = _Found(sexual), _Found(bathing(place.words))
    for minor in young:
        for word in found.near(minor, FARTHEST):
            if _same_language(minor, word) and _of_the_minor(place, minor, word):
                doubtful = _may_be_harmless(place, minor, word)
                yield Finding(MINORS, "minors", (word.text, minor.text), certain=not doubtful)
        for word in bathers.near(minor, 3) if is_half_grown(minor) else ():
            if _of_the_minor(place, minor, word):
                yield Finding(MINORS, "minors", (word.text, minor.text), certain=False)
    anywhere = _each_once(word for word in sexual if word.kind is not Kind.SUGGESTIVE)
    for minor in _each_once(young):
        for word in anywhere:
            if _same_language(minor, word):
                yield Finding(MINORS, "minors_apart", (word.text, minor.text), certain=False)


def _each_once(matches: Iterable[Match]) -> list[Match]:
    """One of each term, for where it stands does not matter."""
    return list({(match.category, match.text): match for match in matches}.values())


def _of_the_minor(place: _Place, minor: Match, word: Match) -> bool:
    """Whether the word can be said of the minor: near, and of no grown-up who stands between the two."""
    sentences, pieces, gap = place.apart(minor, word)
    if word.first <= minor.last and minor.first <= word.last:
        return True
    if word.kind is Kind.SUGGESTIVE and word.text not in _BARELY:
        near = pieces <= (minor.category == AGE) and sentences == 0 and gap <= 3  # a girl, 9, in
    else:
        near = sentences == 0 and gap <= (6 if pieces == 0 else 3)
    return near and (word.kind is Kind.SEVERE or not place.grown_up(minor, word))


def _may_be_harmless(place: _Place, minor: Match, word: Match) -> bool:
    """Underwear for children, her son's car, a cock among hens."""
    if word.text in _WORN and place.between(word, minor) == {"for"} and word.first < minor.first:
        return True
    if word.text == "cock" and place.words.words[word.first - 1] not in _HIS:
        return bool(_POULTRY.intersection(place.words.words))
    return owns(place.words, minor)


def _of_a_thing(place: _Place, word: Match) -> bool:
    return word.text in _SHOWN and place.followed(word, _NAKED_THINGS)


def _same_language(minor: Match, word: Match) -> bool:
    """Words of two languages are taken together where neither is an everyday word of English with another meaning."""
    if word.kind is Kind.SEVERE or AGE in (minor.category, word.category) or minor.category == word.category:
        return True
    return (word.text, minor.category) not in _SIX and not _FALSE_FRIENDS.intersection({minor.text, word.text})


# --------------------------------------------------------------------------------------------- people who exist


def _real_people(place: _Place, matches: Sequence[Match]) -> Iterator[Finding]:
    people = _Found(match for match in matches if match.kind in (Kind.NAME, Kind.ANYONE, Kind.PRIVATE))
    for match in (*matches, *beheadings(place.words)):
        if match.kind is Kind.PRIVATE_ALONE:
            yield Finding(REAL_PEOPLE, "real_people", (match.text,))
        explicit = match.kind is Kind.NUDITY or (match.kind is Kind.SEVERE and match.category == "sexual")
        explicit = explicit and not _of_a_thing(place, match)
        violent = match.kind is Kind.VIOLENCE or (match.kind is Kind.SEVERE and match.category == "violence_gore")
        for person in people.near(match, FARTHEST) if explicit or violent else ():
            sentences, pieces, gap = place.apart(person, match)
            near = sentences == 0 and gap <= (6 if pieces == 0 else 2)
            if near and explicit and not (person.kind is Kind.PRIVATE and owns(place.words, person)):
                yield Finding(REAL_PEOPLE, "real_people_sexual", (match.text, person.text))
            elif near and person.kind is not Kind.PRIVATE and _suffers(place, person, match, gap):
                blood = _BLOOD.intersection(place.words.words[max(0, match.first - 4) : match.last + 5])
                certain = match.text not in _ACCIDENTS or bool(blood)
                yield Finding(REAL_PEOPLE, "real_people_violence", (match.text, person.text), certain)


def _with_all_names(finding: Finding | None, matches: Sequence[Match]) -> Finding | None:
    """All the people of public life in the text beside what was found, for whoever looks at it."""
    if finding is None or finding.category != REAL_PEOPLE:
        return finding
    names = [match for match in matches if match.kind is Kind.NAME]
    whole = [
        name.text
        for name in names
        if not any(o is not name and o.first <= name.first and name.last <= o.last for o in names)
    ]
    return replace(finding, words=tuple(dict.fromkeys((*finding.words, *whole))))


def _suffers(place: _Place, person: Match, deed: Match, gap: int) -> bool:
    """Whether the deed is done to the person: "beheading X", "X beheaded", but not "X killing zombies"."""
    if deed.first < person.first:
        return gap <= 4
    if deed.text.startswith(_EXECUTIONS) and (place.ends(deed) or place.followed(deed, _PICTURES)):
        return True
    if deed.text in _TRANSITIVE and place.followed(deed, _OBJECTS):
        return False  # who crushed an opponent, or injured his thumb
    return gap <= 3 and not deed.text.endswith(("ing", "beheads", "decapitates")) and deed.text not in _DEEDS


# --------------------------------------------------------------------------------------------------- mass harm


def _mass_harm(place: _Place, matches: Sequence[Match]) -> Iterator[Finding]:
    for plan in plans(place.words):
        yield Finding(MASS_HARM, plan.rule, (plan.text,), plan.certain)
    teaching = _Found(match for match in matches if match.kind is Kind.INSTRUCTION)
    making = _Found(match for match in matches if match.kind is Kind.MAKING)
    wide = {(match.first, match.last) for match in matches if match.kind is Kind.WIDE_WEAPON}
    for weapon in matches:
        if weapon.kind is Kind.THREAT:
            yield Finding(MASS_HARM, "threat", (weapon.text,))
        if weapon.kind is not Kind.WEAPON:
            continue
        taught = [match for match in teaching.near(weapon, 8) if _within(place, match, weapon, 8)]
        made = [m for m in making.near(weapon, 3) if _within(place, m, weapon, 3) and not _drawn(place, m, weapon)]
        if (taught and made) or (taught and (weapon.first, weapon.last) not in wide):
            yield Finding(MASS_HARM, "weapon_instructions", (taught[0].text, weapon.text))
        elif made and (weapon.first, weapon.last) not in wide and _made(place, made[0], weapon):
            yield Finding(MASS_HARM, "weapon_making", (made[0].text, weapon.text))


def _made(place: _Place, making: Match, weapon: Match) -> bool:
    """Whether the weapon is what is made: "making sarin", "sarin synthesis", but not "sarin makes people ill"."""
    return making.first < weapon.first or (
        making.text in ("synthesis", "extraction") and place.apart(making, weapon)[2] == 0
    )


def _within(place: _Place, one: Match, other: Match, limit: int) -> bool:
    sentences, _, gap = place.apart(one, other)
    return sentences == 0 and gap <= limit


def _drawn(place: _Place, one: Match, other: Match) -> bool:
    """Whether it is a picture that is to be made."""
    return bool(_PICTURES.intersection(place.between(one, other)))


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ADULTS: Final = _words(
    "woman women man men lady ladies adult adults mother mothers mom moms mum mommy mama father dad daddy parents"
    " couple husband wife teacher nurse grandmother grandfather grandma grandpa actress actor model models statue"
    " sculpture queen king goddess bodybuilder wrestler sumo soldier soldiers"
)
_APPOSED: Final = _words("model models actress actresses actor actors woman women lady ladies")
_BARELY: Final = _words("lingerie panties thong thongs undies braless")
"""What is worn in bed: after a comma, too."""
_SIX: Final = (("sex", "sv"), ("seks", "da"))  # girls, in Swedish and in Norwegian
_FALSE_FRIENDS: Final = _words(
    "kind ado ados nu nus minor minore minori menor baby babys anak remaja bra slip bocah bambina barn gutter infantil"
    " infantile infantiles mineur mineurs bite nue nena nenas balita jk jc js siswi abg schuler schulerin mutande seni"
    " nudo nudos"
)
_NAKED_THINGS: Final = _words(
    "drawer drawers shop shops store stores boutique department section aisle display advert advertisement catalogue"
    " catalog brand factory ad ads noodle noodles lipstick lipsticks palette nail polish shade shades makeup eyeshadow"
    " grouse juice cake cakes oats pizza burrito burger bulb bulbs flame flames light tree trees branch branches eye"
    " wire wires rock cliffs"
)
"""Things that are called naked, and where clothes are kept or sold."""
_SHOWN: Final = _words("naked nude bare topless exposed underwear undies underpants lingerie panties bra")
_WORN: Final = _words("underwear undies underpants")
"""What is made for children, too."""
_EXECUTIONS: Final = ("behead", "decapitat", "dismember", "disembowel", "guillotin", "lynch")
_ACCIDENTS: Final = ("injured", "wounded")
"""What news are full of, and sport: nobody need have done it where no blood is seen."""
_BLOOD: Final = _words("blood bloody bleeding bleeds bloodied gore gory beaten stabbed")
_TRANSITIVE: Final = _words("injured wounded crushed killed hung drowned poisoned died")
_OBJECTS: Final = _words(
    "it his her their the a an up all every another thumb finger toe ankle knee leg arm wrist shoulder hand foot elbow"
    " laughing"
)
"""What follows where a person has done it, and has not suffered it."""
_HIS: Final = _words("his my your their erect hard big huge")
_POULTRY: Final = _words(
    "hen hens chicken chickens chick chicks rooster poultry farm farmyard coop barn farmer feathers"
)
_DEEDS: Final = _words("kill kills execute executes assassinate assassinates stab stabs murder shooting shot")
_PICTURES: Final = _words(
    "image images picture pictures painting drawing drawings illustration poster posters scene photo photograph render"
    " rendering art artwork sketch logo portrait cartoon meme video comic visual visualization visualisation depiction"
    " documentary film movie game news statue sculpture cake cookie costume sign symbol icon model toy museum banner"
)
