"""People's words made safe to show in a message, and the bot's own sentences.

In: prompts, times.  Out: Discord markdown that neither pings, nor breaks the layout, nor outgrows its limits.
Knows no message and no interaction.
"""

import re
import unicodedata
from datetime import datetime
from typing import Final

from inference.contract import grid_columns

MAX_PROMPT_SHOWN: Final = 300
MAX_ALT_TEXT: Final = 1024
_PLACES: Final = {
    1: ("the only one",),
    4: ("top left", "top right", "bottom left", "bottom right"),
    9: ("top left", "top", "top right", "left", "middle", "right", "bottom left", "bottom", "bottom right"),
}
_CATEGORIES: Final = {
    "hate_harassment": "hate or harassment", "violence_gore": "violence and gore", "sexual": "sexual content",
    "self_harm": "self-harm", "minors": "sexual content about minors", "illegal": "illegal acts",
}  # fmt: skip

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


def alt_text(prompt: str, position: int | None = None) -> str:
    """What a screen reader says for a picture."""
    start = "" if position is None else f"Picture {position}: "
    return shorten(start + one_line(prompt), MAX_ALT_TEXT)


def removed(what: str, *, gone: bool) -> str:
    """What is said after a removal; `gone` is whether its message or picture has left the channel too."""
    if gone:
        return f"{what} is removed."
    rest = "Discord does not let Easel change its message, which takes the permission “View Channel”"
    return f"{what} is removed from history and gallery, but it still stands in the channel: {rest}."


def deleted(*, gone: bool) -> str:
    """What is said after one's own deletion; `gone` is whether all its messages have left the channel, too."""
    if gone:
        return "Deleted."
    return "The pictures are deleted. Easel may not see the channel, so press 🗑️ below them once more for the message."


def relative(when: datetime) -> str:
    """A time as Discord counts it down, such as "in 2 minutes"."""
    return f"<t:{int(when.timestamp())}:R>"


def until(when: datetime) -> str:
    """An end as a date with what is left until then: "until 3 May 2026 12:00 (in 2 hours)"."""
    return f"until <t:{int(when.timestamp())}:f> ({relative(when)})"


def category(name: str) -> str:
    """The filter's word for what it found, as people say it: "violence_gore" → "violence and gore"."""
    return _CATEGORIES.get(name, name.replace("_", " "))


def place_in_grid(index: int, count: int) -> str:
    """Where a picture stands, so that people can talk about it: 0 of 4 → "top left"."""
    if count in _PLACES:
        return _PLACES[count][index]
    row, column = divmod(index, grid_columns(count))
    return f"row {row + 1}, column {column + 1}"


def count(number: int, thing: str) -> str:
    """1 → "1 picture", 4 → "4 pictures"."""
    return f"{number} {thing}" + ("" if number == 1 else "s")


def seconds(duration: float) -> str:
    """3.14159 → "3.1 s", 75 → "1 min 15 s"."""
    if round(duration, 1) < 60:
        return f"{duration:.1f} s"
    minutes, rest = divmod(round(duration), 60)
    return f"{minutes} min {rest} s"


def estimate(duration: float) -> str:
    """12.4 → "12 s": no tenths where nobody knows them, and never less than a second."""
    whole = max(1, round(duration))
    return f"{whole} s" if whole < 60 else seconds(whole)


def progress_bar(done: float, cells: int = 12) -> str:
    """0.5 → "▰▰▰▰▰▰▱▱▱▱▱▱ 50 %"."""
    share = min(max(done, 0.0), 1.0)
    full = round(share * cells)
    return f"{'▰' * full}{'▱' * (cells - full)} {share:.0%}".replace("%", " %")
