"""The engine with a judge: scores in the events, the best picture first, and no harm where judging fails."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from structlog.testing import capture_logs

from inference.contract import Done, Event, GenerationRequest, Image, Progress
from inference.engine.engine import Engine
from inference.pictures import Pixels
from inference.ranking import Ranker
from tests.fakes import FakeCodeModel, FillingModel

REQUEST = GenerationRequest("a cat", images=9, seed=5)


class Judge:
    """Gives the scores it was told to, and remembers what it was asked."""

    def __init__(self, scores: Sequence[float]) -> None:
        self.given = list(scores)
        self.prompts: list[str] = []
        self.pictures: list[Pixels] = []
        self.likelihoods: list[float] = []

    def scores(self, prompt: str, pictures: Sequence[Pixels], likelihoods: Sequence[float]) -> list[float]:
        self.prompts.append(prompt)
        self.pictures += pictures
        self.likelihoods += likelihoods
        return self.given


class BrokenJudge:
    def scores(self, prompt: str, pictures: Sequence[Pixels], likelihoods: Sequence[float]) -> list[float]:
        raise RuntimeError("out of memory")


def run(ranker: Ranker | None, request: GenerationRequest = REQUEST) -> list[Event]:
    engine = Engine(FakeCodeModel(), ranker, clock=lambda: 0.0)
    engine.add("a", request)
    events = []
    while engine.busy:
        events += [event for _, event in engine.step()]
    return events


def images(events: Sequence[Event]) -> list[Image]:
    return [event for event in events if isinstance(event, Image)]


def test_the_best_picture_is_sent_first() -> None:
    """All together at the end, each with its own index, seed and file; equals in the order of their seeds."""
    scores = [0.1, 0.5, 0.3, 0.5, 0.2, 0.0, -0.2, 0.9, 0.4]
    events = run(Judge(scores))
    ranked = images(events)
    assert [(image.index, image.score) for image in ranked] == [
        (index, scores[index]) for index in (7, 1, 3, 8, 2, 4, 0, 5, 6)
    ]
    assert [image.seed for image in ranked] == [5 + image.index for image in ranked]
    assert {image.index: image.png for image in ranked} == {image.index: image.png for image in images(run(None))}
    assert isinstance(events[-1], Done)
    assert events[-10:-1] == ranked


def test_pictures_of_the_prompt_as_it_is_come_first() -> None:
    """Whatever the judge likes about a background that nobody asked for."""
    engine = Engine(FillingModel(), Judge([-0.6, -0.1, -0.2, -0.3, -0.5]), clock=lambda: 0.0)
    engine.add("a", GenerationRequest("a cat", images=5, seed=0))
    ranked: list[Image] = []
    while engine.busy:
        ranked += images([event for _, event in engine.step()])
    assert [image.index for image in ranked] == [4, 0, 1, 2, 3]


def test_the_judge_sees_the_prompt_and_the_finished_pictures() -> None:
    """Once a generation, in the order of the seeds."""
    judge = Judge([0.0] * 4)
    request = GenerationRequest("a cat", images=4, negative_prompt="a dog")
    run(judge, request)
    assert judge.prompts == ["a cat"]
    alone = Judge([0.0])
    run(alone, GenerationRequest("a cat", images=1, seed=3, negative_prompt="a dog"))
    assert np.array_equal(judge.pictures[3], alone.pictures[0])
    assert judge.likelihoods[3] == pytest.approx(alone.likelihoods[0])


def test_the_judge_is_told_how_likely_the_codes_were() -> None:
    """By the text alone, whatever guidance made of it: the mean over all codes, as a replay has it."""
    judge, model, slot = Judge([0.0]), FakeCodeModel(), torch.tensor([0])
    run(judge, GenerationRequest("a cat", images=1, seed=3))
    codes = model.encode_image(torch.from_numpy(judge.pictures[0])[None])[0]
    model.prefill(slot, model.encode_texts(["a cat"]))
    before = [model.start_token, *codes[:-1].tolist()]
    logits = [model.decode_one_token(slot, torch.tensor([code]), torch.tensor([at])) for at, code in enumerate(before)]
    expected = -F.cross_entropy(torch.cat(logits), codes)
    assert judge.likelihoods == pytest.approx([expected.item()], abs=1e-5)


def test_progress_goes_on_while_pictures_are_held_back() -> None:
    """A person still sees how far it is, with previews."""
    reports = [event for event in run(Judge([0.0] * 9)) if isinstance(event, Progress)]
    assert reports == [event for event in run(None) if isinstance(event, Progress)]


@pytest.mark.parametrize("judge", [BrokenJudge(), Judge([0.5] * 8), Judge([float("nan")] * 9)])
def test_a_failing_judge_fails_no_generation(judge: Ranker) -> None:
    """An error, too few scores or NaN: a warning, and the pictures without scores in the order of their seeds."""
    with capture_logs() as logs:
        events = run(judge)
    assert [(image.index, image.score) for image in images(events)] == [(index, None) for index in range(9)]
    assert isinstance(events[-1], Done)
    (warning,) = logs
    assert (warning["event"], warning["log_level"], warning["generation"]) == ("generation.not_ranked", "warning", "a")


def test_a_cancelled_generation_is_not_judged() -> None:
    """Even when some of its pictures are finished already."""
    judge = Judge([0.0] * 9)
    engine = Engine(FakeCodeModel(), judge)
    engine.add("a", REQUEST)
    while engine.status.waiting:
        engine.step()
    engine.cancel("a")
    assert engine.step() == []
    assert judge.prompts == []
