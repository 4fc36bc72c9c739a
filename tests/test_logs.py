"""What the logs show, and what they must never show."""

import json
import logging
from collections.abc import Iterator
from typing import Literal

import pytest
import structlog

from bot.logs import configure_logs


@pytest.fixture(autouse=True)
def _put_logging_back() -> Iterator[None]:
    """Logging is the process's own; other tests have theirs."""
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    structlog.configure(**before)
    root.handlers = handlers
    root.setLevel(level)


def broken_call(token: str) -> None:
    headers = {"Authorization": f"Bot {token}"}
    raise RuntimeError(f"no answer to {len(headers)} header")


@pytest.mark.parametrize("form", ["console", "json"])
def test_tracebacks_keep_secrets(form: Literal["console", "json"], capsys: pytest.CaptureFixture[str]) -> None:
    """A traceback is logged with its cause, and without the local variables, which hold tokens."""
    configure_logs("info", form)
    try:
        broken_call("top" + "secret")
    except RuntimeError:
        structlog.get_logger("bot.test").exception("something broke")
        logging.getLogger("discord.http").exception("a library's line")
    printed = capsys.readouterr().err
    assert printed.count("no answer to 1 header") == 2
    assert "topsecret" not in printed


def test_json_lines_are_objects(capsys: pytest.CaptureFixture[str]) -> None:
    """Each line is one JSON object with level, time and fields, whoever logs."""
    configure_logs("info", "json")
    structlog.get_logger("bot.test").info("generation.delivered", generation_id=7)
    logging.getLogger("discord").warning("slow")
    ours, theirs = map(json.loads, capsys.readouterr().err.splitlines())
    assert (ours["event"], ours["generation_id"], ours["level"]) == ("generation.delivered", 7, "info")
    assert (theirs["event"], theirs["logger"]) == ("slow", "discord")


def test_the_level_holds_back(capsys: pytest.CaptureFixture[str]) -> None:
    """At "warning" an info line is not written."""
    configure_logs("warning", "console")
    structlog.get_logger("bot.test").info("chatter")
    structlog.get_logger("bot.test").warning("trouble")
    printed = capsys.readouterr().err
    assert "chatter" not in printed
    assert "trouble" in printed
