"""The settings: defaults, the environment, and errors that name the cure."""

import re
from pathlib import Path

import pytest

from bot.config import Settings, load_settings
from bot.errors import ConfigurationError

EXAMPLE = Path(__file__).parent.parent / ".env.example"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_the_example_documents_every_setting_and_no_other() -> None:
    """A field without a line in .env.example, or a line without a field, fails."""
    documented = re.findall(r"^# ([A-Z][A-Z_]+)=", EXAMPLE.read_text(), re.MULTILINE)
    assert sorted(documented) == sorted(name.upper() for name in Settings.model_fields)


def test_the_example_shows_the_defaults(tmp_path: Path) -> None:
    """Every commented line, uncommented, leads to the same settings as none."""
    file = tmp_path / "env"
    file.write_text(re.sub(r"^# ([A-Z][A-Z_]+=)", r"\1", EXAMPLE.read_text(), flags=re.MULTILINE))
    assert load_settings(file) == load_settings(None)


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is set for one run does not need an edit."""
    file = tmp_path / "env"
    file.write_text("QUEUE_SIZE=7\nLOG_LEVEL=debug\n")
    monkeypatch.setenv("QUEUE_SIZE", "9")
    settings = load_settings(file)
    assert (settings.queue_size, settings.log_level) == (9, "debug")


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
        ("INFERENCE_CONCURRENCY", "0", "greater than or equal to 1"),
        ("QUEUE_SIZE", "many", "valid integer"),
        ("LIMIT_PER_PERSON", "ten", 'must read like "10/minute"'),
        ("INFERENCE_URLS", "localhost:80", "neither http://host:port"),
        ("LOG_LEVEL", "loud", "'debug', 'info', 'warning' or 'error'"),
        ("INFERENCE_PATIENCE", "0.5", "greater than or equal to 1"),
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


def test_secrets_are_not_printed() -> None:
    """Neither token shows in what logs print of the settings."""
    printed = repr(load_settings(None, discord_token="hush-1", inference_token="hush-2"))
    assert "hush" not in printed


def test_settings_do_not_change() -> None:
    """They are read once."""
    with pytest.raises(ValueError, match="frozen"):
        load_settings(None).queue_size = 3
