"""Concepts (what an emoji shows, and what people call it) and their renderings at the sizes scenes use.

In: the unpacked packages. Out: `IconSet`, the concepts and, per style and size, one memory-mapped RGBA array.
It knows nothing of scenes or captions beyond the names a concept may be called by.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Set
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from inference.painting.painter import outside
from inference.painting.recolouring import Paint
from inference.training.data.packages import EMOJIBASE, FLUENT_3D, FLUENT_FLAT, WORDNET, fetch_package
from inference.training.data.wordnet import WordNet

FOLDER = "icons-2"
"""Where renderings lie in the cache; another number when concepts are chosen or called otherwise."""
STYLES = ("3d", "flat")
CELL = 16
SIZES = {"large": 160, "small": 96, "tiny": 64}
"""Object edge lengths in pixels: 10, 6 and 4 cells of 16."""
DETAIL = 2
"""Detailed pictures are so many times larger."""

HATS = frozenset({"crown", "top hat", "woman's hat", "graduation cap", "billed cap", "military helmet"})
NEAREST: Mapping[str, tuple[str, ...]] = {
    "automobile": ("car", "taxi", "sport utility vehicle"),
    "canine": ("dog", "dog face", "poodle", "wolf", "guide dog", "service dog"),
    "sorcerer": ("wizard",),
    "extraterrestrial": ("alien",),
    "tyrannosaurus": ("T-Rex", "t-rex"),
}
"""Words that name several concepts, or none of them quite: the concepts that a picture of them may well show."""
HELD_OUT_NAMES = frozenset({*NEAREST, "feline"})
"""Names that no training caption contains, beside every third of WordNet's: the synonym test asks for these."""

RENAMED = {
    "automobile": "car", "mage": "wizard", "sauropod": "brontosaurus", "hot beverage": "cup of coffee",
    "pile of poo": "poop", "honeybee": "bee", "high voltage": "lightning bolt", "droplet": "water drop",
    "fire engine": "fire truck", "ear of corn": "corn", "cheese wedge": "cheese",
    "baguette bread": "baguette", "lady beetle": "ladybug", "wrapped gift": "gift", "hourglass done": "hourglass",
    "game die": "dice",
}  # fmt: skip
ALSO_CALLED: Mapping[str, tuple[str, ...]] = {
    "red heart": ("heart", "heart"), "red apple": ("apple", "apple"), "full moon": ("moon",), "doughnut": ("donut",),
    "soccer ball": ("football",), "flying saucer": ("ufo",), "bouquet": ("bunch of flowers",), "blossom": ("flower",),
    "deciduous tree": ("tree",), "evergreen tree": ("pine tree",), "balance scale": ("scales",), "house": ("home",),
    "closed book": ("book", "red book"), "light bulb": ("lightbulb",), "french fries": ("fries",),
    "hamburger": ("burger",), "birthday cake": ("cake",), "gem stone": ("diamond",), "person running": ("runner",),
    "wine glass": ("glass of wine",), "beer mug": ("beer",), "lightning bolt": ("lightning",), "fox": ("fox face",),
    "closed umbrella": ("folded umbrella",), "mobile phone": ("phone",), "crossed swords": ("swords",),
    "jack-o-lantern": ("halloween pumpkin", "pumpkin"), "person biking": ("cyclist",), "chess pawn": ("chess piece",),
    "bow and arrow": ("bow",), "television": ("tv",), "locked": ("padlock",), "spouting whale": ("blue whale",),
}  # fmt: skip
POPULAR = frozenset(
    "red heart, cat, cat face, dog, dog face, horse, castle, robot, tiger, dragon, wizard, ghost, unicorn, "
    "rocket, car, house, red apple, guitar, astronaut, fish, bird, owl, fox, bear, frog, penguin, whale, "
    "elephant, rabbit, pizza, hamburger, birthday cake, rose, star, sun, crown, fire, skull, alien, cactus, "
    "mushroom, butterfly, turtle, bicycle, airplane, sailboat, deciduous tree, evergreen tree, snowman, "
    "strawberry, banana, crossed swords, dagger, vampire, ninja, mermaid, zombie, troll, panda, monkey, pig, cow, "
    "duck, bee, lion".split(", ")
)
"""What people ask for most, by our own guess; these concepts are drawn more often than the others."""

_PEOPLE_TWICE = ("man ", "woman ", "men ", "women ")
_COLOURED_HEARTS = frozenset(
    f"{c} heart" for c in "pink,orange,yellow,green,blue,light blue,purple,brown,black,grey,white".split(",")
)


_OPAQUE, _RIM, _PALE, _LOST = 200, 6, 210, 0.37
"""Levels from which on a pixel is solid; how wide an outline is, in pixels; from which level on in each channel it is
pale; and of 48 concepts with so much of it, cut out of pictures, 30 are right before blue, 26 before white, but of 66
others 35 and 41."""
_HOLES, _WHITE = 0.01, 243
"""The share of a thing's own area from which holes matter; the level above which a pixel is white."""


@dataclass(frozen=True)
class Concept:
    """One thing that can be drawn. `names[0]` is its own name.

    `synonyms` (keywords, and nouns that mean it or a kind of it) are for captions; `held_out` (nouns) for tests.
    """

    code: str
    names: tuple[str, ...]
    synonyms: tuple[str, ...]
    held_out: tuple[str, ...]
    group: int
    subgroup: int
    weight: float

    @property
    def name(self) -> str:
        """The concept's own name, the one an evaluation asks for."""
        return self.names[0]

    @property
    def is_popular(self) -> bool:
        """Whether people ask for it more often than for others."""
        return self.name in POPULAR

    @property
    def is_animate(self) -> bool:
        """Whether it can ride, hold or wear something."""
        return self.subgroup in {11, 12, 23, 24, 25, 26, 27, 34, 35, 36, 37, 38, 39}

    @property
    def is_building(self) -> bool:
        """Whether something can stand in front of it."""
        return self.subgroup in {51, 52}


@dataclass(frozen=True)
class IconSet:
    """Concepts with their renderings: `pictures[style, size]` is uint8 (concepts, edge, edge, 4).

    `detailed` are the same at twice the edge, for the decoder, which draws larger than the encoder reads.
    """

    concepts: tuple[Concept, ...]
    pictures: Mapping[tuple[str, str], NDArray[np.uint8]]
    detailed: Mapping[tuple[str, str], NDArray[np.uint8]]
    _paints: dict[tuple[str, int], Paint] = field(default_factory=dict, repr=False)

    @classmethod
    def load(cls, cache: Path) -> IconSet:
        """Open the renderings under `cache` (memory-mapped), making them first when they are not there."""
        folder = cache / FOLDER
        if not all((folder / name).is_file() for name in ("concepts.json", f"{STYLES[-1]}-tiny-detailed.npy")):
            build_icons(cache)
        rows: list[dict[str, Any]] = json.loads((folder / "concepts.json").read_text("utf-8"))
        lists = ("names", "synonyms", "held_out")
        concepts = tuple(Concept(**(row | {name: tuple(row[name]) for name in lists})) for row in rows)
        kinds = [(style, size) for style in STYLES for size in SIZES]
        pictures = {(a, b): np.load(folder / f"{a}-{b}.npy", mmap_mode="r") for a, b in kinds}
        detailed = {(a, b): np.load(folder / f"{a}-{b}-detailed.npy", mmap_mode="r") for a, b in kinds}
        return cls(concepts, pictures, detailed)

    def paint(self, style: str, concept: int) -> Paint:
        """The main colour of a concept in a style, of all its sizes."""
        if (style, concept) not in self._paints:
            self._paints[style, concept] = Paint.of(self.pictures[style, "tiny"][concept])
        return self._paints[style, concept]

    def is_hollow(self, concept: int) -> bool:
        """Whether one sees through a concept, as through a ring, so that what is white in it is the background's: holes
        are larger than all that is white itself, and as large as matters when it is cut out."""
        pixels = np.pad(self.detailed[STYLES[0], "large"][concept], ((CELL, CELL), (CELL, CELL), (0, 0)))
        inside = pixels[..., 3] > _OPAQUE
        holes = int((~inside & ~outside(~inside)).sum())
        white = int((pixels[..., :3].min(-1)[inside] > _WHITE).sum())
        return holes > max(_HOLES * int(inside.sum()), white)

    def is_pale(self, concept: int) -> bool:
        """Whether so much of a concept's outline is nearly white that little of it is seen before white."""
        pixels = self.pictures[STYLES[0], "large"][concept]
        inside = pixels[..., 3] > _OPAQUE
        rim = inside & ~np.asarray(Image.fromarray(inside).filter(ImageFilter.MinFilter(2 * _RIM + 1)))
        return bool(rim.any()) and float((pixels[rim][:, :3].min(-1) > _PALE).mean()) > _LOST


def read_concepts(rows: list[dict[str, Any]], available: frozenset[str], wordnet: WordNet) -> tuple[Concept, ...]:
    """Choose the concepts from emojibase `data.json` rows; `available` are the lower-case code points with pictures.

    One in three of the nouns that WordNet gives them, and `HELD_OUT_NAMES`, are no synonyms of any.

    Left out: components, symbols and flags (groups 2, 8, 9), families, clock faces, the man/woman doubles of person
    emoji, coloured hearts (recolouring makes them), and everything without a picture in every style.
    """
    kept = [row for row in rows if _is_wanted(row) and _code(row) in available]
    names = [_names(row) for row in kept]
    taken = {name for some in names for name in some}
    keywords = [[tag for tag in row.get("tags", ()) if tag not in taken] for row in kept]
    shared = Counter(tag for tags in keywords for tag in set(tags))
    senses = [wordnet.sense(some, row["group"], tags) for some, row, tags in zip(names, kept, keywords, strict=True)]
    nouns = [[noun for noun in some if noun not in taken] for some in wordnet.other_names(senses)]
    held = HELD_OUT_NAMES | {noun for some in nouns for noun in some if sha256(noun.encode()).digest()[0] % 3 == 0}
    return tuple(
        _concept(row, [tag for tag in tags if shared[tag] == 1], some, held)
        for row, tags, some in zip(kept, keywords, nouns, strict=True)
    )


def _is_wanted(row: Mapping[str, Any]) -> bool:
    label = row["label"]
    if row.get("group") not in {0, 1, 3, 4, 5, 6, 7} or row["subgroup"] == 30 or ":" in label:
        return False
    if "o’clock" in label or label.endswith("-thirty") or label in _COLOURED_HEARTS:
        return False
    return label in {"man dancing", "woman dancing"} or not label.startswith(_PEOPLE_TWICE)


def _code(row: Mapping[str, Any]) -> str:
    return str(row["hexcode"]).lower().replace("-fe0f", "")


def _names(row: Mapping[str, Any]) -> tuple[str, ...]:
    label = str(row["label"]).lower().replace("’", "'")
    name = RENAMED.get(label, label)
    return name, *ALSO_CALLED.get(name, ())


def _concept(row: Mapping[str, Any], keywords: list[str], nouns: list[str], held: Set[str]) -> Concept:
    names = _names(row)
    own = [
        tag
        for tag in keywords
        if len(tag) > 2 and tag.isascii() and tag.isalpha() and tag not in names[0] and names[0] not in tag
    ]
    weight = 1.5 if row["group"] in {3, 4} else 0.7 if row["group"] == 0 else 1.0
    return Concept(
        code=_code(row),
        names=names,
        synonyms=tuple(word for word in dict.fromkeys([*own, *nouns]) if word not in held),
        held_out=tuple(noun for noun in nouns if noun in held),
        group=int(row["group"]),
        subgroup=int(row["subgroup"]),
        weight=weight,
    )


def build_icons(cache: Path) -> None:
    """Fetch the packages, choose the concepts and write their renderings under `cache`/`FOLDER`. About two minutes."""
    folder = cache / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    webp = {p.stem.replace("-fe0f", ""): p for p in (fetch_package(FLUENT_3D, cache) / "assets").glob("*.webp")}
    flat = fetch_package(FLUENT_FLAT, cache)
    names = json.loads((flat / "chars.json").read_text("utf-8"))
    rows = json.loads((fetch_package(EMOJIBASE, cache) / "en" / "data.json").read_text("utf-8"))
    wordnet = WordNet.load(fetch_package(WORDNET, cache) / "dict")
    concepts = read_concepts(rows, frozenset(webp) & frozenset(names), wordnet)
    bodies = json.loads((flat / "icons.json").read_text("utf-8"))
    renders = {
        "3d": (Image.open(webp[c.code]).convert("RGBA") for c in concepts),
        "flat": (_svg(bodies, names[c.code]) for c in concepts),
    }
    for style, pictures in renders.items():
        _write_style(folder, style, pictures, len(concepts))
    (folder / "concepts.json").write_text(json.dumps([asdict(c) for c in concepts]), "utf-8")


def _write_style(folder: Path, style: str, pictures: Iterator[Image.Image], count: int) -> None:
    edges = SIZES | {f"{size}-detailed": DETAIL * edge for size, edge in SIZES.items()}
    arrays = {name: np.zeros((count, edge, edge, 4), np.uint8) for name, edge in edges.items()}
    for row, picture in enumerate(pictures):
        for name, edge in edges.items():
            arrays[name][row] = _resized(picture, edge)
    for name, array in arrays.items():
        np.save(folder / f"{style}-{name}.npy", array)


def _resized(picture: Image.Image, edge: int) -> NDArray[np.uint8]:
    """Resize with premultiplied alpha, so that no dark rim appears."""
    return np.asarray(picture.convert("RGBa").resize((edge, edge), Image.Resampling.LANCZOS).convert("RGBA"))


def _svg(icons: Mapping[str, Any], name: str) -> Image.Image:
    import resvg_py  # only training needs it

    name = icons.get("aliases", {}).get(name, {}).get("parent", name)
    icon = icons["icons"][name]
    width, height = icon.get("width", icons.get("width", 32)), icon.get("height", icons.get("height", 32))
    text = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">{icon["body"]}</svg>'
    png = resvg_py.svg_to_bytes(svg_string=text, width=320, height=320)
    return Image.open(io.BytesIO(bytes(cast("Any", png)))).convert("RGBA")
