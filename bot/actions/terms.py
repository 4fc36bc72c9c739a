"""A server's own words: what its moderators block, want to hear of, or find harmless.

In: an actor and a word.  Out: the words in force.  Knows no Discord.
"""

from collections.abc import Sequence

from bot.actions.actor import Actor
from bot.database.blocked_terms import BlockedTerm, BlockedTerms, TermAction


class Terms:
    def __init__(self, terms: BlockedTerms) -> None:
        self._terms = terms

    async def of(self, actor: Actor) -> tuple[BlockedTerm, ...]:
        """What counts here, the operator's words, too."""
        if not actor.is_manager:
            actor.require("manage_messages")
        return await self._terms.of(actor.guild_id)

    async def add(self, actor: Actor, term: str, action: TermAction) -> BlockedTerm:
        """Block, flag or allow a word or phrase here; for managers.  The operator's count everywhere."""
        actor.require("manage_guild")
        return await self._terms.add(actor.guild_id, " ".join(term.split()), action, actor.user_id)

    async def remove(self, actor: Actor, term_id: int) -> BlockedTerm:
        """Raises NotFound, also for a word of another place."""
        actor.require("manage_guild")
        return await self._terms.remove(actor.guild_id, term_id, actor.user_id)

    async def edit(self, actor: Actor, action: TermAction, add: Sequence[str], out: Sequence[str]) -> None:
        """Add words and take others out; empty ones are none, and one that is not there need not be taken out."""
        actor.require("manage_guild")
        for word in filter(None, (" ".join(one.split()) for one in add)):
            await self.add(actor, word, action)
        gone = {" ".join(one.split()) for one in out}
        for term in await self._terms.of(actor.guild_id):
            if term.guild_id == actor.guild_id and term.term in gone:
                await self.remove(actor, term.id)
