"""A model of the size of the published DALL·E mini, with random weights: what speed and memory depend on.

In: an empty folder. Out: a checkpoint in it that `inference.checkpoints.load.load_model` reads, 1.9 GB. Its pictures
are noise.

    python -m benchmarks.published FOLDER
"""

import argparse
import json
import shutil
from pathlib import Path

import torch

from inference.models.dalle_bart import DalleBart
from inference.models.dalle_bart_config import DalleBartConfig
from inference.models.vqgan import VQGAN, VQGANConfig

MINI = DalleBartConfig(encoder_ffn_dim=2730, decoder_ffn_dim=2730)
"""dalle-mini/dalle-mini; every other size is the default of the original's configuration class."""

F16_16384 = VQGANConfig(n_embed=16384)
"""dalle-mini/vqgan_imagenet_f16_16384."""

TOKENIZER = Path(__file__).parent.parent / "tests" / "fixtures" / "golden" / "tokenizer" / "tokenizer.json"


def write_published(folder: Path) -> None:
    """Writes the checkpoint, unless it is there already."""
    if (folder / "vqgan" / "model.safetensors").is_file():
        return
    from safetensors.torch import save_file

    (folder / "vqgan").mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    for path, network, config in (
        (folder, DalleBart(MINI), MINI.to_dict()),
        (folder / "vqgan", VQGAN(F16_16384), F16_16384.to_dict()),
    ):
        weights = {name: tensor.detach().contiguous() for name, tensor in network.state_dict().items()}
        for name, tensor in weights.items():
            if "embed" in name:
                tensor.mul_(0.02)
        (path / "config.json").write_text(json.dumps(config), encoding="utf-8")
        save_file(weights, path / "model.safetensors")
    shutil.copy(TOKENIZER, folder / "tokenizer.json")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    write_published(parser.parse_args().folder)
