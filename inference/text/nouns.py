"""English nouns: their articles and plurals.

In: a noun, or a phrase around one, in lower case. Out: the phrase in another form.
"""

from __future__ import annotations

from collections.abc import Iterator

_INVARIABLE = ("sheep", "fish", "deer", "scissors", "glasses", "jeans", "trousers", "shorts", "skis", "chopsticks")
_IRREGULAR = {
    "mouse": "mice", "goose": "geese", "person": "people", "child": "children", "wolf": "wolves", "tooth": "teeth",
    "foot": "feet", "leaf": "leaves", "knife": "knives", "elf": "elves", "ox": "oxen", "loaf": "loaves",
    "scarf": "scarves", "calf": "calves", "hoof": "hooves", "half": "halves",
}  # fmt: skip
_SINGULARS = {many: one for one, many in _IRREGULAR.items()}
_NO_MEN = ("human", "german", "ottoman", "talisman", "shaman", "caiman")
_HEADS = (" of ", " with ", " on ", " in ", " behind ", " from ", " without ", " at ")


def plural(name: str) -> str:
    """English plural of a concept's name; the noun before "of", "with", … is the one that changes."""
    for joint in _HEADS:
        head, found, rest = name.partition(joint)
        if found:
            return plural(head) + found + rest
    *start, last = name.split(" ")
    if name.startswith("person "):
        return "people " + name.removeprefix("person ")
    if last in _INVARIABLE or (last.endswith("s") and not last.endswith(("ss", "us", "is"))):
        ending = last
    elif last in _IRREGULAR:
        ending = _IRREGULAR[last]
    elif last.endswith("man") and last not in _NO_MEN:
        ending = last.removesuffix("man") + "men"
    elif last.endswith(("s", "x", "ch", "sh", "z")):
        ending = last + "es"
    elif last.endswith("y") and last[-2:-1] not in "aeiou":
        ending = last[:-1] + "ies"
    else:
        ending = last + "s"
    return " ".join([*start, ending])


def article(phrase: str) -> str:
    """`phrase` with "a" or "an" before it."""
    starts_with_vowel = phrase[:1] in "aeiou" and not phrase.startswith(("uni", "ufo", "eu", "one", "us"))
    starts_with_vowel = starts_with_vowel or phrase.startswith(("hour", "honest", "heir"))
    return f"an {phrase}" if starts_with_vowel else f"a {phrase}"


def indefinite(name: str) -> str:
    """A name as captions say it: those in the plural take no article."""
    is_plural = name.endswith("s") and not name.endswith(("ss", "us", "is"))
    return name if is_plural or name.startswith(("people ", "busts ")) else article(name)


def singulars(word: str) -> Iterator[str]:
    """What `word` may be the plural of."""
    if word in _SINGULARS:
        yield _SINGULARS[word]
    for ending, other in (("s", ""), ("es", ""), ("ies", "y"), ("men", "man")):
        if word.endswith(ending) and plural(word.removesuffix(ending) + other) == word:
            yield word.removesuffix(ending) + other
