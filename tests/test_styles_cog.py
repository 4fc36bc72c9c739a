"""/style and /imagine style:…, as people meet them."""

import json
from typing import Any

import pytest
import simcord

from bot.actions.actor import Actor
from bot.actions.styles import as_file, drawn_with
from bot.database.erasure_requests import ErasureRequests
from bot.database.personal import PersonalData
from bot.database.records import Style
from bot.database.styles import MOST
from bot.errors import InvalidOption
from tests.town import Town, answer, button, buttons, said


async def style(town: Town, who: simcord.MemberActor, command: str, **options: Any) -> Any:
    return answer(await who.slash(town.pictures, f"style {command}", **options))


async def test_a_style_adds_its_words(town: Town) -> None:
    """Before and after the prompt, and to what is left out; what the order says itself counts first."""
    told = await style(
        town,
        town.ada,
        "create",
        name="Ink",
        prefix="ink drawing of",
        suffix="on  paper",
        negative="colour",
        guidance=4.0,
    )
    assert told.ephemeral
    assert "**Ink** “ink drawing of …” · “… on paper” · without colour · Guidance 4" in said(told)
    await town.imagine("a cat --no a dog", style="ink", images=1)
    request = town.pool.requests[-1]
    assert (request.prompt, request.negative_prompt) == ("ink drawing of a cat on paper", "a dog, colour")
    assert request.guidance_scale == 4.0
    await town.imagine("a cat", style="ink", guidance=2.0, images=1)
    assert town.pool.requests[-1].guidance_scale == 2.0


async def test_what_a_style_adds_is_judged_with_the_prompt(town: Town) -> None:
    """And so is what it leaves out: a style is no way around the filter."""
    town.pool.block("gore", "violence_gore")
    await style(town, town.ada, "create", name="Dark", suffix="with much gore")
    refused = await town.ada.slash(town.pictures, "imagine", prompt="a cat", style="dark")
    await town.settled()
    record = await town.newest()
    assert (record.status, record.order.prompt) == ("blocked", "a cat with much gore")
    assert town.pool.requests == []
    assert f"easel:appeal:{record.id}" in buttons(answer(refused))
    assert town.pool.checked[-1] == "a cat with much gore"


async def test_a_remix_is_judged_anew(town: Town) -> None:
    """Whatever the first prompt was."""
    town.pool.block("gore", "violence_gore")
    first, message = await town.imagine("a cat", images=1)
    shown = await town.bo.click(message, custom_id=f"easel:remix:{first.id}")
    await town.bo.submit_modal(shown, {"prompt": "a cat, gore", "negative": ""})
    await town.settled()
    record = await town.newest()
    assert (record.order.kind, record.status) == ("remix", "blocked")


async def test_a_style_is_named_behind_the_prompt(town: Town) -> None:
    """For habit's sake, wherever a prompt is typed; the option counts before the flag."""
    await style(town, town.ada, "create", name="Old Ink", prefix="ink drawing of", guidance=4.0)
    await style(town, town.ada, "create", name="Noir", suffix="in black and white")
    record, message = await town.imagine("a cat --style old ink --seed 7", images=1)
    assert (town.pool.requests[-1].prompt, town.pool.requests[-1].seed) == ("ink drawing of a cat", 7)
    assert town.pool.requests[-1].guidance_scale == 4.0
    assert "style Old Ink" in said(message)
    await town.imagine("a cat --style old ink", style="Noir", images=1)
    assert town.pool.requests[-1].prompt == "a cat in black and white"
    form = await town.ada.click(message, custom_id=f"easel:remix:{record.id}")
    await town.ada.submit_modal(form, {"prompt": "a dog --style noir", "negative": ""})
    remixed, _ = await town.finished()
    assert (remixed.order.prompt, remixed.order.style) == ("a dog in black and white", "Noir")
    shown = answer(await town.ada.slash(town.pictures, "enhance", prompt="a red heart --style noir"))
    await town.ada.click(shown, custom_id=button(shown, "idea"))
    enhanced, _ = await town.finished()
    assert enhanced.order.prompt.endswith("in black and white")
    refused = answer(await town.ada.slash(town.pictures, "imagine", prompt="a cat --style pop"))
    assert "There is no style of this name" in said(refused)


async def test_a_usual_style_counts_where_none_is_named(town: Town) -> None:
    """A server's for its members, one's own before it; not for remixed words, and not where none is wanted."""
    await style(town, town.olga, "create", name="House", suffix="in oil", for_server=True)
    refused = await style(town, town.ada, "usual", name="House", for_server=True)
    assert "You need the permission" in said(refused)
    assert "There is no style of this name" in said(await style(town, town.ada, "usual", name="House"))
    told = await style(town, town.olga, "usual", name="house", for_server=True)
    assert "**house** is drawn with unless another is named" in said(told)
    first, message = await town.imagine("a cat", images=1)
    assert (first.order.prompt, first.order.style) == ("a cat in oil", "House")
    await style(town, town.ada, "create", name="Ink", prefix="ink drawing of", guidance=4.0)
    await style(town, town.ada, "usual", name="Ink")
    await town.restart()
    assert "**Ink** is drawn with unless" in said(await style(town, town.ada, "list"))
    await town.imagine("a dog", images=1)
    assert (town.pool.requests[-1].prompt, town.pool.requests[-1].guidance_scale) == ("ink drawing of a dog", 4.0)
    await town.imagine("a dog --style none", images=1)
    assert town.pool.requests[-1].prompt == "a dog"
    await town.imagine("a cow", style="None", images=1)
    assert town.pool.requests[-1].prompt == "a cow"
    choices = await town.ada.autocomplete(town.pictures, "imagine", "style", "", prompt="a cat")
    assert [choice["value"] for choice in choices] == ["Ink", "House", "none"]
    form = await town.ada.click(message, custom_id=f"easel:remix:{first.id}")
    await town.ada.submit_modal(form, {"prompt": "a cow in oil", "negative": ""})
    remixed, _ = await town.finished()
    assert (remixed.order.prompt, remixed.order.style) == ("a cow in oil", None)
    assert "nothing is added unless" in said(await style(town, town.ada, "usual"))
    assert (await town.imagine("a pig", images=1))[0].order.prompt == "a pig in oil"
    audit = await town.services.audit_log.page(town.guild.id)
    assert [(one.action, one.why) for one in audit.records] == [("style_usual", "House"), ("style", "House")]


async def test_a_servers_styles_are_its_managers(town: Town) -> None:
    """Everybody draws with them; only a manager makes and deletes them, which is in the audit log."""
    olga = town.olga
    refused = await style(town, town.ada, "create", name="House", prefix="a house", for_server=True)
    assert "You need the permission" in said(refused)
    await style(town, olga, "create", name="House", prefix="watercolour of", for_server=True)
    assert "Styles of this server" in said(await style(town, town.bo, "list"))
    await town.restart()
    await town.imagine("a cat", style="House", who=town.bo, images=1)
    assert town.pool.requests[-1].prompt == "watercolour of a cat"
    assert "You need the permission" in said(await style(town, town.bo, "delete", name="House", for_server=True))
    assert "is deleted" in said(await style(town, olga, "delete", name="house", for_server=True))
    audit = await town.services.audit_log.page(town.guild.id)
    assert [(one.action, one.why) for one in audit.records] == [("style_delete", "House"), ("style", "House")]


async def test_ones_own_style_is_ones_own(town: Town) -> None:
    """Others neither see it nor draw with it, and in the list of choices it comes first."""
    await style(town, town.ada, "create", name="Ink", prefix="ink drawing of")
    assert "There are no styles yet" in said(await style(town, town.bo, "list"))
    refused = await town.bo.slash(town.pictures, "imagine", prompt="a cat", style="Ink")
    assert "There is no style of this name" in said(answer(refused))
    choices = await town.ada.autocomplete(town.pictures, "imagine", "style", "in", prompt="a cat")
    assert [choice["value"] for choice in choices] == ["Ink"]
    assert "There is no style of this name" in said(await style(town, town.bo, "delete", name="Ink"))
    await style(town, town.ada, "create", name="INK", prefix="pen drawing of")
    assert said(await style(town, town.ada, "list")).count("drawing of") == 1


async def test_styles_travel_as_a_file(town: Town) -> None:
    """What one person takes away, another adds."""
    await style(town, town.ada, "create", name="Ink", prefix="ink drawing of", negative="colour")
    handed = await style(town, town.ada, "export")
    (attachment,) = handed.attachments
    data = await attachment.read()
    assert json.loads(data)["styles"][0]["name"] == "Ink"
    assert "Added 1 style." in said(await style(town, town.bo, "import", file=("easel-styles.json", data)))
    await town.imagine("a cat", style="Ink", who=town.bo, images=1)
    assert town.pool.requests[-1].prompt == "ink drawing of a cat"
    assert "There is no style" in said(await style(town, town.mo, "export"))


async def test_a_style_says_how_to_draw(town: Town) -> None:
    """Every number that an order may have; what the order says itself counts first."""
    numbers = {"temperature": 0.7, "top_k": 64, "top_p": 0.9}
    told = await style(town, town.ada, "create", name="Calm", guidance=4.0, **numbers)
    assert "**Calm** Guidance 4 · Temperature 0.7 · Top k 64 · Top p 0.9" in said(told)
    await town.imagine("a cat --top_p 0.5", style="Calm", images=1)
    request = town.pool.requests[-1]
    assert (request.guidance_scale, request.temperature, request.top_k, request.top_p) == (4.0, 0.7, 64, 0.5)
    data = await (await style(town, town.ada, "export")).attachments[0].read()
    await style(town, town.bo, "import", file=("easel-styles.json", data))
    await town.imagine("a cat", style="Calm", who=town.bo, images=1)
    assert town.pool.requests[-1].top_p == 0.9


async def test_a_style_to_delete_is_suggested(town: Town) -> None:
    """One's own, or, where the server's are asked for, those."""
    await style(town, town.ada, "create", name="Ink", prefix="ink drawing of")
    await style(town, town.olga, "create", name="House", prefix="watercolour of", for_server=True)
    own = await town.ada.autocomplete(town.pictures, "style delete", "name", "")
    servers = await town.ada.autocomplete(town.pictures, "style delete", "name", "h", for_server=True)
    assert [[one["value"] for one in found] for found in (own, servers)] == [["Ink"], ["House"]]


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"{}", b'{"styles": []}', b'{"styles": [{"name": 7}]}', b'{"styles": [{"what": "x"}]}', b"\xff",
     b"[" * 199_000,
     b'{"styles": [{"name": "a", "prefix": "b", "guidance_scale": "high"}]}',
     b'{"styles": [{"name": "a", "prefix": "b", "top_k": 2.5}]}', b'{"styles": [{"name": "a", "top_p": true}]}'],
)  # fmt: skip
async def test_a_file_that_is_none_is_refused(town: Town, data: bytes) -> None:
    """In words, whatever is wrong with it."""
    told = await style(town, town.ada, "import", file=("x.json", data))
    assert "This is no file of styles" in said(told)


async def test_styles_have_limits(town: Town) -> None:
    """Of number, of length, and of emptiness; nothing is kept of a file of which something is wrong."""
    styles, actor = town.services.styles, Actor(town.ada.id, town.guild.id)
    with pytest.raises(InvalidOption, match="empty_style"):
        await styles.put(actor, Style("Nothing"), for_server=False)
    with pytest.raises(InvalidOption, match="out_of_range"):
        await styles.put(actor, Style("Much", guidance_scale=99.0), for_server=False)
    with pytest.raises(InvalidOption, match="out_of_range"):
        await styles.put(actor, Style("Little", top_p=0.0), for_server=False)
    for suffix, problem in (("at night --foo 3", "unknown_flag"), ("at night --style Ink", "style_in_style")):
        with pytest.raises(InvalidOption, match=problem):
            await styles.put(actor, Style("Flagged", suffix=suffix), for_server=False)
    wrong = as_file([Style("A", "a"), Style("B", "b" * 301)])
    with pytest.raises(InvalidOption, match="too_long"):
        await styles.hand_in(actor, wrong, for_server=False)
    assert await styles.own(actor) == ()
    await styles.hand_in(actor, as_file([Style(str(n), "x") for n in range(MOST)]), for_server=False)
    with pytest.raises(InvalidOption, match="too_many"):
        await styles.put(actor, Style("One more", "x"), for_server=False)
    await styles.drop(actor, "7", for_server=False)
    with pytest.raises(InvalidOption, match="too_many"):  # for the second of the two
        await styles.hand_in(actor, as_file([Style("One more", "x"), Style("Two more", "x")]), for_server=False)
    assert {style.name for style in await styles.own(actor)} == {str(n) for n in range(MOST) if n != 7}


def test_a_style_leaves_the_order_its_say() -> None:
    """Only where it says nothing does the style."""
    assert drawn_with(Style("a", suffix="at night"), {"seed": 1}, " a cat ") == ("a cat at night", {"seed": 1})
    _, said_with = drawn_with(Style("a", guidance_scale=4.0), {"guidance_scale": 2.0}, "a cat")
    assert said_with["guidance_scale"] == 2.0
    usual = Style("a", suffix="at night --n 1 --model small --no cars", negative_prompt="birds")
    drawn = {"images": 9, "model": "small", "negative_prompt": "trees, birds, cars"}
    assert drawn_with(usual, {"images": 9, "negative_prompt": "trees"}, "a cat") == ("a cat at night", drawn)
    assert drawn_with(Style("a", suffix="--old words"), {}, "a cat") == ("a cat --old words", {})


@pytest.mark.parametrize(
    ("prefix", "suffix", "words"),
    [("", ", at night", "a cat, at night"), ("oil", "; at night", "oil a cat; at night"), (", oil", "", ", oil a cat")],
)
def test_what_goes_on_with_a_comma_stands_close(prefix: str, suffix: str, words: str) -> None:
    """As one writes it; nobody wants "a cat , at night"."""
    assert drawn_with(Style("a", prefix, suffix), {}, "a cat") == (words, {})


async def test_styles_go_with_their_person(town: Town) -> None:
    """Erasing somebody's data takes their own styles, and their name off the server's."""
    await style(town, town.ada, "create", name="Ink", prefix="ink drawing of")
    await town.services.styles.put(
        Actor(town.ada.id, town.guild.id, permissions=frozenset(("manage_guild",))),
        Style("House", "x"),
        for_server=True,
    )
    personal = PersonalData(town.services.database)
    assert {row["name"] for row in dict([one async for one in personal.listed(town.ada.id)])["styles"]} == {
        "Ink",
        "House",
    }
    await ErasureRequests(town.services.database).ask(town.ada.id)
    assert dict([one async for one in personal.listed(town.ada.id)])["styles"] == []
    assert [one.name for one in await town.services.styles.servers(Actor(town.bo.id, town.guild.id))] == ["House"]
