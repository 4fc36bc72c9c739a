"""Outcomes of safety checks, and what is asked to be checked."""

from dataclasses import dataclass
from typing import Any, Final, Literal

from inference.contract.refusals import InvalidRequest, check_fields

MAX_PROMPTS_PER_CHECK: Final = 64

Action = Literal["allow", "flag", "block"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Outcome of a safety check.  `score` is 0–1; `category` is None where nothing was found."""

    action: Action
    category: str | None = None
    score: float = 0.0
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        return {"action": self.action, "category": self.category, "score": self.score, "reason": self.reason}

    @classmethod
    def from_json(cls, document: object) -> "Verdict":
        """Raises ValueError for anything but a verdict: an answer that cannot be read must not pass for "allow"."""
        match document:
            case {
                "action": "allow" | "flag" | "block" as action,
                "category": (str() | None) as category,
                "score": (int() | float()) as score,
                "reason": str() as reason,
            }:
                return cls(action, category, float(score), reason)
        raise ValueError(f"not a verdict: {str(document)[:80]}")


def prompts_from_json(document: object) -> list[str]:
    """Read the body of `POST /v1/check`: `{"prompts": ["…", …]}`.  Raises InvalidRequest."""
    fields = check_fields(document, {"prompts": list})
    prompts = fields.get("prompts")
    if not prompts or len(prompts) > MAX_PROMPTS_PER_CHECK:
        count = len(prompts) if prompts else 0
        raise InvalidRequest("wrong_count", "prompts", count=count, low=1, high=MAX_PROMPTS_PER_CHECK)
    for prompt in prompts:
        if not isinstance(prompt, str):
            raise InvalidRequest(
                "wrong_type", "prompts", found=f"list with a {type(prompt).__name__}", wanted="list of str"
            )
    return list(prompts)
