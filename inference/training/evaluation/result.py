"""What an evaluation found: its numbers beside their goals, and each answer that they rest on.

Knows neither how pictures are drawn nor how they are judged.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from inference.pictures import Pixels
from inference.ranking.detector import Found
from inference.training.evaluation.questions import Question

GOALS = {
    "concept_top1": 0.85, "colour": 0.90, "colour_and_thing": 0.75, "native_colour": 0.90, "background": 0.95,
    "places": 0.85, "pairs": 0.70, "relation": 0.85, "count": 0.80, "synonyms_top5": 0.50, "languages_top1": 0.70,
    "near_identical": 0.15, "psnr": 26.0, "ssim": 0.90,
}  # fmt: skip
"""For those OF_CEILING, as a share of the judge's own ceiling."""
OF_CEILING = frozenset({"concept_top1", "colour_and_thing", "pairs"})
AT_MOST = frozenset({"near_identical"})


@dataclass(frozen=True)
class Answer:
    """A question, what was drawn for it, at 192 pixels a side, whether that was right, None where it could not be said,
    and what the judge found in it."""

    question: Question
    pixels: Pixels
    is_right: bool | None
    found: tuple[Found, ...] = ()


@dataclass(frozen=True)
class Evaluation:
    """Numbers by name, how many pictures or prompts each rests on, the judge's ceilings, and all answers."""

    model: str
    numbers: dict[str, float | None]
    counts: dict[str, int]
    ceilings: dict[str, float]
    answers: dict[str, list[Answer]] = field(repr=False)

    def to_json(self) -> dict[str, object]:
        """What `--json` prints."""
        ceilings = {f"{measure}_ceiling": value for measure, value in self.ceilings.items()}
        rounded = {name: None if value is None else round(value, 4) for name, value in self.numbers.items()}
        return {"model": self.model, **rounded, **ceilings, "n": self.counts}

    def reaches(self, name: str) -> bool | None:
        """Whether a number reaches its goal; None where there is no goal or no number."""
        value, goal = self.numbers.get(name), GOALS.get(name)
        if value is None or goal is None:
            return None
        if name in AT_MOST:
            return value <= goal
        return value >= goal * (self.ceilings.get(name.removesuffix("_top1"), 1.0) if name in OF_CEILING else 1.0)


def results(evaluation: Evaluation) -> list[tuple[str, str, str, str, bool | None]]:
    """Rows of the table: measure, result, the judge's ceiling, goal, whether it is reached."""
    rows = []
    for name, value in evaluation.numbers.items():
        ceiling = evaluation.ceilings.get(name.removesuffix("_top1").removesuffix("_top5"))
        in_decibels = name == "psnr"
        shown = "not measured" if value is None else f"{value:.1f} dB" if in_decibels else f"{value:.3f}"
        goal = GOALS.get(name)
        wanted = "" if goal is None else f"{goal:.0f} dB" if in_decibels else f"{goal:.2f}"
        wanted = f"at most {wanted}" if name in AT_MOST else wanted
        wanted += " of ceiling" if name in OF_CEILING else ""
        rows.append((name, shown, "" if ceiling is None else f"{ceiling:.3f}", wanted, evaluation.reaches(name)))
    return rows
