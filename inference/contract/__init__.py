"""The HTTP contract between the bot and an inference server, as values.

In: JSON documents and NDJSON lines.  Out: frozen dataclasses, checked against the limits of the contract.
Both sides import this package, so it knows the standard library only: no torch, no aiohttp, no Discord.
"""

from inference.contract.events import (
    ALLOW,
    Done,
    Event,
    Failed,
    Image,
    Progress,
    Queued,
    best_first,
    event_from_line,
    event_to_line,
    grid_columns,
)
from inference.contract.models import ModelDescription, PictureUse, Readiness
from inference.contract.refusals import (
    MAX_PROMPT_CHARACTERS,
    Busy,
    InvalidRequest,
    check_fields,
    check_range,
    check_text,
    visible,
)
from inference.contract.request import (
    MAX_GUIDANCE_SCALE,
    MAX_ID_CHARACTERS,
    MAX_IMAGES,
    MAX_INIT_IMAGE_BYTES,
    MAX_KEEP_ROWS,
    MAX_SEED,
    MAX_TEMPERATURE,
    MAX_TOP_K,
    GenerationRequest,
)
from inference.contract.verdicts import MAX_PROMPTS_PER_CHECK, Action, Verdict, prompts_from_json

__all__ = [
    "ALLOW",
    "MAX_GUIDANCE_SCALE",
    "MAX_ID_CHARACTERS",
    "MAX_IMAGES",
    "MAX_INIT_IMAGE_BYTES",
    "MAX_KEEP_ROWS",
    "MAX_PROMPTS_PER_CHECK",
    "MAX_PROMPT_CHARACTERS",
    "MAX_SEED",
    "MAX_TEMPERATURE",
    "MAX_TOP_K",
    "Action",
    "Busy",
    "Done",
    "Event",
    "Failed",
    "GenerationRequest",
    "Image",
    "InvalidRequest",
    "ModelDescription",
    "PictureUse",
    "Progress",
    "Queued",
    "Readiness",
    "Verdict",
    "best_first",
    "check_fields",
    "check_range",
    "check_text",
    "event_from_line",
    "event_to_line",
    "grid_columns",
    "prompts_from_json",
    "visible",
]
