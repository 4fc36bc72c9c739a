"""The thesaurus: how prompts are read through it, how it is made, and how a model carries it."""

import json
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from inference.checkpoints.builtin import BUILTIN_FOLDER, load_builtin, save_builtin
from inference.checkpoints.text_encoder import load_sentence_encoder
from inference.checkpoints.weights import CheckpointError
from inference.text.nouns import plural, singulars
from inference.text.reader import THESAURUS
from inference.text.thesaurus import Thesaurus
from inference.training.data.icons import Concept
from inference.training.data.kinds import Kinds, anchors
from inference.training.data.wordnet import Meaning, Synset, WordNet
from inference.training.stages.thesaurus import LEAST_LIKENESS, look_up, write_thesaurus
from tests.test_checkpoints import builtin_like

WORDS = Thesaurus(
    {
        "horse": ["stallion", "mare"],
        "ogre": ["ogress"],
        "pig": ["hog"],
        "coin": ["guinea"],
        "cat face": [],
        "man": ["gentleman"],
        "person running": [],
        "thumbs up": [],
        "arrow left": [],
    }
)


@pytest.mark.parametrize(
    ("prompt", "read"),
    [
        ("a stallion running through a field, up close", "a horse running through a field, up close"),
        ("a mare standing left of a stallion flies", "a horse standing left of a horse flies"),
        ("two gentlemen", "two men"),
        ("Jack the stallion, captain Stallion", "Jack the horse, captain Stallion"),
        ("a pig's hog, a horse hog", "a pig's hog, a horse hog"),  # parts and kinds of what is known
        ("a stallion playing chess", "a horse playing chess"),
        ("A Stallion's saddle", "a horse's saddle"),
        ("a mare and an ogress", "a horse and an ogre"),
        ("an ogress, a stallion", "an ogre, a horse"),
        ("five stallions", "five horses"),
        ("a guinea pig", "a guinea pig"),  # the pig is what it is
        ("a guinea, a pig", "a coin, a pig"),
        ("a hog of clay", "a hog of clay"),
        ("a stallion face", "a stallion face"),
        ("mare-like", "mare-like"),
        ("🐎 mare\n", "🐎 horse\n"),
        ("", ""),
    ],
)
def test_unknown_nouns_are_read_as_known_ones(prompt: str, read: str) -> None:
    """In the same number, with the right article; words that only say what kind something is stay."""
    assert WORDS.read(prompt) == read


@given(st.text(max_size=80))
def test_a_text_without_its_nouns_stays_as_it_is(text: str) -> None:
    """Whatever else people type is not touched."""
    assert Thesaurus({"horse": ["xyzzyx"]}).read(text) == text


@given(st.from_regex(r"[a-z]{2,8}", fullmatch=True))
def test_singulars_undo_regular_plurals(noun: str) -> None:
    """What is asked for in the plural is found under its singular."""
    many = plural(noun)
    assert many == noun or noun in singulars(many)


def concept(name: str, group: int, *synonyms: str) -> Concept:
    """A concept of an emoji group."""
    return Concept("1f000", (name,), synonyms, (), group, 0, 1.0)


def test_nouns_are_looked_up_by_what_they_are_and_by_their_definitions() -> None:
    """The tree says what is a kind of a concept, MiniLM what a definition means; of another kind of thing nothing
    can be, and a seldom meaning must be nearer."""
    synsets = {
        "cattle": Synset(("cattle",), ("cow", "bull"), (), "05", "domesticated animals with hooves"),
        "cow": Synset(("cow",), ("moggy",), ("cattle",), "05", "female of domestic cattle"),
        "bull": Synset(("bull",), (), ("cattle",), "05", "uncastrated adult male"),
        "moggy": Synset(("moggy",), (), ("cow",), "05", "a cow that is kept as a pet"),
        "castle": Synset(("castle",), (), (), "06", "a large building with walls"),
        "donjon": Synset(("donjon",), (), (), "06", "the main tower within the walls of a medieval castle"),
        "beefsteak": Synset(("beefsteak",), (), (), "13", "meat of a cow"),
        "idea": Synset(("idea",), (), (), "05", "what nobody has seen"),
    }
    synsets |= {f"other {at}": Synset((f"other {at}",), (), (), "05", "another") for at in range(90)}
    wordnet = WordNet(synsets, {name: (name,) for name in synsets}, {})
    concepts = [concept("cow", 3), concept("castle", 5), concept("pear", 4)]
    kinds = Kinds(wordnet, tuple(anchors(wordnet, concepts, {})), len(concepts))
    things: dict[str, tuple[Meaning, ...]] = {
        name: (Meaning(name, 1.0),) for name in ("bull", "moggy", "donjon", "beefsteak", "idea")
    }
    things["moggy"] = (Meaning("idea", 0.7), Meaning("moggy", 0.3))
    found = look_up(things, wordnet, concepts, kinds, load_sentence_encoder())
    assert {noun: name for noun, (name, _) in found.items()} == {
        "bull": "cow", "moggy": "cow", "donjon": "castle", "beefsteak": "pear", "idea": "cow"
    }  # fmt: skip
    assert found["moggy"][1] > found["bull"][1] > found["idea"][1]
    assert found["moggy"][1] > LEAST_LIKENESS > max(found["beefsteak"][1], found["idea"][1])


def test_what_is_like_nothing_is_left_out_of_the_file(tmp_path: Path) -> None:
    """Names stay even without nouns: they are nouns themselves."""
    path = tmp_path / "new" / THESAURUS
    found = {"heifer": ("cow", 1.9), "calf": ("cow", LEAST_LIKENESS), "beefsteak": ("pear", 0.2)}
    found |= {"porn": ("pear", 1.9), "toddler": ("child", 1.9), "lass": ("girl", 1.9)}  # whatever they are like
    write_thesaurus(path, ["pear", "cow", "child", "girl"], found)
    assert json.loads(path.read_text()) == {"pear": [], "cow": ["calf", "heifer"], "child": [], "girl": []}
    assert Thesaurus.load(path).read("a heifer and a beefsteak") == "a cow and a beefsteak"


def test_a_model_reads_through_its_own_thesaurus(tmp_path: Path) -> None:
    """The same states for a stallion as for a horse; without the file, others."""
    save_builtin(tmp_path, *builtin_like())
    plain = load_builtin(tmp_path).text
    (tmp_path / THESAURUS).write_text('{"horse": ["stallion"]}')
    text = load_builtin(tmp_path).text
    assert torch.equal(text.states(["a stallion"])[0], text.states(["a horse"])[0])  # type: ignore[union-attr]
    assert torch.equal(text.states(["a horse"])[0], plain.states(["a horse"])[0])  # type: ignore[union-attr]
    assert not torch.equal(text.states(["a stallion"])[0], plain.states(["a stallion"])[0])  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "content",
    [
        "[]", '{"horse": "stallion"}', '{"horse": [1]}', "{", '{"horse": ["Mare"]}', '{"horse": ["wild  horse"]}',
        '{"horse": ["one two three four"]}',
        '{"horse": ["mare"], "cow": ["mare"]}', f'{{"{"h" * 61}": []}}', '{"a\\ud800": []}', '{"horse": ["m\\ud800"]}',
    ],
)  # fmt: skip
def test_a_bad_thesaurus_is_refused_by_name(tmp_path: Path, content: str) -> None:
    """With the path of the file."""
    (tmp_path / THESAURUS).write_text(content)
    with pytest.raises(CheckpointError, match=THESAURUS):
        Thesaurus.load(tmp_path / THESAURUS)


def test_the_thesaurus_that_ships_knows_words_people_use() -> None:
    """It leaves alone what the model learned, and what tells how to draw."""
    words = Thesaurus.load(BUILTIN_FOLDER / THESAURUS)
    assert words.read("a stallion beside a chateau") == "a horse beside a castle"
    for prompt in ("a watercolour painting of a red fox in a forest", "two purple cats on the moon, pixel art"):
        assert words.read(prompt) == prompt


def test_a_word_of_a_known_name_stays() -> None:
    """ "top hat" holds the hat that "hat" is read as."""
    words = Thesaurus({"top hat": ["hat"], "couch and lamp": ["sofa"], "light bulb": ["lamp"]})
    assert words.read("a hat, a top hat and a sofa") == "a top hat, a top hat and a couch and lamp"
    assert words.read(words.read("a lamp beside a sofa")) == "a light bulb beside a couch and lamp"


@pytest.mark.parametrize(
    ("prompt", "read"),
    [
        ("an ice cream cone on the beach", "a soft ice cream on the beach"),
        ("two ice cream cones", "two soft ice creams"),
        ("Ice cream  cone", "Ice cream  cone"),
        ("a bookshelf", "books"),
        ("a red bookshelf and a bookshelf", "a red books and books"),
        ("two fire engines", "two fire trucks"),
    ],
)
def test_nouns_of_several_words_are_read_whole(prompt: str, read: str) -> None:
    """Where only spaces are between them; a name in the plural has no article, as in captions."""
    words = Thesaurus(
        {"soft ice cream": ["ice cream cone"], "ice cream": [], "books": ["bookshelf"], "fire truck": ["fire engine"]}
    )
    assert words.read(prompt) == read
