"""What people do, by the pictures that there are of it: of somebody who runs, dances or sleeps there is one that shows
more of them than their head.

In: an English prompt. Out: the same with the names of those pictures ("two people dancing" as "a man dancing and a
woman dancing", "a boy on a bike" as "a person biking"). It knows the names of captions, and no model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from inference.text.counts import NUMBERS
from inference.text.nouns import article
from inference.text.scenery import TIMES, split_place

_BALL = r"(?:an? |the |his |her )?(?:ball|balls)"
_COMPUTER = "(?:an? |the |his |her |their )?(?:laptops?|computers?|pcs?)"
_DOING: Mapping[str, str] = {
    "person running": "running|jogging|sprinting",
    "person walking": "walking|strolling|hiking",
    "person standing": "standing(?: up)?",
    "person kneeling": "kneeling|praying|proposing",
    "person surfing": "surfing(?: an? (?:\\w+ )?wave)?",
    "person swimming": "swimming",
    "person biking": ("biking|cycling|(?:riding|on)(?: on)? (?:an? |the |his |her |their )?(?:bikes?|bicycles?)"),
    "person climbing": "climbing(?: (?:an?|the) (?:mountain|rock|wall|cliff))?",
    "person rowing boat": "rowing(?: (?:an?|the) boat)?",
    "person lifting weights": "lifting weights|weight ?lifting",
    "person cartwheeling": "cartwheeling|doing (?:a )?(?:cartwheels?|gymnastics)",
    "person juggling": f"juggling(?: {_BALL})?",
    "person bouncing ball": f"playing basketball|dribbling(?: {_BALL})?|bouncing {_BALL}",
    "person playing handball": f"playing handball|throwing {_BALL}",
    "person in lotus position": "meditating|doing yoga",
    "person taking bath": (
        "(?:taking|having) (?:an? )?(?:\\w+ )?bath|(?:(?:bathing|sitting|lying) )?in an? (?:\\w+ )?(?:bath|bathtub|tub)"
        "|bathing"
    ),
    "person in bed": "(?:sleeping|lying|resting) in (?:an? |the |his |her )?bed|in bed|sleeping|asleep|napping",
    "person feeding baby": "feeding (?:an? |the |his |her )?baby",
    "skier": "skiing",
    "snowboarder": "snowboarding",
    "singer": "singing(?: (?:an? |the )?songs?| into an? microphone)?",
    "artist": "painting(?: (?:an? |the |his |her )?(?:picture|painting|portrait|landscape))?",
    "cook": "cooking(?: (?:food|dinner|lunch|an? meal))?",
    "technologist": (
        f"(?:typing|coding|programming)(?: (?:on|at) {_COMPUTER})?|(?:using|at|on|working (?:on|at)) {_COMPUTER}"
    ),
}
_DANCING = "dancing"
_STANDING = re.compile(_DOING["person standing"], re.IGNORECASE)
_AT_HOME = re.compile("sleeping|asleep|napping|bathing", re.IGNORECASE)
"""The words for who is in bed, or in a bath, that do not say so."""
_LOOKS = r"(?:(?:happy|young|little|small|tall|cute|nice|good|beautiful|pretty|cool|handsome) ){0,2}"
_HE, _SHE = "man|boy|guy|dude", "woman|girl|lady"
_ANYBODY = "person|kid|child|human|teenager|student|somebody|someone"
_ARTICLE = r"(?:(?:an?|the|my|one|this) )?"
_ONE, _OTHER = (rf"{_ARTICLE}{_LOOKS}(?P<{name}>{_HE}|{_SHE}|{_ANYBODY})" for name in ("one", "other"))
_MEN, _WOMEN = "men|boys|guys", "women|girls|ladies"
_SEVERAL = (
    rf"(?:(?P<number>{'|'.join(NUMBERS)}|some|the) )?{_LOOKS}"
    rf"(?P<them>{_MEN}|{_WOMEN}|people|persons|children|kids|humans|friends|teenagers|students)"
)
_COUPLE = rf"(?P<couple>(?:an?|the|my) {_LOOKS}couple)|(?P<crowd>two men and two women)"
_WHO = rf"(?:{_ONE}(?: and {_OTHER})?|{_SEVERAL}|{_COUPLE})"
_MOST = 4
"""So many that do the same are drawn at most one by one."""
_ALL = "|".join((*_DOING.values(), _DANCING))
_PATTERN = re.compile(
    rf"{_WHO} (?:(?:is|are|who is|who are|that is) )?(?P<doing>{_ALL})(?: together| around| happily)?"
    r"(?P<rest>(?:,| (?:in|on|at|near|by|under|during|before|through|across|along|down|around)\b).*)?",
    re.IGNORECASE | re.DOTALL,
)
_WITH_DOG = re.compile(
    rf"{_ONE} (?:is )?walking (?:an?|the|his|her|their|my) (?P<pet>(?:\w+ )?(?:dog|puppy|poodle))"
    r"(?P<rest>(?:,| (?:in|on|at|near|by|under)\b).*)?",
    re.IGNORECASE,
)
_WRESTLING = re.compile(
    rf"(?:two (?:{_MEN}|{_WOMEN}|people|kids|wrestlers)|people) (?:are )?(?:wrestling|fighting|brawling)"
    r"(?P<rest>(?:,| (?:in|on|at|near)\b).*)?",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    rf"(?P<start>(?:(?:an?|the|my|{'|'.join(NUMBERS)}) )?)(?P<doing>dancing|running|sleeping|walking|swimming"
    rf"|singing|surfing|kneeling|juggling|cooking|meditating) (?P<who>{_HE}|{_SHE}|{_ANYBODY}|{_MEN}|{_WOMEN}"
    r"|people|persons|peoples|couple|children|kids)\b",
    re.IGNORECASE,
)
"""What they do said before who they are ("two dancing people")."""
_THROUGH = re.compile(r"^ (?:through|across|along|down|around) ", re.IGNORECASE)


def read_people(text: str) -> str:
    """`text` with the names of pictures of what people do in it; all else stays as it is."""
    text = text.strip()
    return _read(_BEFORE.sub(_turned, text)) or text


def _read(text: str) -> str | None:
    """The same with those names; None where there is no picture of what somebody does, or none of it there."""
    found = _WRESTLING.fullmatch(text)
    if found is not None:
        return f"people wrestling{found['rest'] or ''}"
    found = _WITH_DOG.fullmatch(text)
    if found is not None:
        return f"a person walking and {article(found['pet'])}{found['rest'] or ''}"
    found = _PATTERN.fullmatch(text)
    if found is None or _is_elsewhere(found["doing"], found["rest"] or ""):
        return None
    doing = found["doing"]
    rest = _THROUGH.sub(" in ", found["rest"] or "")
    return " and ".join(article(_name(who, doing)) for who in _who(found)) + rest


def _is_elsewhere(doing: str, rest: str) -> bool:
    """Whether somebody stands or sleeps on, under or before a thing, or sleeps or bathes outdoors: who it is says more
    then, and no bed is there."""
    thing, place = split_place(rest.partition(",")[0])
    if _STANDING.fullmatch(doing):
        return thing != ""
    is_outdoors = thing != "" or rest.startswith(" under ") or place not in {"", "room", *TIMES}
    return is_outdoors and _AT_HOME.fullmatch(doing) is not None


def _turned(found: re.Match[str]) -> str:
    who = found["who"].lower().replace("peoples", "people")
    start = article(who).removesuffix(who) if found["start"].lower() in {"a ", "an "} else found["start"]
    return f"{start}{who} {found['doing']}"


def _who(found: re.Match[str]) -> list[str]:
    """Each of those who do it, as "man", "woman", or ""."""
    if found["couple"] or found["crowd"]:
        return ["man", "woman"] * (2 if found["crowd"] else 1)
    if found["one"]:
        return [_sex(found[name]) for name in ("one", "other") if found[name]]
    count = min(NUMBERS.get((found["number"] or "two").lower(), 2), _MOST)
    them = found["them"].lower()
    if re.fullmatch(_MEN, them) or re.fullmatch(_WOMEN, them):
        return ["man" if re.fullmatch(_MEN, them) else "woman"] * count
    return [("man", "woman")[at % 2] for at in range(count)]


def _sex(who: str) -> str:
    if re.fullmatch(_HE, who, re.IGNORECASE):
        return "man"
    return "woman" if re.fullmatch(_SHE, who, re.IGNORECASE) else ""


def _name(who: str, doing: str) -> str:
    """The picture of one who does it; who dances is a woman or a man there."""
    if re.fullmatch(_DANCING, doing, re.IGNORECASE):
        return f"{who or 'woman'} dancing"
    return next(name for name, words in _DOING.items() if re.fullmatch(words, doing, re.IGNORECASE))
