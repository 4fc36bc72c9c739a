"""How well a changed picture is found among many, and how fast: `python -m benchmarks.find --pictures 100000`.

Pictures are made up (a soft many-coloured ground with a few shapes; each is there in 48 ways, turned, mirrored and with
its colours swapped, which makes as many pictures to tell apart in a fraction of the time), or, with `--scenes FOLDER`
(a cache of the training's icons), scenes as the built-in model learns them, which look alike: one thing on a plain
ground.  Each way of changing a picture is tried on pictures that are among them ("found": the right one comes first;
"among": it is named at all) and on as many that are not ("false": anything is named).  One JSON object a line.

`--keep FILE` keeps the prints, and reads them the next time.
"""

import argparse
import io
import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from itertools import permutations
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from bot.generation.fingerprint import from_bytes, looked_for, prints_in
from bot.generation.likeness import Likenesses

SIDE = 256
HASHED_SIDE = 64
ORDERS = tuple(list(order) for order in permutations(range(3)))
WAYS = 8 * len(ORDERS)
CHUNK = 50 * WAYS
SHOTS = ((255, 255, 255), (49, 51, 56), (0, 0, 0), (30, 31, 34))
Maker = Callable[[int], Image.Image]
Change = Callable[[Image.Image, np.random.Generator], bytes]


# --------------------------------------------------------------------------------------------------- the pictures


def made_up(seed: int) -> Image.Image:
    """A ground of up to five by five colours that run into each other, and one to six shapes."""
    chance = np.random.default_rng(seed)
    rows, columns = (int(n) for n in chance.integers(2, 6, 2))
    ground = chance.integers(0, 256, (rows, columns, 3), dtype=np.uint8)
    picture = Image.fromarray(ground).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(picture)
    for _ in range(int(chance.integers(1, 7))):
        colour = tuple(int(level) for level in chance.integers(0, 256, 3))
        x, y, width, height = (int(n) for n in (*chance.integers(-20, 230, 2), *chance.integers(20, 160, 2)))
        shape = int(chance.integers(3))
        if shape == 0:
            draw.ellipse((x, y, x + width, y + height), fill=colour)
        elif shape == 1:
            draw.rectangle((x, y, x + width, y + height), fill=colour)
        else:
            draw.polygon([(int(a), int(b)) for a, b in chance.integers(0, SIDE, (3, 2))], fill=colour)
    return picture


def varied(number: int) -> Image.Image:
    """Of each made-up picture the eight ways to turn and mirror it, in the six orders of its colours."""
    return turned(made_up(number // WAYS), number % WAYS)


def turned(picture: Image.Image, way: int) -> Image.Image:
    colours, turn = divmod(way, 8)
    pixels = np.rot90(np.asarray(picture)[..., ORDERS[colours]], turn % 4)
    return Image.fromarray(np.ascontiguousarray(pixels if turn < 4 else pixels[:, ::-1]))


@lru_cache(maxsize=4)
def small(seed: int) -> Image.Image:
    """As small as it is hashed: that may as well be done before it is turned."""
    return made_up(seed).resize((HASHED_SIDE, HASHED_SIDE), Image.Resampling.LANCZOS)


def scenes(cache: Path) -> Maker:
    from inference.training.data.icons import IconSet
    from inference.training.data.scenes import SceneMaker, render

    icons = IconSet.load(cache)
    maker = SceneMaker(icons)

    def draw(seed: int) -> Image.Image:
        pixels = render(maker.draw(np.random.default_rng(seed)), icons)
        return Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.LANCZOS)

    return draw


# ---------------------------------------------------------------------------------------------------- the changes


def encoded(picture: Image.Image, kind: str = "PNG", **options: int) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def halved(picture: Image.Image, _: np.random.Generator) -> bytes:
    return encoded(picture.resize((SIDE // 2, SIDE // 2), Image.Resampling.BILINEAR))


def cropped(share: float) -> Change:
    """A window of so much of each side, anywhere."""

    def crop(picture: Image.Image, chance: np.random.Generator) -> bytes:
        side = round(SIDE * share)
        x, y = (int(n) for n in chance.integers(0, SIDE - side + 1, 2))
        return encoded(picture.crop((x, y, x + side, y + side)))

    return crop


def shot(picture: Image.Image, chance: np.random.Generator) -> bytes:
    """At another size on a page of one colour, each border of its own width; every other one as JPEG."""
    side = int(SIDE * chance.uniform(0.6, 1.6))
    left, top, right, bottom = (int(n) for n in chance.integers(8, 120, 4))
    page = Image.new("RGB", (side + left + right, side + top + bottom), SHOTS[int(chance.integers(len(SHOTS)))])
    page.paste(picture.resize((side, side), Image.Resampling.BILINEAR), (left, top))
    return encoded(page, "JPEG", quality=85) if chance.integers(2) else encoded(page)


CHANGES: dict[str, Change] = {
    "as it is": lambda picture, _: encoded(picture),
    "JPEG, quality 70": lambda picture, _: encoded(picture, "JPEG", quality=70),
    "half the size": halved,
    "a tenth of the area cropped": cropped(0.9**0.5),
    "a tenth of each side cropped": cropped(0.9),
    "screenshot with a border": shot,
}


# -------------------------------------------------------------------------------------------------- the measurement


def filled(cache: Path | None, count: int, keep: Path | None, workers: int) -> Likenesses:
    """With the prints of `count` pictures; what is done is kept now and then."""
    kept: list[bytes] = []
    if keep is not None and keep.exists():
        kept = list(np.load(keep, allow_pickle=True)["prints"])[:count]
    started, done = time.perf_counter(), len(kept)
    with ProcessPoolExecutor(workers) as pool:
        spans = [(cache, first, min(first + CHUNK, count)) for first in range(done, count, CHUNK)]
        for some in pool.map(hashed, spans):
            kept += some
            if keep is not None:
                np.savez(keep, prints=np.array(kept, dtype=object))
    seconds = round(time.perf_counter() - started)
    print(json.dumps({"pictures": count, "made_and_hashed": count - done, "seconds": seconds}), flush=True)
    known = Likenesses()
    known.add([(seed, 0) for seed in range(count)], [from_bytes(one) for one in kept])
    return known


def hashed(span: tuple[Path | None, int, int]) -> list[bytes]:
    cache, first, last = span
    make = maker(cache) if cache else lambda number: turned(small(number // WAYS), number % WAYS)
    return [prints_in(make(seed)).tobytes() for seed in range(first, last)]


def maker(cache: Path | None) -> Maker:
    return varied if cache is None else scenes(cache)


def tried(name: str, change: Change, make: Maker, known: Likenesses, tries: int) -> dict[str, object]:
    chance = np.random.default_rng(1)
    first = among = false = 0
    times: list[float] = []
    for number in range(tries):
        seed = int(chance.integers(len(known)))
        found = seen(change(make(seed), chance), known, times)
        first += found[:1] == [seed]
        among += seed in found
        false += bool(seen(change(make(10**9 + number), chance), known, times))
    shares = {"found": first / tries, "among": among / tries, "false": false / tries}
    times.sort()
    return {
        "change": name, "tries": tries, **{key: round(value, 4) for key, value in shares.items()},
        "median_ms": round(times[len(times) // 2] * 1e3, 1), "p95_ms": round(times[len(times) * 95 // 100] * 1e3, 1),
    }  # fmt: skip


def seen(file: bytes, known: Likenesses, times: list[float]) -> Sequence[int]:
    begun = time.perf_counter()
    found = known.find(looked_for(file))
    times.append(time.perf_counter() - begun)
    return [one.key[0] for one in found]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=100_000)
    parser.add_argument("--tries", type=int, default=1000, help="of each change, on known and on unknown pictures")
    parser.add_argument("--scenes", type=Path, help="scenes from the icons under this folder instead")
    parser.add_argument("--workers", type=int, default=2, help="processes that make and hash pictures")
    parser.add_argument("--keep", type=Path, help="a file (.npz) for the prints")
    asked = parser.parse_args()
    make = maker(asked.scenes)
    known = filled(asked.scenes, asked.pictures, asked.keep, asked.workers)
    for name, change in CHANGES.items():
        print(json.dumps(tried(name, change, make, known, asked.tries)), flush=True)


if __name__ == "__main__":
    main()
