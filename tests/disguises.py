"""Ways in which people write a word so that a filter does not see it: what is tested must see through them."""

import base64
import codecs
import random
import re
from collections.abc import Callable, Mapping

_LEET = str.maketrans("aeiost", "43105+")
_CYRILLIC = str.maketrans("aeopcxy", "аеорсху")
_FLIPPED = str.maketrans("abcdefghijkmnpqrtuvwy", "ɐqɔpǝɟƃɥıɾʞɯudbɹʇnʌʍʎ")


def _words(change: Callable[[str], str]) -> Callable[[str], str]:
    """Apply a change to each word of four letters or more."""
    return lambda text: re.sub(r"[A-Za-z]{4,}", lambda word: change(word[0]), text)


def _swapped(word: str) -> str:
    return word[:-3] + word[-2] + word[-3] + word[-1] if len(word) > 4 else word


DISGUISES: Mapping[str, Callable[[str], str]] = {
    "capitals": str.upper,
    "mixed case": lambda text: "".join(c.upper() if i % 2 else c.lower() for i, c in enumerate(text)),
    "full width": lambda text: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text),
    "mathematical": lambda text: "".join(
        chr(0x1D41A + ord(c) - ord("a")) if "a" <= c <= "z" else c for c in text.lower()
    ),
    "look-alikes": lambda text: text.lower().translate(_CYRILLIC),
    "leet": _words(lambda word: word.lower().translate(_LEET)),
    "zero width": _words("\u200b".join),
    "struck out": _words(lambda word: "".join(f"{letter}\u0336" for letter in word)),
    "dotted": _words(".".join),
    "hyphened": _words("-".join),
    "spaced": _words(lambda word: f" {' '.join(word)} "),
    "stretched": _words(lambda word: word[0] + word[1] * 4 + word[2:]),
    "tags": _words(lambda word: f"{word[:2]}<b></b>{word[2:]}"),
    "soft hyphens": _words("\u00ad".join),
    "HTML": lambda text: "".join(f"&#{ord(c)};" for c in text),
    "percent": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "ROT13": lambda text: codecs.encode(text, "rot13"),
    "backwards": lambda text: text[::-1],
    "upside down": lambda text: text.lower()[::-1].translate(_FLIPPED),
}


def scattered(text: str, seed: int) -> str:
    """Words in a random disguise each."""
    rng = random.Random(seed)  # noqa: S311  # no secrets here
    ways = [DISGUISES[name] for name in ("leet", "dotted", "zero width", "full width", "look-alikes", "stretched")]
    return " ".join(rng.choice(ways)(word) for word in text.split())
