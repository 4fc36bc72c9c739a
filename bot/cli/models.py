"""`easel models`: the models on this machine, and how others get here.

Each command imports what it needs: `easel --help` costs no torch.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Protocol

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from bot.cli.surroundings import JsonFlag, one_line_errors, print_json, read_settings
from bot.errors import CommandError

model_commands = typer.Typer(no_args_is_help=True, help="The models on this machine, and how others get here.")

HUB_PAGE: Final = "https://huggingface.co/"
"""Before a repository's name, where somebody copied its page's address."""

DTypeOption = Annotated[
    Literal["float32", "float16", "bfloat16"] | None,
    typer.Option("--dtype", help="Store the numbers in this type; as published otherwise."),
]


@model_commands.command(name="list")
def list_models(as_json: JsonFlag = False) -> None:
    """Show the models here, and those that can be pulled."""
    from inference.checkpoints.builtin import builtin_model
    from inference.checkpoints.hub import PUBLISHED
    from inference.checkpoints.pipelines import KNOWN
    from inference.checkpoints.store import ModelStore

    settings = read_settings()
    default = settings.inference_model.partition(",")[0].strip()
    models = [_described(model, default) for model in (builtin_model(), *ModelStore(settings.models_dir).models())]
    here = {model["name"] for model in models}
    others = [model for name, model in PUBLISHED.items() if name not in here]
    if as_json:
        print_json(models=models, pullable=[_offered(other) for other in others])
        return
    table = Table("", "name", "kind", "on disk", "parameters", "where", box=None, pad_edge=False)
    for model in models:
        table.add_row(
            "*" if model["default"] else "",
            escape(model["name"]),
            model["kind"],
            _size(model["bytes"]),
            f"{model['parameters'] / 1e6:,.1f} M",
            escape(model["folder"]),
        )
    console = Console()
    console.print(table)
    lines = [f"easel models pull {other.name}  ({_size(other.size)} to download)" for other in others]
    lines += [
        f"easel models pull {name} --dtype float16  (a GPU with {known.memory} GB; {known.licence})"
        for name, known in KNOWN.items()
        if name not in here
    ]
    console.print("\n".join(lines), style="dim", highlight=False)


@model_commands.command()
def pull(
    name: Annotated[
        str, typer.Argument(help="dalle-mini/dalle-mini, or a repository with a pipeline of diffusers or a Swin2SR.")
    ],
    dtype: DTypeOption = None,
    revision: Annotated[
        str | None, typer.Option(help="The commit, of a pipeline; the newest otherwise, which is then kept.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Convert it anew even if it is here.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
) -> None:
    """Fetch a published model from huggingface.co, with all that it needs, and keep it."""
    from inference.checkpoints.convert import pull as pull_model
    from inference.checkpoints.hub import PUBLISHED, Hub
    from inference.checkpoints.pipelines import pull_repository
    from inference.checkpoints.store import ModelStore, is_name

    name = name.removeprefix(HUB_PAGE).rstrip("/")
    if "/" not in name or not is_name(name):
        raise CommandError(
            f"{name[:200]!r} is no repository's name, such as {' or '.join(PUBLISHED)}; "
            "a folder on this machine is taken by `easel models import`"
        )
    store = ModelStore(read_settings().models_dir)
    if store.find(name) is not None and not again:
        _say_where(store.get(name))
        return
    with one_line_errors(), _conversion_bar(quiet=quiet) as report:
        if name in PUBLISHED:
            model = pull_model(PUBLISHED[name], store, Hub(quiet=quiet), _dtype(dtype), report)
        else:
            model = pull_repository(name, store, Hub(quiet=quiet), revision=revision, half=dtype == "float16")
    _say_where(model)


@model_commands.command(name="import")
def import_model(
    folder: Annotated[Path, typer.Argument(help="A model's folder: Flax, safetensors, min-dalle, or one you trained.")],
    name: Annotated[str | None, typer.Option("--name", help="What to call it; the folder's name otherwise.")] = None,
    dtype: DTypeOption = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
) -> None:
    """Convert the model in a folder and keep it under a name."""
    from inference.checkpoints.convert import import_folder
    from inference.checkpoints.store import ModelStore
    from inference.checkpoints.weights import CheckpointError

    store = ModelStore(read_settings().models_dir)
    with one_line_errors(), _conversion_bar(quiet=quiet) as report:
        try:
            model = import_folder(folder, name or folder.resolve().name, store, _dtype(dtype), report)
        except CheckpointError as error:
            raise CheckpointError(f"{error}. docs/models.md tells which folders can be imported") from error
    _say_where(model)


@model_commands.command()
def verify(name: Annotated[str, typer.Argument(help="A model's name or folder.")]) -> None:
    """Compare a model's files with what was stored, and load it."""
    from inference.checkpoints.load import verify_model
    from inference.checkpoints.store import ModelStore, check_hashes

    store = ModelStore(read_settings().models_dir)
    with one_line_errors():
        if store.find(name) is not None:
            check_hashes(store.get(name))
        Console().print(escape(verify_model(name, store)), highlight=False, soft_wrap=True)


@model_commands.command()
def remove(
    name: Annotated[str, typer.Argument(help="A model's name.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete a model from this machine; the built-in one stays."""
    from inference.checkpoints.store import BUILTIN, ModelStore

    store = ModelStore(read_settings().models_dir)
    with one_line_errors():
        if name != BUILTIN and not yes:
            typer.confirm(f"Delete {name}, {_size(store.get(name).size)}?", abort=True)
        model = store.remove(name)
    Console().print(f"{model.name} is gone.", highlight=False)


# ------------------------------------------------------------------------------------- what the commands stand on


class _Listed(Protocol):
    """What is shown of a model: inference.checkpoints.store.StoredModel."""

    @property
    def name(self) -> str: ...
    @property
    def folder(self) -> Path: ...
    @property
    def kind(self) -> str: ...
    @property
    def parameters(self) -> int: ...
    @property
    def size(self) -> int: ...


def _offered(model: Any) -> dict[str, Any]:
    """A `PublishedModel`, whose module is not imported before it is needed."""
    licences = {part.name: part.licence for part in model.repositories}
    return {"name": model.name, "bytes": model.size, "licences": licences}


def _described(model: _Listed, default: str) -> dict[str, Any]:
    return {
        "name": model.name,
        "kind": model.kind,
        "bytes": model.size,
        "parameters": model.parameters,
        "folder": str(model.folder),
        "default": model.name == default,
    }


def _dtype(name: str | None) -> Any:
    import torch

    return getattr(torch, name) if name else None


@contextmanager
def _conversion_bar(*, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """Appears with the first bytes: before them, the downloads have bars of their own."""
    columns = (TextColumn("converting"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet)
    task = progress.add_task("converting", total=None)
    begun = False

    def report(done: int, total: int) -> None:
        nonlocal begun
        begun = True
        progress.start()
        progress.update(task, completed=done, total=total)

    try:
        yield report
    finally:
        if begun:  # otherwise it prints an empty line
            progress.stop()


def _say_where(model: _Listed) -> None:
    console = Console()
    console.print(f"{model.name} is here: {model.folder} ({_size(model.size)})", highlight=False, soft_wrap=True)
    use = f"Use it with INFERENCE_MODEL={model.name}, or --model {model.name}."
    if model.kind == "swin2sr":
        use = (
            "Inference servers that are started from now on upscale with it, unless INFERENCE_UPSCALER says otherwise."
        )
    console.print(use, highlight=False, soft_wrap=True)


def _size(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
