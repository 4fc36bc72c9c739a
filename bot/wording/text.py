"""People's words made safe to show in a message; the bot's own words are `terms` and the modules of sentences.

In: prompts, times.  Out: Discord markdown that neither pings, nor breaks the layout, nor outgrows its limits.
Knows no message and no interaction.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from inference.contract import grid_columns

MAX_PROMPT_SHOWN: Final = 300
MAX_ALT_TEXT: Final = 1024

# Besides those of emphasis, code and spoilers: brackets of named links; "<" of mentions, emoji, timestamps and command
# links; the colon of "https://" and the dot of "discord.gg".
_MARKS: Final = re.compile(r"[\\*_~|`\[\]<>#]|:(?=//)|(?<=\w)\.(?=\w)|^(?:[-+](?=\s)|>)")
_AT: Final = re.compile(r"[@＠﹫](?=\w)")  # also of look-alikes of @everyone
# Overrides and isolates turn the rest of a line around; the letters of right-to-left scripts need none of them.
_BIDI_CONTROLS: Final = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F))


def one_line(text: str) -> str:
    """The text on one line, without controls that turn or stack what stands around it."""
    kept = (" " if unicodedata.category(character) == "Cc" else character for character in text)
    return " ".join("".join(kept).translate(_BIDI_CONTROLS).split())


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, the last one an ellipsis where something was cut."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def last_whole(parts: Sequence[str], limit: int) -> str:
    """All of them in at most `limit` characters; what is older than the last one is cut first."""
    *older, last = parts
    before = [shorten(" / ".join(older), max(1, limit - len(last) - 3))] if older else []
    return shorten(" / ".join([*before, last]), limit)


def plain(text: str, limit: int = MAX_PROMPT_SHOWN) -> str:
    """Someone's words inside a line of markdown: shortened first, then every mark, mention, link and invite disarmed.

    What is escaped looks as it was written.  Discord looks for links and invites in the raw text, in which they then
    are none: they are neither clicked nor unfurled.
    """
    escaped = _MARKS.sub(r"\\\g<0>", shorten(one_line(text), limit))
    return _AT.sub("\\g<0>\u200b", escaped)


def code(text: str, limit: int) -> str:
    """Someone's words inside a code block, which they cannot leave."""
    return "```\n" + shorten(one_line(text).replace("`", "ˋ"), limit) + "\n```"


def mention(user_id: int) -> str:
    """Somebody, as Discord shows them; nobody's id, 0, is the bot's: its filter's and its operator's."""
    return f"<@{user_id}>" if user_id else "Easel"


def moment(when: datetime) -> str:
    """A date with its time, as Discord shows it in the reader's own: "3 May 2026 12:00"."""
    return f"<t:{int(when.timestamp())}:f>"


def relative(when: datetime) -> str:
    """A time as Discord counts it down, such as "in 2 minutes"."""
    return f"<t:{int(when.timestamp())}:R>"


def clock(when: datetime) -> str:
    """A time as Discord writes it, with how far off it is: counted down alone, it says nothing once it has passed."""
    far = abs(when - datetime.now(UTC)) > timedelta(hours=12)
    return f"<t:{int(when.timestamp())}:{'f' if far else 'T'}> ({relative(when)})"


def grid_place(index: int, count: int) -> tuple[int, int]:
    """Row and column of a picture in its grid, both from 1."""
    row, column = divmod(index, grid_columns(count))
    return row + 1, column + 1


def progress_bar(done: float, cells: int = 12) -> str:
    """0.5 → "▰▰▰▰▰▰▱▱▱▱▱▱ 50 %"."""
    share = min(max(done, 0.0), 1.0)
    full = round(share * cells)
    return f"{'▰' * full}{'▱' * (cells - full)} {share:.0%}".replace("%", " %")
