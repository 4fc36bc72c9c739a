"""Our own engine as a backend: pictures drawn as rows of codes, many generations together.

In: a model's name or folder.  Out: a backend.
"""

from inference.backends.threaded import ThreadedBackend
from inference.engine.loading import LoadOptions, load_engine


def codes_backend(model: str, options: LoadOptions, max_waiting: int = 64) -> ThreadedBackend:
    """A DALL·E mini, or the built-in model, that loads when the backend is started."""
    return ThreadedBackend(lambda _: load_engine(model, options), model, max_waiting)
