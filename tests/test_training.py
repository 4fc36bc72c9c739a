"""Training itself on tiny models: quantisation, learning, resuming, folding, and what is exported."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from inference.checkpoints import load_builtin, save_builtin
from inference.models.dalle_bart import DalleBart, DalleBartConfig
from inference.models.vqgan import VQGAN, VQGANConfig
from inference.training.coded import CodedBatch, PatchCoder
from inference.training.dalle import DalleConfig, DalleTrainer, load_dalle
from inference.training.muon import Muon, orthogonalised
from inference.training.options import read_options
from inference.training.rounding import Spread, grid_table, rounded
from inference.training.run import Average, Run, Schedule
from inference.training.samples import sample_codes
from inference.training.tables import digit_membership, folded, grid_membership, share_rows
from inference.training.vqgan import (
    CodecConfig,
    CodecTrainer,
    is_varied,
    load_codec,
    psnr,
    ssim,
)  # fmt: skip

LEVELS = (3, 2)


def tiny_codec() -> VQGANConfig:
    """48-pixel pictures, 3 × 3 codes of six."""
    return VQGANConfig(
        ch=32, ch_mult=(1, 1), num_res_blocks=0, attn_resolutions=(), resolution=48, z_channels=32, n_embed=6,
        embed_dim=2, patch_size=8, encoder="patch", encoder_width=16, encoder_blocks=1,
    )  # fmt: skip


def tiny_dalle() -> DalleBartConfig:
    """Nine codes of six, two small layers, text states 8 wide."""
    return DalleBartConfig(
        image_vocab_size=6, image_length=9, max_text_length=8, d_model=16, encoder_layers=0, encoder_attention_heads=2,
        encoder_ffn_dim=16, decoder_layers=2, decoder_attention_heads=2, decoder_ffn_dim=24, text_encoder="minilm",
        encoder_dim=8, use_null_state=True,
    )  # fmt: skip


def codec_trainer(**changes: object) -> CodecTrainer:
    """A trainer of the tiny codec."""
    config = dataclasses.replace(CodecConfig(steps=40, warmup=2, batch=4, learning_rate=5e-3), **changes)  # type: ignore[arg-type]
    return CodecTrainer(config, tiny_codec(), LEVELS)


def dalle_trainer() -> DalleTrainer:
    """A trainer of the tiny text → codes model."""
    config = DalleConfig(steps=60, warmup=2, learning_rate=1e-2, compiled=False)
    return DalleTrainer(config, tiny_dalle(), LEVELS)


def pictures(count: int = 4) -> torch.Tensor:
    """Plain and half-plain pictures, (count, 3, 48, 48)."""
    generator = torch.Generator().manual_seed(1)
    corners = torch.rand(count, 3, 6, 6, generator=generator)
    return F.interpolate(corners, size=(48, 48), mode="nearest").contiguous(memory_format=torch.channels_last)


def coded(count: int = 4) -> CodedBatch:
    """Codes that depend on the text alone: each picture is its text's number nine times."""
    numbers = torch.arange(count) % 6
    states = F.one_hot(numbers, 8).float()[:, None, :] * 3
    return CodedBatch(numbers[:, None].expand(-1, 9).clone(), states, torch.ones(count, 1))


def test_rounding_is_the_nearest_row_of_the_table() -> None:
    """Finite scalar quantisation and the shipped codebook's nearest neighbour are one thing."""
    for levels in (LEVELS, (7, 5, 5, 5, 5)):
        table = grid_table(levels)
        z = torch.rand(2, len(levels), 4, 4, generator=torch.Generator().manual_seed(0)) * 2 - 1
        flat = z.permute(0, 2, 3, 1).reshape(-1, len(levels))
        nearest = table[torch.cdist(flat, table).argmin(1)]
        quantised = rounded(z, levels).permute(0, 2, 3, 1).reshape(-1, len(levels))
        torch.testing.assert_close(quantised, nearest)


def test_digits_are_in_the_order_of_the_table() -> None:
    """Codes that share a digit share a coordinate."""
    table, digits = grid_table((3, 2)), digit_membership((3, 2), 7)
    assert digits.shape == (7, 5)
    assert digits[6].sum() == 0
    for code in range(6):
        first, second = digits[code, :3].argmax(), digits[code, 3:].argmax()
        assert table[code].tolist() == [float(first) - 1, float(second) * 2 - 1]


def test_grid_membership_names_row_and_column() -> None:
    """Position 5 of a 3 × 3 grid is row 1, column 2."""
    assert grid_membership(3)[5].tolist() == [0, 1, 0, 0, 0, 1]


def test_spread_folds_into_the_layer_before_it() -> None:
    """The exported encoder computes what the trained one did."""
    torch.manual_seed(0)
    layer, spread = nn.Linear(6, 2), Spread(2)
    spread.varied = torch.ones(4, 3, 3, dtype=torch.bool)
    for _ in range(3):
        spread(layer(torch.randn(4, 3, 3, 6) * 2 + 1))
    spread.varied = None
    x = torch.randn(4, 3, 3, 6)
    torch.testing.assert_close(spread.folded_into(layer)(x), spread(layer(x)), atol=1e-5, rtol=1e-5)


def test_plain_patches_do_not_count_as_varied() -> None:
    """Only the patch with an edge in it does."""
    pixels = torch.zeros(1, 3, 32, 32)
    pixels[0, 0, 3, 20] = 1
    assert is_varied(pixels, 16).tolist() == [[[False, True], [False, False]]]


def test_codec_learns() -> None:
    """A few dozen steps bring the loss well down."""
    trainer = codec_trainer()
    losses = [trainer.train_step(pictures()) for _ in range(40)]
    assert np.mean(losses[-5:]) < 0.7 * np.mean(losses[:5])


def test_codec_resumes_as_if_it_had_not_stopped(tmp_path: Path) -> None:
    """Three steps, a checkpoint and two more are the same as five."""
    straight, first = codec_trainer(), codec_trainer()
    expected = [straight.train_step(pictures()) for _ in range(5)][3:]
    for _ in range(3):
        first.train_step(pictures())
    Run(tmp_path).save(first.state_dict())
    second = codec_trainer()
    second.load_state_dict(Run(tmp_path).load())
    assert [second.train_step(pictures()) for _ in range(2)] == expected


def test_dalle_learns_what_the_text_says() -> None:
    """Codes that the text alone determines are learned from the text."""
    trainer = dalle_trainer()
    losses = [trainer.train_step(coded()) for _ in range(60)]
    assert losses[-1] < 0.5 * losses[0]


def test_dalle_resumes_as_if_it_had_not_stopped(tmp_path: Path) -> None:
    """Both optimisers and the average go on where they were."""
    straight, first = dalle_trainer(), dalle_trainer()
    expected = [straight.train_step(coded()) for _ in range(5)][3:]
    for _ in range(3):
        first.train_step(coded())
    Run(tmp_path).save(first.state_dict())
    second = dalle_trainer()
    second.load_state_dict(Run(tmp_path).load())
    assert [second.train_step(coded()) for _ in range(2)] == expected
    for name, value in straight.average.state_dict().items():
        torch.testing.assert_close(second.average.state_dict()[name], value)


def test_folded_tables_compute_the_same() -> None:
    """The exported model has plain tables and the same logits."""
    torch.manual_seed(0)
    model = DalleBart(tiny_dalle())
    share_rows(model, LEVELS)
    plain = folded(model)
    assert not any("parametrizations" in name for name in plain.state_dict())
    batch = coded()
    torch.testing.assert_close(
        plain(batch.codes, batch.states, batch.mask), model(batch.codes, batch.states, batch.mask)
    )


def test_levels_that_do_not_make_the_codes_are_refused() -> None:
    """A wrong table would train in silence."""
    with pytest.raises(ValueError, match=r"levels \(4, 2\) make 8 codes, not 6"):
        share_rows(DalleBart(tiny_dalle()), (4, 2))


def test_checkpoints_become_a_model_that_ships(tmp_path: Path) -> None:
    """What export writes from checkpoints has the averaged weights in the layout that inference loads."""
    codec, dalle = codec_trainer(), dalle_trainer()
    codec.train_step(pictures())
    dalle.train_step(coded())
    Run(tmp_path / "codec").save(codec.state_dict())
    Run(tmp_path / "dalle").save(dalle.state_dict())
    shipped = load_dalle(tmp_path / "dalle" / "checkpoint.pt")
    save_builtin(tmp_path / "out", shipped, load_codec(tmp_path / "codec" / "checkpoint.pt"), dtype=torch.float32)
    assert json.loads((tmp_path / "out" / "config.json").read_text())["dalle"]["image_vocab_size"] == 6
    torch.testing.assert_close(shipped.lm_head.weight, folded(dalle.model).lm_head.weight, atol=0.1, rtol=0.1)


def test_shipped_model_is_the_one_that_training_describes() -> None:
    """The built-in checkpoint loads, its codebook is the rounding grid, and its numbers are finite."""
    checkpoint = load_builtin()
    torch.testing.assert_close(checkpoint.vqgan.codebook.weight.float(), grid_table((7, 5, 5, 5, 5)), atol=1e-3, rtol=0)
    assert all(bool(torch.isfinite(value).all()) for value in checkpoint.dalle.state_dict().values())


def test_remembered_patches_get_the_codes_of_the_encoder() -> None:
    """The shortcut through known patches gives what encoding the picture gives, first and second time."""
    torch.manual_seed(0)
    codec = VQGAN(tiny_codec()).eval()
    with torch.no_grad():
        codec.codebook.weight.copy_(grid_table(LEVELS))
    pixels = np.random.default_rng(0).integers(0, 256, (2, 48, 48, 3), np.uint8)
    expected = codec.encode(torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255)
    coder = PatchCoder(codec)
    assert torch.equal(coder.codes(pixels), expected)
    assert torch.equal(coder.codes(pixels), expected)


def test_orthogonalised_matrices_have_singular_values_near_one() -> None:
    """Five Newton-Schulz steps bring them between 0.6 and 1.3, tall or wide."""
    torch.manual_seed(0)
    for shape in ((2, 8, 24), (1, 24, 8)):
        values = torch.linalg.svdvals(orthogonalised(torch.randn(shape)))
        assert values.min() > 0.6
        assert values.max() < 1.3


def test_muon_refuses_vectors() -> None:
    """A bias has no singular values."""
    with pytest.raises(ValueError, match=r"shape \(3,\)"):
        Muon([torch.zeros(3)], lr=0.1)


def test_schedule_warms_up_holds_and_falls() -> None:
    """Half of the warm-up, the plateau, the end; by steps or by minutes."""
    schedule = Schedule(warmup=10, hold=0.5, floor=0.1, steps=100)
    assert schedule.factor(4, 0) == 0.5
    assert schedule.factor(40, 0) == 1.0
    assert schedule.factor(75, 0) == pytest.approx(0.55)
    assert schedule.factor(100, 0) == pytest.approx(0.1)
    assert Schedule(minutes=10).progress(3, 300) == 0.5
    with pytest.raises(ValueError, match="needs a length"):
        Schedule()


def test_average_follows_the_weights() -> None:
    """It starts at the weights and moves towards their new values."""
    layer = nn.Linear(2, 1)
    average = Average(layer, 0.9)
    before = average.state_dict()["bias"].clone()
    with torch.no_grad():
        layer.bias.add_(1)
    average.update(layer)
    moved = average.state_dict()["bias"] - before
    assert 0 < float(moved) < 1


def test_resume_without_checkpoint_names_the_path(tmp_path: Path) -> None:
    """Nothing to resume is said, not guessed."""
    with pytest.raises(FileNotFoundError, match=r"nothing to resume: .*checkpoint\.pt"):
        Run(tmp_path).load()


def test_options_come_from_file_and_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command line wins over the file, the file over the defaults; unknown settings are named."""
    file = tmp_path / "codec.toml"
    file.write_text('batch = 3\nseed = 9\nrun = "here"\n')
    config, resume = read_options(CodecConfig, ["--config", str(file), "--seed", "4", "--resume"], "test")
    assert (config.batch, config.seed, config.run, resume) == (3, 4, Path("here"), True)
    file.write_text("sead = 1\n")
    with pytest.raises(SystemExit):
        read_options(CodecConfig, ["--config", str(file)], "test")
    assert "unknown setting 'sead'" in capsys.readouterr().err


def test_quality_of_a_perfect_and_of_a_wrong_picture() -> None:
    """PSNR of a known error, SSIM of equality."""
    picture = pictures(1)
    assert psnr(picture * 0 + 0.6, picture * 0 + 0.5) == pytest.approx(20, abs=1e-3)
    assert ssim(picture, picture) == pytest.approx(1)
    assert ssim(1 - picture, picture) < 0.5


class OneHotTexts:
    """Stands for the text encoder: the text's number as its only state."""

    width = 8

    def states(self, texts: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
        """(B, 1, 8) and a mask of ones."""
        numbers = torch.tensor([int(text) for text in texts])
        return F.one_hot(numbers, 8).float()[:, None, :] * 3, torch.ones(len(texts), 1)


def test_samples_follow_the_prompt_and_the_seed() -> None:
    """A trained tiny model draws what its text says, the same for the same seed."""
    trainer = dalle_trainer()
    for _ in range(60):
        trainer.train_step(coded())
    model = folded(trainer.model).eval()
    codes = sample_codes(model, OneHotTexts(), ["0", "1", "2", "3"], top_k=6)  # type: ignore[arg-type]
    again = sample_codes(model, OneHotTexts(), ["0", "1", "2", "3"], top_k=6)  # type: ignore[arg-type]
    assert torch.equal(codes, again)
    assert (codes == torch.arange(4)[:, None]).float().mean() > 0.8
