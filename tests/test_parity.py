"""The original's numbers, from the files in fixtures/golden; the README there says what each is and its tolerance."""

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from inference.backends.dalle import DalleBackend
from inference.checkpoints import ORIGINAL_SAMPLING, Checkpoint, load_dalle_bart, load_vqgan
from inference.models.dalle_bart import DalleBart
from inference.sampler import SamplingRows, filter_logits, guide, sample
from inference.sequence import SamplingParams
from inference.text import TextNormalizer
from inference.tokenizer_files import load_prompt_tokenizer

FIXTURES = Path(__file__).parent / "fixtures"
GOLDEN = FIXTURES / "golden"
VARIANTS = sorted(path.name for path in (FIXTURES / "variants").iterdir() if path.is_dir())
FOLDERS = ["dallebart_mini", "dallebart_mini_256", "dallebart_mega_fp16", "dallebart_mega_256"]
SHORT = ["dallebart_mini", "dallebart_mega_fp16"]
TEXTS = ["", "_uncond"]

Choice = Callable[[Tensor, int], Tensor]
"""Logits (R, V) and a position -> codes (B,)."""


@functools.cache
def network(folder: str) -> DalleBart:
    return load_dalle_bart(GOLDEN / folder)


@functools.cache
def arrays(folder: str) -> dict[str, Tensor]:
    with np.load(GOLDEN / folder / "golden.npz") as stored:
        return {name: torch.from_numpy(array) for name, array in stored.items()}


@functools.cache
def notes(folder: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((GOLDEN / folder / "golden.json").read_text(encoding="utf-8"))
    return values


@functools.cache
def words() -> list[str]:
    lines = (GOLDEN / "text" / "enwiki-words-frequency.txt").read_text(encoding="utf-8").splitlines()
    return [line.split()[0] for line in lines]


def difference(ours: Tensor, golden: Tensor) -> float:
    assert ours.shape == golden.shape
    return (ours - golden).abs().max().item()


def decode(folder: str, choose: Choice, *, guided: bool) -> tuple[Tensor, list[Tensor]]:
    """Draw all codes one at a time through the cache; returns codes (B, L) and the logits of each step (R, V)."""
    model, golden = network(folder), arrays(folder)
    batch, length = golden["input_ids"].shape[0], model.config.image_length
    texts = TEXTS if guided else TEXTS[:1]
    states = torch.cat([model.encode(golden[f"input_ids{text}"], golden[f"attention_mask{text}"]) for text in texts])
    mask = torch.cat([golden[f"attention_mask{text}"] for text in texts])
    cache = model.new_cache(slots=len(mask) + 3, text_length=mask.shape[1])
    slots = torch.arange(len(mask)).flip(0) + 2
    model.prefill(cache, slots, states, mask)
    tokens, codes, steps = torch.full((batch,), model.config.start_token), [], []
    for position in range(length):
        here = torch.full((len(mask),), position)
        logits = model.decode_one_token(cache, slots, tokens.repeat(len(texts)), here)
        steps.append(logits)
        tokens = choose(logits, position)
        codes.append(tokens)
    return torch.stack(codes, 1), steps


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("text", TEXTS)
def test_encoder_states(folder: str, text: str) -> None:
    """The text encoder gives the original's states, at padded positions too."""
    golden = arrays(folder)
    with torch.no_grad():
        states = network(folder).encode(golden[f"input_ids{text}"], golden[f"attention_mask{text}"])
    assert difference(states, golden[f"encoder_last_hidden{text}"]) < 2e-5


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("text", TEXTS)
def test_teacher_forced_logits(folder: str, text: str) -> None:
    """All codes at once give the original's logits."""
    golden, model = arrays(folder), network(folder)
    mask = golden[f"attention_mask{text}"]
    with torch.no_grad():
        states = model.encode(golden[f"input_ids{text}"], mask)
        logits = model(golden["decoder_input_ids"], states, mask)
    assert difference(logits, golden[f"logits{text}"]) < 1e-4


@pytest.mark.parametrize("folder", VARIANTS)
def test_variants(folder: str) -> None:
    """Settings that no published model uses, but that the original knows, give its states and logits too."""
    with np.load(FIXTURES / "variants" / folder / "golden.npz") as stored:
        golden = {name: torch.from_numpy(array) for name, array in stored.items()}
    model = load_dalle_bart(FIXTURES / "variants" / folder)
    with torch.no_grad():
        states = model.encode(golden["ids"], golden["mask"])
        logits = model(golden["dec"], states, golden["mask"])
    assert difference(states, golden["h"]) < 2e-5
    assert difference(logits, golden["logits"]) < 1e-4


@pytest.mark.parametrize("folder", FOLDERS)
def test_cached_logits(folder: str) -> None:
    """One code at a time through the cache gives the original's logits, cached and teacher forced."""
    golden = arrays(folder)
    _, steps = decode(folder, lambda _logits, position: golden["image_tokens"][:, position].long(), guided=False)
    logits = torch.stack(steps, 1)  # (B, L, V)
    assert difference(logits[:, golden["cached_positions"].long()], golden["cached_logits"]) < 1e-4
    assert difference(logits, golden["logits"]) < 1e-4


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("scale", [1, 3, 10])
def test_greedy_codes(folder: str, scale: int) -> None:
    """The best code at every step is the original's, at every guidance scale."""

    def choose(logits: Tensor, _position: int) -> Tensor:
        return guided_logits(logits, scale).argmax(-1)

    codes, _ = decode(folder, choose, guided=scale > 1)
    assert codes.tolist() == arrays(folder)[f"greedy_scale{scale}"][:, 1:].tolist()


@pytest.mark.parametrize("folder", SHORT)
@pytest.mark.parametrize("scale", [1, 10])
@pytest.mark.parametrize("index", range(6))
def test_filtered_logits(folder: str, scale: int, index: int) -> None:
    """Temperature, top-k and top-p leave the same codes as in the original, with the same logits."""
    golden, model = arrays(folder), network(folder)
    logits = []
    with torch.no_grad():
        for text in TEXTS if scale > 1 else TEXTS[:1]:
            mask = golden[f"attention_mask{text}"]
            states = model.encode(golden[f"input_ids{text}"], mask)
            logits.append(model(golden["decoder_input_ids"], states, mask)[:, int(golden["filter_step"])])
    params = sampling_params(notes(folder)["filters"][index])
    rows = SamplingRows.of([params] * len(logits[0]), model.config.vocab_size)
    ours, original = (
        filter_logits(guided_logits(torch.cat(logits), scale), rows),
        golden[f"filtered_{index}_scale{scale}"],
    )
    kept = ~original.isinf()
    assert (~ours.isinf()).tolist() == kept.tolist()
    assert difference(ours[kept], original[kept]) < 1e-4 * (2 * scale - 1) / params.temperature


@pytest.mark.parametrize("folder", SHORT)
@pytest.mark.parametrize("run", range(5))
def test_sampled_codes(folder: str, run: int) -> None:
    """From the original's noise come the original's codes, exactly."""
    golden, settings = arrays(folder), notes(folder)["sampled_runs"][run]
    scale, noise = settings["scale"], golden[f"sampled_{run}_gumbel"]
    params = sampling_params(notes(folder)["filters"][settings["filter"]])
    rows = SamplingRows.of([params] * len(noise), network(folder).config.vocab_size)

    def choose(logits: Tensor, position: int) -> Tensor:
        return sample(guided_logits(logits, scale), rows, noise[:, position])

    codes, _ = decode(folder, choose, guided=scale > 1)
    assert codes.tolist() == golden[f"sampled_{run}_sequences"][:, 1:].tolist()


def guided_logits(logits: Tensor, scale: float) -> Tensor:
    """Of the (R, V) logits the second half is unconditional, unless the scale is 1."""
    if scale == 1:
        return logits
    conditional, unconditional = logits.chunk(2)
    return guide(conditional, unconditional, torch.tensor(float(scale)))


def sampling_params(settings: dict[str, Any]) -> SamplingParams:
    """The original's way to leave settings out: no top-k given means 50."""
    return SamplingParams(
        temperature=settings["temperature"] or 1.0,
        top_k=50 if settings["top_k"] is None else settings["top_k"],
        top_p=settings["top_p"] or 1.0,
    )


def test_vqgan_encodes() -> None:
    """Pictures give the original's latents and, exactly, its codes."""
    golden, model = arrays("vqgan"), load_vqgan(GOLDEN / "vqgan")
    pixels = golden["pixels_in"].permute(0, 3, 1, 2)
    with torch.no_grad():
        assert difference(model.latents(pixels).permute(0, 2, 3, 1), golden["encoder_out"]) < 3e-4
        codes = model.encode(pixels)
        assert codes.tolist() == golden["encode_indices"].flatten(1).tolist()
        assert difference(model.codebook(codes).view_as(golden["quantized"]), golden["quantized"]) < 1e-6
        assert difference(model.detokenize(codes).permute(0, 2, 3, 1), golden["reconstruction"]) < 5e-5


def test_vqgan_decodes() -> None:
    """Codes give the original's pixels, small and at 256 x 256."""
    golden, model = arrays("vqgan"), load_vqgan(GOLDEN / "vqgan")
    with torch.no_grad():
        small = model.detokenize(golden["indices"]).permute(0, 2, 3, 1)
        big = model.detokenize(golden["indices_big"]).permute(0, 2, 3, 1)
    assert difference(small, golden["decoded"]) < 5e-5
    assert list(big.shape) == golden["decoded_big_shape"].tolist()
    assert difference(big[:, ::8, ::8], golden["decoded_big_every8"]) < 5e-5
    crop = big.clamp(0, 1).mul(255).to(torch.uint8)[:, :64, -64:]
    assert difference(crop.int(), golden["decoded_big_uint8_crop"].int()) <= 1
    assert difference(big.mean((1, 2)), golden["decoded_big_mean"]) < 5e-5
    assert difference(big.std((1, 2), correction=0), golden["decoded_big_std"]) < 5e-5


@pytest.mark.parametrize("folder", FOLDERS)
def test_prompts_to_ids(folder: str) -> None:
    """Prompts, normalised and tokenised, give the original's ids and masks, and so does no prompt."""
    golden, prompts = arrays(folder), notes(folder)["prompts"]
    tokenizer = load_prompt_tokenizer(GOLDEN / folder, network(folder).config)
    tokenizer.normalizer = TextNormalizer(words())
    assert [tokenizer.normalizer(prompt) for prompt in prompts] == notes(folder)["normalized"]
    for suffix, texts in (("", prompts), ("_uncond", [None] * len(prompts))):
        ids, mask = tokenizer(texts)
        assert ids.tolist() == golden[f"input_ids{suffix}"].tolist()
        assert mask.tolist() == golden[f"attention_mask{suffix}"].tolist()


@pytest.mark.parametrize(("name", "folder"), [("mini", "dallebart_mini"), ("mini256", "dallebart_mini_256")])
def test_end_to_end(name: str, folder: str) -> None:
    """From prompts to 8-bit pictures, through the same calls that the engine makes."""
    with np.load(GOLDEN / "end_to_end.npz") as stored:
        golden = {key: torch.from_numpy(array) for key, array in stored.items()}
    prompts = notes(folder)["prompts"][: len(golden[f"{name}_codes"])]
    text = load_prompt_tokenizer(GOLDEN / folder, network(folder).config)
    text.normalizer = TextNormalizer(words())
    checkpoint = Checkpoint(folder, network(folder), load_vqgan(GOLDEN / "vqgan"), text, ORIGINAL_SAMPLING)
    backend, pictures = DalleBackend(checkpoint, slots=6), len(prompts)
    slots = torch.arange(2 * pictures)
    backend.prefill(slots, backend.encode_texts([*prompts, *[None] * pictures]))
    codes = torch.full((pictures, 1 + backend.image_length), backend.start_token)
    for position in range(backend.image_length):
        here = torch.full((2 * pictures,), position)
        logits = backend.decode_one_token(slots, codes[:, position].repeat(2), here)
        codes[:, position + 1] = guided_logits(logits, 10).argmax(-1)
    assert codes[:, 1:].tolist() == golden[f"{name}_codes"].tolist()
    pixels = backend.detokenize(codes[:, 1:])
    if name == "mini":
        assert difference(pixels.int(), golden["mini_uint8"].int()) <= 1
    else:
        assert difference(pixels[:, 96:160, 96:160].int(), golden["mini256_uint8_crop"].int()) <= 1
