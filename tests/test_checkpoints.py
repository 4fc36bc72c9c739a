"""Model files: every layout loads to the same weights, and anything wrong with a file is an error that names it."""

import functools
import json
import pickle
import shutil
import struct
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgpack  # type: ignore[import-untyped]  # publishes none
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch import Tensor

from inference.checkpoints.builtin import load_builtin, save_builtin
from inference.checkpoints.flax import dalle_bart_weights, vqgan_weights
from inference.checkpoints.flax_file import read_flax
from inference.checkpoints.load import load_dalle_bart, load_model, load_vqgan, verify_model
from inference.checkpoints.text_encoder import load_sentence_encoder
from inference.checkpoints.weights import CheckpointError, read_weights, write_shards, write_weights
from inference.models.dalle_bart import DalleBart
from inference.models.dalle_bart_config import DalleBartConfig
from inference.models.sampling import SamplingParams
from inference.models.vqgan import VQGAN, VQGANConfig
from inference.text.tokenizer import PromptTokenizer

GOLDEN = Path(__file__).parent / "fixtures" / "golden"
MINI = GOLDEN / "dallebart_mini"


@functools.cache
def mini_arrays() -> dict[str, Tensor]:
    return {name: array.tensor() for name, array in read_flax(MINI / "flax_model.msgpack").items()}


def flax_bytes(arrays: dict[str, Tensor], chunk: int | None = None) -> bytes:
    """What `flax.serialization` writes; arrays of more than `chunk` values in chunks of that many."""

    def packed(array: Tensor) -> msgpack.ExtType:
        kind = str(array.dtype).removeprefix("torch.")
        values = array.contiguous().view(torch.uint8).numpy().tobytes() if array.ndim else array.numpy().tobytes()
        return msgpack.ExtType(1, msgpack.packb((list(array.shape), kind, values)))

    def leaf(array: Tensor) -> Any:
        if chunk is None or array.numel() <= chunk:
            return packed(array)
        pieces = torch.split(array.flatten(), chunk)
        return {
            "__msgpack_chunked_array__": True,
            "shape": {str(index): side for index, side in enumerate(array.shape)},
            "chunks": {str(index): packed(piece) for index, piece in enumerate(pieces)},
        }

    tree: dict[str, Any] = {}
    for name, array in arrays.items():
        *folders, last = name.split("/")
        functools.reduce(lambda node, key: node.setdefault(key, {}), folders, tree)[last] = leaf(array)
    packed_tree: bytes = msgpack.packb(tree)
    return packed_tree


def unstacked(arrays: dict[str, Tensor]) -> dict[str, Tensor]:
    """Each layer under a name of its own, as the original writes with use_scan=false."""
    result = {}
    for name, array in arrays.items():
        head, stack, tail = name.partition("coderLayers/")
        if not stack:
            result[name] = array
        for layer in range(len(array) if stack else 0):
            result[f"{head}coderLayer_{layer}/{tail}"] = array[layer]
    return result


def mini_folder(folder: Path, data: bytes, **config: Any) -> Path:
    """A copy of the mini fixture with other weights and settings."""
    values = json.loads((MINI / "config.json").read_text(encoding="utf-8")) | config
    (folder / "config.json").write_text(json.dumps(values), encoding="utf-8")
    (folder / "flax_model.msgpack").write_bytes(data)
    return folder


def assert_same_weights(network: torch.nn.Module, other: torch.nn.Module) -> None:
    ours, theirs = network.state_dict(), other.state_dict()
    assert ours.keys() == theirs.keys()
    assert [name for name, tensor in ours.items() if not torch.equal(tensor, theirs[name])] == []


# ------------------------------------------------------------------------------------------------ layouts


@pytest.mark.parametrize("use_scan", [True, False, None])
def test_layers_under_their_own_names(tmp_path: Path, use_scan: bool | None) -> None:
    """Unstacked layers load to the same weights, whatever the configuration says about stacking."""
    settings_ = {} if use_scan is None else {"use_scan": use_scan}
    folder = mini_folder(tmp_path, flax_bytes(unstacked(mini_arrays())), **settings_)
    assert_same_weights(load_dalle_bart(folder), load_dalle_bart(MINI))


def test_arrays_in_chunks(tmp_path: Path) -> None:
    """Arrays that were split into chunks are put together again."""
    folder = mini_folder(tmp_path, flax_bytes(mini_arrays(), chunk=100))
    assert_same_weights(load_dalle_bart(folder), load_dalle_bart(MINI))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_storage_types(tmp_path: Path, dtype: torch.dtype) -> None:
    """However weights are stored, they are computed with in the type that was asked for."""
    folder = mini_folder(tmp_path, flax_bytes({name: array.to(dtype) for name, array in mini_arrays().items()}))
    network = load_dalle_bart(folder)
    assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}
    assert torch.equal(network.lm_head.weight, load_dalle_bart(MINI).lm_head.weight.to(dtype).float())
    assert load_dalle_bart(folder, torch.bfloat16).lm_head.weight.dtype is torch.bfloat16


def test_our_names_in_safetensors(tmp_path: Path) -> None:
    """A network saved under its own names loads from model.safetensors, which is preferred to Flax."""
    network = load_dalle_bart(MINI)
    folder = mini_folder(tmp_path, b"not read")
    write_weights(folder / "model.safetensors", network.state_dict(), dtype=torch.float32)
    assert_same_weights(load_dalle_bart(folder), network)


def sharded(folder: Path, files: dict[str, bytes], weight_map: dict[str, str], name: str) -> Path:
    """A copy of the mini fixture whose weights are in several files, with the index that `transformers` writes."""
    mini_folder(folder, b"").joinpath("flax_model.msgpack").unlink()
    for file, data in files.items():
        (folder / file).write_bytes(data)
    index = {"metadata": {"total_size": sum(map(len, files.values()))}, "weight_map": weight_map}
    (folder / f"{name}.index.json").write_text(json.dumps(index), encoding="utf-8")
    return folder


def flax_shards() -> tuple[dict[str, bytes], dict[str, str]]:
    names = sorted(mini_arrays())
    halves = {"flax_model-00001-of-00002.msgpack": names[::2], "flax_model-00002-of-00002.msgpack": names[1::2]}
    files = {file: flax_bytes({name: mini_arrays()[name] for name in half}) for file, half in halves.items()}
    return files, {name: file for file, half in halves.items() for name in half}


def test_flax_in_several_files(tmp_path: Path) -> None:
    """The files that an index names make one checkpoint."""
    folder = sharded(tmp_path, *flax_shards(), "flax_model.msgpack")
    assert_same_weights(load_dalle_bart(folder), load_dalle_bart(MINI))


def test_safetensors_in_several_files(tmp_path: Path) -> None:
    """What `write_shards` splits is put together again, and every file is smaller than the largest allowed."""
    network = load_dalle_bart(MINI)
    mini_folder(tmp_path, b"not read")
    written: list[int] = []
    write_shards(tmp_path, network.state_dict(), largest=50_000, progress=written.append)
    sizes = [path.stat().st_size for path in sorted(tmp_path.glob("model-*.safetensors"))]
    assert len(sizes) == len(written) > 3
    assert max(sizes) < 70_000  # the names are in the files too
    assert not list(tmp_path.glob("part-*"))
    assert_same_weights(load_dalle_bart(tmp_path), network)


def test_safetensors_under_the_names_of_the_original(tmp_path: Path) -> None:
    """What the original's library saves as safetensors has its names, with dots."""
    folder = mini_folder(tmp_path, b"not read")
    save_file(
        {name.replace("/", "."): a.contiguous() for name, a in mini_arrays().items()}, folder / "model.safetensors"
    )
    assert_same_weights(load_dalle_bart(folder), load_dalle_bart(MINI))


@pytest.mark.parametrize(
    ("weight_map", "message"),
    [
        ({}, "'weight_map' must map names of weights to names of files"),
        ({"a": 1}, "'weight_map' must map names of weights to names of files"),
        ({"a": "../flax_model-00001-of-00002.msgpack"}, "is not a file beside it"),
        ({"a": "/etc/passwd"}, "is not a file beside it"),
        ({"a": ".."}, "is not a file beside it"),
        ({"a": "flax_model-00003-of-00003.msgpack"}, r"flax_model-00003-of-00003\.msgpack: the file is missing"),
    ],
)
def test_hostile_indexes(tmp_path: Path, weight_map: dict[str, str], message: str) -> None:
    """An index leads to files beside it and nowhere else."""
    folder = sharded(tmp_path, flax_shards()[0], weight_map, "flax_model.msgpack")
    with pytest.raises(CheckpointError, match=message):
        load_dalle_bart(folder)


def test_arrays_in_two_files_at_once(tmp_path: Path) -> None:
    """An array that two files hold is named."""
    files, weight_map = flax_shards()
    files["flax_model-00002-of-00002.msgpack"] = files["flax_model-00001-of-00002.msgpack"]
    folder = sharded(tmp_path, files, weight_map, "flax_model.msgpack")
    with pytest.raises(CheckpointError, match=r"is in another file of flax_model\.msgpack\.index\.json too"):
        load_dalle_bart(folder)


@pytest.mark.parametrize(("name", "layers", "vocab"), [("mini", 12, (50264, 16384)), ("mega", 24, (50272, 16415))])
def test_published_dalle_bart(name: str, layers: int, vocab: tuple[int, int]) -> None:
    """The published models' parameters, names and shapes, make a whole network and leave nothing over."""
    width, inner = (1024, 2730) if name == "mini" else (2048, 4096)
    config = DalleBartConfig(
        d_model=width, encoder_layers=layers, decoder_layers=layers, encoder_ffn_dim=inner, decoder_ffn_dim=inner,
        encoder_vocab_size=vocab[0], image_vocab_size=vocab[1],
    )  # fmt: skip
    weights = dalle_bart_weights(published(f"dallebart_{name}"), config, Path("published"))
    with torch.device("meta"):
        network = DalleBart(config)
    assert shapes(weights) == shapes(network.state_dict())
    assert sum(w.numel() for w in weights.values()) == {"mini": 437_833_712, "mega": 2_587_521_024}[name]


def test_published_vqgan() -> None:
    """The published VQGAN's parameters, names and shapes, make a whole network and leave nothing over."""
    with torch.device("meta"):
        network = VQGAN(VQGANConfig(n_embed=16384))
    weights = vqgan_weights(published("vqgan_imagenet_f16_16384"), network, Path("published"))
    assert shapes(weights) == shapes(network.state_dict())
    assert sum(w.numel() for w in weights.values()) == 76_073_859


def published(name: str) -> dict[str, Tensor]:
    table = json.loads((GOLDEN / "published_shapes.json").read_text(encoding="utf-8"))[name]
    return {path: torch.empty(shape, device="meta") for path, shape in table.items()}


def shapes(weights: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in sorted(weights.items())}


# ----------------------------------------------------------------------------------------- whole models


def builtin_like(**changes: Any) -> tuple[DalleBart, VQGAN]:
    torch.manual_seed(1)
    dalle = {
        "image_vocab_size": 30, "image_length": 16, "d_model": 16, "decoder_layers": 1, "decoder_attention_heads": 2,
        "decoder_ffn_dim": 24, "text_encoder": "minilm", "encoder_dim": 384, "use_null_state": True,
    }  # fmt: skip
    vqgan = VQGANConfig(
        ch=32, ch_mult=(1,), num_res_blocks=0, attn_resolutions=(), resolution=32, z_channels=32, n_embed=27,
        embed_dim=3, patch_size=8, encoder="patch", encoder_patch=8,
    )  # fmt: skip
    return DalleBart(DalleBartConfig.from_dict(dalle | changes)), VQGAN(vqgan)


def test_builtin_layout_round_trip(tmp_path: Path) -> None:
    """A model saved in the built-in layout comes back with its weights (as stored) and its sampling parameters."""
    dalle, vqgan = builtin_like()
    params = SamplingParams(guidance_scale=2.5, temperature=0.9, top_k=7, top_p=0.5)
    save_builtin(tmp_path / "m", dalle, vqgan, params)
    checkpoint = load_model(str(tmp_path / "m"))
    assert (checkpoint.name, checkpoint.sampling) == ("m", params)
    assert_same_weights(checkpoint.dalle, dalle.half().float())
    assert_same_weights(checkpoint.vqgan, vqgan.half().float())
    assert (checkpoint.dalle.config, checkpoint.vqgan.config) == (dalle.config, vqgan.config)
    assert verify_model(str(tmp_path / "m")).startswith("m: ")
    assert sorted(path.name for path in (tmp_path / "m").iterdir()) == [
        "config.json", "dalle.safetensors", "vqgan.safetensors",
    ]  # fmt: skip


def test_builtin_refuses_parametrizations(tmp_path: Path) -> None:
    """A weight that is still computed from others is not exported as if it were plain."""
    dalle, vqgan = builtin_like()
    torch.nn.utils.parametrizations.weight_norm(dalle.lm_head)
    with pytest.raises(CheckpointError, match="dalle: lm_head"):
        save_builtin(tmp_path, dalle, vqgan)


def test_builtin_refuses_numbers_that_do_not_fit(tmp_path: Path) -> None:
    """A weight beyond the range of the stored type is an error, not an infinity."""
    dalle, vqgan = builtin_like()
    with torch.no_grad():
        dalle.lm_head.weight[0, 0] = 1e6
    with pytest.raises(CheckpointError, match=r"lm_head\.weight has values that torch\.float16 cannot hold"):
        save_builtin(tmp_path, dalle, vqgan)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"image_length": 12}, "image_length=12 codes make no square"),
        ({"image_vocab_size": 20}, "the VQGAN has 27 codes, the decoder knows 21"),
        ({"encoder_dim": 100}, "encoder_dim=100, the text encoder has 384"),
    ],
)
def test_builtin_parts_must_fit(tmp_path: Path, changes: dict[str, int], message: str) -> None:
    """Parts that do not belong together are refused when loading, with the numbers that differ."""
    save_builtin(tmp_path, *builtin_like(**changes))
    with pytest.raises(CheckpointError, match=message):
        load_builtin(tmp_path)


def test_original_folder(tmp_path: Path) -> None:
    """A folder in the original's layout is a model, its VQGAN inside; its words are used for hashtags."""
    folder = tmp_path / "tiny"
    shutil.copytree(MINI, folder)
    shutil.copytree(GOLDEN / "vqgan", folder / "vqgan")
    shutil.copy(GOLDEN / "text" / "enwiki-words-frequency.txt", folder)
    checkpoint = load_model(str(folder))
    assert checkpoint.name == "tiny"
    assert isinstance(checkpoint.text, PromptTokenizer)
    assert checkpoint.text.normalizer is not None
    assert checkpoint.text.normalizer("#throwbackthursday") == " throw back thursday"
    shutil.rmtree(folder / "vqgan")
    with pytest.raises(CheckpointError, match="vqgan: the folder with the VQGAN is missing"):
        load_model(str(folder))


def test_unknown_model() -> None:
    """A name that is no model is refused, with the names that are."""
    with pytest.raises(CheckpointError, match=r"unknown model 'dall-e-9': .* models here \(builtin\)"):
        load_model("dall-e-9")


def test_text_encoder_folder_is_missing(tmp_path: Path) -> None:
    """A missing file is named."""
    with pytest.raises(CheckpointError, match=r"config\.json: the file is missing"):
        load_sentence_encoder(tmp_path)


# ---------------------------------------------------------------------------------------- damaged files


def without(name: str) -> Callable[[dict[str, Tensor]], dict[str, Tensor]]:
    return lambda arrays: {key: array for key, array in arrays.items() if key != name}


def instead(name: str, array: Tensor) -> Callable[[dict[str, Tensor]], dict[str, Tensor]]:
    return lambda arrays: arrays | {name: array}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without("lm_head/kernel"), "lm_head/kernel is missing"),
        (instead("model/extra/kernel", torch.zeros(2)), "model/extra/kernel belongs to nothing"),
        (instead("lm_head/kernel", torch.zeros(32, 7)), r"lm_head.weight has shape \(7, 32\), \(65, 32\) is expected"),
        (instead("lm_head/kernel", torch.zeros(32)), r"lm_head/kernel has shape \(32,\), 2 dimensions"),
        (
            instead("model/decoder/layers/FlaxBartDecoderLayers/LayerNorm_0/bias", torch.zeros(3, 32)),
            r"LayerNorm_0/bias has shape \(3, 32\), 2 layers expected",
        ),
    ],
)
def test_weights_that_do_not_fit(
    tmp_path: Path, change: Callable[[dict[str, Tensor]], dict[str, Tensor]], message: str
) -> None:
    """A missing, superfluous or misshapen array is named, with both shapes, and so is the file."""
    folder = mini_folder(tmp_path, flax_bytes(change(mini_arrays())))
    with pytest.raises(CheckpointError, match=message) as error:
        load_dalle_bart(folder)
    assert "flax_model.msgpack" in str(error.value)


def extension(payload: object, code: int = 1) -> bytes:
    packed: bytes = msgpack.packb({"a": msgpack.ExtType(code, msgpack.packb(payload))})
    return packed


HOSTILE = {
    "empty": b"",
    "a number": msgpack.packb(3),
    "a list": msgpack.packb([1, 2]),
    "no arrays": msgpack.packb({}),
    "a map of numbers": msgpack.packb({"a": 1}),
    "a name that is no text": msgpack.packb({1: 2}),
    "a name with a slash": msgpack.packb({"a/b": {}}),
    "a list of four thousand million": b"\xdd\xff\xff\xff\xff",
    "lists in lists, each of a million": b"\xdd\x00\x0f\x42\x40" * 1000,
    "a map of four thousand million": b"\xdf\xff\xff\xff\xff",
    "bytes of four gigabytes": b"\xc6\xff\xff\xff\xff",
    "an extension of four gigabytes": b"\xc9\xff\xff\xff\xff\x01",
    "maps in maps": b"\x81\xa1a" * 5000 + b"\x01",
    "a pickle": pickle.dumps({"a": [1.0]}),
    "more after the end": msgpack.packb({}) + b"\x00",
    "a shape of many terabytes": extension([[1 << 20, 1 << 20], "float32", b"1234"]),
    "a shape below zero": extension([[-1, -4], "float32", b"\0" * 16]),
    "a shape of texts": extension([["1"], "float32", b"1234"]),
    "an array of objects": extension([[1], "object", b"12345678"]),
    "too few bytes": extension([[2], "float32", b"1234"]),
    "an array of two parts": extension([[2], "float32"]),
    "an array that is a map": extension({"shape": 1}),
    "another extension": extension([[1], "float32", b"1234"], code=5),
    "chunks that are missing": msgpack.packb({"a": {"__msgpack_chunked_array__": True, "shape": {"0": 3}}}),
    "chunks of another size": msgpack.packb(
        {
            "a": {
                "__msgpack_chunked_array__": True,
                "shape": {"0": 9},
                "chunks": {"0": msgpack.ExtType(1, msgpack.packb([[1], "float32", b"1234"]))},
            }
        }
    ),
}


@contextmanager
def at_most(size: int) -> Iterator[None]:
    """Fails where the block takes more memory than `size` bytes, what is freed again included."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < size, f"{peak} bytes at once"


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_flax_files(tmp_path: Path, data: bytes) -> None:
    """Whatever is in a file, the answer is an error that names the file, and takes no memory to find."""
    path = tmp_path / "flax_model.msgpack"
    path.write_bytes(data)
    with at_most(1 << 20), pytest.raises(CheckpointError, match=r"flax_model\.msgpack"):
        read_flax(path)


def test_too_many_values(tmp_path: Path) -> None:
    """A file of tiny values is given up before they add up to much."""
    path = tmp_path / "flax_model.msgpack"
    path.write_bytes(b"\x81\xa1a" + b"\xdd\x00\x02\x00\x00" + b"\x90" * 0x20000)
    with pytest.raises(CheckpointError, match="more than 131072 values"):
        read_flax(path)


def test_only_what_is_asked_for_is_read(tmp_path: Path) -> None:
    """Opening a checkpoint takes no memory; one layer of a stack takes that of one layer."""
    path = tmp_path / "flax_model.msgpack"
    path.write_bytes(flax_bytes({"a": torch.arange(1 << 20, dtype=torch.float32).reshape(16, -1)}))
    with at_most(500_000):
        array = read_flax(path)["a"]
        layer = array[3].tensor()
    assert torch.equal(layer, torch.arange(1 << 20, dtype=torch.float32).reshape(16, -1)[3])


@given(chunk=st.integers(1, 40), shape=st.lists(st.integers(0, 4), min_size=1, max_size=3))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_slices_of_chunked_arrays(tmp_path: Path, chunk: int, shape: list[int]) -> None:
    """However an array is cut into chunks, it and its slices are what was written."""
    path = tmp_path / "flax_model.msgpack"
    values = torch.randn(shape)
    path.write_bytes(flax_bytes({"a": values, "b/c": torch.ones(1)}, chunk))
    array = read_flax(path)["a"]
    assert torch.equal(array.tensor(), values)
    assert all(torch.equal(array[index].tensor(), values[index]) for index in range(shape[0]))


@settings(deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_flax_files(tmp_path: Path, data: st.DataObject) -> None:
    """A file that was cut off, or has wrong bytes in it, loads to the right names and shapes or is refused by name."""
    whole = (MINI / "flax_model.msgpack").read_bytes()
    damaged = bytearray(whole[: data.draw(st.integers(0, len(whole)), "length")])
    for place in data.draw(st.lists(st.integers(0, max(len(damaged) - 1, 0)), max_size=5), "places"):
        if damaged:
            damaged[place] ^= data.draw(st.integers(1, 255), "change")
    folder = mini_folder(tmp_path, bytes(damaged))
    refusal = ""
    try:
        with at_most(3_000_000):
            read_flax(folder / "flax_model.msgpack")
        assert shapes(load_dalle_bart(folder).state_dict()) == shapes(load_dalle_bart(MINI).state_dict())
    except CheckpointError as error:
        refusal = str(error)
    assert not refusal or str(folder) in refusal


def safetensors_bytes(header: bytes, data: bytes = b"") -> bytes:
    return struct.pack("<Q", len(header)) + header + data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff" * 8,
        safetensors_bytes(b"{"),
        safetensors_bytes(b'{"a":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104]}}'),
        safetensors_bytes(b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', b"1234"),
    ],
)
def test_damaged_safetensors(tmp_path: Path, data: bytes) -> None:
    """A damaged safetensors file is an error that names it."""
    path = tmp_path / "model.safetensors"
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match=r"model\.safetensors"):
        read_weights(path)


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        ({"w": torch.ones(2, 3, dtype=torch.int8)}, r"w is stored as torch.int8 without scale"),
        ({"w": torch.ones(2, 3), "w.scale": torch.ones(2, 1)}, r"w is stored as torch.float32 with scale"),
        ({"w": torch.ones(2, 3, dtype=torch.int8), "w.scale": torch.ones(3)}, r"w.scale has shape \(3,\)"),
        ({"w": torch.ones(2, dtype=torch.int8), "w.scale": torch.ones(2, 1)}, r"w.scale has shape \(2, 1\), not one"),
    ],
)
def test_int8_without_its_scale(tmp_path: Path, stored: dict[str, Tensor], message: str) -> None:
    """Rounded weights come with one scale a row, or not at all."""
    save_file(stored, tmp_path / "model.safetensors")
    with pytest.raises(CheckpointError, match=message):
        read_weights(tmp_path / "model.safetensors")


def test_int8_rounding(tmp_path: Path) -> None:
    """Stored as int8, each value of a big matrix is off by half a step of its row at most; small ones stay exact."""
    weights = {"big": torch.randn(200, 100) * torch.logspace(-3, 3, 200)[:, None], "small": torch.randn(3, 3)}
    weights["big"][7] = 0
    write_weights(tmp_path / "w.safetensors", weights, dtype=torch.float32, int8=True)
    read = read_weights(tmp_path / "w.safetensors")
    step = weights["big"].abs().amax(1, keepdim=True) / 127
    assert ((read["big"] - weights["big"]).abs() <= step * 0.501).all()
    assert torch.equal(read["small"], weights["small"])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("config.json", b"{", "no valid JSON"),
        ("config.json", b"[1]", "holds a JSON list"),
        ("config.json", b"\xff", "no valid JSON"),
        ("config.json", b"[" * 100_000, "no valid JSON"),
        ("config.json", b'{"d_model": "wide"}', "d_model='wide' must be a whole number"),
        ("tokenizer.json", b"{}", "no valid tokenizer"),
    ],
)
def test_damaged_json(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    """A damaged configuration or tokenizer is an error that names the file and what is wrong."""
    folder = tmp_path / "model"
    shutil.copytree(MINI, folder)
    shutil.copytree(GOLDEN / "vqgan", folder / "vqgan")
    (folder / name).write_bytes(content)
    with pytest.raises(CheckpointError, match=message) as error:
        load_model(str(folder))
    assert str(folder / name) in str(error.value)


def test_damaged_merges(tmp_path: Path) -> None:
    """A line of merges.txt that is not two tokens is named by its number."""
    folder = tmp_path / "model"
    shutil.copytree(MINI, folder)
    shutil.copytree(GOLDEN / "vqgan", folder / "vqgan")
    (folder / "tokenizer.json").unlink()
    assert load_model(str(folder)).name == "model"
    (folder / "merges.txt").write_text("#version: 0.2\na b c\n", encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"merges\.txt: line 2 must be two tokens, it is 'a b c'"):
        load_model(str(folder))


def test_no_weights_at_all(tmp_path: Path) -> None:
    """A folder without weights is told which files would do."""
    shutil.copy(GOLDEN / "vqgan" / "config.json", tmp_path)
    with pytest.raises(CheckpointError, match=r"neither model\.safetensors nor flax_model\.msgpack is there"):
        load_vqgan(tmp_path)
