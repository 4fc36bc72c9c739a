"""Who acts, where, and what they may do there.

In: ids and permissions, as the door (Discord, a web page, the command line) knows them.  Out: yes, no, or an error.
Every rule about whose something is and who looks after it stands here.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

from bot.database.records import GenerationRecord
from bot.errors import MissingPermission, NotFound, NotYours
from bot.nobody import OPERATOR_ID
from bot.orders.order import Requester

# What Easel lets a server's own moderators do, whether Discord lets them or not.
MODERATORS_MAY: Final = frozenset(("manage_messages", "moderate_members"))


@dataclass(frozen=True, slots=True)
class Actor:
    """`permissions` are those in this channel, by Discord's names, such as "manage_messages".

    `guild_id` is None in a direct message, and for the operator, who acts everywhere.
    """

    user_id: int
    guild_id: int | None
    channel_id: int | None = None
    user_name: str = ""
    locale: str = "en-US"
    permissions: frozenset[str] = frozenset()
    role_ids: frozenset[int] = frozenset()
    age_restricted: bool = False  # the channel, as Discord has it
    parent_channel_id: int | None = None  # of a thread or a forum's post
    is_operator: bool = False

    @classmethod
    def operator(cls) -> "Actor":
        """Whoever runs the bot."""
        return cls(OPERATOR_ID, None, user_name="operator", is_operator=True)

    @property
    def requester(self) -> Requester:
        """The actor as one who orders pictures here."""
        if self.channel_id is None:
            raise NotFound("channel")
        return Requester(
            self.user_id, self.user_name, self.guild_id, self.channel_id, self.locale, self.age_restricted,
            self.parent_channel_id, self.role_ids,
        )  # fmt: skip

    def recognised(self, moderator_role_id: int | None) -> "Actor":
        """The actor in a server that has chosen its moderators' role; @everyone, which has the server's id, is none."""
        if moderator_role_id not in self.role_ids or moderator_role_id == self.guild_id:
            return self
        return replace(self, permissions=self.permissions | MODERATORS_MAY)

    # --------------------------------------------------------------------------------------------- permissions

    def has(self, permission: str) -> bool:
        """Whether they have a permission of this server; there is none to have in a direct message."""
        if self.is_operator:
            return True
        return self.guild_id is not None and not self.permissions.isdisjoint((permission, "administrator"))

    def require(self, permission: str) -> None:
        """Raises MissingPermission.  Asked although commands carry default permissions: a server may change those."""
        if not self.has(permission):
            raise MissingPermission(permission)

    @property
    def is_administrator(self) -> bool:
        return self.has("administrator")

    @property
    def is_moderator(self) -> bool:
        """Whether they look after what other people post here."""
        return self.has("manage_messages")

    @property
    def is_manager(self) -> bool:
        """Whether they choose this server's settings."""
        return self.has("manage_guild")

    # --------------------------------------------------------------------------------------- whose, and where

    @property
    def is_everywhere(self) -> bool:
        """Whether they look over all servers at once: the operator who is in none."""
        return self.is_operator and self.guild_id is None

    def is_here(self, guild_id: int | None) -> bool:
        """Whether something of that server is within reach of this actor's permissions."""
        return self.is_operator or (guild_id is not None and guild_id == self.guild_id)

    def moderates(self, guild_id: int | None) -> bool:
        return self.is_moderator and self.is_here(guild_id)

    def sees(self, record: GenerationRecord) -> bool:
        """One's own everywhere, other people's where they were drawn; nothing that was removed.

        What is private is nobody else's to see: moderators know it from the request log alone.
        """
        if record.removal is not None or self.owns(record):
            return record.removal is None
        return self.is_operator or (not record.order.private and self.is_where(record.order.requester))

    def is_where(self, requester: Requester) -> bool:
        """Whether this is where somebody ordered: the same server, or, outside of servers, the same chat."""
        if requester.guild_id is None:
            return self.guild_id is None and self.channel_id == requester.channel_id
        return self.is_here(requester.guild_id)

    def owns(self, record: GenerationRecord) -> bool:
        return record.order.requester.user_id == self.user_id

    def answers_for(self, record: GenerationRecord) -> bool:
        """Whether it is theirs, or theirs to moderate."""
        return self.owns(record) or self.moderates(record.order.requester.guild_id)

    def check_may_act_on(self, subject: str, guild_id: int | None, owners: Collection[int]) -> None:
        """Raises NotYours unless it is theirs or they moderate where it is."""
        if self.user_id not in owners and not self.moderates(guild_id):
            raise NotYours(subject, moderators=True)
