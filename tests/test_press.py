"""Buttons as declared: their ids, and that every id which Easel ever wrote still finds its button."""

import importlib
import pkgutil
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from discord import ui
from hypothesis import given
from hypothesis import strategies as st

import bot.views
from bot.client import Bot
from bot.config import load_settings
from bot.database.records import GenerationFilter
from bot.errors import InvalidOption
from bot.views.client import BotInteraction
from bot.views.custom_id import MAX_LENGTH, to_base36, unwritten
from bot.views.filters import CATEGORIES, MAX_WORDS, asked_for
from bot.views.modlog import LogPage, narrowed
from bot.views.press import Press, declared
from tests.test_views import worst_layouts

BIG = 2**63 - 1

# Ids that stand in messages since Easel 0.1, with the fields that they stand for.  Lines are added, never changed.
POSTED: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("easel:pick:7:2", "Pick", {"generation_id": 7, "index": 2}),
    ("easel:choose:7", "PickOne", {"generation_id": 7}),
    ("easel:upscale:7:0", "Upscale", {"generation_id": 7, "index": 0, "factor": None}),
    ("easel:upscale:7:0:2", "Upscale", {"generation_id": 7, "index": 0, "factor": 2}),
    ("easel:vary:7:8", "Vary", {"generation_id": 7, "index": 8, "strength": None}),
    ("easel:vary:7:8:strong", "Vary", {"generation_id": 7, "index": 8, "strength": "strong"}),
    ("easel:zip:7", "DownloadAll", {"generation_id": 7}),
    ("easel:share:7:8", "Share", {"generation_id": 7, "index": 8}),
    ("easel:discard:7:8:1001", "Discard", {"generation_id": 7, "index": 8, "by": 1001}),
    ("easel:sharepick:7", "SharePicker", {"generation_id": 7}),
    ("easel:unshare:3", "Unshare", {"share_id": 3}),
    ("easel:reroll:7", "Reroll", {"generation_id": 7}),
    ("easel:remix:7", "Remix", {"generation_id": 7, "index": None}),
    ("easel:remix:7:2", "Remix", {"generation_id": 7, "index": 2}),
    ("easel:shareany:7", "ShareAny", {"generation_id": 7}),
    ("easel:details:7", "Details", {"generation_id": 7}),
    ("easel:delete:7", "Delete", {"generation_id": 7}),
    ("easel:erase:7", "DeleteForGood", {"generation_id": 7}),
    ("easel:spare:7", "Spare", {"generation_id": 7}),
    ("easel:set:max_images:", "Choose", {"name": "max_images", "channel_id": None}),
    ("easel:set:level:2n9c", "Choose", {"name": "level", "channel_id": 123456}),
    ("easel:set:priority::2n9c", "Choose", {"name": "priority", "channel_id": None, "role_id": 123456}),
    ("easel:setopen:", "OpenSection", {"channel_id": None}),
    ("easel:setopen:2n9c", "OpenSection", {"channel_id": 123456}),
    ("easel:setfor:role", "Narrow", {"kind": "role"}),
    ("easel:setwords:block", "EditWords", {"action": "block"}),
    ("easel:mydata:erase", "OwnData", {"act": "erase"}),
    ("easel:cancel:7", "Cancel", {"generation_id": 7}),
    ("easel:history:", "HistoryPage", {"before": None}),
    ("easel:history:123", "HistoryPage", {"before": 123}),
    ("easel:gallery:newest:", "GalleryPage", {"order": "newest", "cursor": None}),
    ("easel:gallery:top:3.17", "GalleryPage", {"order": "top", "cursor": "3.17"}),
    ("easel:gallery:meaning:4:a cat: red", "GalleryPage", {"order": "meaning", "cursor": "4", "words": "a cat: red"}),
    ("easel:vote:3:top:3.17", "Vote", {"share_id": 3, "order": "top", "cursor": "3.17", "votes": 0}),
    ("easel:favour:3", "Favour", {"share_id": 3}),
    ("easel:favourites:", "FavouritesPage", {"cursor": None}),
    ("easel:favourites:3.17", "FavouritesPage", {"cursor": "3.17"}),
    ("easel:heart:3", "Heart", {"share_id": 3}),
    ("easel:reticence:digest", "Reticence", {"where": "digest"}),
    ("easel:enter:7", "Enter", {"contest_id": 7}),
    ("easel:enterpick:7", "EnterPicker", {"contest_id": 7}),
    ("easel:entries:2n9c:5", "Entries", {"contest_id": 123456, "first": 5}),
    ("easel:castvote:7:2n9c:0", "CastVote", {"contest_id": 7, "share_id": 123456, "first": 0}),
    ("easel:modlog:::::", "ModLogPage", {"before": None, "wanted": GenerationFilter()}),
    (
        "easel:modlog:2n9c:1y2p0ij32e8e7:done:violence:a:b 7:z", "ModLogPage",
        {
            "before": 123456,
            "wanted": GenerationFilter(user_id=BIG, status="delivered", category="violence", words="a:b 7:z"),
        },
    ),
    ("easel:modlog.2:::::::::", "LogPage", {"before": None, "wanted": GenerationFilter()}),
    (
        "easel:modlog.2:2n9c:rt:16:flagged:sexual:hjb1c:hjkuo:1e:a:b 7:z", "LogPage",
        {
            "before": 123456,
            "wanted": GenerationFilter(
                user_id=1001, channel_id=42, flagged=True, category="sexual", since=datetime(2026, 1, 1, 8, tzinfo=UTC),
                until=datetime(2026, 1, 10, 4, tzinfo=UTC), score=0.5, words="a:b 7:z",
            ),
        },
    ),
    (
        "easel:logfile:csv:rt:16:flagged:sexual:hjb1c:hjkuo:1e:a:b 7:z", "LogFile",
        {"form": "csv", "user_id": 1001, "channel_id": 42, "status": "flagged", "score": 50, "words": "a:b 7:z"},
    ),
    ("easel:audit:::", "AuditPage", {"before": None, "actor_id": None, "action": None, "user_id": None}),
    ("easel:audit:2n9c:rt:ban", "AuditPage", {"before": 123456, "actor_id": 1001, "action": "ban", "until": None}),
    (
        "easel:audit:2n9c:rt:ban:16:hjb1c:hjkuo", "AuditPage",
        {"user_id": 42, "since": 29454240, "until": 29466960},
    ),
    ("easel:undoremovals:rt:7", "UndoRemovals", {"user_id": 1001, "sanction_id": 7}),
    ("easel:lift:rt", "Lift", {"user_id": 1001}),
    ("easel:record:rt", "PersonRecord", {"user_id": 1001}),
    ("easel:takeback:7", "TakeBack", {"generation_id": 7}),
    ("easel:logentry:7", "LogEntry", {"generation_id": 7}),
    ("easel:remove:7", "Remove", {"generation_id": 7}),
    ("easel:restore:7:", "ShowAgain", {"generation_id": 7, "index": None}),
    ("easel:restore:7:2", "ShowAgain", {"generation_id": 7, "index": 2}),
    ("easel:open:7:2", "OpenPicture", {"generation_id": 7, "index": 2}),
    ("easel:complete:7:2", "Complete", {"generation_id": 7, "index": 2}),
    ("easel:keeppic:7:2", "Keep", {"generation_id": 7, "index": 2}),
    ("easel:original:7:2", "Original", {"generation_id": 7, "index": 2}),
    ("easel:idea:2", "DrawIdea", {"number": 2}),
    ("easel:cover:7", "Cover", {"generation_id": 7}),
    ("easel:report:7", "Report", {"generation_id": 7}),
    ("easel:ownfavourites:", "OwnFavouritesPage", {"cursor": None}),
    ("easel:ownfavourites:7.2", "OwnFavouritesPage", {"cursor": "7.2"}),
)  # fmt: skip


@cache
def import_views() -> None:
    for module in pkgutil.iter_modules(bot.views.__path__):
        importlib.import_module(f"bot.views.{module.name}")


def found(custom_id: str) -> Press:
    """The button as discord.py finds it: by the one template that the id matches."""
    import_views()
    ((kind, match),) = (
        (kind, match)
        for kind in declared()
        if kind.__module__.startswith("bot.") and (match := kind.__discord_ui_compiled_template__.fullmatch(custom_id))
    )
    return kind.from_match(match)


@pytest.mark.parametrize(("custom_id", "name", "fields"), POSTED, ids=[custom_id for custom_id, _, _ in POSTED])
def test_buttons_of_messages_already_posted_are_found(custom_id: str, name: str, fields: dict[str, Any]) -> None:
    """Exactly one button answers to an old id, knows what it stands for, and is written the same today."""
    button = found(custom_id)
    assert type(button).__name__ == name
    assert {field: getattr(button, field) for field in fields} == fields
    assert button.custom_id == custom_id


async def test_every_button_of_every_view_is_registered(tmp_path: Path) -> None:
    """Also one of a file that no command names."""
    import_views()
    ours = {kind for kind in declared() if kind.__module__.startswith("bot.")}
    async with Bot(load_settings(None, data_dir=tmp_path), sync="never") as client:
        await client.setup_hook()
        registered = set(client._connection._view_store._dynamic_items.values())
        assert ours <= registered
    assert {name for _, name, _ in POSTED} <= {kind.__name__ for kind in ours}


async def test_every_button_is_rebuilt_from_its_id() -> None:
    """What a button is after a restart is what it was before."""
    for layout in worst_layouts():
        for item in layout.walk_children():
            if isinstance(item, Press):
                assert found(item.custom_id).custom_id == item.custom_id


MOMENTS = st.none() | st.datetimes(datetime(2026, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(
    words=st.text(max_size=MAX_WORDS), category=st.none() | st.sampled_from(CATEGORIES),
    channel_id=st.none() | st.integers(0, BIG), since=MOMENTS, until=MOMENTS, score=st.none() | st.floats(0, 1),
    flagged=st.booleans(),
)  # fmt: skip
def test_the_logs_buttons_hold_the_whole_filter(
    words: str, category: str | None, channel_id: int | None, since: datetime | None, until: datetime | None,
    score: float | None, flagged: bool,
) -> None:  # fmt: skip
    """Whatever the words are, colons, spaces and line breaks included, in ids that Discord takes; or it is refused."""
    asked = asked_for(BIG, "flagged" if flagged else "cancelled", category, words or None)
    try:
        wanted = narrowed(asked, channel_id, since, until, score)
    except InvalidOption as error:
        assert error.problem == "too_many_filters"  # noqa: PT017  # only some examples are too long
        assert channel_id is not None or len(words) + len(category or "") > 40
        return
    button = LogPage.of(wanted, 2**40)
    again = found(button.custom_id)
    assert isinstance(again, LogPage)
    assert (again.wanted, again.before) == (wanted, 2**40)
    assert len(button.custom_id) <= MAX_LENGTH


@pytest.mark.parametrize("number", [0, 1, 35, 36, 2**63 - 1])
def test_base_36(number: int) -> None:
    """Python reads back what is written."""
    assert int(to_base36(number), 36) == number


class Plain(Press):
    """Shared by the examples; has no id of its own."""

    def control(self) -> ui.Button[Any]:
        return ui.Button(label="Example")

    async def press(self, interaction: BotInteraction) -> None:
        raise NotImplementedError


class Example(Plain, verb="example", version=2):
    """One field of each sort."""

    kind: Literal["a", "b"]
    name: str
    size: int | None = None
    label: str = unwritten(default="")


def test_a_later_version_says_so_and_a_field_added_later_may_be_missing() -> None:
    """Ids of before stay readable; what only the look depends on is not written."""
    assert Example("a", "x", label="Press me").custom_id == "easel:example.2:a:x"
    assert Example("b", "", 12).custom_id == "easel:example.2:b::12"
    match = Example.__discord_ui_compiled_template__.fullmatch("easel:example.2:a:x")
    assert match is not None
    assert (Example.from_match(match).size, Example.from_match(match).name) == (None, "x")
    assert Example.__discord_ui_compiled_template__.fullmatch("easel:example:a:x") is None


def test_what_no_id_can_hold_is_refused_when_it_is_written() -> None:
    """Before Discord refuses the whole message."""
    with pytest.raises(ValueError, match="at most 100"):
        Example("a", "x" * 100)
    with pytest.raises(ValueError, match="only the last field"):
        Example("a", "x:y")


def test_a_field_that_no_id_can_hold_is_refused_when_it_is_declared() -> None:
    """A new kind of field needs its way of being written first."""
    with pytest.raises(TypeError, match=r"Wrong\.ratio"):

        class Wrong(Plain, verb="wrong"):
            ratio: Annotated[float, "a share"]
