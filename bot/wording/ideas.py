"""What is said with proposals: richer versions of a prompt, and words for a picture."""

from typing import Final

from bot.wording.catalogue import ENGLISH, later
from bot.wording.reader import either, reader, say
from bot.wording.text import code, plain

DRAW_THIS: Final = later("Draw this")
VERSIONS: Final = later("Richer versions of your prompt")
NO_VERSIONS: Final = later("Nothing can be added to this prompt that the model would know what to do with.")
SHARED: Final = later("Shared in this server, and near it")
IN_WORDS: Final = later("Your picture in words")
NOTHING_SEEN: Final = later("I see nothing in this picture that I have a name for.")
HOW_SEEN: Final = later("I know about a thousand things, as drawings. Of a photograph I say what it looks like to me.")
IN_ENGLISH: Final = later("The names are English, as are the words that I draw from.")
MAX_SHOWN: Final = 1000


def title(sentence: str) -> str:
    return f"### {say(sentence)}"


def small(sentence: str) -> str:
    return f"-# {say(sentence)}"


def how_seen() -> str:
    """Where a description comes from; and, for who reads another language, why it is in English."""
    english = reader().tag.partition("-")[0] == ENGLISH
    return f"-# {say(HOW_SEEN)}" + ("" if english else f"\n-# {say(IN_ENGLISH)}")


def seen(names: tuple[str, ...], confidence: float) -> str:
    """ "cat (or dog, fox) · 90 %": what it may be besides, only where there is doubt."""
    first, *others = (plain(name, 60) for name in names)
    return f"**{first}**" + (f" ({say('or {others}', others=either(others))})" if others and confidence < 1 else "")


def proposal(prompt: str) -> str:
    """In a block, from which it is easily copied, and read again when its button is pressed."""
    return code(prompt, MAX_SHOWN)
