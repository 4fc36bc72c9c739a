"""How the processes log: structlog, to stderr, for people or for machines.

In: a level and a format.  Out: structlog and the standard library's logging (discord.py, aiohttp, alembic) writing the
same lines.  Called once by the command line; nothing is configured at import.
"""

import json
import logging
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

import structlog
from structlog.typing import Processor

from bot.errors import UserError

HIDDEN: Final = "(hidden)"
SHORTEST_SECRET: Final = 6  # a shorter one would be found in ordinary words
# Discord's addresses hold the tokens of webhooks and interactions; headers hold the others.
TOKENS: Final = re.compile(r"(?<=/)((?:webhooks|interactions)/\d+/)[\w.~=-]{20,}|\b(Bot |Bearer )[\w.~+/=-]{20,}")

# Some speak at "info" of every connection, step and part; others at "debug" quote whole rows and events, with people's
# words and the tokens that Discord lends.
LOWEST_LEVELS: Final = {
    "aiohttp.access": logging.WARNING,
    "alembic": logging.WARNING,
    "aiosqlite": logging.INFO,
    "discord.gateway": logging.INFO,
    "discord.http": logging.INFO,
}


def configure_logs(level: str, form: Literal["console", "json"], secrets: Sequence[str] = ()) -> None:
    """`level` is debug, info, warning or error; `form` "json" writes one object a line.

    `secrets` show in no line, nor do interactions' and webhooks' tokens, whoever wrote the line.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=form == "json"),
        _tell_what_is_known,
    ]
    # Tracebacks without local variables: those of discord.py hold the bot's token, those of asyncpg a password.
    without_locals = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    last: list[Processor] = (
        [structlog.processors.ExceptionRenderer(without_locals), structlog.processors.JSONRenderer()]
        if form == "json"
        else [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
        ]
    )
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last, _hide(secrets)],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name, lowest in LOWEST_LEVELS.items():
        logging.getLogger(name).setLevel(max(lowest, root.level))


def _tell_what_is_known(_: object, __: str, line: Any) -> Any:
    """Errors that a person may read, such as a database that is away, say it all in a few words: no traceback."""
    error = line.get("exc_info")
    if error is True:
        error = sys.exc_info()
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, UserError):
        del line["exc_info"]
        line.setdefault("problem", str(error))
    return line


def _hide(secrets: Sequence[str]) -> Callable[[Any, str, Any], str]:
    """The last processor: it sees the line as it will be written, tracebacks and other libraries' texts included."""
    known = [secret for secret in secrets if len(secret) >= SHORTEST_SECRET]
    written = {*known, *(json.dumps(secret)[1:-1] for secret in known)}  # as a JSON line spells it
    exact = re.compile("|".join(re.escape(secret) for secret in sorted(written, key=len, reverse=True)) or "(?!)")

    def hide(_: object, __: str, line: Any) -> str:
        return TOKENS.sub(lambda found: f"{found[1] or found[2]}{HIDDEN}", exact.sub(HIDDEN, str(line)))

    return hide
