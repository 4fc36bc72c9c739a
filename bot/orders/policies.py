"""What the safety filter is told of a server and a channel: the policy that travels with every order.

In: who asks, and where.  Out: a Policy, from the server's settings and its own words.  The bot judges nothing itself.
"""

from dataclasses import replace

from bot.database.blocked_terms import BlockedTerms, TermAction
from bot.database.settings import GuildSettings
from bot.orders.order import Requester
from inference.contract import MAX_POLICY_WORDS, InvalidRequest, Policy, check_word


class Policies:
    def __init__(self, guild_settings: GuildSettings, terms: BlockedTerms) -> None:
        self._guild_settings = guild_settings
        self._terms = terms

    async def of(self, requester: Requester) -> Policy:
        """The server's choices.  An age-restricted channel counts where its managers say so."""
        chosen = (await self._guild_settings.get(requester.guild_id)).policy
        return replace(
            chosen,
            age_restricted=chosen.age_restricted and requester.age_restricted,
            blocked_words=(*chosen.blocked_words, *await self._words(requester, "block"))[:MAX_POLICY_WORDS],
            flagged_words=(*chosen.flagged_words, *await self._words(requester, "flag"))[:MAX_POLICY_WORDS],
        )

    async def _words(self, requester: Requester, action: TermAction) -> list[str]:
        terms = await self._terms.of(requester.guild_id)
        return [term.term for term in terms if term.action == action and is_word(term.term)]


def is_word(term: str) -> bool:
    """Whether the filter can look for it; one that was written down before there was a rule may be none."""
    try:
        check_word("term", term)
    except InvalidRequest:
        return False
    return True
