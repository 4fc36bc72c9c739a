"""What a precision costs in exactness: the same codes, decoded in float32 and in another precision.

Pictures are drawn in float32; both precisions read their codes, one at a time. Compared are the logits after guidance,
the likeliest code of each place, and the code that is drawn with the model's own sampling and the same noise.
The pixels are those of the same codes. And what company costs: pictures of the same prompts and seeds, drawn alone and
together in that precision. In int8 also where the error comes from: the same codes, all in float32 but for the inputs
and weights of one product of each layer, of the head, of the text's keys and values, or but for the caches.
Prints one JSON object; differences of logits are in shares of their deviation.

    python -m benchmarks.rounding [--model builtin] [--precision int8] [--pictures 8]
"""

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from inference.checkpoints.load import load_model
from inference.engine.dalle import DalleCodeModel
from inference.engine.sampler import SamplingRows, guide, gumbel_noise, sample
from inference.models.packed.decoder import PackedDecoder
from inference.native.cores import usable_cores
from inference.native.precision import Precision
from inference.training.evaluation.drawing import draw

PROMPTS = (
    "a red heart", "a balrog playing chess", "two blue birds on a tree", "a castle at night", "a yellow taxi in rain",
    "a bowl of soup", "an astronaut riding a horse", "a green frog on a purple background",
)  # fmt: skip
PARTS = {"text keys and values": ("_text",), "head": ("_head",), "caches": ("_caches", "_text_caches")}
PRODUCTS = ("qkv", "out", "text_q", "text_out", "gate_up", "down")
"""Where numbers are rounded: in parts of the decoder, and in products that each of its layers has."""


class Reader:
    """One precision's logits for pictures whose codes are known."""

    def __init__(self, model: DalleCodeModel, pictures: int) -> None:
        self.model, self.slots = model, torch.arange(2 * pictures)
        prompts = [PROMPTS[index % len(PROMPTS)] for index in range(pictures)]
        model.prefill(self.slots, model.encode_texts([*prompts, *[None] * pictures]))
        self.scale = torch.full((pictures, 1), model.recommended.guidance_scale)

    def __call__(self, tokens: Tensor, position: int) -> Tensor:
        """Codes (B,) at a position -> guided logits (B, V)."""
        positions = torch.full_like(self.slots, position)
        conditional, unconditional = self.model.decode_one_token(self.slots, tokens.repeat(2), positions).chunk(2)
        return guide(conditional, unconditional, self.scale)


@contextmanager
def rounded_at(place: str, exact: DalleCodeModel, other: DalleCodeModel) -> Iterator[None]:
    """While it lasts, `exact` computes as `other` does in one place."""
    ours, theirs = exact._decoder, other._decoder  # noqa: SLF001  # what is taken apart has no public parts
    if not isinstance(ours, PackedDecoder) or not isinstance(theirs, PackedDecoder):
        raise TypeError(f"{exact.name} has layers that are not taken apart")
    layers = zip(ours._layers, theirs._layers, strict=True)  # noqa: SLF001  # as above
    swapped: list[tuple[object, object, str]]
    if place in PRODUCTS:
        swapped = [(layer, rounded, place) for layer, rounded in layers]
    else:
        swapped = [(ours, theirs, name) for name in PARTS[place]]
    before = [getattr(owner, name) for owner, _, name in swapped]
    for owner, rounded, name in swapped:
        setattr(owner, name, getattr(rounded, name))
    yield
    for (owner, _, name), kept in zip(swapped, before, strict=True):
        setattr(owner, name, kept)


def error_of(rounded: Tensor, true: Tensor) -> Tensor:
    """The deviation of the difference of logits (B, V), in shares of their own."""
    return (rounded - true).std() / true.std()


@torch.inference_mode()
def main(model: str, precision: Precision, pictures: int) -> dict[str, Any]:
    torch.set_num_threads(usable_cores())
    exact = DalleCodeModel(load_model(model), slots=2 * pictures)
    other = DalleCodeModel(load_model(model, precision.dtype), slots=2 * pictures, precision=precision)
    readers = Reader(exact, pictures), Reader(other, pictures)
    rows = SamplingRows.of([exact.recommended] * pictures, exact.vocab_size)
    generators = [torch.Generator().manual_seed(index) for index in range(pictures)]
    codes = torch.full((pictures, 1 + exact.image_length), exact.start_token)
    logits, errors, likeliest, drawn = [], [], [], []
    for position in range(exact.image_length):
        true, rounded = (reader(codes[:, position], position) for reader in readers)
        noise = gumbel_noise(generators, exact.vocab_size)
        logits.append(true)
        errors.append(error_of(rounded, true))
        likeliest.append((rounded.argmax(-1) == true.argmax(-1)).float().mean())
        codes[:, position + 1] = sample(true, rows, noise)
        drawn.append((sample(rounded, rows, noise) == codes[:, position + 1]).float().mean())
    places = {}
    for place in (*PRODUCTS, *PARTS) if precision is Precision.INT8 else ():
        with rounded_at(place, exact, other):
            reader = Reader(exact, pictures)
            each = [error_of(reader(codes[:, at], at), true) for at, true in enumerate(logits)]
        places[place] = round(torch.stack(each).mean().item(), 4)
    pixels = [model.detokenize(codes[:, 1:]).int() for model in (exact, other)]
    orders = [(PROMPTS[index % len(PROMPTS)], index) for index in range(pictures)]
    company = zip(draw(other, orders), (draw(other, [order])[0] for order in orders), strict=True)
    return {
        "model": exact.name,
        "precision": precision,
        "codes": codes[:, 1:].numel(),
        "logits_error": round(torch.stack(errors).mean().item(), 4),
        "of_these_alone": places,
        "likeliest_code_agrees": round(torch.stack(likeliest).mean().item(), 4),
        "drawn_code_agrees": round(torch.stack(drawn).mean().item(), 4),
        "pixels_differ_by_at_most": int((pixels[0] - pixels[1]).abs().max()),
        "pixels_that_differ": round((pixels[0] != pixels[1]).float().mean().item(), 5),
        "same_alone_and_together": sum((together == alone).all() for together, alone in company) / pictures,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="builtin")
    parser.add_argument("--precision", type=Precision, default=Precision.INT8)
    parser.add_argument("--pictures", type=int, default=8)
    arguments = parser.parse_args()
    print(json.dumps(main(arguments.model, arguments.precision, arguments.pictures)))
