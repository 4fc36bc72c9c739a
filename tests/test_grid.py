"""Grids, enlargements, and files that fit into a message."""

import io
import random
from collections.abc import Callable

import pytest
from PIL import Image, PngImagePlugin

from bot.generation import grid
from bot.generation.provenance import NoSeal
from bot.generation.thumbnail import shrink
from bot.views.picture import enlarged
from inference.contract import MAX_IMAGES
from tests.bot_fakes import tile


def read(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def noise(side: int) -> bytes:
    """A picture that no format can make small."""
    buffer = io.BytesIO()
    Image.frombytes("RGB", (side, side), random.Random(1).randbytes(3 * side * side)).save(buffer, "PNG")  # noqa: S311  # a picture
    return buffer.getvalue()


@pytest.mark.parametrize("count", range(1, MAX_IMAGES + 1))
def test_every_picture_stands_in_its_cell(count: int) -> None:
    """Row by row, unchanged, a few pixels apart."""
    tiles = [tile(seed * 1000, side=10) for seed in range(count)]
    composed = read(grid.compose(tiles))
    columns = 1 if count == 1 else 2 if count <= 4 else 3
    rows = -(-count // columns)
    step = 10 + grid.GAP
    assert composed.size == (columns * step - grid.GAP, rows * step - grid.GAP)
    for index, png in enumerate(tiles):
        left, top = index % columns * step, index // columns * step
        assert composed.crop((left, top, left + 10, top + 10)).tobytes() == read(png).tobytes()


def test_a_missing_picture_leaves_its_cell_empty() -> None:
    """The others stay where they were; the cell is one colour, and not that of the gaps."""
    tiles = [tile(seed * 1000, side=10) for seed in range(4)]
    whole, rest = read(grid.compose(tiles)), read(grid.compose([None, *tiles[1:]]))
    assert rest.size == whole.size
    assert rest.crop((0, 0, 10, 10)).getcolors() == [(100, grid.EMPTY)]
    rest.paste(whole.crop((0, 0, 10, 10)), (0, 0))
    assert rest.tobytes() == whole.tobytes()


def test_a_grid_of_nothing_is_refused() -> None:
    """The error says how many there were."""
    with pytest.raises(ValueError, match="0 pictures"):
        grid.compose([])
    with pytest.raises(ValueError, match="0 pictures"):
        grid.compose([None, None])


@pytest.mark.parametrize("function", [lambda data: grid.compose([data]), grid.upscale, grid.size_of])
def test_what_is_no_picture_is_refused(function) -> None:  # type: ignore[no-untyped-def]  # three signatures
    """Whatever the pool sent, the error is a ValueError that shows how it began."""
    with pytest.raises(ValueError, match="not a picture: b'hello'"):
        function(b"hello")


def test_upscaling_enlarges_fourfold_up_to_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """256 becomes 1024; a picture near the bound grows less, one beyond it not at all."""
    assert read(grid.upscale(tile(1, side=256))).size == (1024, 1024)
    monkeypatch.setattr(grid, "MAX_PIXELS", 100 * 100)
    assert read(grid.upscale(tile(1, side=50))).size == (100, 100)
    assert read(grid.upscale(tile(1, side=200))).size == (200, 200)


def test_a_picture_that_fits_is_left_alone() -> None:
    """No second encoding."""
    png = tile(5)
    assert grid.fit(png, NoSeal()) == grid.PictureFile(png, "png")


@pytest.mark.parametrize("limit", [60_000, 3_000])
def test_a_picture_too_large_becomes_webp(limit: int) -> None:
    """First by quality, then by size, it comes under the limit."""
    file = grid.fit(noise(256), NoSeal(), limit)
    assert file.suffix == "webp"
    assert len(file.data) <= limit
    assert read(file.data).width <= 256


def test_what_cannot_fit_is_an_error() -> None:
    """A limit below any file is named."""
    with pytest.raises(ValueError, match="under 10 bytes"):
        grid.fit(noise(64), NoSeal(), 10)


@pytest.mark.parametrize(("taken", "suffix"), [(10 * 2**20, "png"), (200_000, "webp")])
async def test_an_upscaled_picture_fits_where_it_is_asked_for(taken: int, suffix: str) -> None:
    """Discord says in each interaction how large a file may be there."""
    file = await enlarged(noise(256), 2, NoSeal(), taken=taken)
    assert file.suffix == suffix
    assert len(file.data) < taken


def marked_picture() -> bytes:
    """A picture that says where it comes from, as the inference server's do."""
    chunks = PngImagePlugin.PngInfo()
    chunks.add_text("Software", "Easel")
    chunks.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta>trainedAlgorithmicMedia</x:xmpmeta>")
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(buffer, "PNG", pnginfo=chunks)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "made",
    [
        lambda png: grid.compose([png] * 4),
        grid.upscale,
        lambda png: grid.fit(png, NoSeal(), limit=len(png) - 1).data,
        lambda png: grid.reencode(png, "WEBP"),
        lambda png: grid.reencode(png, "JPEG"),
        lambda png: shrink(png, NoSeal()),
    ],
    ids=["grid", "upscaled", "fitted", "webp", "jpeg", "thumbnail"],
)
def test_what_is_made_of_a_marked_picture_is_marked(made: Callable[[bytes], bytes]) -> None:
    """The mark "made by a model" survives every way in which a picture leaves the bot."""
    assert b"trainedAlgorithmicMedia" in made(marked_picture())
