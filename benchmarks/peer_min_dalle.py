"""min-dalle from PyPI with random weights of the published mini size, as the process that benchmarks/engine.py asks.

Its constructor downloads weights and tokenizer; here its own modules are made without. Commands as in drawing.py.
"""

import json
import resource
import sys
import time
import warnings
from typing import Any

import torch
from torch import Tensor

from benchmarks.drawing import read_command

TOKENS = 14
"""Of the prompt, with its marks; min-dalle computes all 64 places whatever the prompt."""


class Tokenizer:
    """In place of the downloaded one."""

    def tokenize(self, *_: object, **__: object) -> list[int]:
        """Of any text."""
        return [0, *range(10, 8 + TOKENS), 2]


def make() -> Any:
    """A MinDalle that has not downloaded anything."""
    from min_dalle import MinDalle

    peer = MinDalle.__new__(MinDalle)
    peer.device, peer.dtype, peer.is_mega, peer.is_reusable, peer.is_verbose = "cpu", torch.float32, False, True, False
    peer.text_token_count, peer.layer_count, peer.attention_head_count, peer.embed_count = 64, 12, 16, 1024
    peer.glu_embed_count, peer.text_vocab_count, peer.image_vocab_count = 2730, 50264, 16384
    peer.tokenizer = Tokenizer()
    from min_dalle.models import DalleBartDecoder, DalleBartEncoder, VQGanDetokenizer

    sizes = {"attention_head_count": 16, "embed_count": 1024, "glu_embed_count": 2730, "layer_count": 12}
    peer.encoder = DalleBartEncoder(**sizes, text_token_count=64, text_vocab_count=50264, device="cpu").eval()
    peer.decoder = DalleBartDecoder(**sizes, image_vocab_count=16384, device="cpu").eval()
    peer.detokenizer = VQGanDetokenizer().eval()
    return peer


def draw(peer: Any, images: int) -> dict[str, float]:
    """Seconds of a square grid of pictures: in all, and of the two halves."""
    pixels = 0.0
    detokenize = peer.image_grid_from_tokens

    def timed(*args: Any, **options: Any) -> Tensor:
        nonlocal pixels
        started = time.perf_counter()
        grid: Tensor = detokenize(*args, **options)
        pixels += time.perf_counter() - started
        return grid

    peer.image_grid_from_tokens = timed
    started = time.perf_counter()
    peer.generate_image("", 1, round(images**0.5), top_k=50, supercondition_factor=10)
    seconds = time.perf_counter() - started
    peer.image_grid_from_tokens = detokenize
    return {"seconds": seconds, "codes": seconds - pixels, "pixels": pixels}


def serve() -> None:
    """Answer commands: {"draw": images}."""
    options = json.loads(read_command(__doc__))
    warnings.simplefilter("ignore")  # it uses torch.cuda.amp.autocast, which is deprecated
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
