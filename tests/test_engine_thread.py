"""Between the event loop and the engine's thread: what a stream tells, and when it falls silent."""

import pytest

from inference.contract import Done, Event, Failed, GenerationRequest, Image, Progress, Queued
from inference.engine.engine import Engine
from inference.engine.thread import ENGINE_FAILED, EngineThread, EventStream
from tests.fakes import FakeCodeModel

REQUEST = GenerationRequest("a fox")
PICTURE = Image(0, 7, None, b"png")


def stream(*events: Event, heartbeat: float = 30.0) -> EventStream:
    made = EventStream(REQUEST, lambda order: None, heartbeat)
    for event in events:
        made.put(event)
    return made


@pytest.mark.parametrize("last", [Done(1.0, "fake"), Failed("model_failed", retryable=True)])
async def test_a_stream_ends_with_its_generation(last: Event) -> None:
    """All events in their order, and none after the last."""
    events: list[Event] = [Queued(), Progress(0.5, b"webp"), PICTURE, last]
    assert [event async for event in stream(*events, Progress(0.9))] == events


@pytest.mark.parametrize(
    ("events", "repeated"),
    [
        ([Queued()], Queued()),
        ([Queued(), Progress(0.5, b"webp")], Progress(0.5)),
        ([Queued(), Progress(0.5), PICTURE], Progress(0.5)),
    ],
)
async def test_a_stream_without_news_repeats_the_last(events: list[Event], repeated: Event) -> None:
    """Without the preview, and never a picture, until there is news."""
    waiting = stream(*events, heartbeat=0.001)
    seen = []
    async for event in waiting:
        seen.append(event)
        if len(seen) == len(events) + 2:
            waiting.put(Done(1.0, "fake"))
    assert seen[: len(events) + 2] == [*events, repeated, repeated]
    assert seen[-1] == Done(1.0, "fake")


async def test_a_generation_has_started_with_its_first_progress() -> None:
    """Until then it counts as waiting."""
    assert not stream(Queued()).started
    assert stream(Queued(), Progress(0.0)).started


class Forgetful(Engine):
    """Its step fails after it has let go of a generation, whose last event is lost with the step."""

    def step(self) -> list[tuple[str, Event]]:
        for generation_id in list(self._generations):
            self.cancel(generation_id)
        raise RuntimeError("the step broke")


async def test_a_step_that_breaks_leaves_nobody_waiting() -> None:
    """Every stream ends with a failure that may be tried again, even one that the engine has forgotten."""
    thread = EngineThread(lambda _: Forgetful(FakeCodeModel()), max_waiting=4)
    thread.start()
    await thread.drawer()
    with thread.open_stream(REQUEST) as mine:
        mine.submit()
        events = [event async for event in mine]
    await thread.stop()
    assert events[-1] == ENGINE_FAILED
