"""The checks that all tests with a simulated Discord make: they know the routes that the bot uses, and find faults."""

import json

import pytest

from bot.wording.drawing import mark
from bot.wording.reader import reading
from tests.bodies import _problem, _schemas, broken_promises

WRONG = (
    ("POST", "/channels/1/messages", {"content": 7}),
    ("PATCH", "/channels/1/messages/2", {"components": [{"type": 99}]}),
    ("POST", "/interactions/1/token/callback", {"type": "four"}),
    ("POST", "/webhooks/1/token", {"components": [{"type": 10}]}),
    ("PATCH", "/webhooks/1/token/messages/@original", {"components": [{"type": 10, "content": 7}]}),
    ("PUT", "/applications/1/commands", [{"name": "x" * 40, "type": 1, "description": "a"}]),
)


@pytest.mark.parametrize(("method", "path", "body"), WRONG, ids=lambda value: value if isinstance(value, str) else "")
def test_a_wrong_body_is_found(method: str, path: str, body: object) -> None:
    """On each route that the bot sends something to; where the description is not at hand, nothing is."""
    assert (_problem(method, path, json.dumps(body)) is not None) == _schemas().known


def message(*, said: str, alt: str | None, name: str = "easel-7.png") -> dict[str, object]:
    gallery = {"type": 12, "items": [{"media": {"url": f"attachment://{name}"}, "description": alt}]}
    return {"components": [{"type": 10, "content": said}, gallery], "attachments": [{"id": 0, "filename": name}]}


def test_a_picture_without_words_for_it_or_without_the_mark_is_found() -> None:
    """Also in an answer to an interaction; the mark counts in whatever language it is said."""
    with reading("ja"):
        marked = f"a cat\n{mark()}"
    assert list(broken_promises(message(said=marked, alt="a cat"))) == []
    assert list(broken_promises(message(said=marked, alt=None))) == ["easel-7.png has no alt text"]
    assert len(list(broken_promises({"type": 4, "data": message(said="a cat", alt="a cat")}))) == 1
    assert len(list(broken_promises(message(said="", alt=None, name="easel-7.zip")))) == 1


def test_charts_and_tables_are_no_drawings() -> None:
    """Numbers as a picture want alt text and no mark; other files want neither."""
    assert list(broken_promises(message(said="", alt="3 requests", name="statistics.png"))) == []
    assert list(broken_promises(message(said="", alt=None, name="easel-log.csv"))) == []
