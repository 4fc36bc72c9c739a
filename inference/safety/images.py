"""The picture check: what must not be shown although the prompt was innocent.

In: an encoded picture and a server's policy.  Out: a verdict, with the parts of the body that were seen for words.
What looks is a `Detector`: NudeNet, with the extra `nudenet`; and where a model came with a CLIP, that (concepts.py),
which sees blood too.  Without either there is no picture check.
"""

import importlib.util
import io
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, cast

import numpy as np
import structlog
from PIL import Image

from inference.contract import Policy, Verdict
from inference.contract.verdicts import ACTIONS, Action
from inference.pictures import Pixels, UnreadablePicture
from inference.ranking.clip import RankerError
from inference.safety.concepts import LEAST, Concepts

log = structlog.get_logger(__name__)

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
    "strict": {"nudity": "block", "suggestive": "blur", "gore": "hold"},
    "standard": {"nudity": "hold", "suggestive": "flag", "gore": "blur"},
    "relaxed": {"nudity": "blur", "suggestive": "allow", "gore": "flag"},
}
AT_MOST: Final[Action] = "hold"
"""What CLIP alone does at most, unless the server has chosen for itself."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a body, by NudeNet's name, and how sure it is, 0–1."""

    name: str
    score: float


class Detector(Protocol):
    """Looks at a picture."""

    def __call__(self, pixels: Pixels) -> Sequence[Part]:
        """Pixels (H, W, 3) of uint8, red first."""


class Looker(Protocol):
    """Says what a picture looks like."""

    def __call__(self, pixels: Pixels) -> Mapping[str, float]:
        """Of pixels (H, W, 3), how likely each finding is."""


class PictureCheck:
    """Judges pictures by what is seen in them.  Safe to use from several threads, which wait for each other."""

    def __init__(self, detector: Detector | None, concepts: Looker | None = None) -> None:
        self._detector = detector
        self._concepts = concepts
        self._lock = threading.Lock()

    @classmethod
    def load(cls, clip: Path | None = None) -> "PictureCheck | None":
        """With NudeNet, where the extra is installed, and the CLIP in a folder; None where there is neither."""
        detector = NudeNet() if has_nudenet() else None
        concepts = None
        if clip is not None:
            try:
                concepts = Concepts.load(clip)
            except RankerError as error:
                log.warning("pictures.no_concepts", reason=str(error))
        log.info("pictures.checked_by", nudenet=detector is not None, clip=concepts is not None)
        return None if detector is None and concepts is None else cls(detector, concepts)

    @property
    def names(self) -> tuple[str, ...]:
        """Of what looks at them, for people."""
        return _names(nudenet=self._detector is not None, clip=self._concepts is not None)

    def check(self, picture: bytes, policy: Policy) -> Verdict:
        """The gravest verdict that anything seen gives.  Raises UnreadablePicture."""
        pixels = _read(picture)
        with self._lock:
            parts = [] if self._detector is None else self._detector(pixels)
            likely = {} if self._concepts is None else self._concepts(pixels)
        verdicts = [Verdict("allow"), *_of_parts(parts, policy), *_of_concepts(likely, policy)]
        return max(verdicts, key=lambda verdict: ACTIONS.index(verdict.action))  # the first of equals


def has_nudenet() -> bool:
    """Whether the extra is installed."""
    return importlib.util.find_spec("nudenet") is not None and importlib.util.find_spec("onnxruntime") is not None


def lookers(clip: Path | None) -> tuple[str, ...]:
    """The names of what `PictureCheck.load` would find, given a CLIP's folder or none; nothing is loaded."""
    return _names(nudenet=has_nudenet(), clip=clip is not None)


def _names(*, nudenet: bool, clip: bool) -> tuple[str, ...]:
    return tuple(name for name, here in (("NudeNet", nudenet), ("CLIP", clip)) if here)


def _of_parts(parts: Sequence[Part], policy: Policy) -> Iterator[Verdict]:
    """By the parts of bodies that are seen."""
    for category, least in LEAST_SCORE.items():
        seen = sorted((p for p in parts if PARTS.get(p.name) == category), key=lambda part: -part.score)
        if seen and seen[0].score >= (least if _belongs(seen[0], parts) else ALONE):
            words = tuple(dict.fromkeys(part.name.lower() for part in seen if part.score >= least))
            yield Verdict(action_for(policy, category), category, seen[0].score, "picture_check", words)


def _of_concepts(likely: Mapping[str, float], policy: Policy) -> Iterator[Verdict]:
    """By what the picture looks like as a whole."""
    for finding, score in likely.items():
        if score >= LEAST[policy.level]:
            action = action_for(policy, finding)
            chosen = finding in policy.pictures
            yield Verdict(
                action if chosen else min(action, AT_MOST, key=ACTIONS.index), finding, score, "picture_concepts"
            )


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
                size = f"{image.width} × {image.height}"
                raise UnreadablePicture(f"the picture has {size} pixels; at most {LARGEST_PIXELS} can be checked")
            image.draft("RGB", (2 * SIDE, 2 * SIDE))
            flat = Image.new("RGBA", image.size, "white")
            flat.alpha_composite(image.convert("RGBA"))
            flat.thumbnail((SIDE, SIDE), Image.Resampling.BILINEAR)
            return np.asarray(flat.convert("RGB"))
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        kind = type(error).__name__  # its words name an object of ours
        raise UnreadablePicture(f"the picture, of {len(picture)} bytes, cannot be read ({kind})") from error
