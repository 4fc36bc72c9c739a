"""Which picture of a grid fits its prompt best: one module a way of telling.

In: a prompt, finished pictures and how likely the model found their codes.  Out: one score a picture.  It knows no
engine.
"""

from collections.abc import Sequence
from typing import Protocol

from inference.pictures import Pixels


class Ranker(Protocol):
    """A judge of pictures.  A call may raise anything: the pictures concerned stay unranked, nothing else happens."""

    def scores(self, prompt: str, pictures: Sequence[Pixels], likelihoods: Sequence[float]) -> list[float]:
        """One number a picture, in their order, the higher the better; comparable within one prompt only.

        `likelihoods` are, of each picture, the mean log-likelihood of its codes given the prompt, without guidance, in
        nats per code: 0 at most.
        """
