"""A model of a few lines that paints tiles, for every test that needs an engine and no pictures worth looking at."""

import zlib
from collections.abc import Sequence

import torch
from torch import Tensor

from inference.contract import PLAIN_EVERY
from inference.engine.code_model import EncodedTexts
from inference.models.sampling import SamplingParams
from inference.text.colours import COLOURS
from inference.text.compositions import Composition
from inference.text.drafts import Draft
from inference.text.reader import Reading


class FakeCodeModel:
    """Each code is a tile of its own colour.  What comes next depends on the text and on all codes before, which each
    slot remembers: mixed-up rows, missed steps and slots that were not filled anew change the picture."""

    name = "fake"
    device = torch.device("cpu")
    reads_pictures = True
    few_words = False
    start_token = 16
    vocab_size = 16
    tile = 4

    def __init__(self, slots: int = 8, grid_side: int = 4) -> None:
        self.slots = slots
        self.grid_side = grid_side
        self.image_length = grid_side**2
        self.picture_side = self.drawn_side = grid_side * self.tile
        self.recommended = SamplingParams(guidance_scale=3.0, temperature=1.0, top_k=8, top_p=1.0)
        self.memory = torch.zeros(slots, dtype=torch.long)
        self.decoded: list[int] = []  # rows of each step

    def interpret(self, prompt: str, seed: int, varied: int | None = None) -> Reading:
        return Reading(prompt)

    def encode_texts(self, texts: Sequence[str | None]) -> EncodedTexts:
        states = torch.tensor([[[0.0 if text is None else 1.0 + zlib.crc32(text.encode()) % 89]] for text in texts])
        return EncodedTexts(states, torch.ones(len(texts), 1))

    def prefill(self, slots: Tensor, texts: EncodedTexts) -> None:
        self.memory[slots] = texts.states[:, 0, 0].long()

    def copy(self, sources: Tensor, targets: Tensor, length: int) -> None:
        self.memory[targets] = self.memory[sources]

    def decode_one_token(self, slots: Tensor, tokens: Tensor, positions: Tensor) -> Tensor:
        self.decoded.append(len(slots))
        self.memory[slots] = (self.memory[slots] * 31 + tokens * 7 + positions) % 97
        return 2 * torch.cos(torch.outer(self.memory[slots] + 1.0, torch.arange(1.0, self.vocab_size + 1)))

    def detokenize(self, codes: Tensor) -> Tensor:
        levels = torch.stack([codes * 16, 255 - codes * 16, codes * 5], -1).to(torch.uint8)  # (B, L, 3)
        tiles = levels.view(-1, self.grid_side, self.grid_side, 3)
        return tiles.repeat_interleave(self.tile, 1).repeat_interleave(self.tile, 2)

    def encode_image(self, pixels: Tensor) -> Tensor:
        return pixels[:, :: self.tile, :: self.tile, 0].flatten(1).long() // 16


class PaintingModel(FakeCodeModel):
    """Draws a red square before white, of which `a blue thing` is painted blue."""

    def interpret(self, prompt: str, seed: int, varied: int | None = None) -> Reading:
        blue = Composition((Draft("a thing", "blue"),))
        return Reading(prompt, composition=blue if prompt == "a blue thing" else None)

    def detokenize(self, codes: Tensor) -> Tensor:
        pixels = torch.full((len(codes), 64, 64, 3), 255, dtype=torch.uint8)
        pixels[:, 16:48, 16:48] = torch.tensor(COLOURS["red"], dtype=torch.uint8)
        return pixels


class FillingModel(FakeCodeModel):
    """Draws all seeds but every fourth from more than the prompt."""

    def interpret(self, prompt: str, seed: int, varied: int | None = None) -> Reading:
        filled = f"in colour {seed % PLAIN_EVERY}" if seed % PLAIN_EVERY else ""
        return Reading(f"{prompt} {filled}" if filled else prompt, filled=filled)


class ComposingModel(PaintingModel):
    """Draws "a and b" as both of them, side by side."""

    def interpret(self, prompt: str, seed: int, varied: int | None = None) -> Reading:
        drafts = tuple(Draft(name) for name in prompt.split(" and "))
        return Reading(prompt, composition=Composition(drafts, "beside") if len(drafts) > 1 else None)

    def detokenize(self, codes: Tensor) -> Tensor:
        """Of each row of codes a square in a colour that goes by all of them."""
        pixels = torch.full((len(codes), 64, 64, 3), 255, dtype=torch.uint8)
        weighed = codes @ torch.arange(1, codes.shape[1] + 1)
        colours = torch.stack([weighed % 199, weighed % 197, weighed % 193], -1).to(torch.uint8)
        pixels[:, 16:48, 16:48] = colours[:, None, None]
        return pixels
