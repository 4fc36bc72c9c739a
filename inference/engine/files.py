"""Files of finished pictures, written in threads of their own, so that whoever draws can go on meanwhile.

In: pixels, with whatever their owner wants to know again.  Out: PNG files, in the order in which they were asked for.
"""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

from inference.pictures import Pixels, encode_png

Owner = TypeVar("Owner")


class PictureFiles(Generic[Owner]):
    """`threads` write side by side; all methods belong to one thread."""

    def __init__(self, threads: int) -> None:
        self._encoders = ThreadPoolExecutor(threads, thread_name_prefix="png")
        self._begun: deque[tuple[Owner, Future[bytes]]] = deque()

    def begin(self, owner: Owner, pixels: Pixels, seed: int, *, model: str) -> None:
        """Have a file written; see `encode_png`."""
        self._begun.append((owner, self._encoders.submit(encode_png, pixels, seed, model=model)))

    def take(self, *, patient: bool) -> Iterator[tuple[Owner, "Future[bytes]"]]:
        """The files that are done, up to the first that is not; all there are, where `patient`."""
        while self._begun and (patient or self._begun[0][1].done()):
            yield self._begun.popleft()

    def close(self) -> None:
        """Let the threads go."""
        self._encoders.shutdown()
