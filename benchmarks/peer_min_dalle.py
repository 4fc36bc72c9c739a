"""min-dalle from PyPI with random weights of the published sizes: as the process that benchmarks/engine.py asks, and in
benchmarks/gpu.py's own.

Its constructor downloads weights and tokenizer; here its own modules are made without. Commands as in drawing.py.
"""

import json
import resource
import sys
import time
import warnings
from typing import Any, Final

import torch
from torch import Tensor

from benchmarks.drawing import read_command

TOKENS = 14
"""Of the prompt, with its marks; min-dalle computes all 64 places whatever the prompt."""

SIZES: Final = {
    "mini": {"attention_head_count": 16, "embed_count": 1024, "glu_embed_count": 2730, "layer_count": 12},
    "mega": {"attention_head_count": 32, "embed_count": 2048, "glu_embed_count": 4096, "layer_count": 24},
    "tiny": {"attention_head_count": 2, "embed_count": 32, "glu_embed_count": 32, "layer_count": 1},
}
"""As in min-dalle's own constructor; "tiny" is to see whether a script runs. Its VQGAN has one size."""

VOCABULARIES: Final = {"mini": (50264, 16384), "mega": (50272, 16415), "tiny": (50264, 16384)}
"""Of texts, and of pictures."""


class Tokenizer:
    """In place of the downloaded one."""

    def tokenize(self, *_: object, **__: object) -> list[int]:
        """Of any text."""
        return [0, *range(10, 8 + TOKENS), 2]


def make(size: str = "mini", device: str = "cpu", dtype: torch.dtype = torch.float32) -> Any:
    """A MinDalle that has not downloaded anything."""
    from min_dalle import MinDalle
    from min_dalle.models import DalleBartDecoder, DalleBartEncoder, VQGanDetokenizer

    peer = MinDalle.__new__(MinDalle)
    peer.device, peer.dtype, peer.is_mega, peer.is_reusable, peer.is_verbose = device, dtype, False, True, False
    texts, pictures = VOCABULARIES[size]
    peer.text_token_count, peer.text_vocab_count, peer.image_vocab_count = 64, texts, pictures
    for name, value in SIZES[size].items():
        setattr(peer, name, value)
    peer.tokenizer = Tokenizer()
    peer.encoder = DalleBartEncoder(**SIZES[size], text_token_count=64, text_vocab_count=texts, device=device)
    peer.decoder = DalleBartDecoder(**SIZES[size], image_vocab_count=pictures, device=device)
    for network in (peer.encoder, peer.decoder):
        network.to(device, dtype).eval()
    peer.detokenizer = VQGanDetokenizer().to(device).eval()  # it stays in float32, as there
    return peer


def draw(peer: Any, images: int) -> dict[str, float]:
    """Seconds of a square grid of pictures: in all, and of the two halves."""
    pixels = 0.0
    detokenize = peer.image_grid_from_tokens

    def timed(*args: Any, **options: Any) -> Tensor:
        nonlocal pixels
        wait()
        started = time.perf_counter()
        grid: Tensor = detokenize(*args, **options)
        wait()
        pixels += time.perf_counter() - started
        return grid

    peer.image_grid_from_tokens = timed
    started = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it uses torch.cuda.amp.autocast, which is deprecated
        peer.generate_image("", 1, round(images**0.5), top_k=50, supercondition_factor=10)
    seconds = time.perf_counter() - started
    peer.image_grid_from_tokens = detokenize
    return {"seconds": seconds, "codes": seconds - pixels, "pixels": pixels}


def wait() -> None:
    """For a GPU to have done what it was told."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def serve() -> None:
    """Answer commands: {"draw": images}."""
    options = json.loads(read_command(__doc__))
    torch.manual_seed(0)
    peer = make()
    torch.set_num_threads(options["threads"])
    print(json.dumps({}), flush=True)
    for line in sys.stdin:
        answer = draw(peer, json.loads(line)["draw"])
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps(answer | {"peak_memory": memory}), flush=True)


if __name__ == "__main__":
    serve()
