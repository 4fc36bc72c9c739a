"""Training itself on tiny models: the codebook, learning, resuming, folding, and what is exported."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from inference.checkpoints.builtin import BUILTIN_SAMPLING, load_builtin, save_builtin
from inference.checkpoints.checkpoint import Checkpoint
from inference.engine.dalle import DalleCodeModel
from inference.models.dalle_bart import DalleBart
from inference.models.dalle_bart_config import DalleBartConfig
from inference.models.vqgan import VQGAN, VQGANConfig
from inference.text.reader import Reader
from inference.training.data.coded import CodedBatch, PatchCoder
from inference.training.evaluation.drawing import codes_for
from inference.training.evaluation.fidelity import psnr, ssim
from inference.training.muon import Muon, orthogonalised
from inference.training.options import read_options
from inference.training.run import Average, Run, Schedule
from inference.training.stages.codebook import fit_codebook, grow, is_varied, k_means, split_patches
from inference.training.stages.dalle import DalleConfig, DalleTrainer, dalle_model, load_dalle
from inference.training.stages.strokes import Strokes
from inference.training.stages.tables import code_features, folded, grid_membership, share_rows, unfold
from inference.training.stages.vqgan import (
    CodecConfig,
    CodecTrainer,
    codec_model,
    load_codec,
    measure,
)  # fmt: skip

FEATURES = torch.tensor([[1.0, 0], [0, 1], [1, 1], [1, 0], [0, 1], [0, 0]])


def tiny_codec() -> VQGANConfig:
    """48-pixel pictures, 3 × 3 codes of six."""
    return VQGANConfig(
        ch=32, ch_mult=(1, 1), num_res_blocks=0, attn_resolutions=(), resolution=48, z_channels=32, n_embed=6,
        embed_dim=3, patch_size=16, encoder="patch",
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
    usual = CodecConfig(steps=40, warmup=2, batch=4, learning_rate=5e-3, plain=2, compiled=False)
    config = dataclasses.replace(usual, **changes)  # type: ignore[arg-type]
    trainer = CodecTrainer(config, tiny_codec())
    trainer.make_codebook(iter([pictures(8)]))
    return trainer


def dalle_trainer() -> DalleTrainer:
    """A trainer of the tiny text → codes model."""
    config = DalleConfig(steps=60, warmup=2, learning_rate=1e-2, compiled=False)
    return DalleTrainer(config, tiny_dalle(), FEATURES)


def pictures(count: int = 4) -> torch.Tensor:
    """Chequered pictures with a plain patch in the corner, (count, 3, 48, 48)."""
    generator = torch.Generator().manual_seed(1)
    corners = torch.rand(count, 3, 6, 6, generator=generator)
    corners[..., :2, :2] = 0.5
    return F.interpolate(corners, size=(48, 48), mode="nearest").contiguous(memory_format=torch.channels_last)


def train_on(trainer: CodecTrainer, steps: int) -> list[float]:
    """The losses of so many steps on the same pictures, to be drawn at twice their size."""
    large = F.interpolate(pictures(), scale_factor=2.0, mode="nearest")
    return [trainer.train_step(pictures(), large) for _ in range(steps)]


def coded(count: int = 4) -> CodedBatch:
    """Codes that depend on the text alone: each picture is its text's number nine times."""
    numbers = torch.arange(count) % 6
    states = F.one_hot(numbers, 8).float()[:, None, :] * 3
    return CodedBatch(numbers[:, None].expand(-1, 9).clone(), states, torch.ones(count, 1))


def test_grid_membership_names_row_and_column() -> None:
    """Position 5 of a 3 × 3 grid is row 1, column 2."""
    assert grid_membership(3)[5].tolist() == [0, 1, 0, 0, 0, 1]


def test_plain_patches_do_not_count_as_varied() -> None:
    """Only the patch with an edge in it does."""
    pixels = torch.zeros(1, 3, 32, 32)
    pixels[0, 0, 3, 20] = 1
    assert is_varied(split_patches(pixels, 16)).tolist() == [False, True, False, False]


def test_k_means_finds_the_groups() -> None:
    """Three tight groups of points have their means as centres; a fixed centre stays where it is."""
    groups = torch.tensor([[0.0, 0], [5, 0], [0, 5]])
    noise = torch.randn(90, 2, generator=torch.Generator().manual_seed(0)) * 0.1
    points = groups.repeat(30, 1) + noise
    centres = k_means(points, 4, torch.tensor([[9.0, 9]]), seed=0)
    assert centres[0].tolist() == [9, 9]
    assert torch.cdist(groups, centres).amin(1).max() < 0.15


def test_backgrounds_have_codes_of_their_own() -> None:
    """The most frequent plain patch is a centre as it is, and what a patch is coded as is the nearest centre."""
    codec = codec_trainer().model
    plain = torch.full((1, 3, 16, 16), 0.5)
    with torch.no_grad():
        distance = (codec.latents(plain).flatten() - codec.codebook.weight[codec.encode(plain)[0, 0]]).abs().max()
        z = codec.latents(pictures()).permute(0, 2, 3, 1).flatten(0, 2)
        nearest = torch.cdist(z, codec.codebook.weight).argmin(1)
        assert torch.equal(codec.encode(pictures()).flatten(), nearest)
    assert distance < 1e-4


def test_too_few_patches_make_no_codebook() -> None:
    """Said with both numbers."""
    with pytest.raises(ValueError, match="3 patches cannot make 9 centres"):
        fit_codebook([torch.rand(3, 12)], codes=9, width=2, plain=0)


def test_codec_learns() -> None:
    """A few dozen steps bring the loss well down."""
    trainer = codec_trainer()
    losses = train_on(trainer, 40)
    assert np.mean(losses[-5:]) < 0.7 * np.mean(losses[:5])


def test_codec_resumes_as_if_it_had_not_stopped(tmp_path: Path) -> None:
    """Three steps, a checkpoint and two more are the same as five."""
    straight, first = codec_trainer(), codec_trainer()
    expected = train_on(straight, 5)[3:]
    train_on(first, 3)
    Run(tmp_path).save(first.state_dict())
    second = codec_trainer()
    second.load_state_dict(Run(tmp_path).load())
    assert train_on(second, 2) == expected


def test_quality_is_measured_at_the_size_of_the_original() -> None:
    """The decoder draws twice as large; the error is that of the picture made small again."""
    quality, similarity, output = measure(codec_trainer().averaged_model(), pictures())
    assert output.shape == (4, 3, 96, 96)
    assert quality < 30
    assert similarity < 1


def test_dalle_learns_what_the_text_says() -> None:
    """Codes that the text alone determines are learned from the text."""
    trainer = dalle_trainer()
    losses = [trainer.train_step(coded()) for _ in range(60)]
    assert losses[-1] < 0.5 * losses[0]


def test_nothing_is_learned_from_a_loss_that_is_no_number() -> None:
    """Training stops, naming the step, before the weights are touched; for the codec as for all others."""
    trainer = codec_trainer()
    before = {name: value.clone() for name, value in trainer.model.state_dict().items()}
    with pytest.raises(FloatingPointError, match="step 0"):
        trainer.train_step(pictures(), torch.full((4, 3, 96, 96), torch.nan))
    for name, value in trainer.model.state_dict().items():
        assert torch.equal(value, before[name])


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
    share_rows(model, FEATURES)
    plain = folded(model)
    assert not any("parametrizations" in name for name in plain.state_dict())
    batch = coded()
    torch.testing.assert_close(
        plain(batch.codes, batch.states, batch.mask), model(batch.codes, batch.states, batch.mask)
    )


def test_an_exported_model_can_learn_on() -> None:
    """A trainer that starts from a folded model computes what that model does, and shares rows where it can."""
    exported = folded(dalle_trainer().model)
    trainer = dalle_trainer()
    for parameter in trainer.model.parameters():
        nn.init.zeros_(parameter)
    unfold(trainer.model, exported)
    batch = coded()
    torch.testing.assert_close(
        trainer.model(batch.codes, batch.states, batch.mask), exported(batch.codes, batch.states, batch.mask)
    )
    free = trainer.model.get_parameter("lm_head.parametrizations.weight.original")
    assert free.norm() < exported.lm_head.weight.norm()


def test_an_exported_codec_can_learn_on(tmp_path: Path) -> None:
    """Its codebook and weights are taken up as they are; a codec of other sizes is refused."""
    trainer = codec_trainer()
    train_on(trainer, 1)
    dalle = DalleBart(dataclasses.replace(tiny_dalle(), encoder_dim=384))  # MiniLM's width
    save_builtin(tmp_path, dalle, trainer.averaged_model(), dtype=torch.float32)
    exported = load_codec(tmp_path)
    other = CodecTrainer(trainer.config, tiny_codec())
    other.begin_from(exported)
    assert torch.equal(other.averaged_model().encode(pictures()), exported.encode(pictures()))
    assert torch.equal(other.averaged_model().codebook.weight, exported.codebook.weight)
    with pytest.raises(ValueError, match="cannot begin as one of"):
        CodecTrainer(trainer.config, codec_model()).begin_from(exported)


def test_a_larger_decoder_begins_with_the_codes_of_a_smaller_one() -> None:
    """Codes stay what they are; the new decoder adds nothing yet to what the linear skip draws of each."""
    sizes = dataclasses.replace(tiny_codec(), linear_skip=True)
    smaller = CodecTrainer(codec_trainer().config, sizes)
    smaller.make_codebook(iter([pictures(8)]))
    larger = CodecTrainer(smaller.config, dataclasses.replace(sizes, ch=64, num_res_blocks=1))
    larger.begin_from(smaller.averaged_model())
    model = larger.averaged_model()
    codes = model.encode(pictures())
    assert torch.equal(codes, smaller.averaged_model().encode(pictures()))
    assert model.skip is not None
    z = model.codebook(codes).view(4, 3, 3, -1).permute(0, 3, 1, 2)
    torch.testing.assert_close(model.detokenize(codes), F.pixel_shuffle(model.skip(z), model.config.output_side // 3))
    train_on(larger, 1)


def test_features_that_are_not_one_row_a_code_are_refused() -> None:
    """A wrong table would train in silence."""
    with pytest.raises(ValueError, match=r"4 rows of features for 6 codes"):
        share_rows(DalleBart(tiny_dalle()), FEATURES[:4])


def test_similar_codes_share_a_family() -> None:
    """Features are where a code's centre lies and, one-hot, the family of codes that it is of."""
    codec = VQGAN(dataclasses.replace(tiny_codec(), n_embed=4, embed_dim=2))
    codec.codebook.weight.data = torch.tensor([[0.0, 0], [0, 0.1], [9, 9], [9, 9.1]])
    features = code_features(codec, families=2)
    assert len(features) == 4
    assert torch.equal(features[0, 2:4], features[1, 2:4])
    assert not torch.equal(features[0, 2:4], features[2, 2:4])


def test_strokes_of_one_shape_share_it_whatever_their_colours() -> None:
    """A third that is red or green before blue is one mask; the lesser side is the stroke; plain patches have none."""
    red, green, blue = torch.eye(3)
    left = torch.zeros(16, 16)
    left[:, :6] = 1
    top = left.T

    def patch(mask: torch.Tensor, stroke: torch.Tensor, ground: torch.Tensor) -> torch.Tensor:
        flat = mask.reshape(1, -1)
        return stroke[:, None] * flat + ground[:, None] * (1 - flat)

    patches = [patch(left, red, blue), patch(left, green, blue), patch(top, red, blue), patch(1 - left, blue, red)]
    strokes = Strokes.of(torch.stack([*patches, patch(left * 0, red, blue)]))
    assert torch.equal(strokes.masks[0].round().view(16, 16), left)
    for mask in (strokes.masks[1], strokes.masks[3]):
        torch.testing.assert_close(mask, strokes.masks[0])
    torch.testing.assert_close(strokes.colours[0], strokes.colours[2])
    torch.testing.assert_close(strokes.colours[0], strokes.colours[3])
    assert not strokes.masks[4].any()
    assert torch.equal(strokes.colours[4, :3], strokes.colours[4, 3:])
    assert len(strokes.features()) == 5


def test_a_codebook_grows_where_it_draws_worst() -> None:
    """Old codes stay, in their places; pictures that they cannot draw get new ones."""
    trainer = codec_trainer()
    small = trainer.averaged_model()
    generator = torch.Generator().manual_seed(5)
    other = F.interpolate(torch.rand(6, 3, 12, 12, generator=generator), size=(48, 48), mode="nearest")
    large = grow(small, [pictures(), other], 4)
    assert large.config.n_embed == 10
    assert torch.equal(large.codebook.weight[:6], small.codebook.weight)

    @torch.no_grad()
    def error(model: VQGAN, pixels: torch.Tensor) -> float:
        z = model.latents(pixels).permute(0, 2, 3, 1).flatten(1, 2)
        return float((model.codebook(model.encode(pixels)) - z).square().mean())

    assert error(large, other) < 0.9 * error(small, other)
    with pytest.raises(ValueError, match="cannot make 999 more codes"):
        grow(small, [pictures()], 999)


def test_text_to_codes_goes_on_with_more_codes() -> None:
    """What it knew of the old ones stays; a new one begins between its features and its parent."""
    exported = folded(dalle_trainer().model)
    features = torch.cat([FEATURES, FEATURES[:2]])
    larger = DalleBart(dataclasses.replace(tiny_dalle(), image_vocab_size=8))
    share_rows(larger, features)
    unfold(larger, exported, parents=torch.tensor([0, 1]))
    grown = folded(larger)
    torch.testing.assert_close(grown.lm_head.weight[:6], exported.lm_head.weight[:6])
    torch.testing.assert_close(grown.lm_head.weight[-1], exported.lm_head.weight[-1])  # the start token
    new, old = grown.lm_head.weight[6:8], exported.lm_head.weight[:6]
    assert torch.cdist(new, old).argmin(1).tolist() == [0, 1]
    with pytest.raises(ValueError, match="with 1 new codes"):
        unfold(larger, exported, parents=torch.tensor([0]))


def test_checkpoints_become_a_model_that_ships(tmp_path: Path) -> None:
    """What export writes from checkpoints has the averaged weights in the layout that inference loads."""
    codec, dalle = codec_trainer(), dalle_trainer()
    train_on(codec, 1)
    dalle.train_step(coded())
    Run(tmp_path / "codec").save(codec.state_dict())
    Run(tmp_path / "dalle").save(dalle.state_dict())
    shipped = load_dalle(tmp_path / "dalle" / "checkpoint.pt")
    save_builtin(tmp_path / "out", shipped, load_codec(tmp_path / "codec" / "checkpoint.pt"), dtype=torch.float32)
    assert json.loads((tmp_path / "out" / "config.json").read_text())["dalle"]["image_vocab_size"] == 6
    torch.testing.assert_close(shipped.lm_head.weight, folded(dalle.model).lm_head.weight, atol=0.1, rtol=0.1)


def test_shipped_model_is_the_one_that_training_describes() -> None:
    """The built-in checkpoint loads, has the sizes of the training's defaults, and its numbers are finite."""
    checkpoint = load_builtin()
    assert (checkpoint.dalle.config, checkpoint.vqgan.config) == (dalle_model(), codec_model())
    assert all(bool(torch.isfinite(value).all()) for value in checkpoint.dalle.state_dict().values())


def test_remembered_patches_get_the_codes_of_the_encoder() -> None:
    """The shortcut through known patches gives what encoding the picture gives, first and second time."""
    torch.manual_seed(0)
    codec = VQGAN(tiny_codec()).eval()
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
    reader = Reader()

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
    checkpoint = Checkpoint("tiny", model, VQGAN(tiny_codec()), OneHotTexts(), BUILTIN_SAMPLING)  # type: ignore[arg-type]
    backend, orders = DalleCodeModel(checkpoint, slots=8), [(str(number), number, 0) for number in range(4)]
    codes, likelihoods = codes_for(backend, orders)
    assert torch.equal(codes, codes_for(backend, orders)[0])
    with torch.no_grad():
        logits = model(model.before(codes), *OneHotTexts().states(list("0123")))[..., : backend.vocab_size]
    expected = logits.log_softmax(-1).gather(-1, codes[..., None]).mean((1, 2))
    torch.testing.assert_close(likelihoods, expected, rtol=1e-4, atol=1e-4)
    assert (codes == torch.arange(4)[:, None]).float().mean() > 0.8
