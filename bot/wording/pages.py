"""What the web pages say beside what stands in their templates: what a form did, names of tabs and fields, errors.

Out: sentences by their codes, for `say`.
"""

from typing import Final

from bot.wording.catalogue import later
from bot.wording.moderating import REPORTED
from bot.wording.reader import say

DONE: Final = {
    "reported": later("Thank you. The server's moderators will look at it, and you will hear what they decide."),
    "reported-more": REPORTED["more"],
    "reported-before": REPORTED["before"],
    "entered": later("It is your entry."),
    "voted": later("Your vote counts. You may give it to another one until the contest ends."),
    "unshared": later("It is out of the gallery."),
    "removed": later("Removed, here and in Discord."),
    "removed-here": later(
        "Removed here. Discord did not let the bot take every message down; please delete what is left."
    ),
    "restored": later("Shown again. A message that was deleted in Discord does not come back."),
    "timeout": later("Timed out. They read the reason when they ask for something."),
    "ban": later("Banned from Easel. They read the reason when they ask for something."),
    "lifted": later("They may use Easel again."),
    "lifted-restored": later("They may use Easel again, and what was removed with it is shown again."),
    "lifted-alone": later("They may use Easel again. Nothing that was removed with it is left to show again."),
    "all-restored": later("What was removed with it is shown again. Messages deleted in Discord do not come back."),
    "saved": later("Saved."),
    "word-added": later("The word counts from now on."),
    "word-removed": later("The word counts no more."),
}
"""What the form did that led here, by the name in the address."""
DECIDED: Final = {
    "keep": later("Request {number}: kept."),
    "remove": later("Request {number}: removed."),
    "allow": later("Request {number}: allowed here."),
    "once": later("Request {number}: allowed once."),
    "leave": later("Request {number}: left blocked."),
    "leave-removed": later("Request {number}: left removed."),
}
"""What was decided in the review queue, as the button said it, by the name in the address."""
SORTS: Final = {"new": later("New"), "top": later("Top"), "random": later("Random")}
TABS: Final = (
    ("log", later("Request log")), ("review", later("Review")), ("sanctions", later("Sanctions")),
    ("words", later("Blocked words")), ("audit", later("Audit log")), ("stats", later("Statistics")),
    ("settings", later("Settings")),
)  # fmt: skip
FIELDS: Final = {
    "images": later("Pictures"),
    "kind": later("Made as"),
    "negative_prompt": later("Without"),
    "private": later("Private"),
    "drawn_in": later("Drawn in"),
    "error": later("Error"),
}
FILTERS: Final = {
    "person": later("Person"), "channel": later("Channel"), "status": later("Status"), "category": later("Category"),
}  # fmt: skip
"""Filters of the request log that people also spell into its search."""
DURATIONS: Final = (
    later("10 minutes"), later("1 hour"), later("12 hours"), later("1 day"), later("1 week"), later("30 days"),
)  # fmt: skip
REMOVALS: Final = (
    ("", later("nothing")), ("1 hour", later("the last hour")), ("1 day", later("the last day")),
    ("7 days", later("the last week")),
)  # fmt: skip
DIRECT_MESSAGE: Final = later("direct message")
YES: Final = later("yes")
FILE_GONE: Final = later("file is gone")
IN_FORCE: Final = later("in force")
OVER: Final = later("over")
LIFTED: Final = later("lifted")
REPLACED: Final = later("replaced")

NOT_FROM_HERE: Final = later("This login was not begun in this browser, or took too long. Please try again.")
NOT_CONFIRMED: Final = later("Discord did not confirm the login. Please try again.")
NOT_CONNECTED: Final = later("The bot is not connected to Discord yet. Please try again in a minute.")
NOBODY: Final = later("Nobody of that name lives in the demo.")
LOGGED_OUT: Final = later("You are not logged in any more. Please log in and try again.")
NO_PAGE: Final = later("There is no such page, or it is not for you to see.")
ELSEWHERE: Final = later("The demo answers on this machine's own address alone.")
OTHER_SITE: Final = later("This form was sent from another site. Please open the page here and try again.")
STATUS: Final = {
    400: later("That did not work"),
    401: later("Please log in"),
    403: later("That is not for you to do"),
    404: later("Not found"),
    429: later("Too many for now"),
    500: later("Something broke"),
    503: later("Not just now"),
}
"""The title of a page that says what went wrong, by HTTP's number."""


def done(name: str) -> str | None:
    return say(DONE[name]) if name in DONE else None


def title(status: int) -> str:
    return say(STATUS.get(status, STATUS[400]))
