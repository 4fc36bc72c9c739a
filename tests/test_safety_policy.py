"""Verdicts on prompts, in and out of disguise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.contract import Verdict
from inference.safety.policy import Policy
from tests.test_safety_lexicon import FAMOUS


@pytest.mark.parametrize("prompt", ["", "a balrog playing chess", "🐉", "قطة", "a child with a red balloon", *FAMOUS])
def test_harmless_prompts_are_allowed(prompt: str) -> None:
    """With no category, no score and nothing to explain."""
    assert Policy().check(prompt) == Verdict("allow")


@pytest.mark.parametrize(
    "prompt",
    [
        "hentai",
        "HENTAI",
        "h e n t a i",
        "h.e.n.t.a.i",
        "h3nt41",
        "ｈｅｎｔａｉ",
        "hеntаi",  # with Cyrillic е and а
        "hen\u200btai",
        "hentaaaaai",
        "h̷e̷n̷t̷a̷i̷",
        "𝓱𝓮𝓷𝓽𝓪𝓲",
        "hen-tai",
        "h 3 n t 4 i",
        "🇭🇪🇳🇹🇦🇮",
    ],
)
def test_disguises_do_not_help(prompt: str) -> None:
    """The word is blocked however it is written."""
    verdict = Policy().check(f"a picture of {prompt}, please")
    assert (verdict.action, verdict.category) == ("block", "sexual")


def test_a_verdict_says_why() -> None:
    """Moderators see the word and the category; the score is a share."""
    verdict = Policy().check("a man eviscerated")
    assert verdict.category == "violence_gore"
    assert "eviscerated" in verdict.reason
    assert 0 < verdict.score <= 1


def test_doubtful_words_are_flagged() -> None:
    """They are drawn, and moderators may look."""
    assert Policy().check("a nude statue").action == "flag"


@pytest.mark.parametrize(
    "prompt",
    [
        "naked child",
        "sexy teenager",
        "nude, 12yo",
        "a 16 year old in lingerie",
        "n4ked ch1ld",
        "n a k e d toddler",
        "erotic schoolgirl",
    ],
)
def test_sexualised_minors_are_always_blocked(prompt: str) -> None:
    """Words that are each harmless or doubtful, together are not."""
    verdict = Policy().check(prompt)
    assert (verdict.action, verdict.category, verdict.score) == ("block", "minors", 1.0)


def test_the_gravest_match_decides() -> None:
    """A doubtful word does not hide a clear one."""
    verdict = Policy().check("a nude woman decapitated")
    assert (verdict.action, verdict.category) == ("block", "violence_gore")


@given(st.text(st.characters(codec=None), max_size=60))
def test_every_text_gets_a_verdict(text: str) -> None:
    """Nothing raises: a filter that breaks would have to refuse everybody."""
    assert Policy().check(text).action in ("allow", "flag", "block")


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_listed_word_is_found_anywhere(before: str, after: str) -> None:
    """Whatever stands around it, parted from it by spaces."""
    assert Policy().check(f"{before} hentai {after}").action == "block"
