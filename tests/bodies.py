"""Every body that the bot sends to simulated Discord, held against Discord's own description of what it takes.

In: a running simulation.  Out: what Discord would not have taken.  Without the description (see discord_wire/schema.py)
everything passes.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest
from simcord.http import router

from tests.discord_wire.schema import Schemas


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
        return dispatch(backend, method, path, json=json, **rest)

    monkeypatch.setattr(router, "dispatch", look)
    yield found
    monkeypatch.setattr(router, "dispatch", dispatch)


def _written(body: Any) -> str:
    return json.dumps(body, sort_keys=True, default=str)
