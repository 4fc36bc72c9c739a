"""Whole conversations in each language: what one person reads in theirs, what everybody reads in the server's."""

import io
from dataclasses import replace
from datetime import date
from typing import Any, Final

import discord
import pytest
import simcord.actors
import simcord.interactions
from PIL import Image, ImageFont

from bot.database.statistics import Day, PersonCount, Report
from bot.errors import PromptBlocked
from bot.views import chart
from bot.wording import about, buttons, drawing, terms
from bot.wording.catalogue import Sentences, known_languages
from bot.wording.phrases import PROBLEMS
from bot.wording.reader import reading
from bot.wording.render import explain
from docs.collect_messages import collected
from tests.test_views import worst_layouts
from tests.town import Town, answer, parts, said

LOCALES: Final = ("de", "fr", "es-ES", "pt-BR", "ja")
SHOWN: Final = ("content", "label", "placeholder", "description", "title")
OPEN_ENDED: Final = 12  # characters; shorter English words may stand in another language by chance


@pytest.fixture
def locale(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Everybody's Discord is in this language."""
    speak(monkeypatch, request.param)
    return str(request.param)


def speak(monkeypatch: pytest.MonkeyPatch, locale: str) -> None:
    """The stand-in for Discord knows only English speakers."""
    real = simcord.interactions.base_payload

    def spoken(*given: Any, **named: Any) -> Any:
        record, payload = real(*given, **named)
        return record, {**payload, "locale": locale}

    for module in (simcord.interactions, simcord.actors):
        if hasattr(module, "base_payload"):
            monkeypatch.setattr(module, "base_payload", spoken)


def words_of(message: Any) -> list[str]:
    """Every piece of text of a message that people see."""
    found = [part[name] for part in parts(message) for name in SHOWN if isinstance(part.get(name), str)]
    options = [option for part in parts(message) for option in part.get("options", ())]
    return [message.content, *found, *(option["label"] for option in options)]


def english_in(message: Any, locale: str) -> list[str]:
    """English sentences that are said otherwise in this language."""
    sentences, shown = Sentences(locale), "\n".join(words_of(message))
    known = [
        one.id for one in collected() if isinstance(one.id, str) and "{" not in one.id and len(one.id) > OPEN_ENDED
    ]
    return [one for one in known if sentences.as_it_is(one) != one and one in shown]


@pytest.mark.parametrize("locale", LOCALES, indirect=True)
async def test_a_whole_imagine_is_in_ones_language(town: Town, locale: str) -> None:
    """Waiting, drawing, the result with its buttons, one picture of it."""
    s = Sentences(locale)
    town.pool.capacity = 0
    await town.ada.slash(town.pictures, "imagine", prompt="a red heart", seed=7)
    waiting = await town.shown(s.say("Next in the queue"))
    assert s.say(buttons.CANCEL) in words_of(waiting)
    town.pool.hold_after_preview()
    town.pool.capacity = 1
    drawn = await town.shown(s.say("Drawing"))
    assert english_in(drawn, locale) == []
    town.pool.release()
    record, message = await town.finished()
    assert s.say("seed {number}", number=7) in said(message)
    assert s.say("by {person}", person=f"<@{town.ada.id}>") in said(message)
    for label in (buttons.REROLL, buttons.REMIX, buttons.SHARE, buttons.DETAILS, buttons.DOWNLOAD, buttons.PICK):
        assert s.say(label) in words_of(message)
    assert english_in(message, locale) == []
    one = await town.pick(message, 0)
    assert s.say("Picture {number} of {total}", number=1, total=4) in said(one)
    assert english_in(one, locale) == []
    told = answer(await town.ada.click(message, custom_id=f"easel:details:{record.id}"))
    assert s.say(drawing.OPTIONS["prompt"]) in said(told)
    assert english_in(told, locale) == []


async def test_numbers_and_commands_are_written_as_in_ones_discord(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """A decimal comma where there is one, and the command to repeat by the names that one would type."""
    speak(monkeypatch, "de")
    record, message = await town.imagine("a cat", guidance=3.5, seed=7, images=1)
    told = said(answer(await town.ada.click(message, custom_id=f"easel:details:{record.id}")))
    assert "Prompttreue **3,5**" in told
    assert "/imagine prompt:a cat bilder:1 seed:7 prompttreue:3.5" in told


@pytest.mark.parametrize("locale", LOCALES, indirect=True)
async def test_a_refusal_is_in_ones_language(town: Town, locale: str) -> None:
    """With the category's name and the way to appeal, and where an option is wrong."""
    s = Sentences(locale)
    town.pool.block("gore", "violence_gore")
    result = await town.ada.slash(town.pictures, "imagine", prompt="some gore")
    await town.settled()
    refused = answer(result)
    named = s.say("violence and gore")
    with reading(locale):
        told = explain(PromptBlocked("violence_gore"))
    assert told in said(refused)
    assert named in told
    assert s.say(buttons.APPEAL) in words_of(refused)
    assert english_in(refused, locale) == []
    wrong = answer(await town.ada.slash(town.pictures, "imagine", prompt="a cat --sead 7"))
    assert s.say(PROBLEMS["misspelt_flag"], flag="--sead", near="--seed", flags="").split("--")[0] in said(wrong)
    assert english_in(wrong, locale) == []


@pytest.mark.parametrize("locale", LOCALES, indirect=True)
async def test_help_is_in_ones_language_and_short_enough(town: Town, locale: str) -> None:
    """All of it, to a moderator too: 4,000 characters."""
    s = Sentences(locale)
    told = answer(await town.mo.slash(town.pictures, "help"))
    assert all(s.say(part) in said(told) for part in (*about.HELP, about.HELP_MODERATORS))
    assert english_in(told, locale) == []
    assert len(said(told)) + len(s.say(about.HELP_MANAGERS)) <= 4000


@pytest.mark.parametrize("locale", LOCALES)
async def test_layouts_keep_to_discords_limits_in_every_language(locale: str) -> None:
    """4,000 characters in all, 80 on a button, 100 in a list, 150 above one."""
    with reading(locale):
        layouts = worst_layouts()
    for layout in layouts:
        assert layout.content_length() <= 4000
        for part in layout.walk_children():
            control = getattr(part, "item", part)
            if isinstance(control, discord.ui.Button):
                assert len(control.label or "") <= 80
            if isinstance(control, discord.ui.Select):
                assert len(control.placeholder or "") <= 150
                assert all(len(one.label) <= 100 and len(one.description or "") <= 100 for one in control.options)


async def test_what_everybody_reads_is_in_the_servers_language(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """As its managers chose; what one person reads alone stays in theirs."""
    speak(monkeypatch, "de")
    settings = town.services.guild_settings
    await settings.set(replace(await settings.get(town.guild.id), language="ja"), town.mo.id)
    record, message = await town.imagine(seed=7)
    assert "シード 7" in said(message)
    assert Sentences("ja").say(buttons.REROLL) in words_of(message)
    told = answer(await town.ada.click(message, custom_id=f"easel:details:{record.id}"))
    assert "Seed 7" in said(told) or "Auftrag" in said(told)
    await town.ada.click(message, custom_id=f"easel:reroll:{record.id}")
    _, again = await town.finished()
    assert "描き直し" in said(again)
    await town.ada.click(message, custom_id=f"easel:cover:{record.id}")
    covered = next(one for one in town.messages() if one.id == message.id)
    assert Sentences("ja").say(buttons.UNHIDE) in words_of(covered)


async def test_what_one_person_reads_alone_is_in_theirs(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """A private answer, from the first word to an upscaled copy, whatever the server speaks."""
    speak(monkeypatch, "fr")
    settings = town.services.guild_settings
    await settings.set(replace(await settings.get(town.guild.id), language="de"), town.mo.id)
    french, german = Sentences("fr"), Sentences("de")
    town.pool.hold_after_preview()
    result = await town.ada.slash(town.pictures, "imagine", prompt="a house", images=1, private=True)
    await town.until(lambda: french.say("Drawing") in said(answer(result)))
    assert french.say(buttons.CANCEL) in words_of(answer(result))
    town.pool.release()
    await town.settled()
    record = await town.newest()
    for shown in (
        answer(result),
        answer(await town.ada.click(answer(result), custom_id=f"easel:upscale:{record.id}:0:4")),
    ):
        assert french.say("AI-generated") in said(shown)
        assert german.say("AI-generated") not in said(shown)


async def test_a_language_that_easel_does_not_speak_is_answered_in_english(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    speak(monkeypatch, "pl")
    assert said(answer(await town.ada.slash(town.pictures, "help"))).startswith("### Easel draws what you describe")


def test_a_chart_is_written_with_letters_that_its_font_has() -> None:
    """In Japanese by the program's own names; boxes would tell nothing."""
    assert chart._written("Gewalt und Blut", "violence gore") == "Gewalt und Blut"
    assert chart._written("scènes dégradantes", "real people") == "scenes degradantes"
    assert chart._written("暴力や流血", "violence gore") == "violence gore"


def _report(categories: tuple[str, ...]) -> Report:
    days = (Day(date(2026, 5, 1), 9, 3, 1), Day(date(2026, 5, 2), 4, 0, 0))
    counts = tuple((category, place + 1) for place, category in enumerate(categories))
    return Report(days, counts, (), (PersonCount(1, "ada", 12345, 0),), None, None, None)


@pytest.mark.parametrize("language", known_languages())
@pytest.mark.parametrize("category", terms.CATEGORIES)
def test_every_category_is_written_whole_in_the_charts(language: str, category: str) -> None:
    """Inside the picture, in every language, with room for the bars."""
    with reading(language):
        picture = Image.open(io.BytesIO(chart.drawn(_report((category,)))))
        name = terms.category(category)
    margin = picture.crop((0, 280, 8, picture.height)).convert("L")
    assert margin.getextrema() == (255, 255)
    assert ImageFont.load_default(16).getlength(name) < chart.WIDTH / 2
