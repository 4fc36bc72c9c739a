"""Fetching published models: from a stand-in for the hub, once, whole, and with errors that say what to do."""

import hashlib
from pathlib import Path

import pytest

from inference.checkpoints.hub import PUBLISHED, Hub, HubFile
from inference.checkpoints.weights import CheckpointError
from tests.published import GOLDEN, HubStandIn, repositories, serving, tiny


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries come at once, and what arrived of a small file counts."""
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda seconds: None)
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 1024)
    monkeypatch.setattr("inference.checkpoints.hub.LARGE", 50_000)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repositories(tmp_path / "root")


def hub_of(server: HubStandIn, tmp_path: Path) -> Hub:
    return Hub(server.url, tmp_path / "cache", quiet=True)


def test_files_come_once(root: Path, tmp_path: Path) -> None:
    """The second time nothing is asked of the hub, not even for an optional file that it did not have."""
    with serving(root) as server:
        files = hub_of(server, tmp_path).fetch(tiny().dalle)
        assert sorted(files) == ["config.json", "flax_model.msgpack", "tokenizer.json"]
        weights = (GOLDEN / "dallebart_mini" / "flax_model.msgpack").read_bytes()
        assert files["flax_model.msgpack"].read_bytes() == weights
        server.asked.clear()
        assert hub_of(server, tmp_path).fetch(tiny().dalle) == files
        assert server.asked == []


def test_a_broken_transfer_goes_on_where_it_stopped(root: Path, tmp_path: Path) -> None:
    """What arrived before the network went away for good is not asked for again by the next pull."""
    with serving(root) as server:
        server.broken["flax_model.msgpack"] = 100_000
        with pytest.raises(CheckpointError, match=r"tiny/mini/flax_model\.msgpack cannot be fetched .* Pull again"):
            hub_of(server, tmp_path).fetch(tiny().dalle)
        server.broken.clear()
        server.asked.clear()
        files = hub_of(server, tmp_path).fetch(tiny().dalle)
        (asked,) = (line for line in server.asked if line.startswith("GET tiny/mini/flax_model.msgpack"))
        assert 90_000 < int(asked.partition("bytes=")[2].rstrip("-")) <= 100_000
    weights = (GOLDEN / "dallebart_mini" / "flax_model.msgpack").read_bytes()
    assert files["flax_model.msgpack"].read_bytes() == weights


def test_the_cache_needs_no_network(root: Path, tmp_path: Path) -> None:
    """What was fetched once is there when the hub is not."""
    published = tiny()
    with serving(root) as server:
        files = [hub_of(server, tmp_path).fetch(part) for part in published.repositories]
    assert [hub_of(server, tmp_path).fetch(part) for part in published.repositories] == files


def test_without_a_network_the_error_says_what_to_do(tmp_path: Path) -> None:
    """Nothing in the cache and nobody there: one line with the file, the address, the cause and the cures."""
    with pytest.raises(CheckpointError) as caught:
        Hub("http://127.0.0.1:9", tmp_path / "cache", quiet=True).fetch(tiny().dalle)
    message = str(caught.value)
    assert message.startswith("tiny/mini/config.json cannot be fetched from http://127.0.0.1:9: ")
    assert "Connection refused" in message
    assert "`easel models import`" in message
    assert "\n" not in message


def test_a_repository_that_is_not_there(root: Path, tmp_path: Path) -> None:
    """An unknown repository and a missing file are told apart."""
    published = tiny(dalle=(HubFile("model.bin"),))
    (root / "tiny" / "vqgan").rename(root / "tiny" / "elsewhere")
    with serving(root) as server:
        with pytest.raises(CheckpointError, match=r"tiny/mini: has no model\.bin at revision 0123456789"):
            hub_of(server, tmp_path).fetch(published.dalle)
        with pytest.raises(CheckpointError, match=r"tiny/vqgan/config\.json cannot be fetched: http.* no such repos"):
            hub_of(server, tmp_path).fetch(published.vqgan)


def test_other_bytes_than_expected_are_thrown_away(root: Path, tmp_path: Path) -> None:
    """A file whose SHA-256 is not the pinned one is refused, and fetched anew the next time."""
    pinned = hashlib.sha256((root / "tiny" / "mini" / "flax_model.msgpack").read_bytes()).hexdigest()
    published = tiny(dalle=(HubFile("flax_model.msgpack", pinned),))
    good = (root / "tiny" / "mini" / "flax_model.msgpack").read_bytes()
    (root / "tiny" / "mini" / "flax_model.msgpack").write_bytes(good[:-1] + b"\x00")
    with serving(root) as server:
        with pytest.raises(CheckpointError, match=f"has SHA-256 .*, {pinned} is expected"):
            hub_of(server, tmp_path).fetch(published.dalle)
        (root / "tiny" / "mini" / "flax_model.msgpack").write_bytes(good)
        assert hub_of(server, tmp_path).fetch(published.dalle)["flax_model.msgpack"].read_bytes() == good


def test_a_cache_that_went_bad_is_noticed(root: Path, tmp_path: Path) -> None:
    """The hub names large files by their SHA-256: one that changed on disk is refused."""
    with serving(root) as server:
        files = hub_of(server, tmp_path).fetch(tiny().vqgan)
        blob = files["flax_model.msgpack"].resolve()
        blob.write_bytes(blob.read_bytes()[:-1])
        with pytest.raises(CheckpointError, match=r"tiny/vqgan/flax_model\.msgpack: has SHA-256"):
            hub_of(server, tmp_path).fetch(tiny().vqgan)


def test_every_published_file_is_pinned() -> None:
    """Revisions are commits, not branches."""
    for model in PUBLISHED.values():
        for repository in model.repositories:
            assert len(bytes.fromhex(repository.revision)) == 20
            assert all(len(bytes.fromhex(file.sha256)) in (0, 32) for file in repository.files)
