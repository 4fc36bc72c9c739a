"""What moderators read, and what people are told of their decisions: log, sanctions, reports, audit, statistics.

In: facts.  Out: lines in the reader's language.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from bot.wording.catalogue import SECONDS, later
from bot.wording.reader import count, labelled, reader, say
from bot.wording.reasons import filters_reason, kept_reason, review_reason
from bot.wording.terms import REVIEWS, category, requests, sanction, seconds, status, until
from bot.wording.text import last_whole, mention, moment, plain, relative
from inference.contract import Verdict

APPEALED: Final = later("Your appeal is with this server's moderators. You will hear what they decide.")
REPORTED: Final = {
    "new": later("Thank you. The moderators will look at it, and you will hear what they decided."),
    "more": later("You have reported this already. What you wrote now stands there, too."),
    "before": later("You have reported this already."),
}
"""The answer to a report, by whether it is the person's first of the thing."""
LOG: Final = later("Request log")
MESSAGE: Final = later("message")
ID: Final = later("id {id}")
AUDIT: Final = later("Audit log")
SANCTIONS: Final = later("Sanctions")
NOTHING_MATCHES: Final = later("Nothing matches.")
WORDS_ARE_PROMPTS: Final = later(
    "Words are looked for in the prompts; for a person, a channel or a status there are options of their own."
)
NOTHING_YET: Final = later("Nothing yet.")
NOTHING_TO_REVIEW: Final = later("Nothing waits for a decision. Reports, appeals and what the filter flags come here.")
NOT_ALL_GONE: Final = later("Discord did not let me take every message down; please delete what is left.")
NOT_RECOGNISED: Final = later(
    "No picture of this server's looks like it. Pictures whose files were deleted are not known any more."
)
EXPORTED: Final = later("The request log, newest first.")
_SIGNS: Final = {"misuse": "🚨", "report": "🚩", "appeal": "⚖️", "held": "✋", "flag": "🔎"}


# ------------------------------------------------------------------------------------------------------ the request log


def filtered(
    *, user_id: int | None, channel_id: int | None, flagged: bool, state: str | None, found: str | None,
    since: datetime | None, until: datetime | None, score: float | None, words: str | None,
) -> str:  # fmt: skip
    """The filter in words."""
    parts = []
    if user_id is not None:
        parts.append(say("by {person}", person=mention(user_id)))
    if channel_id is not None:
        parts.append(say("in {channel}", channel=f"<#{channel_id}>"))
    if flagged:
        parts.append(say("flagged or blocked"))
    if state is not None:
        parts.append(say("status {status}", status=status(state)))
    if found is not None:
        parts.append(say("category {category}", category=plain(category(found))))
    if since is not None:
        parts.append(say("since {time}", time=moment(since)))
    if until is not None:
        parts.append(say("before {time}", time=moment(until)))
    if score is not None:
        parts.append(say("score at least {score}", score=reader().number(score)))
    if words is not None:
        parts.append(say("words “{words}”", words=plain(words)))
    return " · ".join(parts) or say("everything, newest first")


def in_force(kind: str, end: datetime | None, reason: str) -> str:
    return "⛔ " + labelled(sanction(kind) + ("" if end is None else " " + until(end)), plain(reason))


def filtered_because(verdict: Verdict) -> str:
    return say("Filter's reason: {reason}", reason=plain(filters_reason(verdict), 200))


def failed(code: str, sentence: str) -> str:
    return say("Error {code}: {sentence}", code=f"**{plain(code, 40)}**", sentence=sentence)


def removed_by(user_id: int, why: str, limit: int, index: int | None = None) -> str:
    """Of a generation, or of its picture `index`."""
    person, reason = mention(user_id), plain(kept_reason(why), limit)
    if index is None:
        return labelled(say("Removed by {person}", person=person), reason)
    return "-# " + labelled(say("Picture {number} removed by {person}", number=index + 1, person=person), reason)


def removed(generation_id: int, index: int | None = None, *, gone: bool) -> str:
    """What is said after a removal; `gone` is whether its message or picture has left the channel too."""
    what = generation(generation_id, index)
    if gone:
        return say("{what} is removed.", what=what)
    return say(
        "{what} is removed from history and gallery, but it still stands in the channel: Discord does not let Easel "
        "change its message, which takes the permission “View Channel”.",
        what=what,
    )


def restored(generation_id: int, index: int | None = None) -> str:
    return say(
        "{what} is shown again. A message that was deleted in Discord does not come back.",
        what=generation(generation_id, index),
    )


def generation(generation_id: int, index: int | None = None) -> str:
    if index is None:
        return say("Generation {number}", number=generation_id)
    return say("Picture {picture} of generation {number}", picture=index + 1, number=generation_id)


# ---------------------------------------------------------------------------------------------------------- recognising


def recognised(number: int) -> str:
    return count("{number} generation looks like it", "{number} generations look like it", number)


def likeness(index: int, share: float) -> str:
    percent = reader().number(round(100 * share))
    return say("Picture {number}, {percent} % alike", number=index + 1, percent=percent)


# ------------------------------------------------------------------------------------------------------------ sanctions


def sanctioned(user_id: int, end: datetime | None, reason: str) -> str:
    person = mention(user_id)
    if end is None:
        return say("{person} is banned from Easel: {reason}", person=person, reason=reason)
    return say("{person} cannot use Easel {until}: {reason}", person=person, until=until(end), reason=reason)


def also_removed(number: int) -> str:
    return count("{number} generation of theirs is removed.", "{number} generations of theirs are removed.", number)


def shown_again(number: int) -> str:
    if number == 0:
        return say("Nothing that was removed with it is left to show again.")
    return count(
        "{number} generation of theirs is shown again. A message that was deleted in Discord does not come back.",
        "{number} generations of theirs are shown again. Messages that were deleted in Discord do not come back.",
        number,
    )


def lifted(user_id: int, kind: str) -> str:
    if kind == "timeout":
        return say("{person} may use Easel again; the timeout is lifted.", person=mention(user_id))
    return say("{person} may use Easel again; the ban is lifted.", person=mention(user_id))


def sanction_line(
    kind: str, *, whom: int | None, end: datetime | None, everywhere: bool, ended: str, by: int, at: datetime,
    reason: str,
) -> str:  # fmt: skip
    parts = [mention(whom) if whom else "", f"**{sanction(kind)}**", "" if end is None else until(end)]
    told = " ".join(part for part in parts if part)
    told += f", {say('everywhere')}" if everywhere else ""
    told += f" ({say(ended)})" if ended else ""
    return labelled(f"{told}, {say('by {person}', person=mention(by))} {relative(at)}", plain(reason, 100))


def person(
    user_id: int, counts: Mapping[str, int], said: Mapping[str, int], in_force: str | None, sanctions: list[str]
) -> str:
    """One person's record in a server."""
    states = ", ".join(f"{number} {status(name)}" for name, number in counts.items())
    reports = say(
        "Reported {reported} · flagged {flagged} · appealed {appealed}",
        reported=said.get("report", 0), flagged=said.get("flag", 0), appealed=said.get("appeal", 0),
    )  # fmt: skip
    lines = [
        f"### <@{user_id}>",
        labelled(f"**{requests(sum(counts.values()))}**", states),
        reports,
        f"⛔ {in_force}" if in_force is not None else say("Free to use Easel."),
    ]
    return "\n".join([*lines, *([f"**{say('Sanctions so far')}**", *sanctions] if sanctions else [])])


# --------------------------------------------------------------------------------------------------------------- review


def kept(generation_id: int, moderator_id: int) -> str:
    return "✅ " + say("Generation {number} stays, by {person}.", number=generation_id, person=mention(moderator_id))


def taken_down(generation_id: int, moderator_id: int, *, gone: bool) -> str:
    person = mention(moderator_id)
    told = "🗑️ " + say("Generation {number} is removed, by {person}.", number=generation_id, person=person)
    return told if gone else f"{told} {say(NOT_ALL_GONE)}"


def allowed_here(generation_id: int) -> str:
    return "✅ " + say("Request {number}: allowed here.", number=generation_id)


def allowed_once(generation_id: int) -> str:
    return "☑️ " + say("Request {number}: allowed once.", number=generation_id)


def left_blocked(generation_id: int) -> str:
    return "⛔ " + say("Request {number}: left blocked.", number=generation_id)


def left_removed(generation_id: int) -> str:
    return "🗑️ " + say("Request {number}: left removed.", number=generation_id)


def taken_back(generation_id: int, moderator_id: int) -> str:
    return "↩️ " + say("Request {number} waits again, by {person}.", number=generation_id, person=mention(moderator_id))


def review_heading(waiting: int, kinds: Mapping[str, int]) -> str:
    """How many wait, and for what; one may wait for several things."""
    told = f"### {say('Review')}\n-# " + count("{number} waiting", "{number} waiting", waiting)
    return told + "".join(f" · {_SIGNS[kind]} {say(REVIEWS[kind])} {kinds[kind]}" for kind in _SIGNS if kind in kinds)


def review_line(kind: str, by: int, index: int | None, words: Sequence[str]) -> str:
    who = " " + say("by {person}", person=mention(by)) if by else ""
    which = "" if index is None else ", " + say("picture {number}", number=index + 1)
    told = f"**{_SIGNS[kind]} {say(REVIEWS[kind])}**{who}{which}"
    reason = last_whole([review_reason(kind, one) for one in words if one] or [""], 200)
    return labelled(told, plain(reason, 200))


def more(number: int) -> str:
    return "-# " + count("and {number} more", "and {number} more", number)


def filter_said(verdict: Verdict) -> str:
    return "-# " + say("The filter: {reason}", reason=plain(filters_reason(verdict), 200))


def outcome(kind: str, decision: str, prompt: str) -> str:
    """What who reported or appealed is told."""
    if kind == "appeal":
        told = say(
            {
                "kept": later("Your appeal was granted: you can ask for this again."),
                "once": later("Your appeal was granted: you can ask for this one more time."),
                "removed": later(
                    "The moderators looked at your appeal and left this blocked. It changes nothing about what else "
                    "you ask for."
                ),
            }[decision]
        )
    elif decision == "removed":
        told = say("Thank you for your report. What you reported was removed.")
    else:
        told = say("Thank you for your report. The moderators looked at it and left it where it is.")
    return f"{told}\n> {plain(prompt, 200)}"


# ----------------------------------------------------------------------------------------------------------- statistics


def statistics(asked: int, blocked: int, days: int, wait: float | None, draw: float | None) -> str:
    """`wait` and `draw` are medians in seconds."""
    told = f"### {say('Statistics')}\n" + say(
        "{requests} in {days} days, {blocked} blocked", requests=requests(asked), days=days, blocked=blocked
    )
    if wait is None or draw is None:
        return told
    return f"{told}\n" + say(
        "Half of the people waited less than {wait} for their turn; half of the drawings took less than {draw}.",
        wait=seconds(wait), draw=seconds(draw),
    )  # fmt: skip


def waited(most: int | None) -> str:
    """Of who waited for at most so many seconds; None: longer than any of these."""
    return say("longer") if most is None else say("up to {time}", time=say(SECONDS, number=most))


def legend(people: Sequence[tuple[int, int]]) -> str:
    """What the chart's colours are, and the names of who asked most, as it numbers them, with how often."""
    lines = [f"{place}. {mention(user_id)} · {requests(asked)}" for place, (user_id, asked) in enumerate(people, 1)]
    told = "-# " + say(
        "🟦 requests · 🟥 blocked · 🟩 waiting; by day, then how long people waited, what was blocked, who asked most:"
    )
    return "\n".join([told, *lines])


def chart(asked: int, blocked: int) -> str:
    """For who cannot see it."""
    return say(
        "Requests a day, {requests} in all, {blocked} blocked; below, how long people waited, what was blocked and who "
        "asked most",
        requests=asked, blocked=blocked,
    )  # fmt: skip
