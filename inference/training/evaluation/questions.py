"""What the evaluation asks a model to draw, and what a judge must then see: fixed lists, kept in the repository.

In: the concepts (to make the lists) or `questions.json` (to read them). Out: `Question`s, and the real rendering that
answers each, by which the judge itself is judged. It knows no model.

`python -m inference.training.evaluation.questions --cache FOLDER` writes the lists anew.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from inference.checkpoints.text_encoder import ASSETS, load_sentence_encoder
from inference.text.colours import COLOURS
from inference.text.nouns import article, indefinite, plural
from inference.text.scenery import PLACES, TIMED, TIMES
from inference.training.data.icons import NEAREST, POPULAR, IconSet
from inference.training.data.labels import read_labels
from inference.training.data.packages import DEFAULT_CACHE
from inference.training.data.scenes import Placed, Scene, SceneMaker, arrange, copies

EVALUATION_FOLDER = ASSETS / "evaluation"
MEASURES = (
    "concept", "colour", "native_colour", "background", "places", "pairs", "relation", "count", "synonyms", "languages",
)  # fmt: skip
DERIVED = {"colour_and_thing": "colour"}
"""Measures that look once more at the pictures of another."""
_QUICK_STEP = {
    "concept": 12, "colour": 27, "native_colour": 6, "background": 7, "places": 5, "pairs": 5, "relation": 7,
    "count": 7, "synonyms": 10, "languages": 10,
}  # fmt: skip
_DIVERSE_MEASURES = ("concept", "colour", "background", "pairs")
_NATIVE, _A_LANGUAGE = 150, 30
"""Questions for things in their own colours, and nouns of each language."""
_RELATION_WORDS = {
    "left": "{a} to the left of {b}", "right": "{a} to the right of {b}", "above": "{a} above {b}",
    "below": "{a} below {b}",
}  # fmt: skip
_NUMBERS = ("one", "two", "three", "four", "five")
_PER_CONCEPT = 3
"""Other names asked for of one concept."""
_COLOUR_WORDS = frozenset(" ".join([*COLOURS, "grey", "golden", "silver"]).split())


@dataclass(frozen=True)
class Question:
    """A prompt of one measure. `concepts`: what should be seen; for synonyms, any one of them."""

    measure: str
    prompt: str
    concepts: tuple[int, ...]
    colour: str | None = None
    background: str = "white"
    relation: str | None = None
    count: int = 1


@dataclass(frozen=True)
class Questions:
    """All questions, and the names of the concepts that they number."""

    names: tuple[str, ...]
    questions: tuple[Question, ...]

    def of(self, measure: str, *, quick: bool = False) -> list[Question]:
        """The questions of a measure; `quick` leaves a fixed part of them."""
        asked = DERIVED.get(measure, measure)
        every = [question for question in self.questions if question.measure == asked]
        every = every[:: _QUICK_STEP[asked]] if quick else every
        return [replace(question, measure=measure) for question in every] if measure in DERIVED else every

    def diverse(self, *, quick: bool = False) -> list[Question]:
        """The prompts whose grids are compared: of some measures, evenly from the first question to the last."""
        return spread([self.of(measure, quick=quick) for measure in _DIVERSE_MEASURES], 12 if quick else 60)


def spread(lists: Sequence[Sequence[Question]], count: int) -> list[Question]:
    """About `count` questions, as many from each list, evenly from its first to its last."""
    share = -(-count // len(lists))
    return [question for some in lists for question in evenly(some, share)]


def evenly(some: Sequence[Question], most: int) -> list[Question]:
    """At most so many questions, from the first on in even steps."""
    count = min(len(some), most)
    return [some[len(some) * index // count] for index in range(count)]


def read_questions(path: Path = EVALUATION_FOLDER / "questions.json") -> Questions:
    """The lists as `write_questions` wrote them."""
    values: dict[str, Any] = json.loads(path.read_text("utf-8"))
    rows = [row | {"concepts": tuple(row["concepts"])} for row in values["questions"]]
    return Questions(tuple(values["names"]), tuple(Question(**row) for row in rows))


def write_questions(path: Path, questions: Questions) -> None:
    """One question a line, so that a change can be read; what is as usual is left out."""
    usual = asdict(Question("", "", ()))
    rows = [
        {name: value for name, value in asdict(question).items() if name == "concepts" or value != usual[name]}
        for question in questions.questions
    ]
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    names = json.dumps(questions.names, ensure_ascii=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'{{"names": {names},\n"questions": [\n{lines}\n]}}\n', "utf-8")


def make_questions(
    icons: IconSet, labels: Mapping[str, Mapping[str, str]] = MappingProxyType({}), tries: int = 100_000
) -> Questions:
    """The lists, the same for the same concepts; `labels` are names by language and by a concept's code.

    Pairs are looked for so many `tries` long: few concepts have few.
    """
    names = tuple(concept.name for concept in icons.concepts)
    rng = np.random.default_rng(20_26)
    known = [row for row, name in enumerate(names) if name in POPULAR]
    plain = [row for row in known if not _COLOUR_WORDS & set(_short(icons, row).split())]
    others = [row for row in rng.permutation(len(names)).tolist() if row not in known and icons.concepts[row].group > 1]
    objects = [*plain, *(row for row in others if not _COLOUR_WORDS & set(names[row].split()))][:100]
    made = (
        *(Question("concept", indefinite(name), (row,)) for row, name in enumerate(names)),
        *_colours(icons, objects),
        *_native_colours(icons, [*objects, *(row for row in others if row not in objects)]),
        *_backgrounds(icons, objects),
        *_places(icons, objects),
        *_pairs(icons, known, rng, tries),
        *_relations(icons, known, rng),
        *_counts(icons, plain),
        *_synonyms(icons),
        *_languages(icons, labels),
    )
    return Questions(names, made)


def rendering_of(question: Question) -> Scene:
    """The scene that a question asks for, in the style that captions do not name."""
    first = question.concepts[0]
    if question.relation is not None:
        other = question.concepts[1]
        turned = question.relation in {"right", "below"}
        kind = {"right": "left", "below": "above"}.get(question.relation, question.relation)
        things = arrange(kind, other, first) if turned else arrange(kind, first, other)
    elif question.count > 1:
        things = copies(question.count, first)  # type: ignore[assignment]
    else:
        things = (Placed(first, "large", 1, 1, question.colour),)  # type: ignore[assignment]
    return Scene(things, question.background, "3d", relation=question.relation)


def _short(icons: IconSet, row: int) -> str:
    """The name that goes with a colour: "heart", not "red heart"."""
    return icons.concepts[row].names[-1] if icons.concepts[row].name.startswith("red ") else icons.concepts[row].name


def _colours(icons: IconSet, objects: Sequence[int]) -> Iterator[Question]:
    for colour in COLOURS:
        for row in objects:
            prompt, back = indefinite(f"{colour} {_short(icons, row)}"), "white"
            if colour in {"white", "beige"}:
                prompt, back = f"{prompt} on a blue background", "blue"
            yield Question("colour", prompt, (row,), colour=colour, background=back)


def _backgrounds(icons: IconSet, objects: Sequence[int]) -> Iterator[Question]:
    for index, back in enumerate((*COLOURS, *PLACES)):
        for row in objects[index % 10 :: 10]:
            thing = indefinite(_short(icons, row))
            words = PLACES[back][0] if back in PLACES else f"on {article(back)} background"
            yield Question("background", f"{thing} {words}", (row,), background=back)


def _native_colours(icons: IconSet, objects: Sequence[int]) -> Iterator[Question]:
    """Things in a colour that they have anyway, and whose names tell none; nobody calls a ghost beige."""
    uncoloured = (row for row in objects if not _COLOUR_WORDS.intersection(_short(icons, row).split()))
    coloured = [(row, icons.paint("3d", row).names) for row in uncoloured]
    for row, names in [(row, names) for row, names in coloured if names and names[0] != "beige"][:_NATIVE]:
        colour, back = names[0], "blue" if names[0] == "white" else "white"
        prompt = indefinite(f"{colour} {_short(icons, row)}")
        yield Question(
            "native_colour", f"{prompt} on a blue background" if back == "blue" else prompt, (row,), colour, back
        )


def _places(icons: IconSet, objects: Sequence[int]) -> Iterator[Question]:
    for index, (back, (place, time)) in enumerate(TIMED.items()):
        for row in objects[index % 20 :: 20]:
            yield Question(
                "places",
                f"{indefinite(_short(icons, row))} {PLACES[place][0]} {TIMES[time][0]}",
                (row,),
                background=back,
            )


def _languages(icons: IconSet, labels: Mapping[str, Mapping[str, str]]) -> Iterator[Question]:
    """Nouns of other languages, of one word each, first of those things that people ask for often."""
    order = sorted(range(len(icons.concepts)), key=lambda row: (not icons.concepts[row].is_popular, row * 7919 % 1009))
    rows = {concept.name: row for row, concept in enumerate(icons.concepts)}
    for _, names in sorted(labels.items()):
        words = [(names[icons.concepts[row].code], row) for row in order if icons.concepts[row].code in names]
        for word, row in [(word, row) for word, row in words if " " not in word][:_A_LANGUAGE]:
            name = icons.concepts[row].name
            twins = (name, f"{name} face", name.removesuffix(" face"))
            yield Question("languages", word, tuple(dict.fromkeys(rows[one] for one in twins if one in rows)))


def _pairs(icons: IconSet, known: Sequence[int], rng: np.random.Generator, tries: int) -> Iterator[Question]:
    """Two hundred pairs that training never shows together, half of them of things that people ask for often."""
    maker, every, seen = SceneMaker(icons), range(len(icons.concepts)), set[tuple[int, int]]()
    for pool in (list(known), list(every)):
        wanted = len(seen) + 100
        for _ in range(tries):
            a, b = (int(row) for row in rng.choice(pool, 2, replace=False))
            if maker.is_held_out(a, b) and (a, b) not in seen and len(seen) < wanted:
                seen.add((a, b))
                words = f"{indefinite(icons.concepts[a].name)} and {indefinite(icons.concepts[b].name)}"
                yield Question("pairs", words, (a, b), relation="beside")


def _relations(icons: IconSet, known: Sequence[int], rng: np.random.Generator) -> Iterator[Question]:
    for _ in range(50):
        for relation, words in _RELATION_WORDS.items():
            a, b = (int(row) for row in rng.choice(list(known), 2, replace=False))
            names = {"a": indefinite(icons.concepts[a].name), "b": indefinite(icons.concepts[b].name)}
            yield Question("relation", words.format(**names), (a, b), relation=relation)


def _counts(icons: IconSet, objects: Sequence[int]) -> Iterator[Question]:
    for row in objects[:40]:
        name = _short(icons, row)
        for number, word in enumerate(_NUMBERS, start=1):
            yield Question("count", f"{word} {plural(name) if number > 1 else name}", (row,), count=number)


def _synonyms(icons: IconSet) -> Iterator[Question]:
    """Nouns that no caption has, for several concepts at once, or for one or a kind of it.

    Words that the text encoder reads in more than two pieces are too rare to ask for.
    """
    tokenizer = load_sentence_encoder().tokenizer
    rows = {concept.name: row for row, concept in enumerate(icons.concepts)}
    for word, nearest in NEAREST.items():
        yield Question("synonyms", article(word), tuple(rows[name] for name in nearest if name in rows))
    for concept in icons.concepts:
        words = [noun for noun in concept.held_out if noun.isalpha() and noun not in NEAREST]
        fit = [noun for noun in words if len(tokenizer.encode(noun, add_special_tokens=False).tokens) <= 2]
        twins = tuple(rows[name] for name in (concept.name, f"{concept.name} face") if name in rows)
        for noun in fit[:_PER_CONCEPT]:
            yield Question("synonyms", article(noun), twins)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write `questions.json` from the concepts of the icon cache."""
    parser = argparse.ArgumentParser(description="Write the evaluation's fixed lists of prompts.")
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE, help="folder for packages and renderings")
    parser.add_argument("--out", type=Path, default=EVALUATION_FOLDER / "questions.json")
    options = parser.parse_args(arguments)
    cache = options.cache.expanduser()
    write_questions(options.out, make_questions(IconSet.load(cache), read_labels(cache)))


if __name__ == "__main__":
    main()
