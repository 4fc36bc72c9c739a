"""The stand-in for Discord keeps Discord's rules; what it lets pass proves nothing otherwise."""

import time
from typing import Any

import pytest

from tests.discord_wire.messages import COMPONENTS_V2, EPHEMERAL, LOADING, Refusal
from tests.discord_wire.schema import Schemas
from tests.discord_wire.world import ACK_SECONDS, Interaction, World

ADA = 1001
CHANNEL = World().guilds[0].channel_ids[0]


def text(words: str) -> dict[str, Any]:
    return {"flags": COMPONENTS_V2, "components": [{"type": 10, "content": words}]}


def refused(code: int) -> Any:
    return pytest.raises(Refusal, match=f" {code} ")


def asked(world: World) -> Interaction:
    return world.slash(ADA, "imagine", prompt="a red heart")


def test_the_first_answer_comes_within_three_seconds_and_once() -> None:
    """Later ones are 10062, second ones 40060."""
    world = World()
    interaction = asked(world)
    world.respond(interaction, 5, {}, [])
    assert interaction.original is not None
    assert interaction.original.flags & LOADING
    with refused(40060):
        world.respond(interaction, 5, {}, [])
    late = asked(world)
    late.sent_at = time.monotonic() - ACK_SECONDS - 0.1
    with refused(10062):
        world.respond(late, 5, {}, [])


def test_the_first_follow_up_takes_the_place_of_thinking() -> None:
    """Private or not, it becomes the public message, as on Discord."""
    world = World()
    interaction = asked(world)
    world.respond(interaction, 5, {}, [])
    first = world.follow_up(interaction, {**text("hush"), "flags": COMPONENTS_V2 | EPHEMERAL}, [])
    assert first is interaction.original
    assert first.seen_by is None
    second = world.follow_up(interaction, {**text("hush"), "flags": COMPONENTS_V2 | EPHEMERAL}, [])
    assert second.seen_by == ADA


def test_a_token_lasts_fifteen_minutes() -> None:
    """Then it is 50027."""
    world = World()
    interaction = asked(world)
    assert world.of_token(interaction.token) is interaction
    world.age_tokens()
    with refused(50027):
        world.of_token(interaction.token)


def test_an_enforced_nonce_makes_one_message_while_it_is_remembered() -> None:
    """The same message comes back; once forgotten, a second one is made."""
    world = World()
    body = {**text("done"), "nonce": "7", "enforce_nonce": True}
    first = world.post(CHANNEL, body, [])
    assert world.post(CHANNEL, body, []) is first
    world.forget_nonces()
    assert world.post(CHANNEL, body, []) is not first
    assert [one.nonce for one in world.history(CHANNEL)] == ["7", "7"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 50006),
        ({**text("x"), "content": "y"}, 50035),
        ({"flags": COMPONENTS_V2, "components": [{"type": 10, "content": "x" * 4001}]}, 50035),
        ({"flags": COMPONENTS_V2, "components": [{"type": 10, "content": "x"}] * 41}, 50035),
        (
            {"components": [{"type": 1, "components": [{"type": 2, "custom_id": "a"}, {"type": 2, "custom_id": "a"}]}]},
            50035,
        ),
        ({"components": [{"type": 12, "items": [{"media": {"url": "attachment://none.png"}}]}]}, 50035),
    ],
)
def test_messages_that_discord_would_not_take(body: dict[str, Any], code: int) -> None:
    """Empty, both kinds at once, too long, too many, twice the same id, a picture that is not there."""
    with refused(code):
        World().post(CHANNEL, body, [])


def test_private_messages_are_not_in_the_channel() -> None:
    """The bot's own token shows none of them."""
    world = World()
    interaction = asked(world)
    world.respond(interaction, 4, {**text("hush"), "flags": COMPONENTS_V2 | EPHEMERAL}, [])
    assert interaction.original is not None
    with refused(10008):
        world.channel_message(CHANNEL, interaction.original.id)
    assert world.history(CHANNEL) == []


def test_bodies_are_held_against_discords_description() -> None:
    """Where it is at hand, a body that is not as described is named by its place."""
    schemas = Schemas()
    path = f"/channels/{CHANNEL}/messages"
    assert schemas.problem("POST", path, {"content": "hello"}) is None
    problem = schemas.problem("POST", path, {"content": 7})
    assert (problem is not None and "content" in problem) == schemas.known
