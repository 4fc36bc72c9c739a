"""How near we come to the original DALL·E mini: its own numbers, from its own files, beside ours.

    python -m benchmarks.parity FOLDER…

In: folders with a checkpoint and what the original computed from it (golden.npz, golden.json), with cases of text, or
with an end_to_end.npz beside the checkpoints that it names; or a folder of such folders.  The names and tolerances are
those of tests/fixtures/golden/README.md; what a folder does not hold is not compared.  Out: one JSON line a quantity,
with its largest absolute difference (for texts: how many differ) and its tolerance.  Exit code 1 where one is over, or
a checkpoint cannot be loaded; 2 where there is nothing to compare.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.golden import (
    CODEBOOK,
    EXACT,
    HALF_LOGITS,
    HALF_STATES,
    LATENTS,
    LEVELS,
    LOGITS,
    PIXELS,
    STATES,
    Comparison,
    Golden,
    difference,
    read_arrays,
)
from inference.checkpoints.checkpoint import Checkpoint
from inference.checkpoints.load import ORIGINAL_SAMPLING, load_dalle_bart, load_vqgan
from inference.checkpoints.tokenizer_files import (
    WORDS,
    WordList,
    load_byte_level_bpe,
    load_prompt_tokenizer,
    load_tokenizer,
)
from inference.checkpoints.weights import CheckpointError, read_json
from inference.engine.dalle import DalleCodeModel
from inference.engine.sampler import SamplingRows, filter_logits, guide, sample
from inference.models.dalle_bart import DalleBart
from inference.models.packed.decoder import PackedDecoder
from inference.models.packed.linear import Packer
from inference.models.packed.unpacked import UnpackedDecoder
from inference.models.sampling import SamplingParams
from inference.native.precision import Precision
from inference.text.normaliser import TextNormalizer
from inference.text.tokenizer import PromptTokenizer

TEXTS = ("", "_uncond")

Choice = Callable[[Tensor, int], Tensor]
"""Logits (R, V) and a position -> codes (B,)."""


def compare(folder: Path) -> Iterator[Comparison]:
    """All quantities of one folder; none where it holds nothing to compare.  Raises CheckpointError."""
    if (folder / "golden.npz").is_file():
        is_vqgan = "ch_mult" in read_json(folder / "config.json")
        yield from compare_vqgan(Golden.read(folder)) if is_vqgan else DalleParity(Golden.read(folder)).compare()
    if (folder / "end_to_end.npz").is_file():
        yield from compare_end_to_end(folder)
    if (folder / "normalizer.json").is_file():
        yield from compare_normalizer(folder)
    elif (folder / "vocab.json").is_file() and not (folder / "config.json").is_file():
        yield from compare_tokenizer(folder)


# ---------------------------------------------------------------------------------------------- text to codes


class DalleParity:
    """Of one DALL·E mini: prompts to ids, states, logits all at once and code by code, filtered logits, codes."""

    def __init__(self, golden: Golden) -> None:
        self.golden = golden
        self.model = load_dalle_bart(golden.folder)

    @torch.no_grad()
    def compare(self) -> Iterator[Comparison]:
        golden = self.golden
        if "prompts" in golden.notes:
            yield from self._ids()
        for text in TEXTS:
            if f"encoder_last_hidden{text}" in golden:
                yield golden.compared(f"encoder_last_hidden{text}", self._states(text), STATES)
            if f"logits{text}" in golden:
                yield golden.compared(f"logits{text}", self._logits(text), LOGITS)
        yield from self._half()
        if "cached_logits" in golden:
            yield from self._cached()
        scales = [scale for (scale,) in golden.numbered(r"greedy_scale([\d.]+)")]
        for scale, codes in zip(scales, self._greedy([float(scale) for scale in scales]), strict=True):
            yield golden.compared(f"greedy_scale{scale}", codes, EXACT)
        for index, scale in golden.numbered(r"filtered_(\d+)_scale([\d.]+)"):
            yield self._filtered(int(index), scale)
        for (run,) in golden.numbered(r"sampled_(\d+)_sequences"):
            yield golden.compared(f"sampled_{run}_sequences", self._sampled(int(run)), EXACT)

    def _ids(self) -> Iterator[Comparison]:
        golden, prompts = self.golden, self.golden.notes["prompts"]
        tokenizer = prompt_tokenizer(golden.folder, self.model)
        if tokenizer.normalizer is not None and "normalized" in golden.notes:
            normalized = [tokenizer.normalizer(prompt) for prompt in prompts]
            yield texts_compared(golden.folder, "normalized", normalized, golden.notes["normalized"])
        for text, texts in zip(TEXTS, (prompts, [None] * len(prompts)), strict=True):
            if f"input_ids{text}" in golden:
                ids, mask = tokenizer(texts)
                yield golden.compared(f"input_ids{text}", ids, EXACT)
                yield golden.compared(f"attention_mask{text}", mask, EXACT)

    def _states(self, text: str) -> Tensor:
        return self.model.encode(self.golden[f"input_ids{text}"], self.golden[f"attention_mask{text}"])

    def _logits(self, text: str) -> Tensor:
        logits: Tensor = self.model(
            self.golden["decoder_input_ids"], self._states(text), self.golden[f"attention_mask{text}"]
        )
        return logits

    def _half(self) -> Iterator[Comparison]:
        path = self.golden.folder / "golden_fp16_compute.npz"
        if path.is_file():
            half = Golden(self.golden.folder, read_arrays(path), {})
            for name, ours, tolerance in (
                ("encoder_last_hidden", self._states, HALF_STATES),
                ("logits", self._logits, HALF_LOGITS),
            ):
                yield half.compared(name, ours(""), tolerance, f"{name} computed in float16")

    def _cached(self) -> Iterator[Comparison]:
        golden = self.golden
        tokens = golden["image_tokens"].long()
        _, steps = self.decode(lambda _logits, position: tokens[:, position], guided=False)
        logits = torch.stack(steps, 1)  # (B, L, V)
        yield golden.compared("cached_logits", logits[:, golden["cached_positions"].long()], LOGITS)
        yield golden.compared("logits", logits, LOGITS, "logits, one code at a time")

    def _greedy(self, scales: Sequence[float]) -> Sequence[Tensor]:
        """The codes at each scale; all are drawn together, which takes hardly longer than one."""
        if not scales:
            return []

        def choose(logits: Tensor, _position: int) -> Tensor:
            conditional, unconditional = (part.chunk(len(scales)) for part in logits.chunk(2))
            pairs = zip(conditional, unconditional, scales, strict=True)
            chosen = [one if scale == 1 else guide(one, other, torch.tensor(scale)) for one, other, scale in pairs]
            return torch.cat(chosen).argmax(-1)

        return self.decode(choose, guided=True, copies=len(scales))[0].chunk(len(scales))

    def _filtered(self, index: int, scale: str) -> Comparison:
        golden, number = self.golden, float(scale)
        step = int(golden["filter_step"])
        logits = torch.cat([self._logits(text)[:, step] for text in (TEXTS if number != 1 else TEXTS[:1])])
        params = sampling_params(golden.notes["filters"][index])
        guided = guided_logits(logits, number)
        ours = filter_logits(guided, SamplingRows.of([params] * len(guided), guided.shape[1]))
        tolerance = LOGITS * (2 * number - 1) / params.temperature
        return golden.compared(f"filtered_{index}_scale{scale}", ours, tolerance)

    def _sampled(self, run: int) -> Tensor:
        settings, noise = self.golden.notes["sampled_runs"][run], self.golden[f"sampled_{run}_gumbel"]
        params = sampling_params(self.golden.notes["filters"][settings["filter"]])
        rows = SamplingRows.of([params] * len(noise), noise.shape[2])
        scale = float(settings["scale"])
        return self.decode(
            lambda logits, position: sample(guided_logits(logits, scale), rows, noise[:, position]), guided=scale != 1
        )[0]

    def decode(self, choose: Choice, *, guided: bool, copies: int = 1) -> tuple[Tensor, list[Tensor]]:
        """Draw all codes one at a time, by what the engine runs, in slots that are neither first nor in order.

        Returns the start token and the codes (copies · B, 1 + L), and the logits of each step (R, V).
        """
        model, golden = self.model, self.golden
        texts = TEXTS if guided else TEXTS[:1]
        states = torch.cat([self._states(text).repeat(copies, 1, 1) for text in texts])
        mask = torch.cat([golden[f"attention_mask{text}"].repeat(copies, 1) for text in texts])
        size = {"slots": len(mask) + 3, "text_length": mask.shape[1], "codes": model.config.vocab_size}
        decoder: PackedDecoder | UnpackedDecoder = (
            PackedDecoder(model, Packer(Precision.FLOAT32, None), **size)
            if model.config.plain
            else UnpackedDecoder(model, **size)
        )
        slots = torch.arange(len(mask)).flip(0) + 2
        decoder.prefill(slots, states, mask)
        codes = [torch.full((len(mask) // len(texts),), model.config.start_token)]
        steps = []
        for position in range(model.config.image_length):
            here = torch.full((len(mask),), position)
            steps.append(decoder.decode_one_token(slots, codes[-1].repeat(len(texts)), here))
            codes.append(choose(steps[-1], position))
        return torch.stack(codes, 1), steps


def guided_logits(logits: Tensor, scale: float) -> Tensor:
    """Of the (R, V) logits the second half is unconditional, unless the scale is 1."""
    if scale == 1:
        return logits
    conditional, unconditional = logits.chunk(2)
    return guide(conditional, unconditional, torch.tensor(scale))


def sampling_params(settings: dict[str, Any]) -> SamplingParams:
    """The original's way to leave settings out: no top-k given means 50."""
    return SamplingParams(
        temperature=settings["temperature"] or 1.0,
        top_k=50 if settings["top_k"] is None else settings["top_k"],
        top_p=settings["top_p"] or 1.0,
    )


# ------------------------------------------------------------------------------------------- codes and pixels


@torch.no_grad()
def compare_vqgan(golden: Golden) -> Iterator[Comparison]:
    """Of one VQGAN: pictures to latents and, exactly, codes; codes to pixels, small and big."""
    model = load_vqgan(golden.folder)
    if "pixels_in" in golden:
        pixels = golden["pixels_in"].permute(0, 3, 1, 2)
        latents = model.latents(pixels).permute(0, 2, 3, 1)  # (B, h, w, embed_dim)
        codes = model.encode(pixels)
        yield golden.compared("encoder_out", latents, LATENTS)
        yield golden.compared("encode_indices", codes.view_as(golden["encode_indices"]), EXACT)
        yield golden.compared("quantized", model.codebook(codes).view_as(latents), CODEBOOK)
        yield golden.compared("reconstruction", model.detokenize(codes).permute(0, 2, 3, 1), PIXELS)
    if "indices" in golden:
        yield golden.compared("decoded", model.detokenize(golden["indices"]).permute(0, 2, 3, 1), PIXELS)
    if "indices_big" in golden:
        big = model.detokenize(golden["indices_big"]).permute(0, 2, 3, 1)
        yield golden.compared("decoded_big_shape", torch.tensor(big.shape), EXACT)
        yield golden.compared("decoded_big_every8", big[:, ::8, ::8], PIXELS)
        yield golden.compared("decoded_big_mean", big.mean((1, 2)), PIXELS)
        yield golden.compared("decoded_big_std", big.std((1, 2), correction=0), PIXELS)
        crop = big.clamp(0, 1).mul(255).to(torch.uint8)[:, :64, -64:]
        yield golden.compared("decoded_big_uint8_crop", crop, LEVELS)


def compare_end_to_end(folder: Path) -> Iterator[Comparison]:
    """Prompts to 8-bit pictures, through the calls that the engine makes; greedy at scale 10."""
    golden = Golden(folder, read_arrays(folder / "end_to_end.npz"), {})
    for (name,) in golden.numbered("(.+)_codes"):
        model = checkpoint_named(folder, name)
        prompts = read_json(model / "golden.json")["prompts"][: len(golden[f"{name}_codes"])]
        codes, pixels = draw(model, folder / "vqgan", prompts)
        yield golden.compared(f"{name}_codes", codes, EXACT)
        if f"{name}_uint8" in golden:
            yield golden.compared(f"{name}_uint8", pixels, LEVELS)
        if f"{name}_uint8_crop" in golden:
            top, left = ((side - 64) // 2 for side in pixels.shape[1:3])
            yield golden.compared(f"{name}_uint8_crop", pixels[:, top : top + 64, left : left + 64], LEVELS)


def checkpoint_named(folder: Path, name: str) -> Path:
    """ "mini256" -> dallebart_mini_256.  Raises CheckpointError."""
    for path in sorted(folder.glob("dallebart_*")):
        if path.name.removeprefix("dallebart_").replace("_", "") == name.replace("_", ""):
            return path
    raise CheckpointError(f"{folder / 'end_to_end.npz'}: no checkpoint beside it for {name}")


def draw(folder: Path, vqgan: Path, prompts: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Greedy codes (B, L) at guidance 10, and their pixels (B, H, W, 3) in 8 bits."""
    dalle = load_dalle_bart(folder)
    text = prompt_tokenizer(folder, dalle)
    checkpoint = Checkpoint(folder.name, dalle, load_vqgan(vqgan), text, ORIGINAL_SAMPLING)
    model, pictures = DalleCodeModel(checkpoint, slots=2 * len(prompts)), len(prompts)
    slots = torch.arange(2 * pictures)
    model.prefill(slots, model.encode_texts([*prompts, *[None] * pictures]))
    codes = torch.full((pictures, 1 + model.image_length), model.start_token)
    for position in range(model.image_length):
        here = torch.full((2 * pictures,), position)
        logits = model.decode_one_token(slots, codes[:, position].repeat(2), here)
        codes[:, position + 1] = guided_logits(logits, 10).argmax(-1)
    return codes[:, 1:], model.detokenize(codes[:, 1:])


# ------------------------------------------------------------------------------------------------------- text


def prompt_tokenizer(folder: Path, model: DalleBart) -> PromptTokenizer:
    """The checkpoint's own; where it has no list of words, with the one in text/ beside it."""
    tokenizer = load_prompt_tokenizer(folder, model.config)
    if tokenizer.normalizer is not None and not (folder / WORDS).is_file():
        tokenizer.normalizer = normalizer(folder.resolve().parent / "text")
    return tokenizer


def normalizer(folder: Path) -> TextNormalizer:
    """With the folder's list of words, if it has one."""
    return TextNormalizer(WordList(folder / WORDS) if (folder / WORDS).is_file() else ())


def compare_normalizer(folder: Path) -> Iterator[Comparison]:
    """Prompts, and hashtags alone."""
    ours, cases = normalizer(folder), read_json(folder / "normalizer.json")["cases"]
    wrong = sum(ours(case["input"]) not in case.get("output_any_of", [case.get("output")]) for case in cases)
    yield Comparison(folder.name, "normalizer", wrong, EXACT)
    if (folder / "hashtags.json").is_file():
        hashtags = json.loads((folder / "hashtags.json").read_text(encoding="utf-8"))
        split = [ours.split_hashtag(case["input"]) for case in hashtags]
        yield texts_compared(folder, "hashtags", split, [case["output"] for case in hashtags])


def compare_tokenizer(folder: Path) -> Iterator[Comparison]:
    """Texts to ids, with the cases in text/ beside the folder, from either form of its files."""
    path = folder.resolve().parent / "text" / "tokenizer.json"
    if not path.is_file():
        return
    cases = read_json(path)
    for source, tokenizer in (
        ("tokenizer.json", load_tokenizer(folder / "tokenizer.json")),
        ("vocab.json and merges.txt", load_byte_level_bpe(folder)),
    ):
        tokenize = PromptTokenizer(tokenizer, length=cases["max_length"], vocab_size=cases["vocab_size"])
        ids, mask = tokenize([case["text"] for case in cases["cases"]])
        golden = torch.full_like(ids, cases["pad_token_id"])
        for row, case in zip(golden, cases["cases"], strict=True):
            row[: case["length"]] = torch.tensor(case["input_ids"])
        lengths = torch.tensor([case["length"] for case in cases["cases"]])
        yield Comparison(folder.name, f"ids by {source}", difference(ids, golden), EXACT)
        yield Comparison(folder.name, f"lengths by {source}", difference(mask.sum(1), lengths), EXACT)


def texts_compared(folder: Path, quantity: str, ours: Sequence[str], golden: Sequence[str]) -> Comparison:
    wrong = sum(one != other for one, other in zip(ours, golden, strict=True))
    return Comparison(folder.name, quantity, wrong, EXACT)


# ----------------------------------------------------------------------------------------------- command line


def with_subfolders(folder: Path) -> Iterator[Path]:
    """A folder, and those in it, in the order of their names."""
    yield folder
    yield from sorted(path for path in folder.iterdir() if path.is_dir())


def run(paths: Sequence[Path]) -> int:
    """Compare all and print; returns the exit code."""
    worst = 0
    for path in paths:
        if not path.exists():
            print(f"{path}: there is no such folder", file=sys.stderr)
            return 2
        found = False
        for folder in with_subfolders(path) if path.is_dir() else ():
            try:
                for comparison in compare(folder):
                    found = True
                    print(json.dumps(comparison.to_json()), flush=True)
                    worst = max(worst, not comparison.passes)
            except CheckpointError as error:
                found, worst = True, max(worst, 1)
                print(json.dumps({"folder": folder.name, "error": str(error), "passes": False}), flush=True)
        if not found:
            print(f"{path}: nothing to compare", file=sys.stderr)
            worst = worst if path.is_file() else 2  # a file that a pattern named is no mistake
    return worst


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", metavar="FOLDER", nargs="+", type=Path)
    raise SystemExit(run(parser.parse_args().folders))
