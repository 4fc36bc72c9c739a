"""Prompts as DALL·E mini was trained to read them: normalised, then split into byte-level BPE tokens.

In: prompts. Out: token ids and masks. It knows no model.
"""

from collections.abc import Sequence

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors
from torch import Tensor

from inference.text.normaliser import TextNormalizer


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
