"""Words that English lists and other languages use every day."""

import pytest

from inference.safety.filter import PromptFilter
from inference.safety.languages import FALSE_FRIENDS, languages_of
from inference.safety.lexicon import Lexicon, Words
from inference.safety.reading import HEARD
from tests.test_safety_respell import reader


@pytest.mark.parametrize(
    "text",
    [
        "un gato negro sentado en una silla", "gato negro", "un perro negro", "un vestido negro", "agujero negro",
        "mi coche negro y rojo", "o gato preto e o carro negro", "un hombre vestido de negro", "caballo negro",
        "foto en blanco y negro de una iglesia", "Rio Negro landscape", "Cerro Negro volcano", "mole negro",
        "la parte inferior", "el labio inferior", "un bombero con una manguera", "o bombeiro salva um gato",
        "kot na stole", "der hang am berg", "das ass im spiel", "en lång väg i skogen", "le forgeron dans son atelier",
        "una bomba de agua", "viento violento", "un orage violent sur la mer",
    ],
)  # fmt: skip
def test_false_friends_are_drawn(text: str) -> None:
    """In a text of their own language: black cats, lower lips, firemen, tables, slopes."""
    assert PromptFilter.load().check(text).action == "allow"


@pytest.mark.parametrize(
    "text",
    [
        "dirty negro", "negroes", "stupid negro", "a negro in the street", "negro", "un negro sucio", "sucio negro",
        "este negro es un mono", "maldito negro", "los negros son monos", "puto negro",
    ],
)  # fmt: skip
def test_a_colour_that_is_somebody_is_no_false_friend(text: str) -> None:
    """In English, and in Spanish with nothing before it that is black."""
    assert PromptFilter.load().check(text).action == "block"


@pytest.mark.parametrize(
    ("text", "listed"),
    [("slut in the forest", True), ("gooning slut", True), ("bimbofied slut", True), ("en slut är vacker", False)],
)
def test_a_false_friend_counts_where_no_other_language_is_told(text: str, listed: bool) -> None:
    """In English, and beside words that English has invented lately."""
    assert any(match.text == "slut" for match in reader().read(text).matches) is listed


def test_every_false_friend_is_on_an_english_list() -> None:
    """What is on none has no use there."""
    lexicon = Lexicon.load()
    for word in languages_of(FALSE_FRIENDS):
        assert any(match.kind in HEARD for match in lexicon.find(Words(word))), word
