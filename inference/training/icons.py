"""Concepts (what an emoji shows, and what people call it) and their renderings at the sizes scenes use.

In: the unpacked packages. Out: `IconSet`, the concepts and, per style and size, one memory-mapped RGBA array.
It knows nothing of scenes or captions beyond the names a concept may be called by.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.training.packages import EMOJIBASE, FLUENT_3D, FLUENT_FLAT, fetch_package

STYLES = ("3d", "flat")
CELL = 16
SIZES = {"large": 160, "small": 96, "tiny": 64}
"""Object edge lengths in pixels: 10, 6 and 4 cells of 16."""
DETAIL = 2
"""Detailed pictures are so many times larger."""

HATS = frozenset({"crown", "top hat", "woman's hat", "graduation cap", "billed cap", "military helmet"})
HELD_OUT_NAMES = frozenset({"automobile", "canine", "feline", "tyrannosaurus", "sorcerer", "extraterrestrial"})
"""Names that no training caption contains, beside every fourth keyword: the synonym test asks for these."""

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


@dataclass(frozen=True)
class Concept:
    """One thing that can be drawn. `names[0]` is its own name; `synonyms` are for captions, `held_out` for tests."""

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

    @classmethod
    def load(cls, cache: Path) -> IconSet:
        """Open the renderings under `cache` (memory-mapped), making them first when they are not there."""
        folder = cache / "icons"
        if not all((folder / name).is_file() for name in ("concepts.json", f"{STYLES[-1]}-tiny-detailed.npy")):
            build_icons(cache)
        rows: list[dict[str, Any]] = json.loads((folder / "concepts.json").read_text("utf-8"))
        lists = ("names", "synonyms", "held_out")
        concepts = tuple(Concept(**(row | {name: tuple(row[name]) for name in lists})) for row in rows)
        kinds = [(style, size) for style in STYLES for size in SIZES]
        pictures = {(a, b): np.load(folder / f"{a}-{b}.npy", mmap_mode="r") for a, b in kinds}
        detailed = {(a, b): np.load(folder / f"{a}-{b}-detailed.npy", mmap_mode="r") for a, b in kinds}
        return cls(concepts, pictures, detailed)


def read_concepts(rows: list[dict[str, Any]], available: frozenset[str]) -> tuple[Concept, ...]:
    """Choose the concepts from emojibase `data.json` rows; `available` are the lower-case code points with pictures.

    Left out: components, symbols and flags (groups 2, 8, 9), families, clock faces, the man/woman doubles of person
    emoji, coloured hearts (recolouring makes them), and everything without a picture in every style.
    """
    kept = [row for row in rows if _is_wanted(row) and _code(row) in available]
    shared = Counter(tag for row in kept for tag in set(row.get("tags", ())))
    labels = {_name(row) for row in kept}
    return tuple(_concept(row, shared, labels) for row in kept)


def _is_wanted(row: Mapping[str, Any]) -> bool:
    label = row["label"]
    if row.get("group") not in {0, 1, 3, 4, 5, 6, 7} or row["subgroup"] == 30 or ":" in label:
        return False
    if "o’clock" in label or label.endswith("-thirty") or label in _COLOURED_HEARTS:
        return False
    return label in {"man dancing", "woman dancing"} or not label.startswith(_PEOPLE_TWICE)


def _code(row: Mapping[str, Any]) -> str:
    return str(row["hexcode"]).lower().replace("-fe0f", "")


def _name(row: Mapping[str, Any]) -> str:
    label = str(row["label"]).lower().replace("’", "'")
    return RENAMED.get(label, label)


def _concept(row: Mapping[str, Any], shared: Counter[str], labels: set[str]) -> Concept:
    name = _name(row)
    own = [
        tag
        for tag in row.get("tags", ())
        if shared[tag] == 1 and tag not in labels and len(tag) > 2 and tag.isascii() and tag.isalpha()
        if tag not in name and name not in tag
    ]
    held = tuple(tag for tag in own if tag in HELD_OUT_NAMES or sha256(tag.encode()).digest()[0] % 4 == 0)
    weight = 1.5 if row["group"] in {3, 4} else 0.7 if row["group"] == 0 else 1.0
    return Concept(
        code=_code(row),
        names=(name, *ALSO_CALLED.get(name, ())),
        synonyms=tuple(tag for tag in own if tag not in held),
        held_out=held,
        group=int(row["group"]),
        subgroup=int(row["subgroup"]),
        weight=weight,
    )


def build_icons(cache: Path) -> None:
    """Fetch the packages, choose the concepts and write their renderings under `cache`/icons. About two minutes."""
    folder = cache / "icons"
    folder.mkdir(parents=True, exist_ok=True)
    webp = {p.stem.replace("-fe0f", ""): p for p in (fetch_package(FLUENT_3D, cache) / "assets").glob("*.webp")}
    flat = fetch_package(FLUENT_FLAT, cache)
    names = json.loads((flat / "chars.json").read_text("utf-8"))
    rows = json.loads((fetch_package(EMOJIBASE, cache) / "en" / "data.json").read_text("utf-8"))
    concepts = read_concepts(rows, frozenset(webp) & frozenset(names))
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
