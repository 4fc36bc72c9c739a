"""What can go wrong between the bot and Discord, on order.

In: faults, each for the next so many requests that match.  Out: the fault that a request meets.
"""

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["answer", "hang", "cut_before", "cut_after"]


@dataclass(slots=True, eq=False)
class Fault:
    """Met by the next `times` requests whose "METHOD /path" matches.

    "answer" answers `status` with `body` instead of acting; "hang" never answers and does not act; "cut_before" closes
    the connection without acting, "cut_after" acts and then closes it instead of answering.
    """

    request: str
    kind: Kind = "answer"
    times: int = 1
    status: int = 503
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    met: asyncio.Event = field(default_factory=asyncio.Event)
    lifted: asyncio.Event = field(default_factory=asyncio.Event)

    def lift(self) -> None:
        """No request meets it from now on; those that hang are cut."""
        self.times = 0
        self.lifted.set()


class Faults:
    """The faults that wait for a request."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        self._waiting.append(fault)
        return fault

    def clear(self) -> None:
        for fault in self._waiting:
            fault.lift()
        self._waiting.clear()

    def meet(self, method: str, path: str) -> Fault | None:
        """The fault for this request, counted as used."""
        for fault in self._waiting:
            if fault.times > 0 and re.search(fault.request, f"{method} {path}"):
                fault.times -= 1
                fault.met.set()
                return fault
        return None


def rate_limited(seconds: float, *, everywhere: bool = False) -> dict[str, Any]:
    """The words of Discord's own 429."""
    return {"message": "You are being rate limited.", "retry_after": seconds, "global": everywhere}
