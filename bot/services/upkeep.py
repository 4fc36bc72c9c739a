"""What goes on by itself while the bot runs: the generator's tasks, and what is done behind and beside them.

In: `Services`.  Out: tasks that end in the reverse order.  One process of several reads; all else is done in each,
by whose shards have the server where Discord has a part in it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Final

import structlog

from bot.actions.gallery import Gallery
from bot.actions.meaning import Meaning
from bot.errors import NoEndpoint
from bot.services.services import Services

log = structlog.get_logger(__name__)

PURGE_SECONDS: Final = 3600.0
CALENDAR_SECONDS: Final = 20.0
OFFERING_SECONDS: Final = 5.0  # for what was drawn just before a stop


@asynccontextmanager
async def upkeep(services: Services) -> AsyncIterator[None]:
    """The generator and everything that nobody asks for."""
    generator, note_taker, drawn = services.generator, services.note_taker, asyncio.Event()
    async with AsyncExitStack() as stack:
        note_taker.open()
        stack.push_async_callback(note_taker.close)
        generator.listen(note_taker.drawn)
        generator.listen(lambda _: drawn.set())
        stack.push_async_callback(services.gallery.close)
        offering = asyncio.create_task(_keep_offering(services.gallery, drawn), name="offering")
        stack.push_async_callback(_offered, services.gallery, offering)  # behind the last delivery
        await generator.open()
        stack.push_async_callback(generator.close)
        stack.push_async_callback(services.privacy.close)
        for name, work in _beside(services).items():
            stack.push_async_callback(_ended, asyncio.create_task(work, name=name))
        yield


def _beside(services: Services) -> dict[str, Coroutine[None, None, None]]:
    """What goes on beside the drawing."""
    purges = (
        services.generations.forget_expired_tokens,
        services.eraser.erase,
        services.privacy.purge,
        services.departures.purge,
    )
    calendar = (
        services.contests.move_on,
        services.digest.send,
        services.gallery.post_again,
        services.notices.retract_banned,
        services.notices.retract_again,
        services.removals.take_down_again,
        services.privacy.erase_again,
    )
    works = {f"calendar: {act.__qualname__}": _keep_the_calendar(act) for act in calendar}
    works["purge"] = _keep_purging(*purges)
    if services.settings.partition.holds(None):  # one process of several does it
        works["reading"] = _keep_reading(services.meaning)
    return works


async def _keep_purging(*purges: Callable[[], Awaitable[object]]) -> None:
    while True:
        for purge in purges:
            try:
                await purge()
            except Exception:  # a database that is away now may be back in an hour
                log.exception("pictures.purge_failed")
        await asyncio.sleep(PURGE_SECONDS)


async def _keep_the_calendar(act: Callable[[], Awaitable[object]]) -> None:
    """What is due at a time, or once Discord takes it: each act by itself, for Discord may keep one waiting."""
    while True:
        try:
            await act()
        except Exception:  # as above
            log.exception("calendar.not_kept", act=act.__qualname__)
        await asyncio.sleep(CALENDAR_SECONDS)


async def _keep_offering(gallery: Gallery, drawn: asyncio.Event) -> None:
    """Behind the deliveries, of which `drawn` tells; and what a stop left, or a database that was away."""
    while True:
        drawn.clear()
        try:
            await gallery.offer_owed()
        except Exception:  # as above
            log.exception("pictures.not_offered")
        with suppress(TimeoutError):
            async with asyncio.timeout(CALENDAR_SECONDS):  # 3.11's wait_for may forget that it is to end
                await drawn.wait()


async def _keep_reading(meaning: Meaning) -> None:
    while True:
        await asyncio.sleep(CALENDAR_SECONDS)
        try:
            await meaning.read()
        except NoEndpoint:
            log.info("prompts.nobody_reads")
        except Exception:  # as above
            log.exception("prompts.not_read")


async def _offered(gallery: Gallery, offering: "asyncio.Task[None]") -> None:
    """What was drawn last, too; where the database takes its time, after the next start."""
    await _ended(offering)
    try:
        await asyncio.wait_for(gallery.offer_owed(), OFFERING_SECONDS)
    except Exception:
        log.exception("pictures.not_offered")


async def _ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
