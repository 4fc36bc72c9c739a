"""Captions: what a person would type to get a scene.

In: a `Scene`, the concepts and a random generator. Out: one English phrase in lower case. It varies article, number
word, synonym, word order and style words; names kept for the evaluation (`Concept.held_out`) never appear.
"""

from __future__ import annotations

import numpy as np

from inference.text.nouns import article, plural
from inference.text.scenery import PLACES, TIMED, TIMES
from inference.training.data.icons import Concept, IconSet
from inference.training.data.scenes import Scene

_ON_COLOUR = (
    "on {ac} background", "on {ac} background", "on {c}", "against {ac} background", "with {ac} background",
    "{c} background",
)  # fmt: skip
_STYLE = {
    "3d": ("3d render of {s}", "a 3d render of {s}", "a 3d emoji of {s}", "{s}, 3d", "{s}, 3d render"),
    "flat": (
        "flat illustration of {s}", "a flat illustration of {s}", "a flat icon of {s}", "{s}, flat", "{s}, flat style",
    ),
}  # fmt: skip
_PLAIN = (
    "a picture of {s}", "a drawing of {s}", "an emoji of {s}", "an image of {s}", "an icon of {s}", "a photo of {s}",
)  # fmt: skip
_FILTER = {
    "pixel art": ("pixel art of {s}", "{s}, pixel art", "{s} as pixel art", "pixelated {s}"),
    "black and white": ("a black and white picture of {s}", "{s} in black and white", "{s}, black and white"),
}
_RELATION = {
    "beside": (
        "{a} and {b}",
        "{a} and {b}",
        "{a} and {b}",
        "{a} next to {b}",
        "{a} beside {b}",
        "{a} near {b}",
        "{a} fighting {b}",
        "{a} chasing {b}",
        "{a} meets {b}",
        "{a} kissing {b}",
        "{a} talking to {b}",
        "{a} looking at {b}",
        "{a} vs {b}",
    ),
    "left": ("{a} to the left of {b}", "{a} left of {b}", "{b} to the right of {a}", "{b} right of {a}"),
    "above": ("{a} above {b}", "{a} over {b}", "{b} below {a}", "{b} under {a}", "{b} beneath {a}"),
    "riding": ("{a} riding {b}", "{a} riding on {b}", "{a} on top of {b}", "{a} sitting on {b}", "{a} on {b}"),
    "with": ("{a} with {b}", "{a} holding {b}", "{a} and {its} {bare}", "{a} carrying {b}"),
    "wearing": ("{a} wearing {b}", "{a} with {b} on its head", "{a} in {b}"),
    "before": ("{a} in front of {b}", "{a} before {b}", "{b} behind {a}", "{a} at {b}"),
    "three": ("{a}, {b} and {c}", "{a}, {b} and {c}", "{a}, {b}, {c}", "{a} and {b} and {c}"),
}
_WITH_GROUP = {
    4: ("{a} eating {b}", "{a} drinking {b}", "{a} with {b}"),
    6: ("{a} playing {b}", "{a} playing with {b}", "{a} with {b}"),
}
_COUNT = {
    2: ("two", "two", "2", "a pair of"), 3: ("three", "three", "3"), 4: ("four", "four", "4"), 5: ("five", "five", "5"),
}  # fmt: skip
_SPOT = {
    "left": ("on the left", "at the left", "on the left side"),
    "right": ("on the right", "at the right", "on the right side"),
    "top": ("at the top", "on top", "up high"),
    "bottom": ("at the bottom", "low down"),
    "centre": ("in the middle", "in the centre"),
}


def caption(scene: Scene, icons: IconSet, rng: np.random.Generator) -> str:
    """One way of asking for `scene`."""
    subject = _subject(scene, icons, rng)
    subject = _styled(scene, subject, rng)
    return _with_background(scene, subject, rng)


def _pick(rng: np.random.Generator, options: tuple[str, ...]) -> str:
    return options[int(rng.integers(len(options)))]


def _name(concept: Concept, colour: str | None, rng: np.random.Generator) -> str:
    rng = np.random.default_rng(rng.integers(1 << 62))  # whatever is chosen here, the rest of a caption stays the same
    if concept.synonyms and rng.random() < 0.3:
        name = _pick(rng, concept.synonyms)
    elif len(concept.names) > 1 and (colour is not None or rng.random() < 0.5):
        name = _pick(rng, concept.names[1:])
    else:
        name = concept.name
    if colour is None:
        return name
    # "a blue red heart" is nothing anybody asks for
    bare = name.removeprefix("red ").removeprefix("black ").removeprefix("green ")
    return f"{'grey' if colour == 'gray' and rng.random() < 0.4 else colour} {bare}"


def _one(phrase: str, rng: np.random.Generator) -> str:
    share = rng.random()
    ends_plural = phrase.endswith("s") and not phrase.endswith(("ss", "us", "is"))
    if ends_plural or phrase.startswith(("people ", "busts ")):
        return phrase if share < 0.85 else f"the {phrase}"
    return article(phrase) if share < 0.82 else phrase if share < 0.92 else f"the {phrase}"


def _subject(scene: Scene, icons: IconSet, rng: np.random.Generator) -> str:
    first = scene.objects[0]
    concept = icons.concepts[first.concept]
    name = _name(concept, first.colour, rng)
    if scene.relation is not None:
        return _related(scene, icons, name, rng)
    if scene.is_counted:
        return f"{_pick(rng, _COUNT[len(scene.objects)])} {plural(name)}"
    if scene.spot is None:
        return _one(f"{_pick(rng, ('big', 'large', 'huge'))} {name}" if rng.random() < 0.04 else name, rng)
    small = f"{_pick(rng, ('small', 'little', 'tiny'))} {name}"
    if scene.spot == "centre":
        return _one(small, rng)
    return f"{_one(small if rng.random() < 0.5 else name, rng)} {_pick(rng, _SPOT[scene.spot])}"


def _related(scene: Scene, icons: IconSet, first: str, rng: np.random.Generator) -> str:
    other = scene.objects[1]
    concept = icons.concepts[other.concept]
    second = _name(concept, other.colour, rng)
    patterns = _RELATION[str(scene.relation)]
    if scene.relation == "with" and concept.group in _WITH_GROUP and rng.random() < 0.5:
        patterns = _WITH_GROUP[concept.group]
    words = {"a": _one(first, rng), "b": _one(second, rng), "bare": second, "its": _pick(rng, ("its", "his", "her"))}
    if len(scene.objects) > 2:
        third = scene.objects[2]
        words["c"] = _one(_name(icons.concepts[third.concept], third.colour, rng), rng)
    return _pick(rng, patterns).format(**words)


def _styled(scene: Scene, subject: str, rng: np.random.Generator) -> str:
    if scene.filter is not None:
        subject = _pick(rng, _FILTER[scene.filter]).format(s=subject)
    if rng.random() < 0.1 if scene.plain else scene.style == "flat" or rng.random() < 0.12:
        return _pick(rng, _STYLE[scene.style]).format(s=subject)
    if rng.random() < 0.08:
        return _pick(rng, _PLAIN).format(s=subject)
    return subject


def _with_background(scene: Scene, subject: str, rng: np.random.Generator) -> str:
    if scene.plain:
        return subject
    if scene.background in TIMED:
        place, time = TIMED[scene.background]
        first, second = _pick(rng, PLACES[place]), _pick(rng, TIMES[time])
        where = f"{first} {second}" if rng.random() < 0.75 else f"{second} {first}"
    elif scene.background in PLACES:
        where = _pick(rng, PLACES[scene.background])
    else:
        where = _pick(rng, _ON_COLOUR).format(c=scene.background, ac=article(scene.background))
    share = rng.random()
    follows = where.startswith(("on", "with", "against")) or not where.endswith("background")
    if follows and share < 0.7:
        return f"{subject} {where}"
    return f"{where}, {subject}" if share > 0.88 else f"{subject}, {where}"
