"""The check that all tests with a simulated Discord make: it knows the routes that the bot uses, and finds faults."""

import json

import pytest

from tests.bodies import _problem, _schemas

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
