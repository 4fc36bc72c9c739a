"""Who reads what is being said: their language, and how the place writes things, for as long as an answer is made.

In: a locale, from whoever knows the reader: an interaction, an order, a request for a page.  Out: `say` and `count`,
with which the modules of sentences speak.  What one task says never depends on whom another one answers.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from bot.wording.catalogue import ENGLISH, Sentences
from bot.wording.form import DISCORD, Form

_READER: Final[ContextVar[Sentences | None]] = ContextVar("reader", default=None)


@contextmanager
def reading(locale: str, form: Form = DISCORD) -> Iterator[Sentences]:
    """Everything that is said inside is said in this language."""
    sentences = Sentences(locale, form)
    token = _READER.set(sentences)
    try:
        yield sentences
    finally:
        _READER.reset(token)


def reader() -> Sentences:
    """English where nobody has said who reads."""
    return _READER.get() or Sentences(ENGLISH)


def say(sentence: str, /, **values: object) -> str:
    return reader().say(sentence, **values)


def count(one: str, many: str, number: int, /, **values: object) -> str:
    """The form for this number, which stands in for {number}."""
    return reader().count(one, many, number, **values)


def named(context: str, word: str) -> str:
    """A word that means something else elsewhere, such as the name of a command."""
    return reader().named(context, word)


def quoted(words: str) -> str:
    """As the language writes what somebody else said: “a”, „a“, « a », 「a」."""
    return say("“{words}”", words=words)


def labelled(what: str, details: str) -> str:
    """As the language sets a colon: "a: b", « a : b ».  What has no details stands alone."""
    return say("{what}: {details}", what=what, details=details) if details else what


def either(words: Sequence[str]) -> str:
    """ "a, b or c"."""
    return reader().either(words)
