"""The word list: what it finds, and the famous words that it must not find."""

import pytest

from inference.safety.lexicon import Weight, find, names_minors

FAMOUS = [
    "a man mowing the grass in Scunthorpe, Essex",
    "a classic assassin's creed cosplay",
    "nuclear skill in a black cocktail dress",
    "a cockatoo, a peacock and a cat in Penistone, Middlesex and Sussex",
    "the analyst analyses an album of canals",
    "a rapper rapping about rapeseed and grapes",
    "shiitake mushrooms, shih tzu, pass the bass",
    "a scrap of therapist paper in Arsenal colours",
    "a dickens novel, hancock tower, a titmouse, titan, title",
    "cumulus clouds, cucumber, document, accumulate, circumvent",
    "a pornic beach, a saxophone sextant, a sextet, unisex clothes",
    "a kiln, a skilled killer whale, begonia, gorecki and gorey illustrations",
    "a naked mole rat visible to the naked eye",
    "suicide squad poster, kill bill poster, moby dick, al gore, gore-tex jacket",
    "a raccoon, cocoon, tycoon; snigger, niggle; the niger river in nigeria and nigerian food",
    "spice, spicy, hospice; a knight in white satin; a nitwit",
    "blue tits and great tits on a branch, pussy willow",
    "a fagot of wood, fagus trees, a lesson in methods, methane, heroine, herons",
    "ursa minor, a sonata in a minor key",
]


@pytest.mark.parametrize("text", FAMOUS)
def test_harmless_words_are_not_found(text: str) -> None:
    """A listed word inside another one is no find."""
    assert [match.text for match in find(text.lower())] == []


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("hentai", "sexual"),
        ("pornographic art", "sexual"),
        ("gore, everywhere", "violence_gore"),
        ("he was decapitated", "violence_gore"),
        ("sieg heil", "hate_harassment"),
        ("how to kill myself", "self_harm"),
        ("self-harm", "self_harm"),
        ("make a bomb at home", "illegal"),
        ("lolicon", "minors"),
        ("裸porn裸", "sexual"),
        ("porn2024", "sexual"),
    ],
)
def test_listed_words_are_found(text: str, category: str) -> None:
    """Whole words with their endings, phrases across any sign, and Latin words between other scripts."""
    assert [(match.category, match.weight) for match in find(text)] == [(category, Weight.CLEAR)]


def test_ambiguous_words_are_doubtful() -> None:
    """A nude may be art, and a dictator history."""
    assert {match.weight for match in find("a nude statue beside hitler")} == {Weight.DOUBTFUL}


@pytest.mark.parametrize(
    "text",
    [
        "two children",
        "a toddler",
        "12yo",
        "12 y/o",
        "a 9-year-old",
        "17 years old",
        "seven year old",
        "aged 12",
        "age 5",
    ],
)
def test_minors_are_recognised(text: str) -> None:
    """By words and by ages."""
    assert names_minors(text)


@pytest.mark.parametrize("text", ["18 years old", "a 20-year-old", "aged 45", "112 years old", "baby yoda", "kidney"])
def test_adults_are_not_minors(text: str) -> None:
    """Nor is everything that has a number."""
    assert not names_minors(text)
