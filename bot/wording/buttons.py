"""What stands on buttons, lists and forms.  Discord takes 80 characters on a button, 45 above a form or its field."""

from typing import Final

from bot.wording.catalogue import later
from bot.wording.reader import say
from bot.wording.terms import picture, place_in_grid

CANCEL: Final = later("Cancel")
UNDO: Final = later("Undo")
UNDO_REMOVAL: Final = later("Undo the removal")
LIFT: Final = later("Lift")
RECORD: Final = later("Record")
CSV: Final = "CSV"
JSON_LINES: Final = later("JSON Lines")
UNDO_REMOVALS: Final = later("Show the removed ones again")
REROLL: Final = later("Re-roll")
REMIX: Final = later("Remix")
SHARE: Final = later("Share")
DETAILS: Final = later("Details")
DOWNLOAD: Final = later("Download")
DELETE: Final = later("Delete")
SPARE: Final = later("Keep")
PICK: Final = later("Pick a picture: upscale, vary, share …")
WHICH: Final = later("Which picture?")
DISCARD: Final = later("Remove this copy")
UNSHARE: Final = later("Take out of the gallery")
COMPLETE: Final = later("Complete")
HIDE: Final = later("Hide")
UNHIDE: Final = later("Unhide")
REPORT: Final = later("Report")
YOUR_OWN: Final = later("Your own")
IN_THIS_SERVER: Final = later("In this server")
USES: Final = {
    "vary": later("vary it"),
    "subtle": later("vary it a little"),
    "strong": later("vary it a lot"),
    "complete": later("keep its upper half, draw the rest"),
}
"""What can be done with a picture that somebody hands in."""
VARY: Final = {
    "subtle": later("Vary a little"),
    "strong": later("Vary a lot"),
    None: later("Vary"),
}

NEWEST: Final = later("Newest")
OTHERS: Final = later("Other ones")
ON_THE_WEB: Final = later("On the web")
OLDER: Final = later("Older")
MORE: Final = later("More")
MOST_VOTES: Final = later("Most votes")
NEXT: Final = later("Next")
OPEN: Final = later("Open")

APPEAL: Final = later("Appeal")
REMOVE: Final = later("Remove")
KEEP: Final = later("Keep")
ALLOW_HERE: Final = later("Allow it here")
ALLOW_ONCE: Final = later("Allow it once")
LEAVE_BLOCKED: Final = later("Leave it blocked")
LEAVE_REMOVED: Final = later("Leave it removed")
TIME_OUT: Final = later("Time out")
BAN: Final = later("Ban")

EVERYWHERE: Final = later("Everywhere")
EVERYBODY: Final = later("Everybody")
NONE: Final = later("None")

# Forms: their titles, and what stands above a field.
REMIX_TITLE: Final = later("Remix")
WHAT_TO_DRAW: Final = later("What to draw")
USE_AS_INPUT_TITLE: Final = later("Use as input")
WHAT_TO_DO: Final = later("What to do with the picture")
WHICH_PICTURE: Final = later("Which picture")
WHAT_TO_LEAVE_OUT: Final = later("What to leave out")
OPTIONS: Final = later("Options")
APPEAL_TITLE: Final = later("Appeal to the moderators")
WHY_ALLOWED: Final = later("Why should it be allowed?")
REPORT_TITLE: Final = later("Report to the moderators")
WHAT_IS_WRONG: Final = later("What is wrong with it?")
TIME_OUT_TITLE: Final = later("Time out from Easel")
BAN_TITLE: Final = later("Ban from Easel")
HOW_LONG: Final = later("How long")
WHY_READ: Final = later("Why; the person reads it")
ALSO_REMOVE: Final = later("Also remove their pictures of the last …")
ONE_DAY: Final = later("1 day")
NOTHING_OR: Final = later("nothing; or for example: 1 day")

TITLES: Final = (REMIX_TITLE, APPEAL_TITLE, REPORT_TITLE, TIME_OUT_TITLE, BAN_TITLE, USE_AS_INPUT_TITLE, WHAT_TO_DRAW,
                 WHAT_TO_DO, WHICH_PICTURE, WHAT_TO_LEAVE_OUT, OPTIONS,
                 WHY_ALLOWED, WHAT_IS_WRONG, HOW_LONG, WHY_READ, ALSO_REMOVE)  # fmt: skip
"""Those of 45 characters at most."""


def upscale(factor: int) -> str:
    return say("Upscale ×{factor}", factor=factor)


def upscale_one(index: int) -> str:
    """As Midjourney taught: U1 enlarges the first picture of a grid, V1 varies it."""
    return f"U{index + 1}"


def vary_one(index: int) -> str:
    return f"V{index + 1}"


def picture_choice(index: int, of: int) -> str:
    return say("{picture}, {place}", picture=picture(index), place=place_in_grid(index, of))


def seed(number: int) -> str:
    return say("seed {number}", number=number)
