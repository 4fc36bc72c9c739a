"""What a database's refusal means: it is away, it cannot hold that text, or we have asked something wrong.

In: an error.  Out: whether another try may do better, or an error for whoever wrote the text.
"""

from collections.abc import Iterator
from typing import Final

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from bot.errors import InvalidOption

FAILURES: Final = (DBAPIError, NoConnectionFree, OSError, UnicodeEncodeError)
"""asyncpg passes a refused connection on as it is, and SQLite's driver half a character."""
_NO_TEXT: Final = ("22021", "22P05")
"""PostgreSQL's codes for characters that it cannot hold: NUL, most of all."""


def is_away(error: Exception) -> bool:
    """Whether another try may do better: the database is away, locked or full, and we have asked nothing wrong.

    Raises InvalidOption where it cannot hold what somebody wrote.
    """
    causes = tuple(_causes(error))
    if any(isinstance(one, UnicodeEncodeError) or getattr(one, "sqlstate", None) in _NO_TEXT for one in causes):
        raise InvalidOption("text", "unkeepable") from error
    nonsense = any(getattr(one, "sqlite_errorname", "") == "SQLITE_ERROR" for one in causes)
    return not nonsense and not isinstance(error, ProgrammingError | IntegrityError | DataError)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, the driver's own behind it, and what that came from."""
    while error is not None:
        yield error
        error = getattr(error, "orig", None) or error.__cause__
