"""One entry of the request log, for those who moderate where it was asked for.

In: an actor and an id.  Out: its record, removed or not.  Every act of a moderator on a generation begins here.
"""

from bot.actions.actor import Actor
from bot.database.generations import GenerationLog
from bot.database.records import GenerationRecord
from bot.errors import NotFound


async def moderated_entry(generations: GenerationLog, actor: Actor, generation_id: int) -> GenerationRecord:
    """Raises MissingPermission, and NotFound also for one of another server."""
    actor.require("manage_messages")
    record = await generations.get(generation_id)
    if record is None or not actor.is_here(record.order.requester.guild_id):
        raise NotFound("generation", generation_id)
    return record
