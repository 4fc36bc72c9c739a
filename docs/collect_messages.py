"""Brings the catalogues up to date with what the code says:  python docs/collect_messages.py [language …]

In: every sentence of bot/wording, the commands and the pages.  Out: `bot/wording/locales/<language>.po`, sorted by
sentence: what is new stands there empty, what nobody says any more is gone.  Named languages get a first catalogue.
"""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from bot.wording.catalogue import LOCALES

ROOT: Final = Path(__file__).parent.parent
SAID: Final = ("say", "later", "_")  # one sentence
IN_PAGES: Final[dict[str, Any]] = {"_": None, "count": (1, 2)}


@cache  # the tests ask for it again and again
def collected() -> Catalog:
    """Every sentence that is said, without any translation."""
    found = Catalog(charset="utf-8")
    for folder in ("wording", "cogs"):
        for file in (ROOT / "bot" / folder).rglob("*.py"):
            for said, context in said_in(file.read_text(encoding="utf-8")):
                found.add(said, context=context)
    pages = extract_from_dir(str(ROOT / "bot" / "web" / "templates"), [("**.html", "jinja2")], keywords=IN_PAGES)
    for _, _, message, _, context in pages:
        found.add(message, context=context)
    return found


def said_in(source: str) -> Iterator[tuple[str | tuple[str, str], str | None]]:
    """Sentences, or pairs of one and many, with their context.  Babel's own reader looks into no f-string."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func).rpartition(".")[2]  # `say`, and of one reader `sentences.say`
        words = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        if name in SAID and len(words) == 1:
            yield words[0], None
        elif name == "count" and len(words) == 2:
            yield (words[0], words[1]), None
        elif name == "in_context" and len(words) == 2:
            yield words[1], words[0]


PLURALS: Final = {"fr": "nplurals=2; plural=(n > 1)", "pt_BR": "nplurals=2; plural=(n > 1)",
                  "es": "nplurals=2; plural=(n != 1)"}  # fmt: skip
"""Without the third form of Romance languages, which is for whole millions ("un million de …")."""


def catalogue_of(language: str) -> Catalog:
    """An empty one."""
    empty = Catalog(locale=language)
    if language in PLURALS:
        empty.mime_headers = [("Plural-Forms", PLURALS[language])]
    return empty


def written(language: str, file: Path) -> bytes:
    """The catalogue of a language, with the translations that `file` has."""
    old = read_po(BytesIO(file.read_bytes()), locale=language) if file.is_file() else Catalog(locale=language)
    new = catalogue_of(language)
    for message in collected():
        if message.id:
            known = old.get(message.id if isinstance(message.id, str) else message.id[0], message.context)
            new.add(message.id, known.string if known else None, context=message.context)
    buffer = BytesIO()
    write_po(buffer, new, sort_output=True, omit_header=True, width=120)
    return _head(new).encode() + buffer.getvalue()


def _head(catalogue: Catalog) -> str:
    """What gettext needs to know, and no dates, which would change with every call."""
    return (
        f'# Easel in {english_name(catalogue)}.\nmsgid ""\nmsgstr ""\n"Language: {catalogue.locale}\\n"\n'
        f'"Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: {catalogue.plural_forms}\\n"\n\n'
    )


def english_name(catalogue: Catalog) -> str:
    return (catalogue.locale and catalogue.locale.english_name) or "?"


def languages() -> Iterator[tuple[str, Path]]:
    known = {file.stem for file in LOCALES.glob("*.po")}
    for language in sorted(known | set(sys.argv[1:])):
        yield language, LOCALES / f"{language}.po"


if __name__ == "__main__":
    LOCALES.mkdir(exist_ok=True)
    for language, file in languages():
        file.write_bytes(written(language, file))
