"""The simulated server: who lives in it, and what they may."""

from dataclasses import dataclass

import discord
import simcord


@dataclass(frozen=True, slots=True)
class Inhabitant:
    """Somebody whose eyes one may look through."""

    actor: simcord.MemberActor
    name: str
    role: str  # in a word
    may: str  # in a sentence

    @property
    def id(self) -> int:
        return self.actor.id


@dataclass(frozen=True, slots=True)
class World:
    """The simulated server.  Built before the clock is set, it has the same ids each time, so that history lasts."""

    guild: simcord.GuildHandle
    channel: simcord.ChannelHandle
    people: tuple[Inhabitant, ...]

    @property
    def members(self) -> tuple[simcord.MemberActor, ...]:
        return tuple(person.actor for person in self.people)

    @classmethod
    def build(cls, env: simcord.Env) -> "World":
        env.backend.bot_user.name = "Easel"
        owner = env.create_user("olga", global_name="Olga")
        guild = env.create_guild("Easel demo", owner=owner)
        channel = guild.create_text_channel("pictures", topic="Draw something: /imagine a castle on a hill")
        moderators = guild.create_role(
            "Moderators",
            permissions=discord.Permissions(manage_messages=True, moderate_members=True, ban_members=True),
        )
        ada, bo = (guild.add_member(env.create_user(name, global_name=name.title())) for name in ("ada", "bo"))
        mo = guild.add_member(env.create_user("mo", global_name="Mo"), roles=[moderators])
        people = (
            Inhabitant(ada, "Ada", "member", "The gallery, her own pictures and data."),
            Inhabitant(bo, "Bo", "member", "The gallery, his own pictures and data."),
            Inhabitant(mo, "Mo", "moderator", "The request log, the review queue, sanctions, blocked words."),
            Inhabitant(guild.add_member(owner), "Olga", "owner", "Everything, and the server's settings."),
        )
        for message in channel.history():  # who joined when is nobody's first sight of Easel
            env.backend.delete_message(channel.id, message.id)
        return cls(guild, channel, people)
