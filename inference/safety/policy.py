"""From what was found in a prompt to a verdict, by a server's policy.

In: evidence (reading.py), scores (classifier.py) and a Policy.  Out: a Verdict.

In this order: the rules that nobody can change, the server's own words, listed words that are hardly ever harmless, the
classifier.  docs/safety.md explains each `rule` that a verdict may carry.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from inference.contract import Policy, Verdict
from inference.contract.verdicts import ACTIONS, Action
from inference.safety.classifier import Scores
from inference.safety.lexicon import Kind
from inference.safety.quotation import quoted
from inference.safety.reading import HEARD, Evidence
from inference.safety.rules import Finding
from inference.safety.wildcards import WordPatterns

LISTED_SCORE: Final = 0.95
UNREADABLE_SCORE: Final = 0.5
OWN_WORDS: Final = "server_words"
UNREADABLE: Final = "unreadable"
"""Of what nobody can read, nobody knows whether it is harmless: it is held, and where the level is relaxed, flagged."""
STEPS: Final = ("open", "relaxed", "standard", "strict")
"""Levels, and the one below the most relaxed, for `sexual` in age-restricted channels."""
FEW_WORDS: Final = 3
FEW_LETTERS: Final = 40
"""A text of so many words and letters says too little to go by the classifier alone: though it has learned from words
by themselves, too, it is wrong about some."""
SURER, MUCH_SURER = 0.1, 4.6
"""By so much, in logits, the thresholds of such a text are higher: what is harmful of two or three words that no list
has is at 4.8 and more, stupid cats and shirtless men at 4.3 and less."""
SHORT, RATHER_SURER = 6, 0.5
"""Of so many words it is wrong less often: of ours that it refuses though no list finds anything in them, half of the
harmless ones are less than that above the threshold, and one of 23 harmful ones.  Not for self-harm, of which people
speak softly."""
KIND_UNLIKELY, UNSURE_OF_KIND = 0.3, 1.0
"""Where no category by itself is as likely, the classifier finds such a text bad and cannot say why: mostly names and
sayings (grumpy cat says no).  To be refused it must be so much surer; flagged it is as before."""
_GRAVE: Final = frozenset({Kind.SEVERE, Kind.NUDITY, Kind.VIOLENCE, Kind.THREAT})
_SMALL: Final = frozenset("a an the my your some of in on at with and or".split())


@dataclass(frozen=True, slots=True)
class Band:
    """Scores from which on a prompt is flagged, and blocked."""

    flag: float
    block: float

    def raised(self, flag: float, block: float) -> "Band":
        """The same, in logits so much higher."""
        return Band(_raised(self.flag, flag), _raised(self.block, block))


@dataclass(frozen=True, slots=True)
class Thresholds:
    """By level: fixed at the shares of real users' prompts that are refused.

    `lower` has categories of which users are hardly ever suspected, and by how much, in logits, less is enough.
    """

    bands: Mapping[str, Band]
    lower: Mapping[str, float]

    @classmethod
    def from_json(cls, settings: Mapping[str, Any]) -> "Thresholds":
        """From the settings that come with the weights."""
        values = settings["thresholds"]
        return cls(
            {step: Band(values[step]["flag"], values[step]["block"]) for step in STEPS}, settings.get("lower", {})
        )

    def of(self, policy: Policy, category: str) -> Band:
        """The band for one category."""
        step = STEPS.index(policy.level)
        relaxed = policy.age_restricted and category == "sexual"
        lower = self.lower.get(category, 0.0)
        return self.bands[STEPS[step - 1 if relaxed else step]].raised(-lower, -lower)


def decide(policy: Policy, evidence: Evidence, scores: Scores, thresholds: Thresholds) -> Verdict:
    """The gravest verdict that anything about the prompt gives; of like ones what is listed tells more than a guess."""
    if evidence.finding is not None and evidence.finding.certain:
        return found_verdict("block", evidence.finding, evidence)
    verdicts = [_own_words(policy, evidence), _listed(policy, evidence), _scored(policy, evidence, scores, thresholds)]
    if evidence.illegible:
        action: Action = "flag" if policy.level == "relaxed" else "hold"
        verdicts.append(Verdict(action, UNREADABLE, UNREADABLE_SCORE, UNREADABLE, evidence.illegible))
    if evidence.finding is not None:
        verdicts.append(found_verdict("flag", evidence.finding, evidence))
    return max(verdicts, key=lambda v: (ACTIONS.index(v.action), v.rule != "classifier", v.score))


def _own_words(policy: Policy, evidence: Evidence) -> Verdict:
    lists: tuple[tuple[Action, tuple[str, ...]], ...] = (
        ("block", policy.blocked_words),
        ("flag", policy.flagged_words),
    )
    for action, words in lists:
        own = WordPatterns.of(words).find(evidence.words)
        if own:
            return Verdict(action, OWN_WORDS, 1.0, OWN_WORDS, quoted(own, evidence))
    return Verdict("allow")


def found_verdict(action: Action, finding: Finding, evidence: Evidence) -> Verdict:
    """Of a rule that was broken."""
    score = 1.0 if finding.certain else 0.5
    return Verdict(action, finding.category, score, finding.rule, quoted(finding.words, evidence))


def _listed(policy: Policy, evidence: Evidence) -> Verdict:
    verdict = Verdict("allow")
    for match in evidence.matches:
        if match.kind is Kind.SEVERE and not evidence.denied(match):
            tolerated = match.category == "sexual" and policy.age_restricted and policy.level == "relaxed"
            action = _treated(policy, match.category, "flag" if tolerated else "block")
            if ACTIONS.index(action) > ACTIONS.index(verdict.action):
                words = evidence.terms(Kind.SEVERE, match.category)
                verdict = Verdict(action, match.category, LISTED_SCORE, "listed_words", quoted(words, evidence))
    return verdict


def _scored(policy: Policy, evidence: Evidence, scores: Scores, thresholds: Thresholds) -> Verdict:
    by = surer_by(evidence, scores.category, scores.categories[scores.category])
    band = thresholds.of(policy, scores.category).raised(*by)
    if scores.unsafe < band.flag:
        return Verdict("allow", None, scores.unsafe)
    blocked = scores.unsafe >= band.block
    action = _treated(policy, scores.category, "block" if blocked else "flag")
    words = evidence.terms(Kind.DOUBTFUL, scores.category) or evidence.terms(Kind.SEVERE, scores.category)
    return Verdict(action, scores.category, scores.unsafe, "classifier", quoted(words, evidence))


def surer_by(evidence: Evidence, category: str, likelihood: float) -> tuple[float, float]:
    """By how much, in logits, the classifier must be surer than the level says to flag a text, and to refuse it.

    `likelihood` is that of its likeliest category by itself.  A few words, and what is no English, tell the classifier
    little: a woman who cries, or has a red hat in Spanish, is as bad as anything to it.  There it must be surer, and
    much surer of what no list finds anything in.
    """
    words = [word for word in evidence.words.words if word not in _SMALL]
    few = len(words) <= FEW_WORDS and len(evidence.words.flat) <= FEW_LETTERS
    listed = any(match.category == category or match.kind in _GRAVE for match in evidence.matches)
    heard = any(match.kind in HEARD for match in evidence.matches)
    if (listed and len(words) > 1) or not (few or evidence.foreign):
        if listed or heard or len(words) > SHORT or category == "self_harm":
            return 0.0, 0.0
        return RATHER_SURER, UNSURE_OF_KIND if likelihood < KIND_UNLIKELY else RATHER_SURER
    if heard:
        return SURER, SURER
    if len(words) == 1:  # a whole sentence, where there are no spaces
        return MUCH_SURER if evidence.foreign else SURER, math.inf
    return MUCH_SURER, MUCH_SURER


def _raised(score: float, by: float) -> float:
    if by == math.inf:
        return math.inf  # also where a score is rounded to 1
    return 1 / (1 + math.exp(-by) * (1 / score - 1)) if score > 0 else 0.0


def _treated(policy: Policy, category: str, suggested: Action) -> Action:
    """What the server wants instead.  A doubtful prompt is never treated worse than flagged."""
    chosen = cast("Action | None", policy.categories.get(category))
    if chosen is None or suggested == "block":
        return chosen or suggested
    return min(suggested, chosen, key=ACTIONS.index)
