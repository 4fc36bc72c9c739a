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
        here, ceiling = await self._entitlements.of(requester), self._entitlements.ceiling
        chosen, server = ceiling.policy(here.guild.policy), requester.guild_id
        allowing = server if ceiling.may_loosen else None  # otherwise the operator's own words alone
        return replace(
            chosen,
            level=here.level,
            age_restricted=chosen.age_restricted and requester.age_restricted,
            blocked_words=(*chosen.blocked_words, *await self._words(server, "block"))[:MAX_POLICY_WORDS],
            flagged_words=(*chosen.flagged_words, *await self._words(server, "flag"))[:MAX_POLICY_WORDS],
            allowed_words=(*chosen.allowed_words, *await self._words(allowing, "allow"))[:MAX_POLICY_WORDS],
        )

    async def everywhere(self) -> Policy:
        """What the operator refuses in every server: what its moderators let pass has to pass this all the same."""
        return replace(
            self._entitlements.ceiling.least,
            blocked_words=tuple(await self._words(None, "block")),
            allowed_words=tuple(await self._words(None, "allow")),
        )

    async def pardons(self, generation_id: int, verdict: Verdict) -> Policy | None:
        """`everywhere`, where the server's moderators have looked at this very prompt and let it pass; else None."""
        if verdict.action not in REFUSED or verdict.category in ALWAYS_BLOCKED:
            return None
        return await self.everywhere() if await self._reviews.allows(generation_id) else None

    async def _words(self, guild_id: int | None, action: TermAction) -> list[str]:
        terms = await self._terms.of(guild_id)
        return [term.term for term in terms if term.action == action and is_word(term.term)]


def pardoned(verdict: Verdict, least: Verdict) -> Verdict:
    """The verdict, or "allow" where by the `least` that holds everywhere the prompt is not blocked."""
    return verdict if least.action == "block" else replace(verdict, action="allow", rule=f"{PARDON}: {verdict.rule}")


def is_word(term: str) -> bool:
    """Whether the filter can look for it; one that was written down before there was a rule may be none."""
    try:
        check_word("term", term)
    except InvalidRequest:
        return False
    return True
