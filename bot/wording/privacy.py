"""What `/privacy` says: what is kept of a person, why and how long, and what becomes of it."""

from typing import Final

from bot.wording.catalogue import later
from bot.wording.reader import count, say

TITLE: Final = later("What Easel keeps of you")
KINDS: Final = {
    "generations": later("Requests, with their pictures"),
    "shares": later("Shared pictures"),
    "votes": later("Votes"),
    "favourites": later("Favourites"),
    "reports": later("Reports and appeals"),
    "sanctions": later("Sanctions"),
}
WHY: Final = later(
    "Your requests are kept so that you find your pictures again (`/history`), and so that moderators can look into "
    "misuse: those of a server read what was asked for in it. They are used for nothing else: no model is trained with "
    "them. Easel reads no messages."
)
SHARED_UNLESS: Final = later(
    "The best picture of each grid comes into this server's gallery, unless you take it out there, or order with "
    "`private` or `spoiler`."
)
FOR_GOOD: Final = later("They are kept until you delete them.")
TAKE_AWAY: Final = later("Take everything away")
ERASE: Final = later("Erase everything …")
ERASE_TITLE: Final = later("Erase everything")
CONFIRM: Final = later("Write “{word}” to erase it for good")
WORD: Final = later("erase")
WHAT_GOES: Final = later(
    "Prompts, pictures and their messages, shares, votes, favourites, logins: in all servers, for good. What "
    "moderators have still to decide stays until then, without your name; a sanction that is in force stays."
)
UNDER_WAY: Final = later(
    "Your data is being erased. There is much of it, or Discord takes its time: it goes on by itself, and you need not "
    "ask again."
)
TAKEN_AWAY: Final = later("This is everything, in {parts}: `data.json` in the last one, and your pictures.")

SANCTION_STAYS: Final = later(
    "A ban, a time-out or a ban on sharing of yours is in force: it stays, with your id and its reason, in the audit "
    "log too, until it ends or is lifted, and is erased then."
)

TITLES: Final = (ERASE_TITLE,)
"""Those of 45 characters at most."""


def kept_for(days: int | None) -> str:
    """For how long, in this server."""
    if days is None:
        return say(FOR_GOOD)
    return count(
        "In this server they are forgotten after {number} day, but for what you share.",
        "In this server they are forgotten after {number} days, but for what you share.",
        days,
    )


def confirm() -> str:
    return say(CONFIRM, word=say(WORD))


def taken_away(parts: int, too_large: int) -> str:
    told = say(TAKEN_AWAY, parts=count("{number} file", "{number} files", parts))
    if not too_large:
        return told
    return f"{told} " + count(
        "{number} picture is too large for Discord.", "{number} pictures are too large for Discord.", too_large
    )


def erased(generations: int, kept: int, *, sanctioned: bool) -> str:
    told = count("{number} request of yours is erased.", "{number} requests of yours are erased.", generations - kept)
    if kept:
        told += " " + count(
            "{number} stays without your name until moderators have decided about it.",
            "{number} stay without your name until moderators have decided about them.",
            kept,
        )
    if sanctioned:
        told += " " + say(SANCTION_STAYS)
    return told
