"""Whether everyday nouns are read as something that looks like them: `python -m benchmarks.everyday`.

Reads "a NOUN" for each noun of everyday.toml as the built-in model reads prompts, and looks up what captions call the
result.  Prints one JSON line a list: how many are read rightly (as a name that stands beside the noun there; told as
unknown where none does), wrongly (as another, or as something where nothing is near), and not at all (told as unknown,
or left as they stand, though something is near).  `--show` names those that are not right.
"""

import argparse
import json
import tomllib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

from inference.checkpoints.builtin import load_builtin
from inference.models.text_encoder import SentenceEncoder
from inference.text.interpretations import what_and_where
from inference.text.nouns import indefinite
from inference.text.reader import Reader
from inference.training.data.icons import Concept, IconSet
from inference.training.data.packages import DEFAULT_CACHE

LISTS: Final = Path(__file__).with_name("everyday.toml")


def captions(concepts: Sequence[Concept]) -> dict[str, set[str]]:
    """By each noun that captions have the names of the concepts that it stands for there."""
    named = {noun: {concept.name} for concept in concepts for noun in concept.names}
    names = frozenset(named)
    for concept in concepts:
        for noun in set(concept.synonyms) - names:
            named.setdefault(noun, set()).add(concept.name)
    return named


def verdict(noun: str, right: Collection[str], reader: Reader, named: Mapping[str, Collection[str]]) -> tuple[str, str]:
    """Whether a noun is read right, wrong or not at all, and as what."""
    reading = reader.read(indefinite(noun))
    if reading.unknown:
        return "unread" if right else "right", "unknown"
    what = what_and_where(reading.text)[0].partition(",")[0]
    said = what.removeprefix("a ").removeprefix("an ").removeprefix("small ")
    meant = named.get(said, ())
    if not meant:
        return "unread" if right else "wrong", said
    return "right" if len(set(meant) & set(right)) * 2 > len(meant) else "wrong", said


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE, help="folder for packages and renderings")
    parser.add_argument("--model", default="builtin", help="folder of a model with tables for reading")
    parser.add_argument("--show", action="append", default=[], help="a list whose nouns that are not right to name")
    options = parser.parse_args()
    named = captions(IconSet.load(options.cache.expanduser()).concepts)
    text = (load_builtin() if options.model == "builtin" else load_builtin(Path(options.model))).text
    if not isinstance(text, SentenceEncoder):
        parser.error(f"{options.model}: this model reads prompts through no tables")
    lists: Mapping[str, Mapping[str, Sequence[str]]] = tomllib.loads(LISTS.read_text("utf-8"))
    for title, nouns in lists.items():
        verdicts = {noun: verdict(noun, right, text.reader, named) for noun, right in nouns.items()}
        counts = Counter(how for how, _ in verdicts.values())
        print(
            json.dumps({"list": title, "of": len(nouns), **{how: counts[how] for how in ("right", "wrong", "unread")}})
        )
        if title in options.show:
            for noun, (how, said) in sorted(verdicts.items(), key=lambda row: row[1]):
                if how != "right":
                    print(f"{how:7}{noun}: {said}; right: {', '.join(nouns[noun]) or 'unknown'}")


if __name__ == "__main__":
    main()
