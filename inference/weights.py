"""Named tensors in a file: reading, writing, and putting them into a network with every name and shape checked.

In and out: safetensors files and JSON files. Files are not trusted: nothing in them is executed, and no size in them is
believed before it is compared with the file's own. It knows nothing of any particular network.
"""

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

LARGEST_JSON = 64 << 20
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
    """The tensors of a safetensors file, on the CPU; rows stored as int8 as float32. Raises `CheckpointError`."""
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


def write_weights(path: Path, weights: Mapping[str, Tensor], *, dtype: torch.dtype, int8: bool = False) -> None:
    """Stores tensors as safetensors, all of one floating type; with `int8`, big matrices as int8 with a scale a row.

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
        stored[name] = tensor.to(dtype).contiguous()
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


def fill(network: nn.Module, weights: Mapping[str, Tensor], source: Path, dtype: torch.dtype) -> None:
    """Gives every parameter of a network built as a `Skeleton` its tensor, in `dtype`, ready for inference.

    Raises `CheckpointError` naming `source` and the first tensor that is missing, superfluous or of another shape.
    """
    wanted = network.state_dict()
    for name, parameter in wanted.items():
        if name not in weights:
            raise CheckpointError(f"{source}: {name} {tuple(parameter.shape)} is missing")
        if weights[name].shape != parameter.shape:
            raise CheckpointError(
                f"{source}: {name} has shape {tuple(weights[name].shape)}, {tuple(parameter.shape)} is expected"
            )
        if not weights[name].is_floating_point():
            raise CheckpointError(f"{source}: {name} is stored as {weights[name].dtype}, floating point is expected")
    for name in weights:
        if name not in wanted:
            raise CheckpointError(
                f"{source}: {name} belongs to no part of the network that the configuration describes"
            )
    network.load_state_dict({name: tensor.to(dtype) for name, tensor in weights.items()}, assign=True)
    network.eval().requires_grad_(requires_grad=False)
