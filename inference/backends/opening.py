"""Which backend a model's name asks for.

In: names of models, as the settings list them.  Out: models as they can be opened, none of them loaded.

    openai:gpt-image-1          a model of an OpenAI-compatible API
    a folder with model_index.json, or a stored model of that kind      a pipeline of diffusers
    anything else               ours: built-in, stored or a folder
"""

from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

from inference.backends import ServedModel
from inference.backends.budget import Budget
from inference.backends.codes import codes_backend
from inference.backends.diffusers import diffusers_backend
from inference.backends.openai import OpenAIBackend, OpenAIOptions, describe
from inference.backends.pipeline import PipelineOptions, stored_sizes
from inference.backends.rate import Rate
from inference.checkpoints.builtin import BUILTIN_FOLDER
from inference.checkpoints.card import ModelCard
from inference.checkpoints.store import BUILTIN, PIPELINE, ModelStore
from inference.contract import ModelDescription
from inference.engine.loading import LoadOptions

API: Final = "openai:"


@dataclass(frozen=True)
class BackendOptions:
    """`model` is a name or a folder, or several with commas between them; the first is the default.

    `models_dir` is where pulled and imported models are kept; None is the user's cache folder.  `threads` 0 chooses.
    `batch`, `offload`, `compile` and `slicing` are for pipelines (PipelineOptions), what begins with openai_ for an API
    (OpenAIOptions): its address, key, sizes, price of a picture, budget a day, pictures a minute and partial pictures.
    """

    model: str = BUILTIN
    models_dir: Path | None = None
    threads: int = 0
    precision: str = "auto"
    max_waiting: int = 64
    batch: int = 0
    offload: str = "none"
    compile: bool = False
    slicing: bool = False
    openai_url: str = OpenAIOptions.url
    openai_key: str | None = field(default=None, repr=False)
    openai_sizes: tuple[str, ...] = OpenAIOptions.sizes
    openai_price: float = 0.0
    openai_budget: float = 0.0
    openai_per_minute: int = 0
    openai_partial: int = 0


def served_models(options: BackendOptions) -> list[ServedModel]:
    """One a name, in their order, each once; those of the API share its account."""
    names = dict.fromkeys(name.strip() for name in options.model.split(",") if name.strip())
    budget = Budget(options.openai_budget, ModelStore(options.models_dir).folder / "openai-budget.json")
    rate = Rate(options.openai_per_minute)
    return [_api(name, options, budget, rate) if name.startswith(API) else _served(name, options) for name in names]


def _served(name: str, options: BackendOptions) -> ServedModel:
    store = ModelStore(options.models_dir)
    folder = BUILTIN_FOLDER if name == BUILTIN else store.find(name) or Path(name)
    size = sum(path.stat().st_size for path in folder.rglob("*.safetensors")) if folder.is_dir() else 0
    if (folder / PIPELINE).is_file():
        called = name if store.find(name) else folder.resolve().name
        settings = PipelineOptions(options.precision, options.offload, options.compile, options.batch, options.slicing)
        card = ModelCard.read(folder)
        known = ModelDescription(called, card.description, loaded=False)
        known = replace(known, sizes=card.sizes or stored_sizes(folder) or known.sizes)
        opening = partial(diffusers_backend, folder, called, settings, options.max_waiting, stored_clip(store))
        return ServedModel(name, opening, size, known)
    load = LoadOptions(options.threads, options.precision, options.models_dir)
    return ServedModel(name, partial(codes_backend, name, load, options.max_waiting), size)


def _api(name: str, options: BackendOptions, budget: Budget, rate: Rate) -> ServedModel:
    model = name.removeprefix(API)
    settings = OpenAIOptions(
        options.openai_url, options.openai_key, options.openai_sizes, options.openai_price,
        max_waiting=options.max_waiting, partial=options.openai_partial,
        clip=stored_clip(ModelStore(options.models_dir)),
    )  # fmt: skip
    opening = partial(OpenAIBackend, model, name, settings, budget, rate)
    return ServedModel(name, opening, description=describe(model, name, settings))


def stored_clip(store: ModelStore) -> Path | None:
    """The folder of a CLIP that came with any stored model: it ranks the pictures of those that have none."""
    folders = (model.folder / "clip" for model in store.models())
    return next((folder for folder in folders if folder.is_dir()), None)
