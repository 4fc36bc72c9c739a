"""Sheets of fixed prompts from a model in training, as it would draw them when it ships.

In: a DalleBart, a codec, a text encoder and prompts. Out: one picture. It knows nothing of training.
"""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from inference.checkpoints.builtin import BUILTIN_SAMPLING
from inference.checkpoints.checkpoint import Checkpoint
from inference.contract import PLAIN_EVERY
from inference.engine.dalle import DalleCodeModel
from inference.models.dalle_bart import DalleBart
from inference.models.text_encoder import SentenceEncoder
from inference.models.vqgan import VQGAN
from inference.training.data.stream import contact_sheet
from inference.training.evaluation.drawing import draw

PROMPTS = (
    "a red heart on a blue background", "a cat", "two cats", "a castle at night", "a purple horse",
    "a robot on the moon", "a robot in space", "a dog", "a green dragon", "a wizard", "a ghost on a black background",
    "three apples", "a guitar", "a tiger in a forest", "a whale in the sea", "a cactus in the desert",
    "a rocket in space", "a penguin in the snow", "a cat to the left of a dog", "a crown above a frog",
    "a bear wearing a top hat", "a monkey riding a horse", "a flat illustration of a fox",
    "a yellow star on a purple background", "a pizza", "a rose", "a unicorn at sunset", "a skull on a red background",
    "a car in the city", "an astronaut on the moon", "five blue birds", "four balloons",
)  # fmt: skip


def sample_sheet(
    model: DalleBart, codec: VQGAN, encoder: SentenceEncoder, prompts: Sequence[str], seed: int = 0
) -> Image.Image:
    """A sheet with one picture a prompt, its prompt underneath; picture k has the k-th seed from `seed` on that draws a
    prompt as it is."""
    checkpoint = Checkpoint("samples", model, codec, encoder, BUILTIN_SAMPLING)
    loaded = DalleCodeModel(checkpoint, slots=2 * len(prompts))
    return contact_sheet(
        draw(loaded, [(prompt, seed + PLAIN_EVERY * index) for index, prompt in enumerate(prompts)]), prompts
    )
