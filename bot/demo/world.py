"""The simulated server: who lives in it, and what they may."""

from dataclasses import dataclass

import discord
import simcord


@dataclass(frozen=True, slots=True)
class World:
    """The simulated server.  Built before the clock is set, it has the same ids each time, so that history lasts."""

    host: simcord.UserHandle
    channel: simcord.ChannelHandle
    members: tuple[simcord.MemberActor, ...]

    @classmethod
    def build(cls, env: simcord.Env) -> "World":
        env.backend.bot_user.name = "Easel"
        host = env.create_user("easel-host")
        guild = env.create_guild("Easel demo", owner=host)
        channel = guild.create_text_channel("pictures", topic="Draw something: /imagine")
        moderators = guild.create_role(
            "Moderators",
            permissions=discord.Permissions(manage_messages=True, moderate_members=True, ban_members=True),
        )
        ada, bo = (guild.add_member(env.create_user(name, global_name=name.title())) for name in ("ada", "bo"))
        mo = guild.add_member(env.create_user("mo", global_name="Mo"), roles=[moderators])
        return cls(host, channel, (ada, bo, mo))
