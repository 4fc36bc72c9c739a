"""The built-in model's ranker: how likely the model itself finds its codes, and what its judge sees.

In: a prompt, pictures and the likelihoods of their codes.  Out: one score a picture.  It knows no engine.
"""

from collections.abc import Sequence

from inference.pictures import Pixels
from inference.ranking.judge import JudgeRanker

JUDGE_WEIGHT = 2.0
"""A cosine's part in the score. Likelihood alone puts a thing in its usual colour before one in the colour that was
asked for: of twenty grids of four, twice, the first was right in 20 to 30 % by a weight of 0.05, in 50 to 55 % by 2."""


class LikelihoodRanker:
    """How likely the model itself finds its codes, given the text: what fits together is right more often.

    In nats per code, 0 at most.  The small judge sees whether what was asked for is there.
    """

    def __init__(self, judge: JudgeRanker) -> None:
        self._judge = judge

    def scores(self, prompt: str, pictures: Sequence[Pixels], likelihoods: Sequence[float]) -> list[float]:
        """The likelihoods, and `JUDGE_WEIGHT` times the judge's cosines."""
        cosines = self._judge.scores(prompt, pictures)
        return [own + JUDGE_WEIGHT * seen for own, seen in zip(likelihoods, cosines, strict=True)]
