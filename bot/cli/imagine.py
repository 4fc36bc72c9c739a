"""`easel imagine`: prompt to grid in this process, without any server."""

import asyncio
import os
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.markup import escape

from bot.cli.check import refuse_blocked
from bot.cli.serve import serve_options
from bot.cli.surroundings import (
    JsonFlag,
    PrecisionOption,
    drawing_bar,
    let_idle_threads_sleep,
    one_line_errors,
    print_json,
    read_settings,
)
from bot.errors import CommandError
from inference import contract

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.generation.provenance import Seal

FORMATS: Final = {".png": "PNG", ".webp": "WEBP", ".jpg": "JPEG", ".jpeg": "JPEG"}

OutputOption = Annotated[Path, typer.Option("--output", "-o", help="The grid's file: .png, .webp or .jpg.")]
ImagesOption = Annotated[int, typer.Option("--images", "-n", min=1, max=contract.MAX_IMAGES, help="How many pictures.")]
SeedOption = Annotated[
    int | None, typer.Option(min=0, max=contract.MAX_SEED, help="The same seed draws the same pictures.")
]
TemperatureOption = Annotated[
    float | None, typer.Option(help="How freely to choose: below 1 the likely, above it the strange.")
]


def imagine(
    prompt: Annotated[str, typer.Argument(help="What to draw.")],
    output: OutputOption = Path("grid.png"),
    images: ImagesOption = 9,
    seed: SeedOption = None,
    negative: Annotated[str | None, typer.Option(help="What to keep out of the picture.")] = None,
    guidance: Annotated[float | None, typer.Option(help="How closely to follow the prompt.")] = None,
    temperature: TemperatureOption = None,
    top_k: Annotated[int | None, typer.Option(help="Draw from the k likeliest codes only; 0 is off.")] = None,
    top_p: Annotated[
        float | None, typer.Option(help="Draw from the likeliest codes that make up this share only.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="A model's name or folder.")] = None,
    size: Annotated[str | None, typer.Option(help="Such as 512x512, where the model has a choice.")] = None,
    precision: PrecisionOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Draw without any server: prompt → grid."""
    settings = read_settings()
    request = contract.GenerationRequest(
        prompt=prompt,
        negative_prompt=negative,
        images=images,
        seed=contract.random_seed() if seed is None else seed,
        guidance_scale=guidance,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        model=model or settings.inference_model.partition(",")[0].strip(),
        size=size,
        preview=False,
    )
    _refuse_unwritable(output)
    refuse_blocked(prompt, negative)
    seal = _seal(settings)
    drawing = _draw(request, settings, precision or settings.inference_precision, quiet=as_json)
    pictures, done = asyncio.run(drawing)
    _write_grid(output, [picture.png for picture in pictures], seal)
    _tell(output, request, pictures, done, as_json=as_json)


def _seal(settings: "Settings") -> "Seal":
    from bot.generation.provenance import open_seal

    return open_seal(settings)


def _tell(
    output: Path,
    request: contract.GenerationRequest,
    pictures: list[contract.Image],
    done: contract.Done,
    *,
    as_json: bool,
) -> None:
    if as_json:
        described = [{"index": picture.index, "seed": picture.seed, "score": picture.score} for picture in pictures]
        print_json(
            prompt=request.prompt, grid=str(output), model=done.model, seconds=done.seconds, images=described,
            unknown_words=list(done.unknown_words), read_as=dict(done.read_as),
        )  # fmt: skip
    else:
        said = f"{output}  ({len(pictures)} pictures, seed {request.seed}, {done.seconds:.1f} s)"
        from bot.wording import drawing

        for line in (said, *drawing.remarks(done.unknown_words, done.read_as)):
            Console().print(escape(line), highlight=False, soft_wrap=True)


async def _draw(
    request: contract.GenerationRequest, settings: "Settings", precision: str, *, quiet: bool
) -> tuple[list[contract.Image], contract.Done]:
    """Run one generation in this process; `threads` 0 takes all cores, for nobody else needs one."""
    let_idle_threads_sleep()
    from inference.backends.opening import served_models
    from inference.native.cores import usable_cores

    threads = settings.inference_threads or usable_cores()
    options = serve_options(settings, model=request.model, threads=threads, precision=precision)
    backend = served_models(options)[0].open()  # one: the request names a model, or the settings do
    backend.start()
    pictures: list[contract.Image] = []
    try:
        with drawing_bar(quiet=quiet) as report:
            report(0.0, "loading")
            with one_line_errors():
                await backend.describe()
            async with aclosing(backend.stream(request)) as events:
                async for event in events:
                    match event:
                        case contract.Progress(done):
                            report(done, "drawing")
                        case contract.Image():
                            pictures.append(event)
                        case contract.Failed(code):
                            raise CommandError(f"the drawing failed ({code}); the log above says why")
                        case contract.Done():
                            return contract.best_first(pictures), event
    finally:
        await backend.stop()
    raise CommandError("the drawing ended without pictures")


def _refuse_unwritable(path: Path) -> None:
    """Before the drawing, which takes its time: can the grid be written there?"""
    if path.suffix.lower() not in FORMATS:
        raise CommandError(f"{path} cannot be written: name it .png, .webp or .jpg")
    if not os.access(path.parent, os.W_OK):
        raise CommandError(f"{path} cannot be written: {path.parent} is not a folder that takes files")
    if path.is_dir():
        raise CommandError(f"{path} cannot be written: it is a folder")


def _write_grid(path: Path, pngs: list[bytes], seal: "Seal") -> None:
    """Write the grid, signed, in the format that the file's name asks for."""
    from bot.generation.grid import compose, reencode

    suffix = path.suffix.lower()
    try:
        path.write_bytes(seal.on(reencode(compose(pngs), FORMATS[suffix]), suffix.lstrip(".")))
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror or error}") from error
