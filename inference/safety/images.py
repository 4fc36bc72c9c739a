"""The picture check: what must not be shown although the prompt was innocent.

In: an encoded picture and a server's policy.  Out: a verdict, with the parts of the body that were seen for words.
What looks is a `Detector`: NudeNet, with the extra `nudenet`; without it there is no picture check.

It judges nudity alone.  Blood, hate and the like are left to the prompt filter and to people: nothing small enough
finds them without many false alarms.
"""

import functools
import importlib.util
import io
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, cast

import numpy as np
from PIL import Image

from inference.contract import Policy, Verdict
from inference.contract.verdicts import ACTIONS, Action
from inference.pictures import Pixels, UnreadablePicture

SIDE: Final = 320
"""Pixels of the longer edge that the detector looks at."""
LARGEST_PIXELS: Final = 64_000_000

PARTS: Final[Mapping[str, str]] = {
    "FEMALE_GENITALIA_EXPOSED": "nudity",
    "MALE_GENITALIA_EXPOSED": "nudity",
    "ANUS_EXPOSED": "nudity",
    "FEMALE_BREAST_EXPOSED": "nudity",
    "BUTTOCKS_EXPOSED": "suggestive",
    "FEMALE_GENITALIA_COVERED": "suggestive",
    "ANUS_COVERED": "suggestive",
}
"""What a part of the body counts as; all others are nobody's business."""
LEAST_SCORE: Final[Mapping[str, float]] = {"nudity": 0.45, "suggestive": 0.6}
"""Of a part that belongs to a body, of which others are seen too."""
ALONE: Final = 0.8
"""Of a part by itself: in soft round shapes the detector sees breasts, but never a face with them."""
CORROBORATES: Final = 0.25
DEFAULTS: Final[Mapping[str, Mapping[str, Action]]] = {
    "strict": {"nudity": "block", "suggestive": "blur"},
    "standard": {"nudity": "hold", "suggestive": "flag"},
    "relaxed": {"nudity": "blur", "suggestive": "allow"},
}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a body, by NudeNet's name, and how sure it is, 0–1."""

    name: str
    score: float


class Detector(Protocol):
    """Looks at a picture."""

    def __call__(self, pixels: Pixels) -> Sequence[Part]:
        """Pixels (H, W, 3) of uint8, red first."""


class PictureCheck:
    """Judges pictures by what a detector sees.  Safe to use from several threads, which wait for each other."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._lock = threading.Lock()

    @classmethod
    @functools.cache
    def load(cls) -> "PictureCheck | None":
        """With NudeNet; None where the extra is not installed."""
        if importlib.util.find_spec("nudenet") is None or importlib.util.find_spec("onnxruntime") is None:
            return None
        return cls(NudeNet())

    def check(self, picture: bytes, policy: Policy) -> Verdict:
        """The gravest verdict that any part gives.  Raises UnreadablePicture."""
        pixels = _read(picture)
        with self._lock:
            parts = self._detector(pixels)
        verdict = Verdict("allow")
        for category, least in LEAST_SCORE.items():
            seen = sorted((p for p in parts if PARTS.get(p.name) == category), key=lambda part: -part.score)
            if not seen or seen[0].score < (least if _belongs(seen[0], parts) else ALONE):
                continue
            action = action_for(policy, category)
            if ACTIONS.index(action) > ACTIONS.index(verdict.action):
                words = tuple(dict.fromkeys(part.name.lower() for part in seen if part.score >= least))
                verdict = Verdict(action, category, seen[0].score, "picture_check", words)
        return verdict


def _belongs(part: Part, parts: Sequence[Part]) -> bool:
    return any(other.name != part.name and other.score >= CORROBORATES for other in parts)


def action_for(policy: Policy, category: str) -> Action:
    """What the server wants done; in an age-restricted channel one step less, unless it says so itself."""
    chosen = policy.pictures.get(category)
    if chosen is not None:
        return cast("Action", chosen)
    action = DEFAULTS[policy.level][category]
    return ACTIONS[max(0, ACTIONS.index(action) - 1)] if policy.age_restricted else action


class NudeNet:
    """The detector of https://github.com/notAI-tech/nudenet, whose weights come in its package.  On one thread."""

    def __init__(self) -> None:
        import nudenet
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        path = Path(nudenet.__file__).parent / "320n.onnx"
        self._detector = nudenet.NudeDetector(str(path), inference_resolution=SIDE)
        self._detector.onnx_session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )

    def __call__(self, pixels: Pixels) -> Sequence[Part]:
        found: list[dict[str, Any]] = self._detector.detect(np.ascontiguousarray(pixels[:, :, ::-1]))
        return [Part(part["class"], part["score"]) for part in found]


def _read(picture: bytes) -> Pixels:
    try:
        with Image.open(io.BytesIO(picture)) as image:
            if image.width * image.height > LARGEST_PIXELS:
                raise UnreadablePicture(f"it has {image.width} × {image.height} pixels; that is too large to check")
            image.draft("RGB", (2 * SIDE, 2 * SIDE))
            flat = Image.new("RGBA", image.size, "white")
            flat.alpha_composite(image.convert("RGBA"))
            flat.thumbnail((SIDE, SIDE), Image.Resampling.BILINEAR)
            return np.asarray(flat.convert("RGB"))
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise UnreadablePicture(f"it cannot be read: {error}") from error
