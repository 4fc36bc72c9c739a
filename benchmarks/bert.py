"""What the text encoder would cost as `transformers`' BertModel: the time until the model is ready, and nine pictures.

Two arms, our MiniLM and BertModel with the same weights, run in turns, each time in a process of its own, and the
medians count. Seconds of the wall clock, and of the processor, which other programs on the machine disturb less.
Prints one JSON object.

    python -m benchmarks.bert [--rounds 7]
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from typing import Any

import torch
from torch import Tensor, nn

from inference.models.text_encoder import LAYER_NAMES, MiniLM

ARMS = ("ours", "transformers")


class Bert(nn.Module):
    """`transformers`' BertModel, called as MiniLM is: token ids (B, T) and mask (B, T) -> states (B, T, D)."""

    def __init__(self, ours: MiniLM) -> None:
        super().__init__()
        from transformers.models.bert.configuration_bert import BertConfig
        from transformers.models.bert.modeling_bert import BertModel

        self.config = ours.config
        self.word_embeddings = ours.word_embeddings
        self.bert: nn.Module = BertModel(
            BertConfig(**ours.config.to_dict(), type_vocab_size=1), add_pooling_layer=False
        )
        self.bert.load_state_dict(bert_weights(ours))

    def forward(self, input_ids: Tensor, mask: Tensor) -> Tensor:
        states: Tensor = self.bert(input_ids=input_ids, attention_mask=mask).last_hidden_state
        return states


def bert_weights(ours: MiniLM) -> dict[str, Tensor]:
    """MiniLM's parameters under the names that BertModel gives them; the one token type is in the positions already."""
    names = {
        "word_embeddings": "embeddings.word_embeddings",
        "position_embeddings": "embeddings.position_embeddings",
        "embedding_norm": "embeddings.LayerNorm",
        **LAYER_NAMES,
    }
    theirs = {"embeddings.token_type_embeddings.weight": torch.zeros(1, ours.config.hidden_size)}
    for name, weight in ours.state_dict().items():
        *layer, module, part = name.split(".")
        place = f"encoder.layer.{layer[1]}." if layer else ""
        theirs[f"{place}{names[module]}.{part}"] = weight
    return theirs


def measure(arm: str) -> dict[str, float]:
    """One arm, in this process: from before the first import to ready, then nine pictures of each of two prompts."""
    started, worked = time.perf_counter(), time.process_time()
    from inference.contract import GenerationRequest
    from inference.engine.loading import load_engine

    engine = load_engine()
    if arm == "transformers":
        encoder = engine.model._text  # type: ignore[attr-defined]  # noqa: SLF001  # the one place where it can be changed
        encoder.model = Bert(encoder.model).eval().requires_grad_(requires_grad=False)
    ready = {"ready_s": time.perf_counter() - started, "ready_cpu_s": time.process_time() - worked}
    for number in range(2):  # the first run pays for what is done once
        started, worked = time.perf_counter(), time.process_time()
        engine.add("nine", GenerationRequest(f"a red heart, number {number}", images=9, preview=False))
        while engine.busy:
            engine.step()
    return ready | {"nine_s": time.perf_counter() - started, "nine_cpu_s": time.process_time() - worked}


def main(rounds: int) -> dict[str, Any]:
    """Both arms in turns, each in a process of its own; medians."""
    found: dict[str, list[dict[str, float]]] = {arm: [] for arm in ARMS}
    for number in range(rounds):
        for arm in ARMS if number % 2 == 0 else reversed(ARMS):
            command = [sys.executable, "-m", "benchmarks.bert", "--arm", arm]
            answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            found[arm].append(json.loads(answer.splitlines()[-1]))
    return {
        arm: {name: round(statistics.median(one[name] for one in runs), 3) for name in runs[0]}
        for arm, runs in found.items()
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--arm", choices=ARMS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    print(json.dumps(main(options.rounds) if options.arm is None else measure(options.arm)))
