"""Why something was refused, removed or put before moderators: what the log keeps as codes and data, in words.

In: codes, and the words that the filter saw.  Out: what a moderator reads, in their language.  What people wrote is
said as they wrote it, and so is what an older Easel wrote down in another way.
"""

from collections.abc import Callable, Mapping
from typing import Final

from bot.wording.catalogue import later
from bot.wording.reader import count, labelled, say
from bot.wording.terms import CATEGORIES, REVIEWS, category, named, review
from inference.contract import Verdict

RULES: Final = {
    "minors": later("a child beside sexual words"),
    "minors_apart": later("a child and sexual words, apart from each other"),
    "real_people": later("a person who exists"),
    "real_people_sexual": later("a person who exists, beside sexual words"),
    "real_people_violence": later("a person who exists, beside words of violence"),
    "weapon_instructions": later("instructions for a weapon"),
    "weapon_making": later("the making of a weapon"),
    "threat": later("a threat"),
    "negative_prompt": later("what the negative prompt keeps out"),
    "server_words": later("this server's own words"),
    "listed_words": later("listed words"),
    "unreadable": later("what the filter cannot read"),
    "classifier": later("how it reads as a whole"),
    "picture_check": later("seen in the picture"),
    "picture_concepts": later("what the picture looks like"),
    "model_check": later("the model's own check"),
}
"""What a verdict's `rule` can be."""
PARTS: Final = {
    "female_genitalia_exposed": later("bare genitals"),
    "male_genitalia_exposed": later("bare genitals"),
    "anus_exposed": later("bare anus"),
    "female_breast_exposed": later("bare breasts"),
    "buttocks_exposed": later("bare buttocks"),
    "female_genitalia_covered": later("covered genitals"),
    "anus_covered": later("covered anus"),
}
"""What the picture check sees."""
_PARDONED: Final = ("pardoned", "allowed by moderators")  # as it is written, and as it was
_IN_REVIEW: Final = ("decided_in_review", "decided in review")
_WAITED_FOR: Final = "review:"
_SEEN: Final = ("picture_check", "picture check")


def filters_reason(verdict: Verdict) -> str:
    """Rule and words; "" where nothing was found."""
    return _ruled(verdict.rule, ", ".join(verdict.words))


def review_reason(kind: str, reason: str) -> str:
    """What somebody said, what was counted, as "blocks:5:24", or what the filter found, as "sexual: classifier: …"."""
    if kind == "misuse":
        return _counted(reason)
    found, _, rest = reason.partition(": ")
    if kind not in ("flag", "held") or found not in CATEGORIES:
        return reason
    rule, _, words = rest.partition(": ")
    return _with(category(found), _ruled(rule, words))


def kept_reason(why: str) -> str:
    """Of a removal, or of an act in the audit log: the bot's own, or what somebody wrote."""
    if why.startswith(_WAITED_FOR):
        return _waited_for(why)
    what, _, found = why.partition(": ")
    if what in _SEEN and found in CATEGORIES:
        return _with(say(RULES["picture_check"]), category(found))
    return say("decided in review") if why in _IN_REVIEW else why


def _waited_for(why: str) -> str:
    """ "review:report,flag=sexual" → "Reported, Flagged by the filter: sexual content"."""
    waited = [one.partition("=") for one in why.removeprefix(_WAITED_FOR).split(",")]
    if any(kind not in REVIEWS for kind, _, _ in waited):
        return why
    return ", ".join(labelled(review(kind), found and category(found)) for kind, _, found in waited)


def _ruled(rule: str, words: str) -> str:
    outer, _, inner = rule.partition(": ")
    if outer in _PARDONED:
        return _with(say("let pass by moderators"), _ruled(inner, words))
    if rule == "picture_check":
        words = ", ".join(dict.fromkeys(named(PARTS, part) for part in words.split(", ") if part))
    return _with(named(RULES, rule), words)


def _with(what: str, details: str) -> str:
    return labelled(what, details) if what else details


def _counted(reason: str) -> str:
    what, *numbers = reason.split(":")
    if what not in _SIGNS or len(numbers) != 2 or not all(map(str.isdecimal, numbers)):
        return reason
    return _SIGNS[what](*map(int, numbers))


def _blocks(number: int, hours: int) -> str:
    return count(
        "{number} prompt of this person's was blocked within {hours} hours",
        "{number} prompts of this person's were blocked within {hours} hours",
        number,
        hours=hours,
    )


def _burst(number: int, minutes: int) -> str:
    return count(
        "{number} order of this person's within {minutes} minutes",
        "{number} orders of this person's within {minutes} minutes",
        number,
        minutes=minutes,
    )


def _like(number: int, percent: int) -> str:
    return say("Much like the blocked request {number} ({percent} % alike)", number=number, percent=percent)


_SIGNS: Final[Mapping[str, Callable[[int, int], str]]] = {"blocks": _blocks, "burst": _burst, "like": _like}
