"""What texts mean, as vectors: the sentence encoder's, which knows English, of what the text says in English.

In: texts in any of the languages that the built-in model reads.  Out: vectors, each of length one.
"""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from inference.checkpoints.builtin import BUILTIN_FOLDER
from inference.server.service import Checker
from inference.text.reader import Reader


class Meaning:
    """Safe to use from several threads.  The tables are read for the first text: many servers are asked for none."""

    def __init__(self, checker: Checker, folder: Path = BUILTIN_FOLDER) -> None:
        self._checker = checker
        self._folder = folder

    def vectors(self, texts: Sequence[str]) -> list[list[float]]:
        """One a text."""
        return [self._checker.vector(self._in_english(text)) for text in texts]

    def _in_english(self, text: str) -> str:
        return self._reader.translate(text) or text

    @cached_property
    def _reader(self) -> Reader:
        return Reader.load(self._folder)
