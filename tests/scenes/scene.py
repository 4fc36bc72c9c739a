"""What a scene is, and what the scenes have in common."""

import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

import simcord
from discord import ui
from PIL import Image
from sqlalchemy import update

from bot.actions.actor import Actor
from bot.database.contests import ContestRecord
from bot.database.records import GenerationRecord, ShareRecord
from bot.database.tables.community import ContestTable
from bot.views.layout import Layout
from bot.views.press import Press
from tests.town import Town

Deed = Callable[[simcord.MemberActor], Awaitable[Any]]
"""What somebody does, once the stage is set; comes back with what it led to."""

WORKS = "works"
OWN = "n/a: whoever presses or types acts on what is their own"
ONLY_THEIRS = "n/a: Discord shows a form, and an answer for one person's eyes, to that person alone"
RIGHT_BY_PERMISSION = "n/a: whoever has the permission is the right person"


@dataclass(frozen=True)
class Scene:
    """One interaction, and what becomes of it: "works", the code of a refusal, or "n/a" and why there is no such case.

    `others` is what somebody else meets, `unpermitted` who lacks the permission that it asks for (where it asks for
    none, it is the bot that has none in the channel), `elsewhere` who uses it where the server allows no Easel.
    """

    name: str
    stage: Callable[[Town], Awaitable[Deed]]
    who: Literal["ada", "mo", "olga"] = "ada"
    others: str = WORKS
    unpermitted: str = WORKS
    elsewhere: str = WORKS

    @property
    def asks_permission(self) -> bool:
        return self.unpermitted == "missing_permission"


def moderators(name: str, stage: Callable[[Town], Awaitable[Deed]], who: Literal["mo", "olga"] = "mo") -> Scene:
    return Scene(name, stage, who, others=RIGHT_BY_PERMISSION, unpermitted="missing_permission")


def drawing(name: str, stage: Callable[[Town], Awaitable[Deed]], others: str = WORKS) -> Scene:
    """It places an order, or posts a copy."""
    return Scene(name, stage, others=others, elsewhere="channel_not_allowed")


# ------------------------------------------------------------------------------------------------------------ stages


async def posted(town: Town, press: Press) -> Any:
    """A message of the bot's with one button or list."""
    layout = Layout()
    layout.add_item(ui.TextDisplay("…"))
    layout.add_item(ui.ActionRow(press))
    with town.env.time_context():
        return await town.bot.get_partial_messageable(town.pictures.id).send(view=layout)


def pressed(make: Callable[[Town], Awaitable[Press]], *values: Any) -> Callable[[Town], Awaitable[Deed]]:
    """A button that somebody presses, or a list in which they choose `values`."""

    async def stage(town: Town) -> Deed:
        press = await make(town)
        message, custom_id = await posted(town, press), press.custom_id
        if values:
            return lambda who: who.select(message, [value(town) if callable(value) else value for value in values],
                                          custom_id=custom_id)  # fmt: skip
        return lambda who: who.click(message, custom_id=custom_id)

    return stage


async def drawn(town: Town, prompt: str = "a red heart", who: simcord.MemberActor | None = None) -> GenerationRecord:
    """Four pictures, of Ada's unless told otherwise."""
    return (await town.imagine(prompt, who=who))[0]


async def shared(town: Town, who: simcord.MemberActor | None = None) -> ShareRecord:
    record = await drawn(town, who=who)
    with town.env.time_context():
        return await town.services.gallery.share(acting(town, who or town.ada), record.id, 0)


async def contest(town: Town, *, voting: bool = False) -> tuple[ContestRecord, ShareRecord]:
    """In which Mo has entered a picture; one of before is called off."""
    contests, manager = town.services.contests, acting(town, town.mo, "manage_guild")
    entry = await shared(town, town.mo)
    with town.env.time_context():
        running = await contests.newest(manager)
        if running is not None and running.is_open:
            await contests.cancel(manager, running.id)
        record = await contests.begin(manager, "hearts", "2 days", "1 day")
        await contests.enter(acting(town, town.mo), record.id, entry.id)
        if voting:
            async with town.services.database.writing() as session:
                here = ContestTable.id == record.id
                await session.execute(update(ContestTable).where(here).values(voting_at=datetime.now(UTC)))
            await contests.move_on()
    return record, entry


def acting(town: Town, who: simcord.MemberActor, *permissions: str) -> Actor:
    return Actor(who.id, town.guild.id, town.pictures.id, user_name=who.name, permissions=frozenset(permissions))


async def allow_channels(town: Town, *channels: int) -> None:
    here = await town.services.guild_settings.get(town.guild.id)
    await town.services.guild_settings.set(replace(here, allowed_channel_ids=channels), town.mo.id)


def a_picture(kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), (90, 140, 200)).save(buffer, kind)
    return buffer.getvalue()
