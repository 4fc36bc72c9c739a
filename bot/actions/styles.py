"""Styles as people use them: look, make, delete, hand on, draw with.

In: an actor and a style.  Out: styles, and prompts with their words.  Knows no Discord.
"""

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from types import MappingProxyType
from typing import Any, Final

from bot.actions.actor import Actor
from bot.database.records import Style
from bot.database.styles import MOST, Styles
from bot.errors import InvalidOption, NotFound, ServersOnly, UserError
from bot.orders import habits
from bot.orders.flags import Flags, all_left_out, read_flags, together, try_flags
from inference.contract import MAX_GUIDANCE_SCALE, MAX_TEMPERATURE, MAX_TOP_K, MIN_TEMPERATURE, MIN_TOP_P

MAX_NAME: Final = 32
NO_STYLE: Final = "none"  # said as a style's name, it is none, the usual one neither
MAX_WORDS: Final = 300  # of each part, so that they leave room for a prompt
MAX_FILE_BYTES: Final = 200_000
GOES_ON: Final = (",", ";", ":", ".", "!", "?", "、", "。", "，")
NUMBERS: Final = {
    "guidance_scale": (1, MAX_GUIDANCE_SCALE),
    "temperature": (MIN_TEMPERATURE, MAX_TEMPERATURE),
    "top_k": (0, MAX_TOP_K),
    "top_p": (MIN_TOP_P, 1),
}
"""What a style may choose of how to draw, and within what bounds."""


class StyleBook:
    def __init__(self, styles: Styles) -> None:
        self._styles = styles

    async def own(self, actor: Actor) -> tuple[Style, ...]:
        return await self._styles.of(None, actor.user_id)

    async def servers(self, actor: Actor) -> tuple[Style, ...]:
        """None in direct messages."""
        return () if actor.guild_id is None else await self._styles.of(actor.guild_id, actor.user_id)

    async def find(self, actor: Actor, name: str) -> Style:
        """One's own comes before the server's of the same name.  Raises NotFound."""
        for style in (*await self.own(actor), *await self.servers(actor)):
            if style.name.casefold() == name.strip().casefold():
                return style
        raise NotFound("style", near=await self._near(actor, name))

    async def _near(self, actor: Actor, name: str) -> str | None:
        """The name of a style that comes nearest to one that is none."""
        names = [style.name for style in (*await self.own(actor), *await self.servers(actor))]
        folded = {one.casefold(): one for one in names}
        found = difflib.get_close_matches(name.strip().casefold(), folded, n=1)
        return folded[found[0]] if found else None

    async def read(
        self,
        actor: Actor,
        typed: str,
        named: Mapping[str, Any] = MappingProxyType({}),
        style: str | None = None,
        *,
        usual: bool = True,
    ) -> tuple[str, dict[str, Any]]:
        """What somebody typed as the words and the options of an order, these by its fields' names.

        Its flags and the options `named` count together, and then the style: the one named, else the one of the flags,
        else, where `usual`, what is drawn with anyway.  Raises InvalidOption, NotFound.
        """
        flags = try_flags(typed)
        words, said = flags.prompt, flags.said_with(named)
        wrong: list[UserError] = list(flags.wrong)
        found = None
        try:
            found = await self._chosen(actor, style or said.pop("style", None), usual=usual)
        except NotFound as error:
            if style is not None or str(flags.style).casefold() not in habits.STYLES:
                wrong.append(error)
            else:
                said["ignored"] = (*said.get("ignored", ()), f"--style {flags.style}")
        if wrong:
            raise together(wrong)
        if found is None:
            return words, said
        words, said = drawn_with(found, said, words)
        return words, {**said, "style": found.name}

    async def _chosen(self, actor: Actor, name: str | None, *, usual: bool) -> Style | None:
        if name is None:
            return await self._styles.usual(actor.guild_id, actor.user_id) if usual else None
        try:
            return await self.find(actor, name)
        except NotFound:
            if name.strip().casefold() == NO_STYLE:
                return None
            raise

    async def usual(self, actor: Actor) -> Style | None:
        """What the actor draws with where they name none: their own choice, else the server's."""
        return await self._styles.usual(actor.guild_id, actor.user_id)

    async def make_usual(self, actor: Actor, name: str | None, *, for_server: bool) -> Style | None:
        """Draw with it wherever no style is named; None with none.  Raises NotFound; a server's takes its manager."""
        place = _place(actor, for_server=for_server)
        if not await self._styles.make_usual(None if name is None else name.strip(), place, actor.user_id):
            raise NotFound("style", near=await self._near(actor, name or ""))
        return None if name is None else await self.usual(actor)

    async def put(self, actor: Actor, style: Style, *, for_server: bool) -> Style:
        """Keep a style, in place of one of the same name.  Raises InvalidOption; a server's takes its manager."""
        style = _checked(style)
        await self._styles.put([style], _place(actor, for_server=for_server), actor.user_id)
        return style

    async def drop(self, actor: Actor, name: str, *, for_server: bool) -> None:
        """Raises NotFound."""
        if not await self._styles.drop(name.strip(), _place(actor, for_server=for_server), actor.user_id):
            raise NotFound("style", near=await self._near(actor, name))

    async def hand_in(self, actor: Actor, data: bytes, *, for_server: bool) -> int:
        """Keep all styles of a file that `as_file` wrote; returns how many.  Nothing is kept of a wrong one."""
        read = [_checked(style) for style in _from_file(data)]
        await self._styles.put(read, _place(actor, for_server=for_server), actor.user_id)
        return len(read)


def as_file(styles: Sequence[Style]) -> bytes:
    """JSON, to be read by `hand_in`."""
    return json.dumps({"styles": [asdict(style) for style in styles]}, indent=1, ensure_ascii=False).encode()


def drawn_with(style: Style, said: dict[str, Any], prompt: str) -> tuple[str, dict[str, Any]]:
    """The prompt and options of an order in this style, flags behind its words among them.

    What the order says itself counts before the style.
    """
    behind = try_flags(style.suffix)
    if behind.wrong:  # kept before flags were read there
        behind = Flags(style.suffix)
    words = all_left_out(said.get("negative_prompt"), style.negative_prompt, behind.negative_prompt)
    options = behind.said() | said
    if words:
        options["negative_prompt"] = words
    for name in NUMBERS:
        if getattr(style, name) is not None:
            options.setdefault(name, getattr(style, name))
    return _joined(style.prefix, prompt.strip(), behind.prompt), options


def _joined(*parts: str) -> str:
    """With a space between, but before what goes on with a comma."""
    words = ""
    for part in filter(None, parts):
        words += part if not words or part.startswith(GOES_ON) else f" {part}"
    return words


def _place(actor: Actor, *, for_server: bool) -> int | None:
    if not for_server:
        return None
    if actor.guild_id is None:
        raise ServersOnly
    actor.require("manage_guild")
    return actor.guild_id


def _checked(style: Style) -> Style:
    """With its words on one line each.  Raises InvalidOption."""
    parts: dict[str, Any] = {
        name: " ".join(getattr(style, name).split()) for name in ("name", "prefix", "suffix", "negative_prompt")
    }
    checked = replace(style, **parts)
    if not 1 <= len(checked.name) <= MAX_NAME:
        raise InvalidOption("name", "wrong_length", {"length": len(checked.name), "limit": MAX_NAME})
    for name in ("prefix", "suffix", "negative_prompt"):
        if len(parts[name]) > MAX_WORDS:
            raise InvalidOption(name, "too_long", {"length": len(parts[name]), "limit": MAX_WORDS})
    if read_flags(parts["suffix"]).style is not None:
        raise InvalidOption("suffix", "style_in_style")
    for name, (low, high) in NUMBERS.items():
        value = getattr(checked, name)
        if value is not None and not low <= value <= high:
            raise InvalidOption(name, "out_of_range", {"value": value, "low": low, "high": high})
    if checked == Style(checked.name):
        raise InvalidOption("style", "empty_style")
    return checked


def _from_file(data: bytes) -> list[Style]:
    names = {field.name for field in fields(Style)}
    try:
        found = json.loads(data[:MAX_FILE_BYTES])["styles"]
        styles = [Style(**entry) for entry in found]
        right = all(_is_right(name, getattr(style, name)) for style in styles for name in names)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise InvalidOption("file", "no_styles") from error
    if not right or not 1 <= len(styles) <= MOST:
        raise InvalidOption("file", "no_styles")
    return styles


def _is_right(name: str, value: object) -> bool:
    """Whether a field of a style can hold what a file says."""
    if name not in NUMBERS:
        return isinstance(value, str)
    numbers = int if name == "top_k" else int | float
    return value is None or (isinstance(value, numbers) and not isinstance(value, bool))
