"""Picture files: what leaves, what is shown meanwhile, and what strangers send."""

import contextlib
import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from inference.pictures import (
    FADE,
    MAX_INIT_PIXELS,
    PAPER,
    PREVIEW_SIDE,
    Pixels,
    UnreadablePicture,
    encode_png,
    encode_preview,
    fade_undrawn,
    read_init_picture,
)


def plain(side: int, colour: tuple[int, int, int]) -> Pixels:
    return np.full((side, side, 3), colour, np.uint8)


def encoded(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


# ------------------------------------------------------------------------------------------------ PNG


@pytest.mark.parametrize(("side", "sent"), [(16, 256), (192, 256), (256, 256), (384, 384)])
def test_pictures_leave_with_256_pixels_a_side_at_least(side: int, sent: int) -> None:
    """Smaller ones are enlarged, larger ones stay as they are, and colours stay what they were."""
    picture = Image.open(io.BytesIO(encode_png(plain(side, (200, 30, 40)), 1, model="m")))
    assert (picture.format, picture.size, picture.getpixel((100, 100))) == ("PNG", (sent, sent), (200, 30, 40))


def test_pixels_of_large_pictures_are_unchanged() -> None:
    """PNG loses nothing."""
    pixels = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8)
    assert (np.asarray(Image.open(io.BytesIO(encode_png(pixels, 1, model="m")))) == pixels).all()


def test_a_png_says_that_a_model_made_it() -> None:
    """As IPTC's digital source type for machines, with model and seed for people."""
    picture = Image.open(io.BytesIO(encode_png(plain(256, (1, 2, 3)), 42, model="modèle")))
    assert picture.info["Software"] == "Easel"
    assert "modèle" in picture.info["Comment"]
    assert "42" in picture.info["Comment"]
    assert "digitalsourcetype/trainedAlgorithmicMedia" in picture.info["XML:com.adobe.xmp"]


# ------------------------------------------------------------------------------------------- previews


@pytest.mark.parametrize(("count", "columns", "rows"), [(1, 1, 1), (2, 2, 1), (4, 2, 2), (5, 3, 2), (9, 3, 3)])
def test_a_preview_is_a_small_webp_grid(count: int, columns: int, rows: int) -> None:
    """Row by row; cells without a picture are paper."""
    pictures: list[Pixels | None] = [plain(192, (250, 0, 0)) for _ in range(count)]
    pictures[-1] = None
    preview = Image.open(io.BytesIO(encode_preview(pictures, columns))).convert("RGB")
    cell = PREVIEW_SIDE // columns
    assert preview.size == (columns * cell, rows * cell)
    last = ((count - 1) % columns * cell + cell // 2, (count - 1) // columns * cell + cell // 2)
    assert near(preview.getpixel(last), PAPER)
    if count > 1:
        assert near(preview.getpixel((cell // 2, cell // 2)), (250, 0, 0))


def near(colour: object, other: tuple[int, int, int]) -> bool:
    assert isinstance(colour, tuple)
    return all(abs(a - b) <= 8 for a, b in zip(colour, other, strict=True))


@given(st.integers(0, 144))
def test_what_is_drawn_stays_and_the_rest_fades_to_paper(drawn: int) -> None:
    """Full rows keep their pixels; where the fade has run out, nothing but paper is left."""
    faded = fade_undrawn(plain(192, (250, 0, 0)), drawn, 12)
    full, begun = drawn // 12, -(-drawn // 12)
    assert (faded[: full * 16] == (250, 0, 0)).all()
    assert (faded[(begun + int(FADE)) * 16 :] == PAPER).all()


def test_a_finished_picture_does_not_fade() -> None:
    """Nothing is left to fade."""
    assert (fade_undrawn(plain(64, (250, 0, 0)), 16, 4) == plain(64, (250, 0, 0))).all()


def test_the_edge_follows_the_row_that_is_begun() -> None:
    """Where the next row is drawn already, the picture reaches further down."""
    row = fade_undrawn(plain(192, (250, 0, 0)), 18, 12)[24].astype(int)  # in the second row, of which half is drawn
    assert abs(row[8] - (250, 0, 0)).sum() == 0
    assert abs(row[184] - (250, 0, 0)).sum() > 50


# ----------------------------------------------------------------------------------- strangers' pictures


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_common_pictures_are_read(kind: str, mode: str) -> None:
    """Whatever their size, as a square of the wanted one."""
    pixels = read_init_picture(encoded(Image.new(mode, (301, 77), "white"), kind), 64, 64)
    assert pixels.shape == (64, 64, 3)
    assert pixels.dtype == np.uint8
    assert (pixels > 250).all()


@pytest.mark.parametrize("shade", [0, 0x2000, 0x8000, 0xFFFF])
def test_sixteen_bits_of_grey_keep_their_shade(shade: int) -> None:
    """They are scaled, not cut off at white; and one shade may stand for "nothing here"."""
    picture = Image.fromarray(np.full((20, 20), shade, np.uint16))
    assert (read_init_picture(encoded(picture), 16, 16) == shade >> 8).all()
    file = io.BytesIO()
    picture.save(file, "PNG", transparency=shade)
    assert (read_init_picture(file.getvalue(), 16, 16) == 255).all()


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "1", "I;16"])
def test_unusual_pixel_kinds_are_read(mode: str) -> None:
    """Palettes, bits, 16-bit grey and transparency."""
    assert read_init_picture(encoded(Image.new(mode, (20, 20))), 16, 16).shape == (16, 16, 3)


def test_transparency_becomes_white() -> None:
    """Not the black that is hidden under it."""
    assert (read_init_picture(encoded(Image.new("RGBA", (20, 20), (0, 0, 0, 0))), 16, 16) == 255).all()


def test_the_middle_is_cut_out() -> None:
    """A wide picture loses its sides, and is not squeezed."""
    picture = Image.new("RGB", (60, 20), "red")
    picture.paste("blue", (20, 0, 40, 20))
    pixels = read_init_picture(encoded(picture), 20, 20)
    assert (pixels[:, 2:-2] == (0, 0, 255)).all()


def test_a_phones_picture_stands_upright() -> None:
    """The orientation in the EXIF data is applied."""
    picture = Image.new("RGB", (20, 20), "red")
    picture.paste("blue", (0, 0, 20, 10))
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    pixels = read_init_picture(encoded(picture, "PNG", exif=exif), 20, 20)
    assert tuple(pixels[2, 10]) == (255, 0, 0)


def png_claiming(width: int, height: int) -> bytes:
    """The head of a PNG of that size, with no pixels in it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def test_a_picture_with_too_many_pixels_is_refused() -> None:
    """However small its file is; with its size and the limit."""
    file = encoded(Image.new("1", (4001, 4001)))
    assert len(file) < 10_000
    with pytest.raises(UnreadablePicture, match=rf"4001 × 4001 pixels; at most {MAX_INIT_PIXELS} are taken"):
        read_init_picture(file, 64, 64)


@pytest.mark.parametrize("side", [12_000, 65_000])
def test_a_bomb_is_refused_by_its_head(side: int) -> None:
    """Sizes that Pillow itself warns of or refuses lead to the same error."""
    with pytest.raises(UnreadablePicture, match="cannot be read"):
        read_init_picture(png_claiming(side, side), 64, 64)


GIF = encoded(Image.new("RGB", (8, 8)), "GIF")


@pytest.mark.parametrize(
    "data", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n", png_claiming(8, 8), b"%!PS-Adobe", GIF, b"<svg/>"]
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    """One error, whatever the decoder thought of it, which names what is taken."""
    with pytest.raises(UnreadablePicture, match="PNG, JPEG, WEBP are taken"):
        read_init_picture(data, 64, 64)


WHOLE = encoded(Image.effect_noise((40, 40), 50), "JPEG")


@given(st.integers(0, len(WHOLE)), st.binary(max_size=8))
def test_damaged_files_are_read_or_refused(cut: int, rubbish: bytes) -> None:
    """Never any other error."""
    with contextlib.suppress(UnreadablePicture):
        assert read_init_picture(WHOLE[:cut] + rubbish + WHOLE[cut + 3 :], 16, 16).shape == (16, 16, 3)


def test_damaged_metadata_is_refused() -> None:
    """A JPEG whose orientation is written in a type that cannot hold it is unreadable, not a crash."""
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 3, "a description"
    Image.new("RGB", (32, 32)).save(buffer, "JPEG", exif=exif)
    data = bytearray(buffer.getvalue())
    data[41], data[50] = 14, 12
    with pytest.raises(UnreadablePicture, match="cannot be read"):
        read_init_picture(bytes(data), 16, 16)
