"""/settings: who may choose, what the choices do, for a server and for a channel, and that they are written down."""

from typing import Any

import discord
import pytest
import simcord

from bot.actions.actor import Actor
from bot.actions.settings import SETTINGS
from bot.database.guild import Drawing
from bot.wording.settings import LABELS, TITLES, UNCHOSEN, UNCHOSEN_PICTURES
from tests.town import Town, answer, parts, said


@pytest.fixture
async def olga(town: Town) -> simcord.MemberActor:
    """A manager of the server, who is no administrator."""
    role = town.guild.create_role("Managers", permissions=discord.Permissions(manage_guild=True))
    return town.guild.add_member(town.env.create_user("olga"), roles=[role])


async def panel(town: Town, who: simcord.MemberActor, **options: Any) -> Any:
    return answer(await who.slash(town.pictures, "settings", **options))


async def choose(who: simcord.MemberActor, shown: Any, name: str, values: list[Any], channel: str = "") -> Any:
    return await who.select(shown, values, custom_id=f"easel:set:{name}:{channel}")


async def test_the_panel_is_for_managers(town: Town, olga: simcord.MemberActor) -> None:
    """Anybody may be shown the command; only a manager is answered, and in private."""
    shown = await panel(town, olga)
    assert shown.ephemeral
    assert "Settings of this server" in said(shown)
    assert len([part for part in parts(shown) if part["type"] in (3, 6, 8)]) == len(SETTINGS)
    (command,) = (one for one in await town.bot.tree.fetch_commands() if one.name == "settings")
    town.guild.set_command_permissions(command, {town.mo: True})
    refused = await town.mo.slash(town.pictures, "settings")
    assert "You need the permission “Manage Guild”" in said(answer(refused))


async def test_a_panel_in_somebody_elses_hands_changes_nothing(town: Town, olga: simcord.MemberActor) -> None:
    """The permission is asked for again at each choice."""
    shown = await panel(town, olga)
    await town.services.server_settings.choose(_actor(town, olga), "max_images", ["4"])
    town.env.backend.remove_member_role(town.guild.id, olga.id, town.guild.roles["Managers"].id)
    refused = await choose(olga, shown, "max_images", ["1"])
    assert "You need the permission" in said(answer(refused))
    assert (await town.services.guild_settings.get(town.guild.id)).drawing.max_images == 4


async def test_choices_count_at_once(town: Town, olga: simcord.MemberActor) -> None:
    """How many pictures, hidden or not, and how often: each in the next order, and in the audit log."""
    shown = await panel(town, olga)
    for name, value in (
        ("default_images", "1"),
        ("max_images", "4"),
        ("spoiler", "yes"),
        ("limit_per_person", "5/hour"),
    ):
        await choose(olga, shown, name, [value])
    record, message = await town.imagine("a cat")
    assert (record.order.images, record.order.spoiler) == (1, True)
    (gallery,) = (part for part in parts(message) if part["type"] == 12)
    assert gallery["items"][0]["spoiler"] is True
    refused = await town.ada.slash(town.pictures, "imagine", prompt="a cat", images=9)
    assert "at most 4 are drawn" in said(answer(refused))
    for _ in range(4):
        await town.imagine("a cat")
    refused = await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    assert "limit of 5 per hour for each member is reached" in said(answer(refused))
    audit = await town.services.audit_log.page(town.guild.id)
    assert [(entry.actor_id, entry.action) for entry in audit.records] == [(olga.id, "settings")] * 4
    assert dict(audit.records[0].after) == {"limit_per_person": "5/hour"}


async def test_channels_are_chosen_and_taken_back(town: Town, olga: simcord.MemberActor) -> None:
    """Elsewhere Easel then says where it may be used."""
    other = town.guild.create_text_channel("elsewhere")
    shown = await panel(town, olga)
    await choose(olga, shown, "allowed_channel_ids", [other])
    refused = await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    assert f"Try <#{other.id}>" in said(answer(refused))
    await choose(olga, shown, "allowed_channel_ids", [])
    await town.imagine("a cat")
    await choose(olga, shown, "review_channel_id", [other])
    assert (await town.services.guild_settings.get(town.guild.id)).review_channel_id == other.id


async def test_a_channel_chooses_for_itself(town: Town, olga: simcord.MemberActor) -> None:
    """What it does not choose is as in the whole server; what a server alone can choose is not offered."""
    await choose(olga, await panel(town, olga), "default_images", ["9"])
    shown = await panel(town, olga, channel=town.pictures)
    assert f"Settings of <#{town.pictures.id}>" in said(shown)
    assert len([part for part in parts(shown) if part["type"] in (3, 6, 8)]) == sum(one.of_channels for one in SETTINGS)
    (_, of_channel) = (part["custom_id"] for part in parts(shown) if "images" in part.get("custom_id", ""))
    channel = of_channel.rpartition(":")[2]
    await choose(olga, shown, "level", ["strict"], channel)
    here = await town.services.entitlements.of(_actor(town, town.ada).requester)
    drawing = here.drawing
    assert drawing == Drawing(level="strict", default_images=9)
    await choose(olga, shown, "level", ["-"], channel)
    assert await town.services.guild_settings.channel(town.pictures.id) == Drawing()


async def test_the_panel_works_after_a_restart(town: Town, olga: simcord.MemberActor) -> None:
    """Its lists know what they are about."""
    shown = await panel(town, olga)
    await town.restart()
    await choose(olga, shown, "gallery_is_public", ["yes"])
    assert (await town.services.guild_settings.get(town.guild.id)).gallery_is_public


async def test_a_value_that_is_none_is_refused(town: Town, olga: simcord.MemberActor) -> None:
    """The rule stands in the action, whatever a list sends."""
    with pytest.raises(Exception, match="no_choice"):
        await town.services.server_settings.choose(_actor(town, olga), "max_images", ["10000"])
    with pytest.raises(Exception, match="unknown_setting"):
        await town.services.server_settings.choose(_actor(town, olga), "review_channel_id", ["1"], channel_id=5)


def test_every_setting_has_its_words() -> None:
    """A title for each, and a label for each value that is not said by itself."""
    assert set(TITLES) == {setting.name for setting in SETTINGS}
    for setting in SETTINGS:
        assert ("-" in setting.choices) == (setting.name in {*UNCHOSEN, *UNCHOSEN_PICTURES})
        if setting.name in LABELS:
            assert set(LABELS[setting.name]) == set(setting.choices) - {"-"}


def _actor(town: Town, who: simcord.MemberActor) -> Actor:
    return Actor(who.id, town.guild.id, town.pictures.id, permissions=frozenset(("manage_guild",)))
