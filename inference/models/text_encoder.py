"""MiniLM: what the words of a text mean, for the built-in model and for searching by meaning.

In: texts, or token ids. Out: one state per token, (B, T, 384), or one vector per text. It knows nothing of pictures.

The network is BERT (Devlin et al. 2018, https://arxiv.org/abs/1810.04805) with six layers, trained on sentence pairs as
all-MiniLM-L6-v2 (https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2). Left out are the pooling layer and the
second token type, which sentence vectors do not use.
"""

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor, nn

from inference.models.config import ConfigError, read_config
from inference.text.reader import Reader

EPSILON = 1e-12
MAX_TOKENS = 64
"""Tokens read of a text, with the two that mark its ends; the built-in model was trained on no more."""

REMEMBERED = 64
"""Texts whose states are kept, 0.1 MB each at most."""


@dataclass(frozen=True)
class MiniLMConfig:
    """Sizes, named as in a BERT config.json."""

    vocab_size: int = 30522
    hidden_size: int = 384
    num_hidden_layers: int = 6
    num_attention_heads: int = 12
    intermediate_size: int = 1536
    max_position_embeddings: int = 512

    def __post_init__(self) -> None:
        if self.num_attention_heads < 1 or self.hidden_size % self.num_attention_heads:
            raise ConfigError(
                f"MiniLMConfig: num_attention_heads={self.num_attention_heads} must divide "
                f"hidden_size={self.hidden_size}"
            )
        if self.num_hidden_layers > 256:
            raise ConfigError(f"MiniLMConfig: num_hidden_layers={self.num_hidden_layers} must be at most 256")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """From a BERT config.json; raises `ConfigError` for anything that is not supported."""
        return cls(
            **read_config(
                cls,
                values,
                fixed={"hidden_act": "gelu", "position_embedding_type": "absolute", "layer_norm_eps": EPSILON},
                ignored=frozenset(
                    {"attention_probs_dropout_prob", "hidden_dropout_prob", "gradient_checkpointing"}
                    | {"initializer_range", "type_vocab_size"}
                ),
            )
        )

    def to_dict(self) -> dict[str, Any]:
        """The JSON form that `from_dict` reads."""
        return dataclasses.asdict(self)


class MiniLM(nn.Module):
    """Token ids (B, T) -> states (B, T, hidden_size)."""

    def __init__(self, config: MiniLMConfig) -> None:
        super().__init__()
        self.config = config
        width = config.hidden_size
        self.word_embeddings = nn.Embedding(config.vocab_size, width)
        self.position_embeddings = nn.Embedding(config.max_position_embeddings, width)
        self.embedding_norm = nn.LayerNorm(width, eps=EPSILON)
        self.layers = nn.ModuleList(MiniLMLayer(config) for _ in range(config.num_hidden_layers))

    def forward(self, input_ids: Tensor, mask: Tensor) -> Tensor:
        x = self.word_embeddings(input_ids)  # (B, T, D)
        x = self.embedding_norm(x + self.position_embeddings.weight[: input_ids.shape[1]])
        attended = (mask != 0)[:, None, None]  # (B, 1, 1, T)
        for layer in self.layers:
            x = layer(x, attended)
        states: Tensor = x
        return states


class MiniLMLayer(nn.Module):
    """Attention and feed-forward, each with its norm after the sum."""

    def __init__(self, config: MiniLMConfig) -> None:
        super().__init__()
        width = config.hidden_size
        self.heads = config.num_attention_heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.attention_out = nn.Linear(width, width)
        self.attention_norm = nn.LayerNorm(width, eps=EPSILON)
        self.feed_forward_in = nn.Linear(width, config.intermediate_size)
        self.feed_forward_out = nn.Linear(config.intermediate_size, width)
        self.feed_forward_norm = nn.LayerNorm(width, eps=EPSILON)

    def forward(self, x: Tensor, attended: Tensor) -> Tensor:
        q, k, v = (self._heads(projection(x)) for projection in (self.query, self.key, self.value))  # (B, H, T, d)
        h = F.scaled_dot_product_attention(q, k, v, attn_mask=attended).transpose(1, 2).flatten(2)  # (B, T, D)
        x = self.attention_norm(x + self.attention_out(h))
        h = self.feed_forward_out(F.gelu(self.feed_forward_in(x)))
        out: Tensor = self.feed_forward_norm(x + h)
        return out

    def _heads(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        return x.view(batch, length, self.heads, width // self.heads).transpose(1, 2)


class SentenceEncoder:
    """MiniLM with its tokenizer. What was read last is remembered: a prompt is drawn, then ranked, then drawn again."""

    def __init__(self, model: MiniLM, tokenizer: Tokenizer, reader: Reader | None = None) -> None:
        """Takes the tokenizer over: padding and truncation are set here. Texts are read through `reader`."""
        self.model = model.eval().requires_grad_(requires_grad=False)
        self.width = model.config.hidden_size
        self.tokenizer = tokenizer
        self.reader = reader or Reader()
        tokenizer.enable_truncation(min(MAX_TOKENS, model.config.max_position_embeddings))
        tokenizer.enable_padding()  # to the longest of a batch; [PAD] is 0 in every BERT vocabulary
        self._remembered = functools.lru_cache(maxsize=REMEMBERED)(self._read)

    def states(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """B texts -> states (B, T, width) in float32 and mask (B, T); T is the longest text's, at most `MAX_TOKENS`.

        Of no text at all, T is 1. The tensors are not to be written to.
        """
        if not texts:
            return torch.zeros(0, 1, self.width), torch.zeros(0, 1, dtype=torch.long)
        return self._remembered(tuple(texts)) if len(texts) == 1 else self._read(texts)

    def tokens(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """B texts, one at least -> token ids (B, T) and mask (B, T), where the model's weights lie."""
        encodings = self.tokenizer.encode_batch([self.reader.read(text).text for text in texts])
        device = self.model.word_embeddings.weight.device
        input_ids = torch.tensor([encoding.ids for encoding in encodings], device=device)
        return input_ids, torch.tensor([encoding.attention_mask for encoding in encodings], device=device)

    @torch.no_grad()
    def _read(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        input_ids, mask = self.tokens(texts)
        return self.model(input_ids, mask).float(), mask

    def vectors(self, texts: Sequence[str]) -> Tensor:
        """B texts -> unit vectors (B, width); the product of two is their cosine similarity."""
        states, mask = self.states(texts)
        weight = mask[:, :, None].float()  # (B, T, 1)
        return F.normalize((states * weight).sum(1) / weight.sum(1), dim=-1)


LAYER_NAMES: Final = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "attention_out": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "feed_forward_in": "intermediate.dense",
    "feed_forward_out": "output.dense",
    "feed_forward_norm": "output.LayerNorm",
}
"""What the parts of a layer are called in the published BERT file."""


def from_sentence_transformers(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The parameters of `MiniLM` from those of the published BERT file. Raises `KeyError` where one is missing."""
    ours = {
        "word_embeddings.weight": weights["embeddings.word_embeddings.weight"],
        # every token is of the first type: that row is the same as a part of all positions
        "position_embeddings.weight": weights["embeddings.position_embeddings.weight"]
        + weights["embeddings.token_type_embeddings.weight"][0],
        "embedding_norm.weight": weights["embeddings.LayerNorm.weight"],
        "embedding_norm.bias": weights["embeddings.LayerNorm.bias"],
    }
    layers = sum(name.endswith("attention.self.query.weight") for name in weights)
    for layer in range(layers):
        for our_name, name in LAYER_NAMES.items():
            for part in ("weight", "bias"):
                ours[f"layers.{layer}.{our_name}.{part}"] = weights[f"encoder.layer.{layer}.{name}.{part}"]
    return ours
