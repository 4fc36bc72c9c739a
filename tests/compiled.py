"""Statements that are compiled once for all tests: every test opens databases of its own, and each would compile again,
for a tenth of a second, what the one before it had compiled.

In: SQLAlchemy's engines, as they are made.  Out: engines of one kind that share what is compiled.
"""

from functools import cache
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache

STATEMENTS = 5000  # all that the bot and the tests have; an engine of its own keeps 500


def share_compiled_statements() -> None:
    """From now on.  What is compiled is found by its dialect, too: two of one kind, which write the same, are one."""
    shared = {"__eq__": _alike, "__hash__": _hash, "engine_created": classmethod(_engine_created)}
    for name, method in shared.items():
        setattr(DefaultDialect, name, method)


def _kind(dialect: Any) -> tuple[type, Any]:
    return type(dialect), getattr(dialect, "paramstyle", None)


def _alike(one: Any, other: Any) -> bool:
    return _kind(one) == _kind(other)


def _hash(dialect: Any) -> int:
    return hash(_kind(dialect))


def _engine_created(kind: type, engine: Engine) -> None:
    engine._compiled_cache = _statements(kind)


@cache
def _statements(kind: type) -> LRUCache[Any, Any]:
    return LRUCache(STATEMENTS)
