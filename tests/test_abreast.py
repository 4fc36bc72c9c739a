"""What is done in many servers: a few at a time, and nobody waits for one that is slow or fails."""

import asyncio

from structlog.testing import capture_logs

from bot.actions.abreast import abreast


async def test_one_that_is_slow_or_fails_keeps_no_other() -> None:
    """All others are done meanwhile, so many at a time; the failure is logged."""
    slow, others = asyncio.Event(), asyncio.Event()
    done: list[int] = []
    running = most = 0

    async def act(number: int) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        if number == 0:
            await slow.wait()
        running -= 1
        if number == 1:
            raise OSError
        done.append(number)
        if len(done) == 8:
            others.set()

    with capture_logs() as logs:
        work = asyncio.create_task(abreast(act, range(10), at_a_time=3))
        await asyncio.wait_for(others.wait(), 10)
        assert sorted(done) == list(range(2, 10))
        assert not work.done()
        slow.set()
        await work
    assert done[-1] == 0
    assert most == 3
    assert [log["event"] for log in logs] == ["calendar.not_kept"]
