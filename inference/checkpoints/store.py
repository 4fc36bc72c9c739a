"""The models that were pulled or imported: a folder with a folder for each, found by name.

In: names. Out: folders. A model appears there whole or not at all: it is written beside, and renamed when it is
finished. `source.json` in each says where it came from, and what its files must hash to. It knows nothing of networks.
"""

import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from inference.checkpoints.weights import CheckpointError, read_json, write_json
from inference.native.cache import user_cache

BUILTIN = "builtin"
SOURCE = "source.json"
PIPELINE = "model_index.json"
"""In the folder of a model that diffusers can load."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._]*(?:-[A-Za-z0-9._]+)*(?:/[A-Za-z0-9][A-Za-z0-9._]*(?:-[A-Za-z0-9._]+)*)?")
"""Like the hub's, but without "--", which stands for the slash in the names of folders."""
LONGEST_NAME = 96
UNFINISHED = ".unfinished-"


@dataclass(frozen=True)
class StoredModel:
    """What source.json says. `origins` are lines for people; `hashes` maps paths inside the folder to SHA-256."""

    name: str
    folder: Path
    kind: str
    parameters: int
    origins: tuple[str, ...]
    hashes: dict[str, str]

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())


class ModelStore:
    """One folder of models; easel/models in the user's cache unless given."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = (folder or default_folder()).expanduser()

    def find(self, name: str) -> Path | None:
        """The folder of a model; None where there is none of that name."""
        if not is_name(name):
            return None
        folder = self.folder / name.replace("/", "--")
        return folder if (folder / SOURCE).is_file() else None

    def get(self, name: str) -> StoredModel:
        """What is known of a model. Raises `CheckpointError` where there is none, or its source.json is damaged."""
        folder = self.find(name)
        if folder is None:
            raise CheckpointError(
                f"{name[:200]!r} is no model in {self.folder}; `easel models list` shows those that are"
            )
        values = read_json(folder / SOURCE)
        try:
            return StoredModel(
                name=str(values["name"]),
                folder=folder,
                kind=str(values["kind"]),
                parameters=int(values["parameters"]),
                origins=tuple(map(str, values["origins"])),
                hashes={str(path): str(digest) for path, digest in values["sha256"].items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CheckpointError(f"{folder / SOURCE}: damaged: {error!r}") from error

    def models(self) -> list[StoredModel]:
        """All models, by name; one whose source.json is damaged is left out."""
        found = []
        for path in sorted(self.folder.glob(f"*/{SOURCE}")):
            try:
                found.append(self.get(path.parent.name.replace("--", "/")))
            except CheckpointError:
                continue
        return found

    @contextmanager
    def adding(self, name: str) -> Iterator[Path]:
        """An empty folder to write a model into; it becomes the model, in the place of an older one, at the end.

        What the block wrote is thrown away where it raises, and by the next call where the process was killed. Raises
        `CheckpointError` where the name will not do or somebody else is at it, and `OSError`.
        """
        check_name(name)
        with self._locked():
            for rest in self.folder.glob(f"{UNFINISHED}*"):
                shutil.rmtree(rest)
            new = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=self.folder))
            try:
                yield new
                self._replace(self.folder / name.replace("/", "--"), new)
            finally:
                shutil.rmtree(new, ignore_errors=True)

    def remove(self, name: str) -> StoredModel:
        """Deletes a model. Raises `CheckpointError` where there is none, and `OSError`."""
        if name == BUILTIN:
            raise CheckpointError(f"{BUILTIN} is part of Easel and cannot be removed")
        model = self.get(name)
        with self._locked():
            gone = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=self.folder))
            model.folder.rename(gone / "model")
            shutil.rmtree(gone)
        return model

    def _replace(self, place: Path, new: Path) -> None:
        new.chmod(0o755)  # mkdtemp's are for their owner alone
        if place.exists():
            place.rename(Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=self.folder)) / "model")
        new.rename(place)
        for rest in self.folder.glob(f"{UNFINISHED}*"):
            shutil.rmtree(rest)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.folder / ".lock", timeout=0):
                yield
        except Timeout:
            raise CheckpointError(f"{self.folder}: another command is changing the models there") from None


def default_folder() -> Path:
    """Where models are kept unless MODELS_DIR says otherwise."""
    return user_cache() / "models"


def is_name(name: str) -> bool:
    """Whether a model may be called so."""
    return len(name) <= LONGEST_NAME and name != BUILTIN and NAME.fullmatch(name) is not None


def check_name(name: str) -> None:
    """Raises `CheckpointError` unless a model may be called so."""
    if not is_name(name):
        raise CheckpointError(
            f"{name[:200]!r} cannot be a model's name: letters, digits, '.', '_' and single '-', at most one '/', "
            f"at most {LONGEST_NAME} characters, and not {BUILTIN!r}"
        )


def write_source(folder: Path, name: str, kind: str, parameters: int, origins: tuple[str, ...]) -> None:
    """Writes source.json for all files that are in `folder`."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SOURCE)
    values: dict[str, Any] = {"name": name, "kind": kind, "parameters": parameters, "origins": list(origins)}
    values["sha256"] = {path.relative_to(folder).as_posix(): digest(path) for path in files}
    write_json(folder / SOURCE, values)


def check_room(folder: Path, needed: int) -> None:
    """Raises `CheckpointError` unless so many bytes are free there."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise CheckpointError(f"{folder}: {needed / 1e9:.1f} GB are needed there, {free / 1e9:.1f} GB are free")


def check_hashes(model: StoredModel) -> None:
    """Raises `CheckpointError` naming the first file of a model that is missing or not what was stored."""
    for name, expected in model.hashes.items():
        path = model.folder / name
        if not path.is_file():
            raise CheckpointError(f"{path}: the file is missing")
        found = digest(path)
        if found != expected:
            raise CheckpointError(f"{path}: has SHA-256 {found}, {expected} was stored")


def digest(path: Path) -> str:
    """SHA-256 of a file. Raises `OSError`."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
