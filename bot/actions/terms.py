"""A server's own words: what its moderators block, or want to hear of.

In: an actor and a word.  Out: the words in force.  Knows no Discord.
"""

from bot.actions.actor import Actor
from bot.database.blocked_terms import BlockedTerm, BlockedTerms, TermAction


class Terms:
    def __init__(self, terms: BlockedTerms) -> None:
        self._terms = terms

    async def of(self, actor: Actor) -> tuple[BlockedTerm, ...]:
        """What counts here, the operator's words, too."""
        actor.require("manage_messages")
        return await self._terms.of(actor.guild_id)

    async def add(self, actor: Actor, term: str, action: TermAction) -> BlockedTerm:
        """Block a word or phrase here; for managers.  The operator's count everywhere.  Raises InvalidOption."""
        actor.require("manage_guild")
        return await self._terms.add(actor.guild_id, " ".join(term.split()), action, actor.user_id)

    async def remove(self, actor: Actor, term_id: int) -> BlockedTerm:
        """Raises NotFound, also for a word of another place."""
        actor.require("manage_guild")
        return await self._terms.remove(actor.guild_id, term_id, actor.user_id)
