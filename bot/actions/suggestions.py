"""What somebody may want to type as a prompt: prompts of their own, favourites, what their server shared, their styles.

In: an actor and what was typed so far.  Out: prompts, with their flags.  Knows no Discord.
"""

import re
from typing import Final

from bot.actions.actor import Actor
from bot.actions.styles import StyleBook
from bot.database.prompts import Prompts

MOST: Final = 25
MOST_STYLES: Final = 5  # beside prompts
LONGEST: Final = 100  # characters; Discord takes no longer choice
_NAMING: Final = re.compile(r"\s*(?:--|[—–])style(?:\s+(?P<begun>[^-—–]*))?$", re.IGNORECASE)


class Suggestions:
    def __init__(self, prompts: Prompts, styles: StyleBook) -> None:
        self._prompts = prompts
        self._styles = styles

    async def prompts(self, actor: Actor, typed: str) -> list[str]:
        """Those that hold every word that was typed, each once; and what was typed, in one of the styles."""
        styled = await self._styled(actor, typed)
        words = typed.casefold().split()
        found: dict[str, str] = {}
        for prompt in (" ".join(one.split()) for one in await self._known(actor)):
            folded = prompt.casefold()
            if len(prompt) <= LONGEST and all(word in folded for word in words):
                found.setdefault(folded, prompt)
        return [*list(found.values())[: MOST - len(styled[:MOST_STYLES])], *styled][:MOST]

    async def _known(self, actor: Actor) -> tuple[str, ...]:
        """One's own, the newest first; then favourites; then what the server shared, the best first."""
        own = await self._prompts.of_person(actor.user_id)
        favourite = await self._prompts.favourite(actor.user_id, actor.guild_id)
        shared = () if actor.guild_id is None else await self._prompts.shared(actor.guild_id)
        return (*own, *favourite, *shared)

    async def _styled(self, actor: Actor, typed: str) -> list[str]:
        """What was typed, with each style behind it; where a style's name is begun, with those that go on like that."""
        naming = _NAMING.search(typed)
        prompt = " ".join((typed[: naming.start()] if naming else typed).split())
        if not prompt:
            return []
        begun = (naming["begun"] or "").strip().casefold() if naming else ""
        names = dict.fromkeys(one.name for one in (*await self._styles.own(actor), *await self._styles.servers(actor)))
        lines = [f"{prompt} --style {name}" for name in names if begun in name.casefold()]
        return [line for line in lines if len(line) <= LONGEST]
