"""Draws docs/grid.png, the README's picture: nine prompts, one picture each, seed 0, as they come."""

from pathlib import Path

from bot.generation.grid import compose
from inference.contract import GenerationRequest, Image
from inference.engine.loading import load_engine

PROMPTS = (
    "a red heart on a blue background",
    "a castle at night",
    "a frog wearing a crown",
    "a penguin in the snow",
    "two cats",
    "an owl reading a book in a library",
    "a red apple and a green apple",
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
