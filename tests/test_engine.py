"""The engine with a model of a few lines: what is drawn, when, beside whom, and what happens when things break."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Picture
from structlog.testing import capture_logs
from torch import Tensor

from inference.contract import Done, Event, Failed, GenerationRequest, Image, InvalidRequest, Progress
from inference.engine.code_model import EncodedTexts
from inference.engine.engine import TICKS, Engine
from inference.engine.generation import kept_codes
from inference.engine.previews import BURST
from inference.engine.sampler import SamplingRows, draw_codes, guide
from inference.models.sampling import SamplingParams
from inference.pictures import Pixels, encode_png
from tests.fakes import ComposingModel, FakeCodeModel, FillingModel, PaintingModel


def run(engine: Engine, steps: int | None = None) -> dict[str, list[Event]]:
    """Step until nothing is left to draw, or so many times; each generation's events."""
    events: dict[str, list[Event]] = {}
    while engine.busy and steps != 0:
        for generation_id, event in engine.step():
            events.setdefault(generation_id, []).append(event)
        steps = None if steps is None else steps - 1
    return events


def stream(engine: Engine) -> Iterator[tuple[str, Event]]:
    """Step until nothing is left to draw; all events in their order."""
    while engine.busy:
        yield from engine.step()


def draw(request: GenerationRequest, model: FakeCodeModel | None = None) -> list[Image]:
    """One generation, alone in an engine of its own."""
    engine = Engine(model or FakeCodeModel())
    engine.add("only", request)
    return images(run(engine)["only"])


def images(events: Iterable[Event]) -> list[Image]:
    return sorted((event for event in events if isinstance(event, Image)), key=lambda image: image.index)


def pngs(events: Iterable[Event]) -> list[bytes]:
    return [image.png for image in images(events)]


# ------------------------------------------------------------------------------------------- what is drawn
def middle(png: bytes) -> tuple[int, ...]:
    """The colour in the middle of a picture."""
    pixels = np.asarray(Picture.open(BytesIO(png)))
    return tuple(pixels[len(pixels) // 2, len(pixels) // 2].tolist())


class EmptyModel(FakeCodeModel):
    """Of what it draws, so many pictures come out blank first."""

    blanks = 0

    def detokenize(self, codes: Tensor) -> Tensor:
        pixels = super().detokenize(codes)
        for picture in pixels:
            if self.blanks:
                self.blanks -= 1
                picture.fill_(200)
        return pixels


def levels(png: bytes) -> int:
    """How far apart the levels of one channel are at most."""
    return int(np.ptp(np.asarray(Picture.open(BytesIO(png)).convert("RGB")), (0, 1)).max())


def test_a_blank_picture_is_drawn_again() -> None:
    """As often as it is one of few; with the same seed, and for the same seed always the same picture."""
    request, drawn = GenerationRequest("the number 7", images=1, seed=4, preview=False), []
    for blanks in (0, 1, 1, 2, 9):
        model = EmptyModel()
        model.blanks = blanks
        engine = Engine(model)
        engine.add("only", request)
        events = run(engine)["only"]
        done = [event.done for event in events if isinstance(event, Progress)]
        assert done == sorted(done)
        assert [image.seed for image in images(events)] == [4]
        assert isinstance(events[-1], Done)
        drawn.append(pngs(events)[0])
    assert [levels(png) > 16 for png in drawn] == [True, True, True, True, False]
    assert drawn[1] == drawn[2]
    assert len({*drawn[:2], drawn[3]}) == 3


def test_a_blank_picture_is_drawn_again_without_what_was_filled_in() -> None:
    """A ground that the model was not asked for may be all that it sees."""

    class EmptyFillingModel(EmptyModel, FillingModel): ...

    request, found = GenerationRequest("the number 7", images=1, seed=5, preview=False), []
    for blanks in (0, 1):
        model = EmptyFillingModel()
        model.blanks = blanks
        (image,) = draw(request, model)
        found.append(image.filled)
    assert found == ["in colour 1", ""]


def test_a_blank_one_of_nine_holds_up_no_other() -> None:
    """The others come as they do without it, and none is blank."""
    request, model = GenerationRequest("the number 7", images=9, seed=1, preview=False), EmptyModel()
    model.blanks = 1
    found, usual = draw(request, model), draw(request)
    assert [image.index for image in found] == list(range(9))
    assert sum(one.png == other.png for one, other in zip(found, usual, strict=True)) == 8
    assert all(levels(image.png) > 16 for image in found)


def test_a_thing_in_a_colour_is_drawn_as_its_draft_and_painted() -> None:
    """Its codes are those of the draft, also in previews; nobody else's picture is painted."""
    model = PaintingModel()
    engine, read = Engine(model), list[str | None]()
    encode = model.encode_texts
    model.encode_texts = lambda texts: read.extend(texts) or encode(texts)  # type: ignore[method-assign, func-returns-value]
    engine.add("blue", GenerationRequest("a blue thing", images=1))
    engine.add("red", GenerationRequest("a red thing", images=1))
    events = run(engine)
    assert read == ["a thing", None, "a red thing", None]
    blue, red = (middle(pngs(events[name])[0]) for name in ("blue", "red"))
    assert blue[2] > 150 > 100 > blue[0]
    assert red[0] > 150 > 100 > red[2]


def test_what_goes_on_from_a_picture_is_not_painted() -> None:
    """What is kept of it has its colour already: what is added is drawn in the colour that the prompt names."""
    request = GenerationRequest("a blue thing", images=1, init_image=b"any", strength=0.5)
    engine = Engine(PaintingModel())
    engine.add("a", request, np.zeros((16, 16, 3), np.uint8))
    assert middle(pngs(run(engine)["a"])[0])[0] > 150


def sides(png: bytes) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The colours in the middle of a picture's left and right half."""
    pixels = np.asarray(Picture.open(BytesIO(png)))
    row, quarter = pixels[len(pixels) // 2], pixels.shape[1] // 4
    return tuple(row[quarter].tolist()), tuple(row[3 * quarter].tolist())


@pytest.mark.parametrize("slots", [2, 5, 18])
def test_each_thing_of_a_picture_is_drawn_by_itself(slots: int) -> None:
    """The first as if it were alone, the second by another chance; whatever room there is, and whoever draws beside."""
    engine = Engine(ComposingModel(slots))
    engine.add("a", GenerationRequest("cat and dog", images=3, seed=4))
    engine.add("b", GenerationRequest("cat and cat", images=1, seed=4))
    events = run(engine)
    both, twice = pngs(events["a"]), pngs(events["b"])
    assert [image.index for image in images(events["a"])] == [0, 1, 2]
    assert isinstance(events["a"][-1], Done)
    assert (engine.status.free_slots, engine.status.running, engine.status.waiting) == (slots, 0, 0)
    for index, png in enumerate(both):
        alone = draw(GenerationRequest("cat", images=1, seed=4 + index), ComposingModel())
        assert sides(png)[0] == middle(alone[0].png)
        assert sides(png)[0] != sides(png)[1]
    assert sides(twice[0])[0] == sides(both[0])[0]
    assert sides(twice[0])[0] != sides(twice[0])[1]


def test_a_picture_of_several_things_is_previewed_whole() -> None:
    """Once something of each is drawn."""
    engine = Engine(ComposingModel(18))
    engine.add("a", GenerationRequest("cat and dog", images=2, seed=4))
    reports = [event for event in run(engine)["a"] if isinstance(event, Progress)]
    assert reports[0].done == 0
    assert any(report.preview for report in reports)


def test_a_generation_draws_all_its_pictures_and_is_done() -> None:
    """Each picture once, with its own seed, then Done with the model's name, and nothing is left behind."""
    engine = Engine(FakeCodeModel())
    engine.add("a", GenerationRequest("a cat", images=9, seed=5))
    events = run(engine)["a"]
    assert [(image.index, image.seed) for image in images(events)] == [(index, 5 + index) for index in range(9)]
    assert isinstance(events[-1], Done)
    assert events[-1].model == "fake"
    assert (engine.status.free_slots, engine.status.running, engine.status.waiting) == (8, 0, 0)


def test_seeds_wrap_around() -> None:
    """Picture k of the largest seed is drawn with k - 1."""
    assert [image.seed for image in draw(GenerationRequest("a cat", images=2, seed=2**32 - 1))] == [2**32 - 1, 0]


def test_picture_k_is_the_first_picture_of_seed_plus_k() -> None:
    """So a person can draw one picture of a grid again."""
    grid = draw(GenerationRequest("a cat", images=4, seed=7))
    assert grid[3].png == draw(GenerationRequest("a cat", images=1, seed=10))[0].png


def test_what_the_model_fills_in_goes_by_the_seed() -> None:
    """So a picture of a grid is drawn again by its seed, in whatever company; the event tells what was filled in."""
    grid = draw(GenerationRequest("a cat", images=9, seed=4), FillingModel())
    assert [image.filled for image in grid[:5]] == ["", "in colour 1", "in colour 2", "in colour 3", ""]
    for image in grid[2:5]:
        alone = draw(GenerationRequest("a cat", images=1, seed=image.seed), FillingModel())
        assert alone == [replace(image, index=0)]
    said = draw(GenerationRequest("a cat in colour 1", images=1, seed=5), FakeCodeModel())
    assert said[0].png == grid[1].png


def test_a_variation_of_a_composed_picture_is_composed() -> None:
    """Of our own picture of the same prompt; what else is to be varied, or completed, goes on from its codes."""
    begun, file = np.full((16, 16, 3), 40, np.uint8), encode_png(np.full((64, 64, 3), 40, np.uint8), 9, model="fake")
    new = pngs(draw_all(GenerationRequest("cat and dog", images=2, seed=4)))
    ours: dict[str, Any] = {"images": 2, "seed": 4, "init_image": file, "same_prompt": True}
    assert pngs(draw_all(GenerationRequest("cat and dog", strength=0.3, **ours), begun)) == new
    others: tuple[dict[str, Any], ...] = ({"same_prompt": False}, {"init_image": b"any"}, {"keep_rows": 1})
    for other in others:
        assert pngs(draw_all(GenerationRequest("cat and dog", strength=0.3, **ours | other), begun)) != new
    alone = pngs(draw_all(GenerationRequest("cat", strength=0.0, **ours), begun))
    assert alone[0] != pngs(draw_all(GenerationRequest("cat", images=2, seed=4)))[0]


def draw_all(request: GenerationRequest, begun: Pixels | None = None) -> list[Event]:
    """All events of one that is drawn alone, from a picture perhaps."""
    engine = Engine(ComposingModel())
    engine.add("a", request, begun)
    return run(engine)["a"]


def test_nothing_is_filled_in_where_a_picture_goes_on() -> None:
    """It shows already what the prompt leaves open."""
    begun = np.full((16, 16, 3), 40, np.uint8)
    request = GenerationRequest("a cat", images=4, seed=4, init_image=b"a file", strength=0.5)
    drawn = []
    for model in (FillingModel(), FakeCodeModel()):
        engine = Engine(model)
        engine.add("a", request, begun)
        drawn.append(images(run(engine)["a"]))
    assert drawn[0] == drawn[1]


def test_seeds_prompts_and_negative_prompts_matter() -> None:
    """Each of them leads to another picture."""
    variants = [
        GenerationRequest("a cat", images=1, seed=1),
        GenerationRequest("a cat", images=1, seed=2),
        GenerationRequest("a dog", images=1, seed=1),
        GenerationRequest("a cat", images=1, seed=1, negative_prompt="a dog"),
        GenerationRequest("a cat", images=1, seed=1, guidance_scale=1),
    ]
    assert len({draw(variant)[0].png for variant in variants}) == len(variants)


@pytest.mark.parametrize(("guidance_scale", "negative"), [(1.0, None), (3.0, None), (3.0, "a dog")])
def test_the_engine_draws_what_a_plain_loop_draws(guidance_scale: float, negative: str | None) -> None:
    """One picture by itself, code after code, with no tables, no slots to share and no batches."""
    request = GenerationRequest("a cat", images=3, seed=5, guidance_scale=guidance_scale, negative_prompt=negative)
    params = SamplingParams(guidance_scale, temperature=1.0, top_k=8)
    for image in draw(request):
        model, generator = FakeCodeModel(2), torch.Generator().manual_seed(image.seed)
        model.prefill(torch.tensor([0, 1]), model.encode_texts(["a cat", negative]))
        rows = SamplingRows.of([params], model.vocab_size)
        codes = [model.start_token]
        for position in range(model.image_length):
            logits = model.decode_one_token(
                torch.tensor([0, 1]), torch.tensor([codes[-1]] * 2), torch.tensor([position] * 2)
            )
            guided = guide(logits[:1], logits[1:], rows.guidance_scale)
            codes.append(int(draw_codes(guided, rows, [generator])))
        pixels = model.detokenize(torch.tensor([codes[1:]]))[0].numpy()
        assert image.png == encode_png(pixels, image.seed, model="fake")


def test_an_empty_negative_prompt_is_none() -> None:
    """A person who clears the field means "no negative prompt"."""
    empty = GenerationRequest("a cat", images=1, negative_prompt="")
    assert draw(empty)[0].png == draw(GenerationRequest("a cat", images=1))[0].png


def test_parameters_left_out_are_the_models_own() -> None:
    """None means what the model recommends."""
    given = GenerationRequest("a cat", images=1, guidance_scale=3.0, temperature=1.0, top_k=8, top_p=1.0)
    assert draw(given)[0].png == draw(GenerationRequest("a cat", images=1))[0].png


def test_top_k_1_is_the_same_for_every_seed() -> None:
    """Only the likeliest code is left to draw."""
    first, second = (draw(GenerationRequest("a cat", images=1, seed=seed, top_k=1)) for seed in (1, 2))
    pixels = [np.asarray(Picture.open(BytesIO(image.png))) for image in (first[0], second[0])]
    assert (pixels[0] == pixels[1]).all()


# ------------------------------------------------------------------------------------ drawn beside others


@settings(max_examples=15)
@given(
    slots=st.integers(2, 12),
    others=st.lists(
        st.tuples(st.integers(1, 9), st.sampled_from([1.0, 3.0]), st.integers(0, 20), st.booleans()), max_size=4
    ),
    start=st.integers(0, 20),
)
def test_the_neighbours_do_not_matter(slots: int, others: list[tuple[int, float, int, bool]], start: int) -> None:
    """The same seed draws the same pictures, whoever comes, goes or is cancelled in the same batch."""
    request = GenerationRequest("a cat", images=3, seed=11, preview=False)
    engine = Engine(FakeCodeModel(slots))
    events: list[Event] = []
    for step in range(200):
        for number, (count, scale, comes, cancelled) in enumerate(others):
            if step == comes:
                engine.add(str(number), GenerationRequest("x" * (number + 1), images=count, guidance_scale=scale))
            if cancelled and step == comes + 7:
                engine.cancel(str(number))
        if step == start:
            engine.add("mine", request)
        events += [event for name, event in engine.step() if name == "mine"]
    events += run(engine).get("mine", [])
    assert pngs(events) == [image.png for image in draw(request)]
    assert engine.status.free_slots == slots


def test_two_generations_share_a_step() -> None:
    """Rows of both, guided and not, are decoded together."""
    model = FakeCodeModel(8)
    engine = Engine(model)
    engine.add("a", GenerationRequest("a cat", images=2))
    engine.add("b", GenerationRequest("a dog", images=1, guidance_scale=1))
    engine.step()
    assert model.decoded == [3]  # two rows for two pictures, which begin alike, and one


def test_pictures_are_computed_once_as_long_as_they_are_the_same() -> None:
    """Nine begin in two rows, part as they draw other codes, a few at a time, and each is what it is alone."""
    model = FakeCodeModel(18)
    engine = Engine(model)
    request = GenerationRequest("a cat", images=9, temperature=0.4)
    engine.add("a", request)
    grid = images(run(engine)["a"])
    assert model.decoded[0] == 2
    assert model.decoded[-1] == 2 * len({np.asarray(Picture.open(BytesIO(image.png))).tobytes() for image in grid})
    assert len(set(model.decoded)) > 2
    assert model.decoded == sorted(model.decoded)
    for image in grid:
        assert image.png == draw(replace(request, images=1, seed=image.seed))[0].png


def test_a_newcomer_joins_at_the_next_step() -> None:
    """It does not wait for the pictures that are under way."""
    model = FakeCodeModel(8)
    engine = Engine(model)
    engine.add("a", GenerationRequest("a cat", images=1))
    engine.step()
    engine.add("b", GenerationRequest("a dog", images=1))
    engine.step()
    assert model.decoded == [2, 4]


def test_a_single_picture_is_not_held_up_by_nine() -> None:
    """It ends long before a wide request that came first."""
    engine = Engine(FakeCodeModel(8))
    engine.add("wide", GenerationRequest("a cat", images=9))
    engine.step()
    engine.add("narrow", GenerationRequest("a dog", images=1))
    order = [name for _ in range(200) for name, event in engine.step() if isinstance(event, Done)]
    assert order == ["narrow", "wide"]


def test_nine_finished_pictures_become_pixels_a_few_at_a_time() -> None:
    """Those that still decode need not wait for the whole grid."""
    engine = Engine(FakeCodeModel(18))
    engine.add("a", GenerationRequest("a cat", images=9))
    per_step = []
    while engine.busy:
        per_step.append(sum(isinstance(event, Image) for _, event in engine.step()))
    assert [count for count in per_step if count] == [4, 4, 1]


def test_a_single_picture_becomes_pixels_before_nine() -> None:
    """When all end in the same step, the narrow request is served first."""
    engine = Engine(FakeCodeModel(20))
    engine.add("wide", GenerationRequest("a cat", images=9))
    engine.add("narrow", GenerationRequest("a dog", images=1))
    order = [name for name, event in stream(engine) if isinstance(event, Image)]
    assert order == ["narrow", *["wide"] * 9]


# ------------------------------------------------------------------------------------------- cancellation


def test_cancelling_frees_the_slots_and_ends_the_events() -> None:
    """Midway, with some pictures still waiting."""
    engine = Engine(FakeCodeModel(8))
    engine.add("a", GenerationRequest("a cat", images=9))
    run(engine, steps=5)
    engine.cancel("a")
    assert (engine.status.free_slots, engine.busy) == (8, False)
    assert engine.step() == []


def test_cancelling_one_leaves_the_other_as_it_is() -> None:
    """Its pictures come as if it had been alone."""
    request = GenerationRequest("a dog", images=2)
    engine = Engine(FakeCodeModel(8))
    engine.add("a", GenerationRequest("a cat", images=2))
    engine.add("b", request)
    run(engine, steps=5)
    engine.cancel("a")
    assert pngs(run(engine)["b"]) == [image.png for image in draw(request)]


def test_cancelling_between_the_last_code_and_the_pixels() -> None:
    """Codes that wait to become pictures are forgotten too."""
    engine = Engine(FakeCodeModel(18))
    engine.add("a", GenerationRequest("a cat", images=9))
    run(engine, steps=16)
    engine.cancel("a")
    assert engine.step() == []


def test_cancelling_twice_or_an_unknown_id_is_harmless() -> None:
    """A client may leave at the very moment its last picture comes."""
    engine = Engine(FakeCodeModel())
    engine.cancel("never there")
    engine.add("a", GenerationRequest("a cat"))
    engine.cancel("a")
    engine.cancel("a")
    assert not engine.busy


def test_an_id_in_use_is_refused() -> None:
    """Events could not be told apart."""
    engine = Engine(FakeCodeModel())
    engine.add("a", GenerationRequest("a cat"))
    with pytest.raises(ValueError, match="a is already in the engine"):
        engine.add("a", GenerationRequest("a dog"))


# --------------------------------------------------------------------------------- progress and previews


def test_progress_grows_and_previews_are_pictures() -> None:
    """From 0 on, at most TICKS times more, each share larger than the one before; previews are WebP."""
    engine = Engine(FakeCodeModel(18))
    engine.add("a", GenerationRequest("a cat", images=4))
    reports = [event for event in run(engine)["a"] if isinstance(event, Progress)]
    shares = [report.done for report in reports]
    assert shares[0] == 0
    assert all(early < late for early, late in pairwise(shares))
    assert TICKS // 2 < len(shares) <= 1 + TICKS
    previews = [Picture.open(BytesIO(report.preview)) for report in reports if report.preview]
    assert previews
    assert {(preview.format, preview.size) for preview in previews} == {("WEBP", (384, 384))}


def test_no_preview_where_none_is_wanted() -> None:
    """Nothing is detokenized but the finished pictures."""
    model = CountingModel()
    engine = Engine(model)
    engine.add("a", GenerationRequest("a cat", images=4, preview=False))
    reports = [event for event in run(engine)["a"] if isinstance(event, Progress)]
    assert reports
    assert all(report.preview is None for report in reports)
    assert model.detokenized == 4


class CountingModel(FakeCodeModel):
    """Counts the pictures it makes pixels of, and lets a clock run: 1 a decode step, `price` a picture."""

    def __init__(self, price: float = 0.0, **sizes: int) -> None:
        super().__init__(**sizes)
        self.price = price
        self.now = 0.0
        self.detokenized = 0

    def decode_one_token(self, slots: Tensor, tokens: Tensor, positions: Tensor) -> Tensor:
        self.now += 1
        return super().decode_one_token(slots, tokens, positions)

    def detokenize(self, codes: Tensor) -> Tensor:
        self.now += self.price * len(codes)
        self.detokenized += len(codes)
        return super().detokenize(codes)


@pytest.mark.parametrize("price", [0.01, 0.5, 3.0, 40.0])
def test_previews_cost_a_twentieth_of_the_decoding(price: float) -> None:
    """However dear a picture's pixels are; and they do take it."""
    model = CountingModel(price, slots=18, grid_side=8)
    engine = Engine(model, clock=lambda: model.now)
    for number in range(5):
        engine.add(str(number), GenerationRequest("a cat", images=9))
        run(engine)
    previewed = model.detokenized - 45
    decoding = 5 * 64
    assert previewed * price <= 0.05 * decoding + 2 * max(price, BURST)
    assert previewed >= min(50, 0.7 * int(0.05 * decoding / price))


def test_previews_take_turns() -> None:
    """Where there is time for few, a wide request does not have them all."""
    model = CountingModel(0.5, slots=20, grid_side=8)
    engine = Engine(model, clock=lambda: model.now)
    engine.add("wide", GenerationRequest("a cat", images=9))
    engine.add("narrow", GenerationRequest("a dog", images=1))
    shown = Counter(name for name, event in stream(engine) if isinstance(event, Progress) and event.preview)
    assert shown["wide"] >= 2
    assert shown["narrow"] >= 2


# --------------------------------------------------------------------------------------- initial pictures


def tiles(model: FakeCodeModel, codes: Tensor) -> Pixels:
    """A picture whose codes are known."""
    pixels: Pixels = model.detokenize(codes[None])[0].numpy()
    return pixels


def test_the_kept_rows_of_an_initial_picture_stay() -> None:
    """The rows above are given, the rest is drawn and depends on them."""
    model = FakeCodeModel()
    given_codes = torch.arange(16) % 16
    engine = Engine(model)
    request = GenerationRequest("a cat", images=2, init_image=b"any", keep_rows=2)
    engine.add("a", request, tiles(model, given_codes))
    for _ in range(16):
        engine.step()
    # the engine has let go of the slots; its table still holds what they drew
    drawn = engine._table.codes[[0, 2], 1:]
    assert (drawn[:, :8] == given_codes[:8]).all()
    assert not (drawn[:, 8:] == given_codes[8:]).all()


def test_given_codes_do_not_outlive_their_picture() -> None:
    """The next picture in the same slots is drawn freely."""
    model = FakeCodeModel()
    engine = Engine(model)
    engine.add("a", GenerationRequest("a cat", init_image=b"any", strength=0.0), tiles(model, torch.arange(16)))
    run(engine)
    request = GenerationRequest("a dog", images=4)
    engine.add("b", request)
    assert pngs(run(engine)["b"]) == [image.png for image in draw(request)]


def test_a_model_that_cannot_read_pictures_says_so() -> None:
    """Before anything is drawn, and by the field's name."""
    model = FakeCodeModel()
    model.reads_pictures = False
    with pytest.raises(InvalidRequest, match="init_image is not possible with fake"):
        Engine(model).add("a", GenerationRequest("a cat", init_image=b"png", keep_rows=1))


@given(st.integers(0, 3), st.floats(0, 1))
def test_strength_keeps_its_share(keep_rows: int, strength: float) -> None:
    """All kept rows, and of the rest one minus strength; every index once and in range."""
    request = GenerationRequest("a cat", init_image=b"any", keep_rows=keep_rows, strength=strength)
    kept = kept_codes(request, 4, torch.Generator().manual_seed(0)).tolist()
    assert kept[: keep_rows * 4] == list(range(keep_rows * 4))
    assert kept == sorted(set(kept))
    assert len(kept) == keep_rows * 4 + round((1 - strength) * (16 - keep_rows * 4))


def test_variations_differ_by_seed() -> None:
    """Which codes stay is drawn by each picture's own generator."""
    request = GenerationRequest("a cat", init_image=b"any", strength=0.5)
    first, second = (kept_codes(request, 16, torch.Generator().manual_seed(seed)).tolist() for seed in (1, 2))
    assert first != second


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (GenerationRequest("a cat", init_image=b"any", keep_rows=4), "keep_rows"),
        (GenerationRequest("a cat", init_image=b"any"), "strength"),
    ],
)
def test_what_only_the_model_can_refuse(request_: GenerationRequest, field: str) -> None:
    """More rows than it draws, and a picture that nothing is kept of."""
    with pytest.raises(InvalidRequest) as caught:
        Engine(FakeCodeModel()).add("a", request_)
    assert caught.value.field == field


# ------------------------------------------------------------------------------------------------ failures


class BrokenModel(FakeCodeModel):
    """Raises in the named call, for as long as `broken` says."""

    def __init__(self, call: str) -> None:
        super().__init__()
        self.call = call
        self.broken = True

    def _maybe_raise(self, call: str) -> None:
        if self.broken and call == self.call:
            raise RuntimeError("out of memory")

    def encode_texts(self, texts: Sequence[str | None]) -> EncodedTexts:
        self._maybe_raise("encode_texts")
        return super().encode_texts(texts)

    def prefill(self, slots: Tensor, texts: EncodedTexts) -> None:
        self._maybe_raise("prefill")
        super().prefill(slots, texts)

    def decode_one_token(self, slots: Tensor, tokens: Tensor, positions: Tensor) -> Tensor:
        self._maybe_raise("decode_one_token")
        return super().decode_one_token(slots, tokens, positions)

    def detokenize(self, codes: Tensor) -> Tensor:
        self._maybe_raise("detokenize")
        return super().detokenize(codes)


@pytest.mark.parametrize(
    ("call", "doing"),
    [
        ("encode_texts", "prefill"),
        ("prefill", "prefill"),
        ("decode_one_token", "decode"),
        ("detokenize", "detokenize"),
    ],
)
def test_a_failing_model_fails_the_generation_and_not_the_engine(call: str, doing: str) -> None:
    """The failure is retryable and says in which step; the log has the cause and the client's name for the generation;
    the next one is drawn as if nothing had been."""
    model = BrokenModel(call)
    engine = Engine(model)
    engine.add("unlucky", GenerationRequest("a cat", images=9, preview=False, id="4711"))
    with capture_logs() as logs:
        failure = run(engine)["unlucky"][-1]
    assert failure == Failed("model_failed", retryable=True, data={"doing": doing})
    assert {line["event"]: line.get("generation") for line in logs} == {
        f"engine.{doing}_failed": None, "generation.failed": "4711"
    }  # fmt: skip
    assert engine.status.free_slots == 8
    model.broken = False
    request = GenerationRequest("a dog", images=2)
    engine.add("lucky", request)
    assert pngs(run(engine)["lucky"]) == [image.png for image in draw(request)]


def test_a_failing_prompt_does_not_fail_its_neighbours() -> None:
    """What breaks while one prompt is read concerns that generation alone."""
    model = BrokenModel("encode_texts")
    model.broken = False
    engine = Engine(model)
    engine.add("fine", GenerationRequest("a cat", images=1))
    engine.step()
    model.broken = True
    engine.add("unlucky", GenerationRequest("a dog", images=1))
    events = run(engine)
    assert isinstance(events["unlucky"][-1], Failed)
    assert isinstance(events["fine"][-1], Done)


def test_a_failing_preview_fails_nothing() -> None:
    """It is a courtesy."""
    model = BrokenModel("detokenize")
    engine = Engine(model)
    engine.add("a", GenerationRequest("a cat", images=1))
    run(engine, steps=15)
    model.broken = False
    assert isinstance(run(engine)["a"][-1], Done)


def test_fail_all_ends_every_generation() -> None:
    """Running and waiting ones alike, each with one retryable failure."""
    engine = Engine(FakeCodeModel(2))
    engine.add("a", GenerationRequest("a cat"))
    engine.add("b", GenerationRequest("a dog"))
    engine.step()
    events = engine.fail_all("shutting_down")
    assert events == [(name, Failed("shutting_down", retryable=True)) for name in "ab"]
    assert not engine.busy
