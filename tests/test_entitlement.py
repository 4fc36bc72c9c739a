"""What one person may order in one place: channel, server, roles, and the operator's ceiling."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.database.guild import Drawing, GuildRecord, RoleRule
from bot.errors import ChannelNotAllowed, InvalidOption
from bot.orders.choices import allowed, with_defaults
from bot.orders.entitlement import Ceiling, Entitlement, entitled
from bot.orders.order import Order, Requester
from bot.orders.ticket import LATER, NORMAL, PREFERRED
from inference.contract import ModelDescription
from tests.bot_fakes import ADA, GUILD, FakePool, services

PAINTERS, PATRONS, NOISY = 5, 6, 7
CHANNEL, THREAD = 100, 101
GUIDED, PLAIN = ModelDescription("guided", guidance=(1.0, 10.0)), ModelDescription("plain")


def here(*held: int, roles: tuple[RoleRule, ...] = (), ceiling: Ceiling | None = None, **drawing: Any) -> Entitlement:
    guild = GuildRecord(GUILD, drawing=Drawing(**drawing), roles=roles)
    return entitled(guild, Drawing(), held, ceiling or Ceiling())


@pytest.mark.parametrize(
    ("held", "priority"),
    [((), NORMAL), ((PATRONS,), PREFERRED), ((NOISY,), LATER), ((NOISY, PATRONS), PREFERRED), ((PAINTERS,), NORMAL)],
)
def test_the_earliest_turn_of_ones_roles_counts(held: tuple[int, ...], priority: int) -> None:
    """A role of which nothing was said changes nothing."""
    roles = (RoleRule(PATRONS, "first"), RoleRule(NOISY, "later"), RoleRule(PAINTERS))
    assert here(*held, roles=roles).priority == priority


def test_an_operator_may_keep_roles_from_going_first() -> None:
    """The queue is everybody's; a server may still send its own people back."""
    roles = (RoleRule(PATRONS, "first"), RoleRule(NOISY, "later"))
    ceiling = Ceiling(priority_roles=False)
    assert [here(role, roles=roles, ceiling=ceiling).priority for role in (PATRONS, NOISY)] == [NORMAL, LATER]


def test_the_most_generous_limit_of_ones_roles_counts_instead_of_the_servers() -> None:
    """Measured by how many come in the same time: 5 an hour is more than 50 a day."""
    roles = (RoleRule(PAINTERS, limit_per_person="50/day"), RoleRule(PATRONS, limit_per_person="5/hour"))
    chosen: dict[str, Any] = {"roles": roles, "limit_per_person": "20/day"}
    assert (here(**chosen).limit, here(**chosen).whose) == ("20/day", "here")
    assert (here(PAINTERS, PATRONS, **chosen).limit, here(PAINTERS, **chosen).whose) == ("5/hour", "role")
    unlimited = here(PAINTERS, NOISY, roles=(*roles, RoleRule(NOISY, limit_per_person="off")))
    assert unlimited.limit is None


def test_models_are_those_for_everybody_and_those_of_ones_roles() -> None:
    """Where none is named for everybody, all may be chosen, and no role takes any away."""
    roles = (RoleRule(PATRONS, models=("big", "small")),)
    assert here(PATRONS, roles=roles).models == ()
    assert here(models=("small",), roles=roles).models == ("small",)
    patron = here(PATRONS, models=("small",), roles=roles)
    assert patron.models == ("small", "big")
    patron.check(1, "big")
    with pytest.raises(InvalidOption, match="not_here"):
        here(models=("small",), roles=roles).check(1, "big")
    assert [one.name for one in allowed((GUIDED, PLAIN), here(models=("plain",)))] == ["plain"]


@pytest.mark.parametrize(
    ("drawing", "model"),
    [({}, None), ({"default_model": "a"}, "a"), ({"models": ("b", "c")}, "b"),
     ({"models": ("b", "c"), "default_model": "c"}, "c"), ({"models": ("b",), "default_model": "a"}, "b")],
)  # fmt: skip
def test_the_default_model_is_one_that_may_be_chosen(drawing: dict[str, Any], model: str | None) -> None:
    """Without any choice, the inference server's own."""
    assert here(**drawing).default_model == model


def test_the_operators_settings_are_the_most_that_a_server_may_allow() -> None:
    """Fewer pictures, stricter, shorter: never the other way."""
    ceiling = Ceiling(max_images=4, level="standard", retention_days=90)
    generous = here(ceiling=ceiling, level="relaxed", max_images=9, default_images=9)
    assert (generous.level, generous.max_images, generous.default_images) == ("standard", 4, 4)
    strict = here(ceiling=ceiling, level="strict", max_images=1)
    assert (strict.level, strict.max_images, strict.default_images) == ("strict", 1, 1)
    assert [ceiling.retention(days) for days in (None, 30, 365)] == [90, 30, 90]
    assert Ceiling().retention(None) is None


def test_what_nobody_said_is_chosen_by_the_place_as_far_as_the_model_can() -> None:
    """A default guidance is no reason to refuse an order for a model that takes none, or not so much."""
    place = here(default_images=1, default_guidance=7.0)
    assert with_defaults({}, place, [GUIDED]) == {"images": 1, "model": None, "guidance_scale": 7.0}
    assert with_defaults({"guidance_scale": 2.0, "images": 9}, place, [GUIDED])["guidance_scale"] == 2.0
    assert with_defaults({"model": "plain"}, place, [GUIDED, PLAIN]) == {"images": 1, "model": "plain"}
    assert with_defaults({}, here(default_guidance=20.0), [GUIDED])["guidance_scale"] is None
    sampled = replace(PLAIN, sampling=True)
    assert with_defaults({}, here(default_top_p=0.9), [sampled])["top_p"] == 0.9
    assert with_defaults({"top_p": 0.5}, here(default_top_p=0.9), [sampled])["top_p"] == 0.5
    assert "top_p" not in with_defaults({}, here(default_top_p=0.9), [PLAIN])


def test_a_default_model_that_is_away_is_stood_in_for() -> None:
    """By another one that may be chosen; where none is known to be there, the order waits for it."""
    assert with_defaults({}, here(default_model="away"), [GUIDED, PLAIN])["model"] == "guided"
    assert with_defaults({}, here(models=("away", "plain")), [GUIDED, PLAIN])["model"] == "plain"
    assert with_defaults({}, here(models=("away",)), [GUIDED])["model"] == "away"
    assert with_defaults({}, here(default_model="away"), [])["model"] == "away"
    assert with_defaults({"model": "plain"}, here(default_model="away"), [GUIDED, PLAIN])["model"] == "plain"


async def test_orders_are_taken_as_the_place_and_the_roles_say(tmp_path: Path) -> None:
    """The row keeps class and model; a thread is as its channel is; others are sent away."""
    async with services(tmp_path, FakePool()) as opened:
        roles = (RoleRule(PATRONS, "first", models=("big",)),)
        drawing = Drawing(models=("builtin",))
        chosen = GuildRecord(GUILD, (CHANNEL,), drawing=drawing, roles=roles)
        await opened.guild_settings.set(chosen, by=1)
        await opened.guild_settings.change_channel(GUILD, CHANNEL, 1, lambda _: Drawing(max_images=4))
        admission = opened.generator._admission
        patron = Requester(
            ADA, "ada", GUILD, THREAD, parent_channel_id=CHANNEL, role_ids=frozenset((PATRONS,))
        )  # fmt: skip
        generation_id, order = await admission.admit(Order(patron, "a cat", model="big"))
        assert (order.priority, order.model) == (PREFERRED, "big")
        row = await opened.generations.get(generation_id)
        assert row is not None
        assert (row.order.priority, row.order.requester.chosen_channel_id) == (PREFERRED, CHANNEL)
        _, order = await admission.admit(Order(Requester(2, "bo", GUILD, CHANNEL), "a cat"))
        assert (order.priority, order.model) == (NORMAL, "builtin")
        with pytest.raises(InvalidOption, match="not_here"):
            await admission.admit(Order(Requester(3, "eve", GUILD, CHANNEL), "a cat", model="big"))
        with pytest.raises(InvalidOption, match="too_many_here"):
            await admission.admit(Order(patron, "a cat", images=9))
        with pytest.raises(ChannelNotAllowed):
            await admission.admit(Order(Requester(3, "eve", GUILD, 999), "a cat"))
