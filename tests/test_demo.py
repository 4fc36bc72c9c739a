"""The demo: the page answers, the example is drawn through the whole path, and everything ends when told to."""

import asyncio
import json
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
import simcord

from bot.actions.posts import Posts
from bot.config import Settings, load_settings
from bot.demo import run as demo
from bot.demo import stage as stages
from bot.demo.page import TO_TRY, as_it_is
from bot.demo.slow import SlowMotion
from bot.demo.stage import Stage, open_stage
from bot.errors import ConfigurationError
from bot.generation.grid import size_of
from bot.services import Services, open_services
from tests.bot_fakes import ADA, FakePool, an_order, tile
from tests.town import said


@asynccontextmanager
async def fake_services(settings: Settings, posts: Posts) -> AsyncIterator[Services]:
    async with open_services(settings, posts, pool=FakePool(), interval=0.0) as services:
        yield services


async def test_the_page_is_ours_and_shows_the_welcome(tmp_path: Path) -> None:
    """What the printed address serves is SimCord's page in our shell, with the channel and its people in it."""
    settings = demo.in_demo_folder(load_settings(None, data_dir=tmp_path))
    async with open_stage(settings, 0, fake_services) as stage, aiohttp.ClientSession() as client:
        address, _, key = stage.url.partition("#")
        page = await text_of(client, address)
        state = await page_state(client, stage)
        for name in ("easel.css", "easel.js", "easel.svg", "app.js"):
            assert await text_of(client, address + name)
        lists = await text_of(client, f"{address}selects.js")
        said_of_itself = json.loads(await text_of(client, f"{address}easel.json"))
        async with client.get(f"{address}easel.js", headers={"Host": "elsewhere.example"}) as answer:
            assert answer.status == 403
    assert "<title>Easel demo</title>" in page
    assert lists.index("easelLists") < lists.index("const draft = draftValue(key)"), "SimCord's script has changed"
    assert lists.count('"Your choice"') == 2, "SimCord's script has changed"
    assert "SimCord" not in lists
    assert "SimCord Preview</title>" not in page
    assert all(f'data-try="{command}"' in page for tries in TO_TRY.values() for _, command in tries)
    assert all(f'data-person="{person.id}"' in page for person in stage.world.people)
    assert key == (settings.data_dir / "page-key").read_text()
    assert "maxlength" not in page.partition('id="channel-composer-input"')[2].partition(">")[0]
    assert "Welcome to Easel" in str(state["messages"])
    assert "joined" not in str(state["messages"])
    assert {viewer["name"] for viewer in state["viewers"]} >= {"Ada", "Bo", "Mo", "Olga"}
    gallery = f"{stage.pages}/gallery/{stage.world.guild.id}"
    assert said_of_itself["pages"] == [["Gallery", gallery], ["Console", f"{stage.pages}/console"]]


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_picture_reaches_the_page_as_it_is(kind: str) -> None:
    """Encoding each again at each reload would keep the visitor waiting."""
    info = as_it_is(tile(7, side=12, kind=kind))
    assert info is not None
    assert (info.normalized, info.width, info.height) == (tile(7, side=12, kind=kind), 12, 12)
    assert info.content_type == f"image/{kind.lower()}"


@pytest.mark.parametrize("file", [tile(7, kind="JPEG"), b"no picture"], ids=["jpeg", "text"])
def test_what_is_no_picture_of_the_bots_is_left_to_simcord(file: bytes) -> None:
    assert as_it_is(file) is None


async def test_an_old_tab_can_tell_that_the_demo_was_restarted(tmp_path: Path) -> None:
    """Its address still opens the page, and what the demo says of itself is another one now."""
    settings = demo.in_demo_folder(load_settings(None, data_dir=tmp_path))
    keys, starts = [], []
    for _ in range(2):
        async with open_stage(settings, 0, fake_services) as stage, aiohttp.ClientSession() as client:
            address, _, key = stage.url.partition("#")
            keys.append(key)
            starts.append(json.loads(await text_of(client, f"{address}easel.json"))["started"])
    assert keys[0] == keys[1]
    assert starts[0] != starts[1]
    assert (settings.data_dir / "page-key").stat().st_mode & 0o077 == 0


async def test_a_command_typed_as_a_message_is_run(tmp_path: Path) -> None:
    """Words and Enter are enough; what cannot be run is hinted at and posted nowhere."""
    settings = demo.in_demo_folder(load_settings(None, data_dir=tmp_path))
    async with open_stage(settings, 0, fake_services) as stage, aiohttp.ClientSession() as client:
        person = Tab(client, stage)
        await person.open()
        receipt = await person.say("/imagine a yellow star images:9")
        assert (receipt["rejected"], receipt["settlement"]) == (False, "settled")
        record = await demo.latest_finished(stage.bot.services, stage.world.members[0].id)
        receipt = await person.say("/imagin a cat")
        assert receipt["rejected"]
        assert receipt["hint"] == "There is no command /imagin. Did you mean /imagine?"
        receipt = await person.say("/mod log")
        assert receipt["hint"].startswith("Discord does not list /mod for you. Choose Mo or Olga")
        receipt = await person.say("cat " * 501)
        assert receipt["hint"] == "A message has at most 2,000 characters; this one has 2,004."
        receipt = await person.say("  ")
        assert receipt["hint"].startswith("Not sent. ")
        said_in_channel = str((await person.state())["messages"])
    assert (record.order.prompt, record.order.images) == ("a yellow star", 9)
    assert "/imagin a cat" not in said_in_channel


async def test_slow_motion_is_a_switch_of_the_page(tmp_path: Path) -> None:
    """On, the pool takes one at a time; the page is told how the switch stands."""

    @asynccontextmanager
    async def services(settings: Settings, posts: Posts) -> AsyncIterator[Services]:
        async with open_services(settings, posts, pool=SlowMotion(FakePool(), seconds=0.0), interval=0.0) as opened:
            yield opened

    settings = demo.in_demo_folder(load_settings(None, data_dir=tmp_path))
    async with open_stage(settings, 0, services) as stage, aiohttp.ClientSession() as client:
        person = Tab(client, stage)
        await person.open()
        assert ([offer.places for offer in stage.bot.services.pool.offers], stage.state()["slow"]) == ([8], False)
        assert (await person.act(kind="easel_slow", on=True))["slow"]
        assert ([offer.places for offer in stage.bot.services.pool.offers], stage.state()["slow"]) == ([1], True)
        assert not (await person.act(kind="easel_slow", on=False))["slow"]


async def test_the_example_is_drawn_shown_and_saved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A member's /imagine goes the whole way; its grid stands in the channel and in the file."""
    settings = demo.in_demo_folder(load_settings(None, data_dir=tmp_path))
    file = tmp_path / "demo-grid.png"
    async with open_stage(settings, 0, fake_services) as stage:
        await demo.draw_example(stage, file)
        message = stage.world.channel.last_message
    assert demo.EXAMPLE_PROMPT in said(message)
    assert message is not None
    assert len(message.attachments) == 1
    assert size_of(file.read_bytes()) == (20, 20)
    assert str(file) in capsys.readouterr().out


async def test_the_example_may_be_cancelled_and_is_not_confused_with_an_older_one(tmp_path: Path) -> None:
    """Waiting ends with the cancelling of what was awaited, not with what was finished before."""
    async with open_services(load_settings(None, data_dir=tmp_path), pool=FakePool()) as services:
        older = await services.generations.open(an_order(seed=1))
        await services.generations.fail(older, "internal", {})
        assert await demo.newest_id(services, ADA) == older
        waiting = asyncio.create_task(demo.latest_finished(services, ADA, after=older))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(waiting), 0.05)
        newer = await services.generations.open(an_order(seed=2))
        await services.generations.record_cancelled(newer)
        assert (await asyncio.wait_for(waiting, 10)).id == newer


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """A file stands in its way: variable, folder and cure instead of a traceback."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match=r"DATA_DIR=.*file.*cannot be made.*Name a folder"):
        demo.in_demo_folder(load_settings(None, data_dir=tmp_path / "file"))


async def test_what_the_bot_does_by_itself_reaches_the_page(tmp_path: Path) -> None:
    """The page's next look shows it, without anyone pressing anything."""
    settings = demo.in_demo_folder(load_settings(None, data_dir=tmp_path))
    async with open_stage(settings, 0, fake_services) as stage, aiohttp.ClientSession() as client:
        person = Tab(client, stage)
        await person.open()
        await stage.act(stage.world.members[1], "imagine", prompt="a yellow star")
        for _ in range(200):
            state = str(await person.state())
            if "Re-roll" in state:
                break
            await asyncio.sleep(0.05)
    assert "a yellow star" in state
    assert "Re-roll" in state


async def test_the_clock_goes_on_while_nobody_does_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the bot posts an hour later, such as a contest's result, says so."""
    later = datetime.now(UTC) + timedelta(hours=1)
    settings = demo.in_demo_folder(load_settings(None, data_dir=tmp_path))
    async with open_stage(settings, 0, fake_services) as stage:
        monkeypatch.setattr(stages, "datetime", SimpleNamespace(now=lambda _: later))
        for _ in range(600):
            if stage._env.now() >= later:
                break
            await asyncio.sleep(0.05)
        posted = await stage.bot.get_partial_messageable(stage.world.channel.id).send("It has ended.")
        assert posted.created_at >= later - timedelta(seconds=1)


async def test_the_history_outlasts_the_demo(tmp_path: Path) -> None:
    """The simulated people have the same ids each time, so what they drew is theirs the next time too."""
    settings = demo.in_demo_folder(load_settings(None, data_dir=tmp_path))
    ids = []
    for _ in range(2):
        async with open_stage(settings, 0, fake_services) as stage:
            ids.append([member.id for member in stage.world.members] + [stage.world.channel.id])
    assert ids[0] == ids[1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_prints_one_address_and_stops_when_told(
    number: signal.Signals, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C and SIGTERM end it cleanly: the port is free again and nothing is left running."""
    settings = load_settings(None, data_dir=tmp_path)
    before = asyncio.all_tasks()
    running = asyncio.create_task(
        demo.run_demo(settings, port=0, open_browser=False, services=fake_services, exhibits=())
    )
    printed = ""
    while "Example" not in printed:
        printed += capsys.readouterr().out
        assert not running.done()
        await asyncio.sleep(0.01)
    os.kill(os.getpid(), number)
    await running
    assert f"Kept in {tmp_path / 'demo'};" in printed
    addresses = re.findall(r"^Easel demo: (http://127\.0\.0\.1:\d+/\S*)$", printed, re.MULTILINE)
    assert len(addresses) == 1
    with pytest.raises(aiohttp.ClientConnectionError):
        async with aiohttp.ClientSession() as client, client.get(addresses[0]):
            pass
    assert asyncio.all_tasks() <= before
    assert (tmp_path / "demo-grid.png").exists()


async def test_a_taken_port_is_named(tmp_path: Path) -> None:
    """Before anything has started, with variable, address and cure."""
    with socket.socket() as taken:
        taken.bind((demo.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=rf"EASEL_DEMO_PORT='{port}'.*127\.0\.0\.1:{port}.*Name another"):
            await demo.run_demo(load_settings(None, data_dir=tmp_path), port=port, open_browser=False)
    assert files_in(tmp_path) == []


async def test_without_a_wish_any_free_port_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """The friendly one where it is free, another where it is not."""
    with socket.socket() as taken:
        taken.bind((demo.HOST, 0))
        taken.listen()
        monkeypatch.setattr(demo, "FRIENDLY_PORT", taken.getsockname()[1])
        assert demo.free_port(None) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")
async def test_the_command_prints_the_address_and_leaves_no_process_behind(tmp_path: Path) -> None:
    """`easel demo` as a process of its own: the address, then SIGTERM, then exit status 0."""
    environment = {
        **os.environ, "DATA_DIR": str(tmp_path), "EASEL_NO_BROWSER": "1", "INFERENCE_URLS": "http://127.0.0.1:9",
    }  # fmt: skip
    environment.pop("EASEL_DEMO_PORT", None)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "demo", stdout=asyncio.subprocess.PIPE, env=environment
    )
    assert process.stdout is not None
    async for line in process.stdout:
        if line.startswith(b"Easel demo: http://127.0.0.1:"):
            break
    else:
        pytest.fail("the demo ended without an address")
    process.terminate()
    await process.communicate()
    assert process.returncode == 0


def test_simcord_is_the_one_that_was_tried() -> None:
    """The demo touches SimCord's insides; another version must be looked at first."""
    assert simcord.__version__ == "3.2.1"


def files_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


class Tab:
    """The page as a browser has it open, without a browser."""

    def __init__(self, client: aiohttp.ClientSession, stage: Stage) -> None:
        self._client = client
        self._address, _, key = stage.url.partition("#")
        self._headers = {"X-Simcord-Capability": key}
        self._sequence = 0

    async def open(self) -> dict[str, Any]:
        async with self._client.post(f"{self._address}api/pages", json={}, headers=self._headers) as answer:
            state: dict[str, Any] = await answer.json()
        self._headers["X-Simcord-Context"] = state["context"]["id"]
        return state

    async def state(self) -> dict[str, Any]:
        async with self._client.get(f"{self._address}api/state", headers=self._headers) as answer:
            state: dict[str, Any] = await answer.json()
        return state

    async def act(self, **body: Any) -> dict[str, Any]:
        async with self._client.post(f"{self._address}api/action", json=body, headers=self._headers) as answer:
            receipt: dict[str, Any] = await answer.json()
        return receipt

    async def say(self, content: str) -> dict[str, Any]:
        state = await self.state()
        receipt = await self.act(
            kind="send_message", content=content, target_id=None, reply_to_id=None, protocol_version=3,
            sequence=self._sequence + 1, request_id=f"request-{content}", generation=state["context"]["generation"],
            bot_generation=state["botGeneration"], published_revision=state["publishedRevision"],
        )  # fmt: skip
        self._sequence = receipt["expectedSequence"]
        return receipt


async def page_state(client: aiohttp.ClientSession, stage: Stage) -> dict[str, Any]:
    return await Tab(client, stage).open()


async def text_of(client: aiohttp.ClientSession, address: str) -> str:
    async with client.get(address) as answer:
        assert answer.status == 200, address
        return await answer.text()
