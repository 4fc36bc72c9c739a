"""Pictures in words, and words that a model knows: `POST /v1/describe` and `POST /v1/words`.

In: requests of the contract.  Out: descriptions.  What describes is loaded when somebody first asks: most servers are
never asked.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from inference.contract import Description


class Describing(Protocol):
    """What describes pictures: inference.ranking.description.Describer."""

    def describe(self, image: bytes, texts: Sequence[str] = ()) -> Description:
        """Raises UnreadablePicture."""


class LazyDescriber:
    """One picture at a time, in a thread."""

    def __init__(self, load: Callable[[], Describing]) -> None:
        self._load = load
        self._loaded: Describing | None = None
        self._turn = asyncio.Lock()

    async def describe(self, image: bytes, texts: Sequence[str]) -> Description:
        """Raises UnreadablePicture, and whatever loading raises."""
        async with self._turn:
            return await asyncio.to_thread(self._describe, image, texts)

    def _describe(self, image: bytes, texts: Sequence[str]) -> Description:
        if self._loaded is None:
            self._loaded = self._load()
        return self._loaded.describe(image, texts)
