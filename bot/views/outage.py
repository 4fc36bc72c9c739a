"""What Discord's library raises where Discord refuses, or cannot be reached: a long list, and the same everywhere."""

from typing import Final

import aiohttp
import discord

NOT_DONE: Final = (discord.HTTPException, aiohttp.ClientError, OSError)
"""A timeout is an OSError, too."""
