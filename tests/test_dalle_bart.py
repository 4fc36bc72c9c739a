"""The DalleBart network: its two ways through the decoder agree, and what its configuration may say."""

from typing import Any

import pytest
import torch
from torch import Tensor

from inference.models.config import ConfigError
from inference.models.dalle_bart import DalleBart
from inference.models.dalle_bart_config import DalleBartConfig

BUILTIN_LIKE = DalleBartConfig(
    image_vocab_size=50, image_length=9, d_model=32, decoder_layers=2, decoder_attention_heads=4, decoder_ffn_dim=24,
    text_encoder="minilm", encoder_dim=12, use_null_state=True,
)  # fmt: skip
ORIGINAL_LIKE = DalleBartConfig(
    image_vocab_size=50, image_length=9, d_model=32, decoder_layers=2, decoder_attention_heads=4, decoder_ffn_dim=24,
    encoder_layers=1, encoder_attention_heads=2, encoder_ffn_dim=24, encoder_vocab_size=30, max_text_length=5,
)  # fmt: skip


def random_network(config: DalleBartConfig) -> DalleBart:
    torch.manual_seed(3)
    network = DalleBart(config).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(std=0.3)
    return network


def codes_states_mask(config: DalleBartConfig, texts: int) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(5)
    codes = torch.randint(0, config.image_vocab_size, (texts, config.image_length), generator=generator)
    codes[:, 0] = config.start_token
    states = torch.randn(texts, 5, config.state_width, generator=generator)
    mask = torch.arange(5) < torch.tensor([5, 2, 1, 4])[:texts, None]
    return codes, states, mask


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"use_bias": True, "use_glu": False},
        {"ln_positions": "preln", "activation_function": "gelu_new"},
        {"ln_positions": "cogview", "ln_type": "rmsnorm", "force_ln_scale": True},
        {"use_head_scale": True, "scale_embedding": True, "use_absolute_position_embeddings": False},
        {"use_final_ln_decoder": False, "activation_function": "swish"},
        {"use_cosine_attention": True, "tau_init": 0.2, "use_deepnet_scaling": True},
        {"ln_positions": "subln", "sinkhorn_iters": 2},
        {"ln_positions": "swinv2", "decoder_layers": 7, "activation_function": "smelu"},
    ],
)
@pytest.mark.parametrize("base", [BUILTIN_LIKE, ORIGINAL_LIKE])
def test_cached_equals_teacher_forced(base: DalleBartConfig, changes: dict[str, Any]) -> None:
    """Pictures that start at different steps, in any slots, get the logits that each gets when decoded at once."""
    config = DalleBartConfig.from_dict(base.to_dict() | changes)
    network = random_network(config)
    codes, states, mask = codes_states_mask(config, texts=3)
    with torch.no_grad():
        expected = network(codes, states, mask)
    slots, starts = torch.tensor([4, 0, 2]), torch.tensor([0, 2, 5])
    cache = network.new_cache(slots=5, text_length=8)
    for row in range(3):
        network.prefill(cache, slots[row : row + 1], states[row : row + 1], mask[row : row + 1])
    for step in range(config.image_length + 5):
        positions = step - starts
        rows = ((positions >= 0) & (positions < config.image_length)).nonzero().squeeze(1)
        here = positions[rows]
        logits = network.decode_one_token(cache, slots[rows], codes[rows, here], here)
        torch.testing.assert_close(logits, expected[rows, here], rtol=1e-4, atol=1e-4)


def test_a_used_slot_forgets() -> None:
    """A slot that held a longer text and a whole picture gives the next one the logits of a fresh slot."""
    network = random_network(BUILTIN_LIKE)
    codes, states, mask = codes_states_mask(BUILTIN_LIKE, texts=2)
    used, fresh = network.new_cache(1, 5), network.new_cache(1, 5)
    slot = torch.tensor([0])
    network.prefill(used, slot, states[:1], mask[:1])
    for position in range(BUILTIN_LIKE.image_length):
        network.decode_one_token(used, slot, codes[:1, position], torch.tensor([position]))
    for cache in (used, fresh):
        network.prefill(cache, slot, states[1:, :2], mask[1:, :2])
    for position in range(3):
        step = (slot, codes[1:, position], torch.tensor([position]))
        assert torch.equal(network.decode_one_token(used, *step), network.decode_one_token(fresh, *step))


def test_no_text_is_the_null_state() -> None:
    """Where the mask leaves no text, what the text's states say changes nothing, and the null state does."""
    network = random_network(BUILTIN_LIKE)
    codes, states, mask = codes_states_mask(BUILTIN_LIKE, texts=2)
    nothing = torch.zeros_like(mask)
    assert network.null_state is not None
    with torch.no_grad():
        logits = network(codes, states, nothing)
        assert torch.equal(logits, network(codes, states + 1, nothing))
        network.null_state.add_(1)
        assert not torch.allclose(logits, network(codes, states, nothing))


def test_gradients_reach_every_parameter() -> None:
    """Training can move all weights: nothing on the way is cut off from the loss."""
    for config in (BUILTIN_LIKE, ORIGINAL_LIKE):
        network = random_network(config)
        codes, states, mask = codes_states_mask(config, texts=2)
        if network.encoder is not None:
            states = network.encode(codes[:, :5].clamp_max(29), mask)
        network(codes, states, mask).square().mean().backward()
        assert [name for name, parameter in network.named_parameters() if parameter.grad is None] == []


def test_text_too_long_for_the_cache() -> None:
    """A text longer than the cache was made for is refused, with both lengths."""
    network = random_network(BUILTIN_LIKE)
    _, states, mask = codes_states_mask(BUILTIN_LIKE, texts=1)
    with pytest.raises(ValueError, match="6 states does not fit into a cache made for 4"):
        network.prefill(network.new_cache(1, 3), torch.tensor([0]), states, mask)


def test_encode_without_an_encoder() -> None:
    """A model that reads another encoder's states says so."""
    with pytest.raises(ValueError, match="no encoder, it reads the states of 'minilm'"):
        random_network(BUILTIN_LIKE).encode(torch.zeros(1, 5, dtype=torch.long), torch.ones(1, 5))


def test_configuration_survives_json() -> None:
    """What `to_dict` gives makes the same configuration."""
    assert DalleBartConfig.from_dict(BUILTIN_LIKE.to_dict()) == BUILTIN_LIKE


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"ln_positions": "postln"}, "ln_positions='postln' is not supported, only normformer, cogview, preln"),
        ({"ln_positions": "deepnet"}, "ln_positions='deepnet' is not supported"),
        ({"use_swin_position_embeddings": True}, "use_swin_position_embeddings=True is not supported, only False"),
        ({"use_alibi": True}, "use_alibi=True is not supported"),
        ({"tie_word_embeddings": True}, "tie_word_embeddings=True is not supported"),
        ({"num_beams": 4}, "num_beams=4 is not supported, only 1"),
        ({"forced_eos_token_id": 7}, "forced_eos_token_id=7 is not supported"),
        ({"activation_function": "tanh"}, "activation_function='tanh'"),
        ({"sinkhorn_iters": 0}, "sinkhorn_iters=0 must be at least 1"),
        ({"use_cosine_attention": True, "tau_init": 0}, "tau_init=0.0 must be above 0"),
        ({"text_encoder": "clip"}, "text_encoder='clip'"),
        ({"use_rotary": True}, "setting 'use_rotary'"),
        ({"d_model": "1024"}, "d_model='1024' must be a whole number"),
        ({"d_model": True}, "d_model=True must be a whole number"),
        ({"d_model": -1}, "d_model=-1 must be a whole number"),
        ({"image_vocab_size": 1 << 40}, "image_vocab_size=1099511627776 must be a whole number from 0 to 1048576"),
        ({"d_model": 100}, "encoder_attention_heads=16 must divide d_model=100"),
        ({"decoder_layers": 100_000}, "decoder_layers=100000 must be at most 256"),
        ({"decoder_start_token_id": 16_385}, "decoder_start_token_id=16385 must be < 16385"),
        ({"encoder_dim": 384}, "encoder_dim=384 is not d_model=1024"),
        ({"image_length": 0}, "image_length=0 must be at least 1"),
    ],
)
def test_unsupported_configuration(values: dict[str, Any], message: str) -> None:
    """What is not supported is refused by name and value."""
    with pytest.raises(ConfigError) as refusal:
        DalleBartConfig.from_dict(values)
    assert message in str(refusal.value)
