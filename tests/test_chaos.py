"""A short chaos and a short load, as `make chaos` and `make load` run them at length."""

from pathlib import Path

from tests.discord_wire.chaos import run
from tests.discord_wire.load import flood


async def test_a_few_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    """The bot, its inference server or both, at moments that the seed chooses."""
    kills, found = await run(4, tmp_path)
    assert kills == 4
    assert found.is_well
    assert found.delivered + found.failed_with_reason == found.accepted


async def test_a_flood_is_answered() -> None:
    """Everybody gets a first answer within the three seconds that Discord waits, in public or in private."""
    summary = await flood(20, 2)
    assert summary["acknowledged"] == summary["sent"]
