"""Between a backend and the client: every picture is looked at before it leaves, and every refusal is an answer.

In: a generation's events, and a picture check.  Out: the same events, finished pictures with their verdicts, and
previews only where nothing was found in them.  Where the server has no picture check, everything passes as it is.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Protocol

from inference.contract import Busy, Event, Failed, GenerationRequest, Image, InvalidRequest, Policy, Progress, Verdict
from inference.pictures import UnreadablePicture

REFUSED = ("hold", "block")


class PictureChecker(Protocol):
    """What judges pictures: inference.safety.images.PictureCheck."""

    @property
    def names(self) -> tuple[str, ...]:
        """Of what looks at them."""

    def check(self, picture: bytes, policy: Policy) -> Verdict:
        """Raises UnreadablePicture."""


async def check_start(asked: GenerationRequest, pictures: PictureChecker | None) -> None:
    """Raises InvalidRequest for a start picture that may not be shown, or is none."""
    if asked.init_image is not None:
        await check_picture(asked.init_image, pictures, "init_image", asked.policy)


async def check_picture(
    picture: bytes, pictures: PictureChecker | None, field: str, policy: Policy | None = None
) -> None:
    """Raises InvalidRequest for a stranger's picture that may not be shown, or is none."""
    if pictures is None:
        return
    try:
        verdict = await asyncio.to_thread(pictures.check, picture, policy or Policy())
    except UnreadablePicture as error:
        raise InvalidRequest("unreadable_picture", field, problem=str(error)) from error
    if verdict.action in REFUSED:
        raise InvalidRequest("refused_picture", field, category=verdict.category)


async def checked(
    events: AsyncGenerator[Event], pictures: PictureChecker | None, policy: Policy | None
) -> AsyncGenerator[Event]:
    """The events as they may leave; closing this closes those."""
    async with aclosing(events):
        async for event in events:
            yield event if pictures is None else await _checked(event, pictures, policy or Policy())


async def _checked(event: Event, pictures: PictureChecker, policy: Policy) -> Event:
    match event:
        case Image():
            return replace(event, verdict=await asyncio.to_thread(pictures.check, event.png, policy))
        case Progress(done, preview) if preview is not None:
            verdict = await asyncio.to_thread(pictures.check, preview, policy)
            return event if verdict.action in ("allow", "flag") else Progress(done)
    return event


async def answered(events: AsyncGenerator[Event]) -> AsyncGenerator[Event]:
    """The events of a generation.  A refusal before the first is raised, for there is a status to say so; one that
    comes later, when the model that refuses was loaded, is the last event."""
    begun = False
    async with aclosing(events):
        try:
            async for event in events:
                begun = True
                yield event
        except InvalidRequest as error:
            if not begun:
                raise
            yield Failed("refused", retryable=False, data={"code": error.code, "field": error.field, **error.data})
        except Busy:
            if not begun:
                raise
            yield Failed("busy", retryable=True)
