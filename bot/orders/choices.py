"""What may be chosen of the models that are there, and whether an order asks for more than its model can do.

In: the models' descriptions, as the pool knows them.  Out: lines for people who choose, or an InvalidOption.  Knows no
Discord and no server.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Literal, get_args

from bot.errors import InvalidOption, no_such_model
from bot.orders.entitlement import Entitlement
from bot.orders.flags import in_order
from bot.orders.order import Order
from bot.pool.drawing_pool import DrawingPool
from inference.contract import InvalidRequest, ModelDescription

KEPT_SHARE: Final = 0.5  # of a picture that is completed: its upper part
STRENGTHS: Final = {"subtle": 0.3, "vary": 0.5, "strong": 0.75}  # the share of a picture that is drawn anew

LEFT_TO_THE_MODEL: Final = ("size", "guidance_scale", "temperature", "top_k", "top_p")

SHAPE: Final = re.compile(r"([1-9]\d{0,2}):([1-9]\d{0,2})")
FARTHEST_SHAPE: Final = 0.2  # between the logarithms of two ratios: 16:9 and 3:2 are 0.17 apart, 3:2 and 1:1 0.41

Use = Literal["vary", "subtle", "strong", "complete"]
USES: Final[tuple[Use, ...]] = get_args(Use)
"""What can be done with a picture that somebody hands in."""


def check_choices(order: Order, pool: DrawingPool) -> None:
    """Raises InvalidOption for a model that is not there, and for an option that the model has not.

    Where no server is ready, nobody knows; the order waits, and the server itself will say.
    """
    models = pool.models()
    if not models:
        return
    model = chosen_model(order.model, models)
    if model is None:
        may_come_back = not all(one.ready for one in pool.status())
        raise no_such_model(order.model, (one.name for one in models), may_come_back=may_come_back)
    if model == ModelDescription(model.name, model.description, loaded=False, sizes=model.sizes):
        return  # it was never loaded, so what it can do is not known yet
    try:
        model.check(order.request(default_seed=0))
    except InvalidRequest as error:
        raise InvalidOption(error.field, error.code, error.data) from error


def with_defaults(
    said: Mapping[str, Any], here: Entitlement, models: Sequence[ModelDescription], typed: str = ""
) -> dict[str, Any]:
    """What was said of an order, by its fields' names, and what the place chooses of the rest; `typed` is the line.

    A default that the model cannot have is left to the model: nobody asked for it.
    """
    chosen: dict[str, Any] = {"images": here.default_images, "model": _default_model(here, models), **said}
    drawing, model = here.drawing, chosen_model(chosen["model"], models)
    if said.get("size") and (shaped := in_shape(said["size"], model)) != said["size"]:
        chosen["size"] = shaped
        chosen["ignored"] = (*said.get("ignored", ()), *_no_shape(said["size"], shaped))
    if "ignored" in chosen:
        chosen["ignored"] = in_order(chosen["ignored"], typed)
    if model is None:
        return chosen
    if drawing.default_guidance is not None and "guidance_scale" not in said and model.guidance is not None:
        low, high = model.guidance
        chosen["guidance_scale"] = drawing.default_guidance if low <= drawing.default_guidance <= high else None
    if drawing.default_top_p is not None and "top_p" not in said and model.sampling:
        chosen["top_p"] = drawing.default_top_p
    return chosen


def as_offered(order: Order, before: Order, default_model: str | None, models: Sequence[ModelDescription]) -> Order:
    """An order that repeats the one of `before`, without its size and numbers where its model has them no longer.

    They are left to the model.  What was said anew, or in words, stays; where the model cannot do that, it is refused.
    """
    model = chosen_model(order.model or default_model, models)
    shaped = in_shape(order.size, model)
    order = replace(order, size=shaped, ignored=(*order.ignored, *_no_shape(order.size, shaped)))
    while model is not None:
        try:
            model.check(order.request(default_seed=0))
        except InvalidRequest as error:
            name = error.field
            if name not in LEFT_TO_THE_MODEL or getattr(order, name) != getattr(before, name):
                raise InvalidOption(name, error.code, error.data) from error
            order = replace(order, **{name: None})  # type: ignore[arg-type]  # all of these may be None
        else:
            break
    return order


def in_shape(size: str | None, model: ModelDescription | None) -> str | None:
    """A size as it is; for a shape such as "16:9" the model's size that comes nearest.

    None where the model has none that is as upright, as wide, or as square, and where no model is ready that says so.
    """
    shape = SHAPE.fullmatch(size or "")
    if shape is None:
        return size
    if model is None:
        return None
    wanted = math.log(int(shape[1]) / int(shape[2]))
    nearest = min(model.sizes, key=lambda one: abs(_log_ratio(one) - wanted))
    return nearest if abs(_log_ratio(nearest) - wanted) <= FARTHEST_SHAPE else None


def _no_shape(wanted: str | None, found: str | None) -> tuple[str, ...]:
    """What is ignored where a model has not the shape that was wanted."""
    return (f"--ar {wanted}",) if wanted is not None and found is None else ()


def _log_ratio(size: str) -> float:
    width, height = map(int, size.split("x"))
    return math.log(width / height)


def _default_model(here: Entitlement, models: Sequence[ModelDescription]) -> str | None:
    """The place's; while it is away, another one that may be chosen there."""
    name, there = here.default_model, [model.name for model in allowed(models, here)]
    return name if name is None or name in there or not there else there[0]


def allowed(models: Sequence[ModelDescription], here: Entitlement) -> tuple[ModelDescription, ...]:
    """Those that may be chosen in a place."""
    return tuple(model for model in models if not here.models or model.name in here.models)


def chosen_model(name: str | None, models: Sequence[ModelDescription]) -> ModelDescription | None:
    """The model of that name; the first, which is the default, for None."""
    return next((model for model in models if name in (None, model.name)), None)


def use_of(named: str | None) -> Use:
    """The use of that name; None is to vary.  Raises InvalidOption."""
    use = next((use for use in USES if use == (named or "vary")), None)
    if use is None:
        raise InvalidOption("use", "no_choice", {"value": str(named), "choices": ", ".join(USES)})
    return use


def started_from(order: Order, picture: bytes, use: Use, models: Sequence[ModelDescription]) -> Order:
    """The order, to be drawn from a picture.  Raises InvalidOption where no model can."""
    if use != "complete":
        return replace(order, init_image=picture, strength=STRENGTHS[use])
    model = completing_model(order.model, models)
    return replace(order, init_image=picture, keep_rows=kept_rows(model), model=model.name)


def completing_model(name: str | None, models: Sequence[ModelDescription]) -> ModelDescription:
    """The model of that name, or the first that can, to draw below the upper part of a picture.

    Raises InvalidOption where none can, or nobody knows, because no server is ready.
    """
    if not models:
        raise InvalidOption("init_image", "no_model_ready")
    able = [model for model in models if name in (None, model.name) and "complete" in model.pictures and model.rows > 1]
    if not able:
        raise InvalidOption("init_image", "cannot_complete", {"model": name or models[0].name})
    return able[0]


def kept_rows(model: ModelDescription, share: float = KEPT_SHARE) -> int:
    """How many of the model's rows of codes make that share of a picture; one at least is kept, and one drawn."""
    return min(max(1, round(model.rows * share)), model.rows - 1)


def model_lines(typed: str, models: Sequence[ModelDescription]) -> list[tuple[str, str]]:
    """Of each model that `typed` is a part of: a line that says what it is, and its name."""
    lines = [
        (f"{model.name}: {model.description}" if model.description else model.name, model.name) for model in models
    ]
    return [(line, name) for line, name in lines if typed.casefold() in line.casefold()]


def size_lines(typed: str, model: ModelDescription | None) -> list[tuple[str, str]]:
    """Of each size of a model that `typed` is a part of: its shape in words, and the size."""
    return [(_shape(size), size) for size in (model.sizes if model else ()) if typed.casefold() in _shape(size)]


def _shape(size: str) -> str:
    width, height = map(int, size.split("x"))
    shape = "square" if width == height else "landscape" if width > height else "portrait"
    return f"{width} × {height}, {shape}"
