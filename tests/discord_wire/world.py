"""Simulated Discord's state and rules: servers, people, messages, interactions.

In: what people do, and what the bot's requests ask for.  Out: values, or a `Refusal`.  Knows no HTTP.
Enforced: three seconds for the first answer, one of them, fifteen minutes for a token, sizes and counts of a message,
one message for an enforced nonce while Discord remembers it.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tests.discord_wire.messages import (
    BOT_ID,
    COMPONENTS_V2,
    EPHEMERAL,
    EPOCH,
    LOADING,
    Message,
    Refusal,
    attachments_after,
    check_message,
)

ACK_SECONDS: Final = 3.0
TOKEN_SECONDS: Final = 900.0
UPLOAD_BYTES: Final = 10 * 2**20
MEMBER_PERMISSIONS: Final = 1 << 10 | 1 << 11 | 1 << 15 | 1 << 16 | 1 << 31
# The first server's id says shard 0 of however many, the next one's shard 1, and so on.
FIRST_SERVER: Final = 350_000_000_000


@dataclass(slots=True, eq=False)
class Interaction:
    """One thing that a person did; `answered` is set by the bot's first answer."""

    id: int
    token: str
    kind: int
    user_id: int
    guild_id: int
    channel_id: int
    data: dict[str, Any]
    sent_at: float
    source: Message | None = None
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    answer: int | None = None
    ack_seconds: float | None = None
    choices: list[dict[str, Any]] = field(default_factory=list)
    modal: dict[str, Any] | None = None
    original: Message | None = None
    followups: list[Message] = field(default_factory=list)

    @property
    def private(self) -> bool:
        """Whether what came back is for the person's eyes only."""
        return self.original is not None and self.original.seen_by is not None

    @property
    def answers(self) -> list[Message]:
        """Everything that answers it and still stands."""
        messages = dict.fromkeys((self.original, *self.followups))
        return [one for one in messages if one is not None and not one.deleted]

    @property
    def said(self) -> str:
        """The text of that."""
        return "\n".join(one.text for one in self.answers)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as the option of a command."""

    id: int


@dataclass(frozen=True, slots=True)
class Guild:
    id: int
    name: str
    channel_ids: tuple[int, ...]

    @property
    def moderator_role(self) -> int:
        return self.id + 9


class World:
    """`listener` is told of every interaction, which is the gateway's business; `changed` after every change."""

    def __init__(self, guilds: int = 1, *, clock_offset: float = 0.0) -> None:
        self.clock_offset = clock_offset
        self._increment = 0
        self.guilds = [self._new_guild(number) for number in range(guilds)]
        self.messages: dict[int, Message] = {}
        self.interactions: dict[int, Interaction] = {}
        self._tokens: dict[str, Interaction] = {}
        self._nonces: dict[tuple[int, str], Message] = {}
        self.upload_limit = UPLOAD_BYTES
        self.closed_channels: set[int] = set()
        self.commands: list[dict[str, Any]] = []
        self.listener: Callable[[Interaction], None] = lambda _: None
        self.change = asyncio.Event()

    def _new_guild(self, number: int) -> Guild:
        guild_id = (FIRST_SERVER + number) << 22
        return Guild(guild_id, f"Server {number}", (guild_id + 1,))

    def snowflake(self) -> int:
        self._increment = (self._increment + 1) % 4096
        milliseconds = int((time.time() + self.clock_offset) * 1000) - EPOCH
        return (milliseconds << 22) | (1 << 17) | self._increment

    def notify(self) -> None:
        self.change.set()
        self.change = asyncio.Event()

    async def until(self, true: Callable[[], bool], seconds: float = 60.0) -> None:
        """Return once `true`, which is asked after every change.  Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not true():
                await self.change.wait()

    # ------------------------------------------------------------------------------------------- what people do

    def slash(self, user_id: int, name: str, guild: int = 0, **options: Any) -> Interaction:
        """Type a command; a name of two words is a group's."""
        described = [_option(key, value) for key, value in options.items()]
        first, _, second = name.partition(" ")
        inner = [{"name": second, "type": 1, "options": described}] if second else described
        data = {"id": str(self._command_id(first)), "name": first, "type": 1, "options": inner}
        return self._act(2, user_id, guild, data)

    def press(
        self, user_id: int, message: Message, custom_id: str, guild: int = 0, values: Sequence[str] | None = None
    ) -> Interaction:
        """Press a button below a message, or choose `values` from a list."""
        data: dict[str, Any] = {"custom_id": custom_id, "component_type": 2 if values is None else 3}
        return self._act(3, user_id, guild, data if values is None else data | {"values": list(values)}, message)

    def submit(self, opened: Interaction, **values: str) -> Interaction:
        """Send the form that an interaction opened, with the `values` in it by custom id; others as they stood."""
        if opened.modal is None:
            raise LookupError(f"interaction {opened.id} opened no form")
        components = [_filled(component, values) for component in opened.modal["components"]]
        data = {"custom_id": opened.modal["custom_id"], "components": components}
        guild = next(index for index, one in enumerate(self.guilds) if one.id == opened.guild_id)
        return self._act(5, opened.user_id, guild, data, opened.source)

    def _act(
        self, kind: int, user_id: int, guild: int, data: dict[str, Any], source: Message | None = None
    ) -> Interaction:
        place = self.guilds[guild]
        interaction = Interaction(
            self.snowflake(), secrets.token_urlsafe(48), kind, user_id, place.id, place.channel_ids[0], data,
            time.monotonic(), source,
        )  # fmt: skip
        self.interactions[interaction.id] = interaction
        self._tokens[interaction.token] = interaction
        self.listener(interaction)
        return interaction

    def _command_id(self, name: str) -> int:
        return next((command["id"] for command in self.commands if command["name"] == name), BOT_ID + 7)

    def age_tokens(self) -> None:
        """Fifteen minutes pass for every interaction so far."""
        for interaction in self.interactions.values():
            interaction.sent_at -= TOKEN_SECONDS

    def forget_nonces(self) -> None:
        """Discord remembers a nonce for some minutes; they pass."""
        self._nonces.clear()

    # --------------------------------------------------------------------------------------- what the bot asks

    def respond(self, interaction: Interaction, kind: int, data: Mapping[str, Any], files: Sequence[str]) -> None:
        """The first answer."""
        late = time.monotonic() - interaction.sent_at
        if interaction.answer is not None:
            raise Refusal(400, 40060, "Interaction has already been acknowledged.")
        if late > ACK_SECONDS:
            raise Refusal(404, 10062, "Unknown interaction")
        if kind in (4, 5):
            interaction.original = self._answer_message(interaction, data, files, loading=kind == 5)
        elif kind in (6, 7):
            if interaction.source is None:
                raise Refusal(400, 50035, "Invalid Form Body: only a component's message can be updated")
            interaction.original = interaction.source
            if kind == 7:
                self._write(interaction.source, data, files)
        elif kind == 8:
            interaction.choices = list(data.get("choices", ()))
        elif kind == 9:
            interaction.modal = dict(data)
        interaction.answer = kind
        interaction.ack_seconds = late
        interaction.answered.set()
        self.notify()

    def follow_up(self, interaction: Interaction, data: Mapping[str, Any], files: Sequence[str]) -> Message:
        """Another message; the first one after "thinking…" takes its place, and whether it is private from it."""
        if interaction.answer is None:
            raise Refusal(404, 10015, "Unknown Webhook")
        original = interaction.original
        if interaction.answer == 5 and original is not None and original.loading and not original.deleted:
            self._write(original, data, files)
            self.notify()
            return original
        message = self._answer_message(interaction, data, files, loading=False)
        interaction.followups.append(message)
        self.notify()
        return message

    def _answer_message(
        self, interaction: Interaction, data: Mapping[str, Any], files: Sequence[str], *, loading: bool
    ) -> Message:
        flags = int(data.get("flags") or 0)
        private = interaction.user_id if flags & EPHEMERAL else None
        message = Message(
            self.snowflake(), interaction.channel_id, seen_by=private, interaction_id=interaction.id,
            flags=flags | (LOADING if loading else 0),
        )  # fmt: skip
        if not loading:
            self._write(message, data, files)
            message.edits = 0
        self.messages[message.id] = message
        return message

    def post(self, channel_id: int, data: Mapping[str, Any], files: Sequence[str]) -> Message:
        """The bot's own message in a channel."""
        self.check_channel(channel_id)
        nonce = data.get("nonce")
        if nonce is not None and data.get("enforce_nonce") and (known := self._nonces.get((channel_id, str(nonce)))):
            return known
        message = Message(self.snowflake(), channel_id, nonce=None if nonce is None else str(nonce))
        message.flags = int(data.get("flags") or 0)
        allowed = data.get("allowed_mentions") or {}
        message.mentions = tuple(int(one) for one in allowed.get("users", ()))
        self._write(message, data, files)
        message.edits = 0
        self.messages[message.id] = message
        if message.nonce is not None:
            self._nonces[channel_id, message.nonce] = message
        self.notify()
        return message

    def edit(self, message: Message, data: Mapping[str, Any], files: Sequence[str]) -> Message:
        self._write(message, data, files)
        self.notify()
        return message

    def delete(self, message: Message) -> None:
        message.deleted = True
        self.notify()

    def of_token(self, token: str) -> Interaction:
        interaction = self._tokens.get(token)
        if interaction is None or time.monotonic() - interaction.sent_at > TOKEN_SECONDS:
            raise Refusal(401, 50027, "Invalid Webhook Token")
        return interaction

    def own_message(self, interaction: Interaction, which: str) -> Message:
        """A message that answers the interaction: "@original", or by its id."""
        if which == "@original":
            message = interaction.original
        else:
            message = next((one for one in self._answers(interaction) if str(one.id) == which), None)
        if message is None or message.deleted:
            raise Refusal(404, 10008, "Unknown Message")
        return message

    def _answers(self, interaction: Interaction) -> Iterator[Message]:
        yield from (one for one in (interaction.original, *interaction.followups) if one is not None)

    def channel_message(self, channel_id: int, message_id: int) -> Message:
        """As the bot sees it with its own token, which shows no private message."""
        self.check_channel(channel_id)
        message = self.messages.get(message_id)
        if message is None or message.deleted or message.seen_by is not None or message.channel_id != channel_id:
            raise Refusal(404, 10008, "Unknown Message")
        return message

    def history(
        self, channel_id: int, *, limit: int = 50, before: int | None = None, after: int | None = None
    ) -> list[Message]:
        """The newest first; with `after`, the first ones after it."""
        self.check_channel(channel_id)
        shown = sorted((one for one in self.standing(channel_id)), key=lambda one: one.id)
        if before is not None:
            shown = [one for one in shown if one.id < before]
        if after is not None:
            shown = [one for one in shown if one.id > after][:limit]
        return shown[::-1][:limit]

    def standing(self, channel_id: int | None = None) -> Iterator[Message]:
        """Everybody's messages that are there."""
        for message in self.messages.values():
            if not message.deleted and message.seen_by is None and channel_id in (None, message.channel_id):
                yield message

    def check_channel(self, channel_id: int) -> None:
        if channel_id in self.closed_channels:
            raise Refusal(403, 50001, "Missing Access")
        if not any(channel_id in guild.channel_ids for guild in self.guilds):
            raise Refusal(404, 10003, "Unknown Channel")

    # ------------------------------------------------------------------------------------------------ messages

    def _write(self, message: Message, data: Mapping[str, Any], files: Sequence[str]) -> None:
        """Put what a body says into a message, which stays as it was where Discord would refuse."""
        flags = message.flags | int(data.get("flags") or 0)
        components = data.get("components", message.components) or []
        content = data.get("content", message.content) or ""
        attachments = attachments_after(message, data, files, self.snowflake)
        check_message(content, components, attachments, v2=bool(flags & COMPONENTS_V2))
        message.flags = flags & ~LOADING
        message.content, message.components, message.attachments = content, list(components), attachments
        message.edits += 1


def _option(name: str, value: object) -> dict[str, Any]:
    kind = {str: 3, int: 4, bool: 5, Person: 6, float: 10}[type(value)]
    return {"name": name, "type": kind, "value": str(value.id) if isinstance(value, Person) else value}


def _filled(component: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """A form's component as it comes back."""
    if "component" in component:
        return {"type": component["type"], "id": 1, "component": _filled(component["component"], values)}
    if "components" in component:
        inner = [_filled(one, values) for one in component["components"]]
        return {"type": component["type"], "id": 1, "components": inner}
    returned = {"type": component["type"], "id": 1}
    if "custom_id" in component:
        value = values.get(component["custom_id"], component.get("value", ""))
        returned |= {"custom_id": component["custom_id"], "value": value}
    return returned
