"""How a model's codes are drawn: the parameters that a request may set and a checkpoint recommends."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SamplingParams:
    """How the next code is drawn from the logits.

    `guidance_scale` 1 means no guidance, so the sequence needs no unconditional row; `top_k` 0 and `top_p` 1 mean off.
    Limits are the contract's (inference/contract/).
    """

    guidance_scale: float = 1.0
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
