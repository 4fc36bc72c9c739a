"""The decode step for a GPU, run on the CPU: the same numbers as the network, and nothing that a graph cannot hold."""

import pytest
import torch

from inference.models.dalle_bart_config import DalleBartConfig
from inference.models.packed.graphed import GraphedDecoder, bucket
from tests.test_dalle_bart import BUILTIN_LIKE, ORIGINAL_LIKE, codes_states_mask, random_network
from tests.test_packed import FLOAT32, decode


def graphed(config: DalleBartConfig) -> GraphedDecoder:
    network = random_network(config).requires_grad_(requires_grad=False)
    return GraphedDecoder(network, FLOAT32, slots=5, text_length=8, codes=network.config.vocab_size)


@pytest.mark.parametrize("config", [BUILTIN_LIKE, ORIGINAL_LIKE])
def test_the_step_is_the_naive_one(config: DalleBartConfig) -> None:
    """Rows that come and go, in any slots; those that fill up to a graph's number of rows change nothing."""
    network = random_network(config)
    codes, states, mask = codes_states_mask(config, texts=3)
    with torch.no_grad():
        expected = network(codes, states, mask)
    decoder, slots = graphed(config), torch.tensor([4, 0, 2])
    decoder.prefill(slots, states, mask)
    logits = decode(decoder, codes, slots, starts=torch.tensor([0, 2, 5]))
    torch.testing.assert_close(logits, expected, rtol=1e-4, atol=1e-4)
    assert torch.equal(logits.argmax(-1), expected.argmax(-1))


@pytest.mark.parametrize("config", [BUILTIN_LIKE, ORIGINAL_LIKE])
def test_the_step_is_one_graph(config: DalleBartConfig) -> None:
    """The compiler's own reader of programs finds no branch and no shape that depends on a tensor's values, and what
    it read computes the same for other slots and positions, without reading the program again."""
    torch.compiler.reset()
    _, states, mask = codes_states_mask(config, texts=3)
    decoder = graphed(config)
    decoder.prefill(torch.tensor([4, 0, 2]), states, mask)
    read: list[int] = []

    def reader(graph: torch.fx.GraphModule, inputs: object) -> object:
        read.append(len(graph.graph.nodes))
        return graph.forward

    compiled = torch.compile(decoder.step, fullgraph=True, dynamic=False, backend=reader)
    with torch.no_grad():
        steps = (([4, 0, 2, 5], [0, 0, 0, 0]), ([0, 2, 4, 5], [1, 1, 1, 0]), ([2, 4, 0, 5], [2, 1, 2, 0]))
        for slots, positions in steps:
            arguments = torch.tensor(slots), torch.tensor([1, 2, 3, 0]), torch.tensor(positions)
            torch.testing.assert_close(compiled(*arguments), decoder.step(*arguments), rtol=1e-5, atol=1e-5)
    assert len(read) == 1
    torch.compiler.reset()


def test_graphs_are_few() -> None:
    """One for each of a few numbers of rows."""
    assert [bucket(rows) for rows in (1, 2, 3, 5, 9, 18, 36, 288)] == [2, 2, 4, 8, 16, 24, 40, 288]
    assert len({bucket(rows) for rows in range(1, 289)}) == 38
