"""What is wrong with an order, and what went wrong with a generation."""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from bot.errors.user import UserError
from inference import contract


@dataclass(eq=False)
class InvalidOption(UserError):
    """`problem` is a code, such as "out_of_range"; `data` what its sentence needs besides the field."""

    field: str
    problem: str
    data: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def no_such_model(name: str | None, known: Iterable[str], *, may_come_back: bool = False) -> InvalidOption:
    """A model that is nowhere; `known` are those that there are."""
    problem = "unknown_model" if may_come_back else "no_such_model"
    return InvalidOption("model", problem, {"value": str(name), "known": ", ".join(known)})


@dataclass(eq=False)
class PromptBlocked(UserError):
    """`category` is the filter's name for what it found; `field` is "prompt" or "negative_prompt"."""

    category: str
    field: str = "prompt"
    generation_id: int | None = None


@dataclass(eq=False)
class PicturesHeld(UserError):
    """Nothing is left to show; `reviewed` says that moderators look at it, and may show it after all."""

    reviewed: bool


@dataclass(eq=False)
class TooLate(UserError):
    """The generation is not under way any more."""

    generation_id: int


@dataclass(eq=False)
class NothingToCancel(UserError):
    """Nothing of this person's is under way."""


@dataclass(eq=False)
class GenerationCancelled(UserError):
    """Somebody stopped it who may."""


@dataclass(eq=False)
class GenerationFailed(UserError):
    """`reason` is the inference server's code, such as "out_of_memory", or one of the bot's own."""

    reason: str
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def code(self) -> str:
        return self.reason

    @property
    def details(self) -> dict[str, Any]:
        return dict(self.data)

    @property
    def retry_at(self) -> datetime | None:
        return contract.retry_at(self.data)


Doing = Literal["check", "draw", "describe", "read"]
"""What no server could do: check a prompt, draw, describe a picture, or read words."""


class NoEndpoint(GenerationFailed):
    """No inference server could take the work in the time allowed."""

    def __init__(self, doing: Doing, seconds: float) -> None:
        super().__init__("no_endpoint", {"doing": doing, "seconds": seconds})


@dataclass(eq=False)
class NotSaved(UserError):
    """Something could not be written; the cause is in the log, under the generation's id where there is one."""

    subject: str
    generation_id: int | None = None


@dataclass(eq=False)
class NotRead(UserError):
    """The database does not answer just now."""


@dataclass(eq=False)
class DiscordAway(UserError):
    """Discord does not say who somebody is just now."""


@dataclass(eq=False)
class Broken(UserError):
    """A fault of Easel's own."""

    error_id: str
