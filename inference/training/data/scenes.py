"""Scenes: which objects stand where, in which colours, before which background, and how that looks.

In: an `IconSet` and a random generator (to draw a scene) or a `Scene` (to render it). Out: `Scene` values and uint8
pixels (192, 192, 3). Objects stand on multiples of 16 pixels at few places, unrotated, so that the codes of an
object are the same every time. It knows no words beyond colour, place and style names; `captions` tells the scene.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.painting.recolouring import recolour
from inference.painting.scenery import EDGE, background
from inference.text.colours import COLOURS
from inference.text.scenery import PLACES, TIMED
from inference.training.data.icons import CELL, DETAIL, HATS, IconSet

CORNERS = ((0, 0), (6, 0), (0, 6), (6, 6))
COUNTED = {2: ((0, 3), (6, 3)), 3: ((0, 0), (6, 0), (3, 6)), 4: CORNERS, 5: ((0, 0), (8, 0), (4, 4), (0, 8), (8, 8))}
"""Where so many copies stand: small ones, but five find room only when they are tiny."""
SPOTS = {"centre": (3, 3), "left": (0, 3), "right": (6, 3), "top": (3, 0), "bottom": (3, 6)}
RELATIONS = ("beside", "left", "above", "riding", "with", "wearing", "before")
UNSAID = ("white", "cyan", "pink", "beige")
"""Backgrounds of scenes whose caption names none: a grid shall offer a choice."""
FILTERS = ("pixel art", "black and white")


@dataclass(frozen=True)
class Placed:
    """One object: which concept, drawn how, with its upper left corner at cell (column, row)."""

    concept: int
    size: str
    column: int
    row: int
    colour: str | None = None


@dataclass(frozen=True)
class Scene:
    """What a picture shows. `relation` says how object 0 stands to object 1; `spot` where a small single one stands.

    Of a `plain` scene the caption tells neither the background nor, mostly, the style.
    """

    objects: tuple[Placed, ...]
    background: str
    style: str
    relation: str | None = None
    spot: str | None = None
    filter: str | None = None
    plain: bool = False

    @property
    def is_counted(self) -> bool:
        """Whether the scene shows copies of one object."""
        return self.relation is None and len(self.objects) > 1


class SceneMaker:
    """Draws random scenes over the concepts of an IconSet.

    `flat` is the share of the flat style; popular concepts come `popular` times as often as others.
    """

    def __init__(self, icons: IconSet, flat: float = 0.2, popular: float = 5.0) -> None:
        self._icons = icons
        self._flat = flat
        weights = np.array([c.weight * (popular if c.is_popular else 1.0) for c in icons.concepts])
        self._all = weights / weights.sum()
        self._pools = {
            "animate": self._pool(weights, [c.is_animate for c in icons.concepts]),
            "hat": self._pool(weights, [c.name in HATS for c in icons.concepts]),
            "held": self._pool(weights, [c.group in {4, 6, 7} for c in icons.concepts]),
            "building": self._pool(weights, [c.is_building for c in icons.concepts]),
        }

    @staticmethod
    def _pool(weights: NDArray[np.float64], members: list[bool]) -> NDArray[np.float64]:
        chosen: NDArray[np.float64] = weights * np.array(members)
        if not chosen.any():
            chosen = weights
        shares: NDArray[np.float64] = chosen / chosen.sum()
        return shares

    def draw(self, rng: np.random.Generator) -> Scene:
        """One random scene; pairs that are held out never come together."""
        kind = rng.random()
        if kind < 0.62:
            return self._single(rng)
        if kind < 0.72:
            return self._several(rng)
        return self._pair(rng) if kind < 0.97 else self._three(rng)

    def _setting(self, rng: np.random.Generator) -> tuple[str, str, bool]:
        """Background, style, and whether the caption leaves both to the model."""
        share = rng.random()
        if share < 0.45:
            back = UNSAID[0] if rng.random() < 0.65 else UNSAID[1 + int(rng.integers(len(UNSAID) - 1))]
            return back, "flat" if rng.random() < self._flat else "3d", True
        names = list(COLOURS) if share < 0.73 else list(PLACES) if share < 0.88 else list(TIMED)
        return names[int(rng.integers(len(names)))], "flat" if rng.random() < self._flat else "3d", False

    def _concept(self, rng: np.random.Generator, pool: str | None = None) -> int:
        return int(rng.choice(len(self._all), p=self._all if pool is None else self._pools[pool]))

    def _colour(self, rng: np.random.Generator, concept: int, back: str, style: str, share: float = 0.3) -> str | None:
        """A colour to name, in `share` of all cases: one that the thing has anyway, or any other."""
        if rng.random() >= share:
            return None
        own = [name for name in self._icons.paint(style, concept).names if name != back]
        if own and rng.random() < 0.25:
            return own[int(rng.integers(len(own)))]
        others = [name for name in COLOURS if name != back]
        return others[int(rng.integers(len(others)))]

    def _single(self, rng: np.random.Generator) -> Scene:
        back, style, plain = self._setting(rng)
        spot, size, column, row = None, "large", 1, 1
        if rng.random() < 0.3:
            size = "small"
            spot = str(rng.choice(list(SPOTS)))
            column, row = SPOTS[spot]
        concept = self._concept(rng)
        if plain and back in self._icons.paint(style, concept).names:  # a pig before pink is hard to see
            back = UNSAID[0]
        thing = Placed(concept, size, column, row, self._colour(rng, concept, back, style, 0.6))
        chosen = rng.random()
        kind = FILTERS[0] if chosen < 0.015 else FILTERS[1] if chosen < 0.03 else None
        return Scene((thing,), back, style, spot=spot, filter=kind, plain=plain)

    def _several(self, rng: np.random.Generator) -> Scene:
        back, style, plain = self._setting(rng)
        count = int(rng.choice([2, 3, 4, 5], p=[0.4, 0.25, 0.2, 0.15]))
        concept = self._concept(rng)
        return Scene(copies(count, concept, self._colour(rng, concept, back, style, 0.4)), back, style, plain=plain)

    def _pair(self, rng: np.random.Generator) -> Scene:
        back, style, plain = self._setting(rng)
        relation = str(rng.choice(RELATIONS, p=[0.3, 0.2, 0.2, 0.1, 0.08, 0.06, 0.06]))
        pools = {"riding": ("animate", "animate"), "with": ("animate", "held"), "wearing": ("animate", "hat")}
        first_pool, second_pool = pools.get(relation, (None, "building" if relation == "before" else None))
        first = self._concept(rng, first_pool)
        second = self._concept(rng, second_pool)
        while first == second or self.is_held_out(first, second):
            first, second = self._concept(rng, first_pool), self._concept(rng, second_pool)
        colours = [self._colour(rng, concept, back, style, 0.2) for concept in (first, second)]
        return Scene(arrange(relation, first, second, *colours), back, style, relation=relation, plain=plain)

    def _three(self, rng: np.random.Generator) -> Scene:
        """Three different things, no two of which are a pair that is held out."""
        back, style, plain = self._setting(rng)
        chosen: list[int] = []
        while len(chosen) < len(COUNTED[3]):
            concept = self._concept(rng)
            if concept not in chosen and not any(self.is_held_out(concept, other) for other in chosen):
                chosen.append(concept)
        things = tuple(
            Placed(concept, "small", x, y, self._colour(rng, concept, back, style, 0.15))
            for concept, (x, y) in zip(chosen, COUNTED[3], strict=True)
        )
        return Scene(things, back, style, relation="three", plain=plain)

    def altered(self, scene: Scene, rng: np.random.Generator) -> Scene:
        """`scene` with one thing wrong, as a model may draw it.

        It has another number of things, or one thing, or all copies of it, in another colour, or another object there:
        where there are two, it may be the same one twice.
        """
        things = scene.objects
        ways = ["object", "colour", "number"] if scene.is_counted else ["object", "colour"]
        way = rng.choice(ways if scene.filter is None else ways[:1])
        if way == "number":
            number = int(rng.choice([other for other in COUNTED if other != len(things)]))
            return replace(scene, objects=copies(number, things[0].concept, things[0].colour))
        one = int(rng.integers(len(things)))
        thing = things[one]
        if way == "colour":
            colours = [colour for colour in (None, *COLOURS) if colour not in {thing.colour, scene.background}]
            changed = replace(thing, colour=colours[int(rng.integers(len(colours)))])
        elif scene.relation is not None and rng.random() < 0.5:
            changed = replace(thing, concept=things[(one + 1) % len(things)].concept)
        else:
            others = [concept for concept in range(len(self._all)) if concept != thing.concept]
            changed = replace(thing, concept=int(rng.choice(others)))
        if scene.is_counted:
            return replace(scene, objects=copies(len(things), changed.concept, changed.colour))
        return replace(scene, objects=(*things[:one], changed, *things[one + 1 :]))

    def is_held_out(self, first: int, second: int) -> bool:
        """Whether training never shows these two concepts together (one pair in ten, fixed by their names)."""
        names = sorted((self._icons.concepts[first].name, self._icons.concepts[second].name))
        return sha256("|".join(names).encode()).digest()[0] < 26


def copies(count: int, concept: int, colour: str | None = None) -> tuple[Placed, ...]:
    """So many of one concept, where they stand. Raises KeyError for a number that scenes do not have."""
    size = "tiny" if count == 5 else "small"
    return tuple(Placed(concept, size, x, y, colour) for x, y in COUNTED[count])


def arrange(
    relation: str, first: int, second: int, first_colour: str | None = None, second_colour: str | None = None
) -> tuple[Placed, Placed]:
    """Place two concepts in a relation; object 0 is the sentence's subject. Raises KeyError for an unknown relation."""
    size, at, other_size, other_at = {
        "beside": ("small", (0, 3), "small", (6, 3)),
        "left": ("small", (0, 3), "small", (6, 3)),
        "above": ("small", (3, 0), "small", (3, 6)),
        "riding": ("small", (3, 1), "small", (3, 6)),
        "with": ("large", (1, 1), "small", (6, 6)),
        "wearing": ("large", (1, 2), "small", (3, 0)),
        "before": ("small", (3, 6), "large", (1, 1)),
    }[relation]
    return Placed(first, size, *at, first_colour), Placed(second, other_size, *other_at, second_colour)


def render(scene: Scene, icons: IconSet, *, detailed: bool = False) -> NDArray[np.uint8]:
    """Paint a scene: uint8 (192, 192, 3), or twice the edge where `detailed`."""
    scale = DETAIL if detailed else 1
    renderings = icons.detailed if detailed else icons.pictures
    canvas = background(scene.background, scale * EDGE).copy()
    order = reversed(scene.objects) if scene.relation in {"before", "riding"} else iter(scene.objects)
    for thing in order:
        icon: NDArray[np.uint8] = renderings[scene.style, thing.size][thing.concept]
        if thing.colour is not None:
            paint = icons.paint(scene.style, thing.concept)
            if thing.colour not in paint.names:  # what is yellow anyway stays as it is
                icon = recolour(icon, COLOURS[thing.colour], paint)
        x, y, edge = scale * thing.column * CELL, scale * thing.row * CELL, len(icon)
        under = canvas[y : y + edge, x : x + edge]
        alpha = icon[..., 3:].astype(np.uint16)
        mixed = (icon[..., :3] * alpha + under * (255 - alpha) + 127) // 255
        under[...] = mixed.astype(np.uint8)
    return _filtered(canvas, scene.filter)


def _filtered(pixels: NDArray[np.uint8], name: str | None) -> NDArray[np.uint8]:
    if name == "pixel art":
        small = Image.fromarray(pixels).resize((EDGE // 8, EDGE // 8), Image.Resampling.BOX)
        return np.asarray(small.resize(pixels.shape[:2], Image.Resampling.NEAREST))
    if name == "black and white":
        return np.repeat(np.asarray(Image.fromarray(pixels).convert("L"))[..., None], 3, axis=-1)
    return pixels
