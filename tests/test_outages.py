"""What is away for a moment, over the wire; `make outages` lets it be away for longer."""

from pathlib import Path

import pytest

from tests.discord_wire.outages import OUTAGES


@pytest.mark.parametrize("outage", OUTAGES)
async def test_nothing_is_lost_and_nothing_doubled(outage: str, tmp_path: Path) -> None:
    """The network, the database, an inference server, Discord, the process: afterwards all is well by itself."""
    await OUTAGES[outage](tmp_path, 0.0)
