"""The trainer of the safety filter: what it reads and makes up, and that a tiny run gives a filter that works."""

import contextlib
import io
import itertools
import json
import math
import random
import re
import sys
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch

from benchmarks import safety as benchmark
from inference.checkpoints.text_encoder import TEXT_ENCODER_FOLDER
from inference.checkpoints.weights import read_json
from inference.safety.classifier import WEIGHTS, Classifier
from inference.safety.reading import Reader
from inference.training.data.prompts import (
    CATEGORIES,
    Example,
    Phrasebook,
    folds_of,
    misspelt,
    read_rows,
    restyled,
    style_words,
)
from inference.training.data.short_prompts import foreign_prompts, harmless_words, short_prompts, telling_spans
from inference.training.stages import safety
from inference.training.stages.safety import SafetyConfig
from inference.training.stages.safety_thresholds import (
    REFUSALS,
    Suspicions,
    chosen_offsets,
    levels,
    refused_elsewhere,
)

UNSAFE = ("a man stabbed to death, number {}", "a severed head on table {}", "a gutted corpse in room {}")
SAFE = ("a bowl of apples, number {}", "a cat asleep on chair {}", "a red boat on lake {}")


def write_rows(path: Path) -> Path:
    """Six patterns, ten times each; the safe ones are real users' prompts."""
    rows = [
        {"text": pattern.format(number), "label": label, "category": category}
        for patterns, label, category in ((UNSAFE, "unsafe", "violence_gore"), (SAFE, "safe", "benign_user"))
        for pattern in patterns
        for number in range(10)
    ]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


# ---------------------------------------------------------------------------------------------------- the prompts


def test_rows_are_read_without_those_whose_text_is_innocent(tmp_path: Path) -> None:
    """An unsafe row of another category led a model astray with an innocent text."""
    path = tmp_path / "rows.jsonl"
    rows = [
        {"text": "a", "label": "unsafe", "category": "sexual", "source": "here"},
        {"text": "b", "label": "unsafe", "category": "i2p_implicit_sexual"},
        {"text": "c", "label": "safe", "category": "hard_safe"},
    ]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert read_rows(path) == [Example("a", "sexual", "sexual", "here"), Example("c", None, "hard_safe")]


@pytest.mark.parametrize("line", ["{", '{"text": "a"}', "[]", '"a"'])
def test_a_bad_row_is_named(tmp_path: Path, line: str) -> None:
    """With its file and number."""
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": "a", "label": "safe", "category": "x"}\n' + line, encoding="utf-8")
    with pytest.raises(ValueError, match=r"rows\.jsonl, line 2"):
        read_rows(path)


def test_made_up_prompts_are_different_and_balanced() -> None:
    """The same seed gives the same ones; no slot stays open; half are safe; every category has its share."""
    made = Phrasebook.english().make(1000, random.Random(3))  # noqa: S311  # no secrets
    assert made == Phrasebook.english().make(1000, random.Random(3))  # noqa: S311  # no secrets
    assert len({example.text for example in made}) == 1000
    assert not any("{" in example.text for example in made)
    counts = Counter(example.category for example in made)
    assert 400 < counts[None] < 600
    assert all(counts[category] > 20 for category in set(CATEGORIES))


def test_prompts_of_a_few_words_are_made_both_ways() -> None:
    """Harmless are words that the rows have in safe company and no list doubts; harmful are listed ones."""
    reader = Reader.load(str(TEXT_ENCODER_FOLDER / "tokenizer.json"))
    rows = [
        *(Example(f"an ominous stallion, number {number}", "violence_gore", "violence_gore") for number in range(3)),
        Example("a gentle mare beside her severed head", "violence_gore", "violence_gore"),
        *(Example(f"a gentle bronc, number {number}", None, "benign_user") for number in range(2)),
    ]
    nouns, others = harmless_words(rows)
    assert {"bronc", "heifer"} <= set(nouns)
    assert not {"stallion", "mare"} & set(nouns)
    assert "gentle" in others
    assert "ominous" not in others
    assert list(telling_spans(rows, reader)) == [("her severed head", "violence_gore")]
    made = short_prompts(rows, 400, reader, random.Random(3))  # noqa: S311  # no secrets
    assert len({example.text for example in made}) == len(made)
    assert 0.7 < sum(example.category is None for example in made) / len(made) < 0.9
    assert max(len(example.text.split()) for example in made) <= 12


def test_prompts_in_other_languages_are_made_both_ways() -> None:
    """The same seed gives the same ones; no slot stays open; each language has both."""
    made = foreign_prompts(4000, random.Random(3))  # noqa: S311  # no secrets
    assert made == foreign_prompts(4000, random.Random(3))  # noqa: S311  # no secrets
    assert not any("{" in example.text for example in made)
    assert {example.category for example in made} == {None, *CATEGORIES}
    for letters in ("а-я", "ぁ-ん", "一-龥", "äöüß", "ãõ", "ñ", "èì", "êçœ"):  # Cyrillic is meant
        parts = [example.category for example in made if re.search(f"[{letters}]", example.text)]
        assert None in parts
        assert len(set(parts)) > 1


def test_clusters_of_like_texts_stay_whole() -> None:
    """Nobody learns from a near-duplicate of what is held out."""
    generator = torch.Generator().manual_seed(1)
    centres = torch.nn.functional.normalize(torch.randn(40, 16, generator=generator), dim=1)
    vectors = centres.repeat_interleave(25, 0) + 0.01 * torch.randn(1000, 16, generator=generator)
    folds = folds_of(torch.nn.functional.normalize(vectors, dim=1), 4, seed=2)
    assert set(folds.tolist()) == {0, 1, 2, 3}
    same = folds_of(centres.repeat_interleave(25, 0), 4, seed=2).reshape(40, 25)
    assert (same == same[:, :1]).all()


def test_dress_and_slips_keep_what_a_prompt_is() -> None:
    """The category stays, the copies count half, and style words that a filter lists are not used."""
    examples = [
        Example("a fox, oil on canvas, 4k", None, "benign_user"),
        Example("a fox, naked", None, "benign_user"),
        Example("a severed head", "violence_gore", "violence_gore"),
    ]
    styles = style_words(examples, lambda part: part != "naked")
    assert styles == ["oil on canvas"]
    rng = random.Random(1)  # noqa: S311  # no secrets
    dresses = [f"style {number}" for number in range(9)]
    copies = [*misspelt(examples, 1.0, rng), *restyled(examples, dresses, 1.0, rng)]
    assert {copy.category for copy in copies} == {None, "violence_gore"}
    assert all(copy.made and copy.weight == 0.5 for copy in copies)
    assert not {copy.text for copy in copies} <= {example.text for example in examples}


# ---------------------------------------------------------------------------------------------------- the trainer


@pytest.fixture(scope="module")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """The documented command on sixty rows: the rows, what it wrote, and what it printed."""
    folder = tmp_path_factory.mktemp("safety")
    data, run = write_rows(folder / "prompts.jsonl"), folder / "weights"
    small = {"phrases": 30, "short": 30, "foreign": 30, "epochs": 2, "batch": 16, "folds": 3, "turns": 2}
    options = [word for name, value in small.items() for word in (f"--{name}", str(value))]
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        safety.main(["--data", str(data), "--run", str(run), "--precision", "float32", *options])
    return data, run, told.getvalue()


def test_a_tiny_run_gives_weights_that_the_filter_reads(tiny_run: tuple[Path, Path, str]) -> None:
    """Its classifier tells apart what it has not seen."""
    _, run, told = tiny_run
    report = json.loads(told[told.index("\n{") :])
    assert set(report) == {"unsafe", "safe", "thresholds_of_other_turns"}
    assert report["thresholds_of_other_turns"]["violence_gore"] == 1
    thresholds = read_json(run / "config.json")["thresholds"]
    assert set(thresholds) == set(REFUSALS)
    assert all(0 <= band["flag"] <= band["block"] <= 1 for band in thresholds.values())
    blocks = [thresholds[level]["block"] for level in ("open", "relaxed", "standard", "strict")]
    assert blocks == sorted(blocks, reverse=True)
    for fold in ("fold-0", "fold-1"):  # loaded already, to set the thresholds
        assert Classifier.load(run / fold)._slope == read_json(run / fold / "config.json")["slope"] != 1
    classifier = Classifier.load(run)
    assert classifier.logit("a severed head on table 99") > classifier.logit("a red boat on lake 99")


def suspicions_of(categories: dict[str, list[float]], users: list[float], unlike: str = "illegal") -> Suspicions:
    """Logits of unsafe rows by category, and of users' rows, which look like another category."""
    rows = [(Example("", name, name), logit, name) for name, logits in categories.items() for logit in logits]
    rows += [(Example("", None, "benign_user"), logit, unlike) for logit in users]
    likeliest = torch.tensor([CATEGORIES.index(category) for _, _, category in rows])
    logits = torch.tensor([logit for _, logit, _ in rows])
    return Suspicions(logits, likeliest, [row for row, _, _ in rows], torch.zeros(len(rows)))


def test_less_is_enough_where_no_user_is_suspected() -> None:
    """What is found worst is refused, and no more users than the level says."""
    users = [-9 + 0.05 * number for number in range(200)]
    weak = [number / 10 - 1 for number in range(20)]
    seen = suspicions_of({"violence_gore": weak, "illegal": [number / 10 for number in range(20)]}, users)
    offsets = chosen_offsets(seen)
    assert offsets[CATEGORIES.index("violence_gore")] > offsets[CATEGORIES.index("illegal")]
    refused = seen.lowered(offsets) > seen.limit(offsets, REFUSALS["standard"])
    assert refused[seen.are("violence_gore")].all()
    assert refused[seen.are("benign_user")].float().mean() <= REFUSALS["standard"]
    found = levels(seen, offsets, 1.0, 0.0)
    for stricter, milder in itertools.pairwise(list(REFUSALS)[::-1]):
        assert found[stricter]["flag"] < found[stricter]["block"] <= found[milder]["block"]


def test_users_of_whom_the_filter_must_be_surer_are_not_counted_as_refused() -> None:
    """The level is fixed where so many are refused by all of the filter."""
    seen = suspicions_of({"violence_gore": [5.0] * 20}, [0.01 * number for number in range(200)])
    surer = torch.tensor([0.0] * 20 + [0.0] * 190 + [4.6] * 9 + [math.inf])
    limit, raw = (
        found.limit(torch.ones(len(CATEGORIES)), 0.02) for found in (replace(seen, surer=surer).demanding(0.5), seen)
    )
    assert limit == pytest.approx(float(raw) - 0.1, abs=0.02)


def test_thresholds_are_judged_by_rows_that_did_not_choose_them() -> None:
    """A part whose users are more suspected than all others has more of them refused than the level says."""
    calm, loud = [0.01 * number for number in range(100)], [5 + 0.01 * number for number in range(100)]
    seen = suspicions_of({"violence_gore": [4.0] * 20}, [*calm, *loud])
    told = refused_elsewhere(seen, [*[0, 1] * 10, *[0] * 100, *[1] * 100])
    assert told["benign_user"] > 0.4
    assert told["violence_gore"] == told["unsafe"] < 1
    assert refused_elsewhere(seen, [0] * 120 + [1] * 100) == {}


def test_the_benchmark_prints_every_table_from_a_run(
    tiny_run: tuple[Path, Path, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the folds that are there, without training again: shares by judge, disguises, pictures."""
    data, run, _ = tiny_run
    monkeypatch.setattr(safety, "learn", None)
    ours = [("ours, harmless: art", "a lighthouse"), ("ours, harmful", "decapitated men")]
    monkeypatch.setattr(benchmark, "own_prompts", lambda: iter(ours))
    monkeypatch.setattr("benchmarks.prompts.NOUNS", 20)
    monkeypatch.setattr(benchmark, "print_pictures", partial(benchmark.print_pictures, 2))
    for manners in ("CHATS", "UNSEEN", "LATER"):
        monkeypatch.setattr(benchmark, manners, {})
    for name in ("MORE", "MENDED_BY", "DISGUISES"):
        monkeypatch.setattr(benchmark, name, {f"capitals, {name}": str.upper})
    options = ["--folds", "3", "--turns", "2", "--disguised", "5"]
    monkeypatch.setattr(sys, "argv", ["safety", "--data", str(data), "--run", str(run), *options])
    benchmark.main()
    lines = [line.split(" | ") for line in capsys.readouterr().out.replace("|\n", " |\n").splitlines()]
    told = {line[0].strip("| "): [cell.strip(" |") for cell in line[1:]] for line in lines if len(line) > 2}
    columns = told[""]
    assert columns[1:7] == [
        "easel, relaxed", "easel, standard", "easel, strict", "classifier alone", "lists and rules alone",
        "vectors, regression",
    ]  # fmt: skip
    folds = read_json(run / "folds.json")["folds"]
    assert int(told["unsafe"][0]) + int(told["benign_user"][0]) == folds.count(0) + folds.count(1)
    assert [cell.partition(" (")[0] for cell in told["ours, harmful"][:3]] == ["2", "100.0", "100.0"]
    assert told["ours, harmless: art"][5] == "0.0"
    assert told["nouns, untaught"][0] == "40"
    assert told["capitals, DISGUISES"][0] == "100.0"
    assert all(float(cell) > 0 for cell in told["ms, median"])


def test_an_unseen_fold_teaches_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each turn's classifier learns from all other folds; which rows those are, stays the same in a run's folder."""
    rows = read_rows(write_rows(tmp_path / "prompts.jsonl"))
    config = SafetyConfig(run=tmp_path / "run", folds=4, turns=2, seed=5)
    taught: dict[str, set[str]] = {}
    monkeypatch.setattr(
        safety, "learn", lambda config, rows: taught.update({config.run.name: {row.text for row in rows}})
    )
    turns = safety.taken_turns(rows, config)
    everything = {row.text for row in rows}
    for folder, unseen in turns:
        assert 0 < len(unseen) < len(rows) / 2
        assert taught[folder.name] == everything - {row.text for row in unseen}
    monkeypatch.setattr(safety, "sentence_vectors", lambda texts: torch.rand(len(texts), 4))
    assert safety.taken_turns(rows, config) == turns


def test_a_fold_goes_on_from_the_same_fold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `--start`: any other classifier has seen the rows that it is to be judged by."""
    rows = read_rows(write_rows(tmp_path / "prompts.jsonl"))
    (tmp_path / "earlier" / "fold-1").mkdir(parents=True)
    config = SafetyConfig(run=tmp_path / "run", start=tmp_path / "earlier", folds=3, turns=2)
    starts: list[Path | None] = []
    monkeypatch.setattr(safety, "learn", lambda config, rows: starts.append(config.start))
    safety.taken_turns(rows, config)
    assert starts == [None, tmp_path / "earlier" / "fold-1"]


def test_a_training_begins_where_another_ended(tmp_path: Path) -> None:
    """With `--start`, from that one's layers and head."""
    encoder, head = safety.begin(WEIGHTS)
    assert head is not None
    assert head["bias"].shape == (1 + len(CATEGORIES),)
    published, nothing = safety.begin(None)
    assert nothing is None
    states = [dict(one.model.layers[-1].named_parameters()) for one in (encoder, published)]
    assert any(not torch.equal(tensor, states[1][name]) for name, tensor in states[0].items())
