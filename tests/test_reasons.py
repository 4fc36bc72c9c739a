"""Reasons that the log keeps as codes and data, and what a moderator reads."""

import re
from pathlib import Path

import pytest

from bot.wording import acts, moderating
from bot.wording.reader import reading
from bot.wording.reasons import PARTS, RULES, filters_reason, kept_reason, review_reason
from inference.contract import Verdict
from inference.safety.images import PARTS as SEEN_PARTS

SAFETY = (Path(__file__).parent.parent / "docs" / "safety.md").read_text(encoding="utf-8")
LISTED = Verdict("flag", "violence_gore", 0.7, "listed_words", ("g0re → gore", "blood"))
NAKED = Verdict("hold", "nudity", 0.9, "picture_check", ("female_breast_exposed", "male_genitalia_exposed"))


@pytest.mark.parametrize(
    ("verdict", "english", "german"),
    [
        (LISTED, "listed words: g0re → gore, blood", "gelistete Wörter: g0re → gore, blood"),
        (NAKED, "seen in the picture: bare breasts, bare genitals",
         "im Bild gesehen: nackte Brüste, nackte Genitalien"),
        (Verdict("flag", "sexual", 0.6, "classifier"), "how it reads as a whole", "wie es sich im Ganzen liest"),
        (Verdict("allow"), "", ""),
        (Verdict("block", "sexual", 1.0, "of_tomorrow", ("x",)), "of tomorrow: x", "of tomorrow: x"),
        *(
            (Verdict("allow", "violence_gore", 0.7, f"{pardon}: listed_words", ("gore",)),
             "let pass by moderators: listed words: gore", "von Moderatoren durchgelassen: gelistete Wörter: gore")
            for pardon in ("pardoned", "allowed by moderators")
        ),
    ],
)  # fmt: skip
def test_a_filters_reason_is_said_in_the_readers_language(verdict: Verdict, english: str, german: str) -> None:
    """Rule and parts of the body; what was written stays as it was written."""
    assert filters_reason(verdict) == english
    with reading("de"):
        assert filters_reason(verdict) == german


@pytest.mark.parametrize(
    ("kind", "kept", "german"),
    [
        ("flag", f"violence_gore: {LISTED.reason}", "Gewalt und Blut: gelistete Wörter: g0re → gore, blood"),
        ("held", f"nudity: {NAKED.reason}", "Nacktheit: im Bild gesehen: nackte Brüste, nackte Genitalien"),
        ("flag", "sexual", "sexuelle Inhalte"),
        ("flag", "something: older", "something: older"),
        ("report", "sexual: I do not like it", "sexual: I do not like it"),
        ("misuse", "5 prompts were blocked", "5 prompts were blocked"),
    ],
)
def test_what_the_bot_put_before_moderators_is_said_in_their_language(kind: str, kept: str, german: str) -> None:
    """What people wrote is not touched, whatever it looks like."""
    with reading("de"):
        assert review_reason(kind, kept) == german


@pytest.mark.parametrize("picture", ["picture_check: nudity", "picture check: nudity"])
def test_the_bots_own_removals_are_told_in_the_readers_language(picture: str) -> None:
    """As they are kept today, and as an older Easel kept them; nobody is mentioned where nobody did it."""
    with reading("de"):
        assert moderating.removed_by(0, picture, 100) == "Entfernt von Easel: im Bild gesehen: Nacktheit"
        assert kept_reason("decided_in_review") == kept_reason("decided in review") == "bei der Prüfung entschieden"
        assert moderating.removed_by(42, "picture: ugly", 100).endswith("von <@42>: picture: ugly")


@pytest.mark.parametrize(
    ("kept", "german"),
    [
        ("review:report", "Gemeldet"),
        ("review:misuse,appeal", "Ungewöhnliche Aktivität, Einspruch"),
        ("review:flag=violence_gore", "Dem Filter aufgefallen: Gewalt und Blut"),
        ("review: it is ugly", "review: it is ugly"),
    ],
)
def test_what_a_decided_thing_waited_for(kept: str, german: str) -> None:
    """As the audit log keeps it where the moderator wrote no reason; what somebody wrote stays."""
    with reading("de"):
        assert kept_reason(kept) == german


def test_every_rule_and_part_has_its_words() -> None:
    """Those that docs/safety.md lists, and those that the picture check looks for."""
    listed = re.search(r"Rules: (.*?)\. Words", SAFETY, re.DOTALL)
    assert listed is not None
    assert set(RULES) == set(re.findall(r"`(\w+)`", listed[1]))
    assert set(PARTS) == {name.lower() for name in SEEN_PARTS}


@pytest.mark.parametrize(
    ("name", "old", "new", "german"),
    [
        ("action", "flag", "block", "Was damit geschieht: auffällig → blockiert"),
        ("term", "", "removed", "Wort: removed"),
        ("allowed_channels", "", "12, 13", "Kanäle: #12, #13"),
        ("gallery", "members", "public", "Galerie im Web: Mitglieder dieses Servers → Alle, die den Link haben"),
        ("digest", "on", "off", "Wochenschau: Einmal pro Woche → Keiner"),
        ("of_tomorrow", "", "x", "of tomorrow: x"),
    ],
)
def test_what_an_act_changed_is_told_in_the_readers_language(name: str, old: str, new: str, german: str) -> None:
    """By the names that the audit log keeps; what has no words stays as it is kept."""
    names = acts.Names(person=str, channel="#{}".format, role=str, moment=str, written=str)
    with reading("de"):
        told = [acts.change_line(one) for one in acts.changes(((name, old),), ((name, new),), names)]
    assert told == [german]
