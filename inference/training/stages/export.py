"""From checkpoints to the model that ships: averaged weights, tables folded, 16-bit numbers.

In: checkpoints of the codec, of text → codes and, if there is one, of the ranking judge; or one of the evaluation's
judge. Out: a folder that `inference.checkpoints.builtin.load_builtin` reads; or the folder that `evaluate` reads.

`python -m inference.training.stages.export --codec CHECKPOINT --dalle CHECKPOINT [--clip CHECKPOINT] --out FOLDER`
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from inference.checkpoints.builtin import BUILTIN_FOLDER, load_judge, save_builtin
from inference.checkpoints.text_encoder import load_sentence_encoder
from inference.checkpoints.weights import read_json, read_weights
from inference.models.judge import PictureJudge
from inference.training.data.packages import DEFAULT_CACHE, attributions
from inference.training.evaluation.ceilings import write_evaluation
from inference.training.evaluation.questions import EVALUATION_FOLDER
from inference.training.stages.clip import load_judge_checkpoint
from inference.training.stages.dalle import load_dalle
from inference.training.stages.detection import load_detector_checkpoint
from inference.training.stages.vqgan import load_codec

_DATA_START, _DATA_END = "<!-- data: written by easel train export -->\n", "<!-- end of data -->\n"


def write_attributions(card: Path) -> None:
    """Put the table of data packages between the marks of a model card; a card without marks stays as it is."""
    if not card.is_file():
        return
    before, started, rest = card.read_text("utf-8").partition(_DATA_START)
    _, ended, after = rest.partition(_DATA_END)
    if started and ended:
        card.write_text(before + started + attributions() + ended + after, "utf-8")


def _judge(out: Path, checkpoint: Path | None) -> PictureJudge | None:
    """The judge of a checkpoint; without one, the judge that the folder has had so far."""
    if checkpoint is not None:
        return load_judge_checkpoint(checkpoint)
    if not (out / "judge.safetensors").is_file():
        return None
    return load_judge(out, read_json(out / "config.json")["judge"], load_sentence_encoder())


def _check_given(options: argparse.Namespace) -> None:
    """Raises FileNotFoundError that names the checkpoint which is missing, and the command that writes it."""
    needed = ("detector",) if options.detector is not None else ("codec", "dalle", "clip", "text")
    for name in needed:
        file: Path | None = getattr(options, name)
        if file is not None and not file.exists():
            stage = "vqgan" if name == "codec" else name
            raise FileNotFoundError(f"{file} is not there: run easel train {stage} first, or name it with --{name}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Write a model, or the evaluation's judge, from checkpoints."""
    parser = argparse.ArgumentParser(prog="easel train export", description="Write a model from training checkpoints.")
    parser.add_argument("--codec", type=Path, default=Path("runs/vqgan/checkpoint.pt"), help="of `easel train vqgan`")
    parser.add_argument("--dalle", type=Path, default=Path("runs/dalle/checkpoint.pt"), help="of `easel train dalle`")
    parser.add_argument("--clip", type=Path, help="of `easel train clip`; else OUT keeps the judge it has, if any")
    parser.add_argument("--text", type=Path, help="of `easel train text`; else OUT keeps what it has, if anything")
    parser.add_argument("--out", type=Path, default=BUILTIN_FOLDER, help="the model's folder (the built-in model's)")
    parser.add_argument("--detector", type=Path, help="write the evaluation's judge instead, from this checkpoint")
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE, help="icons that the judge is measured on")
    options = parser.parse_args(arguments)
    _check_given(options)
    if options.detector is not None:
        out = EVALUATION_FOLDER
        numbers = write_evaluation(out, load_detector_checkpoint(options.detector), options.cache.expanduser())
        sys.stdout.write("".join(f"{name} {value:.4f} on real renderings\n" for name, value in numbers.items()))
    else:
        out = options.out
        upper = None if options.text is None else read_weights(options.text)
        dalle, codec = load_dalle(options.dalle), load_codec(options.codec)
        save_builtin(out, dalle, codec, judge=_judge(out, options.clip), upper=upper)
        write_attributions(out / "README.md")
    size = sum(path.stat().st_size for path in out.iterdir() if path.is_file())
    sys.stdout.write(f"Wrote {out} ({size / 1e6:.1f} MB)\n")


if __name__ == "__main__":
    main()
