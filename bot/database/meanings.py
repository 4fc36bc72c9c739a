"""What shared prompts mean, as vectors: like meaning, like vectors.

In: vectors of the sentence encoder.  Out: those of a server.  They go with their generation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select

from bot.database.session import Database, take_turn, whole
from bot.database.tables.gallery import MeaningTable, ShareTable
from bot.database.tables.generations import GenerationTable

Vectors = NDArray[np.float32]
"""(prompts, dimensions), each of length one."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A shared prompt without a vector."""

    share_id: int
    generation_id: int
    guild_id: int
    prompt: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Generations with their vectors; `newest` is where the next batch begins."""

    generation_ids: NDArray[np.int64]
    vectors: Vectors
    newest: int


class MeaningLog:
    """Reads and writes `prompt_meanings`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def unread(self, after: int, limit: int) -> tuple[Unread, ...]:
        """Shared prompts without a vector behind this share, the oldest first."""
        known = select(MeaningTable.id).where(MeaningTable.generation_id == ShareTable.generation_id)
        query = (
            select(ShareTable.id, ShareTable.generation_id, ShareTable.guild_id, GenerationTable.prompt)
            .join(GenerationTable, GenerationTable.id == ShareTable.generation_id)
            .where(ShareTable.id > after, ~known.exists())
        )
        async with self._database.reading() as session:
            return tuple(Unread(*row) for row in await session.execute(query.order_by(ShareTable.id).limit(limit)))

    @whole
    async def put(self, vectors: Mapping[Unread, Sequence[float]]) -> None:
        """Those that another process was quicker with stay."""
        async with self._database.writing("change") as session:
            await take_turn(session, "meanings")
            ids = [one.generation_id for one in vectors]
            there = set(await session.scalars(select(GenerationTable.id).where(GenerationTable.id.in_(ids))))
            known = select(MeaningTable.generation_id).where(MeaningTable.generation_id.in_(ids))
            there -= set(await session.scalars(known))
            for one, vector in vectors.items():
                if one.generation_id in there:
                    there.remove(one.generation_id)
                    kept = np.asarray(vector, np.float16).tobytes()
                    row = MeaningTable(generation_id=one.generation_id, guild_id=one.guild_id, vector=kept)
                    session.add(row)

    async def of_server(self, guild_id: int, after: int, limit: int) -> Batch:
        """What was read of a server's prompts behind this place."""
        table = MeaningTable.__table__.c
        query = select(table.id, table.generation_id, table.vector)
        query = query.where(table.guild_id == guild_id, table.id > after).order_by(table.id).limit(limit)
        async with self._database.reading() as session:
            rows = (await session.execute(query)).all()
        if not rows:
            return Batch(np.empty(0, np.int64), np.empty((0, 0), np.float32), after)
        vectors = np.frombuffer(b"".join(row[2] for row in rows), np.float16).astype(np.float32)
        ids = np.fromiter((row[1] for row in rows), np.int64, len(rows))
        return Batch(ids, vectors.reshape(len(rows), -1), rows[-1][0])

    async def before_newest(self, guild_id: int, number: int) -> int:
        """Behind which place so many of a server's prompts are; 0 where there are no more than these."""
        query = select(MeaningTable.id).where(MeaningTable.guild_id == guild_id).order_by(MeaningTable.id.desc())
        async with self._database.reading() as session:
            return await session.scalar(query.offset(number).limit(1)) or 0

    async def count(self, guild_id: int, after: int = 0) -> int:
        """How many of a server's prompts there are behind this place."""
        query = select(func.count()).select_from(MeaningTable)
        query = query.where(MeaningTable.guild_id == guild_id, MeaningTable.id > after)
        async with self._database.reading() as session:
            return await session.scalar(query) or 0
