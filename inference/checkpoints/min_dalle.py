"""Checkpoints of min-dalle (https://github.com/kuprel/min-dalle): its PyTorch files in, our parameters out.

In: `encoder.pt` and `decoder.pt` with vocab.json and merges.txt, and `detoker.pt`, the VQGAN without its encoder. Out:
configurations and parameters under the names of our networks. These are the original's numbers under other names, most
of them rounded to float16.

Files are not trusted: PyTorch reads them without executing anything (`weights_only`) and maps them, what is packed to
be larger in memory than in the file is refused, and so is a tensor that claims more numbers than it has.
"""

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor, nn

from inference.checkpoints.weights import CheckpointError, read_json

ENCODER, DECODER, DETOKENIZER = "encoder.pt", "decoder.pt", "detoker.pt"

MINI = {
    "d_model": 1024,
    "encoder_ffn_dim": 2730,
    "decoder_ffn_dim": 2730,
    "encoder_layers": 12,
    "decoder_layers": 12,
    "encoder_attention_heads": 16,
    "decoder_attention_heads": 16,
    "encoder_vocab_size": 50264,
    "image_vocab_size": 16384,
    "decoder_start_token_id": 16384,
}
MEGA = {
    "d_model": 2048,
    "encoder_ffn_dim": 4096,
    "decoder_ffn_dim": 4096,
    "encoder_layers": 24,
    "decoder_layers": 24,
    "encoder_attention_heads": 32,
    "decoder_attention_heads": 32,
    "encoder_vocab_size": 50272,
    "image_vocab_size": 16415,
    "decoder_start_token_id": 16384,
}
PUBLISHED_VQGAN = {"n_embed": 16384}
"""All other sizes are the original's defaults."""

NAMES = (  # theirs, ours
    (r"\bpre_self_attn_layer_norm\b", "self_attention_norm"),
    (r"\bself_attn_layer_norm\b", "self_attention_out_norm"),
    (r"\bself_attn\b", "self_attention"),
    (r"\bpre_encoder_attn_layer_norm\b", "cross_attention_norm"),
    (r"\bencoder_attn_layer_norm\b", "cross_attention_out_norm"),
    (r"\bencoder_attn\b", "cross_attention"),
    (r"\bglu\.ln0\b", "feed_forward.norm"),
    (r"\bglu\.ln1\b", "feed_forward.inner_norm"),
    (r"\bglu\.fc0\b", "feed_forward.gate_proj"),
    (r"\bglu\.fc1\b", "feed_forward.up_proj"),
    (r"\bglu\.fc2\b", "feed_forward.down_proj"),
    (r"\bfinal_ln\b", "final_norm"),
)


def min_dalle_config(folder: Path) -> dict[str, Any]:
    """The configuration: that of config.json where it says one, else that of the published model of this width."""
    path = folder / "config.json"
    values = read_json(path) if path.is_file() else {}
    if "d_model" not in values:
        table = read_pt(folder / ENCODER).get("embed_tokens.weight")
        width = 0 if table is None else table.shape[-1]
        published = {model["d_model"]: model for model in (MINI, MEGA)}
        if width not in published:
            raise CheckpointError(f"{folder}: a model of width {width} needs a config.json, 1024 and 2048 do not")
        values = published[width]
    return {"normalize_text": True, **values}


def min_dalle_weights(folder: Path, network: nn.Module) -> dict[str, Tensor]:
    """The parameters of a `DalleBart` under its own names. Raises `CheckpointError`.

    Norms of the original have no scale in some places, those of min-dalle have one everywhere; it must be one there.
    """
    wanted = network.state_dict().keys()
    weights: dict[str, Tensor] = {}
    for part in (ENCODER, DECODER):
        for name, tensor in read_pt(folder / part).items():
            ours = name
            for theirs, replacement in NAMES:
                ours = re.sub(theirs, replacement, ours)
            if not ours.startswith("lm_head."):
                ours = f"{part.removesuffix('.pt')}.{ours}"
            if ours not in wanted and ours.endswith("norm.weight") and bool((tensor == 1).all()):
                continue
            weights[ours] = tensor
    return weights


def min_dalle_vqgan_config(folder: Path) -> dict[str, Any]:
    """The configuration of the VQGAN in `folder`: what config.json says, or the published one; without an encoder."""
    path = folder / "config.json"
    values = read_json(path) if path.is_file() else {}
    return (values if "n_embed" in values else PUBLISHED_VQGAN) | {"encoder": "none"}


def min_dalle_vqgan_weights(path: Path) -> dict[str, Tensor]:
    """The parameters of a `VQGAN` without encoder under its own names. Raises `CheckpointError`."""
    return {
        re.sub(r"\bupsample\b", "resample", re.sub(r"^embedding\b", "codebook", name)): tensor
        for name, tensor in read_pt(path).items()
    }


def read_pt(path: Path) -> Mapping[str, Tensor]:
    """The tensors of a file of `torch.save`, mapped. Raises `CheckpointError`."""
    try:
        _refuse_compressed(path)
        tensors = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except FileNotFoundError:
        raise CheckpointError(f"{path}: the file is missing") from None
    except UnpicklingError as error:
        raise CheckpointError(f"{path}: holds more than tensors, and is not opened: {_first_line(error)}") from error
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read: {error.strerror or error}") from error
    except CheckpointError:
        raise
    except Exception as error:  # the zip reader and torch's own raise many kinds for damaged files
        raise CheckpointError(f"{path}: damaged, or no PyTorch checkpoint: {_first_line(error)}") from error
    if not isinstance(tensors, dict):
        raise CheckpointError(f"{path}: holds a {type(tensors).__name__}, tensors by name are expected")
    for name, tensor in tensors.items():
        if not isinstance(name, str) or not isinstance(tensor, Tensor) or tensor.layout is not torch.strided:
            raise CheckpointError(f"{path}: {str(name)[:80]!r} is no plain tensor")
        if tensor.is_quantized or tensor.nbytes > tensor.untyped_storage().nbytes():
            raise CheckpointError(f"{path}: {name[:80]} claims more numbers than the file holds")
    return tensors


def _refuse_compressed(path: Path) -> None:
    """What is packed could unpack to any size; torch.save never packs, and mapping needs it so."""
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    stored = all(entry.compress_type == zipfile.ZIP_STORED for entry in entries)
    if not stored or sum(entry.file_size for entry in entries) > path.stat().st_size:
        raise CheckpointError(f"{path}: is compressed, which torch.save never does")


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:200] or type(error).__name__
