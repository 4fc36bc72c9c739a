"""From checkpoints to the model that ships: averaged weights, tables folded, 16-bit numbers.

In: a codec checkpoint and a text → codes checkpoint. Out: a folder that `inference.checkpoints.load_builtin` reads.

`python -m inference.training.export --codec CHECKPOINT --dalle CHECKPOINT --out FOLDER`
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from inference.checkpoints import BUILTIN_FOLDER, save_builtin
from inference.training.dalle import load_dalle
from inference.training.vqgan import load_codec


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the built-in model from two checkpoints."""
    parser = argparse.ArgumentParser(description="Write the built-in model from training checkpoints.")
    parser.add_argument("--codec", type=Path, default=Path("runs/vqgan/checkpoint.pt"))
    parser.add_argument("--dalle", type=Path, default=Path("runs/dalle/checkpoint.pt"))
    parser.add_argument("--out", type=Path, default=BUILTIN_FOLDER)
    options = parser.parse_args(arguments)
    save_builtin(options.out, load_dalle(options.dalle), load_codec(options.codec))
    size = sum(path.stat().st_size for path in options.out.iterdir() if path.is_file())
    sys.stdout.write(f"Wrote {options.out} ({size / 1e6:.1f} MB)\n")


if __name__ == "__main__":
    main()
