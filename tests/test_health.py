"""What supervisors and Prometheus are told of the bot."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.errors import NotFound
from bot.metrics import BotMetrics
from inference.contract import Verdict
from tests.bot_fakes import GUILD, an_order, draw, finish, order_one
from tests.web_fakes import Pages, pages


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Pages]:
    async with pages(tmp_path) as opened:
        yield opened


def numbers(page: str) -> dict[str, float]:
    """Each sample by its name and its labels' values."""
    return {
        " ".join((sample.name, *map(str, sample.labels.values()))): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


async def test_alive_is_a_word(site: Pages) -> None:
    """Without cookies, login or database."""
    answer = await (await site.anonymous()).get("/healthz")
    assert (answer.status, answer.text) == (200, "ok\n")


async def test_ready_names_what_is_away(site: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    """Discord, the inference servers, the database: each by its name, and 503 while one of them is away."""
    probe = await site.anonymous()
    assert (await probe.get("/readyz")).text == '{"ready": true, "database": true, "discord": true, "inference": true}'
    site.directory.at_discord = False
    site.pool.capacity = 0

    async def away() -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(type(site.services.database), "ping", lambda _: away())
    answer = await probe.get("/readyz")
    assert answer.status == 503
    assert answer.text == '{"ready": false, "database": false, "discord": false, "inference": false}'


async def test_a_generation_is_counted_from_order_to_delivery(site: Pages) -> None:
    """Its verdict, its wait, its pictures, its end; and what the queue and the servers do now."""
    await draw(site.services, an_order(images=4))
    site.pool.fail_next()
    await draw(site.services, an_order())
    site.pool.hold()
    site.pool.begun.clear()
    await order_one(site.services, an_order())
    await asyncio.wait_for(site.pool.begun.wait(), 30)
    found = numbers((await (await site.anonymous()).get("/metrics")).text)
    assert found["easel_bot_orders_total"] == 3
    assert found["easel_bot_generations_total delivered"] == 1
    assert found["easel_bot_generations_total failed"] == 1
    assert found["easel_bot_pictures_total"] == 4
    assert found["easel_bot_verdicts_total allow none"] == 3
    assert found["easel_bot_generation_seconds_count"] == 1
    assert found["easel_bot_picture_seconds_count"] == 1
    assert found["easel_bot_wait_seconds_count"] == 3
    assert (found["easel_bot_queue running"], found["easel_bot_queue waiting"]) == (1, 0)
    assert (found["easel_bot_endpoint fake ready"], found["easel_bot_endpoint fake running"]) == (1, 1)
    assert found["easel_bot_database_seconds_count"] > 10
    assert found["easel_bot_database_errors_total"] == 0
    site.pool.release()


async def test_every_end_is_counted_as_what_it_is(site: Pages) -> None:
    """Held prompts and pictures, too; nothing is remembered of what has ended, or whose row was erased."""
    opened = site.services
    site.pool.block("gibberish", "unreadable", "hold")
    held, _ = await order_one(opened, an_order("gibberish"))
    assert (await finish(opened, held)).status == "blocked"
    site.pool.picture_verdicts = dict.fromkeys(range(9), Verdict("hold", "nudity", 0.9))
    waiting, _ = await order_one(opened, an_order())
    assert (await finish(opened, waiting)).status == "expired"
    erased = await opened.generations.open(an_order(seed=7))
    with pytest.raises(NotFound):
        await opened.generations.fail(erased + 1, "gone", {})
    await opened.generations.fail(erased, "too_slow", {})
    found = numbers((await (await site.anonymous()).get("/metrics")).text)
    ends = {name.split()[-1]: count for name, count in found.items() if name.startswith("easel_bot_generations_total ")}
    assert ends == {"blocked": 1, "expired": 1, "failed": 1}
    assert (opened.metrics._ordered, opened.metrics._started) == ({}, {})
    assert [(day.requests, day.blocked) for day in (await opened.statistics.report(GUILD, 1)).days] == [(3, 1)]


async def test_people_are_called_what_they_are_called_now(site: Pages) -> None:
    """In the statistics, too, and not by the last of their names in the alphabet."""
    for name in ("zoe", "ada"):
        order = an_order(seed=7)
        await site.services.generations.open(replace(order, requester=replace(order.requester, user_name=name)))
    assert [one.name for one in (await site.services.statistics.report(GUILD, 1)).people] == ["ada"]


@pytest.mark.parametrize(
    ("token", "url", "headers", "status"),
    [
        (None, "http://127.0.0.1:8080", {}, 200),
        (None, "http://127.0.0.1:8080", {"X-Forwarded-For": "198.51.100.7"}, 403),
        (None, "https://easel.example", {}, 403),
        ("scrape-me", "http://127.0.0.1:8080", {}, 403),
        ("scrape-me", "http://127.0.0.1:8080", {"Authorization": "Bearer scrape-him"}, 403),
        ("scrape-me", "https://easel.example", {"Authorization": "Bearer scrape-me", "X-Real-IP": "198.51.100.7"}, 200),
    ],
)
async def test_the_numbers_are_not_for_everybody(
    tmp_path: Path, token: str | None, url: str, headers: dict[str, str], status: int
) -> None:
    """This machine's own, or the bearer's; a proxy here asks for somebody else, whether it says so or not."""
    async with pages(tmp_path, url=url, metrics_token=token) as site:
        assert (await (await site.anonymous()).get("/metrics", headers)).status == status


async def test_a_late_event_loop_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever holds it up is measured by how late the next thing is."""
    moments, measured = iter([0.0, 0.5, 1.0, 1.75]), asyncio.Event()  # in time, then a quarter of a second late

    def clock() -> float:
        try:
            return next(moments)
        except StopIteration:
            measured.set()
            return 9.0

    metrics = BotMetrics(clock)
    monkeypatch.setattr("bot.metrics.LAG_INTERVAL", 0.0)
    async with metrics.watching_the_loop():
        await measured.wait()
    found = numbers(metrics.render(0, 0, []).decode())
    assert found["easel_bot_loop_lag_seconds_sum"] == pytest.approx(0.5 + 0.75)
