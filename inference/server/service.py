"""What the handlers of the server share: the models, the filter, the counters, and how a generation's end is told."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

import structlog
from aiohttp import web

from inference.contract import (
    Done,
    Event,
    Failed,
    GenerationRequest,
    Image,
    InvalidRequest,
    Policy,
    Progress,
    Queued,
    Verdict,
)
from inference.server.checking import PictureChecker
from inference.server.describing import LazyDescriber
from inference.server.metrics import ServerMetrics
from inference.server.shelf import Shelf
from inference.server.upscaling import Upscaler

log = structlog.get_logger(__name__)

RETRY_SECONDS: Final = 10
"""What a client is told to wait when the line is full."""


class Checker(Protocol):
    """What judges and compares prompts: inference.safety.filter.PromptFilter."""

    def check(self, prompt: str, negative: str | None, policy: Policy) -> Verdict: ...

    def vector(self, text: str) -> list[float]: ...


@dataclass(frozen=True)
class Service:
    """What the handlers share."""

    shelf: Shelf
    checker: Checker
    pictures: PictureChecker | None
    metrics: ServerMetrics
    describer: LazyDescriber | None = None
    upscaler: Upscaler | None = None
    upscaling: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held by who upscales: it takes all cores, and long."""

    @property
    def upscales(self) -> bool:
        """Whether there is a network that enlarges, which has not turned out to be unusable."""
        return self.upscaler is not None and self.upscaler.works

    @property
    def looks_at_pictures(self) -> tuple[str, ...]:
        """The names of what judges pictures."""
        return () if self.pictures is None else self.pictures.names


SERVICE: Final = web.AppKey("service", Service)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def log_end(asked: GenerationRequest, last: Event | None, metrics: ServerMetrics) -> None:
    """Say how a generation ended, by its last event, and count those that were cancelled; what was refused has none."""
    match last:
        case Done(seconds, model):
            log.info("generation.done", generation=asked.id, seconds=round(seconds, 2), model=model)
        case Failed(code):
            log.warning("generation.failed", generation=asked.id, code=code)
        case Queued() | Progress() | Image():
            metrics.cancelled()
            log.info("generation.cancelled", generation=asked.id)


def parse_json(body: bytes) -> object:
    """Raises InvalidRequest."""
    try:
        document: object = json.loads(body)
    except UnicodeDecodeError as error:
        problem = f"byte {error.start + 1} is 0x{body[error.start]:02X}, which is no UTF-8"
        raise InvalidRequest("invalid_json", problem=problem) from error
    except json.JSONDecodeError as error:
        raise InvalidRequest("invalid_json", problem=str(error)) from error
    except ValueError as error:  # Python's own limit
        limit = sys.get_int_max_str_digits()
        raise InvalidRequest("invalid_json", problem=f"it has a number of more than {limit} digits") from error
    except RecursionError as error:
        raise InvalidRequest("invalid_json", problem="it is nested too deeply") from error
    return document
