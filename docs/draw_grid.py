"""Draws docs/grid.png, the README's picture: nine prompts, one picture each, seed 0, as they come."""

from pathlib import Path

from bot.generation.grid import compose
from inference.contract import GenerationRequest, Image
from inference.engine.loading import load_engine

PROMPTS = (
    "a red heart on a blue background",
    "a castle at night",
    "a purple horse",
    "a penguin in the snow",
    "two cats",
    "a robot in space",
    "a pizza",
    "a cactus in the desert",
    "a yellow star on a purple background",
)


def draw() -> list[bytes]:
    """One PNG a prompt, in the order of PROMPTS."""
    engine = load_engine()
    for index, prompt in enumerate(PROMPTS):
        engine.add(str(index), GenerationRequest(prompt=prompt, images=1, seed=0, preview=False))
    drawn = {}
    while engine.busy:
        for name, event in engine.step():
            if isinstance(event, Image):
                drawn[int(name)] = event.png
    return [drawn[index] for index in range(len(PROMPTS))]


if __name__ == "__main__":
    (Path(__file__).parent / "grid.png").write_bytes(compose(draw()))
