"""The filter judges what was typed, and what it is read as: no slip of the pen leads past it.

In: prompts, and the models that read them.  Out: verdicts, and a generation's events, unless it may not be drawn.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from inference.contract import CheckRequest, Event, GenerationRequest, InvalidRequest, Policy, Verdict, WordsRequest
from inference.contract.verdicts import ACTIONS
from inference.server.checking import REFUSED
from inference.server.service import Service

Pair = tuple[str, str | None]
"""A prompt, and what its picture is to leave out."""


async def judged(service: Service, asked: CheckRequest) -> list[Verdict]:
    """The graver verdict on each prompt, as it was typed and as the default model reads it."""
    ways = await _ways(service, asked.pairs)
    return await asyncio.to_thread(lambda: [_judged(service, asked.policy, *pair) for pair in ways])


async def read_safely(service: Service, asked: GenerationRequest) -> AsyncGenerator[Event]:
    """What the model draws.  Raises InvalidRequest where it reads a misspelt prompt as one that is refused, which it
    can tell once it is loaded: with its first event."""
    judged_already = False
    async with aclosing(service.shelf.stream(asked)) as events:
        async for event in events:
            if not judged_already:
                await _check_reading(service, asked)
                judged_already = True
            yield event


async def _check_reading(service: Service, asked: GenerationRequest) -> None:
    ((typed, read),) = await _ways(service, [(asked.prompt, asked.negative_prompt)], asked.model)
    if typed == read:
        return
    verdict = await asyncio.to_thread(_judged, service, asked.policy or Policy(), typed, read)
    if verdict.action in REFUSED:
        raise InvalidRequest("refused_reading", "prompt", value=read[0][:100])


async def _ways(service: Service, pairs: Sequence[Pair], model: str | None = None) -> list[tuple[Pair, Pair]]:
    """Each prompt with what it is to leave out as they were typed, and as the model reads them."""
    typed = [(prompt, negative or None) for prompt, negative in pairs]
    prompts = await _spelled(service, [prompt for prompt, _ in typed], model)
    negatives = await _spelled(service, [negative or "" for _, negative in typed], model)
    read = [(prompt, negative or None) for prompt, negative in zip(prompts, negatives, strict=True)]
    return list(zip(typed, read, strict=True))


async def _spelled(service: Service, texts: Sequence[str], model: str | None) -> tuple[str, ...]:
    return (await service.shelf.known_words(WordsRequest(tuple(texts), model))).spelled(texts)


def _judged(service: Service, policy: Policy, *ways: Pair) -> Verdict:
    """The gravest of the verdicts on ways to read a prompt, with what it is to leave out."""
    verdicts = [service.checker.check(prompt, negative, policy) for prompt, negative in dict.fromkeys(ways)]
    return max(verdicts, key=lambda verdict: ACTIONS.index(verdict.action))
