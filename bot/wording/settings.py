"""What a server's managers read in `/settings`: each setting's name, what it is about, and what it may be."""

from typing import Final

from bot.wording.catalogue import later
from bot.wording.reader import count, say

TITLES: Final = {
    "allowed_channel_ids": (later("Channels"), later("Where Easel may be used; everywhere if none is chosen.")),
    "review_channel_id": (later("Review channel"), later("Where reports and appeals are announced to moderators.")),
    "gallery_is_public": (later("Gallery on the web"), later("Who may look at what members shared.")),
    "gallery_channel_id": (later("Gallery channel"), later("Where pictures that members share are shown, too.")),
    "digest": (later("Digest"), later("The best of the week, in the gallery channel.")),
    "sharing": (later("Sharing"), later("How pictures come into the gallery.")),
    "sharing_role_ids": (later("Who may share"), later("Everybody if no role is chosen.")),
    "level": (later("Safety"), later("How strictly prompts and pictures are judged.")),
    "default_images": (later("Pictures"), later("How many are drawn where nobody says.")),
    "max_images": (later("At most"), later("How many one may ask for at a time.")),
    "spoiler": (later("Spoiler"), later("Whether pictures stay hidden until they are clicked.")),
    "limit_per_person": (later("Limit per person"), later("Beside the limits of whoever runs Easel.")),
}
LABELS: Final = {
    "gallery_is_public": {"no": later("Members of this server"), "yes": later("Everybody who has the link")},
    "digest": {"no": later("None"), "yes": later("Once a week")},
    "sharing": {
        "opt_in": later("Members share single pictures"),
        "opt_out": later("Every picture, but for those that members take out"),
        "off": later("No pictures are shared"),
    },
    "level": {
        "relaxed": later("Relaxed: only what is plainly harmful is refused"),
        "standard": later("Standard"),
        "strict": later("Strict: doubtful things are refused, too"),
    },
    "spoiler": {"no": later("Show pictures at once"), "yes": later("Hide every picture until it is clicked")},
}
UNCHOSEN: Final = {
    "level": later("Standard"),
    "spoiler": later("Show pictures at once"),
    "limit_per_person": later("No further limit"),
}
UNCHOSEN_PICTURES: Final = {"default_images": 4, "max_images": 9}
AS_THE_SERVER: Final = later("As in the whole server")


def heading(channel_id: int | None) -> str:
    if channel_id is None:
        title, other = say("Settings of this server"), say("Name a channel in `/settings` to choose for it alone.")
    else:
        title = say("Settings of {channel}", channel=f"<#{channel_id}>")
        other = say("What is not chosen here is as in the whole server.")
    return f"### {title}\n-# {say('Changes count at once and are in the audit log.')} {other}"


def setting(name: str) -> str:
    title, about = TITLES[name]
    return f"**{say(title)}**\n-# {say(about)}"


def label(name: str, value: str) -> str:
    """One of the choices of a setting."""
    if name in UNCHOSEN_PICTURES:
        return count("{number} picture", "{number} pictures", int(value))
    if name == "limit_per_person":
        number, _, unit = value.partition("/")
        if unit == "hour":
            return say("{number} an hour", number=number)
        return say("{number} a day", number=number)
    return say(LABELS[name][value])


def unchosen(name: str, *, of_channel: bool) -> str:
    """What counts where nothing is chosen."""
    if of_channel:
        return say(AS_THE_SERVER)
    return label(name, str(UNCHOSEN_PICTURES[name])) if name in UNCHOSEN_PICTURES else say(UNCHOSEN[name])
