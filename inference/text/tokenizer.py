"""Prompts as DALL·E mini was trained to read them: normalised, then split into byte-level BPE tokens.

In: prompts. Out: token ids and masks. It knows no model. What its rules do to a text is part of what the weights have
learned, quirks included.

The rules are those of the original `TextNormalizer` (https://github.com/borisdayma/dalle-mini), with one exception:
a `<person>` of its training captions became "a person", "someone" or "somebody" at random, here always the first.
"""

import html
import itertools
import math
import re
from collections.abc import Iterable, Sequence
from functools import cached_property

import emoji
import ftfy
import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors
from torch import Tensor
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


class PromptTokenizer:
    """Prompts -> token ids of fixed length, with what stands for no prompt at all."""

    def __init__(
        self, tokenizer: Tokenizer, *, length: int, vocab_size: int, normalizer: TextNormalizer | None = None
    ) -> None:
        """`length` ids a prompt; `vocab_size` rows in the model's table, which can be fewer than the tokenizer knows.

        Takes the tokenizer over: padding and truncation are set here. Raises `ValueError` if it lacks a special token.
        """
        pad, unknown = (tokenizer.token_to_id(token) for token in ("<pad>", "<unk>"))
        if pad is None or unknown is None:
            raise ValueError("the tokenizer has no <pad> or no <unk> token")
        tokenizer.enable_truncation(length)
        tokenizer.enable_padding(length=length, pad_id=pad, pad_token="<pad>")  # noqa: S106 - a token, not a secret
        self.tokenizer = tokenizer
        self.length = length
        self.vocab_size = vocab_size
        self.unknown = unknown
        self.normalizer = normalizer

    def __call__(self, prompts: Sequence[str | None]) -> tuple[Tensor, Tensor]:
        """B prompts -> ids (B, length) and mask (B, length). None is no prompt: an empty text, not even normalised."""
        texts = ["" if prompt is None else self.normalizer(prompt) if self.normalizer else prompt for prompt in prompts]
        encodings = self.tokenizer.encode_batch(texts)
        ids = torch.tensor([encoding.ids for encoding in encodings])
        mask = torch.tensor([encoding.attention_mask for encoding in encodings])
        return ids.masked_fill(ids >= self.vocab_size, self.unknown), mask


def byte_level_bpe(vocab: dict[str, int], merges: list[tuple[str, str]]) -> Tokenizer:
    """BART's tokenizer from the two tables of its older files. Raises `ValueError` if a special token is missing."""
    missing = [token for token in ("<s>", "</s>") if token not in vocab]
    if missing:
        raise ValueError(f"the vocabulary has no {' and no '.join(missing)}")
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", vocab["</s>"]), ("<s>", vocab["<s>"]), trim_offsets=True, add_prefix_space=False
    )
    tokenizer.add_special_tokens(
        [
            AddedToken(token, lstrip=token == "<mask>", normalized=True, special=True)  # noqa: S105
            for token in ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
            if token in vocab
        ]
    )
    return tokenizer
