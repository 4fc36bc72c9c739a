"""Templates to pages.

In: a template's name and values.  Out: a response.  Everything that a template writes is escaped by Jinja2.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import aiohttp_jinja2
import jinja2
from aiohttp import hdrs, web
from yarl import URL

from bot.web.site import SITE, site_of, visitor_of

FOLDER: Final = Path(__file__).parent


def set_up(app: web.Application) -> None:
    environment = aiohttp_jinja2.setup(
        app,
        loader=jinja2.FileSystemLoader(FOLDER / "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        default_helpers=False,
    )
    environment.filters.update(when=when, iso=iso, day=day)
    environment.globals["demo"] = bool(app[SITE].people)


def noted(request: web.Request, sentences: Mapping[str, str]) -> str | None:
    """What the form that led here did: its name is in the address, its sentence is ours."""
    return sentences.get(request.query.get("done", ""))


def page(request: web.Request, template: str, status: int = 200, **values: Any) -> web.Response:
    """The page, with what every page shows: who is logged in and where they are."""
    everywhere = {"visitor": visitor_of(request), "path": request.path, "url": site_of(request).url}
    return aiohttp_jinja2.render_template(template, request, {**everywhere, **values}, status=status)


def redirect(to: str | URL) -> web.Response:
    """Go there with GET, after a form as after a link."""
    return web.Response(status=303, headers={hdrs.LOCATION: str(to)})


def when(moment: datetime | None) -> str:
    """A time as a table shows it; the page's script turns it into the reader's own time zone."""
    return "" if moment is None else moment.strftime("%Y-%m-%d %H:%M UTC")


def day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d")


def iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
