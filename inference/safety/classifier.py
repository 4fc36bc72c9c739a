"""How likely a text asks for what should not be drawn, by category.

In: a text that was read by respell.py.  Out: `Scores`.  Two looks, whose logits are added: MiniLM, whose upper layers
were trained for this (inference/training/stages/safety.py), and a table of n-grams.  Long texts are looked at window by
window, and the worst one counts: what is harmless elsewhere in the text excuses nothing.  Of texts of more than a few
windows only the parts are looked into of which the table thinks worst, so that no text takes long.

On one thread, with the native kernels where they could be built.
"""

import functools
import math
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor

from inference.checkpoints.text_encoder import load_sentence_encoder
from inference.checkpoints.weights import CheckpointError, read_json, read_weights
from inference.models.packed.linear import Packer
from inference.models.packed.text_encoder import PackedMiniLM, pack_layers
from inference.models.text_encoder import MiniLM
from inference.native.kernels import load_kernels
from inference.native.precision import Precision
from inference.safety.ngrams import PLACES, count_ngrams

WEIGHTS: Final = Path(__file__).parent / "weights"
LOWER: Final = 4
"""Layers that are as published, and shared with the sentence vectors."""
WINDOW: Final = 96
OVERLAP: Final = 16
PART, PART_OVERLAP = 32, 8
"""Of long texts, no longer than a prompt: what is harmful stands alone in it, not among what is harmless."""
TOGETHER: Final = 256
"""Tokens that are computed together: with more of them the processor's cache is too small."""
WHOLE, LOOKED_INTO = 2, 3
"""Windows of a text that the encoder sees; and of one that has more, the parts of which the table thinks worst."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Probabilities: `unsafe` of the text as a whole, `categories` by name, the likeliest first."""

    unsafe: float
    categories: dict[str, float]

    @property
    def category(self) -> str:
        return next(iter(self.categories))


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a text, and its tokens."""

    ids: list[int]
    text: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """Of a text, with the first and the last sign, and where in it each stands."""

    text: str
    ids: list[int]
    spans: list[tuple[int, int]]

    def windows(self, size: int = WINDOW, overlap: int = OVERLAP) -> list[Window]:
        """The text in overlapping parts of so many tokens."""
        if len(self.ids) <= size:
            return [Window(self.ids, self.text)]
        first, last, inner = self.ids[0], self.ids[-1], self.ids[1:-1]
        found = []
        for start in range(0, max(1, len(inner) - overlap), size - 2 - overlap):
            part = inner[start : start + size - 2]
            begin, end = self.spans[start + 1][0], self.spans[start + len(part)][1]
            found.append(Window([first, *part, last], self.text[begin:end]))
        return found


class TextEncoder:
    """The published MiniLM, and the filter's own upper layers beside it: the lower ones are computed once."""

    def __init__(self, network: MiniLM, tokenizer: Tokenizer, own: MiniLM, head: tuple[Tensor, Tensor]) -> None:
        precision, kernels = (Precision.INT8, load_kernels()) if load_kernels() else (Precision.FLOAT32, None)
        pack = Packer(precision, kernels)
        self._kernels = kernels
        self._published = PackedMiniLM(network, pack)
        self._own = pack_layers(list(own.layers[LOWER:]), pack)
        self._head = head
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._tokenizer = tokenizer
        self._lock = threading.Lock()

    def vector(self, text: str) -> Tensor:
        """(D,), of length one: the published sentence vector; of the text's first window."""
        with self._lock, torch.inference_mode(), self._alone():
            layers = self._published.layers
            mean = self._published(self._published.embed([self.tokens(text).windows()[0].ids]), layers)[0].mean(0)
            unit: Tensor = mean / mean.norm().clamp_min(1e-12)
            return unit

    def logits(self, windows: Sequence[Window]) -> Tensor:
        """(windows, outputs): the filter's.  Windows of one length are computed together."""
        found: dict[int, Tensor] = {}
        for places in _of_one_length(windows):
            ids = [windows[place].ids for place in places]
            with self._lock, torch.inference_mode(), self._alone():  # by turns: many windows keep nobody waiting
                found.update(zip(places, self._outputs(ids), strict=True))
        return torch.stack([found[place] for place in range(len(windows))])

    def _outputs(self, ids: Sequence[Sequence[int]]) -> Tensor:
        """B texts of T token ids -> (B, outputs)."""
        weight, bias = self._head
        states = self._published(self._published.embed(ids), self._published.layers[:LOWER])
        states = self._published(states, self._own)
        pooled = torch.cat((8 * states.mean(1), 2 * states.amax(1)), 1)
        return torch.stack([weight @ text + bias for text in pooled])  # one by one: the last bit goes by how many

    def _alone(self) -> AbstractContextManager[None]:
        return self._kernels.one_thread() if self._kernels else nullcontext()

    def tokens(self, text: str) -> Tokens:
        """The whole text's, however long it is."""
        encoding = self._tokenizer.encode(text)
        return Tokens(text, encoding.ids, encoding.offsets)


class Classifier:
    """Scores of texts.  Safe to use from several threads, which wait for each other."""

    def __init__(
        self, encoder: TextEncoder, table: Tensor, bias: Tensor, rarity: bytes, settings: dict[str, Any]
    ) -> None:
        self.encoder = encoder
        self._table, self._bias, self._rarity = table, bias, rarity
        self._categories: list[str] = settings["categories"]
        self._table_share: float = settings["table_share"]
        self._category_share: float = settings["category_share"]
        self._slope: float = settings["slope"]
        self._offset: float = settings["offset"]

    @classmethod
    @functools.cache
    def load(cls, folder: Path = WEIGHTS) -> "Classifier":
        """The weights that come with Easel.  Raises `CheckpointError`."""
        settings = read_json(folder / "config.json")
        published = load_sentence_encoder()
        own = load_sentence_encoder(upper=folder / "encoder.safetensors")
        head, ngrams = read_weights(folder / "head.safetensors"), read_weights(folder / "ngrams.safetensors")
        if ngrams["weight"].shape != (len(settings["categories"]) + 1, PLACES):
            raise CheckpointError(f"{folder / 'ngrams.safetensors'}: weight has shape {tuple(ngrams['weight'].shape)}")
        encoder = TextEncoder(published.model, published.tokenizer, own.model, (head["weight"], head["bias"]))
        table = ngrams["weight"].t().contiguous()
        return cls(encoder, table, ngrams["bias"], bytes(ngrams["rarity"].int().tolist()), settings)

    def logit(self, text: str) -> float:
        """Of being unsafe, before it is scaled to a probability."""
        return self.suspicion(text)[0]

    def suspicion(self, text: str) -> tuple[float, str, float]:
        """That logit, and the likeliest category with its probability: for setting thresholds."""
        found = self._logits([text])[0]
        overall = self._overall(found)
        likeliest = found[int(overall.argmax()), 1:].max(0)
        return float(overall.max()), self._categories[int(likeliest.indices)], _probability(float(likeliest.values))

    def scores(self, texts: Sequence[str]) -> list[Scores]:
        """Of each text, the same as if it were alone."""
        return [self._scores(logits) for logits in self._logits(texts)]

    def _scores(self, found: Tensor) -> Scores:
        """From the logits (windows, outputs) of a text."""
        overall = self._overall(found)
        worst = found[int(overall.argmax())]
        unsafe = _probability(self._slope * float(overall.max()) + self._offset)
        categories = {name: _probability(float(logit)) for name, logit in zip(self._categories, worst[1:], strict=True)}
        return Scores(unsafe, dict(sorted(categories.items(), key=lambda item: -item[1])))

    def _logits(self, texts: Sequence[str]) -> list[Tensor]:
        """(windows, outputs) of each text."""
        windows = [self._looked_into(text) for text in texts]
        encoded = self.encoder.logits([window for part in windows for window in part])
        parts = torch.split(encoded, [len(part) for part in windows])
        seen = self._table_share * self._table_logits(texts)
        return [part + logits for part, logits in zip(parts, seen, strict=True)]

    def _looked_into(self, text: str) -> list[Window]:
        tokens = self.encoder.tokens(text)
        windows = tokens.windows()
        if len(windows) > WHOLE:
            windows = tokens.windows(PART, PART_OVERLAP)
            overall = self._overall(self._table_logits([window.text for window in windows])).tolist()
            worst = sorted(range(len(windows)), key=lambda at: -overall[at])
            windows = [windows[at] for at in worst[:LOOKED_INTO]]
        return windows

    def _overall(self, logits: Tensor) -> Tensor:
        return logits[:, 0] + self._category_share * logits[:, 1:].amax(1)

    def _table_logits(self, texts: Sequence[str]) -> Tensor:
        """(texts, outputs): what the table says of each."""
        found = count_ngrams(texts)
        if not len(found.places):
            return self._bias.repeat(len(texts), 1)
        where, starts = torch.from_numpy(found.places), torch.from_numpy(found.starts()[:-1])
        weighed = torch.from_numpy(found.weighed(self._rarity))
        return self._bias + F.embedding_bag(where, self._table, starts, mode="sum", per_sample_weights=weighed)


def _of_one_length(windows: Sequence[Window]) -> Iterator[list[int]]:
    """The places of windows that are computed together."""
    by_length: dict[int, list[int]] = {}
    for place, window in enumerate(windows):
        by_length.setdefault(len(window.ids), []).append(place)
    for length, places in by_length.items():
        size = max(1, TOGETHER // length)
        yield from (places[at : at + size] for at in range(0, len(places), size))


def _probability(logit: float) -> float:
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, logit))))
