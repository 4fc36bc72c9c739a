"""The five catalogues: whole, used, with the same values in each sentence, and within Discord's limits."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from discord import app_commands

from bot.client import Bot
from bot.cogs.translator import Translator
from bot.config import load_settings
from bot.wording import buttons, settings
from bot.wording.catalogue import LOCALES, Sentences, known_languages, nearest
from bot.wording.commands import CONTEXT, NAMES
from bot.wording.duration import parse_duration
from bot.wording.pages import DURATIONS, REMOVALS
from bot.wording.reader import reading
from bot.wording.render import explain
from docs.collect_messages import written
from tests.test_wording import EXAMPLES

ROOT = Path(__file__).parent.parent
LANGUAGES = ("de", "es", "fr", "ja", "pt_BR")
NAME = re.compile(r"[-_'\w]{1,32}")  # Discord's rule, but for two scripts that none of these languages writes
COMMAND = re.compile(r"(?<![\w/<])/([a-z]+)(?: ([a-z]+)(?![\w:]))?(?=[`: …<]|$|\))")
OPTION = re.compile(r"`([a-z_]+)`")
VALUE = re.compile(r"{\w+}")


@cache
def catalogue(language: str) -> Catalog:
    with (LOCALES / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def translations(language: str) -> Iterator[tuple[str, str, str | None]]:
    """Each sentence of the code that may stand for it, its translation, and their context."""
    for message in catalogue(language):
        if not message.id:
            continue
        ids = (message.id,) if isinstance(message.id, str) else message.id
        strings = (message.string,) if isinstance(message.string, str) else message.string or ()
        for string in strings:
            yield ids[-1], string, message.context


def test_the_languages_are_these() -> None:
    assert sorted(known_languages()) == ["de", "en", "es", "fr", "ja", "pt_BR"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_is_as_make_messages_writes_it(language: str) -> None:
    """So that a change shows what was changed."""
    file = LOCALES / f"{language}.po"
    assert file.read_bytes() == written(language, file)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_holds_the_same_values(language: str) -> None:
    """And the same tags, marks and emoji; a form for one may leave its number out."""
    for sentence, string, _ in translations(language):
        wanted = set(VALUE.findall(sentence))
        assert wanted - {"{number}"} <= set(VALUE.findall(string)) <= wanted, sentence
        for mark in ("<em>", "</em>", "<kbd>", "<code>", "<a href", "**", "🗑️", "⭐", "★", "###", "--seed 7"):
            assert sentence.count(mark) == string.count(mark), (sentence, mark)


@pytest.mark.parametrize("language", LANGUAGES)
def test_commands_in_sentences_are_called_as_discord_shows_them(language: str) -> None:
    """`/history` is `/verlauf` where Discord calls it so."""
    words = Sentences(language.replace("_", "-"))
    for sentence, string, _ in translations(language):
        for command, part in COMMAND.findall(sentence):
            if command in NAMES:
                shown = f"/{words.named(CONTEXT, command)}"
                shown += f" {words.named(CONTEXT, part)}" if part in NAMES else ""
                assert shown in string, (sentence, shown)
        for option in OPTION.findall(sentence):
            if option in NAMES:
                assert f"`{words.named(CONTEXT, option)}`" in string, (sentence, option)


ODD = {
    "de": "Wochenrück|Anfrageprotokoll",
    "es": r"añadís|tenéis|vosotros|(?<![{\w])[Ii]d(?![\w}])",
    "fr": r"\w'\w|\b[Vv]ous\b|\b[Vv]otre\b|Récapitulatif",
    "ja": "[（）：？！]|言葉|依頼|(?<!プ)レビュー|ダイジェスト",
    "pt_BR": r"(?<![{\w])[Ii]d(?![\w}])|[Pp]articular\b(?! para)",
}
"""Forms of which each language has another everywhere else."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_thing_is_called_by_one_name(language: str) -> None:
    odd = [
        string for _, string, context in translations(language) if context is None and re.search(ODD[language], string)
    ]
    assert odd == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_lengths_are_discords(language: str) -> None:
    """80 characters on a button, 45 above a form and its fields, 100 in a list and below a command."""
    words = Sentences(language.replace("_", "-"))
    titles = (*buttons.TITLES, *settings.FORM_TITLES)
    assert [title for title in titles if len(words.as_it_is(title)) > 45] == []
    labels = [label for label in vars(buttons).values() if isinstance(label, str) and not label.startswith("bot.")]
    assert [label for label in labels if len(words.as_it_is(label)) > 80 and label != buttons.__doc__] == []
    chosen = [label for labels in settings.LABELS.values() for label in labels.values()]
    lists = [*chosen, *settings.UNCHOSEN.values(), settings.AS_THE_SERVER]
    assert [label for label in lists if len(words.as_it_is(label)) > 100] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_durations_that_are_offered_are_understood(language: str) -> None:
    """A form is filled in with "1 Tag" for those who read German."""
    words = Sentences(language.replace("_", "-"))
    for offered in (*DURATIONS, buttons.ONE_DAY):
        assert parse_duration(words.as_it_is(offered)) == parse_duration(offered)
    assert all(parse_duration(value) for value, _ in REMOVALS if value)


@pytest.mark.parametrize(
    ("language", "one", "more"),
    [("en", "hour", "12 hours"), ("de", "Stunde", "12 Stunden"), ("fr", "heure", "12\xa0heures"),
     ("es", "hora", "12 horas"), ("pt_BR", "hora", "12 horas"), ("ja", "1 時間", "12 時間")],
)  # fmt: skip
def test_a_period_is_named_as_limits_say_it(language: str, one: str, more: str) -> None:
    """ "per hour", "pro Stunde", "1 時間に"."""
    words = Sentences(language)
    assert (words.period(1, "hour"), words.period(12, "hour")) == (one, more)


@pytest.mark.parametrize(
    ("wanted", "language"),
    [("de-AT", "de"), ("pt", "pt_BR"), ("pt-PT", "pt_BR"), ("es-419", "es"), ("ja", "ja"), ("fr-CA", "fr"),
     ("en-GB", "en"), ("pl", "en"), ("xx", "en")],
)  # fmt: skip
def test_the_nearest_language_is_taken(wanted: str, language: str) -> None:
    assert nearest([wanted]) == language


def test_the_first_language_that_is_known_is_taken() -> None:
    assert nearest(["pl", "fr", "de"]) == "fr"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_error_is_half_english(language: str) -> None:
    """Each, with its time and its units."""
    english = {"Try again", "could not", "was not", "must be", "is under way", "per minute", "per hour"}
    for error, sentence in EXAMPLES:
        with reading(language):
            told = explain(error)
        assert told != sentence
        assert [piece for piece in english if piece in told] == [], told


# --------------------------------------------------------------------------------------------------------- the commands


async def payload() -> list[dict[str, Any]]:
    """What Discord is told of the commands."""
    async with Bot(load_settings(None), shard_count=1, sync="never") as bot:
        await bot.add_commands()
        await bot.tree.set_translator(Translator())
        assert bot.tree.translator is not None
        return [await one.get_translated_payload(bot.tree, bot.tree.translator) for one in bot.tree.get_commands()]


def parts(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node.get("options", ()):
        yield from parts(inner)


async def test_commands_are_named_in_every_language_as_discord_takes_it() -> None:
    """Names of small letters without spaces, none of them twice beside each other; descriptions of 100 characters."""
    commands = await payload()
    for locale in ("de", "fr", "es-ES", "es-419", "pt-BR", "ja"):
        _check_names([one for one in commands if one["type"] == 1], locale)
        for command in commands:
            if command["type"] != 1:
                assert 1 <= len(command["name_localizations"][locale]) <= 32
                continue
            for part in parts(command):
                assert 1 <= len(part["description_localizations"][locale]) <= 100
                _check_names(part.get("options", []), locale)
                for choice in part.get("choices", ()):
                    assert 1 <= len(choice.get("name_localizations", {}).get(locale, choice["name"])) <= 100
    assert not any("pl" in part["name_localizations"] for command in commands for part in parts(command))


def _check_names(nodes: list[dict[str, Any]], locale: str) -> None:
    names = [node["name_localizations"][locale] for node in nodes]
    assert len(names) == len(set(names)), names
    assert all(NAME.fullmatch(name) and name == name.lower() for name in names), names


async def test_a_translated_command_is_small_enough_for_discord() -> None:
    """8,000 characters of names, descriptions and values in any one language."""
    for command in await payload():
        for locale in ("de", "fr", "es-ES", "pt-BR", "ja"):
            length = sum(
                max(len(part.get(what, "")), len(part.get(f"{what}_localizations", {}).get(locale, "")))
                for part in parts(command)
                for what in ("name", "description")
            )
            assert length <= 8000


def test_the_translator_is_the_trees() -> None:
    assert issubclass(Translator, app_commands.Translator)


def test_the_catalogues_are_installed_with_the_bot() -> None:
    """And every other file beside the code, wherever it is installed."""
    data = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["package-data"]
    files = [path.relative_to(ROOT / "bot") for path in (ROOT / "bot").rglob("*") if path.is_file()]
    beside = [path for path in files if path.suffix not in (".py", ".pyc")]
    assert [path for path in beside if not any(path.match(one) or _below(path, one) for one in data["bot"])] == []


def _below(path: Path, pattern: str) -> bool:
    return pattern.endswith("/**/*") and path.is_relative_to(pattern.removesuffix("/**/*"))
