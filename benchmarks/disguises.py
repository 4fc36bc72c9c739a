"""Ways in which people write a word so that a filter does not see it; prints a text in each of them.

DISGUISES are what every phrase of the tests goes through; MORE are rarer ones: other manners of writing, other
alphabets, codes.  The tests and `benchmarks.safety` use both.

    python -m benchmarks.disguises "a picture of a cat"
"""

import argparse
import base64
import codecs
import random
import re
import string
from collections.abc import Callable, Mapping

Disguise = Callable[[str], str]

_LEET = str.maketrans("aeiost", "43105+")
_CYRILLIC = str.maketrans("aeopcxy", "аеорсху")
_FLIPPED = str.maketrans("abcdefghijkmnpqrtuvwy", "ɐqɔpǝɟƃɥıɾʞɯudbɹʇnʌʍʎ")


def each_word(change: Disguise) -> Disguise:
    """Apply a change to each word of four letters or more."""
    return lambda text: re.sub(r"[A-Za-z]{4,}", lambda word: change(word[0]), text)


def _swapped(word: str) -> str:
    return word[:-3] + word[-2] + word[-3] + word[-1] if len(word) > 4 else word


DISGUISES: Mapping[str, Disguise] = {
    "capitals": str.upper,
    "mixed case": lambda text: "".join(c.upper() if i % 2 else c.lower() for i, c in enumerate(text)),
    "full width": lambda text: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text),
    "mathematical": lambda text: "".join(
        chr(0x1D41A + ord(c) - ord("a")) if "a" <= c <= "z" else c for c in text.lower()
    ),
    "look-alikes": lambda text: text.lower().translate(_CYRILLIC),
    "leet": each_word(lambda word: word.lower().translate(_LEET)),
    "zero width": each_word("\u200b".join),
    "struck out": each_word(lambda word: "".join(f"{letter}\u0336" for letter in word)),
    "dotted": each_word(".".join),
    "hyphened": each_word("-".join),
    "spaced": each_word(lambda word: f" {' '.join(word)} "),
    "stretched": each_word(lambda word: word[0] + word[1] * 4 + word[2:]),
    "tags": each_word(lambda word: f"{word[:2]}<b></b>{word[2:]}"),
    "soft hyphens": each_word("\u00ad".join),
    "HTML": lambda text: "".join(f"&#{ord(c)};" for c in text),
    "percent": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "ROT13": lambda text: codecs.encode(text, "rot13"),
    "backwards": lambda text: text[::-1],
    "upside down": lambda text: text.lower()[::-1].translate(_FLIPPED),
}


def _chosen(choices: Mapping[str, str]) -> Disguise:
    """Each letter as one of its choices, by its place in the word."""
    return each_word(
        lambda word: "".join(
            choices.get(letter, letter).split()[at % len(choices.get(letter, letter).split())]
            for at, letter in enumerate(word.lower())
        )
    )


def _dressed(alphabet: str) -> Disguise:
    letters = dict(zip(string.ascii_lowercase, alphabet.split(), strict=True))
    return lambda text: "".join(letters.get(letter, letter) for letter in text.lower())


def _scrambled(word: str) -> str:
    return word[0] + word[-2:0:-1] + word[-1]


def _pig_latin(word: str) -> str:
    start = re.match("[^aeiou]*", word.lower())
    moved = start[0] if start else ""
    return f"{word[len(moved) :]}{moved}ay" if 0 < len(moved) < len(word) else f"{word}way"


def _sounding(word: str) -> str:
    for letters, sound in (("ck", "k"), ("x", "ks"), ("ph", "f"), ("tion", "shun"), ("igh", "y"), ("s", "z")):
        word = word.replace(letters, sound)
    return word


MORSE = dict(
    zip(
        string.ascii_lowercase,
        ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --..".split(),  # noqa: E501
        strict=True,
    )
)
_SIGNS = {
    "a": "4 @", "e": "3", "i": "1 !", "o": "0", "s": "5 $", "t": "7 +", "b": "8", "g": "9 6", "l": "1 |", "z": "2",
}  # fmt: skip
_BUILT = {
    **_SIGNS, "k": "|<",
    "m": "|\\/|", "v": "\\/", "w": "vv \\/\\/", "d": "|)", "h": "|-|", "n": "|\\|", "u": "|_|", "c": "(",
}  # fmt: skip

MORE: Mapping[str, Disguise] = {
    "many signs": _chosen(_SIGNS),
    "built of signs": _chosen(_BUILT),
    "one star": each_word(lambda word: f"{word[0]}*{word[2:]}"),
    "stars for vowels": each_word(lambda word: word[0] + re.sub("[aeiou]", "*", word[1:])),
    "split by a space": each_word(lambda word: f"{word[: len(word) // 2]} {word[len(word) // 2 :]}"),
    "split by a hyphen": each_word(lambda word: f"{word[:2]}-{word[2:]}"),
    "no vowels": each_word(lambda word: re.sub("(?<=.)[aeiou]", "", word)),
    "one letter doubled": each_word(lambda word: word[:2] + word[1:]),
    "all letters doubled": each_word(lambda word: "".join(2 * letter for letter in word)),
    "words backwards": each_word(lambda word: word[::-1]),
    "Pig Latin": each_word(_pig_latin),
    "letters swapped": each_word(_swapped),
    "letters scrambled": each_word(_scrambled),
    "by sound": each_word(_sounding),
    "percent, zero width": each_word("%E2%80%8B".join),
    "escapes": lambda text: "".join(f"\\u{ord(letter):04x}" if letter.isalpha() else letter for letter in text),
    "emoji between": each_word("💀".join),
    "digits between": each_word("1".join),
    "an x between": each_word("x".join),
    "brackets": each_word(lambda word: "".join(f"({letter})" for letter in word)),
    "bold": each_word(lambda word: f"{word[0]}**{word[1]}**{word[2:]}"),
    "spoilers": each_word(lambda word: f"{word[:2]}||{word[2:]}||"),
    "one letter a line": each_word(lambda word: "\n".join(word) + "\n"),
    "no spaces": lambda text: text.replace(" ", ""),
    "dots for spaces": lambda text: text.replace(" ", "."),
    "Lisu": _dressed("ꓮ ꓐ ꓚ ꓓ ꓰ ꓝ ꓖ ꓧ ꓲ ꓙ ꓗ ꓡ ꓟ ꓠ ꓳ ꓑ Q ꓣ ꓢ ꓔ ꓴ ꓦ ꓪ ꓫ ꓬ ꓜ"),
    "Cherokee": _dressed("Ꭺ Ᏼ Ꮯ Ꭰ Ꭼ F Ꮐ Ꮋ Ꭵ Ꭻ Ꮶ Ꮮ Ꮇ N O Ꮲ Q Ꭱ Ꮪ Ꭲ U Ꮩ Ꮃ X Ꭹ Ꮓ"),
    "money": _dressed("₳ ฿ ₵ Đ Ɇ ₣ ₲ Ⱨ ł J ₭ Ⱡ ₥ ₦ Ø ₱ Q Ɽ ₴ ₮ Ʉ V ₩ Ӿ Ɏ Ⱬ"),
    "Chinese strokes": _dressed("卂 乃 匚 ᗪ 乇 千 Ꮆ 卄 丨 ﾌ Ҝ ㄥ 爪 几 ㄖ 卩 Ɋ 尺 丂 ㄒ ㄩ ᐯ 山 乂 ㄚ 乙"),
    "Thai and Hebrew": _dressed("ค ๒ ς ๔ є Ŧ ﻮ ђ เ ן к ɭ ๓ ภ ๏ ק ợ г ร Շ ย ש ฬ א ץ չ"),
    "Cyrillic shapes": _dressed("А Б С Д Ё F Г Н I J К L М И Ф Р Q Я Ѕ Т Ц V Ш Х У Z"),
    "syllables": _dressed("ᗩ ᗷ ᑕ ᗪ E ᖴ G ᕼ I ᒍ K ᒪ ᗰ ᑎ O ᑭ ᑫ ᖇ ᔕ T ᑌ ᐯ ᗯ ᙭ Y ᘔ"),
    "superscript": _dressed("ᵃ ᵇ ᶜ ᵈ ᵉ ᶠ ᵍ ʰ ⁱ ʲ ᵏ ˡ ᵐ ⁿ ᵒ ᵖ q ʳ ˢ ᵗ ᵘ ᵛ ʷ ˣ ʸ ᶻ"),
    "invisible tags": lambda text: "".join(chr(0xE0000 + ord(sign)) if sign.isascii() else sign for sign in text),
    "Braille": _dressed("⠁ ⠃ ⠉ ⠙ ⠑ ⠋ ⠛ ⠓ ⠊ ⠚ ⠅ ⠇ ⠍ ⠝ ⠕ ⠏ ⠟ ⠗ ⠎ ⠞ ⠥ ⠧ ⠺ ⠭ ⠽ ⠵"),
    "runes": _dressed("ᚨ ᛒ ᚲ ᛞ ᛖ ᚠ ᚷ ᚺ ᛁ ᛃ ᚴ ᛚ ᛗ ᚾ ᛟ ᛈ ᛩ ᚱ ᛊ ᛏ ᚢ ᚡ ᚹ ᛪ ᚤ ᛉ"),
    "hooks": _dressed("ą ɓ ƈ ɖ ɛ ƒ ɠ ɧ ı ʝ ƙ ɭ ɱ ŋ ơ ƥ ʠ ɾ ʂ ƭ ų ʋ ɯ ҳ y ʐ"),
    "flags": each_word(lambda word: " ".join(chr(0x1F1E6 + ord(letter) - ord("a")) for letter in word.lower())),
    "next letter": lambda text: text.lower().translate(
        str.maketrans(string.ascii_lowercase, string.ascii_lowercase[1:] + "a")
    ),
    "mirrored alphabet": lambda text: text.lower().translate(
        str.maketrans(string.ascii_lowercase, string.ascii_lowercase[::-1])
    ),
    "hexadecimal": lambda text: text.encode().hex(" "),
    "binary": lambda text: " ".join(f"{byte:08b}" for byte in text.encode()),
    "Morse": lambda text: " / ".join(
        " ".join(MORSE[letter] for letter in word if letter in MORSE) for word in text.lower().split()
    ),
}


def scattered(text: str, seed: int) -> str:
    """Words in a random disguise each."""
    rng = random.Random(seed)
    ways = [DISGUISES[name] for name in ("leet", "dotted", "zero width", "full width", "look-alikes", "stretched")]
    return " ".join(rng.choice(ways)(word) for word in text.split())


def show(words: str | None, manners: Mapping[str, Disguise]) -> None:
    """Print the text of the command line in each manner; `words` are its help."""
    parser = argparse.ArgumentParser(description=words, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text")
    text = parser.parse_args().text
    for name, change in manners.items():
        print(f"{name:28}{change(text)}")


if __name__ == "__main__":
    show(__doc__, {**DISGUISES, **MORE})
