"""The examiner: asks a model questions, and has the judge look at what it draws for them.

In: a model, the judge, questions. Out: an answer each, and numbers of whole grids. It knows no file and no goals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from inference.contract import PLAIN_EVERY, PLAIN_TAKES
from inference.engine.code_model import CodeModel
from inference.engine.generation import AS_ASKED
from inference.pictures import Pixels
from inference.ranking import Ranker
from inference.ranking.detector import Detector, find
from inference.training.evaluation.diversity import diversity
from inference.training.evaluation.drawing import draw, draw_with_likelihoods
from inference.training.evaluation.questions import Question
from inference.training.evaluation.result import Answer
from inference.training.evaluation.scoring import answers, sized

FEW = 4
"""Pictures of a grid that a person is shown at least."""
GRID = 9
_AS_IT_IS = PLAIN_EVERY * PLAIN_TAKES
"""Seeds that are multiples of this show a prompt as it is, as large as things are that the judge knows."""


class Examiner:
    """Asks a model the questions, and has the judge look at the answers."""

    def __init__(self, model: CodeModel, detector: Detector, drawn: Callable[[int], None] = lambda _: None) -> None:
        self._model = model
        self._detector = detector
        self._drawn = drawn

    def ask(self, questions: Sequence[Question], seed: int) -> list[Answer]:
        """One picture a question, of the prompt as it is, neither smaller nor mirrored; the k-th has seed
        `PLAIN_EVERY` * `PLAIN_TAKES` * (`seed` + k)."""
        orders = [(question.prompt, _AS_IT_IS * (seed + index)) for index, question in enumerate(questions)]
        answered: list[Answer] = []
        together = self._model.slots // 2
        for start in range(0, len(orders), together):  # a thousand pictures as they are drawn are half a gigabyte
            part = slice(start, start + together)
            pictures = draw(self._model, orders[part], partial(self._tell, start))
            answered += judged(self._detector, questions[part], pictures)
        return answered

    def _tell(self, before: int, done: int) -> None:
        self._drawn(before + done)

    def diversity(self, questions: Sequence[Question], seed: int) -> dict[str, float | None]:
        """How much the pictures of grids of four differ, and how many are right of those that say more than the prompt.

        A grid is drawn with the seeds that its first picture, of the prompt as it is, has in `ask`, and those after it.
        """
        orders = _grids(questions, seed, FEW)
        pictures = draw(self._model, orders, self._drawn)
        grids = [pictures[start : start + FEW] for start in range(0, len(pictures), FEW)]
        asked = [question for question in questions for _ in range(FEW)]
        other = [index for index, order in enumerate(orders) if self._model.interpret(*order).filled]
        answered = judged(self._detector, [asked[index] for index in other], [pictures[index] for index in other])
        share, _ = share_right(answered)
        return {**diversity(self._detector, grids), "interpretations": share}

    def best_of_nine(self, questions: Sequence[Question], ranker: Ranker, seed: int) -> dict[str, float | None]:
        """Share of right pictures among all of nine a question, and among those that come first, as the engine ranks.

        Also what a ranker that is never wrong would reach, and the same two of the `mixed` questions alone, which have
        right and wrong pictures among their nine; None where there are none.
        """
        nine = [question for question in questions for _ in range(GRID)]
        orders = _grids(questions, seed, GRID)
        pictures, likelihoods = draw_with_likelihoods(self._model, orders, self._drawn)
        answered = judged(self._detector, nine, pictures)
        right = np.array([bool(answer.is_right) for answer in answered]).reshape(-1, GRID)
        grids = (slice(start, start + GRID) for start in range(0, len(nine), GRID))
        less = np.array([AS_ASKED if self._model.interpret(*order).filled else 0.0 for order in orders])
        first = [
            int(np.argmax(np.array(ranker.scores(question.prompt, pictures[grid], likelihoods[grid])) - less[grid]))
            for question, grid in zip(questions, grids, strict=True)
        ]
        chosen, mixed = right[np.arange(len(first)), first], right.any(1) & ~right.all(1)
        mean, best = float(right.mean()), float(chosen.mean())
        return {
            "best_of_9_mean": mean, "best_of_9_first": best, "best_of_9_gain": best - mean,
            "best_of_9_possible": float(right.any(1).mean()),
            "best_of_9_mixed_mean": float(right[mixed].mean()) if mixed.any() else None,
            "best_of_9_mixed_first": float(chosen[mixed].mean()) if mixed.any() else None,
        }  # fmt: skip


def _grids(questions: Sequence[Question], seed: int, size: int) -> list[tuple[str, int]]:
    """Orders of a grid for each question, whose first picture is one of the prompt as it is."""
    apart = _AS_IT_IS * -(-size // _AS_IT_IS)
    return [
        (question.prompt, apart * (seed + index) + k) for index, question in enumerate(questions) for k in range(size)
    ]


def judged(detector: Detector, questions: Sequence[Question], pictures: Sequence[Pixels]) -> list[Answer]:
    """What the judge says of a picture a question."""
    found = find(detector, pictures)
    return [
        Answer(question, sized(picture), answers(question, things, picture), tuple(things))
        for question, picture, things in zip(questions, pictures, found, strict=True)
    ]


def again(answered: Sequence[Answer], measure: str) -> list[Answer]:
    """What another measure says of the same pictures."""
    questions = (replace(answer.question, measure=measure) for answer in answered)
    return [
        replace(answer, question=question, is_right=answers(question, answer.found, answer.pixels))
        for question, answer in zip(questions, answered, strict=True)
    ]


def share_right(answered: Sequence[Answer]) -> tuple[float | None, int]:
    """Share of the answers that are right, among so many of which it could be said."""
    marks = [answer.is_right for answer in answered if answer.is_right is not None]
    return (sum(marks) / len(marks) if marks else None), len(marks)
