"""Named tensors in files: reading, writing, and putting them into a network with every name and shape checked.

In and out: safetensors files, one or several with an index beside them (the layout of `transformers`), and JSON files.
Files are not trusted: nothing in them is executed, and no size in them is believed before it is compared with the
file's own. It knows nothing of any particular network.
"""

import contextlib
import json
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

Stored = TypeVar("Stored")

WEIGHTS = "model.safetensors"
INDEX_SUFFIX = ".index.json"
LARGEST_JSON = 64 << 20
LARGEST_SHARD = 512 << 20
"""Bytes in one file of many: what converting takes of memory, however large the model."""
SCALE_SUFFIX = ".scale"
SMALLEST_INT8 = 1 << 14
"""Matrices of fewer values than this are not worth the rounding."""


class CheckpointError(Exception):
    """A model's file is missing, damaged, or not what its configuration says; the message names file and problem."""


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file. Raises `CheckpointError`."""
    try:
        if path.stat().st_size > LARGEST_JSON:
            raise CheckpointError(f"{path}: {path.stat().st_size} bytes, at most {LARGEST_JSON} make sense")
        values = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise CheckpointError(f"{path}: the file is missing") from None
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path}: no valid JSON: {error}") from error
    if not isinstance(values, dict):
        raise CheckpointError(f"{path}: holds a JSON {type(values).__name__}, an object is expected")
    return values


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Writes an object so that a person can read it."""
    path.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file, or of all files that an index names. Raises `CheckpointError`.

    They lie in memory that is mapped from the file: reading it waits until somebody computes with them, and costs
    nothing again where the system still has the file. Only rows stored as int8 are made into float32 here.
    """
    return read_shards(path, _read_file)


def read_shards(path: Path, read: Callable[[Path], dict[str, Stored]]) -> dict[str, Stored]:
    """What `read` finds in a file, or in all files that an index names. Raises `CheckpointError`."""
    if not path.name.endswith(INDEX_SUFFIX):
        return read(path)
    found: dict[str, Stored] = {}
    for shard in shards(path):
        for name, stored in read(shard).items():
            if name in found:
                raise CheckpointError(f"{shard}: {name} is in another file of {path.name} too")
            found[name] = stored
    return found


def shards(index: Path) -> list[Path]:
    """The files that an index names, in their order. Raises `CheckpointError` where one is missing or elsewhere."""
    names = read_json(index).get("weight_map")
    if not isinstance(names, dict) or not names or not all(isinstance(name, str) for name in names.values()):
        raise CheckpointError(f"{index}: 'weight_map' must map names of weights to names of files")
    paths = [index.parent / name for name in sorted(set(names.values()))]
    for path in paths:
        if path.parent != index.parent or path.name in ("", ".", ".."):
            raise CheckpointError(f"{index}: {str(path)[:200]!r} is not a file beside it")
        if not path.is_file():
            raise CheckpointError(f"{path}: the file is missing, {index.name} names it")
    return paths


def _read_file(path: Path) -> dict[str, Tensor]:
    try:
        stored = load_file(path)
    except FileNotFoundError:
        raise CheckpointError(f"{path}: the file is missing") from None
    except (SafetensorError, ValueError, KeyError) as error:
        raise CheckpointError(f"{path}: no valid safetensors file: {error}") from error
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read: {error.strerror or error}") from error
    weights = {}
    for name, tensor in stored.items():
        if name.endswith(SCALE_SUFFIX) and name.removesuffix(SCALE_SUFFIX) in stored:
            continue
        scale = stored.get(name + SCALE_SUFFIX)
        if (tensor.dtype is torch.int8) != (scale is not None):
            found = "without scale" if scale is None else "with scale"
            raise CheckpointError(f"{path}: {name} is stored as {tensor.dtype} {found}")
        if scale is None:
            weights[name] = tensor
        elif tensor.ndim != 2 or scale.shape != (len(tensor), 1):  # else they could multiply to terabytes
            raise CheckpointError(f"{path}: {name}{SCALE_SUFFIX} has shape {tuple(scale.shape)}, not one value a row")
        else:
            weights[name] = tensor * scale
    return weights


def count_values(path: Path) -> int:
    """How many numbers a safetensors file holds, without reading them; scales of rows not counted."""
    try:
        with safe_open(path, framework="pt") as file:
            names = [name for name in file.keys() if not name.endswith(SCALE_SUFFIX)]  # noqa: SIM118 - it is no mapping
            return sum(math.prod(tuple(file.get_slice(name).get_shape())) for name in names)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path}: cannot be read: {error}") from error


def write_shards(
    folder: Path,
    weights: Mapping[str, Tensor],
    *,
    dtype: torch.dtype | None = None,
    largest: int = LARGEST_SHARD,
    progress: Callable[[int], None] = lambda _: None,
) -> None:
    """Stores tensors in `folder`, in `dtype` or as they are: model.safetensors, or several files and their index.

    Takes one tensor after the other from `weights`, so that a mapping which reads them on demand needs no more memory
    than one file, of at most `largest` bytes or one tensor. `progress` hears the bytes of each file. Raises
    `CheckpointError` where a value does not fit, and `OSError`.
    """
    places: dict[str, int] = {}
    total = count = 0
    for group in _groups(folder, weights, dtype, largest):
        count += 1
        save_file(group, folder / f"part-{count}")
        places |= dict.fromkeys(group, count)
        written = sum(tensor.nbytes for tensor in group.values())
        total += written
        progress(written)
    names = {number: f"model-{number:05}-of-{count:05}.safetensors" for number in range(1, count + 1)}
    if count == 1:
        names = {1: WEIGHTS}
    for number, name in names.items():
        (folder / f"part-{number}").rename(folder / name)
        (folder / name).chmod(0o644)  # the library's are readable for their owner alone
    if count > 1:
        weight_map = {weight: names[number] for weight, number in places.items()}
        write_json(folder / (WEIGHTS + INDEX_SUFFIX), {"metadata": {"total_size": total}, "weight_map": weight_map})


def _groups(
    folder: Path, weights: Mapping[str, Tensor], dtype: torch.dtype | None, largest: int
) -> Iterator[dict[str, Tensor]]:
    group: dict[str, Tensor] = {}
    size = 0
    for name in weights:
        tensor = weights[name].detach()
        wanted = dtype or (torch.float32 if tensor.dtype is torch.float64 else tensor.dtype)
        tensor = tensor.to(wanted).contiguous()
        if not tensor.isfinite().all():
            raise CheckpointError(f"{folder}: {name} has values that {wanted} cannot hold")
        if group and size + tensor.nbytes > largest:
            yield group
            group, size = {}, 0
        group[name] = tensor
        size += tensor.nbytes
    yield group


def write_weights(path: Path, weights: Mapping[str, Tensor], *, dtype: torch.dtype | None, int8: bool = False) -> None:
    """Stores tensors as safetensors, all of one floating type, or as they are; with `int8`, big matrices as int8 with a
    scale a row.

    Raises `CheckpointError` where a value does not fit. An interrupted write leaves the file that was there before.
    """
    stored = {}
    for name, tensor in weights.items():
        tensor = tensor.detach().cpu()  # noqa: PLW2901 - the same tensor, only where it lies
        if int8 and tensor.ndim == 2 and tensor.numel() >= SMALLEST_INT8:
            scale = tensor.float().abs().amax(1, keepdim=True).clamp_min(torch.finfo(torch.float32).tiny) / 127
            stored[name] = (tensor.float() / scale).round().to(torch.int8)
            stored[name + SCALE_SUFFIX] = scale
            continue
        stored[name] = tensor.to(dtype or tensor.dtype).contiguous()
        if not stored[name].isfinite().all():
            raise CheckpointError(f"{path}: {name} has values that {dtype} cannot hold")
    partial = path.with_name(path.name + ".partial")
    try:
        save_file(stored, partial)
        partial.chmod(0o644)  # the library's are readable for their owner alone
        partial.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            partial.unlink()


class Skeleton(TorchFunctionMode):
    """Networks built inside `with Skeleton():` have shapes but neither memory nor numbers; `fill` gives them both.

    The meta device alone would do, but drawing random numbers there, as an embedding does, takes PyTorch a second of
    imports.
    """

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func in (nn.init.normal_, nn.init.uniform_, nn.init.kaiming_uniform_):
            return kwargs["tensor"] if "tensor" in kwargs else args[0]
        with torch.device("meta"):
            return func(*args, **kwargs)


class Matched(Mapping[str, Tensor]):
    """The parameters of a network, each checked when it is asked for; their names are checked at once.

    Raises `CheckpointError` naming `source` and the first tensor that is missing, superfluous, of another shape or no
    floating point.
    """

    def __init__(self, network: nn.Module, weights: Mapping[str, Tensor], source: Path) -> None:
        self.shapes: dict[str, tuple[int, ...]] = {
            name: tuple(parameter.shape) for name, parameter in network.state_dict().items()
        }
        self.weights = weights
        self.source = source
        for name, shape in self.shapes.items():
            if name not in weights:
                raise CheckpointError(f"{source}: {name} {shape} is missing")
        for name in weights:
            if name not in self.shapes:
                raise CheckpointError(
                    f"{source}: {name} belongs to no part of the network that the configuration describes"
                )

    def __getitem__(self, name: str) -> Tensor:
        tensor = self.weights[name]
        shape = tuple(tensor.shape)
        if shape != self.shapes[name]:
            raise CheckpointError(f"{self.source}: {name} has shape {shape}, {self.shapes[name]} is expected")
        if not tensor.is_floating_point():
            raise CheckpointError(f"{self.source}: {name} is stored as {tensor.dtype}, floating point is expected")
        return tensor

    def __iter__(self) -> Iterator[str]:
        return iter(self.shapes)

    def __len__(self) -> int:
        return len(self.shapes)


def fill(network: nn.Module, weights: Mapping[str, Tensor], source: Path, dtype: torch.dtype) -> None:
    """Gives every parameter of a network built as a `Skeleton` its tensor, in `dtype`, ready for inference.

    A tensor that is stored in `dtype` stays where it lies, mapped. Raises `CheckpointError`, see `Matched`.
    """
    matched = Matched(network, weights, source)
    ready = {name: tensor.to(dtype).contiguous() for name, tensor in matched.items()}
    network.load_state_dict(ready, assign=True)
    network.eval().requires_grad_(requires_grad=False)
