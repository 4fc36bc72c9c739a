"""What is said in a server's gallery, of shared pictures and of favourites."""

from datetime import datetime
from typing import Final

from bot.wording.catalogue import later
from bot.wording.drawing import ai_made, by, searched, seed
from bot.wording.reader import reader, say
from bot.wording.text import relative

TITLES: Final = {
    "newest": later("Gallery · newest"), "top": later("Gallery · most votes"), "day": later("Gallery · best of today"),
    "week": later("Gallery · best of this week"), "random": later("Gallery · by chance"),
    "mine": later("Gallery · yours"),
}  # fmt: skip
NO_READER: Final = later("No drawing server can read what words mean just now, so these hold the words themselves.")
EMPTY: Final = later("Nothing is shared yet. Press *Share* below one of your pictures.")
FAVOURITES: Final = later("Your favourites in this server")
NO_FAVOURITES: Final = later("You have no favourites here yet. Press ⭐ below a picture in `/gallery`.")
OWN_FAVOURITES: Final = later("Favourites of your own")
NO_OWN_FAVOURITES: Final = later(
    "You have no favourites among your own pictures yet. Pick a picture of a grid and press ⭐."
)
KEPT: Final = later("It is among your `/favourites` now.")
NOT_KEPT: Final = later("It is no longer among your `/favourites`.")
UNSHARED: Final = later("Taken out of the gallery.")
SHARE_ONE: Final = later("Share a picture with its prompt in this server's gallery.")


def heading(way: str, words: str | None, *, empty: bool) -> str:
    if words:
        title = say("Gallery · “{words}”", words=reader().form.quote(words))
        return f"### {title}" + (f"\n{say('Nothing here is like that.')}" if empty else "")
    return f"### {say(TITLES[way])}" + (f"\n{say(EMPTY)}" if empty else "")


def favourites_heading(words: str | None = None, *, empty: bool) -> str:
    if words:
        return searched(FAVOURITES, words, empty=empty)
    return say(NO_FAVOURITES) if empty else f"### {say(FAVOURITES)}"


def about(user_id: int, when: datetime, *more: str) -> str:
    return f"-# {' · '.join([by(user_id), relative(when), *more, ai_made()])}"


def made_from(user_id: int) -> str:
    return say("made from a picture by {person}", person=reader().form.person(user_id))


def own_favourites_heading(words: str | None = None, *, empty: bool) -> str:
    if words:
        return searched(OWN_FAVOURITES, words, empty=empty)
    return say(NO_OWN_FAVOURITES) if empty else f"### {say(OWN_FAVOURITES)}"


def own_about(when: datetime, seed_number: int) -> str:
    return f"-# {relative(when)} · {seed(seed_number)} · {ai_made()}"


def shared(index: int, *, already: bool = False) -> str:
    if already:
        return say("Picture {number} is in the gallery already: see `/gallery`.", number=index + 1)
    return say("Picture {number} is in the gallery now: see `/gallery`.", number=index + 1)
