"""Groups, by who or what is in them: "a family" is read as "a man and a woman", "a herd of elephants" as "four
elephants".

In: an English prompt. Out: the same in words for single things, which can be drawn. It knows no model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial

from inference.text.counts import NUMBERS
from inference.text.drafts import ANY_COLOUR
from inference.text.nouns import article, plural, singulars

_MEANT: Mapping[str, str] = {
    "an old man and an old woman": r"(?:(?:old|elderly|senior|retired) couple|grandparents)",
    "a man and a woman": r"(?:family|couple|parents|friends|neighbou?rs|lovers|siblings|newlyweds)",
    "two men and two women": (
        r"(?:crowd|team|people|humans|audience|group|gang|crew|class|party)"
        r"(?: of (?:people|friends|humans|kids|children|strangers))?"
    ),
    "a guitar, a trumpet and a microphone": r"(?:(?:rock|pop|metal|punk|music|jazz|school|live) )?band",
    "a violin, a trumpet and a flute": r"orchestra",
}
"""What is seen of them."""
_LOOKS = r"(?:(?:happy|big|large|young|old|loving|cute|whole|little|small|nice|football|best|good|some|many) )"
_END = (
    r"(?=\s*$|,|\.| (?:at|in|on|under|near|by|beside|next to|in front of|above|and|together|is|are"
    r"|(?!hugging|wrestling)\w+ing)\b)"
)
_GROUPS = {
    said: re.compile(rf"^(?:(?:an?|the|my|our) )?{_LOOKS}{{0,2}}{words}{_END}", re.IGNORECASE)
    for said, words in _MEANT.items()
}
_SIZES: Mapping[str, str] = {
    "two": "couple",
    "three": "few|family|trio",
    "four": "band|bunch|colony|crowd|flock|gang|group|herd|pack|school|swarm|team|lot",
}
_COLLECTED = {
    number: re.compile(rf"\b(?:an?|the) {_LOOKS}?(?:{words}) of (?P<what>(?:[\w'’-]+ )?[\w'’-]+){_END}", re.IGNORECASE)
    for number, words in _SIZES.items()
}
_FULL = re.compile(
    r"\b(?:an?|the) (?P<place>garden|field|meadow|park|forest|jungle|street|city|sky|room|cave|desert|beach)"
    r" (?:full of|filled with|with lots of|with many) (?P<what>(?:[\w'’-]+ )?[\w'’-]+)" + _END,
    re.IGNORECASE,
)
_IN: Mapping[str, str] = {
    "garden": "in a field", "park": "in a field", "street": "in the city", "sky": "at night", "beach": "on the beach"
}  # fmt: skip
_MEASURED = re.compile(
    r"\b(?:an?|the|one) (?:\w+ )?(?:slice|piece|chunk|stack|pile|heap|bowl|plate|bucket|bag|basket|bit|pair"
    r"|portion|handful|tray|loaf|mountain|(?:cup|mug|pot)(?! of (?:coffee|food))) of "
    rf"(?P<what>(?:[\w'’-]+ )?[\w'’-]+){_END}",
    re.IGNORECASE,
)
_SLICED = re.compile(rf"\b(?:an?|the|one) (?P<what>[\w'’-]+) (?:slice|piece|chunk){_END}", re.IGNORECASE)
"""How much of something there is, which is drawn as what it is of."""
_SUIT = re.compile(
    r"\b(?:man|guy|person|gentleman|businessman) (?:in|wearing|dressed in) an? (?:(?:black|dark|nice|elegant) )?"
    r"(?:suit(?: and tie)?|tuxedo)\b(?! (?:of|jacket)\b)",
    re.IGNORECASE,
)
_FRIDGE = re.compile(rf"\b(?:(?P<colour>{ANY_COLOUR}) )?(?:fridge|refrigerator|freezer)\b{_END}", re.IGNORECASE)

_EACH = re.compile(
    r"(?P<number>two|three|four|five|[2-5]) (?P<what>(?:[\w'’-]+ )??[\w'’-]+)[,:]? (?:in )?"
    rf"(?P<each>(?:one )?(?:is )?(?:{ANY_COLOUR})(?:(?:,? and|,)? (?:one )?(?:is )?(?:{ANY_COLOUR}))+)"
    r"(?P<rest>(?:,| (?:in|on|at|near|by|under)\b).*)?",
    re.IGNORECASE | re.DOTALL,
)
"""Several of a thing, of each its colour."""


def read_groups(text: str, is_thing: Callable[[str], bool]) -> str:
    """`text` with those whom a group is of; as it is where these are no things that can be drawn."""
    text = _each(text.strip(" .!"), is_thing) or text
    text = _SUIT.sub("person in tuxedo", _FRIDGE.sub(lambda found: f"{found['colour'] or 'white'} file cabinet", text))
    for said, pattern in _GROUPS.items():
        text = pattern.sub(said, text)
    for number, pattern in _COLLECTED.items():
        text = pattern.sub(partial(_counted, number=number, is_thing=is_thing), text)
    for pattern in (_MEASURED, _SLICED):
        text = pattern.sub(partial(_measured, is_thing=is_thing), text)
    found = _FULL.search(text)
    if found is not None and _is_plural(found["what"], is_thing):
        place = found["place"].lower()
        where = _IN.get(place, f"in a {place}")
        text = f"{text[: found.start()]}five {found['what']} {where}{text[found.end() :]}"
    return text


def _each(text: str, is_thing: Callable[[str], bool]) -> str | None:
    """Things one by one, each in its colour; None where there are not as many colours."""
    found = _EACH.fullmatch(text)
    if found is None or not _is_plural(found["what"], is_thing):
        return None
    start, _, last = found["what"].lower().rpartition(" ")
    one = next(one for one in (*singulars(last), last) if is_thing(one))
    colours = re.findall(ANY_COLOUR, found["each"].lower())
    if len(colours) != NUMBERS[found["number"].lower()]:
        return None
    said = " and ".join(article(f"{colour} {start} {one}".replace("  ", " ")) for colour in colours)
    return said + (found["rest"] or "")


def _counted(found: re.Match[str], number: str, is_thing: Callable[[str], bool]) -> str:
    return f"{number} {found['what']}" if _is_plural(found["what"], is_thing) else found.group()


def _measured(found: re.Match[str], is_thing: Callable[[str], bool]) -> str:
    what = found["what"]
    head = what.lower().rpartition(" ")[2]
    if is_thing(head):
        return article(what)
    return what if any(map(is_thing, singulars(head))) else found.group()


def _is_plural(what: str, is_thing: Callable[[str], bool]) -> bool:
    """Whether words name several of a thing that can be drawn."""
    last = what.lower().rpartition(" ")[2]
    return any(is_thing(one) and plural(one) == last for one in (last, *singulars(last)))
