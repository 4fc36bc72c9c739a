"""The picture check: what is done about what a detector sees, and false alarms of the real one where there is one."""

import importlib.util
import io
import random
import shutil
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw, ImageFilter
from structlog.testing import capture_logs

from inference.checkpoints.store import ModelStore
from inference.contract import PICTURE_CATEGORIES, Policy, Verdict
from inference.pictures import Pixels, UnreadablePicture
from inference.safety.concepts import CONCEPTS, LEAST, NEUTRAL, Concepts
from inference.safety.images import Part, PictureCheck
from inference.server.process import clip_of
from tests.test_ranking import folder as clip  # noqa: F401  # a fixture


class FakeDetector:
    """Sees what it is told to."""

    def __init__(self, *parts: tuple[str, float]) -> None:
        self._parts = [Part(*part) for part in parts]
        self.seen: list[tuple[int, ...]] = []

    def __call__(self, pixels: Pixels) -> Sequence[Part]:
        self.seen.append(pixels.shape)
        return self._parts


FACE = ("FACE_FEMALE", 0.9)
BREAST = ("FEMALE_BREAST_EXPOSED", 0.7)
COVERED = ("FEMALE_GENITALIA_COVERED", 0.7)


def encoded(image: Image.Image, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


PICTURE = encoded(Image.new("RGB", (640, 320), "tan"))


def action(*parts: tuple[str, float], policy: Policy | None = None) -> str:
    return PictureCheck(FakeDetector(*parts)).check(PICTURE, policy or Policy()).action


def test_the_level_says_what_is_done() -> None:
    """Covered behind a cover, held for review, or removed."""
    for level, nudity, suggestive in (
        ("relaxed", "blur", "allow"), ("standard", "hold", "flag"), ("strict", "block", "blur"),
    ):  # fmt: skip
        assert action(FACE, BREAST, policy=Policy(level)) == nudity  # type: ignore[arg-type]
        assert action(FACE, COVERED, policy=Policy(level)) == suggestive  # type: ignore[arg-type]


def test_an_age_restricted_channel_is_a_step_milder() -> None:
    """Unless the server has chosen for itself."""
    assert action(FACE, BREAST, policy=Policy(age_restricted=True)) == "blur"
    chosen = Policy(age_restricted=True, pictures={"nudity": "block"})
    assert action(FACE, BREAST, policy=chosen) == "block"


def test_a_part_alone_must_be_certain() -> None:
    """Soft round shapes look like breasts, but there is no body around them."""
    assert action(BREAST) == "allow"
    assert action(("FEMALE_BREAST_EXPOSED", 0.85)) == "hold"


def test_what_is_nobodys_business_is_allowed() -> None:
    """Faces, feet, bellies, and what is hardly seen."""
    assert action(FACE, ("FEET_EXPOSED", 0.9), ("BELLY_EXPOSED", 0.9), ("FEMALE_BREAST_EXPOSED", 0.3)) == "allow"


class FakeConcepts:
    """Finds things as likely as it is told to."""

    def __init__(self, **likely: float) -> None:
        self._likely = likely

    def __call__(self, pixels: Pixels) -> Mapping[str, float]:
        assert pixels.ndim == 3
        return self._likely


def resembling(policy: Policy | None = None, detector: FakeDetector | None = None, **likely: float) -> Verdict:
    return PictureCheck(detector, FakeConcepts(**likely)).check(PICTURE, policy or Policy())


def test_what_a_picture_looks_like_counts_beside_its_parts() -> None:
    """The gravest of both decides; CLIP sees blood, and needs no body for it."""
    verdict = resembling(gore=0.95, nudity=0.2)
    assert (verdict.action, verdict.category, verdict.score, verdict.rule) == ("blur", "gore", 0.95, "picture_concepts")
    assert resembling(detector=FakeDetector(FACE, BREAST), gore=0.95).category == "nudity"
    assert resembling(detector=FakeDetector(FACE), gore=0.1).action == "allow"


def test_the_level_says_how_sure_clip_must_be() -> None:
    """And it removes nothing by itself, unless the server says so."""
    for level, limit in LEAST.items():
        assert resembling(Policy(level), gore=limit - 0.01).action == "allow"
        assert resembling(Policy(level), gore=limit).action != "allow"
    assert resembling(Policy("strict"), nudity=0.99).action == "hold"
    assert resembling(Policy("strict", pictures={"nudity": "block"}), nudity=0.99).action == "block"


def test_a_server_with_a_clip_uses_it(clip: Path, tmp_path: Path) -> None:  # noqa: F811
    """A tiny one of random weights: each finding gets a probability, the same for the same picture."""
    concepts = Concepts.load(clip)
    pixels = np.asarray(Image.effect_noise((64, 48), 80).convert("RGB"))
    found = concepts(pixels)
    assert list(found) == list(CONCEPTS) == list(PICTURE_CATEGORIES)
    assert all(0 <= score <= 1 for score in found.values())
    assert concepts(pixels) == found
    check = PictureCheck.load(clip)
    assert check is not None
    check.check(PICTURE, Policy())
    shutil.copytree(clip, tmp_path / "models" / "painter" / "clip")
    (tmp_path / "models" / "plain").mkdir()
    store = ModelStore(tmp_path / "models")
    assert clip_of(f"{tmp_path}/models/plain, {tmp_path}/models/painter", store) == tmp_path / "models/painter/clip"
    assert clip_of(f"{tmp_path}/models/plain", store) is None


def test_who_looks_at_pictures_is_named() -> None:
    """What is there, in the order in which it is asked."""
    assert PictureCheck(FakeDetector(), FakeConcepts()).names == ("NudeNet", "CLIP")
    assert PictureCheck(FakeDetector()).names == ("NudeNet",)
    assert PictureCheck(None, FakeConcepts()).names == ("CLIP",)


def test_the_nearest_text_decides() -> None:
    """A picture nearer to a harmless text than to any of a finding is none of it."""

    class Axes:
        """Each text its own direction, so that a picture can be just like one."""

        def __init__(self, like: str) -> None:
            self._texts = [*chain.from_iterable(CONCEPTS.values()), *NEUTRAL]
            self._like = like

        def text_vectors(self, texts: Sequence[str]) -> torch.Tensor:
            return torch.stack([torch.eye(len(self._texts))[self._texts.index(text)] for text in texts])

        def picture_vectors(self, pictures: Sequence[Pixels]) -> torch.Tensor:
            return self.text_vectors([self._like]).expand(len(pictures), -1)

    pixels = np.zeros((8, 8, 3), np.uint8)
    likely = Concepts(Axes("a bloody corpse"))(pixels)
    assert likely["gore"] > 0.99
    assert likely["nudity"] == 0.5  # as far as everything else
    assert max(Concepts(Axes("tomato sauce"))(pixels).values()) < 0.01


def test_a_clip_that_cannot_be_loaded_keeps_no_server_from_starting(tmp_path: Path) -> None:
    """It is told in the log; NudeNet looks alone, or nobody."""
    with capture_logs() as logs:
        PictureCheck.load(tmp_path)
    assert [entry["event"] for entry in logs] == ["pictures.no_concepts", "pictures.checked_by"]
    assert logs[1]["clip"] is False


def test_the_verdict_says_what_was_seen() -> None:
    """The gravest category, with its score and parts."""
    verdict = PictureCheck(FakeDetector(FACE, BREAST, COVERED)).check(PICTURE, Policy())
    assert (verdict.category, verdict.score, verdict.rule) == ("nudity", 0.7, "picture_check")
    assert verdict.words == ("female_breast_exposed",)


def test_pictures_are_made_small_and_opaque() -> None:
    """What is transparent is white, as in the chat; the detector never sees more than it needs."""
    detector = FakeDetector()
    PictureCheck(detector).check(encoded(Image.new("RGBA", (2000, 500), (0, 0, 0, 0))), Policy())
    assert detector.seen == [(80, 320, 3)]


@pytest.mark.parametrize("data", [b"", b"no picture", PICTURE[:60]])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    """It is never an "allow"."""
    with pytest.raises(UnreadablePicture, match=r"the picture, of \d+ bytes, cannot be read \([A-Za-z]+\)$"):
        PictureCheck(FakeDetector()).check(data, Policy())


@pytest.mark.skipif(importlib.util.find_spec("nudenet") is None, reason="the extra nudenet is not installed")
@pytest.mark.parametrize("marble", [False, True])
def test_shapes_are_no_bodies(marble: bool) -> None:
    """Skin-toned blobs, and soft grey ones as of sculptures, alarm nobody."""
    check = PictureCheck.load()
    assert check is not None
    for seed in range(20):
        assert check.check(blobs(seed, marble=marble), Policy()).action == "allow"


def blobs(seed: int, *, marble: bool) -> bytes:
    rng = random.Random(seed)  # noqa: S311  # shapes are no secrets
    image = Image.new("RGB", (256, 256), (rng.randint(60, 200), rng.randint(60, 200), rng.randint(60, 200)))
    draw = ImageDraw.Draw(image)
    for _ in range(rng.randint(3, 9)):
        x, y = rng.randint(-20, 230), rng.randint(-20, 230)
        tone = rng.randint(-25, 25)
        box = (x, y, x + rng.randint(30, 120), y + rng.randint(30, 160))
        draw.ellipse(box, fill=(222 + tone // 2, 184 + tone, 152 + tone))
    if marble:
        image = image.filter(ImageFilter.GaussianBlur(3)).convert("L").convert("RGB")
    return encoded(image)
