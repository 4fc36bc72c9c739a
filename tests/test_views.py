"""Layouts and texts by themselves: what they show, and Discord's limits, whatever they are given."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import discord
import pytest
from discord import ui

from bot.actions.contests import Contest
from bot.actions.ideas import Ideas
from bot.actions.notices import ContestNotice, DigestNotice, SharedNotice, Shown
from bot.actions.setting import SECTIONS, SETTINGS, Scope, SectionName
from bot.database.blocked_terms import BlockedTerm
from bot.database.contests import ContestRecord
from bot.database.favourites import OwnFavourite
from bot.database.guild import Drawing, GuildRecord, Misuse, RoleRule
from bot.database.records import (
    GenerationFilter,
    GenerationRecord,
    ImageRecord,
    Page,
    Removal,
    ShareRecord,
)
from bot.generation.grid import PictureFile
from bot.generation.reply import Result
from bot.orders.command import command_line
from bot.views.contest import ContestLayout, EntriesLayout
from bot.views.details import details
from bot.views.download import packed
from bot.views.favourites import FavouritesLayout, OwnFavouritesLayout
from bot.views.forms import question
from bot.views.gallery import GalleryLayout
from bot.views.history import PER_PAGE, HistoryLayout
from bot.views.ideas import IdeasLayout
from bot.views.modlog import PER_PAGE as LOG_PER_PAGE
from bot.views.modlog import ModLogLayout, opened_entry
from bot.views.notices import NoticeLayout
from bot.views.picture import PictureLayout
from bot.views.press import Press
from bot.views.result import ResultLayout
from bot.views.settings import SettingsLayout
from bot.views.sharing import SharePickerLayout
from bot.views.stand import Stand
from bot.views.status import StatusLayout
from bot.wording import drawing, terms, text
from bot.wording import ideas as idea_words
from inference.contract import ModelDescription, Verdict
from tests.bot_fakes import an_order, tile

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WORST_PROMPT = "*_`~|<>#[]@a.b://" * 80
GRID = PictureFile(tile(1), "png")


def a_record(generation_id: int = 7, prompt: str = "a cat", images: int = 9, **options: Any) -> GenerationRecord:
    pictures = tuple(
        ImageRecord(generation_id, index, f"{index}.png", "", 10 + index, 0.5, 256, 256) for index in range(images)
    )
    return GenerationRecord(
        id=generation_id,
        order=an_order(prompt, images=images, **options),
        status="delivered",
        seed=10,
        created_at=NOW,
        model="builtin",
        verdict=Verdict("flag", "violence", 0.5, "reason"),
        started_at=NOW,
        finished_at=NOW + timedelta(seconds=2.14),
        images=pictures,
    )


def worst_stands() -> list[Stand]:
    """A server that chose all there is, with 25 roles and long words; one of its channels; one of its roles."""
    big = 2**63 - 1
    many = tuple(range(big - 25, big))
    models = tuple(ModelDescription("m" * 90 + str(number), "d" * 200) for number in range(30))
    names = tuple(model.name for model in models[:24])
    drawing = Drawing(
        "strict", 9, 9, spoiler=True, limit_per_person="1000/12 hour", default_guidance=15.0, default_model=names[0],
        models=names,
    )  # fmt: skip
    roles = tuple(RoleRule(role, "later", "1000/12 hour", names) for role in many)
    record = GuildRecord(
        big, many, big, big, gallery_is_public=True, retention_days=3650, drawing=drawing, gallery_channel_id=big,
        digest=True, sharing="opt_out", sharing_role_ids=many, language="pt-BR", roles=roles, misuse=Misuse(20, 24, 40),
    )  # fmt: skip
    terms = tuple(BlockedTerm(number, 1, "w" * 100, "block", 1, NOW) for number in range(500))
    offers = {one.name: tuple((value, False) for value in one.choices) for one in SETTINGS}
    return [
        Stand(record, models=models, terms=terms, offers=offers),
        Stand(drawing, Scope(channel_id=big), models=models, offers=offers),
        Stand(roles[0], Scope(role_id=big), models=models, offers=offers),
    ]


def worst_pages(stand: Stand) -> list[SectionName | None]:
    return [None, *(section for section in SECTIONS if stand.settings(section))]


def worst_layouts() -> list[ui.LayoutView]:
    """Each layout at its fullest, with ids as long as they get."""
    big = 2**63 - 1
    records = [a_record(big - index, WORST_PROMPT) for index in range(max(PER_PAGE, LOG_PER_PAGE))]
    shares = [
        (ShareRecord(big - index, 1, big, record, record.images[index], 10**6, NOW), GRID)
        for index, record in enumerate(records[:4])
    ]
    six = [
        (replace(shares[0][0], id=big - index, generation=a_record(big - index, WORST_PROMPT)), GRID)
        for index in range(6)
    ]
    files = [(share.id, picture) for share, picture in six]
    shown = tuple(Shown(share, GRID, 1, 10**6) for share, _ in six)
    contest = ContestRecord(big, 1, 1, WORST_PROMPT[:200], 1, NOW, NOW, NOW, "voting")
    wanted = GenerationFilter(user_id=big, status="cancelled", category="privacy_deepfake", words=":" * 30)
    return [
        StatusLayout(
            generation_id=big, user_id=big, prompt=WORST_PROMPT, status=drawing.drawing(0.5),
            colour=discord.Colour.red(), preview=discord.File(BytesIO(tile(1)), "preview.webp"),
        ),
        ResultLayout(records[0], GRID, mention=True),
        PictureLayout(records[0], records[0].images[8], GRID, by=big),
        SharePickerLayout(big, tuple(range(9))),
        HistoryLayout([(record, GRID) for record in records[:PER_PAGE]], big, big),
        GalleryLayout(shares, "newest", f"{big}.{big}", f"{big}.{big}", sources={}, viewer_id=big, moderator=True),
        FavouritesLayout(shares, f"{big}.{big}", f"{big}.{big}"),
        IdeasLayout(Ideas((("`*" * 500),) * 3, ("x" * 150,) * 3), idea_words.title(idea_words.VERSIONS)),
        IdeasLayout(Ideas(("x" * 1000,) * 3, ("y" * 1000, "y")), idea_words.title(idea_words.VERSIONS), "z" * 900),
        OwnFavouritesLayout(
            [(OwnFavourite(one, one.images[8]), GRID) for one in records[:4]], f"{big}.8", f"{big}.8", here=True
        ),
        ContestLayout(contest, 10**6),
        EntriesLayout(Contest(contest, tuple(one for one, _ in six), (), None, None), dict(files), 0),
        NoticeLayout(ContestNotice(replace(contest, phase="closed"), 10**6, 10**6, shown[:5]), 2**31 - 1),
        NoticeLayout(DigestNotice(shown[:5], frozenset()), 2**31 - 1),
        NoticeLayout(SharedNotice(shown[0]), 2**31 - 1),
        *(SettingsLayout(stand, section) for stand in worst_stands() for section in worst_pages(stand)),
        ModLogLayout(Page(tuple(records[:LOG_PER_PAGE]), 10**9), wanted, 10**9),
    ]  # fmt: skip


@pytest.mark.parametrize("layout", worst_layouts(), ids=lambda layout: type(layout).__name__)
async def test_layouts_keep_to_discords_limits(layout: ui.LayoutView) -> None:
    """40 components, 4,000 characters, ids of at most 100 characters, none of them twice, nothing that times out."""
    components = list(layout.walk_children())
    ids = [item.custom_id for item in components if isinstance(item, ui.DynamicItem)]
    assert len(components) <= 40
    assert layout.content_length() <= 4000
    assert all(len(custom_id) <= 100 for custom_id in ids)
    assert len(ids) == len(set(ids))
    assert layout.timeout is None
    assert layout.has_components_v2()


@pytest.mark.parametrize("layout", worst_layouts(), ids=lambda layout: type(layout).__name__)
async def test_pictures_say_what_they_are(layout: ui.LayoutView) -> None:
    """Every message with pictures says that a model drew them, and every picture has words for who cannot see it."""
    shown = [one for one in layout.walk_children() if isinstance(one, ui.MediaGallery)]
    words = "".join(one.content for one in layout.walk_children() if isinstance(one, ui.TextDisplay))
    assert all(item.description for gallery in shown for item in gallery.items)
    assert (drawing.ai_made() in words) == bool(shown)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("a cat", "a cat"),
        ("a\n\n b\t c", "a b c"),
        ("**a** _b_", r"\*\*a\*\* \_b\_"),
        ("<@1> <t:0>", "\\<@\u200b1\\> \\<t:0\\>"),
        ("\u202etac", "tac"),
        ("https://a.b/||c||", r"https\://a\.b/\|\|c\|\|"),
        ("join discord.gg/abc now", r"join discord\.gg/abc now"),
        ("[cats](https://a.b)", r"\[cats\](https\://a\.b)"),
        ("@everyone ＠here a@b", "@\u200beveryone ＠\u200bhere a@\u200bb"),
        ("# A 16:9 picture, 3.5 cats. So?", r"\# A 16:9 picture, 3\.5 cats. So?"),
        ("- a", r"\- a"),
        ("חתול", "חתול"),
        ("x" * 301, "x" * 299 + "…"),
    ],
)
def test_prompts_are_made_plain(given: str, shown: str) -> None:
    """One line, no live markdown, link, invite or mention, a limit."""
    assert text.plain(given) == shown


def test_a_code_block_cannot_be_left() -> None:
    """Backticks of the prompt do not end it."""
    assert text.code("a``` **b**", 100).count("```") == 2


@pytest.mark.parametrize(
    ("index", "count", "name"),
    [(0, 1, "the only one"), (3, 4, "bottom right"), (4, 9, "middle"), (2, 3, "row 2, column 1")],
)
def test_pictures_have_names_by_their_place(index: int, count: int, name: str) -> None:
    """People can talk about them."""
    assert terms.place_in_grid(index, count) == name


def test_alt_text_has_discords_length() -> None:
    """1,024 characters at most, the picture's number first."""
    assert terms.alt_text("a cat", 1) == "Picture 2: a cat"
    assert len(terms.alt_text("x" * 2000, 1)) == 1024


def test_a_category_is_no_name_of_the_programs() -> None:
    """Words as people say them, also for categories to come."""
    assert terms.category("violence_gore") == "violence and gore"
    assert terms.category("something_new") == "something new"


def test_an_end_is_a_date_with_what_is_left() -> None:
    """Discord shows <t:…:R> as "in 10 minutes", which follows no "until"."""
    assert terms.until(NOW) == "until <t:1767225600:f> (<t:1767225600:R>)"


@pytest.mark.parametrize(
    ("duration", "words"),
    [(0.04, "0.0 s"), (3.14159, "3.1 s"), (59.9, "59.9 s"), (59.96, "1 min 0 s"), (75, "1 min 15 s")],
)
def test_durations_are_worded(duration: float, words: str) -> None:
    """Seconds, then minutes."""
    assert terms.seconds(duration) == words


@pytest.mark.parametrize(("done", "words"), [(-1, "0 %"), (0.5, "▰▰▰▰▰▰▱▱▱▱▱▱ 50 %"), (2, "100 %")])
def test_progress_is_drawn(done: float, words: str) -> None:
    """Never less than nothing or more than all."""
    assert text.progress_bar(done).endswith(words)


def test_the_place_in_the_queue_is_worded() -> None:
    """The first is next; an unknown wait is not guessed."""
    assert drawing.waiting(1, None) == "🕓 Next in the queue"
    assert drawing.waiting(2, 12.04) == "🕓 Number 2 in the queue · about 12 s"
    assert drawing.waiting(2, 59.7) == "🕓 Number 2 in the queue · about 1 min 0 s"
    assert drawing.waiting(3, 75.0) == "🕓 Number 3 in the queue · about 1 min 15 s"


def test_the_command_that_repeats_it_names_what_was_given() -> None:
    """Options that were left to the model are left to it again."""
    record = a_record(prompt="a cat", images=4, temperature=0.5)
    assert command_line(record.order, 10, 4) == "/imagine prompt:a cat images:4 seed:10 temperature:0.5"


def test_what_cannot_be_repeated_by_a_command_is_not_offered() -> None:
    """A variation starts from a picture, and a prompt that was cut is another prompt."""
    assert "To repeat it" in details(a_record(images=4), verdict=False)
    assert "To repeat it" not in details(a_record(images=4, kind="vary", strength=0.5), verdict=False)
    assert "To repeat it" not in details(a_record(prompt="x" * 1000, negative_prompt="y" * 900), verdict=False)


def test_the_logs_opened_entry_tells_all_and_fits_the_message() -> None:
    """Verdict, error and nine removals with reasons made of marks: 4,000 characters at most."""
    big = 2**63 - 1
    gone = Removal(NOW, big, "*" * 400)
    record = a_record(big, "*" * 1000, negative_prompt="*" * 1000, temperature=0.123456789)
    worst = replace(
        record,
        images=tuple(replace(image, removal=gone, seed=2**32) for image in record.images),
        verdict=Verdict("block", "c" * 40, 0.5, "_" * 900),
        error_code="out_of_memory",
        error_data={"message": "_" * 900},
        removal=gone,
        model="m" * 100,
    )
    told = opened_entry(worst)
    assert len(told) <= 4000
    for words in ("Filter's reason: ", r"Error **out\_of\_memory**", "Removed by", "Picture 1 removed by"):
        assert words in told


def test_details_show_what_the_model_filled_in() -> None:
    """Beside the seed that draws it again; nine of them still fit beside the longest of everything else."""
    record = a_record(images=2)
    filled = replace(record, images=(record.images[0], replace(record.images[1], filled="on a beige background")))
    assert "Picture 1: seed 10 · 256 × 256\n" in details(filled, verdict=False)
    assert "Picture 2: seed 11 · 256 × 256 · “on a beige background”" in details(filled, verdict=False)
    worst = a_record(2**63 - 1, "*" * 1000, negative_prompt="*" * 1000, temperature=0.123456789)
    images = tuple(replace(image, filled="_" * 200, seed=2**32 - 1) for image in worst.images)
    assert len(details(replace(worst, images=images), verdict=True)) <= 4000


def test_details_show_a_variations_origin_and_hide_the_verdict_of_others() -> None:
    """Parent and strength belong to the story; the verdict does to owner and moderators."""
    record = a_record(images=1, kind="vary", parent_id=3, strength=0.5)
    assert "Strength **0.5** · Parent **3**" in details(record, verdict=False)
    assert "Filter" not in details(record, verdict=False)
    assert "Filter: **flagged** (violence, 0.5)" in details(record, verdict=True)


def said_by(layout: ui.LayoutView) -> str:
    return "\n".join(item.content for item in layout.walk_children() if isinstance(item, ui.TextDisplay))


def test_a_result_says_what_of_its_prompt_was_otherwise() -> None:
    """In the small print, with their marks disarmed, and not too many of them."""
    spelled, flags = (("castel", "castle"), ("hosre", "horse")), ("--v 6", "--tile")
    result = Result(a_record(), (), GRID, ("pepe", "*bold*"), spelled, flags)
    shown = said_by(ResultLayout.of(result))
    assert "-# I don't know “pepe” or “\\*bold\\*”: I drew something like it, or left it out." in shown
    assert "-# I read “castel” as “castle”, “hosre” as “horse”." in shown
    assert "-# I can't do --v 6, --tile, so I left those out." in shown
    assert "I can't do --v 6, so I left that out." in drawing.ignored(flags[:1])
    assert drawing.unknown_words(["a" * 99]).count("a") < 40
    assert "k9" not in drawing.unknown_words([f"k{number}" for number in range(10)])
    assert "I don't know" not in said_by(ResultLayout(a_record(), GRID))


def test_a_result_in_a_direct_message_offers_no_sharing() -> None:
    """There is no gallery there."""
    record = a_record(images=4)
    private = replace(record, order=replace(record.order, requester=replace(record.order.requester, guild_id=None)))
    ids = [item.custom_id for item in ResultLayout(private, GRID).walk_children() if isinstance(item, Press)]
    assert not any("share" in custom_id for custom_id in ids)


def test_every_list_says_what_it_is_about() -> None:
    """Where nothing is chosen in it Discord would say "Make a selection", in its own words."""
    controls = [
        part.item for layout in worst_layouts() for part in layout.walk_children() if isinstance(part, ui.DynamicItem)
    ]
    lists = [item for item in controls if isinstance(item, ui.Select | ui.RoleSelect | ui.ChannelSelect)]
    assert len(lists) > 20
    assert [item.custom_id for item in lists if not item.placeholder] == []


def test_a_field_of_one_line_is_given_one() -> None:
    """Discord refuses a form where a line break stands in one; longer fields keep theirs."""
    short, long = (question("What", "what", default="a\ncat", long=long).component for long in (False, True))
    assert (short.default, long.default) == ("a cat", "a\ncat")  # type: ignore[attr-defined]


def test_each_fact_beside_the_pictures_has_one_line() -> None:
    """In the text file of a download."""
    with ZipFile(BytesIO(packed(a_record(prompt="a cat\non a mat", negative_prompt="a\r\ndog"), []))) as archive:
        lines = archive.read("easel-7.txt").decode().splitlines()
    assert any(line.endswith(": a cat on a mat") for line in lines)
    assert any(line.endswith(": a dog") for line in lines)
