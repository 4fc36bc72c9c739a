"""What the logs show, and what they must never show."""

import ast
import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import AsyncGenerator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, cast

import pytest
import structlog

from bot.database.generations import GenerationLog
from bot.database.session import Database
from bot.errors import NotSaved
from bot.logs import configure_logs
from bot.orders.order import InteractionRef
from inference.contract import Event, GenerationRequest
from tests.bot_fakes import FakePool, an_order, draw, services

ROOT = Path(__file__).parent.parent
EVENT = re.compile(r"[a-z_]+(\.[a-z_]+)+")


@pytest.fixture(autouse=True)
def _put_logging_back() -> Iterator[None]:
    """Logging is the process's own; other tests have theirs."""
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    structlog.configure(**before)
    root.handlers = handlers
    root.setLevel(level)


def take_note() -> None:
    raise NotSaved("generation", 7)


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


def test_what_is_known_needs_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    """A database that is away for a minute fails hundreds of times; each says so in a line."""
    configure_logs("info", "json")
    try:
        take_note()
    except NotSaved as error:
        structlog.get_logger("bot.test").exception("picture.not_offered")
        structlog.get_logger("bot.test").warning("picture.not_offered", exc_info=error)
    for line in map(json.loads, capsys.readouterr().err.splitlines()):
        assert line["problem"] == "not_saved subject='generation' generation_id=7"
        assert "exception" not in line


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


def test_a_command_begins_without_a_librarys_small_talk(tmp_path: Path) -> None:
    """What stands on the terminal is the answer: Alembic names each of its parts at "info", as it is loaded."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DATA_DIR": str(tmp_path), "LOG_LEVEL": "info"}
    command = [sys.executable, "-m", "bot", "db", "upgrade"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "up to date" in done.stdout


def refused() -> None:
    raise ConnectionError(f"postgresql://easel:{SECRETS[1]}@host refused; token {SECRETS[0]}")


SECRETS = ("MTIz.the.bots-token", 'pass"word-of-postgres', "short")


@pytest.mark.parametrize("form", ["console", "json"])
def test_no_line_shows_a_token(form: Literal["console", "json"], capsys: pytest.CaptureFixture[str]) -> None:
    """In our fields, in other libraries' sentences, in tracebacks; the settings' own, and those that Discord lends."""
    configure_logs("debug", form, SECRETS)
    lent = "aW50ZXJhY3Rpb246MTIzNDU2Nzg5" * 3
    structlog.get_logger("bot.test").info("asked", headers={"Authorization": f"Bot {lent}"}, url=SECRETS[1])
    logging.getLogger("discord.http").warning(
        "PATCH https://discord.com/api/v10/webhooks/99/%s/messages/7 returned 200", lent
    )
    logging.getLogger("discord.http").warning("POST /interactions/99/%s/callback", lent)
    logging.getLogger("discord.http").debug(
        "PATCH /messages/7 with %s has received %s", {"content": SECRETS[0]}, "a prompt"
    )
    logging.getLogger("discord.gateway").debug("For Shard ID %s: WebSocket Event: %s", 0, {"token": lent})
    try:
        refused()
    except ConnectionError:
        structlog.get_logger("bot.test").exception("database.away")
    printed = capsys.readouterr().err
    assert "a prompt" not in printed
    for secret in (lent, SECRETS[0], SECRETS[1], json.dumps(SECRETS[1])[1:-1]):
        assert secret not in printed
    assert "/webhooks/99/(hidden)/messages/7 returned 200" in printed
    assert printed.count("(hidden)") >= 6


@pytest.mark.parametrize("form", ["console", "json"])
async def test_no_line_quotes_a_row(
    form: Literal["console", "json"], database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a database refuses holds people's words and what Discord lends, whichever rule or value it was."""
    configure_logs("debug", form)
    generations, prompt, token = GenerationLog(database), "a house\ud800 by the sea", "lent-by-discord"
    row = await generations.open(an_order(seed=7))
    interaction = InteractionRef(99, token, datetime.now(UTC))
    of_nothing = an_order(prompt[:7], seed=7, interaction=interaction, parent_id=row + 1)
    unwritable = an_order(prompt, seed=7, interaction=interaction)
    nobodys = replace(of_nothing, parent_id=None, seed=cast("int", None))
    for order in (of_nothing, unwritable, nobodys):
        try:
            await generations.open(order)
        except Exception as error:  # noqa: BLE001  # the drivers refuse each in their own way
            structlog.get_logger("bot.test").error("something broke", exc_info=error)
    printed = capsys.readouterr().err
    assert "INSERT INTO generations" in printed
    assert prompt[:7] not in printed
    assert token not in printed


async def test_a_generations_lines_say_which(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Those of its pool, its storage and its log, too, which know nothing of generations."""

    class TellingPool(FakePool):
        async def generate(self, request: GenerationRequest) -> AsyncGenerator[Event, None]:
            structlog.get_logger("bot.pool").info("pool.asked")
            async for event in super().generate(request):
                yield event

    configure_logs("info", "json")
    async with services(tmp_path, TellingPool()) as opened:
        record = await draw(opened)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    told = {line["event"]: line.get("generation") for line in lines}
    assert told["pool.asked"] == told["generation.delivered"] == record.id


def test_log_events_are_named_alike() -> None:
    """`noun.verb`, and a generation is `generation=`, so that logs can be searched."""
    logged = [(path, node) for path in sorted((ROOT / "bot").rglob("*.py")) for node in log_calls(path)]
    assert len(logged) > 100
    for path, node in logged:
        place = f"{path}, line {node.lineno}"
        if isinstance(event := node.args[0], ast.Constant):
            assert EVENT.fullmatch(str(event.value)), f"{place}: {event.value!r}"
        assert "generation_id" not in [keyword.arg for keyword in node.keywords], place


def log_calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args and ast.unparse(node.func).startswith("log."):
            yield node
