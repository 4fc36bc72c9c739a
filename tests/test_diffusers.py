"""Pipelines of diffusers: what they can do, what they draw, and how the queue before them behaves."""

import asyncio
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from inference.backends import ServedModel
from inference.backends.diffusers import DiffusionEngine, Events
from inference.backends.latents import LatentPreview
from inference.backends.opening import BackendOptions, served_models
from inference.backends.pipeline import ROWS, DiffusersPipeline, Drawn, OnStep, PipelineOptions, Wish, prepare
from inference.checkpoints.card import ModelCard
from inference.checkpoints.weights import CheckpointError
from inference.contract import Done, Event, Failed, GenerationRequest, Image, InvalidRequest, ModelDescription, Progress
from inference.pictures import Pixels
from inference.server.shelf import Shelf
from tests import tiny_pipelines

needs_diffusers = pytest.mark.skipif(find_spec("diffusers") is None, reason="diffusers is an extra")
KINDS = {
    "sd": tiny_pipelines.stable_diffusion,
    "sdxl": tiny_pipelines.stable_diffusion_xl,
    "sd3": tiny_pipelines.stable_diffusion_3,
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A tiny pipeline of each kind, with a card that asks for four steps."""
    made = {kind: make(tmp_path_factory.mktemp(kind) / kind) for kind, make in KINDS.items()}
    for folder in made.values():
        ModelCard("noise, quickly", steps=4, guidance_scale=2.0).write(folder)
    return made


@pytest.fixture(scope="module")
def pipelines(folders: dict[str, Path]) -> dict[str, DiffusersPipeline]:
    return {kind: DiffusersPipeline.load(folder, kind, PipelineOptions()) for kind, folder in folders.items()}


def ask(prompt: str = "a red dog", **options: Any) -> GenerationRequest:
    return GenerationRequest(prompt, **{"images": 1, **options})


def draw(pipeline: DiffusersPipeline, *wishes: Wish) -> list[Pixels]:
    return [one.pixels for one in pipeline.draw(wishes, lambda done, small: None)]


@needs_diffusers
@pytest.mark.parametrize("kind", KINDS)
def test_what_a_pipeline_can_do_is_read_from_it(kind: str, pipelines: dict[str, DiffusersPipeline]) -> None:
    """Its size and others of as many pixels, guidance, negative prompts, start pictures, and what the card says."""
    described = pipelines[kind].describe()
    assert described.sizes == ("32x32", "48x32", "32x48")
    assert (described.guidance, described.negative_prompt, described.seeds) == ((1.0, 30.0), True, True)
    assert (described.pictures, described.rows, described.previews) == (("vary", "complete"), ROWS, True)
    assert (described.description, described.defaults) == ("noise, quickly", {"steps": 4.0, "guidance_scale": 2.0})


@needs_diffusers
@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_draws_its_picture_alone_and_in_company(kind: str, pipelines: dict[str, DiffusersPipeline]) -> None:
    """The same again, another for another seed or prompt, and beside others the same but for rounding."""
    pipeline = pipelines[kind]
    first, second = Wish(ask(), 1), Wish(ask("a dog"), 2)
    (alone,) = draw(pipeline, first)
    assert alone.shape == (32, 32, 3)
    assert (draw(pipeline, first)[0] == alone).all()
    assert (draw(pipeline, replace(first, seed=3))[0] != alone).any()
    assert (draw(pipeline, Wish(ask(negative_prompt="red"), 1))[0] != alone).any()
    together = draw(pipeline, first, second)
    for picture, expected in zip(together, (alone, draw(pipeline, second)[0]), strict=True):
        assert np.abs(picture.astype(int) - expected).max() <= 2


@needs_diffusers
@pytest.mark.parametrize("kind", KINDS)
def test_sizes_and_start_pictures(kind: str, pipelines: dict[str, DiffusersPipeline]) -> None:
    """Another shape; a picture varied a little stays near; one that is completed keeps its upper half."""
    pipeline = pipelines[kind]
    (wide,) = draw(pipeline, Wish(ask(size="48x32"), 1))
    assert wide.shape == (32, 48, 3)
    start = np.tile(np.linspace(0, 255, 32).astype(np.uint8)[:, None, None], (1, 32, 3))
    little, much = (
        draw(pipeline, Wish(ask(init_image=b"any", strength=strength), 1, start))[0] for strength in (0.3, 1.0)
    )
    assert (little != much).any()
    (completed,) = draw(pipeline, Wish(ask(init_image=b"any", keep_rows=ROWS // 2), 1, start))
    assert completed.shape == (32, 32, 3)


@needs_diffusers
@pytest.mark.parametrize("kind", [*KINDS, "flux"])
def test_sizes_are_known_before_anything_is_loaded(
    kind: str, folders: dict[str, Path], pipelines: dict[str, DiffusersPipeline], tmp_path: Path
) -> None:
    """From the files alone, so that the first order may ask for a shape; the card's, where it names some."""
    if kind == "flux":
        folder = tiny_pipelines.flux(tmp_path / kind)
        loaded = DiffusersPipeline.load(folder, kind, PipelineOptions())
    else:
        folder, loaded = folders[kind], pipelines[kind]
    (served,) = served_models(BackendOptions(model=str(folder)))
    assert served.description is not None
    assert served.description.sizes == loaded.describe().sizes
    card = shutil.copytree(folder, tmp_path / "card")
    ModelCard("", sizes=("48x32",)).write(card)
    (served,) = served_models(BackendOptions(model=str(card)))
    assert served.description is not None
    assert served.description.sizes == ("48x32",)


@needs_diffusers
def test_what_a_distilled_network_does_not_hear_is_refused(tmp_path: Path) -> None:
    """FLUX.1-schnell's class takes a guidance and a negative prompt, and draws the same with any: none is offered.
    Everything else is there: previews of its packed latents, other shapes, start pictures."""
    folder = tiny_pipelines.flux(tmp_path / "flux")
    ModelCard("distilled", steps=2, guidance_scale=0.0, sizes=("32x32", "48x32")).write(folder)
    pipeline = DiffusersPipeline.load(folder, "flux", PipelineOptions())
    described = pipeline.describe()
    assert (described.guidance, described.negative_prompt, described.defaults) == (None, False, {"steps": 2.0})
    for option in ({"guidance_scale": 5.0}, {"negative_prompt": "red"}):
        with pytest.raises(InvalidRequest, match=f"{next(iter(option))} is not possible with flux"):
            described.check(ask(**option))
    seen: list[tuple[int, ...]] = []
    (drawn,) = pipeline.draw([Wish(ask(size="48x32"), 1)], lambda done, small: seen.append((small or list)()[0].shape))
    assert (drawn.pixels.shape, seen) == ((32, 48, 3), [(16, 24, 3)] * 2)
    start = np.zeros((32, 32, 3), np.uint8)
    for use in ({"strength": 0.5}, {"keep_rows": ROWS // 2}):
        assert draw(pipeline, Wish(ask(init_image=b"any", **use), 1, start))[0].shape == (32, 32, 3)


@needs_diffusers
@pytest.mark.parametrize(("guidance", "heard"), [(7.0, True), (None, True), (0.0, False)])
def test_a_negative_prompt_is_offered_where_it_is_read(
    folders: dict[str, Path], tmp_path: Path, guidance: float | None, *, heard: bool
) -> None:
    """Not by one whose card says that it is to be drawn without guidance, as SDXL-Turbo's."""
    folder = shutil.copytree(folders["sd"], tmp_path / "sd")
    ModelCard("turbo", steps=2, guidance_scale=guidance).write(folder)
    pipeline = DiffusersPipeline.load(folder, "sd", PipelineOptions())
    assert pipeline.describe().negative_prompt is heard
    with_one, without = (draw(pipeline, Wish(ask(negative_prompt=said), 1))[0] for said in ("red", None))
    assert (with_one != without).any() == heard
    unread = ask(negative_prompt="red", guidance_scale=1.0)
    assert (draw(pipeline, Wish(unread, 1))[0] == draw(pipeline, Wish(ask(guidance_scale=1.0), 1))[0]).all()
    with pytest.raises(InvalidRequest, match="negative_prompt"):
        pipeline.describe().check(unread)


@needs_diffusers
def test_an_autoencoder_that_overflows_in_half_precision_is_previewed(folders: dict[str, Path]) -> None:
    """As that of SDXL does."""
    from diffusers import StableDiffusionPipeline

    pipe = StableDiffusionPipeline.from_pretrained(folders["sd"], dtype=torch.float16)
    with torch.no_grad():
        weight = pipe.vae.encoder.conv_in.weight
        weight.copy_(6e4 * weight.float() / weight.abs().max())
        white = torch.full((1, 3, 32, 32), 1.0, dtype=torch.float16)
        assert not pipe.vae.encode(white).latent_dist.mean.isfinite().all()
    assert LatentPreview.fit(pipe) is not None
    assert pipe.vae.dtype is torch.float16


@needs_diffusers
@pytest.mark.parametrize("kind", KINDS)
def test_slices_draw_the_same(kind: str, folders: dict[str, Path], pipelines: dict[str, DiffusersPipeline]) -> None:
    """Attention and pixels in slices, for less memory, but for rounding."""
    sliced = DiffusersPipeline.load(folders[kind], kind, PipelineOptions(slicing=True))
    wishes = Wish(ask(), 1), Wish(ask("a dog"), 2)
    for one, other in zip(draw(sliced, *wishes), draw(pipelines[kind], *wishes), strict=True):
        assert np.abs(one.astype(int) - other).max() <= 2


class Moved:
    """A pipeline that notes what is done to it, and to its network."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.unet: Moved | None = self
        self.transformer: Moved | None = None

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *given: self.heard.append(" ".join([name, *map(str, given)]))


@pytest.mark.parametrize(
    ("offload", "device", "heard"),
    [
        ("none", "cuda", "to cuda"),
        ("model", "cuda", "enable_model_cpu_offload"),
        ("sequential", "cuda", "enable_sequential_cpu_offload"),
        ("model", "cpu", "to cpu"),
        ("sequential", "cpu", "to cpu"),
    ],
)
def test_a_pipeline_that_is_offloaded_is_moved_by_itself_alone(offload: str, device: str, heard: str) -> None:
    """Whoever moved it beside that would undo it; on a processor there is nowhere to go."""
    pipe = Moved()
    prepare(pipe, PipelineOptions(offload=offload), torch.device(device))
    assert pipe.heard == [heard]


def test_the_network_that_takes_the_steps_is_compiled() -> None:
    """Once it lies where it draws; by the name that its kind of pipeline has for it."""
    for network in ("unet", "transformer"):
        pipe, part = Moved(), Moved()
        pipe.unet, pipe.transformer = (part, None) if network == "unet" else (None, part)
        prepare(pipe, PipelineOptions(compile=True), torch.device("cpu"))
        assert (pipe.heard, part.heard) == (["to cpu"], ["compile"])


@needs_diffusers
def test_steps_are_told_with_small_pictures(pipelines: dict[str, DiffusersPipeline]) -> None:
    """One call a step, up to one; the colours are those of the autoencoder's own pictures, roughly."""
    seen: list[tuple[float, tuple[int, ...]]] = []

    def on_step(done: float, small: Callable[[], list[Pixels]] | None) -> None:
        assert small is not None
        seen.append((done, small()[0].shape))

    pipelines["sd"].draw([Wish(ask(), 1)], on_step)
    assert seen == [(share, (16, 16, 3)) for share in (0.25, 0.5, 0.75, 1.0)]


@needs_diffusers
def test_a_drawing_can_be_given_up_and_the_next_one_is_whole(pipelines: dict[str, DiffusersPipeline]) -> None:
    """What `on_step` raises comes out, and leaves nothing behind."""

    class Enough(Exception):
        pass

    def on_step(done: float, small: Callable[[], list[Pixels]] | None) -> None:
        raise Enough

    expected = draw(pipelines["sd"], Wish(ask(), 1))
    with pytest.raises(Enough):
        pipelines["sd"].draw([Wish(ask(), 9)], on_step)
    assert (draw(pipelines["sd"], Wish(ask(), 1))[0] == expected[0]).all()


@needs_diffusers
async def test_a_folder_with_a_pipeline_is_served(folders: dict[str, Path]) -> None:
    """By its path, through the shelf, its thread and its queue; what it has not is refused by name."""
    shelf = Shelf(served_models(BackendOptions(model=f"{folders['sd']}, {folders['sd3']}")))
    shelf.start()
    try:
        described = await shelf.describe()
        assert described.name == "sd"
        events = [event async for event in shelf.stream(ask(images=2, size="32x48", model="sd"))]
        assert [type(event) for event in events if not isinstance(event, Progress)][1:] == [Image, Image, Done]
        with pytest.raises(InvalidRequest, match="size is 64x64; sd draws 32x32, 48x32, 32x48"):
            await anext(shelf.stream(ask(size="64x64")))
        with pytest.raises(InvalidRequest, match="top_k is not possible with sd"):
            await anext(shelf.stream(ask(top_k=3)))
        other = [event async for event in shelf.stream(ask(model=str(folders["sd3"])))]
        assert isinstance(other[-1], Done)
        assert other[-1].model == "sd3"
    finally:
        await shelf.stop()


@needs_diffusers
@pytest.mark.parametrize(("options", "says"), [({"precision": "int8"}, "precision int8 is not possible")])
def test_what_cannot_be_is_refused_by_name(folders: dict[str, Path], options: dict[str, Any], says: str) -> None:
    """Before anything is loaded."""
    with pytest.raises(CheckpointError, match=says):
        DiffusersPipeline.load(folders["sd"], "sd", PipelineOptions(**options))


@needs_diffusers
def test_a_damaged_folder_is_one_error(tmp_path: Path) -> None:
    """Whatever the library raises, with the model's name and the folder."""
    (tmp_path / "model_index.json").write_text('{"_class_name": "StableDiffusionPipeline", "vae": ["x", "y"]}')
    with pytest.raises(CheckpointError, match=r"mine: cannot be loaded from .*"):
        DiffusersPipeline.load(tmp_path, "mine", PipelineOptions())


def test_without_the_extra_its_name_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing package is the operator's to mend."""
    monkeypatch.setitem(__import__("sys").modules, "diffusers", None)
    with pytest.raises(CheckpointError, match=r"easel\[diffusers\]"):
        DiffusersPipeline.load(tmp_path, "mine", PipelineOptions())


@pytest.mark.parametrize(
    ("card", "says"),
    [
        ('{"steps": 0}', "steps is 0"),
        ('{"sizes": ["big"]}', "sizes is"),
        ('{"colour": 1}', "'colour' is not known"),
        ('{"guidance_scale": "x"}', "guidance_scale is 'x'"),
    ],
)
def test_a_card_that_makes_no_sense_is_refused(tmp_path: Path, card: str, says: str) -> None:
    """With the file and the first thing that is wrong."""
    (tmp_path / "easel.json").write_text(card)
    with pytest.raises(CheckpointError, match=says):
        ModelCard.read(tmp_path)


# ------------------------------------------------------------------------------------- the queue before it


class FakePipeline:
    """Paints a picture in the seed's colour in two steps; remembers what was drawn together."""

    name = "fake"

    def __init__(self, batch: int = 2) -> None:
        self.batch = batch
        self.drawn: list[list[tuple[str, int]]] = []
        self.raises: Exception | None = None
        self.refuses = False
        self.looked: list[str] = []  # whose small pictures were made

    def describe(self) -> ModelDescription:
        return ModelDescription("fake", sizes=("8x8", "16x8"), negative_prompt=True, seeds=True)

    def size(self, request: GenerationRequest) -> tuple[int, int]:
        width, height = (request.size or "8x8").split("x")
        return int(width), int(height)

    def kind(self, request: GenerationRequest) -> tuple[object, ...]:
        return (self.size(request),)

    def small(self, wishes: Sequence[Wish]) -> list[Pixels]:
        self.looked.append(wishes[0].request.prompt)
        return [np.full((2, 2, 3), wish.seed, np.uint8) for wish in wishes]

    def draw(self, wishes: Sequence[Wish], on_step: OnStep) -> list[Drawn]:
        self.drawn.append([(wish.request.prompt, wish.seed) for wish in wishes])
        if self.raises is not None:
            raise self.raises
        for share in (0.5, 1.0):
            on_step(share, lambda: self.small(wishes))
        return [Drawn(np.full((8, 8, 3), wish.seed, np.uint8), self.refuses) for wish in wishes]


class Queue:
    """An engine over a fake pipeline; `told` is what was let out within steps, `between` may act there."""

    def __init__(self, batch: int = 2) -> None:
        self.pipeline = FakePipeline(batch)
        self.told: Events = []
        self.between: Callable[[], None] = lambda: None
        self.now = 0.0
        self.engine = DiffusionEngine(self.pipeline, self.breathe, lambda: self.now)  # type: ignore[arg-type]

    def breathe(self, engine: DiffusionEngine, events: Events) -> None:
        self.now += 1
        self.told += events
        self.between()

    def run(self) -> dict[str, list[Event]]:
        happened = list(self.told)
        while self.engine.busy:
            events = self.engine.step()
            happened += [*self.told, *events]
            self.told.clear()
        return {name: [event for owner, event in happened if owner == name] for name, _ in happened}


def test_what_waits_and_is_alike_is_drawn_together() -> None:
    """Several people's, in the order of their coming, as many as fit; another size has its own batch."""
    queue = Queue(batch=3)
    queue.engine.add("a", ask("one", images=2, seed=1))
    queue.engine.add("b", ask("two", images=1, seed=5, size="16x8"))
    queue.engine.add("c", ask("three", images=3, seed=7))
    events = queue.run()
    assert queue.pipeline.drawn == [[("one", 1), ("one", 2), ("three", 7)], [("two", 5)], [("three", 8), ("three", 9)]]
    assert [image.seed for image in events["c"] if isinstance(image, Image)] == [7, 8, 9]
    assert all(isinstance(mine[-1], Done) for mine in events.values())


def test_nine_pictures_do_not_hold_up_one() -> None:
    """Whoever had a turn waits for everybody else's."""
    queue = Queue(batch=2)
    queue.engine.add("many", ask("many", images=9, seed=0))
    queue.engine.add("one", ask("one", images=1, seed=50, size="16x8"))
    queue.run()
    assert [batch[0][0] for batch in queue.pipeline.drawn[:3]] == ["many", "one", "many"]


def test_progress_counts_pictures_and_steps_and_previews_come_at_times() -> None:
    """A half of the first of two batches is a quarter; previews are a clock's affair, and may be declined: then nobody
    waits for small pictures either."""
    queue = Queue(batch=1)
    queue.engine.add("a", ask("shown", images=2))
    queue.engine.add("b", ask("declined", images=1, preview=False, size="16x8"))
    events = queue.run()
    progress = [event for event in events["a"] if isinstance(event, Progress)]
    assert [event.done for event in progress] == [0.25, 0.5, 0.75, 1.0]
    assert any(event.preview for event in progress)
    assert not any(event.preview for event in events["b"] if isinstance(event, Progress))
    assert set(queue.pipeline.looked) == {"shown"}


def test_files_are_written_while_the_next_batch_is_drawn() -> None:
    """The first one's picture leaves from within the second one's drawing; one that nobody waits for goes nowhere."""
    queue = Queue(batch=2)
    queue.engine.add("first", ask("first"))
    queue.engine.add("gone", ask("gone"))
    queue.engine.add("second", ask("second", size="16x8"))
    events = queue.engine.step()
    queue.engine.cancel("gone")
    left = [isinstance(event, Done) for _, event in events]

    def until_it_has_left(wishes: Sequence[Wish], on_step: OnStep) -> list[Drawn]:
        for _ in range(1_000_000):  # the writing thread has its own pace
            on_step(0.5, None)
            if any(left) or any(isinstance(event, Done) for _, event in queue.told):
                return [Drawn(np.zeros((8, 16, 3), np.uint8))]
        raise AssertionError("the first picture has not left")

    queue.pipeline.draw = until_it_has_left  # type: ignore[method-assign]
    queue.told += events
    told = queue.run()
    assert [[type(event) for event in told[name][-2:]] for name in ("first", "second")] == [[Image, Done]] * 2
    assert not any(isinstance(event, Image) for event in told["gone"])


def test_quick_steps_do_not_each_wake_everybody() -> None:
    """How far a generation is, is told a few times a second, at first at once."""
    queue = Queue(batch=1)
    queue.engine = DiffusionEngine(queue.pipeline, lambda _, events: queue.told.extend(events), lambda: queue.now)  # type: ignore[arg-type]
    queue.engine.add("a", ask(images=1))
    events = queue.run()["a"]
    assert [event.done for event in events if isinstance(event, Progress)] == [0.5]


def test_what_nobody_wants_any_more_is_given_up_at_once() -> None:
    """Within the step; where somebody still waits for a part of the batch, it is finished for them."""
    queue = Queue(batch=2)
    queue.engine.add("gone", ask("gone", images=2))
    queue.engine.add("stays", ask("stays", images=1, seed=9))
    queue.between = lambda: queue.engine.cancel("gone")
    events = queue.run()
    assert [type(event) for event in events["gone"]] == [Progress]
    assert isinstance(events["stays"][-1], Done)
    assert [len(batch) for batch in queue.pipeline.drawn] == [2, 1]


def test_too_little_memory_makes_smaller_batches() -> None:
    """The same pictures are tried again, fewer at a time; one alone that does not fit has failed."""
    queue = Queue(batch=4)
    queue.pipeline.raises = torch.OutOfMemoryError("no room")
    queue.engine.add("a", ask(images=4, seed=1))
    assert queue.engine.step() == []
    queue.pipeline.raises = None
    images = [event.seed for event in queue.run()["a"] if isinstance(event, Image)]
    assert images == [1, 2, 3, 4]
    assert [len(batch) for batch in queue.pipeline.drawn] == [4, 2, 2]
    queue.pipeline.raises = torch.OutOfMemoryError("no room")
    queue.engine.add("b", ask(images=1))
    assert queue.run()["b"][-1] == Failed("out_of_memory", retryable=False)


def test_a_pipeline_that_breaks_fails_its_batch_and_lives_on() -> None:
    """Retryably; whoever waits for the next batch is drawn."""
    queue = Queue(batch=1)
    queue.engine.add("unlucky", ask())
    queue.engine.add("lucky", ask())
    queue.pipeline.raises = RuntimeError("broken")
    (failure,) = queue.engine.step()
    assert failure == ("unlucky", Failed("model_failed", retryable=True, data={"doing": "draw"}))
    queue.pipeline.raises = None
    assert isinstance(queue.run()["lucky"][-1], Done)


def test_the_pipelines_own_safety_checker_is_heard() -> None:
    """Its refusal is the picture's verdict: blocked."""
    queue = Queue()
    queue.pipeline.refuses = True
    queue.engine.add("a", ask())
    (image,) = [event for event in queue.run()["a"] if isinstance(event, Image)]
    assert image.verdict.action == "block"


class Brightest:
    """Fails for prompts that say so."""

    def scores(self, prompt: str, pictures: Sequence[Pixels], likelihoods: Sequence[float]) -> list[float]:
        if "broken" in prompt:
            raise RuntimeError("no weights")
        return [float(picture.mean()) for picture in pictures]


@pytest.mark.parametrize(("prompt", "order"), [("a cat", [3, 2, 1]), ("broken", [1, 2, 3])])
def test_a_clip_puts_the_best_first(prompt: str, order: list[int]) -> None:
    """All pictures come together, after the last; a ranker that fails costs nobody anything."""
    queue = Queue(batch=2)
    queue.engine = DiffusionEngine(queue.pipeline, queue.breathe, lambda: queue.now, Brightest())  # type: ignore[arg-type]
    assert queue.engine.describe().ranked
    queue.engine.add("a", ask(prompt, images=3, seed=1))
    events = queue.run()["a"]
    assert [event.seed for event in events if isinstance(event, Image)] == order
    assert [type(event) for event in events[-4:]] == [Image, Image, Image, Done]


async def test_a_model_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A folder that goes while it is ordered: the generation ends with a code, and the server lives."""
    shelf = Shelf([ServedModel("x", served_models(BackendOptions(model="no-such-model"))[0].open)])
    shelf.start()
    events = [event async for event in shelf.stream(ask())]
    assert events[-1] == Failed("model_not_loaded", retryable=False, data={"model": "no-such-model"})
    await asyncio.wait_for(shelf.ended.wait(), 10)
    await shelf.stop()
