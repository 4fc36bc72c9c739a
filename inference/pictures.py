"""Picture files: PNG with provenance, WebP preview grids, and pictures that strangers send.

In: pixels, uint8 (H, W, 3), RGB.  Out: encoded files, and the other way round.  It knows no model and no torch.
"""

import io
import re
import zlib
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageOps, PngImagePlugin

Pixels = NDArray[np.uint8]

SMALLEST_SIDE: Final = 256
"""Pictures leave the server with at least so many pixels a side."""

PREVIEW_SIDE: Final = 384
"""Pixels a side of a preview grid, at most: enough for a chat window, a few KB, a few milliseconds to encode."""

MAX_INIT_PIXELS: Final = 16_000_000
"""A stranger's picture may have so many pixels; with its transparency on paper that takes 180 MB for a moment."""

INIT_FORMATS: Final = ("PNG", "JPEG", "WEBP")

PAPER: Final = (142, 145, 151)
"""The neutral grey of what is not drawn yet; quiet on Discord's dark and light themes alike."""

FADE: Final = 4.0
"""Code cells over which a partial picture fades into paper."""

_DIGITAL_SOURCE: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
_XMP: Final = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
    f'Iptc4xmpExt:DigitalSourceType="{_DIGITAL_SOURCE}"/></rdf:RDF></x:xmpmeta>'
)


_SEED: Final = re.compile(r"\(model .+, seed (\d{1,10})\)\Z")
"""At the end of the comment in a picture of ours."""


class UnreadablePicture(ValueError):
    """A file that is no picture we take; the message says what is wrong with it and what would be right."""


def encode_png(pixels: Pixels, seed: int, *, model: str) -> bytes:
    """A PNG of at least SMALLEST_SIDE pixels a side that says it was made by a model.

    The mark is the IPTC digital source type "trainedAlgorithmicMedia" as XMP, and text chunks with model and seed. The
    prompt is left out: a picture that is passed on must not tell more than its sender does.
    """
    chunks = PngImagePlugin.PngInfo()
    chunks.add_text("Software", "Easel")
    chunks.add_itxt("Comment", f"AI-generated picture (model {model}, seed {seed})")
    chunks.add_itxt("XML:com.adobe.xmp", _XMP)
    file = io.BytesIO()
    # in what was drawn little but runs repeats itself: a little smaller than usual, in less than two thirds of the time
    enlarge(pixels).save(file, "PNG", pnginfo=chunks, compress_type=zlib.Z_RLE)
    return file.getvalue()


def seed_of(file: bytes) -> int | None:
    """The seed of a picture that `encode_png` wrote; None for all other files."""
    try:
        with Image.open(io.BytesIO(file), formats=("PNG",)) as picture:
            said = _SEED.search(str(picture.info.get("Comment", "")))
    except Exception:  # noqa: BLE001  # as in read_pixels: that it cannot be read is told there
        return None
    return None if said is None else int(said[1])


def enlarge(pixels: Pixels) -> Image.Image:
    """The picture, resampled (Lanczos) to SMALLEST_SIDE where its shorter side has fewer pixels."""
    picture = Image.fromarray(pixels)
    shorter = min(picture.size)
    if shorter >= SMALLEST_SIDE:
        return picture
    width, height = (round(side * SMALLEST_SIDE / shorter) for side in picture.size)
    return picture.resize((width, height), Image.Resampling.LANCZOS)


def encode_preview(pictures: Sequence[Pixels | None], columns: int) -> bytes:
    """A WebP grid of pictures of one shape, row by row; None and the cells behind the last picture stay paper."""
    shape = next((pixels.shape for pixels in pictures if pixels is not None), (1, 1, 3))
    scale = PREVIEW_SIDE // columns / max(shape[:2])
    width, height = max(1, round(shape[1] * scale)), max(1, round(shape[0] * scale))
    rows = -(-len(pictures) // columns)
    grid = Image.new("RGB", (columns * width, rows * height), PAPER)
    for index, pixels in enumerate(pictures):
        if pixels is not None:
            cell = Image.fromarray(pixels).resize((width, height), Image.Resampling.BOX)
            grid.paste(cell, (index % columns * width, index // columns * height))
    file = io.BytesIO()
    grid.save(file, "WEBP", quality=70, method=0)  # method 0: the fastest, a preview lives for a second
    return file.getvalue()


def fade_undrawn(pixels: Pixels, drawn: int, side: int, into: ArrayLike = PAPER) -> Pixels:
    """Let a partial picture fade into paper, or another colour, below the `drawn` first of its side × side code cells.

    `pixels` (H, W, 3) show the partial codes with some continuation below them, of which FADE cells shine through, so
    that the edge looks like paint running out and not like a saw.
    """
    height, width = pixels.shape[:2]
    full_rows, in_row = divmod(drawn, side)
    columns = (np.arange(width) + 0.5) * side / width  # (W,), in cells
    edges = full_rows + np.clip((in_row - columns) / FADE, 0, 1)  # (W,): the row that is begun, as a slope
    below = (np.arange(height)[:, None] + 0.5) * side / height - edges[None, :]  # (H, W), in cells
    share = np.clip(below / FADE, 0, 1)
    share = (1 - (1 - share) ** 2)[..., None]  # soon mostly paper: what shines through is a guess
    faded: Pixels = (pixels * (1 - share) + np.asarray(into, np.float32) * share + 0.5).astype(np.uint8)
    return faded


def read_init_picture(data: bytes, width: int, height: int) -> Pixels:
    """Decode a stranger's picture file to (height, width, 3), cut around its middle; transparency becomes white.

    Raises UnreadablePicture.
    """
    picture = Image.fromarray(read_pixels(data))
    return np.asarray(ImageOps.fit(picture, (width, height), Image.Resampling.LANCZOS))


def read_pixels(data: bytes) -> Pixels:
    """Decode a picture file as it is, upright; transparency becomes white.

    Only the formats in INIT_FORMATS, and at most MAX_INIT_PIXELS, which is checked before anything is decoded.
    Raises UnreadablePicture.
    """
    try:
        with Image.open(io.BytesIO(data), formats=INIT_FORMATS) as picture:
            columns, rows = picture.size
            small_enough = columns * rows <= MAX_INIT_PIXELS
            upright = _in_eight_bits(ImageOps.exif_transpose(picture)).convert("RGBA") if small_enough else None
    except Exception as error:  # damaged metadata alone has led Pillow to a dozen kinds; all mean "cannot be read"
        kinds = ", ".join(INIT_FORMATS)
        raise UnreadablePicture(f"the picture cannot be read ({type(error).__name__}); {kinds} are taken") from error
    if upright is None:
        raise UnreadablePicture(f"the picture has {columns} × {rows} pixels; at most {MAX_INIT_PIXELS} are taken")
    paper = Image.new("RGBA", upright.size, "white")
    paper.alpha_composite(upright)
    return np.asarray(paper.convert("RGB"))


def _in_eight_bits(picture: Image.Image) -> Image.Image:
    """Grey of 16 bits, which Pillow cuts off at 255 instead of scaling it; colours of 16 bits it scales itself.

    A shade that the file calls transparent stays so.
    """
    if not picture.mode.startswith("I"):
        return picture
    shades = np.asarray(picture).astype(np.uint32)
    grey = Image.fromarray((shades >> 8).astype(np.uint8))
    transparent = picture.info.get("transparency")
    if isinstance(transparent, int):
        grey.putalpha(Image.fromarray(np.where(shades == transparent, 0, 255).astype(np.uint8)))
    return grey
