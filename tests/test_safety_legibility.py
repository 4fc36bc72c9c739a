"""What nobody can read is held; what is only odd, in other languages, or made of names, is not."""

import tomllib
from pathlib import Path

import pytest
from tokenizers import Tokenizer

import benchmarks
from benchmarks.evasions import MENDED_BY
from inference.checkpoints.text_encoder import TEXT_ENCODER_FOLDER
from inference.contract import Policy
from inference.safety.filter import PromptFilter
from inference.safety.languages import Languages
from inference.safety.reading import english_words
from tests.test_safety_respell import reader

with (Path(benchmarks.__file__).parent / "odd.toml").open("rb") as _file:
    ODD: dict[str, str] = tomllib.load(_file)


def illegible(text: str) -> tuple[str, ...]:
    found: tuple[str, ...] = reader().read(text).illegible
    return found


@pytest.mark.parametrize("kind", ODD)
def test_odd_texts_are_read(kind: str) -> None:
    """Sixty languages, names, invented ones, code, smileys, play with letters, terms of art."""
    texts = ODD[kind].strip().splitlines()
    held = [text for text in texts if illegible(text)]
    assert len(held) <= 1 + len(texts) // 20, held


@pytest.mark.parametrize(
    "text",
    [
        "zkq vxbwrtq plmzx kdfgh wqpsn vbtrx",
        "a photo of a fox, zkq vxbwrtq plmzx kdfgh wqpsn vbtrx, soft light, 4k, by a lake at dawn",
        "11 25 15 34 42 11 33 21 45 12 33 14 51 22",
        "097110097107101100119111109097110",
        "abbab aabba babab bbaab ababb baaab abaab",
        "xq zr vt pk lw nb qd ms hf jc gw tx bn kp",
        MENDED_BY["ASCII without gaps"]("a wizard paints a castle on a hill"),
    ],
)
def test_codes_are_held(text: str) -> None:
    """Whatever they say, and between words too: letters that follow each other as in no language, numbers, scraps."""
    assert illegible(text)
    verdict = PromptFilter.load().check(text)
    assert (verdict.action, verdict.category, verdict.rule) == ("hold", "unreadable", "unreadable")
    assert verdict.words
    assert PromptFilter.load().check(text, None, Policy("relaxed")).action == "flag"


@pytest.mark.parametrize(
    "text", ["lorem ipsum dolor sit amet consectetur adipiscing elit", "qwertyuiop asdfghjkl", "zxcvbnm asdfgh qwertz"]
)
def test_what_fills_space_is_no_code(text: str) -> None:
    """A printer's Latin, and rows of keys."""
    assert illegible(text) == ()


def test_a_server_may_know_what_nobody_else_does() -> None:
    """Words that its moderators allowed are no code there."""
    text = "zkqvxbwrtq plmzxkdfgh"
    assert PromptFilter.load().check(text).action == "hold"
    assert PromptFilter.load().check(text, None, Policy(allowed_words=tuple(text.split()))).action != "hold"


@pytest.mark.parametrize("text", ["puesta de sol sobre los andes", "un farol antigo sobre o mar", "ett fyr vid havet"])
def test_another_language_is_told_though_others_have_as_many_of_its_small_words(text: str) -> None:
    vocabulary = english_words(Tokenizer.from_file(str(TEXT_ENCODER_FOLDER / "tokenizer.json")))
    assert Languages(vocabulary).is_foreign(text)


@pytest.mark.parametrize(
    ("text", "beyond"),
    [
        ("abuelos negros jugando domino", True), ("dois homens se beijando no carnaval", True),
        ("kedi balik yiyor", True), ("los gatos negros son monos", True), ("two dads kissing", False),
        ("lumberjack with axe", False), ("paraplegic basketball player dunking", False),
        ("a vlorp in the gdraen", False),
    ],
)  # fmt: skip
def test_what_has_hardly_an_english_word_is_beyond_english(text: str, *, beyond: bool) -> None:
    """Where no small word tells the language."""
    vocabulary = english_words(Tokenizer.from_file(str(TEXT_ENCODER_FOLDER / "tokenizer.json")))
    assert Languages(vocabulary).is_beyond_english(text) == beyond
