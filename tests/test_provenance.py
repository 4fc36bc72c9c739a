"""Every picture that leaves says by C2PA that a model made it, signed with the operator's certificate."""

import io
import sys
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from PIL import Image, PngImagePlugin

from bot.cli import provenance as command
from bot.cli.examination import examine
from bot.config import Settings, load_settings
from bot.errors import ConfigurationError
from bot.generation import grid
from bot.generation.provenance import DIGITAL_SOURCE, C2paSeal, NoSeal, open_seal, origin_of
from tests.bot_fakes import ADA, tile
from tests.test_grid import marked_picture, noise
from tests.test_main import easel
from tests.test_web_gallery import AT, shared
from tests.town import Town, answer
from tests.web_fakes import pages

pytest.importorskip("c2pa", reason="c2pa-python is an extra")


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate and its key."""
    chain, key = command.make_certificate("Town")
    certificate_file, key_file = tmp_path / "certificate.pem", tmp_path / "key.pem"
    certificate_file.write_bytes(chain)
    key_file.write_bytes(key)
    return certificate_file, key_file


@pytest.fixture
def sealing(files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Every bot of the test signs."""
    for variable, file in zip(("PROVENANCE_CERTIFICATE", "PROVENANCE_KEY"), files, strict=True):
        monkeypatch.setenv(variable, str(file))


def settings(certificate: Path | None, key: Path | None) -> Settings:
    return load_settings(None, provenance_certificate=certificate, provenance_key=key)


def check(data: bytes, suffix: str) -> None:
    origin = origin_of(data, suffix)
    assert origin is not None, "no manifest"
    assert origin.state == "Valid"
    assert origin.signed_by == "Town, Town"
    assert origin.sources == (DIGITAL_SOURCE,)
    assert origin.made_with.startswith("Easel ")


@pytest.mark.parametrize(
    ("suffix", "made"),
    [
        ("png", lambda seal: grid.fit(grid.compose([marked_picture()] * 4), seal).data),
        ("png", lambda seal: grid.fit(grid.upscale(marked_picture()), seal).data),
        ("webp", lambda seal: grid.fit(noise(256), seal, 60_000).data),
        ("webp", lambda seal: seal.on(grid.reencode(marked_picture(), "WEBP"), "webp")),
        ("jpg", lambda seal: seal.on(grid.reencode(marked_picture(), "JPEG"), "jpg")),
        ("png", lambda seal: seal.on(seal.on(marked_picture(), "png"), "png")),
    ],
    ids=["grid", "upscaled", "fitted", "webp", "jpeg", "twice"],
)
def test_every_format_carries_the_manifest(
    files: tuple[Path, Path], suffix: str, made: Callable[[C2paSeal], bytes]
) -> None:
    """Valid in the eyes of C2PA's own reader, and the file is a picture as before."""
    seal = open_seal(settings(*files))
    assert isinstance(seal, C2paSeal)
    data = made(seal)
    check(data, suffix)
    with Image.open(io.BytesIO(data)) as picture:
        picture.load()


def test_a_signed_picture_keeps_its_text_and_stays_under_the_limit(files: tuple[Path, Path]) -> None:
    """Metadata in plain text stands beside the manifest; what the manifest takes is counted in."""
    seal = open_seal(settings(*files))
    with Image.open(io.BytesIO(seal.on(marked_picture(), "png"))) as picture:
        assert isinstance(picture, PngImagePlugin.PngImageFile)
        assert picture.text["Software"] == "Easel"
    limit = len(noise(256)) + 1000
    fitted = grid.fit(noise(256), seal, limit)
    assert (fitted.suffix, len(fitted.data) <= limit) == ("webp", True)
    assert origin_of(marked_picture(), "png") is None


def test_a_changed_picture_is_found_out(files: tuple[Path, Path]) -> None:
    """The manifest holds for these bytes alone."""
    data = bytearray(open_seal(settings(*files)).on(tile(3, side=64), "png"))
    data[-20] ^= 1
    origin = origin_of(bytes(data), "png")
    assert origin is not None
    assert origin.state == "Invalid"


async def leaving_discord(town: Town) -> list[tuple[str, bytes]]:
    """The names and bytes of all that a person is handed of one generation."""
    record, message = await town.imagine()
    picked = await town.pick(message, 1)
    handed = [message, picked]
    handed.append(answer(await town.ada.click(picked, custom_id=f"easel:original:{record.id}:1")))
    handed.append(answer(await town.ada.click(picked, custom_id=f"easel:upscale:{record.id}:1:2")))
    zipped = answer(await town.ada.click(message, custom_id=f"easel:zip:{record.id}"))
    with zipfile.ZipFile(io.BytesIO(await zipped.attachments[0].read())) as archive:
        packed = [(name, archive.read(name)) for name in archive.namelist() if name.endswith("png")]
    return [(file.filename, await file.read()) for one in handed for file in one.attachments] + packed


async def test_everything_that_discord_is_sent_is_signed(sealing: None, town: Town) -> None:
    """The grid, one picture of it, its file, the enlargement, and each picture of the archive."""
    sent = await leaving_discord(town)
    assert len(sent) == 8
    for name, data in sent:
        check(data, name.rpartition(".")[2])


async def test_without_a_certificate_nothing_is_signed(town: Town) -> None:
    """And everything else is as ever."""
    assert [origin_of(data, name.rpartition(".")[2]) for name, data in await leaving_discord(town)] == [None] * 8


async def test_what_the_web_pages_show_is_signed(sealing: None, tmp_path: Path) -> None:
    """The picture, and the small one of the gallery."""
    async with pages(tmp_path) as site:
        share = await shared(site)
        browser = await site.browser(ADA)
        large = await browser.get(f"{AT}/{share.id}/picture.png")
        small = await browser.get(f"{AT}/{share.id}/small.webp")
    check(large.body, "png")
    check(small.body, "webp")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda certificate, key: (certificate, None), "needed together"),
        (lambda certificate, key: (certificate.with_name("none.pem"), key), "No such file"),
        (lambda certificate, key: (certificate, certificate), "no certificate and key in PEM"),
        (lambda certificate, key: (certificate, _other_key(key)), "do not belong together"),
    ],
    ids=["half", "missing", "no key", "another's key"],
)
def test_a_certificate_that_cannot_sign_is_refused_at_the_start(
    files: tuple[Path, Path], change: Callable[[Path, Path], tuple[Path, Path | None]], problem: str
) -> None:
    """With the reason and the way to a good one."""
    with pytest.raises(ConfigurationError, match=problem) as raised:
        open_seal(settings(*change(*files)))
    assert "easel provenance key" in str(raised.value)


def _other_key(key: Path) -> Path:
    other = key.with_name("other.pem")
    other.write_bytes(command.make_certificate("Elsewhere")[1])
    return other


async def test_a_certificate_that_has_ended_stops_nothing(
    files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pictures leave unsigned, which is logged; the doctor says so, and before that when the end is near."""
    for days, grade in ((-0.01, "problem"), (20, "warning"), (800, "ok")):
        monkeypatch.setattr(command, "VALID", timedelta(days=days))
        chain, key = command.make_certificate("Town")
        files[0].write_bytes(chain)
        files[1].write_bytes(key)
        (found,) = (one for one in await examine(settings(*files)) if one.subject == "C2PA")
        assert found.grade == grade, found
        with structlog.testing.capture_logs() as logs:
            seal = open_seal(settings(*files))
            signed = seal.on(tile(3), "png") != tile(3)
        assert signed == (days > 0)
        assert any(one["event"] == "picture.not_signed" for one in logs) == (days < 0)


async def test_the_doctor_says_what_is_wrong_or_not_set(files: tuple[Path, Path]) -> None:
    """No certificate is no problem; a broken one is."""
    (unset,) = (one for one in await examine(settings(None, None)) if one.subject == "C2PA")
    (broken,) = (one for one in await examine(settings(files[0], None)) if one.subject == "C2PA")
    assert (unset.grade, broken.grade) == ("ok", "problem")
    assert "unsigned" in unset.text
    assert "PROVENANCE_KEY" in broken.text


def test_the_extra_is_named_where_it_is_missing(files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Only whoever sets a certificate needs it."""
    monkeypatch.setitem(sys.modules, "c2pa", None)
    assert isinstance(open_seal(settings(None, None)), NoSeal)
    with pytest.raises(ConfigurationError, match=r"pip install -e '\.\[c2pa\]'"):
        open_seal(settings(*files))


def test_a_key_is_made_and_signs_what_imagine_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`easel provenance key` makes it for its owner's eyes, once; `show` reads what is signed with it."""
    folder = tmp_path / "keys"
    status, printed = easel("provenance", "key", "--folder", str(folder), "--name", "Town")
    assert status == 0
    for line in printed.splitlines()[1:]:
        variable, _, value = line.partition("=")
        monkeypatch.setenv(variable, value)
    assert (folder / "key.pem").stat().st_mode & 0o777 == 0o600
    seal = open_seal(load_settings(None))
    picture = tmp_path / "picture.jpg"
    picture.write_bytes(seal.on(grid.reencode(tile(3, side=64), "JPEG"), "jpg"))
    status, printed = easel("provenance", "show", str(picture))
    assert status == 0
    assert "Valid: signed by Town, Town" in printed
    assert DIGITAL_SOURCE in printed
    picture.write_bytes(grid.reencode(tile(3, side=64), "JPEG"))
    assert easel("provenance", "show", str(picture)) == (1, "no manifest\n")
    with pytest.raises(Exception, match="is there already"):
        easel("provenance", "key", "--folder", str(folder))
