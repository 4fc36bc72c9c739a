"""The built-in model's judge at work: pictures against the prompt they were drawn from.

In: a prompt and pictures.  Out: cosines.  It knows no engine.
"""

from collections.abc import Sequence

import torch

from inference.models.config import ConfigError
from inference.models.judge import PictureJudge, picture_tensor
from inference.models.text_encoder import SentenceEncoder
from inference.native.kernels import one_thread
from inference.pictures import Pixels


class JudgeRanker:
    """Scores pictures against the prompt they were drawn from: cosines, -1 to 1."""

    def __init__(self, judge: PictureJudge, text: SentenceEncoder) -> None:
        """Raises `ConfigError` when the judge reads other sentence vectors than `text` gives."""
        if judge.config.text_dim != text.width:
            raise ConfigError(f"JudgeConfig: text_dim={judge.config.text_dim}, the text encoder has {text.width}")
        self._judge = judge.eval()
        self._text = text

    @torch.no_grad()
    def scores(self, prompt: str, pictures: Sequence[Pixels]) -> list[float]:
        """One score a picture; pictures are uint8 (H, W, 3), all of one size."""
        if not pictures:
            return []
        wanted = self._judge.embed_texts(self._text.vectors([prompt]))  # (1, D)
        with one_thread():
            seen = self._judge.embed_pictures(picture_tensor(pictures, self._judge.config.edge))  # (B, D)
        scores: list[float] = (seen @ wanted[0]).tolist()
        return scores
