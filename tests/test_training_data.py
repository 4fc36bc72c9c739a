"""Training data: concepts, captions, scenes and their determinism, over a handful of made-up icons."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from PIL import Image

from inference.painting.recolouring import Paint, colour_names, from_lab, recolour, to_lab
from inference.painting.scenery import background
from inference.text.colours import COLOURS
from inference.text.nouns import article, plural
from inference.text.scenery import PLACES, TIMED, TIMES
from inference.training.data.captions import caption
from inference.training.data.icons import DETAIL, FOLDER, SIZES, STYLES, Concept, IconSet, read_concepts
from inference.training.data.kinds import Anchor, Kinds, anchors
from inference.training.data.packages import FLUENT_3D, Package, PackageError, fetch_package
from inference.training.data.scenes import UNSAID, Placed, Scene, SceneMaker, arrange, render
from inference.training.data.stream import Loader, SceneSource, contact_sheet
from inference.training.data.wordnet import Meaning, WordNet

NAMES = ("cat", "horse", "crown", "castle", "apple", "guitar")
SUBGROUPS = (34, 34, 65, 51, 42, 68)
GROUPS = (3, 3, 7, 5, 4, 7)


def write_icons(cache: Path) -> IconSet:
    """Six concepts, each a disc of its own colour, in the layout that IconSet.load reads."""
    folder = cache / FOLDER
    folder.mkdir(parents=True)
    concepts = [
        Concept(name, (name,), (f"{name}ling",), (f"{name}oid",), group, subgroup, 1.0)
        for name, group, subgroup in zip(NAMES, GROUPS, SUBGROUPS, strict=True)
    ]
    (folder / "concepts.json").write_text(json.dumps([asdict(concept) for concept in concepts]))
    for style in STYLES:
        for name, edge in (SIZES | {f"{size}-detailed": DETAIL * edge for size, edge in SIZES.items()}).items():
            y, x = np.mgrid[:edge, :edge] - (edge - 1) / 2
            inside = x**2 + y**2 < (edge * 0.4) ** 2
            icons = np.zeros((len(NAMES), edge, edge, 4), np.uint8)
            for index in range(len(NAMES)):
                icons[index, inside] = (40 * index + 20, 200 - 30 * index, 90, 255)
            np.save(folder / f"{style}-{name}.npy", icons)
    return IconSet.load(cache)


@pytest.fixture(scope="module")
def icons(tmp_path_factory: pytest.TempPathFactory) -> IconSet:
    """The made-up icons, loaded from disk."""
    return write_icons(tmp_path_factory.mktemp("cache"))


def rng(seed: int = 0) -> np.random.Generator:
    """A seeded generator."""
    return np.random.default_rng(seed)


def test_same_seed_and_step_give_the_same_scenes(tmp_path: Path) -> None:
    """A step's batch depends on seed and step alone, not on what was made before."""
    write_icons(tmp_path)
    first, second = SceneSource(tmp_path, 5, 6), SceneSource(tmp_path, 5, 6)
    first.batch(0)
    a, b, other = first.batch(3), second.batch(3), second.batch(4)
    assert a.captions == b.captions
    assert a.scenes == b.scenes
    assert np.array_equal(a.pixels, b.pixels)
    assert a.captions != other.captions


def test_loader_gives_the_batches_of_the_steps_it_was_asked_for(tmp_path: Path) -> None:
    """Another process makes the same batches, from the first step on."""
    write_icons(tmp_path)
    source = SceneSource(tmp_path, 5, 2)
    expected = [source.batch(step).captions for step in (7, 8)]
    with Loader(SceneSource(tmp_path, 5, 2), first_step=7) as loader:
        assert [loader.next().captions for _ in range(2)] == expected


def test_held_out_pairs_and_names_never_appear(icons: IconSet) -> None:
    """What the evaluation asks for is never shown together, and never said."""
    maker, generator = SceneMaker(icons), rng(1)
    scenes = [maker.draw(generator) for _ in range(2000)]
    pairs = {frozenset(t.concept for t in s.objects) for s in scenes if s.relation}
    forbidden = {
        frozenset((i, j)) for i in range(len(NAMES)) for j in range(i) if maker.is_held_out(i, j)
    }  # fmt: skip
    assert pairs
    assert not pairs & forbidden
    said = " ".join(caption(scene, icons, generator) for scene in scenes)
    assert "catling" in said
    assert not any(f"{name}oid" in said for name in NAMES)


def test_altered_scenes_differ_in_one_thing(icons: IconSet) -> None:
    """Another number, or one other object, or one other colour; place, style and background stay."""
    maker, generator = SceneMaker(icons), rng(4)
    seen = set[str]()
    for scene in (maker.draw(generator) for _ in range(600)):
        wrong = maker.altered(scene, generator)
        assert (wrong.background, wrong.style, wrong.relation) == (scene.background, scene.style, scene.relation)
        pairs = list(zip(scene.objects, wrong.objects, strict=False))
        objects, colours = sum(a.concept != b.concept for a, b in pairs), sum(a.colour != b.colour for a, b in pairs)
        changed = len(scene.objects) if scene.is_counted else 1
        if len(scene.objects) != len(wrong.objects):
            seen.add("number")
            assert objects == colours == 0
        else:
            seen.add("object" if objects else "colour")
            assert sorted((objects, colours)) == [0, changed]
    assert seen == {"number", "object", "colour"}


def test_scenes_keep_to_the_grid_and_inside_the_picture(icons: IconSet) -> None:
    """Every object lies inside 12 × 12 cells, so that its codes can be the same each time."""
    maker, generator = SceneMaker(icons), rng(2)
    for scene in (maker.draw(generator) for _ in range(500)):
        for thing in scene.objects:
            cells = SIZES[thing.size] // 16
            assert 0 <= thing.column <= 12 - cells
            assert 0 <= thing.row <= 12 - cells


def test_an_object_looks_the_same_at_every_place_of_the_grid(icons: IconSet) -> None:
    """Moving an object by whole cells moves its pixels and changes none."""
    here = render(Scene((Placed(0, "small", 0, 3),), "white", "3d"), icons)
    there = render(Scene((Placed(0, "small", 6, 3),), "white", "3d"), icons)
    assert np.array_equal(here[48:144, 0:96], there[48:144, 96:192])


def test_background_is_the_named_colour_where_nothing_stands(icons: IconSet) -> None:
    """A red heart on blue is blue at the corner, and only there."""
    picture = render(Scene((Placed(0, "large", 1, 1, "red"),), "blue", "3d"), icons)
    assert tuple(picture[0, 0]) == COLOURS["blue"]
    middle = picture[96, 96].astype(int)
    assert middle[0] > 2 * middle[2]


def test_detailed_scenes_show_the_same_at_twice_the_size(icons: IconSet) -> None:
    """What the decoder is to draw agrees, made small again, with what the encoder reads."""
    for scene in (SceneMaker(icons).draw(rng(seed)) for seed in range(20)):
        small, large = render(scene, icons), render(scene, icons, detailed=True)
        assert large.shape == (384, 384, 3)
        reduced = large.reshape(192, 2, 192, 2, 3).mean((1, 3))
        assert np.abs(reduced - small).mean() < 3


def test_recolouring_keeps_the_outline_and_the_order_of_light(icons: IconSet) -> None:
    """Alpha stays, and what was lighter stays lighter."""
    icon = np.zeros((2, 2, 4), np.uint8)
    icon[..., 3] = (255, 255), (255, 0)
    icon[0, 0, :3], icon[0, 1, :3], icon[1, 0, :3] = 60, 120, 200
    tinted = recolour(icon, COLOURS["purple"], Paint.of(icon))
    assert np.array_equal(tinted[..., 3], icon[..., 3])
    light = tinted[..., :3].sum(-1).astype(int)
    assert light[0, 0] < light[0, 1] < light[1, 0]


def test_a_painter_changes_the_main_colour_and_leaves_the_eyes() -> None:
    """A yellow face with blue eyes and black pupils, painted purple: purple, with blue eyes and black pupils."""
    face = np.zeros((20, 20, 4), np.uint8)
    face[2:18, 2:18] = (*COLOURS["yellow"], 255)
    face[4:7, 4:7] = (*COLOURS["blue"], 255)
    face[5, 5] = (10, 10, 10, 255)
    paint = Paint.of(face)
    assert paint.names == ("yellow",)
    painted = recolour(face, COLOURS["purple"], paint)
    assert np.abs(painted[12, 12, :3].astype(int) - COLOURS["purple"]).max() <= 8
    assert np.abs(painted[4, 4, :3].astype(int) - COLOURS["blue"]).max() <= 4
    assert painted[5, 5].max(initial=0, where=[True, True, True, False]) < 40
    assert not painted[0].any()  # what is not there stays away


@pytest.mark.parametrize("colour", COLOURS)
def test_colours_are_called_by_their_names(colour: str) -> None:
    """Each of the sixteen by its own name first, and a thing in it is not painted at all."""
    values = np.array([COLOURS[colour]], np.uint8)
    assert colour in colour_names(to_lab(values)[0])
    assert np.abs(from_lab(to_lab(values)).astype(int) - values).max() <= 1


def test_a_thing_in_its_own_colour_is_left_as_it_is(icons: IconSet) -> None:
    """ "A yellow star" is the star that everybody knows."""
    own = [(row, icons.paint("3d", row).names) for row in range(len(NAMES)) if icons.paint("3d", row).names]
    assert own
    for row, names in own:
        plain, named = (Scene((Placed(row, "large", 1, 1, colour),), "white", "3d") for colour in (None, names[0]))
        assert np.array_equal(render(plain, icons), render(named, icons))


def test_places_have_their_times(icons: IconSet) -> None:
    """A beach at night has the night's sky and is no beach by day; the caption says both."""
    night, beach = background("night"), background("beach night")
    assert np.abs(night[:16].astype(int) - beach[:16]).max() == 0
    assert background("beach").mean() > 2 * beach.mean()
    for seed in range(20):
        words = caption(Scene((Placed(0, "large", 1, 1),), "beach night", "3d"), icons, rng(seed))
        assert any(where in words for where in PLACES["beach"])
        assert any(when in words for when in TIMES["night"])


def test_a_scene_that_leaves_things_open_is_told_without_them(icons: IconSet) -> None:
    """Of a plain scene neither background nor, mostly, style are told: so a grid offers a choice."""
    scene = Scene((Placed(0, "large", 1, 1),), "pink", "flat", plain=True)
    said = [caption(scene, icons, rng(seed)) for seed in range(60)]
    assert not any("pink" in words for words in said)
    assert sum("flat" in words for words in said) < 20
    maker, generator = SceneMaker(icons), rng(3)
    plain = [one for one in (maker.draw(generator) for _ in range(500)) if one.plain]
    assert {one.background for one in plain} == set(UNSAID)
    assert {one.style for one in plain} == set(STYLES)


@pytest.mark.parametrize("place", [*PLACES, *TIMED, *COLOURS])
def test_every_background_can_be_drawn(place: str) -> None:
    """Each named background fills the whole picture."""
    assert background(place).shape == (192, 192, 3)


def test_relation_places_the_first_object_where_the_words_say() -> None:
    """Left is left, above is above."""
    left, right = arrange("left", 0, 1)
    assert left.column < right.column
    top, bottom = arrange("above", 0, 1)
    assert top.row < bottom.row


def test_caption_says_count_colour_and_background(icons: IconSet) -> None:
    """Whatever the wording, what is to be seen is named."""
    things = tuple(Placed(0, "small", x, 3, "purple") for x in (0, 6))
    for seed in range(30):
        words = caption(Scene(things, "teal", "3d"), icons, rng(seed))
        assert "purple cat" in words
        assert "teal" in words
        assert any(number in words for number in ("two", "2", "pair"))


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("cat", "cats"), ("fox", "foxes"), ("cherry", "cherries"), ("monkey", "monkeys"), ("mouse", "mice"),
        ("cup of coffee", "cups of coffee"), ("face with tongue", "faces with tongue"), ("glasses", "glasses"),
        ("person running", "people running"), ("octopus", "octopuses"), ("tropical fish", "tropical fish"),
    ],
)  # fmt: skip
def test_plural(one: str, many: str) -> None:
    """The noun that is counted takes the ending."""
    assert plural(one) == many


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [("owl", "an owl"), ("cat", "a cat"), ("unicorn", "a unicorn"), ("hourglass", "an hourglass")],
)
def test_article(phrase: str, expected: str) -> None:
    """The article follows the sound."""
    assert article(phrase) == expected


def test_concepts_leave_out_doubles_flags_and_what_has_no_picture() -> None:
    """Of emojibase's rows only distinct, drawable things stay; a keyword of two concepts names neither."""
    nothing = WordNet({}, {}, {})

    def row(label: str, code: str, group: int = 3, tags: tuple[str, ...] = ()) -> dict[str, object]:
        return {"label": label, "hexcode": code, "group": group, "subgroup": 34, "tags": list(tags)}

    rows = [
        row("cat", "1F408", tags=("pet", "kitten")), row("dog", "1F415", tags=("pet",)),
        row("man running", "1F3C3-200D-2642-FE0F", 1), row("flag: France", "1F1EB", 9), row("yeti", "1FFFF"),
    ]  # fmt: skip
    concepts = read_concepts(rows, frozenset({"1f408", "1f415", "1f3c3-200d-2642", "1f1eb"}), nothing)
    assert [concept.name for concept in concepts] == ["cat", "dog"]
    assert concepts[0].synonyms == ("kitten",)
    assert concepts[1].synonyms == ()


def write_wordnet(
    folder: Path, synsets: Mapping[int, tuple[str, str, str, str]], uses: Mapping[str, int] = MappingProxyType({})
) -> WordNet:
    """WordNet's files from offset: (field, words, offsets of what it is a kind of, gloss), words in order of sense.

    `uses` gives counts of sense keys ("dog%1:05:00::" is a noun, "dog%2:38:00::" a verb).
    """
    kinds = {at: [k for k, row in synsets.items() if str(at) in row[2].split()] for at in synsets}
    data, index = ["  1 the licence\n"], dict[str, list[str]]()
    for at, (field, words, above, gloss) in synsets.items():
        pointers = [f"@ {int(up):08} n 0000" for up in above.split()] + [f"~ {k:08} n 0000" for k in kinds[at]]
        names = [f"{word} 0" for word in words.split()]
        parts = [f"{at:08} {field} n {len(names):02x}", *names, f"{len(pointers):03}", *pointers, f"| {gloss}  \n"]
        data.append(" ".join(parts))
        for word in words.split():
            index.setdefault(word.lower(), []).append(f"{at:08}")
    (folder / "data.noun").write_text("".join(data))
    lines = [f"{word} n {len(at)} 0 {len(at)} 0 {' '.join(at)}  \n" for word, at in index.items()]
    (folder / "index.noun").write_text("".join(["  1 the licence\n", *lines]))
    (folder / "index.sense").write_text("".join(f"{sense} 00000001 1 {count}\n" for sense, count in uses.items()))
    return WordNet.load(folder)


ANIMALS = {
    1: ("05", "animal", "", "a living thing"),
    2: ("05", "dog Canis_familiaris", "1", "a pet that barks"),
    3: ("05", "hound", "2", "a dog that hunts"),
    4: ("05", "beagle", "3", "a small hound"),
    5: ("05", "cat", "1", "a pet that purrs"),
    6: ("05", "tabby", "5", "a striped cat"),
    7: ("05", "pet_chimera", "2 5", "half dog, half cat"),
    8: ("18", "dog", "", "a dull man"),
}


def test_wordnet_names_the_kinds_of_a_concept_that_are_of_no_other(tmp_path: Path) -> None:
    """Kinds and kinds of kinds belong to the nearest concept; what two share, and Latin, belongs to none."""
    wordnet = write_wordnet(tmp_path, ANIMALS)
    senses = [wordnet.sense((name,), 3, ()) for name in ("dog", "cat", "unheard-of")]
    assert senses == ["00000002", "00000005", None]
    assert wordnet.other_names(senses) == [("dog", "hound", "beagle"), ("cat", "tabby"), ()]
    assert wordnet.other_names([senses[0], "00000003"]) == [("dog", "pet chimera"), ("hound", "beagle")]


def test_a_noun_that_mostly_means_something_else_names_no_concept(tmp_path: Path) -> None:
    """ "Kite", a bird to some, is a toy first."""
    wordnet = write_wordnet(
        tmp_path, {1: ("06", "kite", "", "a toy"), 2: ("05", "bird", "", "it flies"), 3: ("05", "kite", "2", "a bird")}
    )
    assert wordnet.other_names([wordnet.sense(("bird",), 3, ())]) == [("bird",)]


def test_things_are_plain_nouns_for_what_can_be_seen(tmp_path: Path) -> None:
    """Not ideas, pictures, proper names, forms of verbs, words that are verbs much more often than nouns, or people of
    whom a word makes less; each meaning with its share."""
    wordnet = write_wordnet(
        tmp_path,
        {
            1: ("05", "heifer", "", 'young cow; "a fat heifer"'),
            2: ("09", "democracy", "", "government by the people"),
            3: ("15", "Jersey", "", "an island"),
            4: ("06", "jersey", "", "a shirt"),
            5: ("06", "painting", "", "something painted"),
            6: ("06", "picture", "", "something drawn"),
            7: ("06", "watercolour", "6", "a picture made with water"),
            8: ("06", "run", "", "a path"),
            9: ("06", "polar_bear", "", "two words"),
            10: ("06", "catch", "", "what shuts a door"),
            11: ("18", "oaf", "", "(offensive) a slow person"),
            12: ("18", "simpleton", "", "a person without sense"),
            13: ("18", "ninny", "12", "one who is easily fooled"),
            14: ("21", "catch", "", "a good find"),
            15: ("18", "choirboy", "", "a boy who sings in a choir"),
        },
        {"paint%2:36:00::": 9, "run%1:06:00::": 1, "run%2:38:00::": 50, "catch%1:06:00::": 7, "catch%2:35:00::": 3},
    )
    things = wordnet.things()
    assert set(things) == {"heifer", "catch"}
    assert things["heifer"] == (Meaning("00000001", 1.0),)
    first, second = things["catch"]
    assert wordnet.synsets[first.offset].definition == "what shuts a door"
    assert (first.share, second.share) == (1.0, 0.8)
    assert wordnet.synsets["00000001"].definition == "young cow"
    assert wordnet.synsets["00000001"].is_fit(3)
    assert not wordnet.synsets["00000001"].is_fit(4)


def test_kinds_are_nearer_than_what_shares_a_kind(tmp_path: Path) -> None:
    """A beagle is a dog, a tabby is only beside it; a kitchen knife is found by its last word, and a child nowhere."""
    things = {
        9: ("06", "tool", "", "it is used"), 10: ("06", "knife", "9", "it cuts"), 11: ("06", "spade", "9", "it digs"),
        12: ("05", "child", "", "young"), **{at: ("20", f"plant{at}", "", "it grows") for at in range(20, 60)},
    }  # fmt: skip
    wordnet = write_wordnet(tmp_path, ANIMALS | things)

    def one(name: str, group: int) -> Concept:
        return Concept(name, (name,), (), (), group, 40, 1.0)

    concepts = [one("dog", 3), one("kitchen knife", 7), one("child", 3), one("vase", 7)]
    places = list(anchors(wordnet, concepts, {"spade": "vase", "unheard-of": "vase"}))
    assert places == [Anchor("00000002", 0), Anchor("00000010", 1, is_kind=True), Anchor("00000011", 3, is_read=True)]
    kinds = Kinds(wordnet, places, len(concepts))
    (beagle, is_dog), (tabby, is_no_dog), (knife, is_no_kind) = (kinds.near(f"{at:08}") for at in (4, 6, 10))
    assert is_dog.tolist() == [True, False, False, False]
    assert not is_no_dog.any()
    assert not is_no_kind[1]  # it may be another one
    assert beagle[0] > tabby[0] > 0 == tabby[1]
    assert knife[1] > knife[3] > knife[2] == 0


def test_keywords_choose_among_the_meanings_of_a_name(tmp_path: Path) -> None:
    """Of two animals called alike the one is meant whose surroundings share a keyword; of other things never one."""
    wordnet = write_wordnet(
        tmp_path,
        {1: ("05", "bug", "", "an insect"), 2: ("05", "bug", "", "a germ in the blood"), 3: ("06", "bug", "", "a spy")},
    )
    assert wordnet.sense(("bug",), 3, ("six", "legs")) == "00000001"
    assert wordnet.sense(("bug",), 3, ("blood", "bug")) == "00000002"
    assert wordnet.sense(("bug",), 7, ("insect",)) == "00000003"
    assert wordnet.sense(("bug",), 4, ()) is None


def test_held_out_nouns_are_synonyms_of_no_concept(tmp_path: Path) -> None:
    """Every third noun is kept for the evaluation, also where it is another concept's keyword."""
    kinds = {at: ("05", f"kind{chr(97 + at)}", "1", "") for at in range(2, 24)}
    wordnet = write_wordnet(tmp_path, {1: ("05", "cat", "", "")} | kinds)
    words = [row[1] for row in kinds.values()]
    rows = [
        {"label": "cat", "hexcode": "1F408", "group": 3, "subgroup": 34, "tags": []},
        {"label": "dog", "hexcode": "1F415", "group": 3, "subgroup": 34, "tags": words},
    ]
    cat, dog = read_concepts(rows, frozenset({"1f408", "1f415"}), wordnet)
    assert 3 <= len(cat.held_out) <= 14
    assert set(cat.held_out) | set(cat.synonyms) == set(words)
    assert not set(cat.held_out) & {*cat.synonyms, *dog.synonyms}


def test_package_comes_from_an_archive_in_the_cache(tmp_path: Path) -> None:
    """An archive that is already there is unpacked without npm, and nothing outside of its folder."""
    import tarfile

    inside = tmp_path / "package"
    inside.mkdir()
    (inside / "package.json").write_text("{}")
    package = Package("@scope/thing", "1.0.0", "MIT", "nobody")
    (tmp_path / "packages").mkdir()
    with tarfile.open(tmp_path / "packages" / "scope-thing-1.0.0.tgz", "w:gz") as tar:
        tar.add(inside, "package")
        tar.add(inside / "package.json", "../../escaped.json")
    assert (fetch_package(package, tmp_path) / "package.json").is_file()
    assert not list(tmp_path.rglob("escaped.json"))


def test_missing_npm_is_an_error_that_names_the_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without npm and without the archive the message says which file is wanted where."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PackageError, match=r"npm is not installed.*lobehub-fluent-emoji-3d-1\.1\.0\.tgz"):
        fetch_package(FLUENT_3D, tmp_path)


def test_contact_sheet_has_room_for_every_picture() -> None:
    """Nine pictures in rows of four take three rows."""
    sheet = contact_sheet([np.zeros((8, 8, 3), np.uint8)] * 9, columns=4, edge=10)
    assert isinstance(sheet, Image.Image)
    assert sheet.size == (4 * 14, 3 * 14)


def test_what_one_sees_through_is_hollow() -> None:
    """A ring is; a disc is not, nor a ring with more white than hole, whose white would go with the hole."""
    y, x = np.mgrid[:320, :320] - 160
    away = np.hypot(y, x)
    ring, disc, plate = (np.zeros((320, 320, 4), np.uint8) for _ in range(3))
    ring[(away > 80) & (away < 140)] = 200, 40, 40, 255
    disc[away < 140] = 200, 40, 40, 255
    plate[(away > 40) & (away < 140)] = 255, 255, 255, 255
    icons = IconSet((), {}, {("3d", "large"): np.stack([ring, disc, plate])})
    assert [icons.is_hollow(row) for row in range(3)] == [True, False, False]
