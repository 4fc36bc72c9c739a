"""What moderators narrow the request log by, as buttons keep it in their ids and messages say it.

In: a `GenerationFilter`.  Out: the fields of an id, and the filter from them.  Times are whole minutes since 1970, the
score is in hundredths.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, Literal, Protocol, get_args

from bot.database.records import GenerationFilter, Status
from bot.wording import moderating
from inference.contract import ALWAYS_BLOCKED, PICTURE_CATEGORIES, PROMPT_CATEGORIES

MAX_WORDS: Final = 30  # a button's id, which holds the filter, takes 100 characters
CATEGORIES: Final = (*ALWAYS_BLOCKED, *PROMPT_CATEGORIES, *PICTURE_CATEGORIES, "server_words", "unreadable")
Shown = Literal[Status, "flagged"]
STATUSES: Final[tuple[Shown, ...]] = get_args(Shown)
Fields = tuple[int | None, int | None, Shown | None, str | None, int | None, int | None, int | None, str | None]


class Filtering(Protocol):
    """A button whose id holds a filter, in these fields."""

    user_id: int | None
    channel_id: int | None
    status: Shown | None
    category: str | None
    since: int | None
    until: int | None
    score: int | None
    words: str | None


def in_id(wanted: GenerationFilter) -> Fields:
    """In the order of `Filtering`."""
    status: Shown | None = "flagged" if wanted.flagged else wanted.status
    score = None if wanted.score is None else round(100 * wanted.score)
    times = (minutes(wanted.since), minutes(wanted.until))
    return wanted.user_id, wanted.channel_id, status, wanted.category, *times, score, wanted.words


def out_of_id(button: Filtering) -> GenerationFilter:
    asked = asked_for(button.user_id, button.status, button.category, button.words)
    score = None if button.score is None else button.score / 100
    since, until = moment(button.since), moment(button.until)
    return replace(asked, channel_id=button.channel_id, since=since, until=until, score=score)


def asked_for(user_id: int | None, status: Shown | None, category: str | None, words: str | None) -> GenerationFilter:
    """ "flagged" is no status of a request: it is what the filter flagged or blocked, drawn or not."""
    return GenerationFilter(
        user_id=user_id, status=None if status == "flagged" else status, flagged=status == "flagged" or None,
        category=category, words=words,
    )  # fmt: skip


def minutes(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp()) // 60


def moment(minutes: int | None) -> datetime | None:
    return None if minutes is None else datetime.fromtimestamp(60 * minutes, UTC)


def described(wanted: GenerationFilter) -> str:
    """The filter in words."""
    return moderating.filtered(
        user_id=wanted.user_id, channel_id=wanted.channel_id, flagged=bool(wanted.flagged), state=wanted.status,
        found=wanted.category, since=wanted.since, until=wanted.until, score=wanted.score, words=wanted.words,
    )  # fmt: skip
