"""What is said about contests, shared pictures that are posted, and the week's digest.

In: how things stand.  Out: sentences for the reader of the moment.
"""

from datetime import datetime
from typing import Final, Literal

from bot.wording.catalogue import later
from bot.wording.reader import count, reader, say

Phase = Literal["entries", "voting", "closed", "cancelled"]

ENTER: Final = later("Enter")
SEE_ENTRIES: Final = later("See the entries")
SEE_AND_VOTE: Final = later("See and vote")
VOTE_FOR_THIS: Final = later("Vote for this")
YOUR_ENTRY: Final = later("Your entry")
CALL_OFF: Final = later("Call it off")
YOUR_VOTE: Final = later("Your vote")
MORE_ENTRIES: Final = later("More entries")
CHOOSE_PICTURE: Final = later("Choose a picture")

NOTHING_TO_ENTER: Final = later(
    "You have no picture in this gallery yet. Draw one, press *Share* below it, then enter it here."
)
WHICH_ENTRY: Final = later("Which of your shared pictures? It takes the place of an earlier entry of yours.")
NO_CONTEST: Final = later("There is no contest here yet. Managers begin one with `/contest start`.")
NO_ENTRIES: Final = later("No entries yet.")
HOW_TO_ENTER: Final = later("Draw something, press *Share* below it, then *Enter* here.")
CALLED_OFF: Final = later("It was called off.")
DO_NOT_NAME_ME: Final = later("Name me, or not")
DIGEST: Final = later("What this server liked best this week")
SOMEBODY: Final = later("by somebody who prefers not to be named")
PREVIEW_DIGEST: Final = later("Preview the digest")
UNNAMED: Final = later("The weekly digest shows your pictures without your name from now on.")
NAMED: Final = later("The weekly digest names you again.")


def digest_preview(due: datetime, channel_id: int | None, *, empty: bool) -> str:
    """Before the next digest, to a manager."""
    if channel_id is None:
        told = say("None goes out: the digest is switched off, or no gallery channel is chosen.")
    else:
        form = reader().form
        told = say(
            "The next digest goes out {when} in {channel}.", when=form.relative(due), channel=form.channel(channel_id)
        )
    if empty:
        return f"{told} {say('Nobody has voted for a picture of this week yet; without votes there is no digest.')}"
    return f"{told} {say('It would say now:')}"


def contest_title(theme: str) -> str:
    return say("Contest: {theme}", theme=reader().form.quote(theme))


def call_off(theme: str) -> str:
    """To be confirmed."""
    quoted = reader().form.quote(theme)
    return say("Call off “{theme}”? It ends without a result, and everybody hears of it.", theme=quoted)


def contest_phase(phase: Phase, voting_at: datetime, ends_at: datetime) -> str:
    """What one can do now, and until when."""
    relative = reader().form.relative
    if phase == "entries":
        return say(
            "Enter one of your shared pictures. Voting begins {voting} and ends {end}.",
            voting=relative(voting_at), end=relative(ends_at),
        )  # fmt: skip
    if phase == "voting":
        when = relative(ends_at)
        return say("Vote for the entry that you like best. It ends {end}; until then nobody sees the votes.", end=when)
    return say(CALLED_OFF) if phase == "cancelled" else say("It ended {end}.", end=relative(ends_at))


def entries(number: int) -> str:
    return count("{number} entry", "{number} entries", number) if number else say(NO_ENTRIES)


def votes(number: int) -> str:
    return count("{number} vote", "{number} votes", number)


def ballot(number: int, *, voted: bool) -> str:
    """After a press on the heart."""
    told = say("You voted for it.") if voted else say("Your vote is taken back.")
    return f"{told} ❤️ {votes(number)}"


def result(entered: int, voters: int, winners: int) -> str:
    """The line before the first places."""
    if not entered:
        return say("It has ended without an entry.")
    if not winners:
        return say("It has ended, and nobody voted.")
    counted = count("{number} vote was cast.", "{number} votes were cast.", voters)
    if winners == 1:
        return counted
    tied = count("{number} picture is first.", "{number} pictures share the first place.", winners)
    return f"{counted} {tied}"


def place(number: int, voters: int) -> str:
    medal = {1: "🥇", 2: "🥈", 3: "🥉"}.get(number, f"{number}.")
    return f"{medal} {votes(voters)}"


def entered(prompt: str) -> str:
    return say("“{prompt}” is your entry.", prompt=reader().form.quote(prompt))


def started(theme: str, channel_id: int, *, announced: bool) -> str:
    form = reader().form
    quoted, channel = form.quote(theme), form.channel(channel_id)
    if announced:
        return say("“{theme}” is announced in {channel}.", theme=quoted, channel=channel)
    return say(
        "“{theme}” has begun, but Easel may not post in {channel}. Members find it with `/contest show`.",
        theme=quoted, channel=channel,
    )  # fmt: skip


def newly_shared(user_id: int) -> str:
    return say("{person} shared a picture.", person=reader().form.person(user_id))


def sharing_set(user_id: int, *, may: bool) -> str:
    """After a moderator's decision."""
    person = reader().form.person(user_id)
    if may:
        return say("{person} may share pictures again.", person=person)
    return say("{person} shares no more pictures here. What is shared stays until it is taken out.", person=person)


def drawn_by(user_id: int) -> str:
    return say("by {person}", person=reader().form.person(user_id))
