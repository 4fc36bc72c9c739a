"""A person's own pictures: a folder with captions, as batches like those of the built-in scenes.

In: a folder of pictures, each with `name.txt` beside `name.png` (one caption a line), or with lines
`{"file": "name.png", "caption": "a cat"}` in `captions.jsonl` (`file_name` and `text` are understood too; a caption may
be a list of several). Out: pixels (192, 192, 3), cut to the middle square, and one caption each, always the same for a
seed and a step. It knows no model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from inference.painting.scenery import EDGE
from inference.training.data.stream import VALIDATION_SEED, SceneBatch, SceneSource

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif"})
_LIST = "captions.jsonl"
_NAMED = 3
"""So many files are named in an error, and the rest is counted."""


class FolderError(ValueError):
    """A folder of pictures cannot be trained on; the message says which files are wrong, and how to mend it."""


class CaptionedSource(Protocol):
    """Captioned pictures, whatever they come from."""

    seed: int

    def batch(self, step: int) -> SceneBatch:
        """The batch of `step`, always the same."""
        ...


@dataclass(frozen=True)
class CaptionedPicture:
    """A file and what may be said of it."""

    path: Path
    captions: tuple[str, ...]

    @property
    def is_held_out(self) -> bool:
        """Whether it is kept for measuring: one in twenty, by its name."""
        return sha256(self.path.name.encode()).digest()[0] < 13


@dataclass
class FolderSource:
    """Batches from the pictures of a folder, drawn at random; `detailed` adds them at twice the edge.

    The held-out ones, if there are any, come with `held_out` alone.
    """

    folder: Path
    seed: int
    size: int
    held_out: bool = False
    detailed: bool = False
    _pictures: tuple[CaptionedPicture, ...] = field(default=(), repr=False)

    def batch(self, step: int) -> SceneBatch:
        """The `size` pictures of `step`. Raises FolderError."""
        if not self._pictures:
            everything = read_folder(self.folder)
            chosen = tuple(picture for picture in everything if picture.is_held_out == self.held_out)
            self._pictures = chosen or everything
        rng = np.random.default_rng([self.seed, step])
        chosen = tuple(self._pictures[int(row)] for row in rng.integers(len(self._pictures), size=self.size))
        captions = tuple(picture.captions[int(rng.integers(len(picture.captions)))] for picture in chosen)
        pixels = np.stack([read_picture(picture.path, EDGE) for picture in chosen])
        detailed = np.stack([read_picture(picture.path, 2 * EDGE) for picture in chosen]) if self.detailed else None
        return SceneBatch(pixels, captions, (), detailed)


def captioned_source(
    cache: Path, pictures: Path | None, seed: int, size: int, flat: float = 0.2, popular: float = 5.0, *,
    held_out: bool = False, detailed: bool = False, altered: bool = False,
) -> CaptionedSource:  # fmt: skip
    """Scenes over the icons of `cache`, or, where `pictures` names a folder, the pictures in there, never altered.

    The held-out ones are never trained on. Raises FolderError when the folder is not fit for training.
    """
    if pictures is not None:
        check_folder(pictures)
        return FolderSource(pictures, seed, size, held_out, detailed)
    if held_out:
        return SceneSource(cache, VALIDATION_SEED, size, detailed=detailed, altered=altered)
    return SceneSource(cache, seed, size, flat, popular, detailed, altered)


def read_folder(folder: Path) -> tuple[CaptionedPicture, ...]:
    """The pictures of a folder and its subfolders, in the order of their names, with their captions.

    Raises FolderError when there are none, or when some have no caption.
    """
    if not folder.is_dir():
        raise FolderError(f"{folder}: there is no such folder")
    listed = _listed_captions(folder)
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    if not paths:
        raise FolderError(f"{folder}: no pictures are in there ({', '.join(sorted(SUFFIXES))})")
    captions = {path: listed.get(path.relative_to(folder).as_posix(), ()) or _beside(path) for path in paths}
    bare = [path for path in paths if not captions[path]]
    if bare:
        raise FolderError(
            f"{folder}: {len(bare)} of {len(paths)} pictures have no caption: {_some(bare, folder)}; write one into a "
            f".txt of the same name beside each, or a line into {_LIST}"
        )
    return tuple(CaptionedPicture(path, captions[path]) for path in paths)


def check_folder(folder: Path) -> int:
    """How many pictures there are, once all of them have captions and can be opened. Raises FolderError."""
    pictures = read_folder(folder)
    broken = [picture.path for picture in pictures if not _opens(picture.path)]
    if broken:
        raise FolderError(
            f"{folder}: {len(broken)} of {len(pictures)} pictures cannot be read: {_some(broken, folder)}; mend or "
            "remove them"
        )
    return len(pictures)


def read_picture(path: Path, edge: int) -> NDArray[np.uint8]:
    """A picture file's middle square as uint8 (edge, edge, 3); transparency becomes white. Raises FolderError."""
    try:
        with Image.open(path) as picture:
            upright = ImageOps.exif_transpose(picture).convert("RGBA")
    except Exception as error:  # damaged files have led Pillow to a dozen kinds of errors
        raise FolderError(f"{path}: the picture cannot be read: {error}") from error
    paper = Image.new("RGBA", upright.size, "white")
    paper.alpha_composite(upright)
    return np.asarray(ImageOps.fit(paper.convert("RGB"), (edge, edge), Image.Resampling.LANCZOS))


def _opens(path: Path) -> bool:
    try:
        with Image.open(path) as picture:
            picture.verify()
    except Exception:  # noqa: BLE001 - whatever it was, the file is counted and named
        return False
    return True


def _beside(path: Path) -> tuple[str, ...]:
    file = path.with_suffix(".txt")
    if not file.is_file():
        return ()
    lines = (line.strip() for line in file.read_text("utf-8", errors="replace").splitlines())
    return tuple(line for line in lines if line)


def _listed_captions(folder: Path) -> dict[str, tuple[str, ...]]:
    file, listed = folder / _LIST, dict[str, tuple[str, ...]]()
    if not file.is_file():
        return listed
    for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            name, captions = _row(row)
        except (ValueError, KeyError, TypeError) as error:
            raise FolderError(
                f'{file}: line {number} must be {{"file": "name.png", "caption": "what it shows"}}, it is {line[:80]!r}'
            ) from error
        listed[name] = listed.get(name, ()) + captions
    return listed


def _row(row: Mapping[str, object]) -> tuple[str, tuple[str, ...]]:
    name = row["file"] if "file" in row else row["file_name"]
    text = row["caption"] if "caption" in row else row["text"]
    texts = [text] if isinstance(text, str) else text
    if not isinstance(name, str) or not isinstance(texts, list) or not all(isinstance(one, str) for one in texts):
        raise TypeError(name)
    return name, tuple(one.strip() for one in texts if one.strip())


def _some(paths: Sequence[Path], folder: Path) -> str:
    names = ", ".join(path.relative_to(folder).as_posix() for path in paths[:_NAMED])
    return names if len(paths) <= _NAMED else f"{names} and {len(paths) - _NAMED} more"
