"""Prompts that somebody may want to type: their own, then those that their server shared.

In: an actor and what was typed so far.  Out: prompts.  Knows no Discord.
"""

from typing import Final

from bot.actions.actor import Actor
from bot.database.prompts import Prompts

MOST: Final = 25
LONGEST: Final = 100  # characters; Discord takes no longer choice


class Suggestions:
    def __init__(self, prompts: Prompts) -> None:
        self._prompts = prompts

    async def prompts(self, actor: Actor, typed: str) -> list[str]:
        """Those that hold every word that was typed, each once."""
        words = typed.casefold().split()
        own = await self._prompts.of_person(actor.user_id)
        shared = () if actor.guild_id is None else await self._prompts.shared(actor.guild_id)
        found: dict[str, str] = {}
        for prompt in (" ".join(one.split()) for one in (*own, *shared)):
            folded = prompt.casefold()
            if len(prompt) <= LONGEST and all(word in folded for word in words):
                found.setdefault(folded, prompt)
        return list(found.values())[:MOST]
