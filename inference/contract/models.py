"""What a server has to offer: its models, what each of them can do, and how much room there is.

In: JSON answers of `GET /v1/models` and `GET /readyz`.  Out: frozen values, and the other way round.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from inference.contract.refusals import InvalidRequest, check_range
from inference.contract.request import GenerationRequest

PictureUse = Literal["vary", "complete"]
"""What a model can do with a picture: vary all of it (`strength`), or draw what is below its `keep_rows` rows."""


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """One model as `GET /v1/models` lists it.

    `sizes` are "width×height" as "256x256", the first the model's own.  `guidance` is the range that guidance_scale may
    have, None where the model takes none; 1 is no guidance, and without it no negative prompt is read.  `sampling` says
    whether temperature, top_k and top_p mean anything to it.  `seeds`: the same seed draws the same picture.
    `defaults` are what it does where a request leaves it the choice.
    """

    name: str
    description: str = ""
    loaded: bool = True
    sizes: tuple[str, ...] = ("256x256",)
    guidance: tuple[float, float] | None = None
    sampling: bool = False
    negative_prompt: bool = False
    pictures: tuple[PictureUse, ...] = ()
    rows: int = 0  # that `keep_rows` counts in
    previews: bool = False
    seeds: bool = False
    ranked: bool = False
    few_words: bool = False  # it has learned some words only, and says which of a prompt's it has not
    defaults: Mapping[str, float] = field(default_factory=dict)

    def check(self, request: GenerationRequest) -> None:
        """Raises InvalidRequest for the first option that the model has not, by its name; nothing is ignored."""
        if request.negative_prompt and not self.negative_prompt:
            raise self._refusal("negative_prompt")
        if request.guidance_scale is not None:
            if self.guidance is None:
                raise self._refusal("guidance_scale")
            check_range("guidance_scale", request.guidance_scale, *self.guidance)
            if request.negative_prompt and request.guidance_scale <= 1:
                raise InvalidRequest("needs_guidance", "negative_prompt", value=request.guidance_scale)
        for option in ("temperature", "top_k", "top_p"):
            if getattr(request, option) is not None and not self.sampling:
                raise self._refusal(option)
        if request.size is not None and request.size not in self.sizes:
            raise InvalidRequest(
                "unknown_size", "size", value=request.size, model=self.name, known=", ".join(self.sizes)
            )
        self._check_picture(request)

    def _check_picture(self, request: GenerationRequest) -> None:
        if request.init_image is None:
            return
        if not self.pictures:
            raise self._refusal("init_image")
        if request.keep_rows and "complete" not in self.pictures:
            raise self._refusal("keep_rows")
        if request.strength is not None and "vary" not in self.pictures:
            raise self._refusal("strength")
        if request.keep_rows >= self.rows > 0:
            raise InvalidRequest("too_many_rows", "keep_rows", value=request.keep_rows, model=self.name, rows=self.rows)
        if not request.keep_rows and request.strength is None:
            raise InvalidRequest("needs_keep_rows_or_strength", "strength")

    def _refusal(self, option: str) -> InvalidRequest:
        return InvalidRequest("not_supported", option, model=self.name)

    def to_json(self) -> dict[str, Any]:
        return {"id": self.name, "object": "model", "owned_by": "easel", "created": 0, **dataclasses.asdict(self)}

    @classmethod
    def from_json(cls, document: object) -> Self:
        """Raises ValueError for anything but a model; what a newer server says besides is ignored."""
        match document:
            case {"name": str() as name, **others}:
                known = {one.name for one in dataclasses.fields(cls)}
            case _:
                raise ValueError(f"not a model: {str(document)[:80]}")
        values: dict[str, Any] = {key: _frozen(value) for key, value in others.items() if key in known}
        return cls(name, **values)


def _frozen(value: object) -> object:
    """JSON has lists where a value has tuples."""
    return tuple(value) if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Readiness:
    """What `GET /readyz` answers: how many generations the server works on at a time, how many more it would begin at
    once, how many wait, the names of its models, whether a network of it upscales, and what looks at its pictures
    before they leave: names as NudeNet, none where nothing does."""

    capacity: int
    free: int
    waiting: int
    models: tuple[str, ...]
    upscales: bool = False
    looks_at_pictures: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {"status": "ready", **dataclasses.asdict(self)}

    @classmethod
    def from_json(cls, document: object) -> Self:
        """Raises ValueError for anything else."""
        match document:
            case {
                "capacity": int() as capacity,
                "free": int() as free,
                "waiting": int() as waiting,
                "models": [*some],
                **more,
            }:
                lookers = more.get("looks_at_pictures")
                named = tuple(map(str, lookers)) if isinstance(lookers, list) else ()
                return cls(capacity, free, waiting, tuple(map(str, some)), more.get("upscales") is True, named)
        raise ValueError(f"not a readiness: {str(document)[:80]}")
