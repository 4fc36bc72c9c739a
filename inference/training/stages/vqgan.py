"""Training of the codec: pictures to codes (patch by patch) and back, at twice the size.

In: scenes from `data`. Out: a VQGAN whose encoder and table are a `Codebook`, found once and then frozen, and whose
decoder is trained to draw the detailed scene from the codes of the small one. The decoder can go on learning at any
later time: codes stay what they are. It knows no text.

`python -m inference.training.stages.vqgan --cache FOLDER --run FOLDER --minutes 20 [--resume]`
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inference.checkpoints.builtin import load_builtin
from inference.models.vqgan import VQGAN, VQGANConfig
from inference.pictures import Pixels
from inference.training.data.folder import CaptionedSource, captioned_source
from inference.training.data.packages import DEFAULT_CACHE
from inference.training.data.stream import SceneBatch, contact_sheet
from inference.training.evaluation.fidelity import psnr, reconstruction_loss, ssim
from inference.training.loop import counted, move, take_up, train_loop, training_device, training_dtype, use_threads
from inference.training.muon import Muon
from inference.training.options import read_options
from inference.training.run import Average, Learner, Run, Schedule, loaded, read_checkpoint
from inference.training.stages.codebook import fit_codebook, grow, split_patches


@dataclass(frozen=True)
class CodecConfig:
    """Settings of one codec training. The codebook is made of `codebook_scenes` pictures, or that of `start`.

    A codebook of `start` that is smaller than the model's grows: its codes stay, and more come after them.
    `crop` is the share of training in which the model sees windows of pictures, two thirds of the edge.
    """

    cache: Path = DEFAULT_CACHE
    pictures: Path | None = None
    run: Path = Path("runs/vqgan")
    start: Path | None = None
    seed: int = 1
    batch: int = 16
    learning_rate: float = 6e-4
    warmup: int = 50
    hold: float = 0.1
    crop: float = 0.7
    minutes: float | None = 60.0
    steps: int | None = None
    average: float = 0.998
    codebook_scenes: int = 6000
    plain: int = 160
    threads: int = 2
    device: str = "auto"
    precision: str = "auto"
    compiled: bool = True
    sample_seconds: float = 300.0


HELD_OUT = 64  # pictures that measure the codec
CODES = 6144  # in the built-in model's codebook


def codec_model() -> VQGANConfig:
    """Sizes of the built-in codec: 192-pixel pictures, 12 × 12 codes, drawn with 384 pixels."""
    return VQGANConfig(
        ch=64, ch_mult=(1, 2, 3), num_res_blocks=0, attn_resolutions=(), resolution=192, z_channels=192,
        n_embed=CODES, embed_dim=64, patch_size=8, linear_skip=True, encoder="patch",
    )  # fmt: skip


FOUND = ("encoder", "codebook", "skip")
"""Parts of a codec that are computed (k-means, least squares) and then stay as they are."""
DECODER_SIZES = ("ch", "ch_mult", "num_res_blocks", "attn_resolutions", "z_channels")
"""What can differ between two codecs of the same codes."""


def to_pixels(batch: Any) -> Tensor:
    """uint8 (B, H, W, 3) array to float (B, 3, H, W) in 0..1, channels last in memory."""
    return torch.from_numpy(batch).permute(0, 3, 1, 2).float().div_(255)


def from_pixels(pixels: Tensor) -> list[Pixels]:
    """Float (B, 3, H, W), clipped to 0..1, to uint8 pictures (H, W, 3)."""
    return list((pixels.clamp(0, 1) * 255).byte().permute(0, 2, 3, 1).numpy())


class CodecTrainer(Learner):
    """One VQGAN with a codebook, its optimiser and its average; `train_step` is the whole of training."""

    config: CodecConfig

    def __init__(self, config: CodecConfig, model: VQGANConfig, dtype: torch.dtype = torch.float32) -> None:
        torch.manual_seed(config.seed)
        self.config = config
        self.dtype = dtype
        self.schedule = Schedule(config.warmup, config.hold, steps=config.steps, minutes=config.minutes)
        self.model = VQGAN(model)
        for name in FOUND:
            if (part := getattr(self.model, name)) is not None:
                part.requires_grad_(requires_grad=False)
        self.model.to(memory_format=torch.channels_last)
        trained = [p for p in self.model.parameters() if p.requires_grad]
        self.optimizers: tuple[torch.optim.Optimizer, ...] = (
            Muon([p for p in trained if p.ndim > 1], lr=config.learning_rate, weight_decay=0.01, dtype=dtype),
            torch.optim.AdamW([p for p in trained if p.ndim == 1], lr=config.learning_rate, betas=(0.9, 0.99)),
        )
        self.average = Average(self.model, config.average)
        self.step, self.seconds = 0, 0.0
        # not the network: the compiled gradient of doubling a map's side is zero in bfloat16 (PyTorch 2.13, CPU)
        self._compare = torch.compile(reconstruction_loss) if config.compiled else reconstruction_loss

    def begin_from(self, model: VQGAN) -> None:
        """Start with the codes of an exported codec, and with its decoder where it is of the same sizes.

        Raises ValueError when its codes are of other sizes.
        """
        theirs, ours = model.config.to_dict(), self.model.config.to_dict()
        if theirs == ours:
            self.model.load_state_dict(model.state_dict())
        elif theirs | {name: ours[name] for name in DECODER_SIZES} == ours:
            for name in FOUND:
                if (part := getattr(self.model, name)) is not None:
                    part.load_state_dict(getattr(model, name).state_dict())
            _silence(self.model.decoder.conv_out)
        else:
            raise ValueError(f"a codec of {self.model.config} cannot begin as one of {model.config}")
        self.average = Average(self.model, self.config.average)

    def make_codebook(self, pictures: Iterator[Tensor]) -> None:
        """Fit and install the codebook; `pictures` are batches (B, 3, H, W) in 0..1."""
        model = self.model.config
        patches = (split_patches(batch, model.encoder_patch) for batch in pictures)
        fit_codebook(patches, model.n_embed, model.embed_dim, self.config.plain, self.config.seed).install(self.model)
        self.average = Average(self.model, self.config.average)

    @torch.no_grad()
    def begin_with_patches(self, pictures: Iterator[tuple[Tensor, Tensor]]) -> None:
        """Let the linear skip draw each code's patch as well as it can (least squares), the convolutions nothing yet.

        `pictures` are batches (B, 3, H, W) in 0..1, each with what is to be drawn from it.
        """
        skip = self.model.skip
        if skip is None:
            return
        width = self.model.config.embed_dim + 1
        square, product = torch.zeros(width, width), torch.zeros(width, skip.out_channels)
        for pixels, target in pictures:
            z = F.pad(self.model.codebook(self.model.encode(pixels)).flatten(0, 1), (0, 1), value=1.0)
            square += z.T @ z
            edge = target.shape[-1] // self.model.config.grid_side
            product += z.T @ split_patches(target, edge)
        solution = torch.linalg.solve(square + 1e-3 * len(square) * torch.eye(width), product)
        skip.load_state_dict({"weight": solution[:-1].T[..., None, None], "bias": solution[-1]})
        _silence(self.model.decoder.conv_out)
        self.average = Average(self.model, self.config.average)

    def loss(self, codes: Tensor, target: Tensor) -> Tensor:
        """The loss of what the decoder draws from codes (B, L), against pixels (B, 3, H, W) in 0..1."""
        with torch.autocast(codes.device.type, self.dtype, enabled=self.dtype is not torch.float32):
            output = self.model.detokenize(codes)
        return self._compare(output.float(), target)

    def train_step(self, pixels: Tensor, target: Tensor) -> float:
        """One update on pixels (B, 3, H, W) in 0..1 and what is to be drawn from their codes; returns the loss.

        Raises FloatingPointError when the gradient is not finite.
        """
        if self.schedule.progress(self.step, self.seconds) < self.config.crop:
            pixels, target = self._crop(pixels, target)
        return self.update(lambda: self.loss(self._codes(pixels), target))

    @torch.no_grad()
    def _codes(self, pixels: Tensor) -> Tensor:
        codes: Tensor = self.model.encode(pixels)
        return codes

    def _crop(self, pixels: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """A window of two thirds of the edge, on whole cells, elsewhere at each step: most of a scene is background."""
        patch, scale = self.model.config.encoder_patch, target.shape[-1] // pixels.shape[-1]
        cells = pixels.shape[-1] // patch
        edge = max(1, cells * 2 // 3)
        x, y = np.random.default_rng([self.config.seed, self.step]).integers(0, cells - edge + 1, 2) * patch

        def window(picture: Tensor, size: int) -> Tensor:
            return picture[..., y * size : (y + edge * patch) * size, x * size : (x + edge * patch) * size]

        return window(pixels, 1), window(target, scale)

    def averaged_model(self) -> VQGAN:
        """A VQGAN with the averaged weights, for use."""
        return loaded(VQGAN(self.model.config), self.average.state_dict())


@torch.no_grad()
def _silence(layer: nn.Module) -> None:
    """Let a layer's output be zero, until it learns otherwise."""
    for parameter in layer.parameters():
        parameter.zero_()


def load_codec(checkpoint: Path) -> VQGAN:
    """The averaged codec of a checkpoint that `main` has written, or that of an exported model's folder."""
    if checkpoint.is_dir():
        return load_builtin(checkpoint).vqgan
    state = read_checkpoint(checkpoint)
    return loaded(VQGAN(VQGANConfig.from_dict(state["config"])), state["average"])


@torch.no_grad()
def redrawn(codec: VQGAN, pixels: Tensor) -> Tensor:
    """What a codec draws from the codes of pictures (B, 3, H, W) in 0..1: (B, 3, h, w), unclipped."""
    return torch.cat([codec.detokenize(codec.encode(part)) for part in torch.split(pixels, 16)])


def measure(model: VQGAN, pixels: Tensor) -> tuple[float, float, Tensor]:
    """PSNR in dB and SSIM of what comes out of the codes of `pixels`, at their size, and the pictures as they come."""
    output = redrawn(model, pixels)
    same_size = F.interpolate(output.clamp(0, 1), size=pixels.shape[-2:], mode="area")
    return psnr(same_size, pixels), ssim(same_size, pixels), output


def train(config: CodecConfig, model: VQGANConfig, *, resume: bool) -> None:
    """Train until the schedule ends, with checkpoints, a loss curve and sheets of reconstructions in `config.run`."""
    use_threads(config.threads)
    device = training_device(config.device)
    unseen = _source(config, HELD_OUT, held_out=True).batch(0)  # first, for it finds what is missing
    held_out = to_pixels(unseen.pixels)
    run, trainer = Run(config.run), CodecTrainer(config, model, training_dtype(config.precision, device))
    if resume:
        move(trainer, device)
    take_up(trainer, run, resume=resume)
    if config.start is not None and not resume:
        begun = load_builtin(config.start).vqgan
        if model.n_embed > begun.config.n_embed:
            scenes, count = _source(config, 50, flat=0.3, popular=1.0), -(-config.codebook_scenes // 50)
            drawn = (to_pixels(scenes.batch(step).pixels) for step in range(count))
            pictures = counted("Growing the codebook", drawn, count)
            begun = grow(begun, pictures, model.n_embed - begun.config.n_embed, config.seed)
        trainer.begin_from(begun)
        move(trainer, device)
    elif not resume:
        scenes = _source(config, 50, flat=0.3, popular=1.0, detailed=True)
        count = -(-config.codebook_scenes // 50)
        drawn = (to_pixels(scenes.batch(step).pixels) for step in range(count))
        trainer.make_codebook(counted("Making the codebook", drawn, count))
        fewer = -(-count // 6)
        some = counted("Beginning the decoder", map(scenes.batch, range(fewer)), fewer)
        trainer.begin_with_patches((to_pixels(batch.pixels), to_pixels(batch.detailed)) for batch in some)
        move(trainer, device)
        run.save(trainer.state_dict())

    def learn(batch: SceneBatch) -> float:
        return trainer.train_step(to_pixels(batch.pixels).to(device), to_pixels(batch.detailed).to(device))

    train_loop(
        trainer, learn, _source(config, config.batch, detailed=True), run, lambda: report(run, trainer, held_out),
        batch=config.batch, log_steps=100, sample_seconds=config.sample_seconds,
    )  # fmt: skip


def _source(
    config: CodecConfig, size: int, flat: float = 0.2, popular: float = 5.0, *, held_out: bool = False,
    detailed: bool = False,
) -> CaptionedSource:  # fmt: skip
    return captioned_source(
        config.cache, config.pictures, config.seed, size, flat, popular, held_out=held_out, detailed=detailed
    )


def report(run: Run, trainer: CodecTrainer, held_out: Tensor) -> None:
    """Measure the averaged codec on held-out pictures; write a sheet of them above what came out."""
    quality, similarity, output = measure(trainer.averaged_model(), held_out)
    run.log(trainer.step, psnr=quality, ssim=similarity)
    pictures = from_pixels(held_out), from_pixels(output)
    rows = [picture for first in (0, 8, 16) for part in pictures for picture in part[first : first + 8]]
    contact_sheet(rows).save(run.folder / "reconstructions.png")
    run.draw_losses()


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line of the codec stage: every field of CodecConfig is an option, `--config` reads them from TOML."""
    config, resume = read_options(CodecConfig, arguments, "Train the codec (pictures to codes and back).", "vqgan")
    train(config, codec_model(), resume=resume)


if __name__ == "__main__":
    main()
