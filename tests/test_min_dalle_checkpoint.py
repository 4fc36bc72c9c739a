"""The PyTorch files of min-dalle: the same numbers under other names, and nothing in them is trusted."""

import json
import pickle
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

from inference.checkpoints.load import load_dalle_bart, load_model, load_vqgan
from inference.checkpoints.min_dalle import MEGA, MINI, min_dalle_config, min_dalle_vqgan_config, read_pt
from inference.checkpoints.weights import CheckpointError
from inference.models.dalle_bart_config import DalleBartConfig
from inference.models.vqgan import VQGANConfig
from tests.published import GOLDEN

NAMES = (  # ours, theirs; the order matters where one is part of another
    ("cross_attention_out_norm", "encoder_attn_layer_norm"),
    ("cross_attention_norm", "pre_encoder_attn_layer_norm"),
    ("cross_attention", "encoder_attn"),
    ("self_attention_out_norm", "self_attn_layer_norm"),
    ("self_attention_norm", "pre_self_attn_layer_norm"),
    ("self_attention", "self_attn"),
    ("feed_forward.norm", "glu.ln0"),
    ("feed_forward.inner_norm", "glu.ln1"),
    ("feed_forward.gate_proj", "glu.fc0"),
    ("feed_forward.up_proj", "glu.fc1"),
    ("feed_forward.down_proj", "glu.fc2"),
    ("final_norm", "final_ln"),
)


def min_dalle_folder(folder: Path, **extra: Tensor) -> Path:
    """The tiny original as min-dalle keeps it: vqgan/ beside the model, and tables instead of tokenizer.json."""
    model, vqgan = folder / "dalle_bart_tiny", folder / "vqgan"
    model.mkdir(parents=True)
    vqgan.mkdir()
    parts: dict[str, dict[str, Tensor]] = {"encoder": {}, "decoder": dict(extra)}
    for name, tensor in load_dalle_bart(GOLDEN / "dallebart_mini").state_dict().items():
        part, _, rest = name.partition(".") if not name.startswith("lm_head") else ("decoder", "", name)
        for ours, theirs in NAMES:
            rest = rest.replace(ours, theirs)
        parts[part][rest] = tensor.clone()
    for part, tensors in parts.items():
        torch.save(tensors, model / f"{part}.pt")
    config = json.loads((GOLDEN / "dallebart_mini" / "config.json").read_text(encoding="utf-8"))
    sizes = {name: config[name] for name in (*MINI, "image_length", "max_text_length")}
    (model / "config.json").write_text(json.dumps(sizes), encoding="utf-8")
    for name in ("vocab.json", "merges.txt"):
        shutil.copy(GOLDEN / "dallebart_mini" / name, model)
    detoker = {
        name.replace("codebook", "embedding").replace(".resample.", ".upsample."): tensor
        for name, tensor in load_vqgan(GOLDEN / "vqgan").state_dict().items()
        if not name.startswith(("encoder.", "quant_conv."))
    }
    torch.save(detoker, vqgan / "detoker.pt")
    shutil.copy(GOLDEN / "vqgan" / "config.json", vqgan)
    return model


def test_the_same_model_under_other_names(tmp_path: Path) -> None:
    """A min-dalle folder is a model with the original's weights; its VQGAN decodes the same pixels, and only that."""
    checkpoint = load_model(str(min_dalle_folder(tmp_path)))
    original = load_dalle_bart(GOLDEN / "dallebart_mini")
    assert checkpoint.dalle.config == original.config
    ours, theirs = checkpoint.dalle.state_dict(), original.state_dict()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    codes = torch.arange(16)[None]
    assert torch.equal(checkpoint.vqgan.detokenize(codes), load_vqgan(GOLDEN / "vqgan").detokenize(codes))
    with pytest.raises(ValueError, match="no encoder"):
        checkpoint.vqgan.encode(torch.zeros(1, 3, 64, 64))


def test_scales_of_one_where_the_original_has_none(tmp_path: Path) -> None:
    """A norm's scale that the network lacks is left out if it changes nothing, and refused otherwise."""
    model = min_dalle_folder(tmp_path / "a", **{"layers.0.glu.ln0.weight": torch.ones(32)})
    load_dalle_bart(model)
    model = min_dalle_folder(tmp_path / "b", **{"layers.0.glu.ln0.weight": torch.full((32,), 1.5)})
    with pytest.raises(CheckpointError, match=r"decoder\.layers\.0\.feed_forward\.norm\.weight belongs to no part"):
        load_dalle_bart(model)


@pytest.mark.parametrize("model", [MINI, MEGA])
def test_the_published_sizes_need_no_config(tmp_path: Path, model: dict[str, Any]) -> None:
    """Without a config.json, or with one that says nothing, the width tells which published model it is."""
    torch.save({"embed_tokens.weight": torch.zeros(1, model["d_model"])}, tmp_path / "encoder.pt")
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    config = DalleBartConfig.from_dict(min_dalle_config(tmp_path))
    assert (config.d_model, config.encoder_layers) == (model["d_model"], model["encoder_layers"])
    assert config.normalize_text
    assert VQGANConfig.from_dict(min_dalle_vqgan_config(tmp_path)).n_embed == 16384


def test_another_size_needs_a_config(tmp_path: Path) -> None:
    """A model of an unknown width cannot be guessed."""
    torch.save({"embed_tokens.weight": torch.zeros(1, 100)}, tmp_path / "encoder.pt")
    with pytest.raises(CheckpointError, match=r"a model of width 100 needs a config\.json"):
        min_dalle_config(tmp_path)


class Evil:
    """Pickles to a call of the system's shell."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        import os

        return os.system, ("touch /tmp/easel-was-here",)


def saved(value: object) -> Callable[[Path], None]:
    return lambda path: torch.save(value, path)


def compressed(path: Path) -> None:
    torch.save({"w": torch.zeros(1000)}, path)
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (saved({"w": Evil()}), "holds more than tensors, and is not opened"),
        (saved([torch.zeros(2)]), "holds a list, tensors by name are expected"),
        (saved({"w": 1.0}), "'w' is no plain tensor"),
        (saved({"w": torch.zeros(2).to_sparse()}), "'w' is no plain tensor"),
        (saved({"w": torch.zeros(1).expand(1 << 20, 1 << 20)}), "w claims more numbers than the file holds"),
        (compressed, "is compressed, which torch.save never does"),
        (lambda path: path.write_bytes(pickle.dumps({"w": 1})), "damaged, or no PyTorch checkpoint"),
        (lambda path: path.write_bytes(b""), "damaged, or no PyTorch checkpoint"),
    ],
)
def test_hostile_files(tmp_path: Path, write: Callable[[Path], None], message: str) -> None:
    """Code is not run, packed data not unpacked, claims not believed; the error names the file."""
    write(tmp_path / "encoder.pt")
    with pytest.raises(CheckpointError, match=message) as error:
        read_pt(tmp_path / "encoder.pt")
    assert str(tmp_path / "encoder.pt") in str(error.value)
    assert not Path("/tmp/easel-was-here").exists()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_files(tmp_path: Path, data: st.DataObject) -> None:
    """A file that was cut off, or has wrong bytes in it, loads or is refused by name."""
    path = tmp_path / "encoder.pt"
    torch.save({"w": torch.arange(50.0), "v": torch.zeros(3, 4)}, path)
    whole = path.read_bytes()
    damaged = bytearray(whole[: data.draw(st.integers(len(whole) // 2, len(whole)), "length")])
    for place in data.draw(st.lists(st.integers(0, len(damaged) - 1), max_size=5), "places"):
        damaged[place] ^= data.draw(st.integers(1, 255), "change")
    path.write_bytes(damaged)
    refusal, size = "", 0
    try:
        size = sum(tensor.nbytes for tensor in read_pt(path).values())
    except CheckpointError as error:
        refusal = str(error)
    assert size <= len(damaged)
    assert not refusal or str(path) in refusal
