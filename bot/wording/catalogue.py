"""Sentences in the reader's language: English where there is no catalogue of it.

In: an English sentence, as it stands in the source, and its values.  Out: the sentence as the reader's language says
it, with numbers, units and plurals as that language writes them.
A catalogue is a file `locales/<language>.po`; `make messages` collects the sentences for it.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.units import format_unit

from bot.wording.form import DISCORD, Form

LOCALES: Final = Path(__file__).parent / "locales"
ENGLISH: Final = "en"


def later(sentence: str) -> str:
    """Marks a sentence for the catalogue that is said elsewhere."""
    return sentence


def in_context(_: str, word: str) -> str:
    """Marks a word for the catalogue that means something else elsewhere."""
    return word


SECONDS: Final = later("{number} s")
MINUTES: Final = later("{minutes} min {seconds} s")


class Sentences:
    """Says things to one reader.  `locale` is Discord's or a browser's name of it, such as "pt-BR"."""

    def __init__(self, locale: str = ENGLISH, form: Form = DISCORD, folder: Path = LOCALES) -> None:
        self.form = form
        self._locale = parsed(locale)
        self._translations = catalogue(str(self._locale), folder)

    @property
    def tag(self) -> str:
        """As HTML names the language: "pt-BR"."""
        return str(self._locale).replace("_", "-")

    def say(self, sentence: str, /, **values: object) -> str:
        return self._translations.gettext(sentence).format(**values)

    def as_it_is(self, sentence: str) -> str:
        """A sentence that names no values."""
        return self._translations.gettext(sentence)

    def named(self, context: str, word: str) -> str:
        """A word that means something else elsewhere."""
        return self._translations.pgettext(context, word)

    def count(self, one: str, many: str, number: int, /, **values: object) -> str:
        """The form for this number, which stands in for {number}."""
        chosen = self._translations.ngettext(one, many, number)
        return chosen.format(number=self.number(number), **values)

    def number(self, number: float) -> str:
        return format_decimal(number, locale=self._locale)

    def period(self, number: int, unit: str) -> str:
        """(1, "minute") → "minute", (2, "hour") → "2 hours"."""
        words = format_unit(number, f"duration-{unit}", length="long", locale=self._locale)
        # Japanese, which has no form for one, says "1 時間" where English says "hour".
        bare = number == 1 and self._locale.plural_form(1) == "one"
        return words.removeprefix("1").lstrip() if bare else words

    def day(self, day: date) -> str:
        """ "Nov 2", "2. Nov." """
        return format_skeleton("MMMd", day, locale=self._locale)

    def either(self, words: Sequence[str]) -> str:
        """("a", "b", "c") → "a, b or c"."""
        return format_list(words, style="or", locale=self._locale)

    def seconds(self, duration: float) -> str:
        """3.14159 → "3.1 s", 75 → "1 min 15 s"."""
        if round(duration, 1) < 60:
            return self.say(SECONDS, number=format_decimal(duration, "0.0", locale=self._locale))
        minutes, rest = divmod(round(timedelta(seconds=duration).total_seconds()), 60)
        return self.say(MINUTES, minutes=minutes, seconds=rest)


def parsed(locale: str) -> Locale:
    """The locale, its language alone where the rest is not known, English where that is not either."""
    for name in (locale.replace("-", "_"), locale.partition("-")[0]):
        try:
            return Locale.parse(name)
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse(ENGLISH)


@cache
def known_languages(folder: Path = LOCALES) -> tuple[str, ...]:
    """English, which needs no catalogue, and those that have one, such as "pt_BR"."""
    return (ENGLISH, *sorted(file.stem for file in folder.glob("*.po")))


def display_name(language: str) -> str:
    """As its own readers call it: "de" → "Deutsch"."""
    name = Locale.parse(language).display_name or language
    return name[0].upper() + name[1:]


def nearest(wanted: Sequence[str]) -> str:
    """Of the known languages the first that is wanted, or is of the same tongue: "de-AT" → "de", "pt" → "pt_BR"."""
    for name in wanted:
        for known in known_languages():
            if str(parsed(name)) == known or parsed(name).language == known.partition("_")[0] == name[:2].lower():
                return known
    return ENGLISH


@cache
def catalogue(locale: str, folder: Path = LOCALES) -> NullTranslations:
    """The sentences of "pt_BR", else those of "pt", else the source's own."""
    for name in (locale, locale.partition("_")[0]):
        file = folder / f"{name}.po"
        if file.is_file():
            compiled = BytesIO()
            with file.open("rb") as source:
                write_mo(compiled, read_po(source, locale=name))
            compiled.seek(0)
            return GNUTranslations(compiled)
    return NullTranslations()
