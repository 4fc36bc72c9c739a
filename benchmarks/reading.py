"""How long the filter takes for 4,000 characters of anything: of each shape, the reading and the classifier apart.

Processor time of the thread, the median of several turns, the slowest first.  Every turn has a text of its own, with
words that were not seen before, so that nothing remembered helps.

    python -m benchmarks.reading --turns 5
"""

import argparse
import base64
import random
import statistics
import string
import time
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import torch

from benchmarks.disguises import DISGUISES, MORE
from benchmarks.evasions import MENDED_BY
from inference.checkpoints.text_encoder import TEXT_ENCODER_FOLDER
from inference.safety.classifier import Classifier
from inference.safety.reading import Reader

LENGTH: Final = 4000
PROMPTS: Final = Path(__file__).parent / "prompts.toml"
Shape = Callable[[random.Random], str]
"""A text of at least LENGTH characters."""


def _prose(rng: random.Random) -> str:
    """Harmless prompts one after the other."""
    with PROMPTS.open("rb") as file:
        texts = [text for part in tomllib.load(file)["harmless"].values() for text in part.strip().splitlines()]
    return ", ".join(rng.choice(texts) for _ in range(200))


def _in(manner: Callable[[str], str]) -> Shape:
    return lambda rng: manner(_prose(rng))


def _of(letters: str, least: int = 1, most: int = 12) -> Shape:
    """Words of these letters in any order."""
    return lambda rng: " ".join("".join(rng.choices(letters, k=rng.randint(least, most))) for _ in range(LENGTH))


def _again(part: str) -> Shape:
    return lambda _: part * LENGTH


def _run(first: int, last: int) -> Shape:
    """Characters between two codes, without gaps."""
    return lambda rng: "".join(chr(rng.randint(first, last)) for _ in range(LENGTH))


def _base64_words(rng: random.Random) -> str:
    return " ".join(base64.b64encode(rng.randbytes(rng.randint(6, 24))).decode() for _ in range(300))


def _nested(rng: random.Random) -> str:
    text = _prose(rng)[:1200]
    return MENDED_BY["twice percent"](base64.b64encode(base64.b64encode(text.encode())).decode())[:LENGTH]


def _names(rng: random.Random) -> str:
    """Such as no language has."""
    return " ".join(
        rng.choice("BKRTVZ") + "".join(rng.choice("aeiou") + rng.choice("lmnrsthg") for _ in range(rng.randint(1, 4)))
        for _ in range(900)
    )


_LOWER: Final = string.ascii_lowercase
_GREEK: Final = "αβγδεζηθικλμνξοπρστυφχψω"
_CYRILLIC: Final = "абвгдежзийклмнопрстуфхцчшщъыьэюя"
SHAPES: Final[Mapping[str, Shape]] = {
    "prose": _prose,
    "prose in capitals": _in(str.upper),
    "random words": _of(_LOWER),
    "random words, long": _of(_LOWER, 20, 24),
    "random words of consonants": _of("bcdfghjklmnpqrstvwxz"),
    "random letters, one word": _of(_LOWER, LENGTH, LENGTH),
    "random leet": _of(_LOWER + "0123456789@$!|+(", 3, 12),
    "random leet, digits mostly": _of("abcdeo0123456789", 3, 9),
    "random base64 words": _base64_words,
    "random hexadecimal": _of("0123456789abcdef", 32, 32),
    "random signs": _of(string.punctuation),
    "random signs and letters": _of(string.punctuation + _LOWER, 3, 12),
    "random Greek": _of(_GREEK),
    "random Cyrillic": _of(_CYRILLIC),
    "random Hebrew": _of("אבגדהוזחטיכלמנסעפצקרשת"),
    "random Arabic": _of("ابتثجحخدذرزسشصضطظعغفقكلمنهوي"),
    "random Hindi": _run(0x0905, 0x0939),
    "random Chinese": _run(0x4E00, 0x9FA5),
    "random Japanese": _run(0x3041, 0x3096),
    "random Korean": _run(0xAC00, 0xD7A3),
    "random emoji": _run(0x1F300, 0x1F6FF),
    "random mathematical letters": _run(0x1D400, 0x1D7CB),
    "random characters": _run(0x00A1, 0x2FFF),
    "random combining marks": _of("abcdef\u0300\u0301\u0327\u0336\u035f", 3, 12),
    "random zero width": _of("abcdef\u200b\u200d\u2060", 3, 12),
    "random digits": _of(string.digits),
    "random names": _names,
    "one word again": _again("naked "),
    "one word, no gaps": _again("naked"),
    "one odd word again": _again("qwrt1 "),
    "one letter": _again("a"),
    "stars": _again("*"),
    "brackets": _again("(["),
    "brackets round letters": _in(MORE["brackets"]),
    "dots between letters": _in(DISGUISES["dotted"]),
    "spaces between letters": _in(" ".join),
    "leet": _in(DISGUISES["leet"]),
    "stars for vowels": _in(MORE["stars for vowels"]),
    "letters scrambled": _in(MORE["letters scrambled"]),
    "no vowels": _in(MORE["no vowels"]),
    "no spaces": _in(MORE["no spaces"]),
    "backwards": _in(DISGUISES["backwards"]),
    "Pig Latin": _in(MORE["Pig Latin"]),
    "stretched": _in(DISGUISES["stretched"]),
    "combining marks": _in(MENDED_BY["zalgo"]),
    "zero width": _in(DISGUISES["zero width"]),
    "Greek letters": _in(MENDED_BY["Greek"]),
    "Cyrillic by sound": _in(MENDED_BY["Cyrillic by sound"]),
    "Morse": _in(MORE["Morse"]),
    "binary": _in(MORE["binary"]),
    "base64": _in(DISGUISES["base64"]),
    "HTML": _in(DISGUISES["HTML"]),
    "codes in codes": _nested,
    "built of signs": _in(MORE["built of signs"]),
}


def measure(turns: int, only: Sequence[str] = ()) -> dict[str, tuple[float, float]]:
    """Milliseconds of reading, and of the classifier, for each shape."""
    reader, classifier = Reader.load(str(TEXT_ENCODER_FOLDER / "tokenizer.json")), Classifier.load()
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in only or SHAPES}
    for turn in range(turns + 1):
        for name, taken in times.items():
            text = SHAPES[name](random.Random(turn))[:LENGTH]
            started = time.thread_time()
            plain = reader.read(text).plain
            read = time.thread_time()
            classifier.scores([plain])
            taken.append((1e3 * (read - started), 1e3 * (time.thread_time() - read)))
    return {  # the first turn, in which tables are made, counts for nothing
        name: (statistics.median(t[0] for t in taken[1:]), statistics.median(t[1] for t in taken[1:]))
        for name, taken in times.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument(
        "--shape", action="append", default=[], choices=SHAPES, help="only this one; may be given again"
    )
    given = parser.parse_args()
    torch.set_num_threads(1)
    found = sorted(measure(given.turns, given.shape).items(), key=lambda item: -sum(item[1]))
    print("| 4,000 characters of | ms | reading | classifier |\n| --- | --- | --- | --- |")
    for name, (read, scored) in found:
        print(f"| {name} | {read + scored:.1f} | {read:.1f} | {scored:.1f} |")
    middle = statistics.median(sum(times) for _, times in found)
    print(f"\n{len(found)} shapes, {middle:.1f} ms in the middle")


if __name__ == "__main__":
    main()
