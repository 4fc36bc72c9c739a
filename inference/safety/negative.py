"""Negative prompts: what is named there is to be kept out of the picture.

In: the evidence of a prompt and of its negative prompt.  Out: a `Finding`, or None.  "nsfw, gore, blood" asks for a
harmless picture.  Refused is what turns the prompt: to keep a person's clothes away, or a picture from being decent.
"""

from typing import Final

from inference.safety.lexicon import Kind
from inference.safety.reading import Evidence
from inference.safety.rules import MINORS, Finding

_CLOTHES: Final = frozenset(
    "clothes clothing clothed dress dresses dressed shirt shirts pants trousers underwear lingerie bra panties bikini"
    " swimsuit fabric garment garments cloth covered covering attire outfit skirt jeans robe".split()
)
_DECENCY: Final = frozenset("sfw censored censorship censor mosaic decent modest safe innocent".split())
_GROWN_UP: Final = frozenset("adult adults mature grown old older elderly aged".split())
_PEOPLE: Final = frozenset(
    "woman women man men girl girls boy boys lady person people couple model actress actor princess queen king nurse"
    " teacher blonde brunette redhead female male elf goddess witch mermaid dancer wife husband girlfriend boyfriend"
    " she he her him portrait body waifu anime".split()
)


def judge_negative(prompt: Evidence, negative: Evidence) -> Finding | None:
    """Whether the negative prompt turns a prompt into something that would be refused."""
    unwanted, wanted = set(negative.words.words), set(prompt.words.words)
    minors = prompt.terms(Kind.MINORS)
    people = minors or tuple(_PEOPLE & wanted) or prompt.terms(Kind.NAME)
    bared = tuple(sorted(unwanted & (_CLOTHES | _DECENCY)))
    if people and bared:
        category = MINORS if minors else "sexual"
        return Finding(category, "negative_prompt", (*bared, *people[:1]), certain=bool(minors))
    suggestive = prompt.terms(Kind.NUDITY) or prompt.terms(Kind.SUGGESTIVE)
    grown_up = tuple(sorted(unwanted & _GROWN_UP))
    if suggestive and grown_up:
        return Finding(MINORS, "negative_prompt", (*grown_up, *suggestive[:1]))
    return None
