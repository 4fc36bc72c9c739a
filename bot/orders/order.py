"""What a person orders: who, where, what and how, checked before anything is done with it.

In: the options of a command or button.  Out: a frozen `Order`, or an InvalidOption that names field, value and limit.
Knows no Discord and no database; the limits are those of the inference contract.
"""

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from bot.errors import InvalidOption
from bot.orders.ticket import NORMAL
from inference.contract import GenerationRequest, InvalidRequest, visible

IMAGE_COUNTS: Final = (1, 4, 9)
"""What a person may ask for: square grids."""

RECIPE: Final = (
    "negative_prompt", "guidance_scale", "temperature", "top_k", "top_p", "style", "strength", "keep_rows", "size",
)  # fmt: skip
"""What decides how a picture looks besides the prompt, the model and the seed, by an order's fields."""

Kind = Literal["imagine", "reroll", "vary", "complete", "remix"]


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asked, and where.  `guild_id` is None in a direct message; `locale` is Discord's, such as "en-GB".

    `age_restricted` is what Discord says of the channel, `role_ids` of the person; they are not kept, and so not known
    of an order that is resumed.  `parent_channel_id` is the one that a thread or a forum's post belongs to.
    """

    user_id: int
    user_name: str
    guild_id: int | None
    channel_id: int
    locale: str = "en-US"
    age_restricted: bool = False
    parent_channel_id: int | None = None
    role_ids: frozenset[int] = field(default=frozenset(), compare=False)

    @property
    def chosen_channel_id(self) -> int:
        """The channel whose choices count here: threads and posts have none of their own."""
        return self.parent_channel_id or self.channel_id


@dataclass(frozen=True, slots=True)
class InteractionRef:
    """What it takes to edit an interaction's answer later.  `token` is a secret.

    It ends at `expires_at` by this machine's clock, which may be set in between: in the process that received it, the
    monotonic clock counts from `received`; after a restart that is None, and Discord is asked.
    """

    application_id: int
    token: str = field(repr=False)
    expires_at: datetime
    received: float | None = field(default=None, compare=False)


_SAME_WORDS: Final = frozenset({"vary", "reroll"})
"""Kinds of orders whose picture to start from, if it is one of ours, was drawn from their very words."""


@dataclass(frozen=True, slots=True)
class Order:
    """One person's order.  None leaves a choice to the model, or, for `seed`, to chance.

    `init_image` is an encoded picture that `strength` (0–1) of is drawn anew, or whose upper `keep_rows` rows of codes
    stay; `parent_id` is the generation that this one was re-rolled, varied or remixed from; `size` is one of the
    model's, as "512x512".  `style` names the words that were added to the prompt.  `spoiler` hides the pictures until
    they are clicked; what is `private` is seen by its owner alone, and by who looks after the request log.
    `priority` is the class in the queue, which the admission chooses; `ignored` is what was wished for and is nothing
    that can be done here, such as "--v 6", for as long as the process remembers it.
    """

    requester: Requester
    prompt: str
    negative_prompt: str | None = None
    images: int = 4
    seed: int | None = None
    guidance_scale: float | None = None
    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    model: str | None = None
    size: str | None = None
    kind: Kind = "imagine"
    parent_id: int | None = None
    init_image: bytes | None = field(default=None, repr=False)
    strength: float | None = None
    keep_rows: int = 0
    style: str | None = None
    spoiler: bool = False
    private: bool = False
    priority: int = NORMAL
    interaction: InteractionRef | None = None
    ignored: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        """What to leave out is one line, wherever it is shown or filled in again; the prompt may have several."""
        if self.negative_prompt is not None:
            object.__setattr__(self, "negative_prompt", " ".join(self.negative_prompt.split()) or None)

    def recipe(self) -> dict[str, float | str]:
        """What was chosen of `RECIPE`, in its order, without what was left to the model."""
        chosen = {name: getattr(self, name) for name in RECIPE}
        return {
            name: value for name, value in chosen.items() if value is not None and (name, value) != ("keep_rows", 0)
        }

    def check(self) -> None:
        """Raises InvalidOption for the first field that cannot be drawn or written down."""
        if not visible(self.prompt):
            raise InvalidOption("prompt", "empty")
        _check_characters("prompt", self.prompt)
        _check_characters("negative_prompt", self.negative_prompt or "")
        try:
            self.request(default_seed=0)
        except InvalidRequest as error:
            raise InvalidOption(error.field, error.code, error.data) from error

    def request(self, default_seed: int) -> GenerationRequest:
        """The order as the inference server takes it.  Raises InvalidRequest."""
        return GenerationRequest(
            prompt=self.prompt,
            negative_prompt=self.negative_prompt if visible(self.negative_prompt or "") else None,
            images=self.images,
            seed=default_seed if self.seed is None else self.seed,
            guidance_scale=self.guidance_scale,
            temperature=self.temperature,
            top_k=self.top_k,
            top_p=self.top_p,
            init_image=self.init_image,
            keep_rows=self.keep_rows,
            strength=self.strength,
            same_prompt=self.init_image is not None and self.kind in _SAME_WORDS,
            model=self.model,
            size=self.size,
        )


def _check_characters(field_name: str, text: str) -> None:
    """Half a character (a lone surrogate) has no encoding, and PostgreSQL takes no NUL."""
    for character in text:
        if character == "\0" or unicodedata.category(character) == "Cs":
            raise InvalidOption(field_name, "not_a_character", {"character": f"U+{ord(character):04X}"})
