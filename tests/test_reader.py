"""How prompts are read: other languages, other colours, ways of drawing, and what nobody knows."""

import itertools
import re
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from inference.checkpoints.builtin import load_builtin, save_builtin
from inference.checkpoints.weights import CheckpointError
from inference.text.colours import read_colours
from inference.text.languages import Languages
from inference.text.nouns import singulars
from inference.text.phrasings import Phrasings
from inference.text.places import read_places
from inference.text.reader import LANGUAGES, MOST_UNKNOWN, PHRASINGS, VOCABULARY, Reader
from inference.text.styles import Styled, read_styles
from inference.text.thesaurus import Thesaurus
from inference.text.vocabulary import Vocabulary
from tests.readers import shipped, spelling
from tests.test_checkpoints import builtin_like

CHAT = Path(__file__).with_name("prompts_in_languages.txt")
SMALL = Reader(Thesaurus({"horse": ["stallion"], "cat": []}), None, Vocabulary({"a", "on", "horse", "cat"}, {"sit"}))


@pytest.mark.parametrize(
    ("prompt", "read"),
    [
        ("ein roter Apfel am Strand", "a red apple on the beach"),
        ("eine Katze reitet auf einem Pferd", "a cat riding a horse"),
        ("drei blaue Katzen", "three blue cats"),
        ("ein Schloss auf einem Hügel bei Nacht", "a castle on a green hill at night"),
        ("un chat bleu sur la plage", "a blue cat on the beach"),
        ("un cœur rouge sur fond bleu", "a red heart on a blue background"),
        ("l’éléphant rose", "the pink elephant"),
        ("un gato negro y un perro blanco", "a black cat and a white dog"),
        ("dos perros", "two dogs"),
        ("um gato azul na praia", "a blue cat on the beach"),
        ("un drago rosso nella foresta", "a red dragon in the forest"),
        ("красное сердце на синем фоне", "a red heart on a blue background"),
        ("чёрная кошка и собака", "a black cat and a dog"),
        ("青い背景の赤いハート", "a red heart on a blue background"),
        ("海滩上的一只红色的猫", "a red cat on the beach"),
        ("两只狗和一匹马", "two dogs and a horse"),
        ("Apfel", "an apple"),
        ("Kühe, die auf der Wiese schlafen", "cows sleeping on the meadow"),
        ("mit dem Bären", "with the bear"),
        ("Kinder spielen im Garten", "children playing in the garden"),
        ("un gato en el sofá", "a cat above a couch and lamp"),
        ("ein Schneehase", "a rabbit"),
        ("corazon rojo", "a red heart"),
        ("un verre de lait", "a glass of milk"),
        ("a raposa", "the fox"),
        ("eine Tasse Kaffee auf dem Tisch", "a cup of coffee above a table"),
        ("ein Glas Wein", "a glass of wine"),
        ("ein Stück Kuchen", "a cake"),
        ("un trozo de pizza", "a pizza"),
        ("ein Junge und ein Mädchen spielen Fußball", "a boy and a girl and a soccer ball"),
        ("une licorne sous la pluie", "a unicorn on a rainy day"),
        ("un orso in montagna", "a bear in the mountains"),
        ("um cachorro na praia com uma bola", "a dog and a soccer ball on the beach"),
    ],
)
def test_other_languages_are_read_word_by_word(prompt: str, read: str) -> None:
    """Nouns of eight languages, and the small words around them, in English order."""
    assert shipped().read(prompt).text == read


def content(text: str) -> list[str]:
    """The words of a phrase without articles, in the singular."""
    words = re.findall(r"[^\W_]+(?:-[^\W_]+)*", text.lower())
    idle = {"a", "an", "the", "his", "of"}
    return [word if word.endswith("ss") else next(singulars(word), word) for word in words if word not in idle]


@pytest.mark.parametrize("language", ["de", "fr", "es", "it", "pt", "ru", "ja", "zh"])
def test_prompts_of_a_chat_are_read_in_their_grammar(language: str) -> None:
    """Plurals, cases, genders, verbs and word order: nine in ten at least of each language's."""
    part = CHAT.read_text("utf-8").split(f"[{language}]\n")[1].split("\n\n")[0]
    pairs = [line.split(" = ") for line in part.splitlines()]
    assert len(pairs) >= 30
    wrong = []
    for prompt, meant in pairs:
        read = shipped().translate(prompt) or ""
        choices = itertools.product(*(word.split("/") for word in meant.split()))
        if content(read) not in [content(" ".join(choice)) for choice in choices]:
            wrong.append((prompt, read, meant))
    assert len(wrong) <= len(pairs) // 10, wrong


@pytest.mark.parametrize(
    "prompt", ["a red heart on a blue background", "a castle in a field at night", "two cats", "dragon", "", "42"]
)
def test_english_stays_as_it_is(prompt: str) -> None:
    """Also a single word that another language has."""
    assert shipped().read(prompt).text == prompt
    assert shipped().read(prompt).unknown == ()


@pytest.mark.parametrize(
    ("prompt", "unknown"),
    [
        ("pepe the frog", ("pepe",)),
        ("Gandalf the wizard, sitting happily on a very big horse", ("Gandalf",)),
        ("Qwerty and Qwerty and Zxcvbn", ("Qwerty", "Zxcvbn")),
        ("a heifer and a stallion", ()),
        ("un gato con flurbo", ("flurbo",)),
        ("an oil painting of a cat, anime style", ("anime",)),
        ("a cat in the style of Van Gogh", ("Van Gogh",)),
    ],
)
def test_words_that_nobody_knows_are_named(prompt: str, unknown: tuple[str, ...]) -> None:
    """As they were typed, each once; words that tell nothing to be seen are passed over."""
    assert shipped().read(prompt).unknown == unknown


def test_not_too_many_words_are_named() -> None:
    """A prompt of nothing but nonsense is not repeated."""
    nonsense = " ".join(f"x{letter}{letter}q" for letter in "abcdefghijkl")
    assert len(SMALL.read(nonsense).unknown) == MOST_UNKNOWN


@pytest.mark.parametrize(
    ("prompt", "read"),
    [
        ("an oil painting of a cat", Styled("a cat", ("oil painting",))),
        ("a cat, oil painting, highly detailed, 4k", Styled("a cat", ("oil painting",), ("highly detailed", "4k"))),
        ("watercolor cat on a hill", Styled("cat on a hill", ("watercolour",))),
        ("a low poly fox", Styled("a fox", ("low poly",))),
        ("an 8-bit owl, black and white", Styled("an owl", ("pixel art", "black and white"))),
        ("8-bit art of a wizard", Styled("a wizard", ("pixel art",))),
        ("a pencil sketch of a dog", Styled("a dog", ("sketch",))),
        ("a black and white photo of a train", Styled("a train", ("black and white",))),
        ("a monochrome dog, grayscale", Styled("a dog", ("black and white",))),
        ("eine Katze in Schwarzweiß", Styled("eine Katze", ("black and white",))),
        ("un gato en blanco y negro", Styled("un gato", ("black and white",))),
        ("猫、水彩画", Styled("猫", ("watercolour",))),
        ("a flat illustration of a fox", Styled("a fox, flat illustration")),
        ("a cat in the style of Van Gogh", Styled("a cat", (), ("Van Gogh",))),
        *((same, Styled(same)) for same in (
            "a black and white cat", "a clay pot", "a house made of lego", "a cat and a painting", "a noir detective",
            "a man painting a house", "a jar of olive oil", "a painting", "sketch", "oil painting", "black and white",
        )),
    ],
)  # fmt: skip
def test_ways_of_drawing_are_done_known_or_named(prompt: str, read: Styled) -> None:
    """Where they stand as such; what is drawn is never taken away altogether."""
    assert read_styles(prompt) == read


def test_a_filter_is_read_in_any_language_and_changes_no_drawing() -> None:
    """The thing is drawn as if it were asked for without; before, the model's own black and white spoilt a cat."""
    for prompt in ("a cat in black and white", "eine Katze in Schwarzweiß", "un chat en noir et blanc"):
        reading = shipped().read(prompt)
        assert (reading.text, reading.filters, reading.unknown) == ("a cat", ("black and white",), ())
    assert (
        shipped().interpret("a blue apple, sepia", 0).composition == shipped().interpret("a blue apple", 0).composition
    )


@pytest.mark.parametrize(
    ("prompt", "read"),
    [
        ("a crimson rose", "a red rose"),
        ("a lemon crown and a dark blue car", "a yellow crown and a navy blue car"),
        ("a golden retriever", "a golden retriever"),
        ("a gold medal", "a gold medal"),
        ("a peach", "a peach"),
    ],
)
def test_other_colours_are_read_as_the_nearest(prompt: str, read: str) -> None:
    """Before what can have them; not where they are a part of a name."""
    assert read_colours(prompt) == read


@pytest.mark.parametrize(
    ("prompt", "plain"),
    [
        ("a sılver car", "a silver car"), ("a cat at nıght", "a cat at night"), ("a pİnk car", "a pink car"),
        ("sİx catſ", "six cats"), ("a cat on a blac\u212a bac\u212aground", "a cat on a black background"),
        ("A MAN RUNNİNG", "a man running"),
    ],
)  # fmt: skip
def test_letters_that_patterns_take_for_ascii_are_read_as_such(prompt: str, plain: str) -> None:
    """Tables have no such letters, so that one such prompt would fail the batch that it is drawn in."""
    read, meant = (shipped().interpret(one, 0) for one in (prompt, plain))
    assert (read.composition, read.unknown) == (meant.composition, meant.unknown)
    assert shipped().read(prompt).text.lower() == shipped().read(plain).text


@given(st.text(max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    """Whatever people type."""
    reading = shipped().read(text)
    assert isinstance(reading.text, str)
    assert all(word for word in reading.unknown)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        *(pair.split(":") for pair in (
            "castel:castle hosre:horse dinosuar:dinosaur dgo:dog catt:cat aple:apple unicorm:unicorn tigar:tiger "
            "vampyre:vampire turtels:turtles beautifull:beautiful octopuss:octopus elefant:elephant girafe:giraffe "
            "jelyfish:jellyfish spaceshp:spaceship zombe:zombie pinguins:penguins"
        ).split()),
        *((word, None) for word in (
            "castle mule beech loin pepe doge shrek minion groot hodor biden nudes heist palsy hest qwerty zxcvbn hund"
        ).split()),
    ],
)  # fmt: skip
def test_a_slip_of_the_pen_is_corrected_and_nothing_else(typed: str, meant: str | None) -> None:
    """Neither common words nor names, nor what is only like a word; what is foreign, only into what it means."""
    reading = spelling().read(f"a big {typed} on a hill")
    assert reading.read_as == (() if meant is None else ((typed, meant),))
    assert shipped().read(f"a big {typed} on a hill").read_as == ()


def test_what_is_corrected_is_what_is_read() -> None:
    """Names stay, and so does what is of another language; a word that was corrected is not unknown."""
    reading = spelling().read("Castel of Hosre, by Castel: a hosre on a montain, oil painting")
    assert reading.read_as == (("Castel", "castle"), ("hosre", "horse"), ("montain", "mountain"))
    assert "Hosre" in reading.unknown
    assert spelling().interpret("a blue hosre", 1).composition == spelling().interpret("a blue horse", 1).composition
    assert spelling().read("ein Hund und eine Kaze").read_as == ()


def test_a_model_without_tables_knows_no_unknown_words() -> None:
    """And reads every prompt as it is."""
    assert Reader().read("ein Zxcvbn, oil painting").text == "ein Zxcvbn, oil painting"
    assert Reader().read("ein Zxcvbn").unknown == ()


def test_a_model_reads_through_its_own_tables(tmp_path: Path) -> None:
    """The same states for a German cat as for a cat, once its folder has the words."""
    save_builtin(tmp_path, *builtin_like())
    (tmp_path / VOCABULARY).write_text('{"drawn": ["a", "cat"], "silent": []}')
    (tmp_path / LANGUAGES).write_text('{"de": {"nouns": {"cat": ["katze"]}, "words": {"a": ["eine"]}}}')
    text = load_builtin(tmp_path).text
    assert torch.equal(text.states(["eine Katze"])[0], text.states(["a cat"])[0])  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "content",
    [
        "[]", '{"de": []}', '{"de": {"nouns": {}}}', '{"de": {"nouns": {"cat": "katze"}, "words": {}}}',
        '{"de": {"nouns": {"cat": [1]}, "words": {}}}',
        f'{{"de": {{"nouns": {{"cat": ["{"k" * 61}"]}}, "words": {{}}}}}}',
    ],
)  # fmt: skip
def test_a_bad_table_of_languages_is_refused_by_name(tmp_path: Path, content: str) -> None:
    """With the path of the file."""
    (tmp_path / LANGUAGES).write_text(content)
    with pytest.raises(CheckpointError, match=LANGUAGES):
        Languages.load(tmp_path / LANGUAGES, set())


@pytest.mark.parametrize(
    ("prompt", "asked"),
    [
        ("a laptop", "a laptop, 3d"),
        ("the laptop in the snow", "the laptop in the snow, 3d"),
        ("two laptops", "two laptops, 3d"),
        ("a small laptop on a red background", "a small laptop on a red background, 3d"),
        ("a laptop, flat illustration", "a laptop, flat illustration"),
        ("a laptop and a cat", "a laptop and a cat"),
        ("an eye", "a naked eye"),
        ("two eyes", "two eyes"),
        ("a wand", "a small wand"),
        ("a tiny wand at night", "a tiny wand at night"),
        ("a cat", "a cat"),
    ],
)
def test_a_thing_is_asked_of_the_model_as_it_draws_it_best(prompt: str, asked: str) -> None:
    """Where it is alone, and nobody said how it should look; asked twice it stays."""
    phrasings = Phrasings({"laptop": "laptop, 3d", "eye": "naked eye", "wand": "small wand"})
    assert phrasings.read(prompt) == asked
    assert phrasings.read(asked) == asked


@pytest.mark.parametrize("content", ["[]", '{"a": 1}', '{"a": ""}', f'{{"{"a" * 81}": "b"}}'])
def test_bad_phrasings_are_refused_by_name(tmp_path: Path, content: str) -> None:
    """With the path of the file."""
    (tmp_path / PHRASINGS).write_text(content)
    with pytest.raises(CheckpointError, match=PHRASINGS):
        Phrasings.load(tmp_path / PHRASINGS)


@pytest.mark.parametrize(
    "content",
    ["[]", "{}", '{"drawn": ["a"]}', '{"drawn": [1], "silent": []}', '{"drawn": [], "silent": [], "nouns": [1]}'],
)
def test_a_bad_vocabulary_is_refused_by_name(tmp_path: Path, content: str) -> None:
    """With the path of the file."""
    (tmp_path / VOCABULARY).write_text(content)
    with pytest.raises(CheckpointError, match=VOCABULARY):
        Vocabulary.load(tmp_path / VOCABULARY)


def test_an_english_noun_that_cannot_be_read_is_of_no_other_language() -> None:
    """Spaniards call a necklace "collar"; who writes English means no necklace, and is told that it is unknown."""
    reader = shipped()
    for prompt in ("collar", "a collar", "a ranch"):
        assert reader.translate(prompt) is None
        assert reader.read(prompt).unknown == (prompt.removeprefix("a "),)
    assert reader.read("un collar rojo").text == "a red prayer beads"


@pytest.mark.parametrize(
    ("prompt", "meant"),
    [
        ("a duck on a lake", "a duck on the beach"),
        ("a fish in a river", "a fish in the sea"),
        ("a penguin on ice", "a penguin in the snow"),
        ("a wolf under the full moon", "a wolf at night"),
        ("a castle by the river at sunset", "a castle on the beach at sunset"),
        ("a ufo above a field", "a ufo in a field"),
        ("a bird over the ocean at sunset", "a bird on the beach at sunset"),
        ("a cat above a field mouse", "a cat above a field mouse"),
        ("a black cat on a red carpet", "a black cat on a red background"),
        ("a dog on an orange rug at home", "a dog on an orange background at home"),
        ("a cat on a carpet", "a cat on a carpet"),
        ("the beach", "a beach with umbrella"),
        ("a dark forest at night", "an evergreen tree in a forest at night"),
        ("a city, 3d", "a cityscape, 3d"),
        ("a forest of mushrooms", "a forest of mushrooms"),
        ("a lake", "a national park"),
        ("a duck in a pond", "a duck on the beach"),
        ("sunset over the ocean", "a sunrise"),
        ("a beautiful sunset over the mountains, 3d", "a mountain at sunset, 3d"),
        ("a sunset behind the city", "a sunset"),
        ("a boat at sunset", "a boat at sunset"),
        ("a house next to a lake", "a house on the beach"),
        ("a monkey on a water buffalo", "a monkey on a water buffalo"),
        ("a pumpkin on halloween night", "a pumpkin at night"),
        ("a house on a hill at sunset", "a house on a green hill at sunset"),
        ("a rocket flying to the moon", "a rocket on the moon"),
        ("a chicken crossing the road", "a chicken on the street"),
        ("a unicorn under the rain", "a unicorn on a rainy day"),
        ("a bear in a mountain", "a bear in the mountains"),
        ("a bird rising from the ashes", "a bird in flames"),
    ],
)
def test_places_are_read_as_the_scenes_that_are_like_them(prompt: str, meant: str) -> None:
    assert read_places(prompt) == meant


@pytest.mark.parametrize(
    ("prompt", "read", "unknown"),
    [
        ("a cat under a table", "a cat in front of a table", ()), ("a cat on a grublet", "a cat", ("grublet",)),
        ("eine Katze auf einem Grublet", "a cat", ("grublet",)),
        ("a cat jumping over a grublet", "a cat", ("grublet",)),
        ("a man with a beard and glasses", "a man and glasses", ("beard",)),
        ("a headless horse", "a headless horse", ("headless",)), ("a fish on a plate", "a fish", ("plate",)),
        ("a cup of coffee on a wooden table", "a cup of coffee above a wooden table", ()),
        ("a kitchen", "a small cooking in the kitchen", ()),
        ("the number 7", "the number 7", ("number",)), ("a cat and a grublet", "a cat", ("grublet",)),
        ("a cat wearing a grublet", "a cat", ("grublet",)),
        ("un perro con barba", "a dog", ("barba",)), ("a donut with sprinkles", "a donut", ("sprinkles",)),
        ("spaghetti and meatballs", "spaghetti", ("meatballs",)), ("a cat with eyes", "a cat with eyes", ()),
        ("the eiffel tower", "the tokyo tower", ()), ("eifel tower", "tokyo tower", ()),
        ("la Sagrada Familia", "a church", ()),
        ("a person rowing boat in the sea", "a person rowing boat in the sea, 3d", ()),
        ("a pile of gold", "a coin", ()), ("a gold star", "a gold star", ()),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_told_and_left_out(prompt: str, read: str, unknown: tuple[str, ...]) -> None:
    """Beneath a thing; a table's top is brown."""
    reading = shipped().interpret(prompt, 4)
    assert reading.unknown == unknown
    assert shipped().read(prompt).text == read


def test_prompts_of_a_tester_are_taken_apart() -> None:
    """Each names more things than were drawn."""
    for prompt, layout, drawn in (
        ("three apples and two bananas on a plate", "beside", ("an apple", "a banana")),
        ("a dog chasing a cat", "beside", ("a dog", "a cat")),
        ("two dogs and three cats", "beside", ("a dog face", "a cat face")),
        ("a fox and a rabbit sitting under a tree", "before", ("a fox", "a rabbit", "a tree")),
        ("a cat wearing sunglasses", "eyed", ("a cat face", "sunglasses")),
        ("a cat wearing a hat", "wearing", ("a cat face", "a top hat")),
        ("a girl in a red dress", "dressed", ("a girl", "a dress")),
    ):
        reading = shipped().interpret(prompt, 4)
        assert reading.composition is not None
        assert (reading.composition.layout, reading.drawn) == (layout, drawn)


@pytest.mark.parametrize(
    "prompt",
    [
        "a house by the lake", "ein Haus am See", "ein Haus an der See", "une maison au bord du lac",
        "una casa junto al lago", "una casa sul lago", "uma casa no lago", "дом у озера", "湖のそばの家", "湖上的房子",
    ],
)  # fmt: skip
def test_a_lake_is_beside_its_house_and_not_above_it(prompt: str) -> None:
    composition = shipped().interpret(prompt, 0).composition
    assert composition is not None
    assert composition.place == "beach"


def test_what_is_black_in_french_is_no_black_and_white_picture() -> None:
    assert shipped().read("un chat noir").filters == ()
    assert shipped().read("a detective, noir").filters == ("black and white",)


@pytest.mark.parametrize(
    ("prompt", "meant"),
    [
        ("one wizard", "a wizard"),
        ("One owl in a forest", "an owl in a forest"),
        ("one apple and one dog", "an apple and a dog"),
        ("one of two wizards", "one of two wizards"),
        ("the one ring", "the one ring"),
    ],
)
def test_one_thing_is_a_thing(prompt: str, meant: str) -> None:
    """Captions have an article where people may write a number."""
    assert shipped().read(prompt).text == meant


@pytest.mark.parametrize(
    ("prompt", "meant"),
    [
        ("four hearts", "four heart"),  # what they are drawn well by, however it sounds
        ("two hearts", "two hearts"),  # a thing of that name
        ("a dog with a ball", "a dog and a soccer ball"),
        ("a crystal ball", "a crystal ball"),
    ],
)
def test_words_are_read_as_what_is_drawn_well(prompt: str, meant: str) -> None:
    assert shipped().read(prompt).text == meant
