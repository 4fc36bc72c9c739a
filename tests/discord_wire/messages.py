"""Messages as Discord keeps them, and what it takes for one.

In: the bodies that describe a message.  Out: its values, or a `Refusal` in Discord's words.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

EPOCH: Final = 1420070400000
BOT_ID: Final = 1_100_000_000_000_000_001
LOADING, EPHEMERAL, COMPONENTS_V2 = 1 << 7, 1 << 6, 1 << 15


class Refusal(Exception):  # what Discord says, not what is wrong with us
    """An answer that is not 2xx."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(f"{status} {code} {message}")
        self.status = status
        self.body = {"message": message, "code": code}


@dataclass(slots=True, eq=False)
class Message:
    """A message; `seen_by` is the only person who sees it, None for everybody."""

    id: int
    channel_id: int
    author_id: int = BOT_ID
    content: str = ""
    components: list[dict[str, Any]] = field(default_factory=list)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    mentions: tuple[int, ...] = ()
    flags: int = 0
    nonce: str | None = None
    seen_by: int | None = None
    interaction_id: int | None = None
    deleted: bool = False
    edits: int = 0

    @property
    def loading(self) -> bool:
        return bool(self.flags & LOADING)

    @property
    def text(self) -> str:
        """All that stands in it."""
        shown = [part["content"] for part in walk(self.components) if part.get("type") == 10]
        return "\n".join([self.content, *shown]).strip()

    @property
    def buttons(self) -> list[str]:
        """The custom ids of its buttons."""
        return [part["custom_id"] for part in walk(self.components) if part.get("type") == 2 and "custom_id" in part]

    @property
    def custom_ids(self) -> list[str]:
        return [part["custom_id"] for part in walk(self.components) if "custom_id" in part]


def check_message(
    content: str, components: Sequence[Mapping[str, Any]], attachments: Sequence[Mapping[str, Any]], *, v2: bool
) -> None:
    """Raises Refusal for a message that Discord would not take."""
    parts = list(walk(components))
    names = {attachment["filename"] for attachment in attachments}
    problems = []
    if v2 and content:
        problems.append("content cannot be used with IS_COMPONENTS_V2")
    if v2 and not components:
        problems.append("components are required with IS_COMPONENTS_V2")
    if len(parts) > 40:
        problems.append(f"{len(parts)} components; at most 40")
    if len(attachments) > 10:
        problems.append(f"{len(attachments)} attachments; at most 10")
    if sum(len(part.get("content", "")) for part in parts if part.get("type") == 10) > 4000:
        problems.append("more than 4000 characters of text")
    ids = [part["custom_id"] for part in parts if "custom_id" in part]
    if len(ids) != len(set(ids)):
        problems.append("Component custom id cannot be duplicated")
    for part in parts:
        media = [item["media"]["url"] for item in part.get("items", ())] if part.get("type") == 12 else []
        named = [url.removeprefix("attachment://") for url in media if url.startswith("attachment://")]
        problems += [f"attachment://{name} is no attachment" for name in named if name not in names]
    if problems:
        raise Refusal(400, 50035, "Invalid Form Body: " + "; ".join(problems))
    if not (content or components or attachments):
        raise Refusal(400, 50006, "Cannot send an empty message")


def walk(components: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Every component, containers before what they hold."""
    for component in components:
        yield component
        yield from walk(component.get("components", ()))
        if "accessory" in component:
            yield component["accessory"]


def attachments_after(
    message: Message, data: Mapping[str, Any], files: Sequence[str], new_id: Callable[[], int]
) -> list[dict[str, Any]]:
    """What a message holds after a body: the kept ones by their ids, the new ones by their places."""
    described = data.get("attachments")
    if described is None:
        kept, described = list(message.attachments), [{"id": place} for place in range(len(files))]
    else:
        kept = []
    known = {str(one["id"]): one for one in message.attachments}
    for one in described:
        if str(one["id"]) in known:
            kept.append(known[str(one["id"])])
        elif int(one["id"]) < len(files):
            kept.append({"id": str(new_id()), "filename": files[int(one["id"])], "size": 1, "url": "http://127.0.0.1/"})
        else:
            raise Refusal(400, 50035, f"Invalid Form Body: attachment {one['id']} is unknown")
    return kept


def timestamp(snowflake: int) -> str:
    """When something was made, as Discord writes it."""
    return datetime.fromtimestamp(((snowflake >> 22) + EPOCH) / 1000, UTC).isoformat()
