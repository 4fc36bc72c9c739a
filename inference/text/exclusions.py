"""What a prompt wants to be kept out of the picture: what is named is drawn, so it is not named at all.

In: an English prompt, and whether words are a thing's name. Out: the prompt without "no dogs", "without wheels" and
"that is not black"; names ("snowman without snow"), signs ("no entry") and words that are to be read stay. It knows no
model.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_END = (
    r"and|or|nor|but|just|only|with|without|no|not|in|on|at|by|under|below|above|over|behind|beside|near|next|inside"
    r"|against|of|to|from|wearing|holding|riding|eating|sitting|standing|looking|who|that|which|is|are|for"
)
_WORD = rf"(?!(?:{_END})\b)[\w'’-]+"
_THING = rf"(?:(?:an?|any|the|its|his|her|their|other) )*{_WORD}(?: {_WORD}){{0,2}}"
_WHO = r"(?:,? (?:but|and|that|which|who|with|having|has|have|is|are))*"
_NO = (
    r"(?:no|without|not (?:having|wearing|holding|on|in|at|under|with)|not|isn['’]t|aren['’]t|minus|excluding|sans"
    r"|(?:do|does|did)(?: not|n['’]t) (?:have|show|draw|include|add|wear|like|want)"
    r"|(?:don|doesn)t (?:have|show|draw|include|add|wear|like|want))"
)
_BARE = rf"(?!(?:an?|the|my|his|her|their|one|two|three|four|five|\d+)\b){_WORD}(?=\s*$|\s*[,.;:!?]| (?:at|in|on|by)\b)"
"""What "and" goes on with that has no article of its own is kept out, too: "no windows and doors"."""
_NOT_AFTER = "".join(rf"(?<!\b{word} )" for word in ("a", "an", "the", "or", "see", "hear", "speak"))
_OUT = re.compile(
    rf"(?:^|{_WHO}(?:,| {_NOT_AFTER}))\s*(?:there (?:is|are) )?{_NO} {_THING}"
    rf"(?:,? (?:or|nor|and no|and without) {_THING}| and {_BARE})*"
    r"(?P<end>\s*[,.;:!?]*(?:\s*\b(?:just|only|but))?)(?=$|\W)",
    re.IGNORECASE,
)
_SAID = re.compile(
    r"\b(?:says?|saying|said|reads|reading|words?|text|written|named|called|titled|sign|button)\b|[\"“”«»]"
)
"""Where words are to be read, and where no is a sign."""
_NAME = re.compile(r"[\w'’-]+ (?:no|not|without) [\w'’-]+", re.IGNORECASE)


def left_in(text: str, is_name: Callable[[str], bool]) -> str:
    """`text` without what it excludes; as it is where nothing else would be left."""
    if _SAID.search(text.lower()) or any(is_name(one.group().lower()) for one in _NAME.finditer(text)):
        return text
    left = re.sub(r"[\s,]*,", ",", re.sub(r"\s+", " ", _OUT.sub(_gap, text))).strip(" ,;:")
    return left if re.search(r"\w", left) else text


def _gap(found: re.Match[str]) -> str:
    """What stays where something was: the comma before what comes then. A title may begin with "No", too."""
    if not found.start():
        return "" if found["end"].strip() else found.group()
    return "," if "," in found["end"] else ""
