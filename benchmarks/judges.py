"""What the filter is measured beside: its parts, a regression on sentence vectors, and what other bots use.

In: a text, and for what learns the rows that it may see.  Out: by column of the tables, what is done with the text.
"""

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F

from inference.checkpoints.text_encoder import TEXT_ENCODER_FOLDER
from inference.checkpoints.weights import read_json
from inference.contract import Level, Policy
from inference.contract.verdicts import Action
from inference.safety.classifier import Classifier
from inference.safety.lexicon import Kind
from inference.safety.policy import Thresholds, decide
from inference.safety.reading import Reader
from inference.training.data.prompts import Example
from inference.training.stages.safety_thresholds import REFUSALS

Judge = Callable[[str], Mapping[str, Action]]
LEVELS: tuple[Level, ...] = ("relaxed", "standard", "strict")
STANDARD = "easel, standard"


class Easel:
    """The filter with a folder's weights, at every level, and its classifier alone with one threshold for all."""

    def __init__(self, folder: Path) -> None:
        self.reader = Reader.load(str(TEXT_ENCODER_FOLDER / "tokenizer.json"))
        self.classifier = Classifier.load(folder)
        self.thresholds = Thresholds.from_json(read_json(folder / "config.json"))

    def __call__(self, text: str) -> Mapping[str, Action]:
        evidence = self.reader.read(text)
        (scores,) = self.classifier.scores([evidence.plain])
        verdicts = {level: decide(Policy(level), evidence, scores, self.thresholds) for level in LEVELS}
        alone: Action = "block" if scores.unsafe >= self.thresholds.bands["standard"].block else "allow"
        return {**{f"easel, {level}": verdict.action for level, verdict in verdicts.items()}, "classifier alone": alone}

    def lists_alone(self, text: str) -> Mapping[str, Action]:
        """What of it is exact."""
        evidence = self.reader.read(text)
        broken = evidence.finding is not None and evidence.finding.certain
        return _decided("lists and rules alone", broken or any(match.kind is Kind.SEVERE for match in evidence.matches))


def other_judges(seen: Sequence[Example], unseen: Sequence[Example], classifier: Classifier) -> Iterator[Judge]:
    """Everything that can be compared here; the classifier's encoder gives the vectors."""
    yield Regression(seen, unseen, classifier)
    for module, name in (("better_profanity", "better-profanity"), ("profanity_check", "alt-profanity-check")):
        try:
            library = importlib.import_module(module)
        except ModuleNotFoundError:
            continue
        if module == "better_profanity":
            library.profanity.load_censor_words()
            yield partial(_contains, name, library.profanity.contains_profanity)
        else:
            yield partial(_predicts, name, library.predict)


def _contains(name: str, contains: Callable[[str], bool], text: str) -> Mapping[str, Action]:
    return _decided(name, contains(text))


def _predicts(name: str, predict: Callable[[list[str]], Sequence[int]], text: str) -> Mapping[str, Action]:
    return _decided(name, bool(predict([text])[0]))


def _decided(name: str, refused: bool) -> Mapping[str, Action]:
    return {name: "block" if refused else "allow"}


class Regression:
    """Logistic regression on sentence vectors, refusing as many of real users' prompts as the standard level."""

    def __init__(self, rows: Sequence[Example], others: Sequence[Example], classifier: Classifier) -> None:
        self._encoder = classifier.encoder
        known = torch.stack([self._encoder.vector(row.text) for row in rows])
        wanted = torch.tensor([float(row.category is not None) for row in rows])
        weight = torch.zeros(known.shape[1] + 1, requires_grad=True)
        optimizer = torch.optim.LBFGS([weight], max_iter=200)

        def closure() -> torch.Tensor:
            optimizer.zero_grad()
            logits = 10 * known @ weight[:-1] + weight[-1]
            loss = F.binary_cross_entropy_with_logits(logits, wanted) + 1e-3 * weight[:-1].square().sum()
            loss.backward()  # type: ignore[no-untyped-call]
            return loss

        optimizer.step(closure)  # type: ignore[no-untyped-call]
        self._weight = weight.detach()[:-1]
        users = [self._of(row.text) for row in others if row.kind == "benign_user"]
        self._limit = float(torch.tensor(users).quantile(1 - REFUSALS["standard"]))

    def _of(self, text: str) -> float:
        return float(self._encoder.vector(text) @ self._weight)

    def __call__(self, text: str) -> Mapping[str, Action]:
        return _decided("vectors, regression", self._of(text) > self._limit)
