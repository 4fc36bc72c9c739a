"""A page to look at: what a model draws for 120 prompts such as people write in a chat, four pictures each, not chosen.

In: a model, and `assets/evaluation/chat.txt`. Out: one HTML document. No judge looks at it; a person does.

`python -m inference.training.evaluation.chat [--model NAME] [--out FILE]`
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from inference.checkpoints.load import load_model
from inference.checkpoints.weights import CheckpointError
from inference.engine.dalle import DalleCodeModel
from inference.training.evaluation.drawing import draw
from inference.training.evaluation.page import gallery
from inference.training.evaluation.questions import EVALUATION_FOLDER
from inference.training.loop import use_threads

CHAT = EVALUATION_FOLDER / "chat.txt"
PICTURES = 4


def read_prompts(path: Path = CHAT) -> list[str]:
    """One prompt a line; empty lines are none."""
    return [line.strip() for line in path.read_text("utf-8").splitlines() if line.strip()]


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw all prompts and write the page."""
    parser = argparse.ArgumentParser(
        prog="easel train chat", description="Draw prompts such as people write, to look at; nothing is measured."
    )
    parser.add_argument("--model", default="builtin", help="a model's name, or its folder (builtin)")
    parser.add_argument("--out", type=Path, default=Path("chat.html"), help="where the page goes (chat.html)")
    parser.add_argument("--prompts", type=Path, default=CHAT, help="a file with one prompt a line, instead of the 120")
    parser.add_argument("--seed", type=int, default=0, help="picture k of a prompt has this seed + k (0)")
    parser.add_argument("--threads", type=int, default=0, help="threads of the model; 0 is one for each core")
    options = parser.parse_args(arguments)
    use_threads(options.threads)
    try:
        checkpoint, prompts = load_model(options.model), read_prompts(options.prompts)
    except (CheckpointError, OSError) as error:
        parser.error(str(error))
    orders = [(prompt, options.seed + index) for prompt in prompts for index in range(PICTURES)]
    pictures = draw(DalleCodeModel(checkpoint, slots=96), orders)
    grids = [(prompt, pictures[PICTURES * at : PICTURES * (at + 1)]) for at, prompt in enumerate(prompts)]
    options.out.write_text(gallery(checkpoint.name, grids), "utf-8")
    sys.stdout.write(f"Wrote {options.out}: {len(prompts)} prompts, {PICTURES} pictures each\n")


if __name__ == "__main__":
    main()
