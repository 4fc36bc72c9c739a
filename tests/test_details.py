"""Details of codes: known pictures come out as they were, strange ones as the decoder draws them."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from inference.checkpoints.builtin import DETAILS, load_builtin, save_builtin
from inference.checkpoints.weights import CheckpointError, write_weights
from inference.models.dalle_bart import DalleBart
from inference.models.dalle_bart_config import DalleBartConfig
from inference.models.details import Details, neighbourhoods
from inference.models.packed.vqgan import PackedDetokenizer
from inference.models.vqgan import VQGAN, VQGANConfig
from inference.native.kernels import load_kernels
from inference.training.stages import details as stage
from inference.training.stages.codebook import fit_codebook, split_patches
from inference.training.stages.details import find_details
from tests.test_training_folder import write_pictures

SIDE, EDGE = 6, 8
"""Codes along a picture's side, and pixels along the side of what is drawn for each."""


def codec(resolution: int = 4 * SIDE, **changes: Any) -> VQGAN:
    """Codes of 4 × 4 pixels, drawn with 8 × 8; what it draws is noise, for nothing was learned."""
    torch.manual_seed(0)
    config = VQGANConfig(
        ch=32, ch_mult=(1,), num_res_blocks=0, attn_resolutions=(), z_channels=32, n_embed=40, embed_dim=24,
        resolution=resolution, patch_size=EDGE, encoder="patch", encoder_patch=4,
    )  # fmt: skip
    network = VQGAN(dataclasses.replace(config, **changes)).eval().requires_grad_(requires_grad=False)
    patch = network.config.encoder_patch
    some = F.interpolate(pictures(20, seed=9)[0], scale_factor=patch / 4)
    fit_codebook([split_patches(some, patch)], 40, 24, plain=0).install(network)
    return network


def pictures(count: int, seed: int = 1) -> tuple[Tensor, Tensor]:
    """Blots, (count, 3, 24, 24), and the same at twice the size."""
    coarse = torch.rand(count, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(seed))
    large = F.interpolate(coarse, size=(SIDE * EDGE, SIDE * EDGE), mode="bilinear")
    return F.avg_pool2d(large, 2), large


def knowing(network: VQGAN, *batches: tuple[Tensor, Tensor], width: int = 192) -> VQGAN:
    network.details = find_details(network, iter(batches), width)
    return network


def test_known_pictures_come_out_as_they_were() -> None:
    """All that the decoder makes wrong in them is made good, up to what eight bits round."""
    small, large = pictures(3)
    network = codec()
    codes = network.encode(small)
    before = network.detokenize(codes)
    after = knowing(network, (small, large)).detokenize(codes)
    assert float((before - large).abs().mean()) > 0.1
    assert float((after - large).abs().mean()) < 0.01


def test_the_fewer_neighbours_are_known_the_less_is_added() -> None:
    """Codes in another order get little; where only a corner is strange, all but its neighbours get what they got."""
    small, large = pictures(1)
    network = codec()
    codes = network.encode(small)
    plain = network.detokenize(codes)
    knowing(network, (small, large))
    assert network.details is not None
    added = network.details.add(torch.zeros_like(large), codes, network.codebook.weight)
    assert torch.allclose(added, large - plain, atol=0.02)
    corner = codes.clone()
    corner[0, 0] = (codes[0, 0] + 1) % 40
    changed = network.details.add(torch.zeros_like(large), corner, network.codebook.weight)
    assert torch.equal(changed[..., 2 * EDGE :, 2 * EDGE :], added[..., 2 * EDGE :, 2 * EDGE :])
    mixed = codes[:, torch.randperm(SIDE**2, generator=torch.Generator().manual_seed(3))]
    strange = network.details.add(torch.zeros_like(large), mixed, network.codebook.weight)
    assert float(strange.square().mean()) < 0.5 * float(added.square().mean())


def test_codes_that_never_stood_anywhere_get_nothing() -> None:
    """Nor do those of plain areas, whatever stands around the picture."""
    small, large = pictures(2)
    network = knowing(codec(), (small, large))
    assert network.details is not None
    unseen = next(code for code in range(39, -1, -1) if code not in network.details.grids)
    blank = torch.zeros(1, 3, SIDE * EDGE, SIDE * EDGE)
    codes = torch.full((1, SIDE**2), unseen)
    assert torch.equal(network.details.add(blank, codes, network.codebook.weight), blank)


def test_a_picture_s_details_do_not_depend_on_the_others() -> None:
    """To the last bit, for the same seed has to draw the same picture beside any other."""
    network = knowing(codec(), pictures(4))
    codes = network.encode(pictures(5, seed=2)[0])
    assert network.details is not None
    pixels = torch.zeros(5, 3, SIDE * EDGE, SIDE * EDGE)
    together = network.details.add(pixels, codes, network.codebook.weight)
    alone = [network.details.add(pixels[:1], one[None], network.codebook.weight) for one in codes]
    assert torch.equal(together, torch.cat(alone))


def test_the_engine_s_decoder_adds_them_too() -> None:
    """What is prepared for inference draws what the network itself draws."""
    kernels = load_kernels()
    if kernels is None:
        pytest.skip("there is no C compiler here")
    small, large = pictures(3)
    network = knowing(codec(), (small, large))
    codes = network.encode(small)
    assert torch.allclose(PackedDetokenizer(network, kernels)(codes), network.detokenize(codes), atol=5e-3)


def test_neighbours_are_named_row_by_row() -> None:
    around = neighbourhoods(torch.arange(9)[None])[0]
    assert around[4].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8]
    assert around[0].tolist() == [-1, -1, -1, -1, 0, 1, -1, 3, 4]


def test_pictures_without_losses_have_no_details() -> None:
    network = codec()
    small, _ = pictures(2)
    with pytest.raises(ValueError, match="1 batches of pictures have no details"):
        find_details(network, iter([(small, network.detokenize(network.encode(small)))]))


def dalle() -> DalleBart:
    return DalleBart(DalleBartConfig(
        image_vocab_size=40, image_length=576, d_model=16, decoder_layers=1, decoder_attention_heads=2,
        encoder_layers=0, decoder_ffn_dim=24, text_encoder="minilm", encoder_dim=384, use_null_state=True,
    ))  # fmt: skip


def test_a_model_s_folder_gets_the_details_of_its_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By `easel train details`; a codec exported later, with other codes, takes them away again."""
    network = codec(192, encoder_patch=8, patch_size=16)
    save_builtin(tmp_path / "model", dalle(), network)
    pictures = write_pictures(tmp_path / "mine")
    for _ in range(2):  # the second run begins without what the first has written
        stage.main(["--model", str(tmp_path / "model"), "--pictures", str(pictures), "--threads", "1"])
    assert "3,456 places in 6 pictures" in capsys.readouterr().out
    details = load_builtin(tmp_path / "model").vqgan.details
    assert details is not None
    assert details.grids.shape == (6, 576)
    save_builtin(tmp_path / "model", dalle(), network)
    assert not (tmp_path / "model" / DETAILS).exists()


def test_details_survive_their_file() -> None:
    network = knowing(codec(), pictures(2))
    details = network.details
    assert details is not None
    again = Details.from_tensors(details.to_tensors())
    codes = network.encode(pictures(2)[0])
    blank = torch.zeros(2, 3, SIDE * EDGE, SIDE * EDGE)
    one, other = (some.add(blank, codes, network.codebook.weight) for some in (details, again))
    assert torch.allclose(one, other, atol=2e-3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda tensors: tensors.pop("scale"), "details have no 'scale'"),
        (lambda tensors: tensors.update(parts=tensors["parts"][:-1]), "do not belong together"),
        (lambda tensors: tensors.update(axes=tensors["axes"][:-1]), "do not belong together"),
    ],
)
def test_details_that_do_not_fit_are_named(tmp_path: Path, change: object, message: str) -> None:
    network = codec(192, encoder_patch=16, patch_size=32)
    save_builtin(tmp_path, dalle(), network)
    known = knowing(codec(), pictures(1)).details
    assert known is not None
    tensors = known.to_tensors()
    change(tensors)  # type: ignore[operator]
    write_weights(tmp_path / DETAILS, tensors, dtype=None)
    with pytest.raises(CheckpointError, match=f"{DETAILS}: .*{message}"):
        load_builtin(tmp_path)
