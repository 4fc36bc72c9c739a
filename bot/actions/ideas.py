"""Proposals for what to draw: richer versions of a prompt, words for a picture, and what the server shared near it.

In: an actor, and a prompt or a picture.  Out: prompts that the filter lets pass.  Nothing is kept.  Knows no Discord.
"""

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from bot.actions.actor import Actor
from bot.actions.meaning import Meaning
from bot.database.prompts import Prompts
from bot.database.records import REFUSED
from bot.errors import NoEndpoint, PromptBlocked
from bot.orders.admission import Admission
from bot.orders.choices import chosen_model
from bot.orders.entitlement import Entitlements
from bot.orders.flags import read_flags
from bot.orders.grammar import Grammar, Piece
from bot.orders.order import Order
from bot.orders.policies import Policies
from bot.pool.drawing_pool import DrawingPool
from inference.contract import (
    MAX_PROMPT_CHARACTERS,
    MAX_PROMPTS_PER_CHECK,
    CheckRequest,
    DescribeRequest,
    Description,
    WordsRequest,
)

log = structlog.get_logger(__name__)

VERSIONS: Final = 3
NEIGHBOURS: Final = 3
LONGEST_NEIGHBOUR: Final = 150  # characters
ALIKE: Final = 0.5  # the cosine of two prompts that are about the same
FITS: Final = 0.3  # how well a shared prompt must fit a picture, as a description scores it


@dataclass(frozen=True, slots=True)
class Ideas:
    """Prompts that could be drawn: `proposals` made for this, and `shared` ones of the server that are near; `unknown`
    are words of what was typed that the model does not know."""

    proposals: tuple[str, ...]
    shared: tuple[str, ...] = ()
    description: Description | None = None
    unknown: tuple[str, ...] = ()


class IdeaBook:
    def __init__(
        self,
        *,
        pool: DrawingPool,
        admission: Admission,
        policies: Policies,
        entitlements: Entitlements,
        meaning: Meaning,
        prompts: Prompts,
        grammar: Grammar,
        chance: Callable[[], random.Random] = random.Random,
    ) -> None:
        self._pool = pool
        self._admission = admission
        self._policies = policies
        self._entitlements = entitlements
        self._meaning = meaning
        self._prompts = prompts
        self._grammar = grammar
        self._chance = chance

    async def enhance(self, actor: Actor, prompt: str) -> Ideas:
        """Flags stand behind each proposal as they stood behind the prompt.

        Raises InvalidOption for what is no prompt, PromptBlocked for one that may not be drawn, and as `admit_idea`.
        """
        typed = " ".join(prompt.split())
        flags = read_flags(typed)
        order = Order(actor.requester, flags.prompt.rstrip(" ,.;"), **flags.said())
        order.check()
        await self._admission.admit_idea(actor.requester)
        await self._check(actor, order)
        versions, unknown = await self._versions(order)
        near = await self._near(actor, order.prompt)
        proposals, shared = await self._allowed(actor, versions), await self._allowed(actor, near)
        return Ideas(_with_flags(proposals, flags.behind), _with_flags(shared, flags.behind), unknown=unknown)

    async def describe(self, actor: Actor, picture: Callable[[], Awaitable[bytes]]) -> Ideas:
        """`picture` fetches an encoded file.

        Raises InvalidOption for what is none, or may not be looked at, and as `admit_idea`.
        """
        await self._admission.admit_idea(actor.requester)
        file = await picture()
        shared = _once(await self._shared(actor), MAX_PROMPTS_PER_CHECK)
        description = await self._pool.describe(DescribeRequest(file, tuple(shared)))
        fitting = sorted(zip(description.scores, shared, strict=True), key=lambda one: -one[0])
        near = [prompt for score, prompt in fitting if score >= FITS][:NEIGHBOURS]
        captions = await self._allowed(actor, description.captions[:VERSIONS])
        return Ideas(captions, await self._allowed(actor, near), description)

    async def _versions(self, order: Order) -> tuple[list[str], tuple[str, ...]]:
        """For the model that it would be drawn with; and which of the prompt's own words that does not know."""
        prompt, models = order.prompt, self._pool.models()
        model = chosen_model(order.model or (await self._entitlements.of(order.requester)).default_model, models)
        vocabulary: Final = "few" if model is not None and model.few_words else "many"
        pieces = self._grammar.candidates(prompt, vocabulary, self._chance())
        unknown: tuple[str, ...] = ()
        if model is not None and model.few_words:
            pieces, unknown = await self._known(prompt, pieces, model.name)
        found = self._grammar.versions(prompt, vocabulary, pieces, VERSIONS)
        return [version for version in found if len(version) <= MAX_PROMPT_CHARACTERS], unknown

    async def _known(self, prompt: str, pieces: Sequence[Piece], model: str) -> tuple[list[Piece], tuple[str, ...]]:
        """Those that bring no word along which the model does not know; and the prompt's own that it does not."""
        asked = list(pieces[: MAX_PROMPTS_PER_CHECK - 1])
        texts = (prompt, *((prompt + piece.joint + piece.words)[:MAX_PROMPT_CHARACTERS] for piece in asked))
        known = await self._pool.known_words(WordsRequest(texts, model))
        own, *brought = known.unknown
        return [piece for piece, unknown in zip(asked, brought, strict=True) if set(unknown) <= set(own)], tuple(own)

    async def _near(self, actor: Actor, prompt: str) -> list[str]:
        if actor.guild_id is None:
            return []
        try:
            found = await self._meaning.search(actor, prompt, NEIGHBOURS + 1)
        except NoEndpoint:
            log.info("ideas.no_neighbours")
            return []
        others = _once([share.prompt for share in found if share.prompt.casefold() != prompt.casefold()], NEIGHBOURS)
        return await self._alike(prompt, others)

    async def _alike(self, prompt: str, others: Sequence[str]) -> list[str]:
        """Those that are about the same: what a small gallery has nearest may be far away."""
        if not others:
            return []
        own, *vectors = await self._pool.embed([prompt, *others])
        cosines = [sum(a * b for a, b in zip(own, vector, strict=True)) for vector in vectors]
        return [other for other, cosine in zip(others, cosines, strict=True) if cosine >= ALIKE]

    async def _shared(self, actor: Actor) -> tuple[str, ...]:
        return () if actor.guild_id is None else await self._prompts.shared(actor.guild_id)

    async def _check(self, actor: Actor, order: Order) -> None:
        policy = await self._policies.of(actor.requester)
        (verdict,) = await self._pool.check(CheckRequest((order.prompt,), (order.negative_prompt,), policy))
        if verdict.action in REFUSED:
            raise PromptBlocked(verdict.category or "other")

    async def _allowed(self, actor: Actor, prompts: Sequence[str]) -> tuple[str, ...]:
        """Those that the filter lets pass."""
        if not prompts:
            return ()
        policy = await self._policies.of(actor.requester)
        verdicts = await self._pool.check(CheckRequest(tuple(prompts), (None,) * len(prompts), policy))
        allowed = zip(prompts, verdicts, strict=True)
        return tuple(prompt for prompt, verdict in allowed if verdict.action not in REFUSED)


def _with_flags(prompts: Sequence[str], behind: str) -> tuple[str, ...]:
    """Those that are shown whole with them: a press reads what is shown."""
    lines = [f"{prompt} {behind}".rstrip() for prompt in prompts]
    return tuple(line for line in lines if len(line) <= MAX_PROMPT_CHARACTERS)


def _once(prompts: Sequence[str], most: int) -> list[str]:
    """Each once, on one line, the short ones only."""
    lines = (" ".join(prompt.split()) for prompt in prompts)
    return list(dict.fromkeys(line for line in lines if len(line) <= LONGEST_NEIGHBOUR))[:most]
