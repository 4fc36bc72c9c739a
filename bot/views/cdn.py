"""Files that lie at Discord, by their address.

In: an address.  Out: what is there, as far as it is not too large.  Nothing is fetched from elsewhere, whoever asks.
"""

from typing import Final
from urllib.parse import urlsplit

import aiohttp
from aiohttp import BasicAuth

from bot.errors import InvalidOption

HOSTS: Final = ("cdn.discordapp.com", "media.discordapp.net")


def is_at_discord(link: str) -> bool:
    address = urlsplit(link)
    return address.scheme == "https" and address.netloc in HOSTS


async def fetch(link: str, limit: int, proxy: str | None = None, proxy_auth: BasicAuth | None = None) -> bytes:
    """The file, of at most `limit` bytes: of a larger one no more is read than that.

    Raises InvalidOption for one that is larger, and aiohttp.ClientError.
    """
    body = bytearray()
    async with (
        aiohttp.ClientSession(raise_for_status=True) as session,
        session.get(link, allow_redirects=False, proxy=proxy, proxy_auth=proxy_auth) as response,
    ):
        size = response.content_length or 0
        async for chunk in response.content.iter_any():
            size = max(size, len(body) + len(chunk))
            if size > limit:
                raise InvalidOption("picture", "too_large", {"bytes": size, "limit": limit})
            body += chunk
    return bytes(body)
