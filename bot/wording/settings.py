"""What a server's managers read in `/settings`: the sections, each setting's name, what it is about, what it may be."""

from collections.abc import Mapping, Sequence
from typing import Final

from bot.wording.catalogue import later
from bot.wording.reader import count, labelled, reader, say
from bot.wording.terms import CATEGORIES, action
from bot.wording.text import plain, shorten
from inference.contract.policy import PICTURE_CATEGORIES, PROMPT_CATEGORIES

SECTIONS: Final = {
    "use": (later("Where and in which language"), later("Channels; the language of what everybody reads")),
    "pictures": (later("Pictures"), later("How many, how close to the words, hidden or not")),
    "models": (later("Models"), later("What is drawn with, and what may be chosen")),
    "limits": (later("Limits and roles"), later("How much each member may order; what roles have beyond that")),
    "safety": (later("Safety and moderators"), later("How strictly prompts are judged, who looks, what is blocked")),
    "filter": (later("What the filter does"), later("With single kinds of prompts and pictures")),
    "gallery": (later("Gallery and sharing"), later("Who shares, where it is shown, the digest")),
    "data": (later("How long things are kept"), later("When requests and pictures are forgotten")),
}
_OF_PROMPTS: Final = later("What becomes of prompts of this kind.")
_OF_PICTURES: Final = later("What becomes of finished pictures of this kind.")
TITLES: Final = {
    **{name: (CATEGORIES[name], _OF_PROMPTS) for name in PROMPT_CATEGORIES},
    **{name: (CATEGORIES[name], _OF_PICTURES) for name in PICTURE_CATEGORIES},
    "age_restricted": (
        later("Age-restricted channels"),
        later("How sexual content is judged where Discord lets adults in only."),
    ),
    "allowed_channel_ids": (later("Channels"), later("Where Easel may be used; everywhere if none is chosen.")),
    "language": (later("Language"), later("Of what everybody reads; private answers are in each reader's own.")),
    "default_images": (later("Pictures"), later("How many are drawn where nobody says.")),
    "max_images": (later("At most"), later("How many one may ask for at a time.")),
    "default_guidance": (later("Guidance"), later("How closely pictures follow the words where nobody says.")),
    "default_top_p": (
        later("Top p"),
        later("Lower is tidier, higher is wilder; what pictures are drawn with where nobody says."),
    ),
    "spoiler": (later("Spoiler"), later("Whether pictures stay hidden until they are clicked.")),
    "default_model": (later("Model"), later("What is drawn with where nobody says.")),
    "models": (later("Allowed models"), later("What everybody may choose; all there are if none is chosen.")),
    "limit_per_person": (later("Limit per person"), later("Beside the limits of whoever runs Easel.")),
    "priority": (later("Turn"), later("When they come to their turn in the queue.")),
    "role_limit": (later("Limit"), later("Instead of the one for everybody; the limits of whoever runs Easel stay.")),
    "role_models": (later("Models"), later("What they may choose beside the models for everybody.")),
    "level": (later("Safety"), later("How strictly prompts and pictures are judged.")),
    "moderator_role_id": (
        later("Moderators' role"),
        later(
            "May read the log, review, remove and time out, whatever else Discord lets them. To show them `/mod`, add "
            "the role to it under Server settings → Integrations → Easel."
        ),
    ),
    "review_channel_id": (later("Review channel"), later("Where reports and appeals are announced to moderators.")),
    "misuse_blocks": (
        later("Blocked again and again"),
        later("After so many blocked prompts in a day, a person comes to the top of the review queue."),
    ),
    "misuse_burst": (
        later("Bursts"),
        later("After so many orders within ten minutes, a person comes to the top of the review queue."),
    ),
    "sharing": (later("Sharing"), later("How pictures come into the gallery.")),
    "sharing_role_ids": (later("Who may share"), later("Everybody if no role is chosen.")),
    "gallery_channel_id": (later("Gallery channel"), later("Where pictures that members share are shown, too.")),
    "digest": (later("Digest"), later("The best of the week, in the gallery channel.")),
    "gallery_is_public": (later("Gallery on the web"), later("Who may look at what members shared.")),
    "gallery_is_searchable": (
        later("Search engines"),
        later("Whether they may list the gallery, where everybody may look at it."),
    ),
    "retention_days": (
        later("Keep for"),
        later("Older requests and their pictures are forgotten, but for shared pictures and what moderators look at."),
    ),
}
LACKING: Final = {"digest": later("Choose a gallery channel, too: without one, no digest is posted.")}
LABELS: Final = {
    "age_restricted": {"no": later("As everywhere"), "yes": later("One step more relaxed")},
    "gallery_is_public": {"no": later("Members of this server"), "yes": later("Everybody who has the link")},
    "gallery_is_searchable": {"no": later("They are asked not to"), "yes": later("They may")},
    "digest": {"no": later("None"), "yes": later("Once a week")},
    "sharing": {
        "opt_in": later("Members share single pictures"),
        "opt_out": later("The best picture of each order, but for those that members take out"),
        "off": later("No pictures are shared"),
    },
    "priority": {
        "first": later("Sooner: two turns for each one of others"),
        "normal": later("As everybody"),
        "later": later("Later: one turn for each two of others"),
    },
    "level": {
        "relaxed": later("Relaxed: only what is plainly harmful is refused"),
        "standard": later("Standard"),
        "strict": later("Strict: doubtful things are refused, too"),
    },
    "default_top_p": {"1": later("1: off")},
    "spoiler": {"no": later("Show pictures at once"), "yes": later("Hide every picture until it is clicked")},
    "role_limit": {"off": later("No limit of this server's")},
    "misuse_blocks": {"off": later("Never")},
    "misuse_burst": {"off": later("Never")},
}
UNCHOSEN: Final = {
    **dict.fromkeys((*PROMPT_CATEGORIES, *PICTURE_CATEGORIES), later("As the server's safety says")),
    "language": later("As this server's on Discord"),
    "default_guidance": later("The model's own"),
    "default_top_p": later("The model's own"),
    "default_model": later("The first there is"),
    "spoiler": later("Show pictures at once"),
    "limit_per_person": later("No further limit"),
    "priority": later("As everybody"),
    "role_limit": later("As everybody's"),
    "level": later("Standard"),
    "retention_days": later("For good, until somebody deletes it"),
}
# Each language by its own name.
LANGUAGES: Final = {
    "en-US": "English", "de": "Deutsch", "fr": "Français", "es-ES": "Español", "pt-BR": "Português (Brasil)",
    "ja": "日本語",
}  # fmt: skip
AS_THE_SERVER: Final = later("As in the whole server")
OVERVIEW: Final = later("Overview")
OPEN_SECTION: Final = later("Choose what to change …")
ONE_CHANNEL: Final = later("Choose for one channel alone …")
ONE_ROLE: Final = later("Choose for a role …")
OTHER: Final = later("Something else …")
ALL_MODELS: Final = later("All models")
NO_MODEL: Final = later("No model is ready")
NO_ROLE: Final = later("No role has anything of its own yet.")
BLOCKED_WORDS: Final = later("Blocked words")
FLAGGED_WORDS: Final = later("Words to tell moderators of")
ALLOWED_WORDS: Final = later("Words that are harmless here")
OWN_WORDS: Final = {"block": BLOCKED_WORDS, "flag": FLAGGED_WORDS, "allow": ALLOWED_WORDS}
IDLE_WORDS: Final = later("Allowed words count for nothing here: this bot's operator lets no server allow any.")
NO_WORDS: Final = later("none")
ADD_WORDS: Final = later("Add, one to a line; * stands for letters")
TAKE_OUT_WORDS: Final = later("Take out, one to a line")
TYPED: Final = {"limit": later("Such as 5/hour or 20/day"), "days": later("How many days")}

FORM_TITLES: Final = (*OWN_WORDS.values(), ADD_WORDS, TAKE_OUT_WORDS, *TYPED.values())
"""Those of 45 characters at most."""


def heading(where: str | None, section: str | None = None) -> str:
    """`where` names a channel or a role as Discord shows it; None is the whole server."""
    title = say("Settings of this server") if where is None else say("Settings of {channel}", channel=where)
    if section is not None:
        title += f" › {say(SECTIONS[section][0])}"
    return f"### {title}\n-# {say('Changes count at once and are in the audit log.')}"


def setting(name: str, *, lacking: bool = False) -> str:
    """`lacking` is whether it is switched on without what it needs."""
    told = f"**{title(name)}**\n-# {say(TITLES[name][1])}"
    return f"{told}\n⚠️ {say(LACKING[name])}" if lacking else told


def title(name: str) -> str:
    """Names of categories stand within sentences elsewhere."""
    told = say(TITLES[name][0])
    return told[:1].upper() + told[1:]


def summary(section: str, chosen: Sequence[tuple[str, str]]) -> str:
    """A line of the overview: the section, and what was chosen in it, or, before anything was, what can be."""
    heading_, about = SECTIONS[section]
    told = " · ".join(labelled(title(name), value) for name, value in chosen)
    return f"**{say(heading_)}**\n-# {told or say(about)}"


def label(name: str, value: str) -> str:
    """One of the choices of a setting."""
    if name in ("default_images", "max_images"):
        return count("{number} picture", "{number} pictures", int(value))
    if name == "retention_days":
        return count("{number} day", "{number} days", int(value))
    if name == "language":
        return LANGUAGES[value]
    if name in (*PROMPT_CATEGORIES, *PICTURE_CATEGORIES):
        told = action(value)
        return told[:1].upper() + told[1:]
    if value in LABELS.get(name, {}):
        return say(LABELS[name][value])
    if name in ("limit_per_person", "role_limit"):
        amount, _, period = value.partition("/")
        every, _, unit = period.rpartition(" ")
        return say("{amount} per {period}", amount=amount, period=reader().period(int(every or 1), unit))
    if name == "misuse_blocks":
        return count("After {number} blocked prompt", "After {number} blocked prompts", int(value))
    if name == "misuse_burst":
        return count("After {number} order", "After {number} orders", int(value))
    return value


def unchosen(name: str, most_images: int, *, alone: bool) -> str:
    """What counts where nothing is chosen; `alone` is a channel."""
    if alone:
        return say(AS_THE_SERVER)
    if name in ("default_images", "max_images"):
        return label(name, str(min(4, most_images) if name == "default_images" else most_images))
    return say(UNCHOSEN[name])


def roles(lines: Sequence[str]) -> str:
    """What single roles have of their own."""
    return "\n".join(f"-# {line}" for line in lines) or f"-# {say(NO_ROLE)}"


def words(own: Mapping[str, Sequence[str]], *, idle: bool = False) -> str:
    """A server's own words by what becomes of them, as far as there is room; `idle` is whether none may be allowed."""
    told = {what: plain(shorten(", ".join(own[what]), 300), 300) or say(NO_WORDS) for what in OWN_WORDS}
    if idle:
        told["allow"] += f"\n-# ⚠️ {say(IDLE_WORDS)}"
    return "\n".join(f"**{say(title)}**\n-# {told[what]}" for what, title in OWN_WORDS.items())
