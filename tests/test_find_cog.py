"""`/mod find` and *Who made this?*: pictures that were saved, changed and posted again."""

import asyncio
import io
from contextlib import suppress
from typing import Any

import discord
import pytest
import simcord
from aiohttp import web
from aiohttp.test_utils import TestServer
from PIL import Image

from benchmarks.find import encoded, made_up
from bot.errors import InvalidOption
from bot.views.cdn import fetch
from tests import bot_fakes
from tests.town import Town, answer, buttons, said


@pytest.fixture(autouse=True)
def paint(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pool draws pictures, because tiles of one colour are like nothing."""
    monkeypatch.setattr(bot_fakes, "tile", lambda seed, side=8, kind="PNG": encoded(made_up(seed), kind))


async def drawn(town: Town, prompt: str = "a cat", **options: Any) -> bytes:
    """Draw one picture of seed 7; returns it as somebody saved it, smaller and as JPEG."""
    await town.imagine(prompt, images=1, seed=7, **options)
    await town.services.note_taker.idle()
    saved = io.BytesIO()
    made_up(7).resize((150, 150)).save(saved, "JPEG", quality=70)
    return saved.getvalue()


async def test_a_moderator_finds_a_picture_that_was_changed(town: Town) -> None:
    """With the way to its entry; what is unlike all is said to be."""
    saved = await drawn(town)
    shown = answer(await town.mo.slash(town.pictures, "mod find", picture=("saved.jpg", saved)))
    assert shown.ephemeral
    assert "1 generation looks like it" in said(shown)
    assert "**a cat**" in said(shown)
    assert buttons(shown) == ["easel:logentry:1"]
    other = encoded(made_up(99))
    assert "No picture of this server's looks like it" in said(
        answer(await town.mo.slash(town.pictures, "mod find", picture=("other.png", other)))
    )


async def test_a_moderator_finds_by_the_link_to_a_message(town: Town) -> None:
    saved = await drawn(town)
    message = await town.bo.send(town.pictures, "look", attachments=[("mine.jpg", saved)])
    link = f"https://discord.com/channels/{town.guild.id}/{town.pictures.id}/{message.id}"
    assert "**a cat**" in said(answer(await town.mo.slash(town.pictures, "mod find", link=link)))


@pytest.mark.parametrize(
    ("link", "told"),
    [
        ("https://example.org/cat.png", "The link must lead to a message of this server"),
        ("http://cdn.discordapp.com/cat.png", "The link must lead to a message of this server"),
        ("https://cdn.discordapp.com.example.org/cat.png", "The link must lead to a message of this server"),
        ("https://discord.com/channels/1/2/3", "This message was not found in this server"),
        ("https://discord.com/channels/@me/2/3", "This message was not found in this server"),
    ],
)
async def test_nothing_is_fetched_from_elsewhere(town: Town, link: str, told: str) -> None:
    before = len(town.env.http_requests)
    assert told in said(answer(await town.mo.slash(town.pictures, "mod find", link=link)))
    assert not [one for one in town.env.http_requests[before:] if "/messages/" in one.path and one.method == "GET"]


async def test_the_link_to_easels_own_message_leads_to_its_entry(town: Town) -> None:
    _, message = await town.imagine("a cat")
    link = f"https://discord.com/channels/{town.guild.id}/{town.pictures.id}/{message.id}"
    assert buttons(answer(await town.mo.slash(town.pictures, "mod find", link=link))) == ["easel:logentry:1"]


async def test_a_message_in_a_channel_that_the_moderator_may_not_read_stays_unread(town: Town) -> None:
    saved = await drawn(town)
    nobody = discord.PermissionOverwrite(view_channel=False, read_message_history=False)
    hidden = town.guild.create_text_channel("hidden", overwrites={town.guild.default_role: nobody})
    there = town.guild.create_text_channel("there")
    owner = simcord.MemberActor(town.env, town.guild, town.guild.owner)
    for channel, told in ((hidden, "was not found in this server"), (there, "**a cat**")):
        message = await owner.send(channel, "look", attachments=[("mine.jpg", saved)])
        link = f"https://discord.com/channels/{town.guild.id}/{channel.id}/{message.id}"
        assert told in said(answer(await town.mo.slash(town.pictures, "mod find", link=link)))


async def test_finding_takes_a_picture_or_a_link_and_the_permission(town: Town) -> None:
    assert "Give a picture or a link." in said(answer(await town.mo.slash(town.pictures, "mod find")))
    text = ("text.png", b"no picture")
    assert "cannot be read" in said(answer(await town.mo.slash(town.pictures, "mod find", picture=text)))


async def test_anybody_asks_for_the_details_of_a_picture_that_they_saved(town: Town) -> None:
    """A strange one, and none at all, are refused with what would do."""
    saved = await drawn(town)
    told = answer(await town.bo.slash(town.pictures, "details", picture=("saved.jpg", saved)))
    assert told.ephemeral
    assert "Picture 1: seed 7" in said(told)
    other = encoded(made_up(99))
    told = answer(await town.bo.slash(town.pictures, "details", picture=("other.png", other)))
    assert "Easel knows no picture like it" in said(told)
    assert "or a picture" in said(answer(await town.bo.slash(town.pictures, "details")))


async def test_anybody_asks_who_made_a_picture_that_was_posted_again(town: Town) -> None:
    """As a member sees it; where it was removed, nobody but moderators hears of it."""
    saved = await drawn(town)
    message = await town.bo.send(town.pictures, "mine!", attachments=[("mine.jpg", saved)])
    told = answer(await town.bo.context_menu(town.pictures, "Who made this?", target=message))
    assert told.ephemeral
    assert "a cat" in said(told)
    await town.mo.slash(town.pictures, "mod remove", generation=1, reason="no")
    refused = answer(await town.bo.context_menu(town.pictures, "Who made this?", target=message))
    assert "Easel knows no picture like it" in said(refused)


async def test_a_transparent_png_of_one_colour_is_no_match(town: Town) -> None:
    await drawn(town)
    plain = io.BytesIO()
    Image.new("RGBA", (64, 64)).save(plain, "PNG")
    shown = answer(await town.mo.slash(town.pictures, "mod find", picture=("clear.png", plain.getvalue())))
    assert "No picture of this server's looks like it" in said(shown)


async def test_a_links_preview_beside_it_hides_no_picture(town: Town) -> None:
    """Discord shows other sites' pictures by an address of its own; nor does a file that is no picture."""
    saved = await drawn(town)
    files = [("odd.png", b"no picture"), ("mine.jpg", saved)]
    message: Any = await town.bo.send(town.pictures, "https://example.org", attachments=files)
    address = "https://images-ext-1.discordapp.net/external/x/https/example.org/cat.png"
    message.embeds = [
        {"type": "link", "url": "https://example.org", "thumbnail": {"url": address, "proxy_url": address}}
    ]
    told = answer(await town.bo.context_menu(town.pictures, "Who made this?", target=message))
    assert "a cat" in said(told)


@pytest.mark.parametrize("announced", [True, False])
async def test_of_a_file_that_is_too_large_no_more_is_read(*, announced: bool) -> None:
    """Whether its size is said beforehand or not; a redirection leads nowhere."""
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse(headers={"Content-Length": str(10**12)} if announced else {})
        await response.prepare(request)
        with suppress(ConnectionError):
            while True:
                await response.write(bytes(10_000))
                sent += 10_000
        return response

    async def away(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/endless"})

    app = web.Application()
    app.add_routes([web.get("/endless", endless), web.get("/away", away)])
    async with TestServer(app) as server:
        with pytest.raises(InvalidOption, match="too_large"):
            await asyncio.wait_for(fetch(str(server.make_url("/endless")), 100_000), 30)
        assert await fetch(str(server.make_url("/away")), 100_000) == b""
