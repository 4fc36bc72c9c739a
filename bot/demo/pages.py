"""The demo's web pages: the real ones, with a login that asks who you want to be instead of asking Discord.

In: the bot and the people of its simulated server.  Out: the address of the pages, on loopback.
"""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from bot.client import Bot
from bot.demo.world import World
from bot.directory import DiscordDirectory
from bot.web.app import open_site
from bot.web.site import Person, Site

HOST: Final = "127.0.0.1"
PAGES_PORT: Final = 8766


@asynccontextmanager
async def open_pages(bot: Bot, world: World, port: int) -> AsyncIterator[str]:
    """Serve until the block ends; port 0 takes any that is free."""
    people = tuple(
        Person(person.id, person.name, f"{person.role.capitalize()}: {person.may}") for person in world.people
    )
    port = port or any_free_port()
    url = f"http://{HOST}:{port}"
    async with open_site(Site(bot.services, DiscordDirectory(bot), url, people=people), HOST, port):
        yield url


def any_free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
