"""How the processes log: structlog, to stderr, for people or for machines.

In: a level and a format.  Out: structlog and the standard library's logging (discord.py, aiohttp, alembic) writing the
same lines.  Called once by the command line; nothing is configured at import.
"""

import logging
import sys
from typing import Literal

import structlog
from structlog.typing import Processor


def configure_logs(level: str, form: Literal["console", "json"]) -> None:
    """`level` is debug, info, warning or error; `form` "json" writes one object a line."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=form == "json"),
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
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # These two speak at "info" about every connection and every step; what matters of theirs is a warning.
    for name in ("aiohttp.access", "alembic.runtime.migration"):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
