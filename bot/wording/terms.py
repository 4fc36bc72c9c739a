"""Words and small parts of sentences that many places share: categories, states, places, numbers of things.

In: names and numbers of the program.  Out: how people call them, in the reader's language.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from bot.wording.catalogue import SECONDS, later
from bot.wording.reader import count, reader, say
from bot.wording.text import MAX_ALT_TEXT, grid_place, one_line, relative, shorten

CATEGORIES: Final = {
    "hate_harassment": later("hate or harassment"),
    "violence_gore": later("violence and gore"),
    "sexual": later("sexual content"),
    "self_harm": later("self-harm"),
    "minors": later("sexual content about minors"),
    "illegal": later("illegal acts"),
    "privacy_deepfake": later("private matters and deepfakes"),
    "shocking": later("shocking things"),
    "real_people": later("real people in sexual or degrading scenes"),
    "mass_harm": later("weapons of mass harm"),
    "nudity": later("nudity"),
    "suggestive": later("suggestive pictures"),
    "gore": later("blood and gore in pictures"),
    "server_words": later("words that this server blocks"),
    "unreadable": later("what the filter cannot read"),
    "other": later("other things"),
}
"""What the filter finds."""
STATUSES: Final = {
    "checking": later("being checked"),
    "queued": later("waiting"),
    "running": later("being drawn"),
    "delivering": later("being delivered"),
    "delivered": later("delivered"),
    "blocked": later("blocked"),
    "cancelled": later("cancelled"),
    "failed": later("failed"),
    "expired": later("waits in history"),
    "flagged": later("flagged"),
    "removed": later("removed"),
}
"""Where a request stands."""
ACTIONS: Final = {
    "allow": later("allowed"),
    "flag": later("flagged"),
    "blur": later("covered"),
    "hold": later("held back"),
    "block": later("blocked"),
}
"""What the filter does."""
SANCTIONS: Final = {"timeout": later("timeout"), "ban": later("ban")}
KINDS: Final = {
    "imagine": later("new"),
    "reroll": later("re-roll"),
    "vary": later("variation"),
    "complete": later("completion"),
    "remix": later("remix"),
    "upscale": later("upscaled copy"),
}
"""What a generation came from."""
REVIEWS: Final = {
    "misuse": later("Unusual activity"),
    "report": later("Reported"),
    "appeal": later("Appealed"),
    "held": later("Held back"),
    "flag": later("Flagged by the filter"),
}
"""Why something waits for moderators."""
OUTCOMES: Final = {
    "kept": later("kept"), "once": later("allowed once"), "removed": later("removed"), "": later("open"),
}  # fmt: skip
"""What they decided."""
ACTS: Final = {
    "remove": later("removal"),
    "restore": later("restored"),
    "timeout": later("timeout"),
    "ban": later("ban"),
    "lift": later("lifted"),
    "unshare": later("taken out of the gallery"),
    "block_sharing": later("kept from sharing"),
    "allow_sharing": later("may share again"),
    "contest": later("contest begun"),
    "cancel_contest": later("contest called off"),
    "cancel": later("cancelled"),
    "discard": later("copy removed"),
    "cover": later("put behind a cover"),
    "uncover": later("cover taken off"),
    "settings": later("settings"),
    "block_term": later("word blocked"),
    "allow_term": later("word allowed"),
    "review_keep": later("review: kept"),
    "review_once": later("review: allowed once"),
    "review_remove": later("review: removed"),
    "review_undo": later("review: undone"),
    "export": later("export"),
    "style": later("style saved"),
    "style_delete": later("style deleted"),
    "style_usual": later("usual style chosen"),
}
"""What the audit log keeps."""
_PLACES: Final = {
    1: (later("the only one"),),
    4: (later("top left"), later("top right"), later("bottom left"), later("bottom right")),
    9: (
        later("top left"), later("top"), later("top right"), later("left"), later("middle"), later("right"),
        later("bottom left"), later("bottom"), later("bottom right"),
    ),
}  # fmt: skip


def category(name: str) -> str:
    """The filter's word for what it found, as people say it: "violence_gore" → "violence and gore"."""
    return named(CATEGORIES, name)


def status(name: str) -> str:
    return named(STATUSES, name)


def action(name: str) -> str:
    return named(ACTIONS, name)


def sanction(kind: str) -> str:
    return named(SANCTIONS, kind)


def kind(name: str) -> str:
    return named(KINDS, name)


def review(kind: str) -> str:
    return named(REVIEWS, kind)


def outcome(name: str | None) -> str:
    return named(OUTCOMES, name or "")


def act(name: str) -> str:
    return named(ACTS, name)


def named(names: Mapping[str, str], name: str) -> str:
    """What has no words of its own yet is said by its name."""
    return say(names[name]) if name in names else name.replace("_", " ")


def place_in_grid(index: int, count: int) -> str:
    """Where a picture stands, so that people can talk about it: 0 of 4 → "top left"."""
    if count in _PLACES:
        return say(_PLACES[count][index])
    row, column = grid_place(index, count)
    return say("row {row}, column {column}", row=row, column=column)


def pictures(number: int) -> str:
    return count("{number} picture", "{number} pictures", number)


def generations(number: int) -> str:
    return count("{number} generation", "{number} generations", number)


def requests(number: int) -> str:
    return count("{number} request", "{number} requests", number)


def picture(index: int) -> str:
    """`index` counts from 0, people from 1."""
    return say("Picture {number}", number=index + 1)


def alt_text(prompt: str, index: int | None = None) -> str:
    """What a screen reader says for a picture."""
    start = "" if index is None else f"{picture(index)}: "
    return shorten(start + one_line(prompt), MAX_ALT_TEXT)


def until(when: datetime) -> str:
    """An end as a date with what is left until then: "until 3 May 2026 12:00 (in 2 hours)"."""
    return say("until {date} ({when})", date=f"<t:{int(when.timestamp())}:f>", when=relative(when))


def day(of: date) -> str:
    """ "Nov 2", "2. Nov." """
    return reader().day(of)


def size(written: str) -> str:
    """ "512x384", as one types it, → "512 × 384", as one reads it."""
    return written.replace("x", " × ")


def seconds(duration: float) -> str:
    """3.14159 → "3.1 s", 75 → "1 min 15 s"."""
    return reader().seconds(duration)


def estimate(duration: float) -> str:
    """12.4 → "12 s": no tenths where nobody knows them, and never less than a second."""
    whole = max(1, round(duration))
    return say(SECONDS, number=whole) if whole < 60 else seconds(whole)
