"""Which backend a model's name asks for.

In: names of models, as the settings list them.  Out: models as they can be opened, none of them loaded.

    openai:gpt-image-1          a model of an OpenAI-compatible API
    a folder with model_index.json, or a stored model of that kind      a pipeline of diffusers
    anything else               ours: built-in, stored or a folder
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from inference.backends import ServedModel
from inference.backends.codes import codes_backend
from inference.engine.loading import LoadOptions


@dataclass(frozen=True)
class BackendOptions:
    """`model` is a name or a folder, or several with commas between them; the first is the default.

    `models_dir` is where pulled and imported models are kept; None is the user's cache folder.  `threads` 0 chooses.
    """

    model: str = "builtin"
    models_dir: Path | None = None
    threads: int = 0
    precision: str = "auto"
    max_waiting: int = 64


def served_models(options: BackendOptions) -> list[ServedModel]:
    """One a name, in their order, each once."""
    names = dict.fromkeys(name.strip() for name in options.model.split(",") if name.strip())
    return [_served(name, options) for name in names]


def _served(name: str, options: BackendOptions) -> ServedModel:
    load = LoadOptions(options.threads, options.precision, options.models_dir)
    return ServedModel(name, partial(codes_backend, name, load, options.max_waiting))
