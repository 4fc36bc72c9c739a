"""The prompt filter: the whole story of how a prompt is judged.

In: a prompt as it was written, its negative prompt, and a server's policy.  Out: a verdict.  It knows neither people
nor servers.  Without its weights it does not start: a filter that breaks must refuse, not let through.
"""

import functools
from collections.abc import Sequence
from typing import Any, Final

from inference.checkpoints.text_encoder import TEXT_ENCODER_FOLDER
from inference.checkpoints.weights import read_json
from inference.contract import Policy, Verdict
from inference.safety.classifier import WEIGHTS, Classifier, Scores
from inference.safety.negative import judge_negative
from inference.safety.policy import Thresholds, decide, found_verdict
from inference.safety.reading import Evidence, Reader
from inference.safety.wildcards import WordPatterns

STANDARD: Final = Policy()


class PromptFilter:
    """Judges prompts.  Safe to use from several threads."""

    def __init__(self, reader: Reader, classifier: Classifier, thresholds: Thresholds) -> None:
        self._reader = reader
        self._classifier = classifier
        self._thresholds = thresholds

    @classmethod
    @functools.cache
    def load(cls) -> "PromptFilter":
        """The filter that comes with Easel.  Raises inference.checkpoints.weights.CheckpointError."""
        reader = Reader.load(str(TEXT_ENCODER_FOLDER / "tokenizer.json"))
        settings: dict[str, Any] = read_json(WEIGHTS / "config.json")
        return cls(reader, Classifier.load(), Thresholds.from_json(settings))

    def check(self, prompt: str, negative: str | None = None, policy: Policy = STANDARD) -> Verdict:
        """The verdict on a prompt, together with what it is not to show."""
        evidence = self._reader.read(prompt)
        if negative:
            turned = judge_negative(evidence, self._reader.read(negative))
            if turned is not None:
                return found_verdict("block", turned, evidence)
        evidence = _excused(evidence, policy)
        (scores,) = self._classifier.scores([evidence.plain])
        return decide(policy, evidence, scores, self._thresholds)

    def judge(self, prompt: str, policy: Policy = STANDARD) -> tuple[Verdict, dict[str, float]]:
        """The verdict, and the classifier's scores by category, with `unsafe` for the whole: for measurements."""
        return self.judge_all([prompt], policy)[0]

    def judge_all(self, prompts: Sequence[str], policy: Policy = STANDARD) -> list[tuple[Verdict, dict[str, float]]]:
        """The same for many prompts, in half the time: those of one length are looked at together."""
        read = [_excused(self._reader.read(prompt), policy) for prompt in prompts]
        found = self._classifier.scores([evidence.plain for evidence in read])
        return [self._judged(evidence, scores, policy) for evidence, scores in zip(read, found, strict=True)]

    def _judged(self, evidence: Evidence, scores: Scores, policy: Policy) -> tuple[Verdict, dict[str, float]]:
        described = {"unsafe": scores.unsafe, **scores.categories}
        verdict = decide(policy, evidence, scores, self._thresholds)
        return verdict, {name: round(score, 4) for name, score in described.items()}

    def vector(self, text: str) -> list[float]:
        """Of length one: texts of like meaning have like vectors."""
        found: list[float] = self._classifier.encoder.vector(text).tolist()
        return found


def _excused(evidence: Evidence, policy: Policy) -> Evidence:
    """Without the words that lie in phrases which this server allows, for the lists and the classifier; the hard rules
    stay."""
    spans = WordPatterns.of(policy.allowed_words).spans(evidence.words)
    cut = {index for first, last in spans for index in range(first, last)}
    return evidence.without(cut) if cut else evidence
