"""Rounds of deleting files: a storage that is away ends them, a few files that nobody can delete do not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.actions.disposal import IN_A_ROW, TRIAL, Disposal
from bot.actions.erasing import Eraser
from bot.database.records import Erasure, GenerationRecord
from tests.bot_fakes import an_order


class Away:
    """A storage that refuses to delete files of `bad` generations, and takes none where it is not `there`."""

    def __init__(self, bad: range, *, there: bool) -> None:
        self.bad, self.there = bad, there
        self.asked: list[str] = []

    async def put(self, key: str, data: bytes) -> None:
        self.asked.append(key)
        if not self.there:
            raise OSError(key, data)

    async def delete(self, key: str) -> None:
        self.asked.append(key)
        if not self.there or (key.isdecimal() and int(key) in self.bad):
            raise OSError(key)


def rows(count: int) -> list[GenerationRecord]:
    made = datetime(2026, 6, 1, tzinfo=UTC)
    return [GenerationRecord(n, an_order(), "delivered", 1, made, grid_key=str(n)) for n in range(count)]


async def test_a_storage_that_is_away_is_left_until_the_next_time() -> None:
    """After some failures, and a look whether it takes anything at all."""
    storage: Any = Away(range(100), there=False)
    disposal = Disposal(storage)
    assert await disposal.without_files(rows(50)) == []
    assert disposal.is_over
    assert storage.asked == [*map(str, range(IN_A_ROW)), TRIAL]
    assert await disposal.without_files(rows(50)) == []
    assert len(storage.asked) == IN_A_ROW + 1


async def test_files_that_nobody_can_delete_keep_no_others() -> None:
    """However many stand at the beginning: the storage itself is there."""
    storage: Any = Away(range(3 * IN_A_ROW), there=True)
    disposal = Disposal(storage)
    assert await disposal.without_files(rows(50)) == list(range(3 * IN_A_ROW, 50))
    assert not disposal.is_over


async def test_failures_of_several_kinds_are_no_row() -> None:
    """Nor are those between which something went well."""
    storage: Any = Away(range(0), there=False)
    disposal = Disposal(storage)
    for number in range(4 * IN_A_ROW):
        await disposal.failed(OSError() if number % 2 else ValueError())
    for _ in range(4 * IN_A_ROW):
        await disposal.failed(OSError())
        disposal.went_well()
    assert storage.asked == []


@pytest.mark.parametrize(("there", "tried"), [(False, IN_A_ROW), (True, 20)])
async def test_what_was_removed_waits_for_a_storage_that_is_away(there: bool, tried: int) -> None:
    """And is tried each by itself where it is there."""

    class Due:
        async def due(self, before: datetime, only: int | None = None, *, after: int = 0) -> list[Erasure]:
            assert (before.tzinfo, only) == (UTC, None)
            return [
                Erasure(n, whole=True, image_indexes=(0,), image_hashes=frozenset(), keys=(str(n),))
                for n in range(after + 1, min(after + 11, 21))
            ]

        async def copies(self, generation_id: int) -> list[tuple[int, str]]:
            assert generation_id
            return []

    storage: Any = Away(range(100), there=there)
    eraser = Eraser(erasures=Due(), storage=storage, review=timedelta(0))  # type: ignore[arg-type]
    assert await eraser.erase() == 0
    assert [int(key) for key in storage.asked if key != TRIAL] == list(range(1, tried + 1))
