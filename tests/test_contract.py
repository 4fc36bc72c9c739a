"""The contract's values: what may be asked, and that everything survives the way over the wire."""

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.contract import (
    MAX_IMAGES,
    MAX_INIT_IMAGE_BYTES,
    MAX_PROMPT_CHARACTERS,
    MAX_SEED,
    PLAIN_EVERY,
    PLAIN_TAKES,
    CheckRequest,
    Done,
    Event,
    Failed,
    GenerationRequest,
    Image,
    InvalidRequest,
    Progress,
    Queued,
    Verdict,
    event_from_line,
    event_to_line,
    grid_columns,
    random_seed,
    visible,
)

words = st.text(max_size=MAX_PROMPT_CHARACTERS)
requests = st.builds(
    GenerationRequest,
    prompt=words.filter(visible),
    negative_prompt=st.none() | words,
    images=st.integers(1, MAX_IMAGES),
    seed=st.integers(0, MAX_SEED),
    guidance_scale=st.none() | st.floats(1, 30),
    temperature=st.none() | st.floats(0.01, 5),
    top_k=st.none() | st.integers(0, 65536),
    top_p=st.none() | st.floats(0.01, 1),
    init_image=st.binary(max_size=64),
    keep_rows=st.integers(0, 64),
    strength=st.none() | st.floats(0, 1),
    same_prompt=st.booleans(),
    model=st.none() | st.text(),
    preview=st.booleans(),
    id=st.none() | st.from_regex(r"[A-Za-z0-9_.:/-]{1,64}", fullmatch=True),
)
verdicts = st.builds(
    Verdict, st.sampled_from(["allow", "flag", "block"]), st.none() | st.text(), st.floats(0, 1), st.text()
)
shares = st.floats(0, 1).map(lambda share: round(share, 4))
seconds = st.floats(0, 1000).map(lambda number: round(number, 3))
events: st.SearchStrategy[Event] = st.one_of(
    st.just(Queued()),
    st.builds(Progress, shares, st.none() | st.binary()),
    st.builds(
        Image,
        st.integers(0, 8),
        st.integers(0, MAX_SEED),
        st.none() | st.floats(0, 1),
        st.binary(),
        verdicts,
        st.text(),
    ),
    st.builds(Done, seconds, st.text(), st.lists(st.text()).map(tuple)),
    st.builds(Failed, st.text(), st.booleans(), st.dictionaries(st.text(), st.text() | st.integers())),
)


def test_a_seed_by_chance_begins_with_the_prompt_as_it_is() -> None:
    """Every fourth seed does, and all of those may come."""
    drawn = {random_seed() for _ in range(200)}
    assert all(seed % (PLAIN_EVERY * PLAIN_TAKES) == 0 and 0 <= seed <= MAX_SEED for seed in drawn)
    assert len(drawn) > 190
    assert max(drawn) > MAX_SEED // 2 > min(drawn)


@given(requests)
def test_a_request_survives_json(request: GenerationRequest) -> None:
    """Every field, through text and back."""
    assert GenerationRequest.from_json(json.loads(json.dumps(request.to_json()))) == request


@given(events)
def test_an_event_survives_its_line(event: Event) -> None:
    """One line, whatever stands in its texts."""
    line = event_to_line(event)
    assert line.count(b"\n") == 1
    assert event_from_line(line) == event


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"null",
        b"{}",
        b'{"event":"unknown"}',
        b'{"event":"progress"}',
        b'{"event":"progress","done":"half"}',
        b'{"event":"image","index":0,"seed":1,"png":"%"}',
        b'{"event":"done","seconds":1}',
        b'{"event":"failed","code":"x","data":{},"retryable":1}',
        b'{"event":"image","index":0,"seed":1,"score":null,"png":""}',
        b"\xff",
    ],
)
def test_other_lines_are_refused(line: bytes) -> None:
    """With the line's start, so that the log shows what came."""
    with pytest.raises(ValueError, match="not an event line"):
        event_from_line(line)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"prompt": "x" * 1001}, "prompt"),
        ({"prompt": "\ud800"}, "prompt"),
        ({"prompt": "\u3164 "}, "prompt"),
        ({"id": "a\nb"}, "id"),
        ({"id": "x" * 65}, "id"),
        ({"negative_prompt": "x" * 4001}, "negative_prompt"),
        ({"images": 0}, "images"),
        ({"images": 10}, "images"),
        ({"seed": 2**32}, "seed"),
        ({"guidance_scale": 0.5}, "guidance_scale"),
        ({"guidance_scale": float("nan")}, "guidance_scale"),
        ({"temperature": 0.0}, "temperature"),
        ({"top_k": 65537}, "top_k"),
        ({"top_p": 1.1}, "top_p"),
        ({"keep_rows": 65, "init_image": b""}, "keep_rows"),
        ({"strength": -0.1, "init_image": b""}, "strength"),
        ({"strength": 0.5}, "init_image"),
        ({"init_image": bytes(MAX_INIT_IMAGE_BYTES + 1)}, "init_image"),
    ],
)
def test_values_out_of_range_are_refused_by_name(fields: dict[str, Any], field: str) -> None:
    """On both sides of the wire, for both make the same value."""
    with pytest.raises(InvalidRequest) as caught:
        GenerationRequest(**{"prompt": "a cat", **fields})
    assert caught.value.field == field
    assert caught.value.to_json()["error"]["field"] == field


json_values = st.none() | st.booleans() | st.floats() | st.text(max_size=9)


@given(json_values | st.lists(json_values, max_size=3) | st.dictionaries(st.text(max_size=9), json_values, max_size=3))
def test_any_json_is_a_request_or_invalid(document: Any) -> None:
    """No other error leaves, whatever a client sends."""
    with pytest.raises(InvalidRequest):
        GenerationRequest.from_json(document)
    with pytest.raises(InvalidRequest):
        CheckRequest.from_json(document)


wild = (
    json_values | st.integers() | st.lists(json_values, max_size=2) | st.dictionaries(st.text(max_size=3), json_values)
)
FIELDS = tuple(field.name for field in dataclasses.fields(GenerationRequest))


@given(
    st.dictionaries(st.sampled_from(FIELDS), wild | st.integers(-2, 2**33) | st.floats(-1, 40), max_size=5),
    st.text(max_size=1100) | wild,
)
def test_any_values_are_a_request_or_invalid(fields: dict[str, Any], prompt: Any) -> None:
    """What is not taken is named with its field; a number out of range also with itself and the limits."""
    document = {**fields, "prompt": prompt}
    refusal = None
    try:
        request = GenerationRequest.from_json(document)
    except InvalidRequest as error:
        refusal = error
    if refusal is None:
        assert GenerationRequest.from_json(request.to_json()) == request
        return
    assert refusal.field in FIELDS
    assert refusal.field in refusal.message
    if "must be from" in refusal.message:
        value = document[refusal.field]
        assert str(value) in refusal.message or str(float(value)) in refusal.message


@given(verdicts)
def test_a_verdict_survives_json(verdict: Verdict) -> None:
    """Through text and back."""
    assert Verdict.from_json(json.loads(json.dumps(verdict.to_json()))) == verdict


@pytest.mark.parametrize(
    "document",
    [None, {}, {"action": "allow"}, {"action": "yes", "category": None, "score": 0, "rule": "", "words": []}],
)
def test_what_is_no_verdict_is_not_an_allow(document: object) -> None:
    """The filter fails closed."""
    with pytest.raises(ValueError, match="not a verdict"):
        Verdict.from_json(document)


def test_grids_are_nearly_square() -> None:
    """Columns for 1 to 9 pictures."""
    assert [grid_columns(images) for images in range(1, 10)] == [1, 2, 2, 2, 3, 3, 3, 3, 3]
