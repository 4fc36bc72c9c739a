"""What is said of a drawing: while it waits and forms, below its pictures, and when it is deleted.

In: facts of a generation.  Out: lines in the reader's language.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from bot.wording.catalogue import later
from bot.wording.reader import count, either, labelled, quoted, reader, say
from bot.wording.terms import action, category, estimate, picture, pictures
from bot.wording.text import code, plain, progress_bar, relative

MAX_WORDS_SHOWN, MAX_WORD_SHOWN, MAX_FILLED_SHOWN, MAX_FLAGS_SHOWN = 4, 30, 45, 12
LONGEST_QUOTE: Final = 1500  # characters of what was typed, handed back

PREVIEW: Final = later("Unfinished preview")
IN_HISTORY: Final = later("Your pictures are ready: see `/history`.")
FORM_FORGOTTEN: Final = later("Easel was restarted while this form was open. Please open it again.")
YOU_HAD_TYPED: Final = later("You had typed:")
NO_PICTURES: Final = later("You have no pictures yet. Try `/imagine`.")
YOUR_PICTURES: Final = later("Your pictures")
FILE_MISSING: Final = later("Its picture file is missing or was removed.")
NOT_YOURS_WAITING: Final = later("None of them is yours.")
OPTIONS: Final = {
    "prompt": later("Prompt"),
    "negative_prompt": later("Negative prompt"),
    "model": later("Model"),
    "seed": later("Seed"),
    "guidance_scale": later("Guidance"),
    "temperature": later("Temperature"),
    "top_k": later("Top k"),
    "top_p": later("Top p"),
    "style": later("Style"),
    "keep_rows": later("Rows kept"),
    "strength": later("Strength"),
    "size": later("Size"),
    "parent": later("Parent"),
    "seconds": later("Seconds"),
    "drawn": later("Drawn"),
}
"""What a picture was drawn with, by the name of the order's field."""


# ---------------------------------------------------------------------------------------------------- while it is drawn


def waiting(position: int, eta_seconds: float | None) -> str:
    """`position` counts from 1, the one that is drawn next."""
    place = say("Next in the queue") if position <= 1 else say("Number {number} in the queue", number=position)
    wait = "" if eta_seconds is None else " · " + say("about {time}", time=estimate(eta_seconds))
    return f"🕓 {place}{wait}"


def drawing(done: float) -> str:
    return f"🎨 {say('Drawing')}  {progress_bar(done)}"


def under_way(status: str) -> str:
    """Of one that is not in the queue any more, or not yet."""
    return f"🔎 {say('Being checked')}" if status == "checking" else f"🎨 {say('Being drawn')}"


def you_had_typed(words: str) -> str:
    """What was typed and cannot be used as it is: to be copied, not lost."""
    return f"{say(YOU_HAD_TYPED)}\n{code(words, LONGEST_QUOTE)}"


def queue(drawn: int, waits: int) -> str:
    if not drawn and not waits:
        return f"### {say('Queue')}\n{say('Nothing is being drawn, and nobody waits.')}"
    return f"### {say('Queue')}\n" + say("{drawn} being drawn, {waiting} waiting.", drawn=drawn, waiting=waits)


def cancelled(number: int) -> str:
    return count("Cancelled {number} generation.", "Cancelled {number} generations.", number)


# -------------------------------------------------------------------------------------------------------- what came out


def ready(user_id: int) -> str:
    return say("{person} your pictures are ready.", person=f"<@{user_id}>")


def by(user_id: int) -> str:
    return say("by {person}", person=f"<@{user_id}>")


def unknown_words(words: Sequence[str]) -> str:
    """ "I don't know “pepe”: I drew something like it, or left it out." """
    return say("I don't know {words}: I drew something like it, or left it out.", words=_listed(words))


def unknown_beforehand(words: Sequence[str]) -> str:
    """ "I don't know “pepe”: I would draw something like it, or leave it out." """
    return say("I don't know {words}: I would draw something like it, or leave it out.", words=_listed(words))


def _listed(words: Sequence[str]) -> str:
    return either([quoted(plain(word, MAX_WORD_SHOWN)) for word in words[:MAX_WORDS_SHOWN]])


def read_as(pairs: Sequence[tuple[str, str]]) -> str:
    """ "I read “castel” as “castle”." """
    told = [
        say("“{typed}” as “{read}”", typed=plain(typed, MAX_WORD_SHOWN), read=plain(read, MAX_WORD_SHOWN))
        for typed, read in pairs[:MAX_WORDS_SHOWN]
    ]
    return say("I read {words}.", words=", ".join(told))


def remarks(unknown: Sequence[str], read: Sequence[tuple[str, str]], left_out: Sequence[str] = ()) -> tuple[str, ...]:
    """What of a prompt was not drawn as it was typed, a sentence each."""
    told = (read and read_as(read), unknown and unknown_words(unknown), left_out and ignored(left_out))
    return tuple(sentence for sentence in told if isinstance(sentence, str))


def ignored(flags: Sequence[str]) -> str:
    """ "I can't do --v 6, --tile, so I left those out." """
    listed = ", ".join(plain(flag, MAX_WORD_SHOWN) for flag in flags[:MAX_FLAGS_SHOWN])
    one, many = "I can't do {flags}, so I left that out.", "I can't do {flags}, so I left those out."
    return count(one, many, len(flags), flags=listed)


NOT_KEPT: Final = later(
    "The bot's storage takes no files at the moment, so no single picture can be chosen, shared or downloaded. "
    "Save this one if you like it; the same seed draws it again."
)


def ai_made() -> str:
    """Said, discreetly, in every message that shows a picture of Easel's."""
    return say("AI-generated")


def mark() -> str:
    """The same as a line of its own."""
    return f"-# {ai_made()}"


def locked() -> str:
    return f"🔒 {say('private')}"


def marks(*, private: bool = False) -> tuple[str, ...]:
    """What ends the facts of a picture."""
    return (locked(), ai_made()) if private else (ai_made(),)


def style(name: str) -> str:
    return say("style {name}", name=plain(name))


def from_a_picture() -> str:
    return say("from a picture")


def seed(number: int) -> str:
    return say("seed {number}", number=number)


def origin(kind: str) -> str | None:
    """Where it came from; None of what came from nothing."""
    match kind:
        case "reroll":
            return say("re-roll")
        case "vary":
            return say("variation")
        case "complete":
            return say("completion")
        case "remix":
            return say("remix")
    return None


def history_heading(words: str | None, *, empty: bool) -> str:
    """`words` are what was searched for."""
    if words:
        return searched(YOUR_PICTURES, words, empty=empty)
    return say(NO_PICTURES) if empty else f"### {say(YOUR_PICTURES)}"


def searched(title: str, words: str, *, empty: bool) -> str:
    """Above what was found of some pictures; `title` says of which."""
    told = f"### {say(title)} · {quoted(plain(words))}"
    return f"{told}\n{say('Nothing here is like that.')}" if empty else told


def facts_in_history(when: datetime, seed_number: int, images: int, *, private: bool) -> str:
    return " · ".join([relative(when), seed(seed_number), pictures(images), *marks(private=private)])


def facts_of_picture(index: int, of: int, user_id: int) -> str:
    return say("Picture {number} of {total}", number=index + 1, total=of) + f" · {by(user_id)}"


def size_of_picture(width: int, height: int, asked_by: int | None) -> str:
    size = say("{width} × {height} pixels", width=width, height=height)
    return size if asked_by is None else f"{size}, " + say("upscaled for {person}", person=f"<@{asked_by}>")


# ---------------------------------------------------------------------------------------------------------- its details


def title(generation_id: int) -> str:
    return "### " + say("Generation {number}", number=generation_id)


def option(name: str) -> str:
    return say(OPTIONS[name])


def value(name: str, chosen: float | str) -> str:
    """An option and what was chosen, numbers as the language writes them: "Guidance **3.5**"."""
    told = chosen if isinstance(chosen, str) else reader().number(chosen)
    return f"{option(name)} **{told}**"


def block(name: str, words: str, limit: int) -> str:
    return f"{option(name)}\n{code(words, limit)}"


def picture_line(index: int, seed_number: int, width: int, height: int, filled: str, *, removed: bool) -> str:
    """`filled` are words of the model, "on a beige background", which it put in where the prompt left that open."""
    gone = f" · {say('removed')}" if removed else ""
    added = f" · {quoted(plain(filled, MAX_FILLED_SHOWN))}" if filled else ""
    return "-# " + labelled(picture(index), f"{seed(seed_number)} · {width} × {height}{gone}{added}")


def verdict(what: str, found: str | None, score: float) -> str:
    about = f" ({category(found)}, {reader().number(round(score, 2))})" if found else ""
    return say("Filter: {verdict}", verdict=f"**{action(what)}**") + about


def to_repeat(command: str, limit: int) -> str:
    return f"{say('To repeat it')}\n{code(command, limit)}"


def generated_by(drawn: str) -> str:
    """The last lines of the note in a download; `drawn` is when."""
    return f"{say('Drawn')}: {drawn}\n{say('These pictures are AI-generated (Easel).')}\n"


# ------------------------------------------------------------------------------------------------------- taking it away


def delete_question(number: int, owner_id: int | None) -> str:
    """`owner_id` where they are somebody else's; who deletes their own is told that it is for good."""
    if owner_id is None:
        asked = count(
            "Delete this picture from the channel, from `/history` and from the gallery?",
            "Delete these {number} pictures from the channel, from `/history` and from the gallery?",
            number,
        )
        return f"{asked} " + say("Nobody can bring them back.")
    return count(
        "Delete this picture of {person} from the channel, from `/history` and from the gallery?",
        "Delete these {number} pictures of {person} from the channel, from `/history` and from the gallery?",
        number,
        person=f"<@{owner_id}>",
    )


def deleted(*, gone: bool) -> str:
    """What is said after one's own deletion; `gone` is whether all its messages have left the channel, too."""
    if gone:
        return say("Deleted.")
    return say(
        "The pictures are deleted. Easel may not see the channel, so press 🗑️ below them once more for the message."
    )
