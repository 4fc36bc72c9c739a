"""The decode step for a GPU, run on the CPU: the same numbers as the network, and nothing that a graph cannot hold."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from inference.contract import GenerationRequest
from inference.engine.engine import Engine
from inference.engine.sampler import SamplingRows, draw_noise, log_likelihood, next_codes
from inference.models.dalle_bart_config import DalleBartConfig
from inference.models.packed.graphed import GraphedDecoder, bucket
from inference.models.packed.linear import Packer
from inference.models.sampling import SamplingParams
from inference.native.precision import Precision
from tests.fakes import FakeCodeModel
from tests.test_dalle_bart import BUILTIN_LIKE, ORIGINAL_LIKE, codes_states_mask, random_network
from tests.test_packed import FLOAT32, decode

HALF = Packer(Precision.FLOAT16, None)


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
    it read computes the same for other codes and positions, without reading the program again."""
    _, states, mask = codes_states_mask(config, texts=3)
    decoder = graphed(config)
    decoder.prefill(torch.tensor([4, 0, 2]), states, mask)
    with reading_once() as reader, torch.no_grad():
        compiled = torch.compile(decoder.step, fullgraph=True, dynamic=False, backend=reader)
        for positions in ([0, 0, 0, 0, 0], [1, 5, 1, 5, 0], [2, 5, 1, 5, 0]):
            arguments = torch.tensor([1, 0, 2, 0, 3]), torch.tensor(positions)
            torch.testing.assert_close(compiled(*arguments), decoder.step(*arguments), rtol=1e-5, atol=1e-5)


def test_drawing_a_code_is_one_graph() -> None:
    """As the step: guided and unguided pictures, some on one branch, some of their codes given; the plain function's
    codes come out."""
    params = [
        SamplingParams(guidance_scale=3.0, top_k=5),
        SamplingParams(top_p=0.7),
        SamplingParams(guidance_scale=2.0),
    ]
    rows, guided = SamplingRows.of(params, 40), torch.tensor([0, 2])
    with reading_once() as reader:
        compiled = torch.compile(next_codes, fullgraph=True, dynamic=False, backend=reader)
        for seed in range(3):
            torch.manual_seed(seed)
            generators = [torch.Generator().manual_seed(seed + row) for row in range(4)]
            noise = draw_noise([5, 40, 40, 5], generators, torch.device("cpu"))
            branches, given = torch.tensor([0, 1, 2, 0]), torch.tensor([-1, seed, -1, -1])
            arguments = torch.randn(5, 40), guided, rows, branches, noise, given
            assert compiled(*arguments).tolist() == next_codes(*arguments).tolist()


@pytest.mark.parametrize("config", [BUILTIN_LIKE, ORIGINAL_LIKE])
def test_nothing_is_asked_of_the_device(config: DalleBartConfig) -> None:
    """On a device that has no values at all ("meta"), in half precision, a step and its draw run to the end: nowhere do
    they ask what is in a tensor, and nowhere do they mix tensors of the device with the processor's."""
    network = random_network(config).requires_grad_(requires_grad=False).to("meta", torch.float16)
    decoder = GraphedDecoder(network, HALF, slots=5, text_length=8, codes=config.vocab_size)
    logits = decoder.decode_one_token(torch.tensor([4, 0, 2]), torch.tensor([1, 2, 3]), torch.tensor([0, 1, 2]))
    rows = SamplingRows.of([SamplingParams(guidance_scale=3.0, top_k=5), SamplingParams()], config.vocab_size, "meta")
    noise = draw_noise([5, config.vocab_size, 5], [torch.Generator() for _ in range(3)], torch.device("meta"))
    guided, branches, given = (torch.zeros(count, dtype=torch.long, device="meta") for count in (1, 3, 3))
    codes = next_codes(logits.float(), guided, rows, branches, noise, given)
    assert (logits.shape, logits.dtype, codes.shape, codes.device.type) == (
        (3, config.vocab_size), torch.float16, (3,), "meta",
    )  # fmt: skip
    assert log_likelihood(logits[:2], codes, branches).shape == (3,)


def test_a_step_of_the_engine_waits_for_no_value() -> None:
    """The engine's own part of a step reads no number out of a tensor one by one; for all codes it waits once."""
    engine = Engine(FakeCodeModel())
    engine.add("a", GenerationRequest("a cat", images=2, seed=1, preview=False))
    engine.step()
    with Asked() as asked:
        engine.step()
    assert not asked.values
    with Asked() as asked:
        float(torch.ones(1))
    assert asked.values == ["_local_scalar_dense"]


class Asked(TorchDispatchMode):  # type: ignore[no-untyped-call]  # its __init_subclass__
    """Notes the operations that would hold up a processor until a GPU is done, for they make values of tensors."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.values: list[str] = []

    def __torch_dispatch__(
        self, func: Any, types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        name = func.overloadpacket.__name__
        if name in {"_local_scalar_dense", "equal", "is_nonzero", "nonzero", "masked_select", "unique"}:
            self.values.append(name)
        return func(*args, **(kwargs or {}))


@contextmanager
def reading_once() -> Iterator[Callable[[torch.fx.GraphModule, object], object]]:
    """A backend for the compiler that runs what was read as it is; it must be asked once within the block."""
    torch.compiler.reset()
    read: list[int] = []

    def reader(graph: torch.fx.GraphModule, inputs: object) -> object:
        read.append(len(graph.graph.nodes))
        return graph.forward

    yield reader
    torch.compiler.reset()
    assert len(read) == 1


def test_where_no_graph_can_be_recorded_the_step_is_the_same() -> None:
    """As here, where there is no GPU to record one on: it is tried once, and the pictures go on without."""
    config = BUILTIN_LIKE
    codes, states, mask = codes_states_mask(config, texts=3)
    logits = []
    for recording in (False, True):
        decoder, slots = graphed(config), torch.tensor([4, 0, 2])
        decoder._recording = recording  # what a GPU would set
        decoder.prefill(slots, states, mask)
        logits.append(decode(decoder, codes, slots, starts=torch.tensor([0, 2, 5])))
        assert not decoder._recording  # as above
    assert torch.equal(*logits)


def test_graphs_are_few() -> None:
    """One for each of a few numbers of rows."""
    assert [bucket(rows) for rows in (1, 2, 3, 5, 9, 18, 36, 288)] == [2, 2, 4, 8, 16, 24, 40, 288]
    assert len({bucket(rows) for rows in range(1, 289)}) == 38
