"""Prompts in the words and signs that DALL·E mini was trained on.

In: any text. Out: lower-case ASCII. It knows no model. What its rules do to a text is part of what the weights have
learned, quirks included.

The rules are those of the original `TextNormalizer` (https://github.com/borisdayma/dalle-mini), with one exception:
a `<person>` of its training captions became "a person", "someone" or "somebody" at random, here always the first.
"""

import html
import itertools
import math
import re
from collections.abc import Iterable
from functools import cached_property

import emoji
import ftfy
from unidecode import unidecode

MARK = "xtokx"
"""Stands around what must survive the handling of punctuation; splitting a hashtag shows it, in the original too."""

Rule = tuple[re.Pattern[str], str]


def _rules(*pairs: tuple[str, str]) -> tuple[Rule, ...]:
    return tuple((re.compile(pattern), replacement) for pattern, replacement in pairs)


BEFORE_HASHTAGS = _rules(
    (r"<person>([,\s]*(and)*[,\s]*<person>)+", " people "),
    (r"<person>", " a person "),
    (r"\A\s*\[\d+\]", ""),  # references of an encyclopedia, at either end
    (r"\[\d+\]\s*\Z", ""),
    (r"<[^<]+?>", " "),  # HTML tags
    (r"http\S+", ""),
    (r"(\d),(\d{3})", r"\1\2"),  # 1,000,000: matches cannot overlap, hence twice
    (r"(\d),(\d{3})", r"\1\2"),
    (r"(\w)\.(\w)", rf"\1{MARK}dot{MARK}\2"),
    (r"'(?=([stdm]|ll|re|ve)\b)", f"{MARK}quote{MARK}"),  # it's, don't, we'll
    (r"(\d)/(\d)", rf"\1{MARK}slash{MARK}\2"),  # dates
    (r"(\w)-(\w)", r"\1 \2"),
    (r"([%&/$*])", r" \1 "),
)
HASHTAG = re.compile(r"#(\w+)")
AFTER_HASHTAGS = _rules(
    (r"[_#\\]", " "),
    (r"['\"`]", ' " '),
    (r"[()\[\].,|:;?!=+~\-/{}]", ","),
    (f"{MARK}dot{MARK}", "."),
    (f"{MARK}quote{MARK}", "'"),
    (f"{MARK}slash{MARK}", "/"),
    (r"(\D)(\1{3,})", r"\1"),  # four times and more: three would hit VIII
    (r'(\s*"+\s*)+', ' " '),
    (r"(\s*,+\s*)+", ", "),
    (r"\s+", " "),
)


class HashtagSplitter:
    """Splits words that are written together into the likeliest known words."""

    def __init__(self, words: Iterable[str]) -> None:
        """`words`, most frequent first, are read at the first hashtag: the published list has millions."""
        self.words = words

    @cached_property
    def costs(self) -> dict[str, float]:
        """The n-th word costs log(n) (Zipf's law), an unknown word infinitely much."""
        return dict(zip(self.words, map(math.log, itertools.count(1)), strict=False))

    @cached_property
    def longest(self) -> int:
        """Letters of the longest word."""
        return max(map(len, self.costs), default=0)

    def __call__(self, text: str) -> str:
        """ "throwbackthursday" -> "throw back thursday"; without a word list the text comes back whole."""
        runs = re.split(r"[^a-zA-Z0-9']+", text)
        return " ".join(part for run in runs for part in (self._split(run) if self.costs else [run]) if part)

    def _split(self, run: str) -> list[str]:
        costs = [0.0]  # of the cheapest split of run[:end]
        lengths = [0]  # of the last word in it
        for end in range(1, len(run) + 1):
            cost, length = min(
                (costs[start] + self.costs.get(run[start:end].lower(), math.inf), end - start)
                for start in range(max(0, end - self.longest), end)
            )
            costs.append(cost)
            lengths.append(length)
        parts: list[str] = []
        end = len(run)
        while end > 0:
            part = run[end - lengths[end] : end]
            end -= lengths[end]
            # digits stay together, and 's stays at its word; a lone apostrophe stays alone
            if parts and part != "'" and (parts[-1] == "'s" or (part[-1].isdigit() and parts[-1][0].isdigit())):
                parts[-1] = part + parts[-1]
            else:
                parts.append(part)
        return parts[::-1]


class TextNormalizer:
    """Any text -> lower-case ASCII words, commas and a few signs, behind a leading space."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        """`words` are for hashtags, most frequent first."""
        self.split_hashtag = HashtagSplitter(words)

    def __call__(self, text: str) -> str:
        text = html.unescape(html.unescape(ftfy.fix_text(text)))
        text = unidecode(emoji.demojize(text)).lower()
        for pattern, replacement in BEFORE_HASHTAGS:
            text = pattern.sub(replacement, text)
        text = HASHTAG.sub(lambda match: self.split_hashtag(match.group(1)), text)
        for pattern, replacement in AFTER_HASHTAGS:
            text = pattern.sub(replacement, text)
        text = text.strip()
        text = text.removesuffix(",").removeprefix(",").strip()
        return f" {text}"
