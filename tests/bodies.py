"""Every body that the bot sends to simulated Discord, held against Discord's own description of what it takes, and
against what Easel promises of pictures: each has alt text, and the message says that it is AI-generated.

In: a running simulation.  Out: what Discord would not have taken, and what breaks the promise.  Without the
description (see discord_wire/schema.py) every body passes the first of the two.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest
from simcord.http import router

from bot.wording.catalogue import known_languages
from bot.wording.drawing import ai_made
from bot.wording.reader import reading
from tests.discord_wire.schema import Schemas

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".zip")
CHART = "statistics.png"  # drawn by rules, of numbers


@cache
def _schemas() -> Schemas:
    return Schemas()


@cache
def _problem(method: str, path: str, body: str) -> str | None:
    """Once for what many tests send, such as the list of commands."""
    return _schemas().problem(method, path, json.loads(body))


@contextmanager
def checked_bodies(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Problems come into the list as they are sent."""
    found: list[str] = []
    dispatch = router.dispatch

    def look(backend: Any, method: str, path: str, *, json: Any = None, **rest: Any) -> Any:  # theirs
        if json is not None and (problem := _problem(method, path, _written(json))) is not None:
            found.append(problem)
        found.extend(f"{method} {path}: {broken}" for broken in broken_promises(json))
        return dispatch(backend, method, path, json=json, **rest)

    monkeypatch.setattr(router, "dispatch", look)
    yield found
    monkeypatch.setattr(router, "dispatch", dispatch)


def broken_promises(body: Any) -> Iterator[str]:
    """What a message with pictures, or with an archive of them, lacks."""
    message = body.get("data", body) if isinstance(body, dict) else {}
    files = message.get("attachments") or () if isinstance(message, dict) else ()
    pictures = [one for one in files if one.get("filename", "").endswith(PICTURES)]
    parts = list(_parts(message)) if pictures else []
    shown = {one["media"]["url"]: one.get("description") for part in parts for one in part.get("items", ())}
    for one in pictures:
        name = one["filename"]
        if not name.endswith(".zip") and not (one.get("description") or shown.get(f"attachment://{name}")):
            yield f"{name} has no alt text"
    said = "\n".join([message.get("content") or "", *(part.get("content") or "" for part in parts)])
    if any(one["filename"] != CHART for one in pictures) and not any(mark in said for mark in _marks()):
        yield f"nothing says that {pictures[0]['filename']} is AI-generated"


@cache
def _marks() -> tuple[str, ...]:
    """The mark in every language."""
    marks = []
    for language in known_languages():
        with reading(language):
            marks.append(ai_made())
    return tuple(marks)


def _parts(part: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield part
    for inner in part.get("components") or ():
        yield from _parts(inner)


def _written(body: Any) -> str:
    return json.dumps(body, sort_keys=True, default=str)
