"""What the safety filter is told of a server and a channel: the policy that travels with every order.

In: who asks, and where.  Out: a Policy, from the server's settings and its own words.  The bot judges nothing itself.
"""

from dataclasses import replace
from typing import Final

from bot.database.blocked_terms import BlockedTerms, TermAction
from bot.database.records import REFUSED
from bot.database.reviews import Reviews
from bot.orders.entitlement import Entitlements
from bot.orders.order import Requester
from inference.contract import ALWAYS_BLOCKED, MAX_POLICY_WORDS, InvalidRequest, Policy, Verdict, check_word

PARDON: Final = "pardoned"


class Policies:
    def __init__(self, entitlements: Entitlements, terms: BlockedTerms, reviews: Reviews) -> None:
        self._entitlements = entitlements
        self._terms = terms
        self._reviews = reviews

    async def of(self, requester: Requester) -> Policy:
        """The server's choices.  An age-restricted channel counts where its managers say so."""
        here = await self._entitlements.of(requester)
        chosen = self._entitlements.ceiling.policy(here.guild.policy)
        return replace(
            chosen,
            level=here.level,
            age_restricted=chosen.age_restricted and requester.age_restricted,
            blocked_words=(*chosen.blocked_words, *await self._words(requester, "block"))[:MAX_POLICY_WORDS],
            flagged_words=(*chosen.flagged_words, *await self._words(requester, "flag"))[:MAX_POLICY_WORDS],
            allowed_words=(*chosen.allowed_words, *await self._words(requester, "allow"))[:MAX_POLICY_WORDS],
        )

    async def pardoned(self, generation_id: int, verdict: Verdict) -> Verdict:
        """The verdict, or "allow" where the server's moderators have looked at this very prompt and let it pass."""
        if verdict.action not in REFUSED or verdict.category in ALWAYS_BLOCKED:
            return verdict
        if not await self._reviews.allows(generation_id):
            return verdict
        return replace(verdict, action="allow", rule=f"{PARDON}: {verdict.rule}")

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
