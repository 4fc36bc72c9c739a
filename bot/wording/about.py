"""What Easel says of itself: `/help`, `/limits`, `/about`, and of styles."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from bot.wording.catalogue import later
from bot.wording.drawing import option
from bot.wording.reader import count, quoted, reader, say
from bot.wording.terms import generations, pictures, size
from bot.wording.text import clock, plain

HELP: Final = (
    later("### Easel draws what you describe"),
    later(
        "`/imagine prompt:a red heart on a blue background` draws four pictures. Options: `images` (1, 4 or 9), `seed` "
        "(the same seed draws the same pictures), `guidance` (higher follows the prompt more closely), `temperature` "
        "and `top_k` (higher is wilder), `negative` (what to leave out), `style`. `a cat --seed 7 --no cars --n 4` "
        "works, too."
    ),
    later(
        "**Below the result** the list opens one picture, to upscale, vary or share it. *Re-roll* draws the prompt "
        "again, *Remix* lets you change it first, *Details* shows every parameter. `picture` starts from a picture of "
        "yours, and `private` shows the result to you alone."
    ),
    later(
        "**Ideas** `/enhance` makes more of a prompt, `/describe` finds words for a picture; both offer to draw them."
    ),
    later(
        "**Yours** `/again` draws your last prompt once more, `/queue` shows who waits, `/cancel` stops your own, "
        "`/history` keeps your pictures, `/style` words that you add to many prompts, `/limits` tells what you have "
        "left, `/privacy` what Easel keeps of you, and erases it."
    ),
    later(
        "**Everybody's** `/gallery` shows what the server shares and votes for, `/favourites` what you starred, "
        "`/contest show` a theme to draw on, "
        "`/details` how a picture came about. Right-click a message of Easel's → *Apps*: *Who made this?*, *Remix*, "
        "*Use as input*, *Report*."
    ),
)
HELP_MODERATORS: Final = later(
    "**For moderators** `/mod log` is the request log, by person, status, category or words; open an entry to see its "
    "pictures and to remove it. `/mod remove` takes one picture or all of a generation down, `/mod timeout` and "
    "`/mod ban` keep a person from using Easel in this server, `/mod unban` lifts that."
)
HELP_MANAGERS: Final = later(
    "**For managers** `/settings` chooses where and how Easel draws here, for the server or a channel."
)
WHAT_IT_IS: Final = later("Easel draws what you describe. Every picture is AI-generated.")
NO_MODEL: Final = later("No model is ready at the moment.")
KEPT: Final = later("Kept: your prompts with their settings and pictures. `/privacy` says why, and erases them.")
WHO_READS: Final = later("Moderators of this server can read its request log.")
WHAT_IS_LEFT: Final = later("What you have left")
NO_LIMIT: Final = later("There is no limit here.")
LEFT: Final = {
    "person": later("You: {left} left of {amount} per {period}"),
    "here": later("You in this server: {left} left of {amount} per {period}"),
    "role": later("You in this server, by your role: {left} left of {amount} per {period}"),
    "server": later("This server together: {left} left of {amount} per {period}"),
    "all": later("Everybody together: {left} left of {amount} per {period}"),
}
YOUR_STYLES: Final = later("Your styles")
SERVERS_STYLES: Final = later("Styles of this server")
NO_STYLES: Final = later("There are no styles yet. Make one: `/style create`.")


def help_for(*, moderator: bool, manager: bool) -> str:
    parts = [*HELP, *([HELP_MODERATORS] if moderator else []), *([HELP_MANAGERS] if manager else [])]
    title, first, *others = map(say, parts)
    return f"{title}\n{first}\n\n" + "\n\n".join(others)


def left(whose: str, remaining: int, amount: int, every: int, unit: str, next_at: datetime | None) -> str:
    """What is left of a limit; `whose` as in `limits.Standing`."""
    values = {"left": f"**{remaining}**", "amount": amount, "period": reader().period(every, unit)}
    told = say(LEFT[whose], **values)
    return told if next_at is None else f"{told} · " + say("more after {time}", time=clock(next_at))


def model(name: str, description: str, sizes: Sequence[str]) -> str:
    """What draws, in one line."""
    named = " ".join(filter(None, (f"**{plain(name, 60)}**", plain(description, 200))))
    return f"{named} · {', '.join(map(size, sizes))}"


def under_way(waiting: int, most_images: int) -> str:
    most = pictures(most_images)
    return "-# " + say("{generations} of yours under way; up to {pictures} at a time.",
                       generations=generations(waiting), pictures=most)  # fmt: skip


def style(name: str, prefix: str, suffix: str, negative: str, numbers: Mapping[str, float | None]) -> str:
    """A style in one line; `numbers` by the names of the order's fields."""
    parts = [
        quoted(f"{plain(prefix, 80)} …") if prefix else "",
        quoted(f"… {plain(suffix, 80)}") if suffix else "",
        say("without {words}", words=plain(negative, 80)) if negative else "",
        *(f"{option(one)} {reader().number(value)}" for one, value in numbers.items() if value is not None),
    ]
    return f"**{plain(name)}** " + " · ".join(part for part in parts if part)


def style_kept(name: str, line: str) -> str:
    told = say("Draw with it: `/imagine style:{name}`", name=name.replace("`", "ˋ"))
    return say("Kept: {style}", style=line) + "\n" + told


def usual_style(name: str | None) -> str:
    return say("From now on nothing is added unless you name a style.") if name is None else drawn_anyway(name)


def drawn_anyway(name: str) -> str:
    """Of the style that counts where none is named."""
    return say("{style} is drawn with unless another is named; `--style none` is without.", style=f"**{plain(name)}**")


def style_deleted(name: str) -> str:
    return say("{style} is deleted.", style=f"**{plain(name)}**")


def styles_added(number: int) -> str:
    return count("Added {number} style.", "Added {number} styles.", number)
