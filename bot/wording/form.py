"""How the places where sentences are read write times, people and what somebody else said.

Out: the protocol `Form`, and its two kinds: Discord's markdown, and plain text for a page or a terminal.
"""

from datetime import UTC, datetime
from typing import Final, Protocol

from bot.wording import text

QUOTE_LIMIT: Final = 400


class Form(Protocol):
    def quote(self, words: str) -> str:
        """Somebody's words inside a sentence."""

    def relative(self, when: datetime) -> str:
        """A time, so that the reader knows how long until then."""

    def clock(self, when: datetime) -> str:
        """A time that stays true after it has passed."""

    def person(self, user_id: int) -> str: ...

    def channel(self, channel_id: int) -> str: ...

    def role(self, role_id: int) -> str: ...


class Discord:
    """Markdown; Discord itself writes times in the reader's language and zone."""

    def quote(self, words: str) -> str:
        return text.plain(words, QUOTE_LIMIT)

    def relative(self, when: datetime) -> str:
        return text.relative(when)

    def clock(self, when: datetime) -> str:
        return text.clock(when)

    def person(self, user_id: int) -> str:
        return text.mention(user_id)

    def channel(self, channel_id: int) -> str:
        return f"<#{channel_id}>"

    def role(self, role_id: int) -> str:
        return f"<@&{role_id}>"


class Plain:
    """Text without any markup."""

    def quote(self, words: str) -> str:
        return text.shorten(text.one_line(words), QUOTE_LIMIT)

    def relative(self, when: datetime) -> str:
        return f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC"

    def clock(self, when: datetime) -> str:
        return self.relative(when)

    def person(self, user_id: int) -> str:
        return str(user_id)

    def channel(self, channel_id: int) -> str:
        return str(channel_id)

    def role(self, role_id: int) -> str:
        return str(role_id)


DISCORD: Final = Discord()
PLAIN: Final = Plain()
