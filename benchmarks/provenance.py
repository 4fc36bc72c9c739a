"""What signing a picture costs: `python -m benchmarks.provenance`.

A picture of noise, which no format makes small, is encoded and then signed (C2PA) with a certificate made for it, as
each picture is before the bot keeps or sends it.  The encoding stands beside it for comparison.  Medians of as many
alternating runs; one JSON object a line.
"""

import argparse
import io
import json
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

from PIL import Image

from bot.cli.provenance import make_certificate
from bot.config import load_settings
from bot.generation.provenance import open_seal

CASES = (("png", "PNG", 256), ("png", "PNG", 1024), ("webp", "WEBP", 1024), ("jpg", "JPEG", 1024))


def encoded(picture: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind)
    return file.getvalue()


def timed(act: Callable[[], bytes]) -> tuple[float, float, bytes]:
    """Milliseconds of the clock and of the processor, and what came of it."""
    clock, processor = time.perf_counter(), time.thread_time()
    made = act()
    return (time.perf_counter() - clock) * 1e3, (time.thread_time() - processor) * 1e3, made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=50)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        certificate, key = Path(folder, "certificate.pem"), Path(folder, "key.pem")
        for file, pem in zip((certificate, key), make_certificate("Benchmark"), strict=True):
            file.write_bytes(pem)
        seal = open_seal(load_settings(None, provenance_certificate=certificate, provenance_key=key))
        for suffix, kind, side in CASES:
            picture = Image.effect_noise((side, side), 60).convert("RGB")
            encoding, signing = [], []
            for _ in range(runs):
                encoding.append(timed(partial(encoded, picture, kind)))
                plain = encoding[-1][2]
                signing.append(timed(partial(seal.on, plain, suffix)))
            told = {"format": suffix, "side": side, "bytes": len(plain), "more": len(signing[-1][2]) - len(plain)}
            for name, times in (("encode", encoding), ("sign", signing)):
                told |= {f"{name}_ms": round(median(one[0] for one in times), 2)}
                told |= {f"{name}_processor_ms": round(median(one[1] for one in times), 2)}
            print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
