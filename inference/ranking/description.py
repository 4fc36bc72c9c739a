"""A picture in words: which things a detector finds in it, and where the built-in model's judge sees them.

In: a picture, and texts that may fit it.  Out: a `Description` of the contract.  It knows no engine and no server.

Both learned from rendered scenes of about a thousand things: of a photograph they tell what of those it looks like.
"""

import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

import numpy as np
import torch
from torch import Tensor

from inference.checkpoints.builtin import BUILTIN_FOLDER, load_judge_and_text
from inference.checkpoints.text_encoder import ASSETS
from inference.contract import MAX_THINGS, Description, Thing
from inference.models.judge import PictureJudge, picture_tensor
from inference.models.text_encoder import SentenceEncoder
from inference.pictures import Pixels, read_init_picture
from inference.ranking.detector import EDGE, Detector, Found, find, load_detector
from inference.text.colours import COLOURS
from inference.text.nouns import article, plural

DETECTOR_FOLDER: Final = ASSETS / "evaluation"
PLACES: Final = (
    "at night", "at sunset", "on the beach", "in space", "on the moon", "in a forest", "in the desert", "in the snow",
    "on fire", "in the sea", "in a field", "in the city", "on mars", "in the mountains", "in a room", "in a library",
    "in a cave",
)  # fmt: skip
NUMBERS: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SURE: Final = 0.8  # of what is no thing, the detector is less
NAMES: Final = 3  # what a thing may be
GUESS: Final = 0.15  # what is less likely than this is not told
DOUBT: Final = 0.1  # how likely another name must be to be told
PLAIN: Final = 0.8  # the share of a picture's edge that has one colour, where its background is that colour
NEAR: Final = 14.0  # how far two colours may be apart and still be one, in levels
NAMED: Final = 1.0  # that a text names a thing that is there counts more than any cosine


class Describer:
    """Not thread-safe: its text encoder remembers what it read last."""

    def __init__(self, detector: Detector, names: Sequence[str], judge: PictureJudge, text: SentenceEncoder) -> None:
        self._detector = detector.eval()
        self._names = names
        self._judge = judge.eval()
        self._text = text
        self._places = self._read([f"something {place}" for place in PLACES])  # (places, D)

    @classmethod
    def load(cls, model: Path = BUILTIN_FOLDER, detector: Path = DETECTOR_FOLDER) -> Self:
        """From the files that ship.  Raises CheckpointError."""
        names = json.loads((detector / "questions.json").read_text(encoding="utf-8"))["names"]
        return cls(load_detector(detector), names, *load_judge_and_text(model))

    def describe(self, image: bytes, texts: Sequence[str] = ()) -> Description:
        """Raises UnreadablePicture."""
        return self.describe_pixels(read_init_picture(image, 2 * EDGE, 2 * EDGE), texts)

    @torch.no_grad()
    def describe_pixels(self, pixels: Pixels, texts: Sequence[str] = ()) -> Description:
        """`pixels` are (H, W, 3), square."""
        things = self._things(pixels)
        seen = self._judge.embed_pictures(picture_tensor([pixels], self._judge.config.edge))[0]  # (D,)
        colour = plain_background(pixels)
        place = f"on {article(colour)} background" if colour else PLACES[int((self._places @ seen).argmax())]
        return Description(things, place, captions(things, place), tuple(self._scores(texts, seen, things)))

    def _things(self, pixels: Pixels) -> tuple[Thing, ...]:
        """Those that are alike count as one, several times."""
        (found,) = find(self._detector, [pixels], threshold=SURE, best=NAMES)
        counts = Counter(thing.concept for thing in found)
        first = {thing.concept: thing for thing in reversed(found)}  # the surest of its kind
        surest = sorted(first.values(), key=lambda thing: -thing.confidence)[:MAX_THINGS]
        return tuple(
            Thing(self._likely(thing), counts[thing.concept], round(thing.confidence * thing.shares[0], 3))
            for thing in surest
            if thing.confidence * thing.shares[0] >= GUESS
        )

    def _likely(self, thing: Found) -> tuple[str, ...]:
        """Its name, and others where there is doubt."""
        others = zip(thing.concepts[1:], thing.shares[1:], strict=True)
        return (self._names[thing.concept], *(self._names[one] for one, share in others if share >= DOUBT))

    def _scores(self, texts: Sequence[str], seen: Tensor, things: Sequence[Thing]) -> list[float]:
        if not texts:
            return []
        named = [re.compile(rf"\b{re.escape(thing.names[0])}", re.IGNORECASE) for thing in things]
        cosines: list[float] = (self._read(texts) @ seen).tolist()
        return [
            round(cosine + NAMED * sum(bool(name.search(text)) for name in named), 4)
            for cosine, text in zip(cosines, texts, strict=True)
        ]

    @torch.no_grad()
    def _read(self, texts: Sequence[str]) -> Tensor:
        return self._judge.embed_texts(self._text.vectors(texts))


def captions(things: Sequence[Thing], place: str) -> tuple[str, ...]:
    """All that is seen, its first thing alone, and what that may be besides: each as a prompt, each once."""
    if not things:
        return ()
    together = " and ".join(_several(thing.names[0], thing.count) for thing in things[:2])
    first = things[0]
    told = [together, *(_several(name, first.count) for name in first.names)]
    return tuple(dict.fromkeys(f"{words} {place}" for words in told))


def _several(name: str, count: int) -> str:
    if count == 1:
        return article(name)
    return f"{NUMBERS[count]} {plural(name)}" if count < len(NUMBERS) else f"many {plural(name)}"


def plain_background(pixels: Pixels) -> str | None:
    """Which of the sixteen colours a picture (H, W, 3) has at its edge; None where it has no one colour there."""
    edge = np.concatenate([pixels[:3], pixels[-3:], pixels[:, :3].swapaxes(0, 1), pixels[:, -3:].swapaxes(0, 1)], 1)
    levels = edge.reshape(-1, 3).astype(np.float32)  # (N, 3)
    usual = np.median(levels, axis=0)
    if (np.linalg.norm(levels - usual, axis=1) < NEAR).mean() < PLAIN:
        return None
    return min(COLOURS, key=lambda name: float(np.linalg.norm(usual - np.array(COLOURS[name]))))
