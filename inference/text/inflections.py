"""Inflection: base forms that a word of another language may be a form of ("Äpfel" of "apfel", "rouges" of "rouge").

In: a word in lower case and its language. Out: candidates, likeliest first; whoever asks keeps those that a table has,
so rules may say too much. It knows endings, and no words.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping

_SHORTEST = 1
"""Letters of a stem."""
Rules = tuple[tuple[str, str], ...]
"""Of each ending, those that the base form may have instead; "-" stands for none."""


def _rules(text: str) -> Rules:
    """In the order of the endings' lengths, the longest first."""
    pairs = [(ending, base) for line in text.split() for ending, _, bases in [line.partition(">")]
             for base in bases.split(",")]  # fmt: skip
    return tuple(sorted(((a.strip("-"), b.strip("-")) for a, b in pairs), key=lambda pair: -len(pair[0])))


_PLURALS: Mapping[str, Rules] = {
    "de": _rules("e>- er>- en>-,um,us,a n>- nen>- s>- ien>ium ern>-,er es>-"),
    "fr": _rules("s>- x>- aux>al,ail,au eaux>eau"),
    "es": _rules("s>- es>- ces>z os>o as>a,o itos>o,e,- itas>a,o,- citos>- citas>-"),
    "it": _rules("i>o,e,a,io,co e>a hi>o he>a ini>o,e,a,ino ine>a,o,ina etti>o,e ette>a"),
    "pt": _rules("s>- es>- oes>ao aes>ao aos>ao ais>al eis>el,il ois>ol is>il uis>ul ns>m as>a,o zinhos>- zinhas>-"
                 " inhos>o,e inhas>a,e"),
    "ru": _rules("ы>-,а и>-,а,я,ь,й,ка,ок а>о,- я>е,ь та>нок ята>енок ата>онок"),
}  # fmt: skip
_SINGULARS: Mapping[str, Rules] = {
    "de": _rules("s>- es>- e>- n>- en>- chen>-,e lein>-,e in>- innen>-"),
    "fr": _rules("nes>- tes>- e>- ne>- te>- le>- ve>f euse>eur trice>teur ere>er"),
    "es": _rules("a>o,- ito>o,e,a,- ita>a,o,- cito>- cita>- illo>o illa>a"),
    "it": _rules("a>o,e ino>o,e,a ina>a,o etto>o,e etta>a essa>e,a"),
    "pt": _rules("a>o,- inho>o,e,a inha>a,o zinho>- zinha>- oa>ao a>e"),
    "ru": _rules(
        "а>-,о,е я>-,ь,й,е у>-,а,о ю>-,я,ь,й,е е>-,а,о,я,й,ь ой>а,ая ей>а,я,ь,- ою>а ею>я ом>-,о ем>-,ь,й,е"
        " и>-,а,я,ь,й ы>-,а"
        " ов>-,о ев>-,й,ь ам>-,а,о,ь,е ями>я,ь,й,е,- ами>-,а,о,е ах>-,а,о,ь,е ят>енок ьев>о"
        " ям>я,ь,й,е ях>я,ь,й,е ью>ь ого>ое,ый,ий ому>ое,ый"
        " ек>ка,ко ок>ка,ко ка>ок,ек ки>ок,ек,ка ку>ок,ка ке>ок,ка ком>ок ков>ок ками>ок,ка ках>ок,ка кам>ок,ка"
        " ца>ец цы>ец,ца цу>ец,ца ем>- цев>ец ьва>ев ьвы>ев ьвов>ев ня>ень ни>ень онка>онок енка>енок онком>онок"
        " енком>енок ->а,о"
    ),
}  # fmt: skip
_ADJECTIVES: Mapping[str, Rules] = {
    "de": _rules("e>- er>- es>- en>- em>- ne>- es>e er>e en>e em>e"),
    "fr": _rules("e>- s>- es>- x>- ne>- nes>- le>- les>- te>- tes>- se>x,- ses>x,- ve>f ves>f che>c ches>c aux>al"
                 " elle>eau elles>eau ere>er eres>er"),
    "es": _rules("a>o,- os>o as>o,- s>- es>- ces>z ita>o ito>o"),
    "it": _rules("a>o i>o,e,io e>o hi>o he>o ci>co ghe>go"),
    "pt": _rules("a>o,- os>o as>o,- s>- es>- ns>m ais>al eis>el,il is>il uis>ul oes>ao inho>o inha>o"),
    "ru": _rules(
        " ".join(f"{ending}>ый,ий,ой" for ending in
                 "ая яя ое ее ые ие ого его ому ему ым им ом ем ую юю ых их ыми ими ой ей".split())
    ),
}  # fmt: skip


def nouns(word: str, language: str) -> Iterator[tuple[str, bool]]:
    """Base forms of a noun in any case, and whether that makes it a plural."""
    for rules, is_plural in ((_PLURALS, True), (_SINGULARS, False)):
        yield from ((base, is_plural) for base in _bases(word, rules.get(language, ())))


def adjectives(word: str, language: str) -> Iterator[str]:
    """Base forms of an adjective in any gender, number and case."""
    return _bases(word, _ADJECTIVES.get(language, ()))


def folded(word: str) -> str:
    """Without accents, as many people type; Spanish ñ and Russian й are letters of their own."""
    if word.isascii():
        return word
    kept = [letter if letter in "ñй" else unicodedata.normalize("NFD", letter)[0] for letter in word.replace("ß", "ss")]
    return "".join(kept).replace("œ", "oe").replace("æ", "ae")


def _bases(word: str, rules: Rules) -> Iterator[str]:
    for ending, base in rules:
        stem = word.removesuffix(ending)
        if (len(stem) < len(word) or not ending) and len(stem) >= _SHORTEST:
            yield stem + base
