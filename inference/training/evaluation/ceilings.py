"""The judge judged: how much of each measure it gets right on real renderings, where every answer should be right.

In: a detector and the icons. Out: a number a measure, and what `assets/evaluation` holds, so that an evaluation needs
no icons. It knows no model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.checkpoints.weights import write_json
from inference.ranking.detector import Detector, save_detector
from inference.training.data.icons import STYLES, IconSet
from inference.training.data.labels import read_labels
from inference.training.data.scenes import UNSAID, Scene, render
from inference.training.data.stream import VALIDATION_SEED, SceneSource
from inference.training.evaluation.diversity import diversity
from inference.training.evaluation.examiner import FEW, judged, share_right
from inference.training.evaluation.questions import (
    DERIVED,
    MEASURES,
    Question,
    Questions,
    make_questions,
    rendering_of,
    write_questions,
)

_HELD_OUT_SCENES = 64
_TOGETHER = 256


def ceilings(detector: Detector, questions: Questions, icons: IconSet) -> dict[str, float]:
    """Share of the questions of each measure that the judge finds right on their real renderings."""
    numbers = {}
    for measure in (*MEASURES, *DERIVED):
        asked, answered = questions.of(measure), []
        for start in range(0, len(asked), _TOGETHER):
            some = asked[start : start + _TOGETHER]
            answered += judged(detector, some, [render(rendering_of(question), icons) for question in some])
        marks = [bool(answer.is_right) for answer in answered]
        # a relation counts where both things were recognised, as it does for a model
        share = share_right(answered)[0] if measure == "relation" else sum(marks) / len(marks)
        numbers[measure] = round(share or 0.0, 4)
    diverse = questions.diverse()
    grids = [[render(scene, icons) for scene in variants(question)] for question in diverse]
    return numbers | {name: round(value, 4) for name, value in diversity(detector, grids).items()}


def variants(question: Question, count: int = FEW) -> list[Scene]:
    """Scenes that a question may as well mean: in any style, and before any background where it names none."""
    rng = np.random.default_rng(list(question.prompt.encode()))
    scene = rendering_of(question)
    backs = UNSAID if question.background == "white" else (question.background,)
    return [
        replace(scene, style=str(rng.choice(STYLES)), background=str(rng.choice(backs))) for _ in range(count)
    ]  # fmt: skip


def write_evaluation(folder: Path, detector: Detector, cache: Path) -> dict[str, float]:
    """Write the judge with its configuration, its ceilings, the questions and held-out scenes; returns the ceilings."""
    icons = IconSet.load(cache)
    questions = make_questions(icons, read_labels(cache))
    save_detector(folder, detector)
    write_questions(folder / "questions.json", questions)
    scenes = SceneSource(cache, VALIDATION_SEED, _HELD_OUT_SCENES).batch(0)
    _sheet(list(scenes.pixels)).save(folder / "scenes.webp", lossless=True, method=4)
    numbers = ceilings(detector, questions, icons)
    write_json(folder / "ceilings.json", numbers)
    return numbers


def _sheet(pictures: Sequence[NDArray[np.uint8]], columns: int = 8) -> Image.Image:
    """Pictures of one size in full rows, nothing between them."""
    rows = [np.concatenate(pictures[start : start + columns], 1) for start in range(0, len(pictures), columns)]
    return Image.fromarray(np.concatenate(rows, 0))
