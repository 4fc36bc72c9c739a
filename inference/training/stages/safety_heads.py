"""The two learners of the safety filter's classifier: the text encoder's upper layers with heads, a table of n-grams.

In: texts as vectors of states or of n-grams, and what they should be taken for.  Out: weights.  It knows no files.

The encoder's lower layers stay as published, so their states are computed once, and kept in 16 bits.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inference.models.text_encoder import SentenceEncoder
from inference.safety.classifier import LOWER, WINDOW
from inference.safety.ngrams import PLACES, Ngrams
from inference.training.data.prompts import CATEGORIES, Example

OUTPUTS = 1 + len(CATEGORIES)
"""Whether it is unsafe at all, and each category."""
SMOOTH = 0.02


@dataclass(frozen=True)
class HeadConfig:
    """How the encoder's upper layers learn."""

    seed: int = 1
    batch: int = 32
    epochs: int = 3
    learning_rate: float = 1e-4
    dtype: torch.dtype = torch.float32


def targets(examples: Sequence[Example]) -> Tensor:
    """(N, OUTPUTS) of 0 and 1."""
    wanted = torch.zeros(len(examples), OUTPUTS)
    for index, example in enumerate(examples):
        if example.category is not None:
            wanted[index, 0] = wanted[index, 1 + CATEGORIES.index(example.category)] = 1
    return wanted


# -------------------------------------------------------------------------------------------------- the encoder


class SafetyHead(nn.Module):
    """States (B, T, D) of the lower layers and mask (B, T) -> logits (B, OUTPUTS)."""

    def __init__(self, layers: Sequence[nn.Module], width: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.head = nn.Linear(2 * width, OUTPUTS)
        self.drop = nn.Dropout(0.1)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        attended = (mask != 0)[:, None, None]  # (B, 1, 1, T)
        for layer in self.layers:
            x = layer(x, attended)
        weight = mask[:, :, None].float()
        mean = (x * weight).sum(1) / weight.sum(1)
        largest = x.masked_fill(weight == 0, -1e4).amax(1)
        logits: Tensor = self.head(self.drop(torch.cat((8 * mean, 2 * largest), 1)))
        return logits


class LowerStates:
    """The states of the lower layers of many texts, in 16 bits, one behind the other."""

    def __init__(self, texts: Sequence[str], encoder: SentenceEncoder, dtype: torch.dtype) -> None:
        tokenizer, network = encoder.tokenizer, encoder.model
        tokenizer.enable_truncation(WINDOW)
        tokenizer.no_padding()
        ids = [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]
        self.lengths = np.array([len(one) for one in ids])
        self._starts = np.concatenate(([0], np.cumsum(self.lengths)))
        self._states = np.empty((int(self.lengths.sum()), encoder.width), np.float16)
        for batch in batches_of(np.arange(len(ids)), self.lengths, 64):
            index, mask = self._padded([ids[row] for row in batch])
            with torch.no_grad(), torch.autocast("cpu", dtype, enabled=dtype is torch.bfloat16):
                x = network.word_embeddings(index) + network.position_embeddings.weight[: index.shape[1]]
                x = network.embedding_norm(x)
                for layer in network.layers[:LOWER]:
                    x = layer(x, (mask != 0)[:, None, None])
            for row, states in zip(batch, x.half().numpy(), strict=True):
                self._states[self._starts[row] : self._starts[row + 1]] = states[: self.lengths[row]]

    @staticmethod
    def _padded(ids: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
        index = nn.utils.rnn.pad_sequence([torch.tensor(one) for one in ids], batch_first=True)
        mask = nn.utils.rnn.pad_sequence([torch.ones(len(one), dtype=torch.long) for one in ids], batch_first=True)
        return index, mask

    def of(self, rows: np.ndarray) -> tuple[Tensor, Tensor]:
        """States (B, T, D) and mask (B, T)."""
        parts = [torch.from_numpy(self._states[self._starts[row] : self._starts[row + 1]]).float() for row in rows]
        mask = [torch.ones(len(part), dtype=torch.long) for part in parts]
        pad = nn.utils.rnn.pad_sequence
        return pad(parts, batch_first=True), pad(mask, batch_first=True)


def batches_of(
    rows: np.ndarray, lengths: np.ndarray, size: int, rng: np.random.Generator | None = None
) -> list[np.ndarray]:
    """Rows of like length together; with `rng` in another order each time."""
    rows = rows if rng is None else rng.permutation(rows)
    stretch = len(rows) if rng is None else 40 * size
    batches = []
    for start in range(0, len(rows), max(1, stretch)):
        part = rows[start : start + stretch]
        part = part[np.argsort(lengths[part], kind="stable")]
        batches += [part[at : at + size] for at in range(0, len(part), size)]
    return batches if rng is None else [batches[at] for at in rng.permutation(len(batches))]


def train_head(
    states: LowerStates,
    wanted: Tensor,
    weights: Tensor,
    rows: np.ndarray,
    encoder: SentenceEncoder,
    config: HeadConfig,
    head: Mapping[str, Tensor] | None = None,
) -> SafetyHead:
    """The upper layers and heads, from the encoder's layers on, and from the weight and bias of `head` if given."""
    torch.manual_seed(config.seed)
    rng = np.random.default_rng(config.seed)
    net = (
        SafetyHead(copy.deepcopy(list(encoder.model.layers[LOWER:])), encoder.width)
        .requires_grad_(requires_grad=True)
        .train()
    )
    if head is not None:
        net.head.load_state_dict(dict(head))
    rates = [config.learning_rate, 5 * config.learning_rate]
    groups = [{"params": net.layers.parameters(), "lr": rates[0]}, {"params": net.head.parameters(), "lr": rates[1]}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.02)
    steps = config.epochs * len(batches_of(rows, states.lengths, config.batch))
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, rates, total_steps=steps + 40 * config.epochs, pct_start=0.1
    )
    for epoch in range(config.epochs):
        total = 0.0
        for batch in batches_of(rows, states.lengths, config.batch, rng):
            with torch.autocast("cpu", config.dtype, enabled=config.dtype is torch.bfloat16):
                logits = net(*states.of(batch))
            loss = head_loss(logits.float(), wanted[batch], weights[batch])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            total += float(loss.detach())
        print(f"epoch {epoch + 1} of {config.epochs}: loss {total / steps * config.epochs:.4f}", flush=True)
    return net.eval()


def head_loss(logits: Tensor, wanted: Tensor, weights: Tensor) -> Tensor:
    """Cross-entropy of the common output and of the categories, with labels believed almost."""
    losses = F.binary_cross_entropy_with_logits(logits, wanted * (1 - 2 * SMOOTH) + SMOOTH, reduction="none")
    return ((losses[:, 0] + 2 * losses[:, 1:].mean(1)) * weights).sum() / weights.sum()


# ------------------------------------------------------------------------------------------------- the n-grams


@dataclass(frozen=True)
class NgramTable:
    """`weight` (PLACES, OUTPUTS), `bias` (OUTPUTS,), and how rare each place is (`Ngrams.weighed`)."""

    weight: Tensor
    bias: Tensor
    rarity: bytes


def ngram_rarity(counted: Ngrams) -> bytes:
    """In sixteenths, at most 15.9: one plus the logarithm of how few of the texts have a place."""
    seen = np.bincount(counted.places, minlength=PLACES)
    rarity = 1 + np.log((1 + counted.texts) / (1 + seen))
    return bytes(np.clip(np.round(rarity * 16), 1, 255).astype(np.uint8))


def ngram_matrix(counted: Ngrams, rarity: bytes) -> tuple[Tensor, Tensor]:
    """The places that the texts have, (S,), and what each text has there, (N, S), sparse."""
    seen, columns = np.unique(counted.places, return_inverse=True)
    starts, places = torch.from_numpy(counted.starts()), torch.from_numpy(columns)
    values = torch.from_numpy(counted.weighed(rarity))
    size = (counted.texts, len(seen))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # sparse tensors are "in beta state"; products are all we need
        return torch.from_numpy(seen), torch.sparse_csr_tensor(starts, places, values, size)


def train_ngrams(counted: Ngrams, wanted: Tensor, weights: Tensor, penalty: float = 0.1) -> NgramTable:
    """Logistic regression of each output, by L-BFGS; places that no text has weigh nothing."""
    rarity = ngram_rarity(counted)
    seen, matrix = ngram_matrix(counted, rarity)
    turned = matrix.t().to_sparse_csr()
    weight = torch.zeros(len(seen), OUTPUTS, requires_grad=True)
    bias = torch.zeros(OUTPUTS, requires_grad=True)
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=60, history_size=8, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        with torch.no_grad():
            logits = matrix @ weight + bias
            error = (torch.sigmoid(logits) - wanted) * weights[:, None]
            losses = F.binary_cross_entropy_with_logits(logits, wanted, reduction="none") * weights[:, None]
            weight.grad = turned @ error + penalty * weight
            bias.grad = error.sum(0)
            return losses.sum() + penalty / 2 * weight.square().sum()

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    whole = torch.zeros(PLACES, OUTPUTS).index_copy(0, seen, weight.detach())
    return NgramTable(whole, bias.detach(), rarity)
