"""What `easel doctor` asks Discord: whether it knows the token, the application's intents, and the time.

In: the Settings.  Out: Findings.
"""

import time
from email.utils import parsedate_to_datetime
from typing import Final

from bot.cli.finding import Finding
from bot.config import Settings, looks_like_a_token

DISCORD_API: Final = "https://discord.com/api/v10"
CLOCK_SECONDS: Final = 10.0
PATIENCE: Final = 5.0  # seconds


async def token(settings: Settings) -> list[Finding]:
    """The token's shape first, then Discord's own word on it and on the application's intents."""
    import aiohttp

    where = "Copy it from discord.com/developers/applications → yours → Bot → Reset Token, into DISCORD_TOKEN."
    if settings.discord_token is None:
        text = "DISCORD_TOKEN is not set: `easel run` needs it, the demo does not"
        return [Finding("token", "warning", text, where)]
    written = settings.discord_token.get_secret_value()
    if not looks_like_a_token(written):
        text = f"DISCORD_TOKEN has {len(written)} characters and not the three parts of a bot token"
        return [Finding("token", "problem", text, where)]
    try:
        async with (
            aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=PATIENCE),
                headers={"Authorization": f"Bot {written}"},
                proxy=settings.discord_proxy,
            ) as session,
            session.get(f"{DISCORD_API}/applications/@me") as answer,
        ):
            if answer.status == 401:
                return [Finding("token", "problem", "Discord does not know DISCORD_TOKEN (401)", where)]
            answer.raise_for_status()
            application = await answer.json()
            told = answer.headers.get("Date")
    except (aiohttp.ClientError, TimeoutError) as error:
        cure = "Check the network or a firewall; where a proxy leads to the world, name it in HTTPS_PROXY."
        return [Finding("token", "warning", f"discord.com could not be asked: {error or type(error).__name__}", cure)]
    known = Finding("token", "ok", f"Discord knows it as {application['name']}")
    return [known, _intents(application), *_clock(told, time.time())]


def _clock(told: str | None, now: float) -> list[Finding]:
    """Against Discord's own; the bot bears a wrong one, but times in its log, limits and timeouts are wrong with it."""
    try:
        off = now - parsedate_to_datetime(told or "").timestamp()
    except ValueError:
        return []
    if abs(off) < CLOCK_SECONDS:
        return [Finding("clock", "ok", "it goes as Discord's")]
    text = f"it is {abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} Discord's"
    return [Finding("clock", "warning", text, "Let it be set over the network: timedatectl set-ntp true.")]


def _intents(application: dict[str, object]) -> Finding:
    """Easel needs no privileged intent; one that is on only widens what a stolen token could read."""
    flags = application.get("flags")
    bits = {12: "Presence", 14: "Server Members", 18: "Message Content"}  # and the next bit: with Discord's limits
    on = sorted(name for bit, name in bits.items() if isinstance(flags, int) and flags >> bit & 3)
    if on:
        cure = "Switch them off under Bot → Privileged Gateway Intents."
        return Finding("intents", "warning", f"{', '.join(on)} switched on, and not needed", cure)
    return Finding("intents", "ok", "none of the privileged ones is on, none is needed")
