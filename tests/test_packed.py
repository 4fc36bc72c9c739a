"""The prepared decoder, text encoder and detokenizer: the naive network's numbers, and no row knows its neighbours."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from inference.checkpoints.builtin import load_builtin
from inference.checkpoints.checkpoint import Checkpoint
from inference.checkpoints.load import ORIGINAL_SAMPLING
from inference.checkpoints.tokenizer_files import load_prompt_tokenizer
from inference.engine.code_model import EncodedTexts
from inference.engine.dalle import DalleCodeModel
from inference.models.dalle_bart import DalleBart
from inference.models.dalle_bart_config import DalleBartConfig
from inference.models.packed.decoder import PackedDecoder
from inference.models.packed.encoder import PackedEncoder
from inference.models.packed.graphed import GraphedDecoder
from inference.models.packed.linear import Packer
from inference.models.packed.unpacked import UnpackedDecoder
from inference.models.packed.vqgan import ChannelsLast, PackedDetokenizer, keep_channels_last
from inference.models.vqgan import VQGAN, VQGANConfig
from inference.native.kernels import load_kernels, one_thread
from inference.native.precision import Precision
from tests.test_dalle_bart import BUILTIN_LIKE, ORIGINAL_LIKE, codes_states_mask, random_network

needs_kernels = pytest.mark.skipif(load_kernels() is None, reason="no C compiler, or no x86-64 with AVX2")
FLOAT32 = Packer(Precision.FLOAT32, None)
VARIANTS: list[dict[str, Any]] = [
    {},
    {"use_bias": True, "use_glu": False},
    {"ln_positions": "preln", "activation_function": "gelu_new"},
    {"ln_positions": "cogview", "ln_type": "rmsnorm", "force_ln_scale": True},
    {"use_head_scale": True, "scale_embedding": True, "use_absolute_position_embeddings": False},
    {"use_final_ln_decoder": False, "activation_function": "swish"},
]


def int8(*, fine: bool = False) -> Packer:
    return Packer(Precision.INT8, load_kernels(), fine=fine)


def packed(network: DalleBart, pack: Packer) -> PackedDecoder:
    return PackedDecoder(network, pack, slots=5, text_length=8, codes=network.config.vocab_size)


def decode(decoder: PackedDecoder, codes: Tensor, slots: Tensor, starts: Tensor) -> Tensor:
    """Teacher-forced logits (B, L, V) of pictures that start at different steps."""
    steps: dict[tuple[int, int], Tensor] = {}
    for step in range(codes.shape[1] + int(starts.max())):
        positions = step - starts
        rows = ((positions >= 0) & (positions < codes.shape[1])).nonzero().squeeze(1)
        here = positions[rows]
        logits = decoder.decode_one_token(slots[rows], codes[rows, here], here)
        steps |= {(int(row), int(at)): one for row, at, one in zip(rows, here, logits, strict=True)}
    return torch.stack([torch.stack([steps[row, at] for at in range(codes.shape[1])]) for row in range(len(codes))])


@pytest.mark.parametrize("changes", VARIANTS)
@pytest.mark.parametrize("base", [BUILTIN_LIKE, ORIGINAL_LIKE])
def test_decoder_is_the_naive_one(base: DalleBartConfig, changes: dict[str, Any]) -> None:
    """In float32 the logits are those of the network, in any slots and at any positions, and so are the codes."""
    network = random_network(DalleBartConfig.from_dict(base.to_dict() | changes))
    codes, states, mask = codes_states_mask(network.config, texts=3)
    with torch.no_grad():
        expected = network(codes, states, mask)
    decoder, slots = packed(network, FLOAT32), torch.tensor([4, 0, 2])
    decoder.prefill(slots, states, mask)
    logits = decode(decoder, codes, slots, starts=torch.tensor([0, 2, 5]))
    torch.testing.assert_close(logits, expected, rtol=1e-4, atol=1e-4)
    assert torch.equal(logits.argmax(-1), expected.argmax(-1))


@needs_kernels
@pytest.mark.parametrize(("fine", "limit"), [(False, 0.06), (True, 0.03)])
@pytest.mark.parametrize("changes", VARIANTS)
@pytest.mark.parametrize("base", [BUILTIN_LIKE, ORIGINAL_LIKE])
def test_8_bits_are_near(base: DalleBartConfig, changes: dict[str, Any], limit: float, *, fine: bool) -> None:
    """In int8 the logits stay within the rounding of 8 bits, whatever the network's settings."""
    network = random_network(DalleBartConfig.from_dict(base.to_dict() | changes))
    codes, states, mask = codes_states_mask(network.config, texts=3)
    with torch.no_grad():
        expected = network(codes, states, mask)
    decoder, slots = packed(network, int8(fine=fine)), torch.tensor([4, 0, 2])
    decoder.prefill(slots, states, mask)
    logits = decode(decoder, codes, slots, starts=torch.tensor([0, 2, 5]))
    assert (logits - expected).std() < limit * expected.std()


@needs_kernels
def test_8_bits_of_the_built_in_model_are_near() -> None:
    """Trained weights make inputs of which one is far larger than all others: they are rounded no worse for it."""
    checkpoint = load_builtin()
    network, length = checkpoint.dalle, 24
    model = DalleCodeModel(checkpoint, slots=2, precision=Precision.INT8)
    slots, texts = torch.arange(2), model.encode_texts(["a castle at night", "a yellow taxi in rain"])
    model.prefill(slots, texts)
    codes, logits = torch.full((2, length + 1), model.start_token), []
    for position in range(length):
        logits.append(model.decode_one_token(slots, codes[:, position], torch.full((2,), position)))
        codes[:, position + 1] = logits[-1].argmax(-1)
    with torch.no_grad():
        expected = network(codes[:, :-1], texts.states, texts.mask)[..., : model.vocab_size]
    assert (torch.stack(logits, 1) - expected).std() < 0.02 * expected.std()


@pytest.fixture
def two_threads() -> Iterator[None]:
    """What is the same with one thread need not be with several."""
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(threads)


@needs_kernels
@pytest.mark.parametrize("base", [BUILTIN_LIKE, ORIGINAL_LIKE])
def test_all_layers_at_once_are_layer_after_layer(base: DalleBartConfig) -> None:
    """One call of the kernels does what many do, bit for bit."""
    network = random_network(base)
    codes, states, mask = codes_states_mask(network.config, texts=3)
    logits = []
    for at_once in (True, False):
        decoder, slots = packed(network, int8()), torch.tensor([4, 0, 2])
        assert decoder._at_once is not None
        decoder._at_once = decoder._at_once if at_once else None
        decoder.prefill(slots, states, mask)
        logits.append(decode(decoder, codes, slots, starts=torch.tensor([0, 2, 5])))
    assert torch.equal(*logits)


SIZES = {
    "rows of their own": {"d_model": 256, "decoder_layers": 6, "decoder_attention_heads": 4, "decoder_ffn_dim": 704},
    "parts of weights": {"d_model": 1024, "decoder_layers": 2, "decoder_attention_heads": 16, "decoder_ffn_dim": 2730},
}
"""Networks that are large enough for several threads, which share small and large weights each in its way."""


@needs_kernels
@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("changes", SIZES.values(), ids=SIZES.keys())
def test_threads_change_nothing(changes: dict[str, Any]) -> None:
    """Two give, bit for bit, what one gives."""
    network = random_network(DalleBartConfig.from_dict(BUILTIN_LIKE.to_dict() | changes))
    _, states, mask = codes_states_mask(network.config, texts=3)
    slots, which = torch.arange(9), torch.arange(9) % 3
    decoder = PackedDecoder(network, int8(fine=True), slots=9, text_length=8, codes=network.config.vocab_size)
    decoder.prefill(slots, states[which], mask[which])
    step = slots, slots, torch.zeros(9, dtype=torch.long)
    together = decoder.decode_one_token(*step)
    with one_thread():
        assert torch.equal(decoder.decode_one_token(*step), together)


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("pack", [FLOAT32, pytest.param("int8", marks=needs_kernels)], ids=["float32", "int8"])
def test_company_changes_nothing(pack: Packer | str) -> None:
    """A row's logits are the same, bit for bit, alone and among others that are further, with longer texts."""
    network = random_network(BUILTIN_LIKE)
    codes, states, mask = codes_states_mask(BUILTIN_LIKE, texts=3)
    together = packed(network, int8() if isinstance(pack, str) else pack)
    slots, starts = torch.tensor([3, 0, 1]), torch.tensor([4, 0, 1])
    together.prefill(slots, states, mask)
    logits = decode(together, codes, slots, starts)
    for row in range(3):
        alone = packed(network, int8() if isinstance(pack, str) else pack)
        slot = torch.tensor([row])
        alone.prefill(slot, states[row : row + 1], mask[row : row + 1])
        assert torch.equal(decode(alone, codes[row : row + 1], slot, torch.tensor([0]))[0], logits[row])


@pytest.mark.parametrize(
    "changes",
    [
        {"ln_positions": "swinv2"},
        {"ln_positions": "subln"},
        {"use_cosine_attention": True},
        {"use_deepnet_scaling": True},
        {"sinkhorn_iters": 3},
    ],
)
def test_other_kinds_are_left_to_the_network(changes: dict[str, Any]) -> None:
    """Layers that cannot be prepared are refused, and drawn by the network in every precision, number for number."""
    network = random_network(DalleBartConfig.from_dict(ORIGINAL_LIKE.to_dict() | changes))
    with pytest.raises(ValueError, match="layers of this kind cannot be prepared"):
        packed(network, FLOAT32)
    codes, states, mask = codes_states_mask(network.config, texts=3)
    with torch.no_grad():
        expected = network(codes, states, mask)[..., :40]
    golden = Path(__file__).parent / "fixtures" / "golden"
    text = load_prompt_tokenizer(golden / "dallebart_mini", network.config)
    vqgan = random_vqgan(resolution=6, attn_resolutions=(), n_embed=40)
    model = DalleCodeModel(
        Checkpoint("other", network, vqgan, text, ORIGINAL_SAMPLING), slots=5, precision=Precision.INT8
    )
    slots = torch.tensor([4, 0, 2])
    model.prefill(slots, EncodedTexts(states, mask))
    for position in range(codes.shape[1]):
        logits = model.decode_one_token(slots, codes[:, position], torch.full((3,), position))
        torch.testing.assert_close(logits, expected[:, position], rtol=1e-4, atol=1e-4)


def test_a_used_slot_forgets() -> None:
    """What a slot held of a longer text and a whole picture is not read any more."""
    network = random_network(BUILTIN_LIKE)
    codes, states, mask = codes_states_mask(BUILTIN_LIKE, texts=2)
    used, fresh, slot = packed(network, FLOAT32), packed(network, FLOAT32), torch.tensor([0])
    used.prefill(slot, states[:1], mask[:1])
    decode(used, codes[:1], slot, torch.tensor([0]))
    for decoder in (used, fresh):
        decoder.prefill(slot, states[1:], mask[1:])
    assert torch.equal(*(decode(decoder, codes[1:, :3], slot, torch.tensor([0])) for decoder in (used, fresh)))


@pytest.mark.parametrize(
    "make",
    [
        lambda network: packed(network, FLOAT32),
        pytest.param(lambda network: packed(network, int8()), marks=needs_kernels),
        lambda network: GraphedDecoder(network, FLOAT32, slots=5, text_length=8, codes=50),
        lambda network: UnpackedDecoder(network, slots=5, text_length=8, codes=50),
    ],
    ids=["float32", "int8", "graphed", "unpacked"],
)
def test_a_copied_slot_goes_on_as_its_source(make: Callable[[DalleBart], PackedDecoder]) -> None:
    """From there on, bit for bit, whatever it held before; and its source is not disturbed."""
    codes, states, mask = codes_states_mask(BUILTIN_LIKE, texts=3)
    decoder, untouched = (make(random_network(BUILTIN_LIKE)) for _ in range(2))
    decoder.prefill(torch.tensor([4, 1, 3]), states, mask)
    untouched.prefill(torch.tensor([4]), states[:1], mask[:1])
    decode(decoder, codes, torch.tensor([4, 1, 3]), starts=torch.zeros(3, dtype=torch.long))
    for position in range(3):
        decoder.decode_one_token(torch.tensor([4]), codes[:1, position], torch.tensor([position]))
        untouched.decode_one_token(torch.tensor([4]), codes[:1, position], torch.tensor([position]))
    decoder.copy(torch.tensor([4, 4]), torch.tensor([3, 0]), 3)
    for position in range(3, codes.shape[1]):
        here = torch.tensor([position])
        logits = [decoder.decode_one_token(torch.tensor([slot]), codes[:1, position], here) for slot in (3, 4, 0)]
        expected = untouched.decode_one_token(torch.tensor([4]), codes[:1, position], here)
        assert all(torch.equal(one, expected) for one in logits)


def test_text_too_long_for_the_cache() -> None:
    """A text longer than the cache was made for is refused, with both lengths."""
    network = random_network(BUILTIN_LIKE)
    _, states, mask = codes_states_mask(BUILTIN_LIKE, texts=1)
    decoder = PackedDecoder(network, FLOAT32, slots=1, text_length=3, codes=50)
    with pytest.raises(ValueError, match="6 states does not fit into a cache made for 4"):
        decoder.prefill(torch.tensor([0]), states, mask)


@pytest.mark.parametrize("changes", VARIANTS)
def test_encoder_is_the_naive_one(changes: dict[str, Any]) -> None:
    """States of tokens are those of the network; those of common padding are left out."""
    network = random_network(DalleBartConfig.from_dict(ORIGINAL_LIKE.to_dict() | changes))
    ids, mask = torch.tensor([[3, 7, 9, 1, 1], [4, 1, 1, 1, 1]]), torch.tensor([[1, 1, 1, 0, 0], [1, 0, 0, 0, 0]])
    assert network.encoder is not None
    with torch.no_grad():
        expected = network.encode(ids, mask)[:, :3]
    states, cut = PackedEncoder(network.encoder, FLOAT32)(ids, mask)
    assert cut.tolist() == [[1, 1, 1], [1, 0, 0]]
    torch.testing.assert_close(states[cut != 0], expected[cut != 0], rtol=1e-4, atol=1e-4)


def random_vqgan(**changes: Any) -> VQGAN:
    torch.manual_seed(6)
    config: dict[str, Any] = {"ch": 32, "ch_mult": (1, 2), "num_res_blocks": 1, "resolution": 28, "n_embed": 20}
    config |= {"attn_resolutions": (14,), "z_channels": 32, "embed_dim": 8} | changes
    network = VQGAN(VQGANConfig(**config)).eval().requires_grad_(requires_grad=False)
    for name, parameter in network.named_parameters():
        if "norm" in name:
            parameter.add_(0.3 * torch.randn_like(parameter))
    return network


@needs_kernels
@pytest.mark.usefixtures("two_threads")
def test_pixels_do_not_depend_on_company() -> None:
    """The built-in model's pictures are the same, bit for bit, alone and together."""
    network, kernels = load_builtin().vqgan, load_kernels()
    assert kernels is not None
    prepared = PackedDetokenizer(network, kernels)
    codes = torch.randint(0, 4096, (3, network.config.grid_side**2), generator=torch.Generator().manual_seed(8))
    assert torch.equal(prepared(codes), torch.cat([prepared(one) for one in torch.split(codes, 1)]))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"patch_size": 4, "linear_skip": True},
        {"ch_mult": (2, 1, 1), "attn_resolutions": ()},
        {"ch_mult": (2, 1, 1), "resamp_with_conv": False},
    ],
)
@pytest.mark.parametrize("way", ["plain", pytest.param("kernels", marks=needs_kernels)])
def test_detokenizer_is_the_naive_one(way: str, changes: dict[str, Any]) -> None:
    """Pixels are those of the network, for maps whose sides are no multiple of a tile; the kernels round to 16 bits."""
    network, kernels = random_vqgan(**changes), load_kernels()
    codes = torch.randint(0, 20, (2, network.config.grid_side**2), generator=torch.Generator().manual_seed(7))
    with torch.no_grad():
        expected = network.detokenize(codes)
        prepared = PackedDetokenizer(network, kernels) if way == "kernels" and kernels else ChannelsLast(network)
        pixels = prepared(codes)
        alone = prepared(codes[1:])
    off = (pixels - expected).abs() * 255  # in 8-bit levels
    assert off.max() < (4 if way == "kernels" else 0.1)
    assert off.mean() < 0.5
    if way == "kernels":
        assert torch.equal(alone[0], pixels[1])


@pytest.mark.parametrize("changes", [{}, {"patch_size": 4, "linear_skip": True}])
def test_channels_stay_last(changes: dict[str, Any]) -> None:
    """With the norms that a GPU gets, no convolution is handed maps in another order, and the pixels are the same; in
    half precision the mean difference is below half a level of 255."""
    network = random_vqgan(**changes)
    codes = torch.randint(0, 20, (2, network.config.grid_side**2), generator=torch.Generator().manual_seed(7))
    with torch.no_grad():
        expected = network.detokenize(codes)
        prepared = ChannelsLast(network)
        orders = []
        for part in list(network.decoder.modules()):
            keep_channels_last(part)
            if isinstance(part, torch.nn.Conv2d) and part.kernel_size == (3, 3):
                part.register_forward_pre_hook(
                    lambda _, given: orders.append(given[0].is_contiguous(memory_format=torch.channels_last))
                )
        assert (prepared(codes) - expected).abs().max() * 255 < 0.1
        assert all(orders)
        assert len(orders) > 10
        rounded = network.to(torch.float16).detokenize(codes)
    assert (rounded.float() - expected).abs().mean() * 255 < 0.5
