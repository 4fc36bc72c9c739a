"""All of a person's generations at once: removed with a sanction, and brought back.

In: a moderator, a person, a time or a sanction.  Out: rows that say so.  Knows neither Discord nor files: what showed
them is `Removals`' to take down.
"""

from datetime import datetime

from bot.actions.actor import Actor
from bot.database.audit import Act, ActName, AuditLog
from bot.database.generations import GenerationLog
from bot.database.records import GenerationFilter, GenerationRecord
from bot.errors import NotFound


class Sweep:
    def __init__(self, generations: GenerationLog, audit_log: AuditLog) -> None:
        self._generations = generations
        self._audit_log = audit_log

    async def remove(
        self, actor: Actor, user_id: int, since: datetime, why: str, sanction_id: int | None = None
    ) -> tuple[GenerationRecord, ...]:
        """All of theirs of this server (everywhere, for the operator) that is younger than `since`."""
        actor.require("manage_messages")
        here = GenerationFilter(user_id=user_id, guild_id=actor.guild_id, since=since, removed=False)
        records = [record async for record in self._generations.stream(here) if record.status != "blocked"]
        if records:
            await self._note(actor, "remove", user_id, why, len(records))
        return tuple(
            [
                await self._generations.remove(
                    record.id, actor.user_id, why, None, sanction_id, by_operator=actor.is_operator
                )
                for record in records
            ]
        )

    async def removed_with(self, actor: Actor, user_id: int, sanction_id: int) -> tuple[GenerationRecord, ...]:
        """What of theirs went with a sanction here, is still removed, and may be shown again by who asks."""
        actor.require("manage_messages")
        gone = GenerationFilter(user_id=user_id, guild_id=actor.guild_id, removed=True, removed_with=sanction_id)
        records = [record async for record in self._generations.stream(gone)]
        return tuple(record for record in records if record.can_restore(operator=actor.is_operator))

    async def restore(self, actor: Actor, user_id: int, sanction_id: int, why: str = "") -> int:
        """Take all removals that went with a sanction back; returns how many.  Raises NotFound where there are none.

        What was removed for another reason since stays so.
        """
        records = await self.removed_with(actor, user_id, sanction_id)
        if not records:
            raise NotFound("removal")
        await self._note(actor, "restore", user_id, why, len(records))
        for record in records:
            await self._generations.restore(record.id, actor.user_id, why)
        return len(records)

    async def _note(self, actor: Actor, action: ActName, user_id: int, why: str, number: int) -> None:
        """Whose they were: the acts on the single ones name nobody, since they outlive the person's data."""
        after = {"generations": str(number)}
        await self._audit_log.note(Act(actor.user_id, action, f"user:{user_id}", actor.guild_id, (), why, {}, after))
