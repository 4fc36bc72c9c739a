"""The settings: every knob of the bot process, read once.

In: environment variables and a settings file, `.env` or what EASEL_ENV_FILE names.  Out: a frozen `Settings`, or a
ConfigurationError that names the cure.
`.env.example` documents every field; a test keeps the two equal.  Importing this module reads nothing.
"""

import base64
import os
import re
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote, urlsplit

from limits import parse_many
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot import bounds
from bot.addresses import check_server_url, secrets_of
from bot.errors import ConfigurationError
from bot.partition import Partition
from bot.precision import PrecisionName

SHARED_SETTINGS: Final = ("models_dir", "log_level", "log_format")  # of the bot and of the inference server
BOT_ALONE: Final = ("inference_urls", "inference_urls_file", "inference_token")  # of the others, the server reads all
ENV_FILE_VARIABLE: Final = "EASEL_ENV_FILE"
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
PAGES_PORT: Final = 8080


class Settings(BaseSettings):
    """Field names in capitals are the variables' names.  Build it with `load_settings`."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True, env_file_encoding="utf-8-sig")

    discord_token: SecretStr | None = None
    discord_guild_ids: Annotated[tuple[int, ...], NoDecode] = ()
    shard_count: int | None = Field(None, ge=1, le=16_384)
    shard_ids: Annotated[tuple[int, ...], NoDecode] = ()
    https_proxy: str | None = None
    no_proxy: str | None = None
    shutdown_seconds: float = Field(10.0, ge=0, le=600)
    discord_client_secret: SecretStr | None = None
    operator_ids: Annotated[tuple[int, ...], NoDecode] = ()

    web_host: str = "127.0.0.1"
    web_port: int | None = Field(None, ge=0, le=65535)
    web_url: str | None = None
    metrics_token: SecretStr | None = None

    data_dir: Path = Path("data")
    # The folder is missing where it was refused, which is the error to report.
    database_url: str = Field(default_factory=lambda fields: _sqlite_url(fields.get("data_dir", Path())))

    pictures_url: str | None = None
    s3_endpoint: str | None = None
    s3_region: str | None = None
    s3_access_key_id: str | None = None
    s3_secret_access_key: SecretStr | None = None
    redis_url: SecretStr | None = None

    inference_urls: Annotated[tuple[str, ...], NoDecode] = ()
    inference_urls_file: Path | None = None
    inference_token: SecretStr | None = None
    inference_model: str = "builtin"
    models_dir: Path | None = None
    inference_threads: int = Field(0, ge=0, le=1024)
    inference_precision: PrecisionName = "auto"
    inference_memory: float = Field(0.0, ge=0, le=4096)
    inference_batch: int = Field(0, ge=0, le=64)
    inference_offload: Literal["none", "model", "sequential"] = "none"
    inference_compile: bool = False
    inference_slicing: bool = False
    inference_upscaler: str = ""
    inference_openai_url: str = "https://api.openai.com/v1"
    inference_openai_key: SecretStr | None = None
    inference_openai_sizes: Annotated[tuple[str, ...], NoDecode] = ("1024x1024", "1536x1024", "1024x1536")
    inference_openai_price: float = Field(0.0, ge=0, le=1000)
    inference_openai_budget: float = Field(0.0, ge=0, le=1_000_000)
    inference_openai_per_minute: int = Field(0, ge=0, le=100_000)
    inference_openai_partial: int = Field(0, ge=0, le=3)
    inference_concurrency: int = Field(8, ge=1, le=256)
    inference_patience: float = Field(300.0, ge=1, le=3600)

    limit_per_person: str = "10/minute"
    limit_per_server: str = "60/minute"
    limit_in_all: str = "off"
    queue_size: int = Field(200, ge=1, le=100_000)
    queue_size_per_person: int = Field(5, ge=1, le=1000)
    queue_size_per_server: int = Field(0, ge=0, le=100_000)
    running_per_person: int = Field(0, ge=0, le=1000)
    running_per_server: int = Field(0, ge=0, le=1000)

    max_images: int = Field(9, ge=1, le=9)
    safety_level: Literal["relaxed", "standard", "strict"] = "relaxed"
    priority_roles: Literal["allow", "refuse"] = "allow"
    direct_messages: Literal["allow", "refuse"] = "allow"
    retention_days: int = Field(0, ge=0, le=3650)
    review_days: int = Field(30, ge=0, le=3650)
    left_server_days: int = Field(30, ge=0, le=3650)
    provenance_certificate: Path | None = None
    provenance_key: Path | None = None

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] = "console"

    @field_validator(
        "discord_guild_ids", "shard_ids", "operator_ids", "inference_urls", "inference_openai_sizes", mode="before"
    )
    @classmethod
    def _split_commas(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("inference_urls")
    @classmethod
    def _check_urls(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(check_server_url, urls))

    @field_validator("inference_openai_sizes")
    @classmethod
    def _check_sizes(cls, sizes: tuple[str, ...]) -> tuple[str, ...]:
        for size in sizes:
            if not re.fullmatch(r"[1-9]\d{1,4}x[1-9]\d{1,4}", size):
                raise ValueError(f"{size!r} is no size; one reads like 1024x1024")
        if not sizes:
            raise ValueError("one size at least is needed, such as 1024x1024")
        return sizes

    @field_validator("data_dir", "models_dir", "inference_urls_file", "provenance_certificate", "provenance_key")
    @classmethod
    def _find_home(cls, folder: Path | None) -> Path | None:
        try:
            return folder.expanduser() if folder else folder
        except RuntimeError as error:
            raise ValueError("nobody knows whose home folder ~ means here; write the whole path") from error

    @field_validator("https_proxy")
    @classmethod
    def _check_proxy(cls, url: str | None) -> str | None:
        if url is not None and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname):
            raise ValueError("it must read like http://proxy.example.org:3128")
        return url

    @field_validator("pictures_url")
    @classmethod
    def _check_pictures_url(cls, url: str | None) -> str | None:
        if url is not None and (urlsplit(url).scheme != "s3" or not urlsplit(url).netloc):
            raise ValueError("it must read like s3://bucket or s3://bucket/folder")
        return url

    @field_validator("redis_url")
    @classmethod
    def _check_redis_url(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and urlsplit(url.get_secret_value()).scheme not in ("redis", "rediss", "unix"):
            raise ValueError("it must read like redis://host:6379/0, rediss://… or unix:///path/to/socket")
        return url

    @field_validator("web_url")
    @classmethod
    def _check_web_url(cls, url: str | None) -> str | None:
        if url is None:
            return None
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError("it must read like https://easel.example.org, without a path")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise ValueError("a login needs https; plain http is for 127.0.0.1 and localhost alone")
        return f"{parts.scheme}://{parts.netloc}"

    @field_validator("limit_per_person", "limit_per_server", "limit_in_all")
    @classmethod
    def _check_limit(cls, text: str) -> str:
        if text.lower() != "off":
            try:
                parse_many(text)
            except ValueError as error:
                raise ValueError('it must read like "10/minute", "100/day; 5/second" or "off"') from error
        return text

    @field_validator(
        "log_level",
        "log_format",
        "inference_precision",
        "direct_messages",
        "safety_level",
        "priority_roles",
        mode="before",
    )
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("shard_ids")
    @classmethod
    def _check_shards(cls, ids: tuple[int, ...], info: ValidationInfo) -> tuple[int, ...]:
        if "shard_count" not in info.data:
            return ids  # it was refused, which is the error to report
        count = info.data["shard_count"]
        if ids and count is None:
            raise ValueError("it needs SHARD_COUNT, the number of all shards")
        for shard in ids:
            if count is not None and not 0 <= shard < count:
                raise ValueError(f"shard {shard} is not from 0 to {count - 1}, as SHARD_COUNT={count} says")
        return tuple(sorted(set(ids)))

    def secrets(self) -> tuple[str, ...]:
        """What no log may show: tokens, and the passwords in addresses."""
        return secrets_of(getattr(self, name) for name in Settings.model_fields)

    def of_the_server(self) -> dict[str, str]:
        """The settings that a local inference server reads, as variables of its environment."""
        names = [name for name in Settings.model_fields if name.startswith("inference_") or name in SHARED_SETTINGS]
        values = {name.upper(): getattr(self, name) for name in names if name not in BOT_ALONE}
        return {name: _as_variable(value) for name, value in values.items() if value is not None}

    @property
    def discord_proxy(self) -> str | None:
        """What Discord is reached through; None for nothing, also where NO_PROXY names it."""
        names = {name.strip().lstrip(".") for name in (self.no_proxy or "").split(",")}
        return None if names & {"*", "com", "discord.com"} else self.https_proxy

    @property
    def pages_port(self) -> int:
        """The port of the web pages; 0 for none."""
        return PAGES_PORT if self.web_port is None else self.web_port

    @property
    def pages_url(self) -> str:
        """How people reach the web pages."""
        return self.web_url or f"http://{self.web_host}:{self.pages_port}"

    @property
    def partition(self) -> Partition:
        """The shards of this process."""
        ids = self.shard_ids or tuple(range(self.shard_count or 0))
        return Partition(self.shard_count, ids)

    @property
    def pictures_dir(self) -> Path:
        """The folder that holds the picture files."""
        return self.data_dir / "pictures"


def settings_file() -> Path:
    """The one that EASEL_ENV_FILE names, else `.env` here, which may be absent.  Raises ConfigurationError."""
    named = os.environ.get(ENV_FILE_VARIABLE)
    if named and not Path(named).is_file():
        raise ConfigurationError(ENV_FILE_VARIABLE, named, "there is no such file", "Name one that is.", final=True)
    return Path(named or ".env")


def load_settings(env_file: Path | None = None, **values: Any) -> Settings:
    """Read the settings; `values` win over the environment, which wins over `env_file` (None: there is none).

    Raises ConfigurationError for the first value that cannot be used; its `others` are about those behind it.
    """
    try:
        return Settings(_env_file=env_file, **values)  # type: ignore[call-arg]  # pydantic-settings takes it by keyword
    except ValidationError as error:
        raise bounds.refused(Settings.model_fields, error) from error
    except UnicodeDecodeError as error:
        problem = f"the settings file is not UTF-8 (byte {error.start + 1} is 0x{error.object[error.start]:02X})"
        raise ConfigurationError(".env", str(env_file), problem, "Save it as UTF-8.", final=True) from error
    except OSError as error:
        problem = f"the settings file cannot be read: {error.strerror}"
        cure = "Make it readable for the user who runs Easel (chmod, chown), or remove it."
        raise ConfigurationError(".env", str(env_file), problem, cure, final=True) from error


def looks_like_a_token(token: str) -> bool:
    """Whether it can be a bot's: id in base64 . time . signature, as Discord's reference describes them."""
    parts = token.split(".")
    if len(parts) != 3 or not all(parts):
        return False
    try:
        padding = "=" * (-len(parts[0]) % 4)  # Python 3.13 takes no more than is due
        return base64.b64decode(parts[0] + padding, validate=True).isdigit()
    except ValueError:
        return False


def _as_variable(value: object) -> str:
    """A setting as it is written in the environment."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return ",".join(value) if isinstance(value, tuple) else str(value)


def _sqlite_url(data_dir: Path) -> str:
    return f"sqlite+aiosqlite:///{quote(str(data_dir / 'easel.db'))}"
