"""Who is who on Discord, as the web pages ask: names, permissions with roles applied, people who are not there."""

import aiohttp
import discord
import pytest

from bot.directory import DiscordDirectory
from bot.errors import DiscordAway
from tests.town import Town


async def test_a_member_is_known_with_roles_applied(town: Town) -> None:
    """A moderator by their role, a member, the owner, and a stranger."""
    directory = DiscordDirectory(town.bot)
    mo = await directory.member(town.guild.id, town.mo.id)
    assert mo is not None
    assert mo.may("ban_members")
    assert not mo.may("manage_guild")
    ada = await directory.member(town.guild.id, town.ada.id)
    assert ada is not None
    assert not ada.may("manage_messages")
    owner = await directory.member(town.guild.id, (await town.bot.fetch_guild(town.guild.id)).owner_id or 0)
    assert owner is not None
    assert owner.may("manage_guild")
    assert await directory.member(town.guild.id, 12345) is None
    assert await directory.member(12345, town.mo.id) is None


@pytest.mark.parametrize("fault", [aiohttp.ClientConnectionError("away"), TimeoutError(), OSError("reset")])
async def test_while_discord_is_away_nobody_is_taken_for_a_stranger(
    town: Town, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    """It is said, for a while, and asked again at the next request."""

    async def away(*_: object) -> discord.Member:
        raise fault

    directory = DiscordDirectory(town.bot)
    with monkeypatch.context() as patched:
        patched.setattr(discord.Guild, "fetch_member", away)
        with pytest.raises(DiscordAway):
            await directory.member(town.guild.id, town.mo.id)
    assert await directory.member(town.guild.id, town.mo.id) is not None


async def test_servers_and_channels_have_names(town: Town) -> None:
    """And where the bot is not, there are none."""
    directory = DiscordDirectory(town.bot)
    assert [server.name for server in directory.servers()] == ["Town"]
    assert directory.server(12345) is None
    assert directory.channel_name(town.guild.id, town.pictures.id) == "pictures"
    assert directory.channel_name(town.guild.id, 1) is None
    assert directory.channel_name(12345, town.pictures.id) is None


async def test_an_answer_is_believed_for_a_minute(town: Town) -> None:
    """Pages with many requests ask Discord once; a role that is taken away counts at the next asking."""
    now = 0.0
    directory = DiscordDirectory(town.bot, clock=lambda: now)
    assert (await directory.member(town.guild.id, town.mo.id)) is not None
    asked = len(town.env.backend.transcript)
    await directory.member(town.guild.id, town.mo.id)
    assert len(town.env.backend.transcript) == asked
    role = next(role for role in town.bot.guilds[0].roles if role.name == "Moderators")
    await role.edit(permissions=discord.Permissions.none())
    now = 61.0
    mo = await directory.member(town.guild.id, town.mo.id)
    assert mo is not None
    assert not mo.may("manage_messages")
