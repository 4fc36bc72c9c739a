"""The cache of compiled libraries: whole, built once, and dropped when it ends the process that loads it."""

import ctypes
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from inference.native.library import being_loaded, built_library


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Path]:
    """Builds a small library, in a cache of the test's own."""
    compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    if compiler is None:
        pytest.skip("no C compiler")
    found: str = compiler
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    source = tmp_path / "seven.c"
    source.write_text("int seven(void) { return 7; }")
    return lambda: built_library(source, found, ("-O1", "-fPIC"))


def die_while_loading(library: Path) -> None:
    """What a process leaves behind that the library ended."""
    finished = subprocess.Popen([sys.executable, "-c", ""])
    finished.wait()
    library.with_name(f"{library.stem}.{finished.pid}.loading").touch()


def test_it_is_built_once_and_loads(build: Callable[[], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """The digest at its end is nothing that the loader minds."""
    library = build()
    assert ctypes.CDLL(str(library)).seven() == 7
    monkeypatch.setattr(subprocess, "run", None)  # there is nothing to build any more
    assert build() == library


@pytest.mark.parametrize("damage", ["cut", "zeros"])
def test_a_damaged_one_is_built_anew(build: Callable[[], Path], damage: str) -> None:
    """Cut off, loading it would be a SIGBUS, with zeros inside a SIGSEGV, at every start."""
    library = build()
    whole = library.read_bytes()
    half = len(whole) // 2
    library.write_bytes(whole[:half] if damage == "cut" else whole[:half] + bytes(len(whole) - half))
    with capture_logs() as logs:
        assert build().read_bytes() == whole
    assert [entry["event"] for entry in logs] == ["native kernels built anew"]


def test_one_that_ends_its_process_is_dropped_once(build: Callable[[], Path]) -> None:
    """After the first time it is built anew, after the second the process does without, and then it is tried again."""
    library = build()
    library.write_bytes(library.read_bytes())
    die_while_loading(library)
    with capture_logs() as logs:
        assert build() == library
    assert "ended while it did" in logs[0]["reason"]
    die_while_loading(library)
    with pytest.raises(OSError, match="built anew, ended the process"):
        build()
    with being_loaded(build()):
        pass
    assert [path.name for path in library.parent.iterdir()] == [library.name]


def test_others_that_load_it_now_are_no_crash(build: Callable[[], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Two servers may start at once."""
    library = build()
    monkeypatch.setattr(subprocess, "run", None)
    with being_loaded(library):
        assert build() == library
