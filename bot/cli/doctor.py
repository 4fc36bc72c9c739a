"""What `easel doctor` looks at before the bot is started, or when it misbehaves.

In: the Settings.  Out: Findings, each with its cure.  Changes nothing and starts nothing; the model files are looked
at by the caller, who may import the inference package.
"""

import asyncio
import base64
import os
import shutil
import socket
import stat
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

import aiohttp

from bot.config import Settings
from bot.database.session import Database

DISCORD_API: Final = "https://discord.com/api/v10"
ENOUGH_DISK: Final = 2**30
PATIENCE: Final = aiohttp.ClientTimeout(total=5)

Grade = Literal["ok", "warning", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`cure` is what to do about it, empty where all is well."""

    subject: str
    grade: Grade
    text: str
    cure: str = ""


async def examine(settings: Settings) -> list[Finding]:
    """Look at everything the bot process needs; one finding or more a subject, in a fixed order."""
    looks: list[Callable[[Settings], Awaitable[list[Finding]]]] = [
        _token,
        _data_folder,
        _database,
        _inference,
    ]
    return [finding for look in looks for finding in await look(settings)]


async def _token(settings: Settings) -> list[Finding]:
    """The token's shape first, then Discord's own word on it and on the application's intents."""
    where = (
        "Copy it from discord.com/developers/applications → your application → Bot → Reset Token, into DISCORD_TOKEN."
    )
    if settings.discord_token is None:
        text = "DISCORD_TOKEN is not set: `easel run` needs it, the demo does not"
        return [Finding("token", "warning", text, where)]
    token = settings.discord_token.get_secret_value()
    if not _looks_like_a_token(token):
        text = f"DISCORD_TOKEN has {len(token)} characters and not the three parts of a bot token"
        return [Finding("token", "problem", text, where)]
    try:
        async with (
            aiohttp.ClientSession(timeout=PATIENCE, headers={"Authorization": f"Bot {token}"}) as session,
            session.get(f"{DISCORD_API}/applications/@me") as answer,
        ):
            if answer.status == 401:
                return [Finding("token", "problem", "Discord does not know DISCORD_TOKEN (401)", where)]
            answer.raise_for_status()
            application = await answer.json()
    except (aiohttp.ClientError, TimeoutError) as error:
        cure = "Check the network, a proxy or a firewall; the bot reaches discord.com over HTTPS."
        return [Finding("token", "warning", f"discord.com could not be asked: {error or type(error).__name__}", cure)]
    return [Finding("token", "ok", f"Discord knows it as {application['name']}"), _intents(application)]


def _looks_like_a_token(token: str) -> bool:
    """id in base64 . time . signature, as Discord's reference describes bot tokens."""
    parts = token.split(".")
    if len(parts) != 3:
        return False
    try:
        return base64.b64decode(parts[0] + "==", validate=True).isdigit()
    except ValueError:
        return False


def _intents(application: dict[str, object]) -> Finding:
    """Easel needs no privileged intent; one that is on only widens what a stolen token could read."""
    flags = application.get("flags")
    bits = {
        12: "Presence",
        13: "Presence",
        14: "Server Members",
        15: "Server Members",
        18: "Message Content",
        19: "Message Content",
    }
    on = sorted({name for bit, name in bits.items() if isinstance(flags, int) and flags >> bit & 1})
    if on:
        cure = "Switch them off under Bot → Privileged Gateway Intents."
        return Finding("intents", "warning", f"{', '.join(on)} switched on, and not needed", cure)
    return Finding("intents", "ok", "none of the privileged ones is on, none is needed")


async def _data_folder(settings: Settings) -> list[Finding]:
    """Can it be written, and is there room?"""
    folder = nearest_existing(settings.data_dir)
    if not os.access(folder, os.W_OK | os.X_OK):
        cure = f"chown or chmod {folder} so that the user who runs Easel may write there, or set DATA_DIR."
        return [Finding("disk", "problem", f"DATA_DIR={settings.data_dir}: {folder} cannot be written", cure)]
    free = shutil.disk_usage(folder).free
    text = f"{free / 2**30:.1f} GiB free for DATA_DIR={settings.data_dir}"
    if free < ENOUGH_DISK:
        return [Finding("disk", "warning", text, "Free some space: pictures take about 1 MB a generation.")]
    return [Finding("disk", "ok", text)]


async def _database(settings: Settings) -> list[Finding]:
    """Does it open, and is its schema the one this version knows?"""
    database = Database(settings.database_url)
    try:
        state = await asyncio.wait_for(database.schema_state(), timeout=10)
    except Exception as error:  # noqa: BLE001  # every driver has its own errors; all mean "does not open"
        cure = "Check DATABASE_URL: is the server up, the password right, the folder writable?"
        return [Finding("database", "problem", f"{database.name} does not open: {error or type(error).__name__}", cure)]
    finally:
        await database.close()
    if state == "current":
        return [Finding("database", "ok", f"{database.name}, schema up to date")]
    if state == "empty":
        return [Finding("database", "ok", f"{database.name} is new; the first start fills it")]
    if state == "newer":
        cure = "Install the version of Easel that wrote it, or point DATABASE_URL at another database."
        return [Finding("database", "problem", f"{database.name} was written by a newer Easel", cure)]
    return [Finding("database", "warning", f"{database.name} has an older schema", "easel db upgrade")]


async def _inference(settings: Settings) -> list[Finding]:
    """Remote servers are asked for their health; the local one needs a place for its socket."""
    if settings.inference_urls:
        return [await _endpoint(url, settings) for url in settings.inference_urls]
    return [socket_folder(Path(os.environ.get("XDG_RUNTIME_DIR") or os.environ.get("TMPDIR") or "/tmp"))]  # noqa: S108  # only looked at


async def _endpoint(url: str, settings: Settings) -> Finding:
    parts = urlsplit(url)
    connector = aiohttp.UnixConnector(parts.path) if parts.scheme == "unix" else None
    token = settings.inference_token.get_secret_value() if settings.inference_token else ""
    base = "http://localhost" if connector else url.rstrip("/")
    try:
        async with (
            aiohttp.ClientSession(
                timeout=PATIENCE, connector=connector, headers={"Authorization": f"Bearer {token}"}
            ) as session,
            session.get(f"{base}/readyz") as answer,
        ):
            status = answer.status
    except (aiohttp.ClientError, TimeoutError) as error:
        cure = "Start it there with `easel serve`, or mend INFERENCE_URLS."
        return Finding("inference", "problem", f"{url} does not answer: {error or type(error).__name__}", cure)
    if status == 401:
        return Finding(
            "inference", "problem", f"{url} refuses INFERENCE_TOKEN (401)", "Set the same token on both sides."
        )
    if status != 200:
        return Finding("inference", "warning", f"{url} is not ready ({status})", "Wait for its model, or read its log.")
    return Finding("inference", "ok", f"{url} is ready")


def socket_folder(folder: Path) -> Finding:
    """A unix socket is protected by its folder and its mode: others must not be able to replace it."""
    if not os.access(folder, os.W_OK | os.X_OK):
        cure = f"Make a runtime folder: mkdir -m 700 DIR; export XDG_RUNTIME_DIR=DIR (now {folder})."
        return Finding(
            "socket", "problem", f"{folder} cannot be written: no place for the inference server's socket", cure
        )
    mode = folder.stat().st_mode
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        return Finding(
            "socket", "warning", f"{folder} may be written by anyone ({stat.filemode(mode)})", f"chmod +t {folder}"
        )
    return Finding("socket", "ok", f"the inference server's socket goes under {folder}, in a folder of its own (0700)")


def port(number: int, purpose: str, variable: str) -> Finding:
    """Is a TCP port on the loopback address free?"""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", number))
        except OSError as error:
            cure = f"Stop what listens there (ss -ltnp 'sport = :{number}'), or set {variable} to another port."
            return Finding("port", "warning", f"{number} ({purpose}) cannot be used: {error.strerror}", cure)
    return Finding("port", "ok", f"{number} ({purpose}) is free")


def nearest_existing(path: Path) -> Path:
    """The folder itself, or the parent in which it would be made."""
    path = path.absolute()
    while not path.exists():
        path = path.parent
    return path
