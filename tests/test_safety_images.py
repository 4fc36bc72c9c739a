"""The picture check: what is done about what a detector sees, and false alarms of the real one where there is one."""

import importlib.util
import io
import random
from collections.abc import Sequence

import pytest
from PIL import Image, ImageDraw, ImageFilter

from inference.contract import Policy
from inference.pictures import Pixels, UnreadablePicture
from inference.safety.images import Part, PictureCheck


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
    with pytest.raises(UnreadablePicture):
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
