"""What shares a batch: nobody's pictures depend on it, nobody waits for ever, and nothing stays behind."""

import functools
import gc
import random
import tracemalloc
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from inference.checkpoints.load import load_original
from inference.contract import Done, Event, GenerationRequest, Image
from inference.engine.code_model import CodeModel
from inference.engine.dalle import DalleCodeModel
from inference.engine.engine import Engine
from inference.pictures import Pixels
from tests.fakes import FakeCodeModel

GOLDEN = Path(__file__).parent / "fixtures" / "golden"

parameters = st.fixed_dictionaries(
    {
        "prompt": st.sampled_from(["a cat", "two purple horses in a forest", "?"]),
        "negative_prompt": st.sampled_from([None, "a dog"]),
        "seed": st.integers(0, 2**32 - 1),
        "guidance_scale": st.sampled_from([1.0, 1.5, 10.0]),
        "temperature": st.sampled_from([0.3, 1.0, 2.0]),
        "top_k": st.sampled_from([0, 1, 5, 50]),
        "top_p": st.sampled_from([0.3, 0.9, 1.0]),
    }
)
pictures_given = st.sampled_from([{}, {"keep_rows": 1}, {"strength": 0.5}, {"keep_rows": 2, "strength": 0.3}])


def request(
    options: dict[str, object], given_picture: dict[str, object], images: int, preview: bool
) -> GenerationRequest:
    init_image = b"a picture" if given_picture else None
    if options["guidance_scale"] == 1:  # then a negative prompt is refused
        options = options | {"negative_prompt": None}
    return GenerationRequest(**options, **given_picture, images=images, init_image=init_image, preview=preview)  # type: ignore[arg-type]  # drawn by hypothesis


requests = st.builds(request, parameters, pictures_given, st.integers(1, 2), st.booleans())


@dataclass(frozen=True)
class Neighbour:
    """Comes at a step, and leaves so many steps later, if at all."""

    request: GenerationRequest
    comes: int
    stays: int | None


neighbours = st.lists(
    st.builds(Neighbour, requests, st.integers(0, 20), st.none() | st.integers(0, 20)), min_size=1, max_size=4
)


def given_pixels(request: GenerationRequest, side: int) -> Pixels | None:
    """The decoded `init_image`: any picture, but always the same."""
    if request.init_image is None:
        return None
    return np.random.default_rng(0).integers(0, 256, (side, side, 3)).astype(np.uint8)


def images_of(events: Sequence[tuple[str, Event]], name: str) -> list[Image]:
    images = [event for owner, event in events if owner == name and isinstance(event, Image)]
    return sorted(images, key=lambda image: image.index)


def draw_among(
    model: CodeModel, mine: GenerationRequest, start: int = 0, others: Sequence[Neighbour] = ()
) -> list[Image]:
    """My pictures, drawn from step `start` on while others come and go."""
    engine = Engine(model)
    events: list[tuple[str, Event]] = []
    step = 0
    while engine.busy or step <= max([start, *(other.comes for other in others)]):
        for number, other in enumerate(others):
            if step == other.comes:
                engine.add(str(number), other.request, given_pixels(other.request, model.picture_side))
            if other.stays is not None and step == other.comes + other.stays:
                engine.cancel(str(number))
        if step == start:
            engine.add("mine", mine, given_pixels(mine, model.picture_side))
        events += engine.step()
        step += 1
    assert engine.status.free_slots == model.slots
    return images_of(events, "mine")


@settings(max_examples=12)
@given(mine=requests, start=st.integers(0, 20), others=neighbours, slots=st.integers(2, 12))
def test_company_changes_no_picture(mine: GenerationRequest, start: int, others: list[Neighbour], slots: int) -> None:
    """Whatever is asked of whom, and whoever joins midway or leaves, the same seed draws the same files."""
    alone = draw_among(FakeCodeModel(12), mine)
    assert len(alone) == mine.images
    assert draw_among(FakeCodeModel(slots), mine, start, others) == alone


@functools.cache
def small_model() -> DalleCodeModel:
    """The original's architecture in float32, 4 × 4 codes."""
    return DalleCodeModel(load_original(GOLDEN / "dallebart_mini"), slots=6)


@settings(max_examples=3)
@given(mine=requests, start=st.integers(0, 20), others=neighbours)
def test_company_changes_no_picture_of_a_real_model(
    mine: GenerationRequest, start: int, others: list[Neighbour]
) -> None:
    """In float32 the same holds exactly for the network itself, its caches and its VQGAN."""
    assert draw_among(small_model(), mine, start, others) == draw_among(small_model(), mine)


class FittestIsBrightest:
    """A judge that fails now and then."""

    def __init__(self) -> None:
        self.calls = 0

    def scores(self, prompt: str, pictures: Sequence[Pixels], likelihoods: Sequence[float]) -> list[float]:
        self.calls += 1
        if self.calls % 7 == 0:
            raise RuntimeError("out of memory")
        return [float(picture.mean()) for picture in pictures]


def soak(engine: Engine, orders: range) -> int:
    """Mixed requests, a few at a time, some of them cancelled; returns how many were finished."""
    chance = random.Random(orders.start)  # noqa: S311  # for a test
    waiting, running, done = list(orders), [], 0
    while waiting or engine.busy:
        if waiting and chance.random() < 0.2:
            name = str(waiting.pop())
            picture = chance.choice([{}, {}, {"keep_rows": 1}, {"strength": 0.5}])
            guidance, negative = chance.choice([(1.0, None), (3.0, None), (3.0, "a dog")])
            mine = GenerationRequest(
                "a cat " * chance.randrange(1, 9),
                negative_prompt=negative,
                images=chance.choice([1, 1, 1, 2, 9]),
                seed=chance.randrange(2**32),
                guidance_scale=guidance,
                top_k=chance.choice([0, 5]),
                init_image=b"a picture" if picture else None,
                preview=chance.random() < 0.1,
                **picture,  # type: ignore[arg-type]  # of several types
            )
            engine.add(name, mine, given_pixels(mine, engine.model.picture_side))
            running.append(name)
        if running and chance.random() < 0.02:
            engine.cancel(running.pop(chance.randrange(len(running))))
        done += sum(isinstance(event, Done) for _, event in engine.step())
    return done


def live_tensors() -> int:
    gc.collect()
    return sum(issubclass(type(thing), torch.Tensor) for thing in gc.get_objects())


def test_a_soak_of_200_requests_leaves_nothing_behind() -> None:
    """Neither tensors nor memory nor entries in the engine's books, whether drawn, cancelled or badly ranked."""
    model = FakeCodeModel(12)
    engine = Engine(model, FittestIsBrightest())
    with capture_logs():
        finished = soak(engine, range(50))  # whatever is made once, is made here
        before = live_tensors()
        tracemalloc.start()
        finished += soak(engine, range(50, 60))
        memory, _ = tracemalloc.get_traced_memory()
        finished += soak(engine, range(60, 200))
    model.decoded.clear()
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - memory
    tracemalloc.stop()
    assert live_tensors() == before
    assert grown < 100_000  # bytes, which Python keeps for reuse; the pictures alone would be 300,000
    assert 100 < finished < 200
    assert not engine._generations
    assert not engine._decoded
    assert engine._batch is None
    assert (engine.status.free_slots, engine.status.running, engine.status.waiting) == (12, 0, 0)
