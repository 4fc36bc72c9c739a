"""Files of `flax.serialization` (https://github.com/google/flax): arrays by their names, read when they are wanted.

In: a .msgpack file, or the index of several (the layout of `transformers`). Out: where each array lies in its file. It
knows nothing of any model.

The format is msgpack (https://github.com/msgpack/msgpack/blob/master/spec.md): nested maps whose leaves are arrays,
packed as extension 1 = (shape, type name, bytes); arrays above a gigabyte come as a map of chunks. The msgpack package
reads such a file by copying all of it, some of it three times, and the largest published one has ten gigabytes. Here
the file is mapped, and only what lies between the arrays is parsed; an array takes memory when `FlaxArray.tensor` is
called.

Files are not trusted. Nothing in them is executed, every length is compared with what is left of the file before
anything is taken, so that no file can ask for more memory than its own size, and damage of any kind is a
`CheckpointError`.
"""

import math
import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from inference.checkpoints.weights import CheckpointError, read_shards

ARRAY = 1
CHUNKED = "__msgpack_chunked_array__"
TYPES = {
    "float32": torch.float32,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
    "V2": torch.bfloat16,  # what NumPy calls it
    "float64": torch.float64,
}
LONGEST_NAME = 4096
MOST_VALUES = 1 << 17
"""Names, numbers, lists and arrays in one file. The largest published model has some hundreds."""
DEEPEST = 32

CONSTANTS: dict[int, int | bool | None] = {marker: marker for marker in range(0x80)}
CONSTANTS |= {marker: marker - 256 for marker in range(0xE0, 0x100)} | {0xC0: None, 0xC2: False, 0xC3: True}
NUMBERS = dict(zip(range(0xCA, 0xD4), (">f", ">d", ">B", ">H", ">I", ">Q", ">b", ">h", ">i", ">q"), strict=True))
FIXED = {0x80 + size: ("map", size) for size in range(16)} | {0x90 + size: ("list", size) for size in range(16)}
FIXED |= {0xA0 + size: ("text", size) for size in range(32)} | {0xD4 + log: ("extension", 1 << log) for log in range(5)}
SIZED = {  # what follows, after a length of that form
    0xC4: ("bytes", ">B"),
    0xC5: ("bytes", ">H"),
    0xC6: ("bytes", ">I"),
    0xC7: ("extension", ">B"),
    0xC8: ("extension", ">H"),
    0xC9: ("extension", ">I"),
    0xD9: ("text", ">B"),
    0xDA: ("text", ">H"),
    0xDB: ("text", ">I"),
    0xDC: ("list", ">H"),
    0xDD: ("list", ">I"),
    0xDE: ("map", ">H"),
    0xDF: ("map", ">I"),
}


@dataclass(frozen=True)
class FlaxArray:
    """An array in its file: `pieces` are its bytes in order, little-endian, not aligned to anything."""

    shape: tuple[int, ...]
    dtype: torch.dtype
    pieces: tuple[memoryview, ...]

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __getitem__(self, index: int) -> "FlaxArray":
        """A slice along the first axis, still in the file."""
        size = math.prod(self.shape[1:]) * self.dtype.itemsize
        start, pieces = index * size, []
        for piece in self.pieces:
            if start < len(piece) and size > 0:
                pieces.append(piece[start : start + size])
                size -= len(pieces[-1])
            start = max(start - len(piece), 0)
        return FlaxArray(self.shape[1:], self.dtype, tuple(pieces))

    def tensor(self) -> Tensor:
        """The array, in memory of its own."""
        values = bytearray().join(self.pieces)
        if not values:
            return torch.empty(self.shape, dtype=self.dtype)
        return torch.frombuffer(values, dtype=self.dtype).reshape(self.shape)


def read_flax(path: Path) -> dict[str, FlaxArray]:
    """All arrays by their path, like `model/encoder/final_ln/bias`. Raises `CheckpointError`."""
    return read_shards(path, _read_file)


def _read_file(path: Path) -> dict[str, FlaxArray]:
    try:
        with path.open("rb") as file:
            if not path.stat().st_size:
                raise CheckpointError(f"{path}: the file is empty")
            data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))  # closed with the last array
        arrays = dict(_arrays(_Reader(data).whole(), (), 0))
    except FileNotFoundError:
        raise CheckpointError(f"{path}: the file is missing") from None
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise CheckpointError(f"{path}: damaged, or no Flax checkpoint: {error}") from error
    if not arrays:
        raise CheckpointError(f"{path}: holds no arrays")
    return arrays


class _Reader:
    """Msgpack values from a buffer, one after the other. Bytes are not copied. Raises `ValueError` for damage."""

    def __init__(self, data: memoryview) -> None:
        self.data = data
        self.at = 0
        self.values = 0

    def whole(self) -> Any:
        """The one value that makes up the buffer."""
        value = self.value(0)
        if self.at != len(self.data):
            raise ValueError(f"{len(self.data) - self.at} bytes are left after the end, at byte {self.at}")
        return value

    def value(self, depth: int) -> Any:
        self.values += 1
        if self.values > MOST_VALUES:
            raise ValueError(f"more than {MOST_VALUES} values")
        if depth > DEEPEST:
            raise ValueError(f"values are nested more than {DEEPEST} deep at byte {self.at}")
        marker = self.take(1)[0]
        if marker in CONSTANTS:
            return CONSTANTS[marker]
        if marker in NUMBERS:
            return self.number(NUMBERS[marker])
        if marker in FIXED:
            kind, size = FIXED[marker]
        elif marker in SIZED:
            kind, form = SIZED[marker]
            size = self.number(form)
        else:
            raise ValueError(f"byte {self.at - 1} is {marker:#x}, which begins no value")
        match kind:
            case "map":
                return self.map_of(size, depth)
            case "list":
                return [self.value(depth + 1) for _ in range(size)]  # grows as it is read: a length costs nothing
            case "text":
                return self.text(size)
            case "extension":
                return self.extension(size)
        return self.take(size)

    def take(self, size: int) -> memoryview:
        left = len(self.data) - self.at
        if size > left:
            raise ValueError(f"{size} bytes are announced at byte {self.at}, {left} are left")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, form: str) -> Any:
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def text(self, size: int) -> str:
        if size > LONGEST_NAME:
            raise ValueError(f"a name of {size} bytes at byte {self.at}, at most {LONGEST_NAME} make sense")
        return str(self.take(size), "utf-8")

    def map_of(self, size: int, depth: int) -> dict[str, Any]:
        result = {}
        for _ in range(size):
            name = self.value(depth + 1)
            if not isinstance(name, str):
                raise ValueError(f"{str(name)[:80]!r} before byte {self.at} is no name")  # noqa: TRY004 - the file is wrong, not the caller
            result[name] = self.value(depth + 1)
        return result

    def extension(self, size: int) -> FlaxArray:
        code = self.number(">b")
        if code != ARRAY:
            raise ValueError(f"extension {code} at byte {self.at} is no array")
        return _array(_Reader(self.take(size)).whole())


def _array(parts: Any) -> FlaxArray:
    if not isinstance(parts, list) or len(parts) != 3:
        raise ValueError("an array must be a shape, a type and its bytes")
    shape, name, values = parts
    if not isinstance(name, str) or name not in TYPES:
        raise ValueError(f"arrays of type {str(name)[:80]!r} are not supported, only {', '.join(TYPES)}")
    _check_shape(shape)
    dtype = TYPES[name]
    if not isinstance(values, memoryview) or len(values) != math.prod(shape) * dtype.itemsize:
        size = len(values) if isinstance(values, memoryview) else 0
        raise ValueError(f"an array of shape {shape} and type {name} has {size} bytes")
    return FlaxArray(tuple(shape), dtype, (values,))


def _check_shape(shape: Any) -> None:
    if not isinstance(shape, list) or len(shape) > 8:
        raise ValueError(f"{str(shape)[:80]} is no array shape")
    if not all(isinstance(side, int) and not isinstance(side, bool) and 0 <= side < 1 << 40 for side in shape):
        raise ValueError(f"{str(shape)[:80]} is no array shape")


def _arrays(tree: Any, path: tuple[str, ...], depth: int) -> Iterator[tuple[str, FlaxArray]]:
    name = "/".join(path)
    if isinstance(tree, FlaxArray):
        yield name, tree
    elif not isinstance(tree, dict):
        raise ValueError(f"{name or 'the top level'} is a {type(tree).__name__}, an array or a map is expected")  # noqa: TRY004 - as above
    elif CHUNKED in tree:
        yield name, _joined(name, tree)
    else:
        for key, value in tree.items():
            if "/" in key:
                raise ValueError(f"{key!r} in {name or 'the top level'} is no name")
            yield from _arrays(value, (*path, key), depth + 1)


def _joined(name: str, tree: dict[str, Any]) -> FlaxArray:
    """One array from its chunks; flax writes the sequences `shape` and `chunks` as maps from "0", "1", …"""
    shape, chunks = (_sequence(tree.get(key)) for key in ("shape", "chunks"))
    if shape is None or not chunks or not all(isinstance(chunk, FlaxArray) and chunk.ndim == 1 for chunk in chunks):
        raise ValueError(f"{name} is a damaged chunked array")
    _check_shape(shape)
    if math.prod(shape) != sum(chunk.shape[0] for chunk in chunks) or len({chunk.dtype for chunk in chunks}) != 1:
        raise ValueError(f"{name} is a chunked array of shape {shape} whose chunks do not make that up")
    return FlaxArray(tuple(shape), chunks[0].dtype, tuple(piece for chunk in chunks for piece in chunk.pieces))


def _sequence(value: Any) -> list[Any] | None:
    if isinstance(value, dict) and set(value) == {str(index) for index in range(len(value))}:
        return [value[str(index)] for index in range(len(value))]
    return value if isinstance(value, list) else None
