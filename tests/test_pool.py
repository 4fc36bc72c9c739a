"""The pool: who gets the work, what happens when a server breaks, and that the filter fails closed."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.config import load_settings
from bot.errors import ConfigurationError, GenerationFailed, InvalidOption, NoEndpoint
from bot.pool.breaker import FAILURES, FIRST_PAUSE, Breaker
from bot.pool.endpoint import Endpoint, EndpointDown
from bot.pool.pace import Pace
from bot.pool.pool import Pool
from bot.pool.servers import named_servers, open_pool, read_again
from inference.contract import (
    CheckRequest,
    DescribeRequest,
    Done,
    Event,
    Failed,
    GenerationRequest,
    Image,
    ModelDescription,
    Progress,
    Queued,
    Readiness,
    Upscaled,
    Verdict,
    WordsRequest,
)
from tests.test_endpoint import EVENTS, REQUEST, FakeServer, serving


@asynccontextmanager
async def a_pool(
    folder: Path, names: str = "a", *, concurrency: int = 8, patience: float = 30.0
) -> AsyncIterator[tuple[Pool, list[FakeServer]]]:
    """A pool that looks often and tries again at once, with one fake server a letter."""
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(serving(folder, name)) for name in names]
        endpoints = [Endpoint(server.url) for server in servers]
        pool = Pool(endpoints, concurrency=concurrency, patience=patience, poll_seconds=0.02, retry_seconds=0.0)
        await pool.open()
        stack.push_async_callback(pool.close)
        yield pool, servers


async def collect(pool: Pool, request: GenerationRequest = REQUEST) -> list[Event]:
    async with aclosing(pool.generate(request)) as events:
        return [event async for event in events]


async def until(pool: Pool, condition: Callable[[], bool]) -> None:
    """Wait for the pool to report a change that makes the condition true."""
    changed = asyncio.Event()
    pool.listen(changed.set)
    async with asyncio.timeout(10):
        while not condition():
            changed.clear()
            await changed.wait()


def capacity(pool: Pool) -> int:
    return sum(offer.places for offer in pool.offers)


async def until_models(pool: Pool, *names: str) -> None:
    await until(pool, lambda: {model.name for model in pool.models()} == set(names))


async def test_a_generation_runs_through(tmp_path: Path) -> None:
    """One server, all events in order, and the slot is free afterwards."""
    async with a_pool(tmp_path) as (pool, _):
        assert await collect(pool) == EVENTS
        assert [status.running for status in pool.status()] == [0]


async def test_capacity_is_that_of_the_ready_servers(tmp_path: Path) -> None:
    """It follows servers that go and come, and listeners hear of it."""
    async with a_pool(tmp_path, "ab", concurrency=3) as (pool, (first, _)):
        assert capacity(pool) == 6
        first.ready = False
        await until(pool, lambda: capacity(pool) == 3)
        assert [offer.models for offer in pool.offers] == [{"fake"}, {"fake"}], "who waits for one that is away stays"
        assert [(status.ready, "503" in status.problem) for status in pool.status()] == [(False, True), (True, False)]
        first.ready = True
        await until(pool, lambda: capacity(pool) == 6)


async def test_work_goes_to_the_server_with_most_free_slots(tmp_path: Path) -> None:
    """Four at once over two servers: two each; a fifth waits where each takes two."""
    async with a_pool(tmp_path, "ab", concurrency=2) as (pool, servers):
        for server in servers:
            server.hold.clear()
        tasks = [asyncio.create_task(collect(pool)) for _ in range(5)]
        for server in servers:
            await asyncio.wait_for(server.begun.wait(), 10)
        await until(pool, lambda: [status.running for status in pool.status()] == [2, 2])
        for server in servers:
            server.hold.set()
        assert await asyncio.gather(*tasks) == [EVENTS] * 5
        assert sum(len(server.requests) for server in servers) == 5


async def test_a_server_says_how_much_it_takes(tmp_path: Path) -> None:
    """The setting is an upper bound; what others have there is not ours, but one place always is."""
    async with a_pool(tmp_path, "a", concurrency=5) as (pool, (server,)):
        assert capacity(pool) == 5
        server.readiness = Readiness(capacity=3, free=3, waiting=0, models=("fake",))
        await until(pool, lambda: capacity(pool) == 3)
        server.readiness = Readiness(capacity=3, free=1, waiting=0, models=("fake",))
        await until(pool, lambda: capacity(pool) == 1)
        server.readiness = Readiness(capacity=3, free=0, waiting=9, models=("fake",))
        assert await collect(pool) == EVENTS
        assert capacity(pool) == 1


async def test_work_goes_to_a_server_that_has_the_model(tmp_path: Path) -> None:
    """However busy it is; one that nobody has is refused at once, unless a server is away that may have it."""
    async with a_pool(tmp_path, "ab") as (pool, (first, second)):
        second.readiness = replace(second.readiness, models=("fake", "mega"))
        second.models = [ModelDescription("fake"), ModelDescription("mega", description="larger")]
        await until_models(pool, "fake", "mega")
        mega = replace(REQUEST, model="mega")
        for _ in range(3):
            assert await collect(pool, mega) == EVENTS
        assert (first.requests, second.requests) == ([], [mega] * 3)
        with pytest.raises(InvalidOption, match=r"no_such_model.*'giga'.*fake, mega") as refusal:
            await collect(pool, replace(REQUEST, model="giga"))
        assert refusal.value.field == "model"
        second.ready = False
        await until_models(pool, "fake")
        waiting = asyncio.create_task(collect(pool, mega))
        await asyncio.sleep(0)
        assert not waiting.done()
        second.ready = True
        assert await asyncio.wait_for(waiting, 10) == EVENTS


async def test_a_broken_stream_is_tried_elsewhere(tmp_path: Path) -> None:
    """The person gets their pictures from the other server."""
    async with a_pool(tmp_path, "ab") as (pool, (first, second)):
        first.break_after = second.break_after = 2
        events = pool.generate(REQUEST)
        async with aclosing(events):
            seen = [await anext(events), await anext(events)]
            broken, other = (first, second) if first.requests else (second, first)
            other.break_after = None
            seen += [event async for event in events]
        assert seen == [*EVENTS[:2], *EVENTS]
        assert (len(broken.requests), len(other.requests)) == (1, 1)


async def test_a_server_that_comes_back_gets_the_work_again(tmp_path: Path) -> None:
    """With a single server, the try waits until it is up again."""
    async with a_pool(tmp_path) as (pool, (server,)):
        server.hold.clear()
        events = pool.generate(REQUEST)
        async with aclosing(events):
            assert await anext(events) == Queued()
            await server.close()
            rest = asyncio.create_task(anext(events))
            await until(pool, lambda: capacity(pool) == 0)
            server.hold.set()
            await server.open()
            assert await asyncio.wait_for(rest, 10) == Queued()
            assert [event async for event in events] == EVENTS[1:]


async def test_tries_are_bounded(tmp_path: Path) -> None:
    """A request that breaks every server is not tried for ever."""
    async with a_pool(tmp_path, "ab") as (pool, servers):
        for server in servers:
            server.break_after = 0
        with pytest.raises(GenerationFailed, match="endpoint_down"):
            await collect(pool)
        assert sum(len(server.requests) for server in servers) == 3


@pytest.mark.parametrize(("retryable", "tries"), [(True, 3), (False, 1)])
async def test_only_what_may_succeed_is_tried_again(tmp_path: Path, *, retryable: bool, tries: int) -> None:
    """The server says so itself, and its code is kept."""
    async with a_pool(tmp_path) as (pool, (server,)):
        server.events = [Queued(), Failed("out_of_memory", retryable)]
        with pytest.raises(GenerationFailed, match="out_of_memory") as failure:
            await collect(pool)
        assert (failure.value.code, len(server.requests)) == ("out_of_memory", tries)


async def test_a_refused_option_is_not_tried_again(tmp_path: Path) -> None:
    """Another server would say the same."""
    async with a_pool(tmp_path, "ab") as (pool, servers):
        for server in servers:
            server.refusal = (400, {"error": {"code": "unknown_model", "message": "no such model", "field": "model"}})
        with pytest.raises(InvalidOption, match="unknown_model"):
            await collect(pool)
        assert capacity(pool) == 16


async def test_cancelling_frees_the_slot_and_hangs_up(tmp_path: Path) -> None:
    """Closing the events closes the connection."""
    async with a_pool(tmp_path, concurrency=1) as (pool, (server,)):
        server.hold.clear()
        async with aclosing(pool.generate(REQUEST)) as events:
            await anext(events)
            assert pool.status()[0].running == 1
        await asyncio.wait_for(server.hung_up.wait(), 10)
        assert pool.status()[0].running == 0
        server.hold.set()
        assert await collect(pool) == EVENTS


async def test_any_ready_server_checks(tmp_path: Path) -> None:
    """Where one breaks, the next is asked."""
    async with a_pool(tmp_path, "ab") as (pool, (first, second)):
        second.verdicts = [Verdict("block", "hate", 1.0, "x").to_json()]
        first.refusal = (500, "broken")
        assert await pool.check(CheckRequest(("a",))) == [Verdict("block", "hate", 1.0, "x")]


async def test_the_filter_fails_closed(tmp_path: Path) -> None:
    """Servers that answer nonsense, or none at all, lead to an error after the patience, never to "allow"."""
    async with a_pool(tmp_path, patience=0.1) as (pool, (server,)):
        server.verdicts = [{"action": "allow"}]
        with pytest.raises(NoEndpoint, match=r"doing='check' seconds=0\.1"):
            await pool.check(CheckRequest(("a",)))
        await server.close()
        with pytest.raises(NoEndpoint):
            await pool.check(CheckRequest(("a",)))
        with pytest.raises(NoEndpoint, match="doing='draw'"):
            await collect(pool)


async def test_where_nobody_answers_the_error_says_what_could_not_be_done(tmp_path: Path) -> None:
    async with a_pool(tmp_path, patience=0.1) as (pool, (server,)):
        await server.close()
        with pytest.raises(NoEndpoint, match="doing='describe'"):
            await pool.describe(DescribeRequest(b"png"))
        with pytest.raises(NoEndpoint, match="doing='read'"):
            await pool.embed(["a cat"])
        with pytest.raises(NoEndpoint, match="doing='read'"):
            await pool.known_words(WordsRequest(("a cat",)))


async def test_any_ready_server_says_what_texts_mean(tmp_path: Path) -> None:
    """One that answers nonsense is not asked again before it is found well."""
    async with a_pool(tmp_path, "ab") as (pool, (first, second)):
        first.vectors, second.vectors = None, [[0.6, 0.8]]
        assert await pool.embed(["a"]) == [[0.6, 0.8]]


async def test_a_server_that_can_upscales(tmp_path: Path) -> None:
    """Nobody where none says that it can; one that fails is passed over, and stays ready for all else."""
    async with a_pool(tmp_path, "ab") as (pool, (first, second)):
        assert await pool.upscale(b"a picture") is None
        first.readiness = replace(first.readiness, capacity=2, upscales=True)
        second.readiness = replace(second.readiness, capacity=1, upscales=True)
        await until(pool, lambda: [status.concurrency for status in pool.status()] == [2, 1])
        first.refusal = 500, {"error": {"code": "internal_error", "message": "out of memory"}}
        assert await pool.upscale(b"a picture") == Upscaled(b"larger", "Swin2SR")
        second.refusal = 400, {"error": {"code": "unreadable_picture", "message": "too large", "field": "image"}}
        assert await pool.upscale(b"a picture") is None
        assert all(status.ready for status in pool.status())


async def test_a_server_that_comes_up_during_anothers_failing_check_is_asked() -> None:
    """The word of it comes while the check is not listening, and must not be lost."""

    class Scripted(Endpoint):
        up = True

        async def probe(self) -> Readiness:
            if not self.up:
                raise EndpointDown(self.name, "down")
            return Readiness(8, 8, 0, ())

        async def check(self, request: CheckRequest) -> list[Verdict]:
            if self is second:
                first.up = True
                await until(pool, lambda: capacity(pool) == 16)
                self.up = False
                raise EndpointDown(self.name, "broke off")
            return [Verdict("allow")] * len(request.prompts)

    first, second = Scripted("http://first"), Scripted("http://second")
    first.up = False
    pool = Pool([first, second], patience=1.0, poll_seconds=0.02)
    await pool.open()
    try:
        assert await pool.check(CheckRequest(("a",))) == [Verdict("allow")]
    finally:
        await pool.close()


async def test_a_check_waits_for_a_server(tmp_path: Path) -> None:
    """One that is still loading when the prompt comes answers as soon as it is ready."""
    async with a_pool(tmp_path) as (pool, (server,)):
        server.ready = False
        await until(pool, lambda: capacity(pool) == 0)
        waiting = asyncio.create_task(pool.check(CheckRequest(("a",))))
        await asyncio.sleep(0)
        assert not waiting.done()
        server.ready = True
        assert await asyncio.wait_for(waiting, 10) == [Verdict("allow")]


def test_the_fake_servers_events_are_those_of_a_generation() -> None:
    """What the other tests compare with holds each kind of event."""
    assert [type(event) for event in EVENTS] == [Queued, Progress, Image, Done]


async def test_a_server_that_answers_nothing_any_more_loses_its_generations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It still holds the connection; three questions in a row without an answer, and the work begins anew elsewhere."""
    monkeypatch.setattr("bot.pool.endpoint.PROBE_SECONDS", 0.05)
    async with a_pool(tmp_path, "ab") as (pool, (a, b)):
        for server in (a, b):
            server.hold.clear()
        drawing = asyncio.create_task(collect(pool))
        begun = [asyncio.create_task(server.begun.wait()) for server in (a, b)]
        await asyncio.wait(begun, return_when=asyncio.FIRST_COMPLETED)
        hanging, other = (a, b) if a.begun.is_set() else (b, a)
        other.hold.set()
        hanging.silent.set()
        assert (await asyncio.wait_for(drawing, 30))[-1] == EVENTS[-1]
        assert len(other.requests) == 1
        hanging.hold.set()
        for task in begun:
            task.cancel()


async def test_a_generation_without_events_is_tried_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server is well in itself, but its engine hangs: what it did before says how long is too long."""
    monkeypatch.setattr("bot.pool.pace.SHORTEST_SECONDS", 0.05)
    async with a_pool(tmp_path, "ab") as (pool, (a, b)):
        await asyncio.gather(collect(pool), collect(pool))
        a.hold.clear()
        b.hold.clear()
        drawing = asyncio.create_task(collect(pool))
        await until(pool, lambda: len(a.requests) + len(b.requests) >= 4)
        a.hold.set()
        b.hold.set()
        assert (await asyncio.wait_for(drawing, 30))[-1] == EVENTS[-1]


def test_the_limit_follows_the_measured_pace() -> None:
    """Minutes before anything is known, then ten times the longest pause, within bounds."""
    pace = Pace()
    assert pace.limit == 300
    pace.heard(0.5)
    assert pace.limit == 20
    pace.heard(4.0)
    pace.heard(1.0)
    assert pace.limit == 40
    pace.heard(100.0)
    assert pace.limit == 300


async def test_an_option_that_a_model_refuses_late_is_the_persons_to_mend(tmp_path: Path) -> None:
    """Its model was still loading when the generation came, so the refusal is an event and no status."""
    async with a_pool(tmp_path) as (pool, (server,)):
        data = {"code": "unknown_size", "field": "size", "value": "9x9", "model": "fake", "known": "256x256"}
        server.events = [Queued(), Failed("refused", retryable=False, data=data)]
        with pytest.raises(InvalidOption) as refusal:
            await collect(pool)
    assert (refusal.value.field, refusal.value.problem, refusal.value.data["known"]) == (
        "size", "unknown_size", "256x256"
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------ circuit breaker


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_breaker_opens_half_opens_and_closes() -> None:
    """After five failures in a row none, then one on trial; each time that fails, the pause is twice as long."""
    clock = Clock()
    breaker = Breaker(clock)
    assert [breaker.failed(clock()) for _ in range(FAILURES)] == [False] * (FAILURES - 1) + [True]
    for pause in (FIRST_PAUSE, 2 * FIRST_PAUSE):
        assert breaker.limit(8) == 0
        clock.now += pause
        assert breaker.limit(8) == 1
        assert breaker.failed(clock())
    clock.now += 4 * FIRST_PAUSE
    breaker.succeeded()
    assert breaker.limit(8) == 8
    assert not breaker.failed(clock())


def test_a_server_that_dies_with_eight_generations_failed_once() -> None:
    """What was begun before a failure was known says nothing new."""
    clock = Clock()
    breaker = Breaker(clock)
    begun = clock()
    clock.now += 1
    assert not any(breaker.failed(begun) for _ in range(8))
    assert breaker.failures == 1


async def test_a_server_that_only_says_that_it_is_ready_gets_no_more_work(tmp_path: Path) -> None:
    """It is left out for a while, then tried with one generation, and has all it takes again when that is well."""
    clock = Clock()
    server = FakeServer(tmp_path / "a.sock")
    await server.open()
    pool = Pool([Endpoint(server.url)], patience=30, poll_seconds=0.02, retry_seconds=0.0, clock=clock)
    await pool.open()
    server.events = [Queued(), Failed("out_of_memory", retryable=True)]
    with pytest.raises(GenerationFailed):
        await collect(pool)
    drawing = asyncio.create_task(collect(pool))  # its third try waits for the pause's end
    await until(pool, lambda: capacity(pool) == 0)
    assert [(state.ready, state.concurrency) for state in pool.status()] == [(False, 0)]
    assert "5 generations in a row failed" in pool.status()[0].problem
    server.events = EVENTS
    clock.now += FIRST_PAUSE
    assert (await asyncio.wait_for(drawing, 10))[-len(EVENTS) :] == EVENTS
    assert capacity(pool) == 8
    await pool.close()
    await server.close()


# ------------------------------------------------------------------------------------- servers that come and go


async def test_servers_come_and_go_while_it_works(tmp_path: Path) -> None:
    """A new one gets work; what runs on one that leaves is finished there, and then it is let go."""
    async with a_pool(tmp_path, "ab") as (pool, (first, second)):
        first.hold.clear()
        second.ready = False
        await until(pool, lambda: capacity(pool) == 8)
        drawing = asyncio.create_task(collect(pool))
        await first.begun.wait()
        second.ready = True
        await pool.change([Endpoint(second.url)])
        assert capacity(pool) == 8
        assert await collect(pool) == EVENTS
        assert len(second.requests) == 1
        first.hold.set()
        assert await drawing == EVENTS
        await until(pool, lambda: [state.name for state in pool.status()] == [second.url])
        await pool.change([Endpoint(first.url), Endpoint(second.url)])
        assert capacity(pool) == 16


async def test_a_server_with_another_password_is_another(tmp_path: Path) -> None:
    """Though it has the same name wherever it is shown."""
    async with a_pool(tmp_path, "a") as (pool, _):
        old, new = (Endpoint(f"http://easel:{word}@127.0.0.1:9") for word in ("before", "afterwards"))
        assert old.name == new.name
        await pool.change([old])
        await pool.change([new])
        assert [one.endpoint.url for one in pool._members if not one.leaves] == [new.url]


async def test_the_file_of_servers_is_read_again_on_sighup(tmp_path: Path) -> None:
    """A line more is a server more; a file that names nonsense changes nothing, and says so."""
    servers = [FakeServer(tmp_path / f"{name}.sock") for name in "ab"]
    for server in servers:
        await server.open()
    file = tmp_path / "servers"
    file.write_text(f"# ours\n{servers[0].url}  # the old one\n")
    settings = load_settings(None, data_dir=tmp_path, inference_urls_file=file)
    async with open_pool(settings) as pool:
        assert [state.name for state in pool.status()] == [servers[0].url]
        file.write_text("\n".join(server.url for server in servers))
        os.kill(os.getpid(), signal.SIGHUP)
        await until(pool, lambda: len([state for state in pool.status() if state.ready]) == 2)
        file.write_text("ftp://nowhere")
        with capture_logs() as logs:
            await read_again(pool, settings)
        assert [entry["event"] for entry in logs] == ["pool.servers_not_read"]
        assert len(pool.status()) == 2
    for server in servers:
        await server.close()


@pytest.mark.parametrize(("content", "problem"), [("# none\n", "names no server"), ("ftp://x\n", "neither http")])
async def test_a_file_without_servers_stops_the_start(tmp_path: Path, content: str, problem: str) -> None:
    """For good: only the file mends it."""
    (tmp_path / "servers").write_text(content)
    with pytest.raises(ConfigurationError, match=problem) as error:
        named_servers(load_settings(None, data_dir=tmp_path, inference_urls_file=tmp_path / "servers"))
    assert error.value.final
