"""The published models on huggingface.co: which files make one up, and fetching them.

In: an entry of `PUBLISHED`. Out: a folder with its files, in the cache that all programs with `huggingface_hub` share
(HF_HOME). Broken transfers go on where they stopped, and what is in the cache needs no network. It knows nothing of
what is in the files.

Revisions are commits, so that nothing changes under us; what is known of a file's SHA-256 is checked as well, and for
the rest the hub's own word is, which names large files by it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from inference.checkpoints.store import PIPELINE, digest
from inference.checkpoints.tokenizer_files import WORDS
from inference.checkpoints.weights import CheckpointError

LARGE = 16 << 20
"""Bytes from which on a file is kept in part when its transfer ends too early."""


@dataclass(frozen=True)
class HubFile:
    """A file of a repository; `sha256` where it is known beforehand. An `optional` one may be missing."""

    name: str
    sha256: str = ""
    optional: bool = False


@dataclass(frozen=True)
class HubRepository:
    """Files of one repository at one commit; `size` in bytes, all together, roughly."""

    name: str
    revision: str
    licence: str
    size: int
    files: tuple[HubFile, ...]


@dataclass(frozen=True)
class PublishedModel:
    """A whole model: text → codes, the words for hashtags, codes → pixels, and the ranking of pictures."""

    name: str
    dalle: HubRepository
    words: HubRepository
    vqgan: HubRepository
    clip: HubRepository

    @property
    def repositories(self) -> tuple[HubRepository, ...]:
        """All of its parts."""
        return (self.dalle, self.words, self.vqgan, self.clip)

    @property
    def size(self) -> int:
        """Bytes to download, roughly."""
        return sum(part.size for part in self.repositories)


TOKENIZER = (HubFile("tokenizer.json"), HubFile("vocab.json", optional=True), HubFile("merges.txt", optional=True))
MINI = HubRepository(
    name="dalle-mini/dalle-mini",
    revision="e0888f668d60b9009e1a00ef4b6c155ec7512610",
    licence="Apache-2.0",
    size=1_754_000_000,
    files=(HubFile("config.json"), HubFile("flax_model.msgpack"), *TOKENIZER),
)
MEGA = HubRepository(
    name="dalle-mini/dalle-mega",
    revision="661203c9f0b19db31c8c857bad6c9c2315a95b42",
    licence="Apache-2.0",
    size=10_354_000_000,
    files=(
        HubFile("config.json"),
        HubFile("flax_model.msgpack", "35a6c84b02cff45f7257283dbc7f2e4c403950ef146d9f0c9f5e6b9848b9602c"),
        *TOKENIZER,
    ),
)
ENWIKI = HubRepository(  # the original reads it from there for both models
    name="dalle-mini/dalle-mini",
    revision=MINI.revision,
    licence="Apache-2.0",
    size=34_200_000,
    files=(HubFile(WORDS, optional=True),),
)
IMAGENET_VQGAN = HubRepository(  # the commit that the original's notebook names
    name="dalle-mini/vqgan_imagenet_f16_16384",
    revision="e93a26e7707683d349bf5d5c41c5b0ef69b677a9",
    licence="not stated",
    size=304_000_000,
    files=(
        HubFile("config.json"),
        HubFile("flax_model.msgpack", "5ef1a8f63877e450b2616169dcd1ab8f7b8a5eb95160549a1805e9e4511caa93"),
    ),
)
CLIP = HubRepository(
    name="openai/clip-vit-base-patch32",
    revision="3d74acf9a28c67741b2f4f2ea7635f0aaf6f0268",
    licence="not stated (its code: MIT)",
    size=609_000_000,
    files=(
        *(HubFile(name) for name in ("config.json", "preprocessor_config.json", "vocab.json", "merges.txt")),
        *(HubFile(f"{name}.json", optional=True) for name in ("tokenizer", "tokenizer_config", "special_tokens_map")),
        HubFile("pytorch_model.bin", "a63082132ba4f97a80bea76823f544493bffa8082296d62d71581a4feff1576f"),
    ),
)
PUBLISHED = {
    dalle.name: PublishedModel(dalle.name, dalle=dalle, words=ENWIKI, vqgan=IMAGENET_VQGAN, clip=CLIP)
    for dalle in (MINI, MEGA)
}


@dataclass(frozen=True)
class Hub:
    """Where to fetch from and to; None means what `huggingface_hub` says (HF_ENDPOINT, HF_HOME)."""

    endpoint: str | None = None
    cache: Path | None = None
    quiet: bool = False

    def fetch(self, repository: HubRepository) -> dict[str, Path]:
        """The files of a repository by name, downloaded where they are not in the cache. Raises `CheckpointError`."""
        return dict(self._fetch(repository))

    def listing(self, name: str, revision: str | None = None) -> tuple[dict[str, int], str, str]:
        """The files of a repository with their sizes, its commit, and its licence.  Raises `CheckpointError`."""
        from huggingface_hub import HfApi

        api = HfApi(endpoint=self.endpoint, token=False, library_name="easel")
        repository = HubRepository(name, revision or "main", "", 0, ())
        try:
            found = api.model_info(name, revision=revision, files_metadata=True)
        except Exception as error:  # as for a file
            raise CheckpointError(self._problem(repository, HubFile(PIPELINE), error)) from error
        sizes = {one.rfilename: one.size or 0 for one in found.siblings or ()}
        licence = getattr(found.card_data, "license", None) or "not stated"
        return sizes, str(found.sha), str(licence)

    def _fetch(self, repository: HubRepository) -> Iterator[tuple[str, Path]]:
        for file in repository.files:
            try:
                path = self._download(repository, file.name)
            except Exception as error:
                raise CheckpointError(self._problem(repository, file, error)) from error
            if path is not None:
                _check(path, file, repository)
                yield file.name, path
            elif not file.optional:
                raise CheckpointError(f"{repository.name}: has no {file.name} at revision {repository.revision}")

    def _download(self, repository: HubRepository, name: str) -> Path | None:
        """The file in the cache; None where the repository has none of that name, which the cache remembers too."""
        from huggingface_hub import hf_hub_download, try_to_load_from_cache
        from huggingface_hub.errors import RemoteEntryNotFoundError

        cached = try_to_load_from_cache(repository.name, name, self.cache, repository.revision)
        if cached is not None:
            return Path(cached) if isinstance(cached, str) else None
        try:
            self._fetch_blob(repository, name)
            path = hf_hub_download(
                repository.name,
                name,
                revision=repository.revision,
                cache_dir=self.cache,
                endpoint=self.endpoint,
                library_name="easel",
                tqdm_class=self._bar(),
            )
        except RemoteEntryNotFoundError:
            return None
        return Path(path)

    def _fetch_blob(self, repository: HubRepository, name: str) -> None:
        """Brings a large file into the cache so that a pull which was killed goes on where it stopped.

        `hf_hub_download` survives a broken connection, but throws away what it has when it ends. It finds the file
        under its ETag, as https://huggingface.co/docs/huggingface_hub/guides/manage-cache describes.
        """
        from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url
        from huggingface_hub.errors import RemoteEntryNotFoundError
        from huggingface_hub.file_download import http_get, repo_folder_name
        from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]  # documented, not marked so

        url = hf_hub_url(repository.name, name, revision=repository.revision, endpoint=self.endpoint)
        try:
            found = get_hf_file_metadata(url, token=False, library_name="easel", endpoint=self.endpoint)
        except RemoteEntryNotFoundError:
            return  # hf_hub_download will find so too, and remember it
        if not found.etag or not found.size or found.size < LARGE:
            return
        cache = Path(self.cache or constants.HF_HUB_CACHE)
        blob = cache / repo_folder_name(repo_id=repository.name, repo_type="model") / "blobs" / found.etag
        blob.parent.mkdir(parents=True, exist_ok=True)
        partial = blob.with_name(blob.name + ".easel")
        with FileLock(f"{partial}.lock", timeout=0):
            if not blob.exists():
                with partial.open("ab") as file:
                    http_get(
                        found.location,
                        file,
                        resume_size=file.tell(),
                        headers=build_hf_headers(token=False, library_name="easel"),
                        expected_size=found.size,
                        displayed_filename=f"{repository.name}/{name}",
                        tqdm_class=self._bar(),
                    )
                partial.rename(blob)

    def _bar(self) -> type[Any] | None:
        """The class of progress bars; None is the library's own."""
        from huggingface_hub.utils.tqdm import tqdm

        class Silent(tqdm):
            def __init__(self, *args: Any, **options: Any) -> None:
                super().__init__(*args, **(options | {"disable": True}))  # type: ignore[no-untyped-call]

        return Silent if self.quiet else None

    def _problem(self, repository: HubRepository, file: HubFile, error: Exception) -> str:
        from huggingface_hub import constants
        from huggingface_hub.errors import LocalEntryNotFoundError, RepositoryNotFoundError, RevisionNotFoundError

        what = f"{repository.name}/{file.name} cannot be fetched"
        endpoint = self.endpoint or constants.ENDPOINT
        if isinstance(error, Timeout):
            return f"{what}: another pull is at it"
        if isinstance(error, RepositoryNotFoundError):
            return f"{what}: {endpoint} has no such repository, or hides it"
        if isinstance(error, RevisionNotFoundError):
            return f"{what}: {endpoint} has no revision {repository.revision}"
        cause = error.__cause__ if isinstance(error, LocalEntryNotFoundError) and error.__cause__ else error
        reason = str(cause).strip().partition("\n")[0][:200] or type(cause).__name__
        return (
            f"{what} from {endpoint}: {reason}. Pull again once the network is there: it goes on where it stopped. "
            f"Or copy the model's files to this machine, and `easel models import` them."
        )


def _check(path: Path, file: HubFile, repository: HubRepository) -> None:
    """Compare a file with its SHA-256: the known one, else the one that the hub names it by in the cache."""
    blob = path.resolve()
    expected = file.sha256 or (blob.name if re.fullmatch(r"[0-9a-f]{64}", blob.name) else "")
    if not expected:
        return
    found = digest(blob)
    if found != expected:
        blob.unlink()
        raise CheckpointError(
            f"{repository.name}/{file.name}: has SHA-256 {found}, {expected} is expected; "
            "the download was thrown away, pull again"
        )
