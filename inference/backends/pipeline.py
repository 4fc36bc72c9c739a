"""A text-to-image pipeline of diffusers: loading it, what it can do, and drawing with it.

In: a folder as diffusers publishes models; then pictures to draw, all of one kind.  Out: pixels.  It knows no queue and
no events.  `diffusers` is an extra and takes seconds to import, so that happens in `load` alone.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from inference.backends.latents import LatentPreview
from inference.checkpoints.card import ModelCard
from inference.checkpoints.weights import CheckpointError, read_json
from inference.contract import MAX_GUIDANCE_SCALE, GenerationRequest, ModelDescription
from inference.pictures import Pixels

ROWS: Final = 16
"""What `keep_rows` counts in, where a model can complete pictures."""

RATIOS: Final = ((3, 2), (2, 3), (16, 9), (9, 16))
"""Shapes beside the square, at the same number of pixels."""

OFFLOADS: Final = {"model": "enable_model_cpu_offload", "sequential": "enable_sequential_cpu_offload"}

OnStep = Callable[[float, Callable[[], list[Pixels]] | None], None]
"""Hears the share of steps that is done, and how to get a small picture of each that is drawn, which on a GPU waits for
the step; may raise to end the drawing."""


@dataclass(frozen=True)
class PipelineOptions:
    """`precision` as in the settings; `offload` is none, model or sequential; `batch` pictures at a time, 0 chooses;
    `slicing` computes attention, and pictures from latents, in slices."""

    precision: str = "auto"
    offload: str = "none"
    compile: bool = False
    batch: int = 0
    slicing: bool = False


@dataclass(frozen=True)
class Wish:
    """One picture to be drawn; `init` is the decoded `init_image` at the request's size."""

    request: GenerationRequest
    seed: int
    init: Pixels | None = None


@dataclass(frozen=True)
class Drawn:
    """A finished picture; `refused` by the pipeline's own safety checker, which has blackened it."""

    pixels: Pixels
    refused: bool = False


class DiffusersPipeline:
    """One loaded pipeline, with those that start from pictures, as far as there are such for its kind of model."""

    def __init__(self, pipe: Any, name: str, card: ModelCard, batch: int, preview: LatentPreview | None) -> None:
        from diffusers import AutoPipelineForImage2Image, AutoPipelineForInpainting

        self.name = name
        self.batch = batch
        self._card = card
        self._pipe = pipe
        self._vary = _sibling(AutoPipelineForImage2Image, pipe)
        self._complete = _sibling(AutoPipelineForInpainting, pipe)
        self._preview = preview
        parameters = inspect.signature(pipe.__call__).parameters
        self._guided = "guidance_scale" in parameters and listens_to_guidance(pipe)
        self._hears_negatives = hears_negative_prompts(parameters, card)
        usual_steps = parameters["num_inference_steps"].default if "num_inference_steps" in parameters else 50
        self._steps = card.steps or int(usual_steps)
        self._sizes = card.sizes or usual_sizes(pipe)

    @classmethod
    def load(cls, folder: Path, name: str, options: PipelineOptions) -> Self:
        """From a folder; nothing is fetched, no pickle and no code in it is executed.  Raises CheckpointError."""
        try:
            from transformers.utils import logging as transformers_logging

            transformers_logging.set_verbosity_error()  # it warns of what nobody uses
            from diffusers import AutoPipelineForText2Image
            from diffusers.utils import logging
        except ImportError as error:
            raise CheckpointError(f"{name} needs `pip install 'easel[diffusers]'`: {error}") from error
        logging.disable_progress_bar()
        transformers_logging.disable_progress_bar()
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        dtype = choose_dtype(options.precision, device, name)
        try:
            pipe = AutoPipelineForText2Image.from_pretrained(
                folder, dtype=dtype, local_files_only=True, use_safetensors=True
            )
        except Exception as error:  # the library raises whatever its many readers of files raise
            raise CheckpointError(f"{name}: cannot be loaded from {folder}: {error}") from error
        pipe.set_progress_bar_config(disable=True)
        preview = LatentPreview.fit(pipe)  # before its parts are somewhere else
        prepare(pipe, options, device)
        batch = options.batch or (4 if device.type == "cuda" else 1)
        return cls(pipe, name, ModelCard.read(folder), batch, preview)

    def describe(self) -> ModelDescription:
        """What it can do; guidance of one is none."""
        pictures = [use for use, pipe in (("vary", self._vary), ("complete", self._complete)) if pipe is not None]
        defaults = {"steps": float(self._steps)}
        if self._guided and self._card.guidance_scale is not None:
            defaults["guidance_scale"] = self._card.guidance_scale
        return ModelDescription(
            name=self.name,
            description=self._card.description or type(self._pipe).__name__.removesuffix("Pipeline"),
            sizes=self._sizes,
            guidance=(1.0, MAX_GUIDANCE_SCALE) if self._guided else None,
            negative_prompt=self._hears_negatives,
            pictures=tuple(pictures),  # type: ignore[arg-type]  # the two words that there are
            rows=ROWS if self._complete is not None else 0,
            previews=self._preview is not None,
            seeds=True,
            defaults=defaults,
        )

    def size(self, request: GenerationRequest) -> tuple[int, int]:
        """Width and height in pixels."""
        width, height = (request.size or self._sizes[0]).split("x")
        return int(width), int(height)

    def kind(self, request: GenerationRequest) -> tuple[object, ...]:
        """What two requests must have in common so that their pictures can be drawn together."""
        from_picture = (request.init_image is not None, request.keep_rows, request.strength)
        # to some pipelines an empty negative prompt is something else than none
        return (self.size(request), request.guidance_scale, bool(request.negative_prompt), *from_picture)

    @torch.no_grad()
    def draw(self, wishes: Sequence[Wish], on_step: OnStep) -> list[Drawn]:
        """Pictures of one kind, each from its own seed: the same alone and in company, but for rounding."""
        first = wishes[0].request
        width, height = self.size(first)
        pipe, inputs = self._start(wishes, width, height)
        takes = inspect.signature(pipe.__call__).parameters
        inputs |= {
            "prompt": [wish.request.prompt for wish in wishes],
            "width": width,
            "height": height,
            "num_inference_steps": self._steps,
            "generator": [torch.Generator().manual_seed(wish.seed) for wish in wishes],
            "output_type": "pil",
        }
        if first.negative_prompt:
            inputs["negative_prompt"] = [wish.request.negative_prompt for wish in wishes]
        guidance = first.guidance_scale if first.guidance_scale is not None else self._card.guidance_scale
        if guidance is not None:
            inputs["guidance_scale"] = guidance
        inputs["callback_on_step_end"] = self._listener(on_step, self._steps, height, width)
        out = pipe(**{name: value for name, value in inputs.items() if name in takes})
        refused = getattr(out, "nsfw_content_detected", None) or [False] * len(wishes)
        return [Drawn(_pixels(picture), bool(bad)) for picture, bad in zip(out.images, refused, strict=True)]

    def _start(self, wishes: Sequence[Wish], width: int, height: int) -> tuple[Any, dict[str, Any]]:
        """The pipeline for this kind of picture, and what it starts from."""
        inits = [Image.fromarray(wish.init) for wish in wishes if wish.init is not None]
        if not inits:
            return self._pipe, {}
        request = wishes[0].request
        if request.keep_rows:
            mask = Image.new("L", (width, height), 255)  # white is drawn anew
            mask.paste(0, (0, 0, width, round(height * request.keep_rows / ROWS)))
            strength = 1.0 if request.strength is None else request.strength
            return self._complete, {"image": inits, "mask_image": [mask] * len(inits), "strength": strength}
        strength = max(request.strength or 0.0, 1 / self._steps)  # one step at least
        return self._vary, {"image": inits, "strength": min(strength, 1.0)}

    def _listener(self, on_step: OnStep, steps: int, height: int, width: int) -> Callable[..., dict[str, Tensor]]:
        def listen(pipe: Any, step: int, timestep: object, tensors: dict[str, Tensor]) -> dict[str, Tensor]:  # noqa: ARG001
            done = (step + 1) / max(1, int(getattr(pipe, "num_timesteps", 0) or steps))
            latents = tensors.get("latents")
            small = None
            if self._preview is not None and latents is not None:
                if latents.ndim == 3:  # packed, as Flux has them
                    latents = pipe._unpack_latents(latents, height, width, pipe.vae_scale_factor)  # noqa: SLF001
                small = partial(self._preview, latents)
            on_step(min(done, 1.0), small)
            return {}

        return listen


def prepare(pipe: Any, options: PipelineOptions, device: torch.device) -> None:
    """Slice, place and compile its networks as the options ask for; one that is offloaded moves them by itself."""
    if options.slicing:
        pipe.enable_attention_slicing()
        if getattr(pipe, "vae", None) is not None:
            pipe.vae.enable_slicing()
    if options.offload in OFFLOADS and device.type == "cuda":
        getattr(pipe, OFFLOADS[options.offload])()
    else:
        pipe.to(device)
    if options.compile:
        network = "unet" if getattr(pipe, "unet", None) is not None else "transformer"
        getattr(pipe, network).compile()


def choose_dtype(precision: str, device: torch.device, name: str) -> torch.dtype:
    """Half precision on a GPU and float32 on a CPU unless the settings say otherwise.  Raises CheckpointError."""
    if precision == "auto":
        return torch.float16 if device.type == "cuda" else torch.float32
    dtype = getattr(torch, precision, None)
    if precision == "int8" or not isinstance(dtype, torch.dtype):
        raise CheckpointError(f"{name}: precision {precision} is not possible with diffusers; float16 or bfloat16 is")
    return dtype


def listens_to_guidance(pipe: Any) -> bool:
    """False for a network that was distilled to need no guidance, and of which no pipeline asks for any."""
    network = getattr(pipe, "unet", None) or pipe.transformer
    return getattr(network.config, "guidance_embeds", True) is not False


def hears_negative_prompts(parameters: Mapping[str, inspect.Parameter], card: ModelCard) -> bool:
    """Whether a negative prompt changes the picture as a pipeline is called here: without guidance it is not read.

    Where guidance is a part of the network, the scale of what a negative prompt is guided by has a name of its own.
    """
    if "negative_prompt" not in parameters:
        return False
    scales = [parameters[name].default for name in ("true_cfg_scale", "guidance_scale") if name in parameters]
    scale = card.guidance_scale if "true_cfg_scale" not in parameters else None
    scale = scale if scale is not None else next(iter(scales), 1.0)
    return bool(scale > 1)


def usual_sizes(pipe: Any) -> tuple[str, ...]:
    """The square that the network was trained on, then other shapes of as many pixels."""
    network = getattr(pipe, "unet", None) or pipe.transformer
    latents: Any = getattr(network.config, "sample_size", None) or getattr(pipe, "default_sample_size", 64)
    return _shapes(latents if isinstance(latents, int) else int(latents[0]), int(pipe.vae_scale_factor))


def stored_sizes(folder: Path) -> tuple[str, ...]:
    """`usual_sizes` of a pipeline that was not loaded yet, by its files; none where they do not say.

    Transformers that know no size of their own are those of pipelines with latents of 128 a side (Flux and its kin).
    """
    try:
        vae = read_json(folder / "vae" / "config.json")
        part = next(part for part in ("unet", "transformer") if (folder / part / "config.json").is_file())
        latents = read_json(folder / part / "config.json").get("sample_size") or (128 if part == "transformer" else 64)
        return _shapes(
            latents if isinstance(latents, int) else int(latents[0]), 2 ** (len(vae["block_out_channels"]) - 1)
        )
    except (CheckpointError, StopIteration, LookupError, TypeError, ValueError):
        return ()


def _shapes(latents: int, factor: int) -> tuple[str, ...]:
    """Of so many latents a side, each of `factor` pixels a side: the square, and others of as many pixels."""
    side, multiple = latents * factor, 8 * factor
    sizes = [f"{side}x{side}"]
    for across, down in RATIOS:
        width = max(1, round((side * side * across / down) ** 0.5 / multiple)) * multiple
        height = max(1, round((side * side * down / across) ** 0.5 / multiple)) * multiple
        sizes.append(f"{width}x{height}")
    return tuple(dict.fromkeys(sizes))


def _sibling(auto: Any, pipe: Any) -> Any:
    """The pipeline of another task over the same networks; None where there is none for this kind of model."""
    try:
        sibling = auto.from_pipe(pipe)
    except (ValueError, TypeError, AttributeError):
        return None
    sibling.set_progress_bar_config(disable=True)
    return sibling


def _pixels(picture: Image.Image) -> Pixels:
    return np.asarray(picture.convert("RGB"))
