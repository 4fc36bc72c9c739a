"""What somebody does with a thing, as how both stand to each other.

In: a prompt, and whether a noun names something that can be drawn. Out: the prompt in words that `compositions` puts
together ("an owl reading a book in a library" as "an owl along with a book in a library"), or in those of captions, for
what is drawn in one piece ("an owl and a book in a library"). It knows no model.

Measured with the eighth version, fourteen pairs of things each, both found: "drinking" 36 %, "playing" 21 %, "throwing"
0 %, "holding" 14 %, "in" 0 %, "with" 29 to 64 %; with "and" in their place 86 to 100 %. Of fifteen pairs with one
thing on another both were found for "on" in 40 %, for "sitting on" in 27 %, and in 73 % for "above", which scenes show
in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from inference.text.nouns import article, singulars
from inference.text.scenery import WHERE
from inference.text.sizes import is_larger
from inference.text.worn import GLASSES, JOINTS, WINGED, joint_of, read_worn

_DOING = (
    "(?:sitting|standing|sleeping|lying|living|hiding|bathing|trapped|reading|eating|playing) (?:in|inside)"
    "|eating|drinking|sipping|licking|chewing|tasting|cooking|baking|reading|writing|holding|carrying|lifting"
    "|wielding|waving|swinging|throwing|kicking|catching|juggling|playing(?: with| on)?|watching|using|making|fixing"
    "|painting|drawing|selling|buying|washing|pushing|pulling|driving|steering|sailing|wearing|dressed in"
    "|chasing|following|hunting|attacking|biting|fighting(?: with| against)?|hugging|kissing|meeting|facing|greeting"
    "|inside(?: of)?|in|with"
)
_IN = re.compile(r"(?:\w+ )?(?:in|inside(?: of)?)", re.IGNORECASE)
_RIDING = re.compile(r"driving|steering|sailing", re.IGNORECASE)
_FACING = re.compile(
    r"(?:chas|follow|hunt|attack|bit|fight|hugg|kiss|meet|fac|greet)ing(?: \w+)?"
    r"|\w+ing (?:at|from|after|towards?|with)",
    re.IGNORECASE,
)
_WITH, _WITHIN = "along with", "within"
"""How one thing is said to stand to another for `compositions`, in words that captions do not have."""
_JOINTS = "|".join((_WITH, _WITHIN, WINGED, *JOINTS)).replace("|wearing", "")
_ON = "(?:(?:sitting|standing|sleeping|lying|dancing|jumping|reading|eating|resting) )?on(?: top of)?"
_WHO = r"(?P<who>(?:(?:an?|the|one|my) )?(?:[\w'’-]+ ){0,3}?[\w'’-]+) (?:(?:is|who is|that is) )?"
_WHAT = (
    r"(?P<article>(?:an?|the|his|her|its|their|some|one) )?(?P<what>(?:[\w'’-]+ ){0,3}?[\w'’-]+)"
    r"(?P<rest>(?:,| (?:in|on|at|near|by|under|before|against|from|over|with)\b).*)?"
)
_ABOARD, _NAMED = re.compile(_ON), re.compile(rf"{_DOING}|{_ON}")
_PATTERN = re.compile(rf"{_WHO}(?P<doing>{_DOING}|{_ON}) {_WHAT}", re.IGNORECASE | re.DOTALL)
_ANY = (
    r"(?P<doing>(?!(?:wearing|being|having|missing|lacking|riding on)\b)\w+ing"
    r"(?: (?:at|with|from|to|into|off|after|for|across|towards?|around|out of))?)"
)
"""Any other verb, of which only that both are there can be shown."""
_OTHER = re.compile(rf"{_WHO}(?!riding\b){_ANY} {_WHAT}", re.IGNORECASE | re.DOTALL)
_SHARED = re.compile(
    rf"(?P<who>.+ and .+?|(?:two|three|four|[2-4]) .+?) (?:are )?{_ANY} {_WHAT}", re.IGNORECASE | re.DOTALL
)
"""What several do with one thing."""
_MOUNTS = frozenset(
    "throne horse unicorn pony donkey camel bicycle bike motorcycle scooter moped skateboard surfboard snowboard broom"
    " broomstick sled elephant dragon tractor dolphin ostrich llama".split()
)
"""Who is on one of these rides it."""
_PLACES = frozenset(
    "air alps background beach cave city clouds desert dunes field fire forest garden grass jungle kitchen library"
    " meadow mountains ocean park rain room sand sea sky snow space storm street town water winter woods night sunset"
    " dawn dusk midnight day morning evening".split()
)
_FLAMING = re.compile(r"(?:breath|spitt|blow|shoot|throw)ing fire")
_NOT_STOOD_ON = frozenset(
    "back bottom bridge earth end floor ground head hill island left mars middle moon mountain phone planet right road"
    " side street top way".split()
)
"""What a thing on it is not shown above: more places, and sides of things and pictures."""
_ARTICLES = frozenset({"a", "an", "the", "one", "my"})
_BEGUN = re.compile(
    r"(?:on|in|over|at|under|with|by|near|to|for|from|about|against|through|above|below|beneath|underneath|behind|beside"
    r"|next|inside|into|onto|off|across|between|among|around|after|before|along|front of)\b",
    re.IGNORECASE,
)
"""In what something would be done with: that it is done nowhere near a thing."""
_PLACED = re.compile(r"\b(?:on|in|at)\b", re.IGNORECASE)
_SEVERAL = re.compile(r"\b(?:and|or|with|on|in|two|three|four|five|many|several)\b", re.IGNORECASE)

_UPON = re.compile(
    rf"(?P<who>.+ and .+|(?:two|three|four|five|[2-5]) .+?) {_ON} (?:an?|the|one) "
    r"(?P<what>(?:[\w'’-]+ ){0,2}?[\w'’-]+)"
    r"(?P<rest>(?:,| (?:in|at|near|by|under|from)\b).*)?",
    re.IGNORECASE | re.DOTALL,
)
"""Several on one thing."""
_WITHIN_ONE = re.compile(
    r"(?P<who>.+ and .+|(?:[2-9]|two|three|four|five|six|seven|eight|nine) .+?) "
    r"(?:(?:sitting|sleeping|hiding|living|lying) )?(?:in|inside) (?:an?|the|one) "
    r"(?P<what>(?:\w+ )?(?:box|basket|bowl|bucket|bathtub|boat|canoe|cup|hat|car|bed|nest|bag))"
    r"(?P<rest>(?:,| (?:in|on|at|near|by|under|from)\b).*)?",
    re.IGNORECASE | re.DOTALL,
)
"""Several in one thing."""
_PLACE_FIRST = re.compile(
    rf"(?P<first>.+?)(?P<where>{WHERE}) (?P<more>(?:{_DOING}|\w+ing) (?:(?:an?|his|her|its|the|some) )?\w.*)",
    re.IGNORECASE | re.DOTALL,
)
_IS_PLACE = re.compile(WHERE, re.IGNORECASE)
_SHELTERED = re.compile(
    r"\b(?:sitting |standing |hiding |sleeping )?(?:under|beneath|below|underneath) "
    r"(?=(?:an?|the) (?:[\w-]+ ){0,2}(?:trees?|umbrella|parasol|mushroom|toadstool|table|desk)\b)",
    re.IGNORECASE,
)
"""Who is there stands before its trunk, its stem, or between its legs."""
_MORE = re.compile(r"\b(?:and|or)\b|\b\w+ing\b(?= )", re.IGNORECASE)
"""In what it is done with: that there is more than one thing, or that it does something."""


_LONGEST = 300
"""Letters of prompts in which several are looked for: each "and" of a longer one might be theirs."""


def side_by_side(text: str) -> str:
    """What `read_activities` made of a text, in words that captions have."""
    return re.sub(rf" (?:{_JOINTS}) ", " and ", text)


def read_activities(text: str, is_thing: Callable[[str], bool], is_known: Callable[[str], bool]) -> str:
    """`text` with how both things stand to each other; as it is where nobody does anything of the kind to a thing.

    Who does it need only be a known word: captions call a cook a "chef".
    """
    text = read_worn(_place_last(_SHELTERED.sub("in front of ", text.strip())), is_thing)
    several = _several(text, is_thing) if len(text) <= _LONGEST else None
    if several is not None:
        return several
    for pattern in (_PATTERN, _OTHER):
        found = pattern.fullmatch(text)
        if found is not None and (joint := _how(found, is_thing, is_known)):
            return f"{found['who']} {joint} {_what(found, is_thing)}{found['rest'] or ''}"
    return text


def _several(text: str, is_thing: Callable[[str], bool]) -> str | None:
    """The same for several that are upon one thing, or in it, or do something with it; None for all else."""
    for pattern, joint in ((_UPON, "above"), (_WITHIN_ONE, _WITHIN)):
        found = pattern.fullmatch(text)
        if found is not None and _PLACED.search(found["who"]) is None and _is_ground(found["what"].lower(), is_thing):
            return f"{found['who']} {joint} {article(found['what'])}{found['rest'] or ''}"
    shared = _SHARED.fullmatch(text)
    if shared is None or shared["who"].rpartition(" ")[2].lower() in _ARTICLES:  # a ball and a waving hand
        return None
    what = None if _PLACED.search(shared["who"]) else _what(shared, is_thing)
    joint = "above" if shared["doing"].lower() == "riding" else "and"
    return text if what is None else f"{shared['who']} {joint} {what}{shared['rest'] or ''}"


def _place_last(text: str) -> str:
    """Where somebody is said to be before what they do there, said behind it."""
    found = _PLACE_FIRST.fullmatch(text)
    if found is None or _IS_PLACE.fullmatch(f" {found['more']}"):
        return text
    return f"{found['first']} {found['more']}{found['where']}"


def _how(found: re.Match[str], is_thing: Callable[[str], bool], is_known: Callable[[str], bool]) -> str:
    """How who does something stands to what it is done with; "" where no picture shows that."""
    who, doing = found["who"].lower(), found["doing"].lower()
    head, doer = (words.rpartition(" ")[2].lower() for words in (found["what"], who))
    is_indefinite = (found["article"] or "").strip().lower() in {"a", "an"}
    if (
        _SEVERAL.search(who)
        or who in _ARTICLES  # "a waving hand"
        or (doing in {"in", "with"} and not is_indefinite and head not in GLASSES)
        or (_ABOARD.fullmatch(doing) is not None and head in _NOT_STOOD_ON)
        or not (is_known if _NAMED.fullmatch(doing) else is_thing)(doer)
        or _what(found, is_thing) is None
    ):
        return ""
    return _joint(doing, doer, head)


def _what(found: re.Match[str], is_thing: Callable[[str], bool]) -> str | None:
    """What something is done with, in words of captions; None where that cannot be drawn, or is where it is done."""
    what = found["what"]
    head = what.rpartition(" ")[2].lower()
    thing = next((form for form in (head, *singulars(head)) if is_thing(form)), None)
    whole = what.partition(" of ")[0].rpartition(" ")[2].lower()  # "a field of flowers"
    is_place = (head in _PLACES or whole in _PLACES) and not _FLAMING.fullmatch(f"{found['doing']} {what}".lower())
    if thing is None or is_place or _BEGUN.match(what) or _MORE.search(what):
        return None
    if thing != head:  # "drums": a drum says it
        what = what[: -len(head)] + thing
    is_plural = thing == head and head.endswith("s") and not head.endswith(("ss", "us"))  # sunglasses
    return what if is_plural else article(what)


def _is_ground(what: str, is_thing: Callable[[str], bool]) -> bool:
    """Whether something can be shown to stand on a thing."""
    head = what.rpartition(" ")[2]
    return is_thing(head) and head not in _NOT_STOOD_ON and head not in _PLACES and _MORE.search(what) is None


def _joint(doing: str, doer: str, head: str) -> str:
    """How somebody who does something with a thing stands to it."""
    worn = joint_of(head) if doing in {"wearing", "in", "dressed in", "with"} else None
    if worn is not None:
        return worn
    is_on = _ABOARD.fullmatch(doing) is not None
    if _RIDING.fullmatch(doing) or (is_on and head in _MOUNTS):
        return "riding"
    if is_on:
        return "above"
    if _IN.fullmatch(doing):
        return _WITHIN
    return "and" if _FACING.fullmatch(doing) or is_larger(head, doer) else _WITH
