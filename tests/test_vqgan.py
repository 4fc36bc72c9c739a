"""The VQGAN network: sizes, the patch-local encoder, and what its configuration may say."""

from typing import Any

import pytest
import torch

from inference.models.config import ConfigError
from inference.models.vqgan import VQGAN, VQGANConfig

BUILTIN_LIKE = VQGANConfig(
    ch=32, ch_mult=(1, 2), num_res_blocks=0, attn_resolutions=(), resolution=32, z_channels=32, n_embed=27, embed_dim=3,
    patch_size=4, encoder="patch", encoder_patch=8,
)  # fmt: skip


def grid_network(config: VQGANConfig) -> VQGAN:
    """Random weights, and a table of all points of a grid with three levels in each dimension."""
    torch.manual_seed(2)
    network = VQGAN(config).eval()
    levels = torch.tensor([-1.0, 0.0, 1.0])
    with torch.no_grad():
        network.codebook.weight.copy_(torch.cartesian_prod(levels, levels, levels))
    return network


def test_codes_of_a_patch_depend_on_it_alone() -> None:
    """With the patch encoder, changing one patch changes that patch's code and no other."""
    network = grid_network(BUILTIN_LIKE)
    with torch.no_grad():
        for parameter in network.encoder.parameters():
            parameter.mul_(4)
        pixels = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(1))
        codes = network.encode(pixels)
        changed = pixels.clone()
        changed[:, :, 8:16, 16:24] = 1 - changed[:, :, 8:16, 16:24]  # second row, third column
        assert (network.encode(changed) != codes).nonzero().tolist() == [[0, 6]]
        assert torch.equal(
            network.encode(pixels.roll((8, 16), (2, 3))).view(4, 4), codes.view(4, 4).roll((1, 2), (0, 1))
        )


@pytest.mark.parametrize(("patch_size", "side"), [(1, 8), (4, 32), (8, 64)])
def test_output_may_differ_from_input(patch_size: int, side: int) -> None:
    """The decoder draws at the size of its own, whatever the encoder reads; the configuration says which."""
    config = VQGANConfig.from_dict(BUILTIN_LIKE.to_dict() | {"patch_size": patch_size})
    network = grid_network(config)
    with torch.no_grad():
        pixels = network.detokenize(torch.arange(16)[None])
    assert pixels.shape == (1, 3, side, side)
    assert (config.grid_side, config.output_side) == (4, side)


def test_attention_is_named_by_the_side_of_a_map() -> None:
    """attn_resolutions puts attention after each block of the level whose map has that side, and nowhere else."""
    config = VQGANConfig.from_dict(BUILTIN_LIKE.to_dict() | {"attn_resolutions": [8]})
    names = {name.rsplit(".", 2)[0] for name in VQGAN(config).state_dict() if ".q." in name}
    assert names == {"decoder.mid.attn_1", "decoder.up.0.attn.0"}


def test_sides_change_without_convolution() -> None:
    """As the original does it: halved by the mean of four, doubled by repetition; and no such weights in the file."""
    changes = {"encoder": "conv", "num_res_blocks": 1, "resamp_with_conv": False}
    network = VQGAN(VQGANConfig.from_dict(BUILTIN_LIKE.to_dict() | changes))
    assert not [name for name in network.state_dict() if "resample" in name]
    maps = torch.arange(16.0).view(1, 1, 4, 4)
    halved = network.get_submodule("encoder.down.0.resample")(maps)
    doubled = network.get_submodule("decoder.up.1.resample")(maps)
    assert halved.flatten().tolist() == [2.5, 4.5, 10.5, 12.5]
    assert doubled[0, 0, :2].tolist() == [[0, 0, 1, 1, 2, 2, 3, 3]] * 2
    codes = network.encode(torch.rand(1, 3, 32, 32))
    assert network.detokenize(codes).shape == (1, 3, 128, 128)


def test_codes_must_make_a_square() -> None:
    """A number of codes that makes no square is refused."""
    with pytest.raises(ValueError, match="15 codes make no square"):
        grid_network(BUILTIN_LIKE).detokenize(torch.zeros(1, 15, dtype=torch.long))


def test_configuration_survives_json() -> None:
    """What `to_dict` gives makes the same configuration."""
    assert VQGANConfig.from_dict(BUILTIN_LIKE.to_dict()) == BUILTIN_LIKE


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"double_z": True}, "double_z=True is not supported, only False"),
        ({"give_pre_end": True}, "give_pre_end=True"),
        ({"encoder": "vit"}, "encoder='vit' is not supported, only conv, patch"),
        ({"ch": 100}, "ch * ch_mult = 100 must be a multiple of 32"),
        ({"ch_mult": [1, "2"]}, "ch_mult[1]='2' must be a whole number"),
        ({"ch_mult": 3}, "ch_mult=3 must be a list"),
        ({"ch_mult": []}, "ch_mult=() must have 1 to 10 entries"),
        ({"num_resolutions": 4}, "num_resolutions=4 but ch_mult has 5 entries"),
        ({"resolution": 250}, "resolution=250 must be a multiple of 16"),
        ({"num_res_blocks": 0}, "num_res_blocks=0"),
        ({"out_ch": 4}, "out_ch=4"),
        ({"n_embed": 0}, "n_embed=0 must be at least 1"),
        ({"lookup": "cosine"}, "setting 'lookup'"),
    ],
)
def test_unsupported_configuration(values: dict[str, Any], message: str) -> None:
    """What is not supported is refused by name and value."""
    with pytest.raises(ConfigError) as refusal:
        VQGANConfig.from_dict(values)
    assert message in str(refusal.value)
