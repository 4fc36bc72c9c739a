"""Templates to pages.

In: a template's name and values.  Out: a response.  Everything that a template writes is escaped by Jinja2.
"""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import aiohttp_jinja2
import jinja2
from aiohttp import hdrs, web
from markupsafe import Markup
from yarl import URL

from bot.web import notice
from bot.web.site import SITE, address_of, after_login, site_of, visitor_of
from bot.wording import community, pages, reasons, terms
from bot.wording.catalogue import display_name, known_languages
from bot.wording.reader import count, reader

TEMPLATES: Final = Path(__file__).parent / "templates"


def set_up(app: web.Application) -> None:
    environment = aiohttp_jinja2.setup(
        app,
        loader=jinja2.DictLoader(_read(TEMPLATES)),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        default_helpers=False,
    )
    environment.filters.update(when=when, iso=iso, day=day)
    environment.globals.update({
        "_": marked_up, "count": count, "language": lambda: reader().tag,
        "wording": terms, "reasons": reasons, "community": community,
        "languages": {name: display_name(name) for name in known_languages()},
    })  # fmt: skip
    environment.globals["demo"] = bool(app[SITE].people)


def _read(folder: Path) -> dict[str, str]:
    """All templates, by name: an update of the files below a running bot must not change pages of older Python."""
    return {file.relative_to(folder).as_posix(): file.read_text("utf-8") for file in sorted(folder.rglob("*.html"))}


def noted(request: web.Request) -> str | None:
    """What the form that led here did."""
    done = notice.take(request)
    return None if done is None else pages.done(done.name)


def marked_up(sentence: str, /, **values: object) -> Markup:
    """A sentence of a template, which may hold tags; what stands in it is escaped."""
    return Markup(reader().as_it_is(sentence)).format(**values)  # noqa: S704  # the sentences are ours


def page(request: web.Request, template: str, status: int = 200, **values: Any) -> web.Response:
    """The page, with what every page shows: who is logged in and where they are."""
    everywhere = {
        "visitor": visitor_of(request), "address": address_of(request), "after_login": after_login(request),
        "url": site_of(request).url,
    }  # fmt: skip
    response = aiohttp_jinja2.render_template(template, request, {**everywhere, **values}, status=status)
    notice.forget(request, response)
    return response


def redirect(to: str | URL) -> web.Response:
    """Go there with GET, after a form as after a link."""
    return web.Response(status=303, headers={hdrs.LOCATION: str(to)})


def done(request: web.Request, to: str, name: str, of: int = 0, ids: Iterable[int] = ()) -> web.Response:
    """Go there after a form, and tell there what it did."""
    response = redirect(to)
    notice.leave(request, response, URL(to).path, notice.Notice(name, of, tuple(ids)))
    return response


def when(moment: datetime | None) -> str:
    """A time as a table shows it; the page's script turns it into the reader's own time zone."""
    return "" if moment is None else moment.strftime("%Y-%m-%d %H:%M UTC")


def day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d")


def iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
