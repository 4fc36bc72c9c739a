"""The evaluation: fixed questions, rules of right and wrong on real pictures, and the numbers that come out."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from inference.painting.scenery import background
from inference.ranking.detector import (
    CUT,
    Detector,
    DetectorConfig,
    Found,
    cut_out,
    find,
    load_detector,
    save_detector,
)
from inference.text.colours import COLOURS
from inference.text.scenery import PLACES, TIMED
from inference.training.data.icons import Concept
from inference.training.data.scenes import Placed, Scene, SceneMaker, render
from inference.training.evaluation.ceilings import variants
from inference.training.evaluation.diversity import diversity
from inference.training.evaluation.drawing import draw
from inference.training.evaluation.evaluate import main, read_sheet
from inference.training.evaluation.examiner import Examiner, again, share_right
from inference.training.evaluation.page import page
from inference.training.evaluation.phrasings import Measurer, Record, likeness_to
from inference.training.evaluation.questions import (
    EVALUATION_FOLDER,
    MEASURES,
    Question,
    make_questions,
    read_questions,
    rendering_of,
    write_questions,
)
from inference.training.evaluation.result import Answer, Evaluation, results
from inference.training.evaluation.scoring import answers, dominant_colour, main_colours, nearest_background, sized
from inference.training.stages.detection import CrowdSource, DetectionConfig, DetectorTrainer
from tests.fakes import FakeCodeModel
from tests.test_training_data import write_icons

EVALUATE = "inference.training.evaluation.evaluate"
EXAMINER = "inference.training.evaluation.examiner"
TINY = DetectorConfig(concepts=6, finder=(16, 16), namer=(16, 16, 32))


def found(concept: int, column: int = 6, row: int = 6, span: int = 10) -> Found:
    """Something that the judge saw."""
    return Found((concept, 90, 91, 92, 93), column, row, span, 0.9)


def test_shipped_questions_ask_for_enough() -> None:
    """A thousand concepts, sixteen colours of a hundred objects, counts to five; the quick part leaves no kind out."""
    questions = read_questions()
    assert len(questions.of("concept")) == len(questions.names) >= 1000
    assert len(questions.of("colour")) == 1600
    assert {question.count for question in questions.of("count")} == {1, 2, 3, 4, 5}
    assert {question.count for question in questions.of("count", quick=True)} == {1, 2, 3, 4, 5}
    assert {question.relation for question in questions.of("relation", quick=True)} == {
        "left",
        "right",
        "above",
        "below",
    }
    assert {question.background for question in questions.of("background")} == {*COLOURS, *PLACES}
    assert {question.background for question in questions.of("places")} == set(TIMED)
    assert len(questions.of("languages")) == 8 * 30
    assert len(questions.of("colour_and_thing")) == len(questions.of("colour"))
    assert len(questions.diverse(quick=True)) < len(questions.diverse()) == 60
    asked = {question.prompt for question in questions.of("synonyms")}
    assert {"an automobile", "a canine", "a sorcerer"} <= asked
    for measure in MEASURES:
        assert 20 < len(questions.of(measure, quick=True)) < len(questions.of(measure)) / 4


def test_questions_survive_their_file(tmp_path: Path) -> None:
    """Written and read they are the same, and made twice from the same concepts too; pairs are held-out ones."""
    icons = write_icons(tmp_path)
    made = make_questions(icons, tries=200)
    write_questions(tmp_path / "questions.json", made)
    assert read_questions(tmp_path / "questions.json") == made == make_questions(icons, tries=200)
    assert made.of("pairs")
    maker = SceneMaker(icons)
    assert all(maker.is_held_out(*question.concepts) for question in made.of("pairs"))


def test_rules_accept_the_real_rendering_of_every_colour_and_background(tmp_path: Path) -> None:
    """Recoloured icons have the colour they were given; backgrounds are told apart by their edge."""
    icons = write_icons(tmp_path)
    for colour in COLOURS:
        back = "blue" if colour in {"white", "beige"} else "white"
        question = Question("colour", "", (0,), colour=colour, background=back)
        picture = render(rendering_of(question), icons)
        assert dominant_colour(picture, found(0)) == colour
        assert answers(replace(question, measure="colour_and_thing"), [found(0)], picture)
        assert not answers(replace(question, measure="colour_and_thing"), [found(1), found(0)], picture)
    for back in (*COLOURS, *PLACES):
        assert nearest_background(background(back)) == back
    for back in (*PLACES, *TIMED):
        assert nearest_background(background(back), timed=True) == back
    for back in (*COLOURS, *PLACES):
        assert nearest_background(np.kron(background(back), np.ones((2, 2, 1), np.uint8))) == back  # twice the size


def test_nothing_on_the_background_has_no_colour_of_its_own() -> None:
    """An empty red picture is red, whatever was asked for."""
    assert dominant_colour(background("red"), found(0)) == "red"
    assert main_colours(background("red"), found(0)) == ()


def test_a_thing_of_two_colours_has_that_of_most_of_its_area() -> None:
    """The median lies between a face and its hair; of its area most is yellow."""
    picture = background("white").copy()
    picture[48:144, 48:144] = COLOURS["yellow"]
    picture[48:144, 48:84] = COLOURS["brown"]
    assert main_colours(picture, found(0)) == ("yellow",)
    asked = Question("native_colour", "", (0,), colour="yellow")
    assert answers(asked, [found(0)], picture)
    assert not answers(asked, [found(1)], picture)


def test_grids_of_the_same_picture_are_told_from_grids_of_others(tmp_path: Path) -> None:
    """A little noise makes no choice; another thing, place, or background does."""
    icons, detector = write_icons(tmp_path), Detector(TINY).eval()
    noise = np.random.default_rng(0)

    def grid(*scenes: Scene) -> list[np.ndarray]:
        pictures = [render(scene, icons).astype(int) + noise.integers(-4, 5, (192, 192, 3)) for scene in scenes]
        return [np.clip(picture, 0, 255).astype(np.uint8) for picture in pictures]

    one = rendering_of(Question("concept", "", (0,)))
    small = replace(one, objects=(Placed(0, "small", 0, 3),))
    same, others = grid(one, one), grid(one, replace(one, background="pink"), small)
    assert diversity(detector, [same])["near_identical"] == 1
    assert diversity(detector, [others])["near_identical"] == 0
    assert diversity(detector, [same])["diversity"] < diversity(detector, [others])["diversity"]
    assert diversity(detector, [same, others])["near_identical"] == 0.5


def test_real_scenes_of_a_prompt_differ_where_it_leaves_them_free() -> None:
    """Any style, and any background where none is named; the same each time."""
    free, named = Question("concept", "a cat", (0,)), Question("background", "a cat at night", (0,), background="night")
    assert len({(scene.style, scene.background) for scene in variants(free, 20)}) > 4
    assert {scene.background for scene in variants(named, 20)} == {"night"}
    assert variants(free) == variants(free)


@pytest.mark.parametrize(
    ("question", "things", "right"),
    [
        (Question("concept", "", (4,)), [found(4), found(1)], True),
        (Question("concept", "", (4,)), [found(1), found(4)], False),
        (Question("pairs", "", (4, 1)), [found(1), found(2), found(4)], True),
        (Question("pairs", "", (4, 1)), [found(4), found(4)], False),
        (Question("count", "", (4,), count=3), [found(4)] * 3, True),
        (Question("count", "", (4,), count=3), [found(4)] * 4, False),
        (Question("synonyms", "", (92, 4)), [found(7)], True),
        (Question("synonyms", "", (8,)), [found(7), found(8)], False),
        (Question("relation", "", (4, 1), relation="left"), [found(1, 9), found(4, 3)], True),
        (Question("relation", "", (4, 1), relation="right"), [found(1, 9), found(4, 3)], False),
        (Question("relation", "", (4, 1), relation="above"), [found(4, 6, 3), found(1, 6, 9)], True),
        (Question("relation", "", (4, 1), relation="below"), [found(4, 6, 3), found(1, 6, 9)], False),
        (Question("relation", "", (4, 1), relation="left"), [found(4, 3)], None),
    ],
)
def test_right_and_wrong(question: Question, things: list[Found], right: bool | None) -> None:
    """What was found against what was asked."""
    assert answers(question, things, np.zeros((192, 192, 3), np.uint8)) is right


def test_detector_learns_and_resumes_as_if_it_had_not_stopped(tmp_path: Path) -> None:
    """On six made-up icons the loss falls; two steps, a checkpoint and one more are the same as three."""
    write_icons(tmp_path)
    source = CrowdSource(tmp_path, 0, 8)
    config = DetectionConfig(steps=40, warmup=2, learning_rate=3e-3, device="cpu")
    straight, first, second = (DetectorTrainer(config, TINY) for _ in range(3))
    losses = [straight.train_step(source.batch(step)) for step in range(15)]
    assert np.mean(losses[-3:]) < 0.8 * np.mean(losses[:3])
    assert [first.train_step(source.batch(step)) for step in range(2)] == losses[:2]
    second.load_state_dict(first.state_dict())
    assert second.train_step(source.batch(2)) == losses[2]


def test_detector_survives_its_file(tmp_path: Path) -> None:
    """Saved as 16-bit numbers it finds the same things; there is always at least one thing, and the surest is first."""
    torch.manual_seed(0)
    detector = Detector(TINY).eval()
    save_detector(tmp_path, detector)
    pictures = list(np.random.default_rng(0).integers(0, 256, (3, 192, 192, 3), np.uint8))
    before = find(detector, pictures, threshold=0.01)
    after = find(load_detector(tmp_path), pictures, threshold=0.01)
    assert [things[0].row for things in before] == [things[0].row for things in after]
    assert [things[0].concept for things in before] == [things[0].concept for things in after]
    for things in find(detector, pictures, threshold=1.0):
        assert len(things) == 1
    assert all(some[0].confidence >= thing.confidence for some in before for thing in some)


def test_things_are_cut_out_where_they_stand() -> None:
    """A white square of six cells fills the picture that is cut out, and nothing else does."""
    pixels = torch.zeros(1, 3, 96, 96)
    pixels[..., 24:72, 48:96] = 1
    cut = cut_out(pixels, torch.tensor([0]), torch.tensor([[9.0, 6.0, 6.0]]))
    assert cut.shape == (1, 3, CUT, CUT)
    assert cut.min() > 0.999  # sampling between pixels rounds


def test_drawing_gives_each_order_its_own_picture() -> None:
    """More orders than fit together, in their order: the same prompt and seed is the same picture, alone or not."""
    orders = [("a cat", 1), ("a dog", 2), ("a fox", 3), ("a cat", 1), ("a cat", 4)]
    heard: list[int] = []
    drawn = draw(FakeCodeModel(slots=4), orders, heard.append)
    assert heard == [2, 4, 5]
    assert np.array_equal(drawn[0], drawn[3])
    assert not np.array_equal(drawn[0], drawn[4])
    assert np.array_equal(draw(FakeCodeModel(slots=4), orders[1:2])[0], drawn[1])


def test_questions_are_asked_in_parts_and_none_is_drawn_twice() -> None:
    """As all together would be drawn, each with its own seed; what is drawn is told as it grows, and kept small."""
    heard: list[int] = []
    examiner = Examiner(FakeCodeModel(slots=4), Detector(TINY).eval(), heard.append)
    questions = [Question("colour", prompt, (0,), colour="red") for prompt in ("a cat", "a dog", "a fox")]
    answered = examiner.ask(questions, 2)
    assert heard == [2, 3]
    drawn = draw(FakeCodeModel(slots=4), [("a cat", 24), ("a dog", 36), ("a fox", 48)])
    assert [answer.question for answer in answered] == questions
    assert all(np.array_equal(answer.pixels, sized(one)) for answer, one in zip(answered, drawn, strict=True))


def test_another_measure_is_taken_on_what_was_found() -> None:
    """The colour alone is right where the thing is not, and the judge need not look again."""
    picture = background("white").copy()
    picture[48:144, 48:144] = COLOURS["red"]
    asked = Question("colour", "a red cat", (0,), colour="red")
    seen = [Answer(asked, picture, is_right=True, found=(found(one),)) for one in (0, 1)]
    both = again(seen, "colour_and_thing")
    assert [answer.is_right for answer in both] == [True, False]
    assert {answer.question.measure for answer in both} == {"colour_and_thing"}
    assert [answer.is_right for answer in again(both, "colour")] == [True, True]


def test_a_number_is_told_before_the_next_is_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who stops the command keeps it; only what is asked for is measured, with as few questions as that."""
    asked: list[tuple[str, int]] = []

    class Asks(Examiner):
        def ask(self, questions: Sequence[Question], seed: int) -> list[Answer]:
            if asked:
                assert "concept_top1 1.000 of 3" in capsys.readouterr().err
            asked.append((questions[0].measure, len(questions)))
            return [Answer(question, background("white"), is_right=True) for question in questions]

    monkeypatch.setattr(f"{EVALUATE}.load_model", lambda *_: Loaded())
    monkeypatch.setattr(f"{EVALUATE}.DalleCodeModel", lambda *_, **__: FakeCodeModel(slots=4))
    monkeypatch.setattr(f"{EVALUATE}.Examiner", Asks)
    main(["--only", "concept", "--only", "languages", "--most", "3", "--json"])
    assert asked == [("concept", 3), ("languages", 3)]
    assert json.loads(capsys.readouterr().out)["n"] == {"concept_top1": 3, "languages_top1": 3}
    with pytest.raises(SystemExit):
        main(["--most", "0"])
    assert "--most must be at least 1: 0" in capsys.readouterr().err


class Loaded:
    """A checkpoint of which nothing is needed but its name."""

    name, vqgan, judge, clip = "tiny", None, None, None


class LikesTheLast:
    """A ranker that puts the last picture first."""

    def scores(self, prompt: str, pictures: list[np.ndarray], likelihoods: list[float]) -> list[float]:
        """Rising."""
        return list(range(len(pictures)))


def test_best_of_nine_compares_the_first_with_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of three grids one is all right, one all wrong, and of one the ninth is right, which is put first."""
    examiner = Examiner(FakeCodeModel(slots=8), Detector(TINY))
    question = Question("concept", "a cat", (0,))
    right = [*[True] * 9, *[False] * 9, *[False] * 8, True]
    nine = [Answer(question, np.zeros((4, 4, 3), np.uint8), mark) for mark in right]
    drawn = [answer.pixels for answer in nine], [0.0] * 27
    monkeypatch.setattr(f"{EXAMINER}.draw_with_likelihoods", lambda model, orders, told: drawn)
    monkeypatch.setattr(f"{EXAMINER}.judged", lambda detector, questions, pictures: nine)
    numbers = examiner.best_of_nine([question] * 3, LikesTheLast(), 0)  # type: ignore[arg-type]
    assert numbers == {
        "best_of_9_mean": pytest.approx(10 / 27), "best_of_9_first": pytest.approx(2 / 3),
        "best_of_9_gain": pytest.approx(8 / 27), "best_of_9_possible": pytest.approx(2 / 3),
        "best_of_9_mixed_mean": pytest.approx(1 / 9), "best_of_9_mixed_first": 1.0,
    }  # fmt: skip
    monkeypatch.setattr(f"{EXAMINER}.judged", lambda detector, questions, pictures: nine[:18])
    assert examiner.best_of_nine([question] * 2, LikesTheLast(), 0)["best_of_9_mixed_first"] is None  # type: ignore[arg-type]


def evaluation() -> Evaluation:
    """Numbers around their goals."""
    question = Question("concept", "a <cat>", (0,))
    shown = [Answer(question, np.zeros((8, 8, 3), np.uint8), mark) for mark in (True, False, None)]
    numbers = {"concept_top1": 0.8, "colour": 0.5, "best_of_9_gain": None, "psnr": 26.5}
    return Evaluation("tiny", numbers, {"concept_top1": 2}, {"concept": 0.9, "pairs": 0.8}, {"concept": shown})


def test_goals_for_concepts_are_shares_of_the_ceiling() -> None:
    """0.8 of a ceiling of 0.9 is enough for 85 %, 0.7 is not; what was not measured reaches nothing."""
    measured = evaluation()
    assert measured.reaches("concept_top1") is True
    assert replace(measured, numbers={"concept_top1": 0.7}).reaches("concept_top1") is False
    assert measured.reaches("colour") is False
    assert measured.reaches("best_of_9_gain") is None
    assert [row[1] for row in results(measured)] == ["0.800", "0.500", "not measured", "26.5 dB"]


def test_answers_of_which_nothing_can_be_said_do_not_count() -> None:
    """One right and one wrong is a half."""
    assert share_right(evaluation().answers["concept"]) == (0.5, 2)
    assert share_right([]) == (None, 0)


def test_page_holds_everything_and_trusts_no_prompt() -> None:
    """Pictures inline, prompts escaped, marks beside them."""
    document = page(evaluation())
    assert "a &lt;cat&gt;" in document
    assert "<cat>" not in document
    assert document.count("data:image/webp;base64,") == 3
    assert "class=right" in document
    assert "class=wrong" in document


def test_json_names_every_number() -> None:
    """One object: numbers, ceilings and how many pictures they rest on."""
    document = json.loads(json.dumps(evaluation().to_json()))
    assert document["concept_ceiling"] == 0.9
    assert document["n"] == {"concept_top1": 2}


def test_shipped_judge_sees_what_held_out_scenes_show() -> None:
    """It finds something in each of the scenes that ship, and knows as many concepts as there are questions."""
    detector, scenes = load_detector(EVALUATION_FOLDER), read_sheet(EVALUATION_FOLDER / "scenes.webp", 192)
    assert detector.config.concepts == len(read_questions().names)
    assert all(things[0].confidence > 0.5 for things in find(detector, list(scenes[:8])))


def test_things_are_asked_by_what_draws_them_best(tmp_path: Path) -> None:
    """A style, or another word; nothing where the name is good, or hardly worse, and no picture is drawn twice."""
    names = ("cat", "laptop", "eye", "moon")
    concepts = [Concept(name, (name,), (f"other {name}",), (), 3, 1, 1.0) for name in names]
    likeness = {"a cat": 27, "an other cat": 40, "a laptop, 3d": 25, "an other eye": 19, "an other eye, 3d": 21}
    asked: list[tuple[str, int, int]] = []

    def look(orders: Sequence[tuple[str, int, int]]) -> list[float]:
        asked.extend(orders)
        return [likeness.get(text, 18) + seed % 2 for text, seed, _ in orders]

    record = Record(tmp_path / "measured.jsonl")
    found, done = Measurer(look, record).phrasings(concepts)
    assert found == {"laptop": "laptop, 3d", "eye": "other eye, 3d"}
    assert done == len(concepts)
    assert len(asked) == len(set(asked))
    assert Measurer(lambda _: pytest.fail("drawn again"), Record(record.path)).phrasings(concepts) == (found, done)


def test_what_white_hides_is_asked_for_before_blue(tmp_path: Path) -> None:
    """As the engine has it drawn to be cut out: with the place before the style, and other things as they are."""
    concepts = [Concept(name, (name,), (), (), 3, 1, 1.0) for name in ("cloud", "cat")]
    asked: list[str] = []

    def look(orders: Sequence[tuple[str, int, int]]) -> list[float]:
        asked.extend(text for text, *_ in orders)
        return [30.0 if "3d" in text else 10.0 for text, *_ in orders]

    measurer = Measurer(look, Record(tmp_path / "measured.jsonl"), lambda row: concepts[row].name == "cloud")
    assert measurer.phrasings(concepts)[0] == {"cloud": "cloud, 3d", "cat": "cat, 3d"}
    assert {"a cloud on a blue background, 3d", "a cat, 3d", "a cloud on a blue background"} <= set(asked)


def test_a_word_that_two_things_share_is_compared_with_both(tmp_path: Path) -> None:
    """One that shows the second is no phrasing of the first."""
    concepts = [Concept(name, (name,), ("shared",), (), 3, 1, 1.0) for name in ("cat", "moon")]
    measurer = Measurer(
        lambda orders: [30.0 if (text, row) == ("a shared", 1) else 10.0 for text, _, row in orders],
        Record(tmp_path / "measured.jsonl"),
    )
    assert measurer.phrasings(concepts)[0] == {"moon": "shared"}


def test_a_picture_is_most_like_the_rendering_that_it_is_of(tmp_path: Path) -> None:
    icons = write_icons(tmp_path)
    scene = Scene((Placed(1, "large", 1, 1),), "white", "flat")
    likeness = likeness_to(icons)
    picture = render(scene, icons, detailed=True)
    assert likeness(picture, 1) > 50 > likeness(picture, 0)
    assert likeness(picture // 2, 1) < 20


def test_when_the_time_is_over_the_rest_of_the_names_stay_as_they_are(tmp_path: Path) -> None:
    """What people ask for most was measured first, and wholly."""
    names = [*(f"thing {number}" for number in range(200)), "cat"]
    concepts = [Concept(name, (name,), (), (), 3, 1, 1.0) for name in names]
    times = iter((False, True))
    measurer = Measurer(
        lambda orders: [30.0 if text == "a cat, 3d" else 10.0 for text, *_ in orders],
        Record(tmp_path / "measured.jsonl"),
    )
    found, done = measurer.phrasings(concepts, lambda: next(times))
    assert found == {"cat": "cat, 3d"}
    assert 0 < done < len(concepts)
