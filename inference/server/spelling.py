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


async def judged(service: Service, asked: CheckRequest) -> list[Verdict]:
    """The graver verdict on each prompt, as it was typed and as the default model reads it."""
    prompts = await _spelled(service, asked.prompts)
    negatives = await _spelled(service, [negative or "" for _, negative in asked.pairs])
    read = zip(prompts, negatives, strict=True)

    def judge() -> list[Verdict]:
        return [
            _judged(service, asked.policy, typed, (prompt, negative or None))
            for typed, (prompt, negative) in zip(asked.pairs, read, strict=True)
        ]

    return await asyncio.to_thread(judge)


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
    typed = (asked.prompt, asked.negative_prompt)
    prompt, negative = await _spelled(service, [asked.prompt, asked.negative_prompt or ""], asked.model)
    if (prompt, negative or None) == (asked.prompt, asked.negative_prompt or None):
        return
    policy = asked.policy or Policy()
    verdict = await asyncio.to_thread(_judged, service, policy, typed, (prompt, negative or None))
    if verdict.action in REFUSED:
        raise InvalidRequest("refused_reading", "prompt", value=prompt[:100])


async def _spelled(service: Service, texts: Sequence[str], model: str | None = None) -> tuple[str, ...]:
    return (await service.shelf.known_words(WordsRequest(tuple(texts), model))).spelled(texts)


def _judged(service: Service, policy: Policy, *ways: tuple[str, str | None]) -> Verdict:
    """The gravest of the verdicts on ways to read a prompt, with what it is to leave out."""
    verdicts = [service.checker.check(prompt, negative, policy) for prompt, negative in dict.fromkeys(ways)]
    return max(verdicts, key=lambda verdict: ACTIONS.index(verdict.action))
