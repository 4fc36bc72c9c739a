"""The settings: defaults, the environment, and errors that name the cure."""

import re
from pathlib import Path

import pytest

from bot.cli.misspelt import misspelt_settings
from bot.config import Settings, load_settings, looks_like_a_token
from bot.errors import ConfigurationError
from tests.bot_fakes import settings_in

EXAMPLE = Path(__file__).parent.parent / ".env.example"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_the_example_documents_every_setting_and_no_other() -> None:
    """A field without a line in .env.example, or a line without a field, fails."""
    documented = re.findall(r"^# ([A-Z][A-Z0-9_]+)=", EXAMPLE.read_text(), re.MULTILINE)
    assert sorted(documented) == sorted(name.upper() for name in Settings.model_fields)


def test_the_example_shows_the_defaults(tmp_path: Path) -> None:
    """Every commented line, uncommented, leads to the same settings as none."""
    file = tmp_path / "env"
    file.write_text(re.sub(r"^# ([A-Z][A-Z0-9_]+=)", r"\1", EXAMPLE.read_text(), flags=re.MULTILINE))
    assert load_settings(file) == load_settings(None)


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is set for one run does not need an edit."""
    file = tmp_path / "env"
    file.write_text("QUEUE_SIZE=7\nLOG_LEVEL=debug\n")
    monkeypatch.setenv("QUEUE_SIZE", "9")
    settings = load_settings(file)
    assert (settings.queue_size, settings.log_level) == (9, "debug")


@pytest.mark.parametrize("given", [{}, {"shutdown_seconds": 0}, {"database_url": "sqlite+aiosqlite:///x.db"}])
def test_settings_kept_for_many_tests_are_those_of_the_folder(
    tmp_path: Path, given: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And of the environment as it is now."""
    for folder, size in ((tmp_path / "a", "7"), (tmp_path / "b", "7"), (tmp_path / "b", "9")):
        monkeypatch.setenv("QUEUE_SIZE", size)
        assert settings_in(folder, **given) == load_settings(None, data_dir=folder, **given)


def test_lists_are_split_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spaces and a comma too many do no harm."""
    monkeypatch.setenv("DISCORD_GUILD_IDS", "1, 2,")
    monkeypatch.setenv("INFERENCE_URLS", "https://a:1 , unix:///run/b.sock")
    settings = load_settings(None)
    assert settings.discord_guild_ids == (1, 2)
    assert settings.inference_urls == ("https://a:1", "unix:///run/b.sock")


def test_the_database_lies_in_the_data_folder_unless_told_otherwise(tmp_path: Path) -> None:
    """DATA_DIR moves the SQLite file; DATABASE_URL wins."""
    assert load_settings(None, data_dir=tmp_path).database_url == f"sqlite+aiosqlite:///{tmp_path}/easel.db"
    assert load_settings(None, database_url="postgresql+asyncpg://x/y").database_url == "postgresql+asyncpg://x/y"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("INFERENCE_CONCURRENCY", "0", "a whole number from 1 to 256"),
        ("QUEUE_SIZE", "many", "a whole number from 1 to 100,000"),
        ("LIMIT_PER_PERSON", "ten", 'must read like "10/minute"'),
        ("INFERENCE_URLS", "localhost:80", "neither http://host:port"),
        ("HTTPS_PROXY", "proxy:3128", "must read like http://proxy.example.org:3128"),
        ("LOG_LEVEL", "loud", "'debug', 'info', 'warning' or 'error'"),
        ("INFERENCE_PATIENCE", "0.5", "it must be a number from 1 to 3,600"),
        ("WEB_PORT", "99999", "it must be a whole number from 0 to 65,535"),
        ("SHUTDOWN_SECONDS", "nan", "it must be a number from 0 to 600"),
        ("INFERENCE_COMPILE", "maybe", "it must be true or false"),
        ("DISCORD_GUILD_IDS", "abc", "it takes whole numbers, with commas between"),
    ],
)
def test_a_bad_value_names_variable_value_limit_and_cure(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    """The operator learns which line to mend, and how."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as caught:
        load_settings(None)
    assert (caught.value.variable, caught.value.value) == (name, value)
    assert said in str(caught.value)
    assert f"Mend {name}" in str(caught.value)


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("LOG_LEVEL=debug\n# caf\xe9\n".encode("latin-1"), "not UTF-8"),
        ("LOG_LEVEL=info\n".encode("utf-16"), "not UTF-8"),
    ],
)
def test_a_settings_file_in_another_encoding_is_named(tmp_path: Path, written: bytes, problem: str) -> None:
    """As editors on Windows write them."""
    (tmp_path / ".env").write_bytes(written)
    with pytest.raises(ConfigurationError, match=problem) as caught:
        load_settings(tmp_path / ".env")
    assert str(tmp_path / ".env") in str(caught.value)
    assert "Save it as UTF-8" in str(caught.value)


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    """Windows' Notepad writes one."""
    (tmp_path / ".env").write_bytes(b"\xef\xbb\xbfQUEUE_SIZE=7\n")
    assert load_settings(tmp_path / ".env").queue_size == 7


def test_a_settings_file_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another user's, for instance."""
    (tmp_path / ".env").write_text("QUEUE_SIZE=7\n")

    def refuse(*_: object, **__: object) -> object:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("dotenv.main.open", refuse, raising=False)
    with pytest.raises(ConfigurationError, match="cannot be read: Permission denied"):
        load_settings(tmp_path / ".env")


def test_a_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """In folders, as a shell would have it; without a home it is a sentence."""
    monkeypatch.setenv("HOME", "/home/ada")
    settings = load_settings(None, data_dir="~/easel", models_dir="~/models")
    assert (settings.data_dir, settings.models_dir) == (Path("/home/ada/easel"), Path("/home/ada/models"))
    assert settings.database_url == "sqlite+aiosqlite:////home/ada/easel/easel.db"
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("os.getuid", lambda: 12345678)
    with pytest.raises(ConfigurationError, match="DATA_DIR='~/easel': nobody knows whose home"):
        load_settings(None, data_dir="~/easel")


def test_misspelt_settings_are_named_with_the_nearest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the file and in the environment; what is nothing like a setting is somebody else's."""
    (tmp_path / ".env").write_text("QUEUE_SIZ=7\nPOSTGRES_PASSWORD=x\nqueue_size=3\n")
    monkeypatch.setenv("DISCORD_TOKN", "x")
    found = {(wrong.name, wrong.nearest, wrong.where) for wrong in misspelt_settings(tmp_path / ".env")}
    assert found == {
        ("QUEUE_SIZ", "QUEUE_SIZE", str(tmp_path / ".env")), ("DISCORD_TOKN", "DISCORD_TOKEN", "environment"),
    }  # fmt: skip
    assert "DISCORD_TOKN" in {wrong.name for wrong in misspelt_settings(tmp_path / "none")}


@pytest.mark.parametrize(
    ("token", "fine"),
    [
        ("MTIzNDU2Nzg5MA.time.signature", True),
        ("MTIzNDU2Nzg5MDEyMzQ1Njc4.time.signature", True),
        ("hello", False),
        ("a.b.c", False),
        ("..", False),
        ("MTIz", False),
    ],
)
def test_what_cannot_be_a_token_is_known_without_asking(token: str, fine: bool) -> None:
    """The id in base64, a time, a signature."""
    assert looks_like_a_token(token) is fine


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTPS_PROXY", "socks5://user:hunter2secret@host"), ("HTTPS_PROXY", "user:hunter2secret@host:3128"),
        ("INFERENCE_URLS", "https://a:1,ftp://user:hunter2secret@host"), ("WEB_URL", "https://u:hunter2secret@host/x"),
        ("PICTURES_URL", "s3:///u:hunter2secret@"), ("WEB_URL", "http://u:hunter2/secret@host"),
    ],
)  # fmt: skip
def test_a_refused_address_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """The sentence goes to the journal."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=name) as caught:
        load_settings(None)
    assert "hunter2" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_passwords_in_addresses_are_secrets() -> None:
    """As written and as meant, in every setting that is an address; what is none has none."""
    settings = load_settings(
        None, inference_urls=("https://a:1", "https://u:one%2Fa@b"), https_proxy="http://u:two@p:1",
        database_url="postgresql://u:three@h/x", redis_url="redis://:four@h", inference_openai_url="https://u:five@h",
        web_url="https://easel.example.org",
    )  # fmt: skip
    assert set(settings.secrets()) == {"one%2Fa", "one/a", "two", "three", "four", "five", "redis://:four@h"}


def test_secrets_are_not_printed() -> None:
    """Neither token shows in what logs print of the settings."""
    printed = repr(load_settings(None, discord_token="hush-1", inference_token="hush-2"))
    assert "hush" not in printed


def test_settings_do_not_change() -> None:
    """They are read once."""
    with pytest.raises(ValueError, match="frozen"):
        load_settings(None).queue_size = 3


@pytest.mark.parametrize(
    ("bypassed", "proxy"),
    [(None, "http://p:3128"), ("localhost, .example.org", "http://p:3128"), ("discord.com", None), ("*", None)],
)
def test_discord_can_be_left_out_of_the_proxy(tmp_path: Path, bypassed: str | None, proxy: str | None) -> None:
    """NO_PROXY, as other programs read it."""
    settings = load_settings(None, data_dir=tmp_path, https_proxy="http://p:3128", no_proxy=bypassed)
    assert settings.discord_proxy == proxy
