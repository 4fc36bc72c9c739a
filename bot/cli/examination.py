"""What `easel doctor` looks at before the bot is started, or when it misbehaves.

In: the Settings.  Out: Findings, each with its cure.  Changes nothing and starts nothing.
"""

import asyncio
import shutil
import socket
import stat
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from bot.cli.application import token
from bot.cli.finding import Finding
from bot.cli.misspelt import misspelt_settings
from bot.cli.surroundings import nearest_existing, port_variable
from bot.config import LOOPBACK, Settings, load_settings, settings_file
from bot.errors import ConfigurationError
from bot.logs import configure_logs
from bot.pool.runtime import runtime_place, socket_owner
from bot.secrecy import read_by_others

ENOUGH_DISK: Final = 2**30
ENDS_SOON: Final = timedelta(days=30)
UNSEEN: Final = Finding(
    "all else", "warning", "nothing else was looked at: it goes by the settings", "Mend them, and ask again."
)


def findings() -> list[Finding]:
    """All there is to tell; where the settings cannot be used, what keeps them from it."""
    try:
        settings = load_settings(settings_file())
    except ConfigurationError as error:
        return [*refused(error), *(misspelt() if error.variable.lower() in Settings.model_fields else ()), UNSEEN]
    configure_logs(settings.log_level, settings.log_format, settings.secrets())
    return [*asyncio.run(examine(settings)), *drawing(settings), *demo_page()]


def refused(error: ConfigurationError) -> list[Finding]:
    """Every setting that cannot be used."""
    return [
        Finding("settings", "problem", f"{one.variable}={one.value}: {one.problem}", one.cure)
        for one in (error, *error.others)
    ]


def drawing(settings: Settings) -> list[Finding]:
    """What this machine draws with; servers elsewhere have said what they do."""
    if settings.inference_urls or settings.inference_urls_file is not None:
        return []
    return [model(settings), pictures(settings)]


def demo_page() -> list[Finding]:
    """Is the port free that was chosen for it?"""
    try:
        wanted = port_variable("EASEL_DEMO_PORT")
    except ConfigurationError as error:
        return refused(error)
    return [port(wanted, "demo page", "EASEL_DEMO_PORT")] if wanted else []


async def examine(settings: Settings) -> list[Finding]:
    """Look at everything the bot process needs; one finding or more a subject, in a fixed order."""
    looks: Sequence[Callable[[Settings], Awaitable[list[Finding]]]]
    looks = (_pages, _data_folder, _database, _provenance, _inference)
    asked = [*misspelt(), *await token(settings)]
    return [*asked, *[finding for look in looks for finding in await look(settings)]]


def misspelt() -> list[Finding]:
    """A setting that is misspelt changes nothing, silently."""
    return [
        Finding("settings", "warning", f"{wrong.name} ({wrong.where}) is no setting", f"Is {wrong.nearest} meant?")
        for wrong in misspelt_settings(settings_file())
    ]


async def _pages(settings: Settings) -> list[Finding]:
    """Can anybody log in to the console and the gallery?"""
    if settings.pages_port == 0:
        return [Finding("web pages", "ok", "none, as WEB_PORT=0 says")]
    back = f"{settings.pages_url}/login/callback"
    if settings.discord_client_secret is None:
        text = f"nobody can log in at {settings.pages_url}: DISCORD_CLIENT_SECRET is not set"
        cure = f"Copy it from discord.com/developers/applications → yours → OAuth2, and add {back} to Redirects there."
        return [Finding("web pages", "warning", text, cure)]
    if settings.web_url is None and settings.web_host not in LOOPBACK:
        text = f"WEB_HOST={settings.web_host}: a login needs https, and WEB_URL is not set"
        return [Finding("web pages", "warning", text, "Name the pages' public address in WEB_URL.")]
    return [Finding("web pages", "ok", f"{settings.pages_url}; Discord must know {back} as a redirect")]


async def _data_folder(settings: Settings) -> list[Finding]:
    """Can it be written, and is there room?"""
    folder = nearest_existing(settings.data_dir)
    if (problem := _unwritable(folder)) is not None:
        cure = f"chown or chmod {folder} so that the user who runs Easel may write there, or set DATA_DIR."
        return [Finding("disk", "problem", f"DATA_DIR={settings.data_dir}: {folder} {problem}", cure)]
    free = shutil.disk_usage(folder).free
    text = f"{free / 2**30:.1f} GiB free for DATA_DIR={settings.data_dir}"
    cure = "" if free >= ENOUGH_DISK else "Free some space: pictures take about 1 MB a generation."
    return [Finding("disk", "warning" if cure else "ok", text, cure)]


def _unwritable(folder: Path) -> str | None:
    """Why it takes nothing; None where it does.  Tried, for no permission tells of /proc or of a disk that is full."""
    try:
        with tempfile.TemporaryDirectory(prefix=".easel-", dir=folder):
            return None
    except OSError as error:
        return f"cannot be written: {error.strerror}"


async def _database(settings: Settings) -> list[Finding]:
    """Does it open, and is its schema the one this version knows?"""
    from bot.database.session import Database

    try:
        database = Database(settings.database_url)
    except ConfigurationError as error:
        return [Finding("database", "problem", f"{error.variable}={error.value}: {error.problem}", error.cure)]
    try:
        state = await asyncio.wait_for(database.schema_state(), timeout=10)
    except Exception as error:  # noqa: BLE001  # every driver has its own errors; all mean "does not open"
        cure = "Check DATABASE_URL: is the server up, the password right, the folder writable?"
        return [Finding("database", "problem", f"{database.name} does not open: {error or type(error).__name__}", cure)]
    finally:
        await database.close()
    if database.file is not None and (problem := _unwritable(folder := nearest_existing(database.file.parent))):
        cure = f"chown or chmod {folder}, or set DATA_DIR or DATABASE_URL."
        return [Finding("database", "problem", f"{database.name}: {folder} {problem}", cure)]
    if state == "current" and database.file is not None and read_by_others(database.file):
        text = f"{database.file} can be read by everybody on this machine: prompts and ids are in it"
        return [Finding("database", "warning", text, f"chmod o-rwx {database.file}*")]
    if state == "current":
        return [Finding("database", "ok", f"{database.name}, schema up to date")]
    if state == "empty":
        return [Finding("database", "ok", f"{database.name} is new; the first start fills it")]
    if state == "newer":
        cure = "Install the version of Easel that wrote it, or point DATABASE_URL at another database."
        return [Finding("database", "problem", f"{database.name} was written by a newer Easel", cure)]
    return [Finding("database", "warning", f"{database.name} has an older schema", "easel db upgrade")]


async def _provenance(settings: Settings) -> list[Finding]:
    """Are pictures signed, and for how long still?"""
    from bot.generation.provenance import NoSeal, open_seal

    try:
        seal = open_seal(settings)
    except ConfigurationError as error:
        return [Finding("C2PA", "problem", f"{error.variable}={error.value}: {error.problem}", error.cure)]
    if isinstance(seal, NoSeal):
        text = "pictures say in plain metadata that a model made them; PROVENANCE_CERTIFICATE is not set, so unsigned"
        return [Finding("C2PA", "ok", text)]
    until = f"{seal.ends:%Y-%m-%d}"
    cure = "Have it renewed, and start the bot again."
    if seal.is_over:
        return [Finding("C2PA", "problem", f"the certificate ended on {until}: pictures leave unsigned", cure)]
    if seal.ends - datetime.now(UTC) < ENDS_SOON:
        return [Finding("C2PA", "warning", f"the certificate of {seal.subject} ends on {until}", cure)]
    return [Finding("C2PA", "ok", f"pictures are signed by {seal.subject}, until {until}")]


async def _inference(settings: Settings) -> list[Finding]:
    """Remote servers are asked as the bot asks them; the local one needs a place for its socket."""
    from bot.pool.servers import named_servers

    try:
        urls = named_servers(settings)
    except ConfigurationError as error:
        return [Finding("inference", "problem", f"{error.variable}={error.value}: {error.problem}", error.cure)]
    if urls:
        return [await _endpoint(url, settings) for url in urls]
    try:
        return [socket_folder(runtime_place(socket_owner(settings)).parent)]
    except ConfigurationError as error:
        return [Finding("socket", "problem", error.problem, error.cure)]


async def _endpoint(url: str, settings: Settings) -> Finding:
    from bot.pool.endpoint import Endpoint, EndpointDown

    token = settings.inference_token.get_secret_value() if settings.inference_token else None
    try:
        async with Endpoint(url, token) as endpoint:
            ready = await endpoint.probe()
    except EndpointDown as error:
        text = f"{error.endpoint}: {error.problem}"
        if error.status == 401:
            return Finding("inference", "problem", text, "Set the same INFERENCE_TOKEN on both sides.")
        if error.status == 503:
            return Finding("inference", "warning", text, "Wait for its model, or read its log.")
        return Finding("inference", "problem", text, "Start it there with `easel serve`, or mend INFERENCE_URLS.")
    looks = f"{_named(ready.looks_at_pictures)} looks at pictures"
    return Finding("inference", "ok", f"{endpoint.name}: {', '.join(ready.models)}; takes {ready.capacity}; {looks}")


def socket_folder(folder: Path) -> Finding:
    """A unix socket is protected by its folder and its mode: others must not be able to replace it."""
    mode = folder.stat().st_mode
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        return Finding(
            "socket", "warning", f"{folder} may be written by anyone ({stat.filemode(mode)})", f"chmod +t {folder}"
        )
    return Finding("socket", "ok", f"the inference server's socket goes under {folder}, in a folder of its own (0700)")


def model(settings: Settings) -> Finding:
    """Are the files of the model there and whole?"""
    from inference.checkpoints.load import verify_model
    from inference.checkpoints.store import ModelStore
    from inference.checkpoints.weights import CheckpointError

    names = [name.strip() for name in settings.inference_model.split(",")]
    remote = [name for name in names if name.startswith("openai:")]
    if remote and settings.inference_openai_key is None and "api.openai.com" in settings.inference_openai_url:
        return Finding("model", "problem", f"{remote[0]} draws nothing without a key", "Set INFERENCE_OPENAI_KEY.")
    try:
        store = ModelStore(settings.models_dir)
        told = [f"{name}: over the network" if name in remote else verify_model(name, store) for name in names]
        return Finding("model", "ok", "; ".join(told))
    except (CheckpointError, OSError) as error:
        cure = "Set INFERENCE_MODEL to one that `easel models list` shows; install Easel anew if builtin is damaged."
        return Finding("model", "problem", str(error), cure)


def pictures(settings: Settings) -> Finding:
    """What looks at them before anybody sees them: the server on this machine loads what is here."""
    from inference.checkpoints.store import ModelStore
    from inference.safety.images import lookers
    from inference.server.process import clip_of

    found = lookers(clip_of(settings.inference_model, ModelStore(settings.models_dir)))
    cure = "" if found else "pip install -e '.[nudenet]' in Easel's folder."
    return Finding(
        "pictures", "ok" if found else "warning", f"{_named(found)} looks at them before they are shown", cure
    )


def _named(lookers: Sequence[str]) -> str:
    return " with ".join(lookers) or "nothing"


def port(number: int, purpose: str, variable: str) -> Finding:
    """Is a TCP port on the loopback address free?"""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", number))
        except OSError as error:
            cure = f"Stop what listens there (ss -ltnp 'sport = :{number}'), or set {variable} to another port."
            return Finding("port", "warning", f"{number} ({purpose}) cannot be used: {error.strerror}", cure)
    return Finding("port", "ok", f"{number} ({purpose}) is free")
