"""What hangs in the gallery of a demo that starts for the first time: pictures of the simulated people, with votes.

In: a stage.  Out: shared pictures of the model's own.  They go the whole way (admission, filter, queue, pool, storage,
actions) like anybody's; only the chat does not hear of them.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import structlog

from bot.actions.actor import Actor
from bot.database.generations import NO_MESSAGE
from bot.database.records import GenerationRecord
from bot.demo.stage import PUMP_SECONDS, Stage
from bot.demo.world import World
from bot.errors import UserError
from bot.generation.reply import Result
from bot.orders.order import Order

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A picture by one of the people, for which others voted; `remixes` is the prompt of the one it was made from."""

    prompt: str
    by: str
    voters: tuple[str, ...] = ()
    remixes: str | None = None


# Nothing by Ada: a visitor starts as her, and her limits, her queue and her last prompt stay the visitor's own.
EXHIBITS: Final = (
    Exhibit("a cat", "Bo", ("Ada", "Mo")),
    Exhibit("a cat in the snow", "Olga", ("Bo",), remixes="a cat"),
    Exhibit("a wizard", "Mo"),
    Exhibit("three apples", "Olga"),
    Exhibit("a car in the city", "Bo"),
    Exhibit("a whale in the sea", "Mo", ("Olga",)),
    Exhibit("a pizza", "Olga"),
    Exhibit("a dragon", "Bo", ("Ada",)),
    Exhibit("a ghost on a black background", "Mo", ("Ada", "Bo")),
    Exhibit("a rocket in space", "Olga", ("Mo",)),
    Exhibit("a robot on the moon", "Bo"),
    Exhibit("a penguin in the snow", "Mo", ("Ada", "Bo", "Olga")),
    Exhibit("a castle on a hill", "Olga", ("Ada",)),
)


class Unseen:
    """The door and the reply of an order that nobody waits for.  Implements `Door` and `Reply`."""

    patience: float | None = None

    async def acknowledge(self) -> int | None:
        return None

    def reply(self, generation_id: int, order: Order, message_id: int | None) -> "Unseen":  # noqa: ARG002  # the protocol's signature
        return self

    async def queued(self, position: int, eta_seconds: float | None) -> None:
        pass

    async def progress(self, done: float, preview: bytes | None) -> None:
        pass

    async def deliver(self, result: Result) -> int | None:  # noqa: ARG002  # as above
        return NO_MESSAGE  # the gallery shows them

    async def find(self) -> int | None:
        return None

    async def shown(self) -> int | None:
        return None

    async def fail(self, error: UserError) -> None:
        pass


async def open_new_gallery(stage: Stage) -> bool:
    """Let everybody see the server's gallery, where it is still empty; returns whether it is."""
    services, owner = stage.bot.services, actor_of(stage.world, "Olga")
    if (await services.gallery.page(owner, "newest", None, 1)).records:
        return False
    await services.server_settings.change(owner, gallery_is_public=True)
    return True


async def fill_gallery(stage: Stage, exhibits: Sequence[Exhibit]) -> None:
    """Draw and share one after the other.  What keeps one from being drawn ends it: the next would fare no better."""
    drawn: dict[str, GenerationRecord] = {}
    for exhibit in exhibits:
        try:
            drawn[exhibit.prompt] = await _exhibit(stage, exhibit, drawn)
            await stage.publish()  # no message tells the page how late it is
        except UserError as error:
            log.warning("demo.gallery_not_filled", prompt=exhibit.prompt, error=error.code)
            return


async def _exhibit(stage: Stage, exhibit: Exhibit, drawn: dict[str, GenerationRecord]) -> GenerationRecord:
    services, author = stage.bot.services, actor_of(stage.world, exhibit.by)
    await _nobody_waits(stage)
    if exhibit.remixes is None:
        order = Order(author.requester, exhibit.prompt)
    else:
        order = await services.pictures.remix(author, drawn[exhibit.remixes].id, exhibit.prompt, None)
    record = await services.pictures.find(author, await _drawn(stage, order))
    best = max(record.images, key=lambda image: image.score or 0.0, default=None)
    share = await services.gallery.share(author, record.id, 0 if best is None else best.index)
    for voter in exhibit.voters:
        await services.gallery.vote(actor_of(stage.world, voter), share.id)
    return record


async def _nobody_waits(stage: Stage) -> None:
    """Visitors go first, and slow motion is theirs alone."""
    slow = stage.slow_motion
    while stage.bot.services.works.pending() or (slow is not None and slow.on):  # noqa: ASYNC110  # neither tells its end
        await asyncio.sleep(PUMP_SECONDS)


async def _drawn(stage: Stage, order: Order) -> int:
    """The generation's id, once it has ended.  Cancelled, it is cancelled in the log, too: no restart takes it up."""
    services = stage.bot.services
    ordering = asyncio.create_task(services.generator.run(order, Unseen()))
    try:
        generation_id = await asyncio.shield(ordering)
        await services.works.ended(generation_id)
    except asyncio.CancelledError:
        with suppress(UserError):
            services.works.cancel(await ordering, order.requester.user_id)
            await services.works.ended(ordering.result())
        raise
    return generation_id


def actor_of(world: World, name: str) -> Actor:
    """One of the simulated people, in the server's channel."""
    person = next(person for person in world.people if person.name == name)
    permissions = frozenset({"administrator"}) if person.role == "owner" else frozenset[str]()
    return Actor(person.id, world.guild.id, world.channel.id, person.name, permissions=permissions)
