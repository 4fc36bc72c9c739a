"""The `easel` command line, run as a person would, with a model that paints tiles."""

import asyncio
import io
import json
import shlex
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import text
from typer.testing import CliRunner

from bot.cli import app as command_line
from bot.cli.surroundings import LARGEST_ID
from bot.errors import (
    AlreadyDeleted,
    CommandError,
    ConfigurationError,
    InvalidOption,
    NotFound,
    NotSanctioned,
    Sanctioned,
)
from inference.engine.engine import Engine
from inference.text.reader import Reading
from tests.bot_fakes import ADA, BOB, GUILD, FakePool, an_order, draw, services
from tests.fakes import FakeCodeModel
from tests.test_recognition import PaintingPool, painted

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def _somewhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working folder of one's own, no settings from outside, no real model, and logging left alone."""
    monkeypatch.chdir(tmp_path)
    for name in (
        "EASEL_ENV_FILE",
        "DATA_DIR",
        "DATABASE_URL",
        "DISCORD_TOKEN",
        "INFERENCE_TOKEN",
        "INFERENCE_URLS",
        "INFERENCE_URLS_FILE",
        "INFERENCE_MODEL",
        "MODELS_DIR",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("bot.logs.configure_logs", lambda *_: None)
    monkeypatch.setattr("inference.backends.codes.load_engine", lambda *_: Engine(FakeCodeModel(slots=32)))


def easel(*words: str) -> tuple[int, str]:
    """Exit status and what was printed."""
    result = CliRunner().invoke(command_line.app, list(words))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def test_imagine_writes_a_grid() -> None:
    """Nine pictures become one grid of three by three, where -o says."""
    status, printed = easel("imagine", "a red heart", "-o", "heart.png", "--seed", "7")
    assert status == 0
    assert "heart.png" in printed
    assert "seed 7" in printed
    with Image.open("heart.png") as grid:
        assert grid.format == "PNG"
        assert grid.width == grid.height >= 3 * 256


def test_the_suffix_chooses_the_format() -> None:
    """-o grid.webp is a WebP file."""
    easel("imagine", "a fox", "--images", "1", "-o", "fox.webp")
    with Image.open("fox.webp") as grid:
        assert grid.format == "WEBP"


def test_imagine_prints_json() -> None:
    """--json prints one object that names the pictures' seeds, and no progress bar."""
    status, printed = easel("imagine", "a red heart", "--images", "4", "--seed", "7", "--json")
    described = json.loads(printed)
    assert status == 0
    assert described["grid"] == "grid.png"
    assert [picture["seed"] for picture in described["images"]] == [7, 8, 9, 10]


@pytest.mark.parametrize("as_json", [False, True])
def test_imagine_says_what_it_does_not_know(monkeypatch: pytest.MonkeyPatch, as_json: bool) -> None:
    """And what it read as something else, as the chat does."""
    reading = Reading("a castle", ("kwyjibo",), read_as=(("castel", "castle"),))
    monkeypatch.setattr(FakeCodeModel, "interpret", lambda *_: reading)
    _, printed = easel("imagine", "a castel, a kwyjibo", "--images", "1", *(["--json"] if as_json else []))
    if as_json:
        described = json.loads(printed)
        assert (described["unknown_words"], described["read_as"]) == (["kwyjibo"], {"castel": "castle"})
    else:
        assert "I read “castel” as “castle”." in printed
        assert "I don't know “kwyjibo”" in printed


def test_the_same_seed_draws_the_same_picture() -> None:
    """Two runs with one seed agree to the byte; another seed differs."""
    for name, seed in (("a.png", "5"), ("b.png", "5"), ("c.png", "6")):
        easel("imagine", "a fox", "-o", name, "--images", "1", "--seed", seed)
    a, b, c = (Image.open(io.BytesIO(Path(name).read_bytes())).tobytes() for name in ("a.png", "b.png", "c.png"))
    assert a == b
    assert a != c


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("imagine", ""), "prompt is empty"),
        (("imagine", " \u200b"), "prompt is empty"),
        (("imagine", "x" * 1001), "prompt has 1001 characters; at most 1000"),
        (("imagine", "x", "--guidance", "31"), "guidance_scale is 31.0; it must be from 1.0 to 30.0"),
        (("imagine", "x", "--temperature", "nan"), "temperature is nan"),
        (("imagine", "x", "--top-p", "1.5"), "top_p is 1.5; it must be from 0.01 to 1.0"),
        (("imagine", "x", "-o", "grid.docx"), "grid.docx cannot be written: name it .png, .webp or .jpg"),
        (("imagine", "x", "-o", "grid.psd"), "grid.psd cannot be written: name it .png, .webp or .jpg"),
        (("imagine", "x", "-o", "folder.png"), "folder.png cannot be written: it is a folder"),
        (("imagine", "x", "-o", "no/such/folder/grid.png"), "no/such/folder/grid.png cannot be written"),
    ],
)
def test_bad_input_is_one_line(
    words: tuple[str, ...], problem: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be done is said in one line on stderr that names value and limit, with exit status 1."""
    Path("folder.png").mkdir()
    monkeypatch.setattr("sys.argv", ["easel", *words])
    with pytest.raises(SystemExit) as stopped:
        command_line.main()
    captured = capsys.readouterr()
    assert stopped.value.code == 1
    assert problem in captured.err
    assert "Traceback" not in captured.err


def test_an_unknown_model_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A model that is not there is named, with the ones that are."""
    monkeypatch.undo()
    monkeypatch.setattr("sys.argv", ["easel", "imagine", "x", "--model", "no-such-model"])
    with pytest.raises(SystemExit) as stopped:
        command_line.main()
    error = capsys.readouterr().err
    assert stopped.value.code == 1
    assert "no-such-model" in error
    assert "builtin" in error


@pytest.mark.parametrize(("number", "limit"), [("0", "equal to 1"), ("10", "equal to 9")])
def test_the_count_of_pictures_is_bounded(number: str, limit: str) -> None:
    """Typer itself refuses what is out of range, with status 2."""
    status, printed = easel("imagine", "x", "--images", number)
    assert status == 2
    in_a_line = " ".join(printed.replace("│", " ").split())  # rich wraps it at whatever width the terminal has
    assert "--images" in in_a_line
    assert limit in in_a_line


def test_check_allows() -> None:
    """A harmless prompt passes with status 0."""
    assert easel("check", "a balrog playing chess") == (0, "allow\n")


def test_check_blocks_and_imagine_obeys() -> None:
    """A prompt that the filter blocks has status 2 from check, and draws nothing."""
    status, printed = easel("check", "child porn", "--json")
    verdict = json.loads(printed)
    assert status == 2
    assert verdict["action"] == "block"
    with pytest.raises(CommandError, match="safety filter refuses"):
        easel("imagine", "child porn")
    assert not Path("grid.png").exists()


@pytest.mark.parametrize(
    ("number", "bound"),
    [("9" * 23, str(LARGEST_ID)), (str(LARGEST_ID + 1), str(LARGEST_ID)), ("0", "equal to 1"), ("-5", "equal to 1")],
)
@pytest.mark.parametrize(
    "words",
    [
        ("moderation", "ban", "--reason", "x", "--"), ("moderation", "unban", "--"), ("moderation", "log", "--user"),
        ("moderation", "log", "--before"), ("safety", "report", "--guild"),
    ],
)  # fmt: skip
def test_an_id_that_cannot_be_one_is_a_sentence(words: tuple[str, ...], number: str, bound: str) -> None:
    """No database is asked for it; the sentence tells the bound."""
    status, printed = easel(*words, number)
    assert status == 2
    assert bound in " ".join(printed.replace("│", " ").split())


def test_a_report_on_nothing_says_so() -> None:
    """Before the bot ever ran, too."""
    easel("db", "upgrade")
    assert easel("safety", "report") == (0, "The filter has found nothing so far.\n")


def test_db_upgrade_twice() -> None:
    """The first upgrade creates the database, the second finds nothing to do."""
    assert easel("db", "upgrade")[0] == 0
    assert Path("data/easel.db").exists()
    assert easel("db", "upgrade")[0] == 0


@pytest.mark.parametrize(
    "words",
    [
        ("moderation", "ban", "7", "--reason", "spam"), ("moderation", "log"), ("audit", "verify"),
        ("safety", "report"), ("storage", "clean"), ("db", "hash"), ("db", "backup", "copy"),
    ],
)  # fmt: skip
def test_no_command_makes_a_database_to_act_in(words: tuple[str, ...]) -> None:
    """Nobody would be banned, and a backup of it would look like one, wherever a bot has its database elsewhere."""
    with pytest.raises(CommandError, match="no database"):
        easel(*words)
    assert not Path("data/easel.db").exists()
    Path("data").mkdir(exist_ok=True)
    Path("data/easel.db").touch()  # as a refused start leaves it
    with pytest.raises(CommandError, match="no database"):
        easel(*words)


def test_commands_read_the_settings_file_of_the_service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """From any folder: a ban counts in the bot's database, and says so."""
    file = tmp_path / "easel.env"
    file.write_text(f"DATA_DIR={tmp_path}/kept\n")
    (tmp_path / ".env").write_text("DATA_DIR=elsewhere\n")
    monkeypatch.setenv("EASEL_ENV_FILE", str(file))
    assert f"{tmp_path}/kept/easel.db" in easel("db", "upgrade")[1]
    assert f"{tmp_path}/kept/easel.db" in easel("moderation", "ban", "7", "--reason", "spam")[1]
    assert f"{tmp_path}/kept/easel.db" in easel("db", "backup", "copy")[1]
    file.unlink()
    with pytest.raises(ConfigurationError, match=r"EASEL_ENV_FILE=.*there is no such file"):
        easel("moderation", "list")


@pytest.mark.parametrize("written", [None, "this is not a database"])
def test_restore_asks_nothing_about_a_file_that_is_no_backup(written: str | None) -> None:
    """What cannot be done anyway needs nobody's word."""
    if written is not None:
        Path("copy").write_text(written)
    result = CliRunner().invoke(command_line.app, ["db", "restore", "copy"], input="n\n")
    assert isinstance(result.exception, CommandError)
    assert "Go on?" not in result.output


def test_doctor_prints_cures(monkeypatch: pytest.MonkeyPatch) -> None:
    """A problem has a cure beside it, and the exit status says that there is one."""
    monkeypatch.setenv("DISCORD_TOKEN", "hello")
    monkeypatch.setattr("inference.checkpoints.load.verify_model", lambda name, store: f"{name} is there")
    status, printed = easel("doctor", "--json")
    findings = {finding["subject"]: finding for finding in json.loads(printed)["findings"]}
    assert status == 1
    assert findings["token"]["grade"] == "problem"
    assert "Reset Token" in findings["token"]["cure"]
    assert findings["model"]["text"] == "builtin is there"


def test_doctor_goes_on_behind_a_bad_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a finding like others, beside the misspelt names; what hangs on the settings is not looked at."""
    monkeypatch.setenv("WEB_PORT", "eighty")
    monkeypatch.setenv("QUEUE_SIZE", "0")
    monkeypatch.setenv("DISCORD_TOKN", "x")
    status, printed = easel("doctor", "--json")
    findings = json.loads(printed)["findings"]
    assert status == 1
    assert [(one["subject"], one["grade"]) for one in findings] == [
        ("settings", "problem"), ("settings", "problem"), ("settings", "warning"), ("all else", "warning"),
    ]  # fmt: skip
    assert "WEB_PORT=eighty: it must be a whole number from 0 to 65,535" in {one["text"] for one in findings}


def test_all_settings_that_stop_a_command_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line each."""
    monkeypatch.setattr("sys.argv", ["easel", "db", "upgrade"])
    monkeypatch.setenv("WEB_PORT", "eighty")
    monkeypatch.setenv("QUEUE_SIZE", "0")
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    assert ended.value.code == 78
    told = capsys.readouterr().err
    assert told.count("error:") == 2
    assert "WEB_PORT='eighty'" in told
    assert "QUEUE_SIZE='0'" in told


@pytest.mark.parametrize(
    ("variable", "asked"), [(None, True), ("INFERENCE_URLS", False), ("INFERENCE_URLS_FILE", False)]
)
def test_doctor_looks_for_a_model_where_it_draws(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str | None, asked: bool
) -> None:
    """Servers elsewhere say which they have; what lies on this machine is nothing to them."""
    (tmp_path / "http:").mkdir()
    (tmp_path / "http:" / "servers").write_text("http://127.0.0.1:1\n")
    monkeypatch.setenv("INFERENCE_MODEL", "nobodys/model")
    if variable is not None:
        monkeypatch.setenv(variable, "http://servers")  # an address, and a file's name
    subjects = [finding["subject"] for finding in json.loads(easel("doctor", "--json")[1])["findings"]]
    assert ("model" in subjects, "pictures" in subjects) == (asked, asked)
    assert "inference" in subjects or asked


@pytest.mark.parametrize("port", ["0", "70000", "http"])
def test_a_bad_demo_port_is_named(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """EASEL_DEMO_PORT is checked before anything starts."""
    monkeypatch.setenv("EASEL_DEMO_PORT", port)
    with pytest.raises(ConfigurationError, match=f"EASEL_DEMO_PORT='{port}'"):
        easel("demo")


@pytest.mark.parametrize(
    ("words", "cure"),
    [
        (("serve",), "--uds FILE, a unix socket for a bot on this machine, or --port NUMBER"),
        (("serve", "--uds", "s", "--port", "8800"), "one place to listen on"),
        (("serve", "--port", "8800"), "set INFERENCE_TOKEN to a long secret"),
        (("imagine", "a cat", "-n", "1", "-o", "nowhere/grid.png"), "nowhere is not a folder"),
        (("db", "backup", "nowhere/copy"), "there is no folder"),
    ],
)
def test_a_place_that_will_not_do_is_a_sentence(
    words: tuple[str, ...], cure: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where to listen, and where to write: said at once, with what to do."""
    monkeypatch.setattr("sys.argv", ["easel", *words])
    with pytest.raises(SystemExit) as end:
        command_line.main()
    assert end.value.code == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("error: ")
    assert cure in line


@pytest.mark.parametrize("words", ["doctor", "check 'a crème brûlée'", "--help", "models list"])
def test_a_terminal_without_utf8_ends_no_command(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it cannot show is a question mark; what matters is said in letters."""
    shown = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(shown, encoding="ascii", write_through=True))
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    monkeypatch.setattr(sys, "argv", ["easel", *shlex.split(words)])
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit) as end:
        command_line.main()
    assert end.value.code in (0, 1)
    assert ("warning" if words == "doctor" else "") in shown.getvalue().decode("ascii")


def test_version_is_printed() -> None:
    """The package's."""
    assert easel("version")[1].strip().count(".") == 2


def test_a_command_costs_only_what_it_needs() -> None:
    """The command line alone brings in no library of model, database, Discord, network, settings or logs."""
    heavy = (
        "torch", "numpy", "sqlalchemy", "alembic", "discord", "aiohttp", "imagehash", "PIL", "pydantic", "structlog",
        "limits", "cryptography",
    )  # fmt: skip
    asked = f"import sys, bot.cli.app; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_audit_verify_tells_a_sound_log_from_one_that_was_changed(tmp_path: Path) -> None:
    """Exit status, the row, and the newest hash to keep elsewhere."""
    easel("db", "upgrade")
    status, printed = easel("audit", "verify")
    assert (status, "sound: 0 rows" in printed) == (0, True)
    with sqlite3.connect("data/easel.db") as connection:
        connection.execute(
            "INSERT INTO audit_log (id, at, actor_id, action, subject, why, content_hash, hash) "
            "VALUES (7, '2030-01-01', 9, 'ban', 'user:1', '', '', '')"
        )
    connection.close()
    status, printed = easel("audit", "verify", "--known", "ab" * 32)
    assert status == 1
    assert "row 7" in printed
    assert "its end was cut off" in " ".join(printed.split())
    status, printed = easel("audit", "verify", "--json")
    assert status == 1
    assert json.loads(printed)["faults"][0]["row"] == 7


def test_the_operator_bans_everywhere_and_reads_what_was_asked_for_in_direct_messages(tmp_path: Path) -> None:
    """Ban, list, log, unban: each leaves the database as a running bot will find it."""
    easel("db", "upgrade")
    assert "Nobody is banned everywhere." in easel("moderation", "list")[1]
    assert easel("moderation", "ban", str(ADA))[0] == easel("moderation", "timeout", str(ADA), "1 day")[0] == 2
    with pytest.raises(InvalidOption):  # the person reads it: who gives none bans nobody, as in Discord
        easel("moderation", "ban", str(ADA), "--reason", " ")
    status, printed = easel("moderation", "ban", str(ADA), "--reason", "spam in DMs")
    assert (status, f"{ADA} is banned everywhere" in printed) == (0, True)
    (told,) = json.loads(easel("moderation", "list", "--json")[1])["bans"]
    assert (told["user"], told["reason"]) == (ADA, "spam in DMs")
    assert "spam in DMs" in easel("moderation", "list")[1]

    async def ask() -> None:
        async with services(tmp_path / "data") as opened:
            await draw(opened, an_order("a cat", BOB))
            await draw(opened, an_order("a dog", BOB, guild_id=None))
            with pytest.raises(Sanctioned, match="spam in DMs"):
                await draw(opened, an_order(guild_id=None))

    asyncio.run(ask())
    assert [one["prompt"] for one in json.loads(easel("moderation", "log", "--json")[1])["requests"]] == [
        "a dog",
        "a cat",
    ]
    printed = easel("moderation", "log", "--direct", "--user", str(BOB))[1]
    assert ("a dog" in printed, "a cat" in printed, "direct message" in printed) == (True, False, True)
    assert "There are more: --before 2" in easel("moderation", "log", "--limit", "1")[1]
    with pytest.raises(CommandError, match="it must be one of checking"):
        easel("moderation", "log", "--status", "nonsense")
    assert easel("moderation", "unban", str(ADA))[0] == 0
    with pytest.raises(NotSanctioned):
        easel("moderation", "unban", str(ADA))
    assert (
        "cannot use Easel anywhere until" in easel("moderation", "timeout", str(ADA), "2 days", "--reason", "spam")[1]
    )
    (told,) = json.loads(easel("moderation", "list", "--json")[1])["bans"]
    assert (told["kind"], told["until"] is not None) == ("timeout", True)
    for words in (
        ("timeout", str(ADA), "soon", "--reason", "spam"), ("timeout", str(ADA), "999999 weeks", "--reason", "spam"),
        ("ban", str(ADA), "--reason", "spam", "--remove", "999999 weeks"), ("ban", str(ADA), "--reason", "x" * 401),
        ("unban", str(ADA), "--reason", "x" * 401),
    ):  # fmt: skip
        with pytest.raises(InvalidOption):
            easel("moderation", *words)
    (told,) = json.loads(easel("moderation", "list", "--json")[1])["bans"]
    assert told["kind"] == "timeout", "what is refused changes nothing"
    discords = 1_234_567_890_123_456_789
    easel("moderation", "ban", str(discords), "--reason", "many words about it " * 10)
    for command in ("list", "audit"):  # in 80 columns: ids are there to be copied
        assert str(discords) in easel("moderation", command)[1]
    acts = json.loads(easel("moderation", "audit", "--about", f"user:{ADA}", "--json")[1])["acts"]
    assert [one["action"] for one in acts] == ["timeout", "lift", "ban"]
    printed = easel("moderation", "ban", str(BOB), "--reason", "spam", "--remove", "1 day")[1]
    assert "Removed: 2." in printed
    assert "Shown again: 2." in easel("moderation", "unban", str(BOB), "--restore")[1]
    acts = json.loads(easel("moderation", "audit", "--about", f"user:{BOB}", "--json")[1])["acts"]
    assert [one["action"] for one in acts] == ["restore", "lift", "remove", "ban"]


def test_the_operator_reads_and_removes_over_all_servers(tmp_path: Path) -> None:
    """Queue, person, numbers, export; a removal and its way back are audited."""

    async def ask() -> None:
        pool = FakePool()
        pool.block("knife", "weapons", action="flag")
        async with services(tmp_path / "data", pool) as opened:
            await draw(opened, an_order("a knife", BOB))
            await draw(opened, an_order("a dog", BOB, guild_id=None))

    asyncio.run(ask())
    waiting = json.loads(easel("moderation", "review", "--json")[1])
    assert (waiting["waiting"], [one["prompt"] for one in waiting["reviews"]]) == (1, ["a knife"])
    assert "a knife" in easel("moderation", "review")[1]
    printed = easel("moderation", "user", str(BOB))[1]
    assert f"{BOB}: 2 requests (2 delivered)\nin the review queue, ever: 1 flag\n" in printed
    numbers = json.loads(easel("moderation", "stats", "--json")[1])
    assert (numbers["requests"], sum(one["requests"] for one in numbers["waits"])) == (2, 2)
    assert "requests in 30 days" in easel("moderation", "stats")[1]
    printed = easel("moderation", "export", "--flagged", "--form", "jsonl")[1]
    assert [json.loads(line)["prompt"] for line in printed.splitlines()] == ["a knife"]
    assert easel("moderation", "export", "--direct", "-o", "log.csv")[0] == 0
    assert "a dog" in Path("log.csv").read_text(encoding="utf-8")
    assert Path("log.csv").stat().st_mode & 0o777 == 0o600, "prompts and ids are in it"
    for name, problem in (("log.csv", "is there already"), ("nowhere/log.csv", "No such file or directory")):
        with pytest.raises(CommandError, match=problem):
            easel("moderation", "export", "-o", name)
    with pytest.raises(CommandError, match="it must read like 12 hours"):
        easel("moderation", "log", "--since", "whenever")
    assert "takes it out of Discord" in easel("moderation", "remove", "1", "--reason", "no knives")[1]
    (removed,) = json.loads(easel("moderation", "audit", "--action", "remove", "--json")[1])["acts"]
    assert (removed["about"], removed["why"], removed["by"], removed["server"]) == (
        "generation:1",
        "no knives",
        0,
        GUILD,
    )
    assert "no knives" in easel("moderation", "audit")[1]
    with pytest.raises(AlreadyDeleted):
        easel("moderation", "remove", "1")
    assert len(json.loads(easel("moderation", "audit", "--action", "remove", "--json")[1])["acts"]) == 1
    assert "Shown again" in easel("moderation", "restore", "1")[1]
    with pytest.raises(NotFound):
        easel("moderation", "restore", "1")
    assert "takes it out of Discord" in easel("moderation", "remove", "1", "--picture", "1")[1]
    assert "Shown again" in easel("moderation", "restore", "1", "--picture", "1")[1]
    newest, before = json.loads(easel("moderation", "audit", "--about", "generation:1", "--json")[1])["acts"][:2]
    assert [(one["action"], one["about"]) for one in (newest, before)] == [
        ("restore", "generation:1:0"), ("remove", "generation:1:0")
    ]  # fmt: skip
    for shown_or_none in ("1", "9"):
        with pytest.raises(NotFound):
            easel("moderation", "restore", "1", "--picture", shown_or_none)


def test_a_picture_file_is_recognised(tmp_path: Path) -> None:
    """By the operator, of any server; older pictures after `easel db hash`; a script reads JSON and the exit status."""

    async def drawn() -> None:
        async with services(tmp_path / "data", PaintingPool()) as opened:
            await draw(opened, an_order("a cat", images=1, seed=7))
            await opened.note_taker.idle()
            async with opened.database.writing() as session:
                await session.execute(text("DELETE FROM fingerprints"))

    asyncio.run(drawn())
    Image.open(io.BytesIO(painted(7))).resize((100, 100)).save("saved.jpg")
    status, printed = easel("find", "saved.jpg")
    assert (status, "easel db hash" in printed) == (1, True)
    assert "1 pictures can be found now" in easel("db", "hash")[1]
    status, printed = easel("find", "saved.jpg", "--json")
    (found,) = json.loads(printed)["found"]
    assert (status, found["id"], found["picture"], found["user"], found["prompt"]) == (0, 1, 1, ADA, "a cat")
    assert "a cat" in easel("find", "saved.jpg")[1]
    with pytest.raises(CommandError, match=r"nowhere\.png cannot be read"):
        easel("find", "nowhere.png")
