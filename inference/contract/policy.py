"""What a server (guild) and a channel allow: it travels with every request, so the inference server keeps no settings.

In: a JSON document.  Out: a frozen Policy, or an InvalidRequest.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from inference.contract.refusals import InvalidRequest, check_fields, check_strings

Level = Literal["relaxed", "standard", "strict"]
LEVELS: Final[tuple[Level, ...]] = get_args(Level)

PROMPT_CATEGORIES: Final = (
    "sexual", "violence_gore", "hate_harassment", "self_harm", "illegal", "privacy_deepfake", "shocking",
)  # fmt: skip
"""What a server may decide about."""
ALWAYS_BLOCKED: Final = ("minors", "real_people", "mass_harm")
"""What no server decides about."""
PROMPT_ACTIONS: Final = ("allow", "flag", "hold", "block")
PICTURE_CATEGORIES: Final = ("nudity", "suggestive", "gore")
PICTURE_ACTIONS: Final = ("allow", "flag", "blur", "hold", "block")

MAX_POLICY_WORDS: Final = 1000
MAX_WORD_CHARACTERS: Final = 100
MAX_WILDCARDS: Final = 3
LETTERS_BESIDE_WILDCARD: Final = 3
"""So that no word of a server's own stands for nearly everything."""


@dataclass(frozen=True, slots=True)
class Policy:
    """`categories` says what becomes of prompts of a category, `pictures` of finished pictures, instead of the default.

    In an `age_restricted` channel `sexual` is judged one step more relaxed.  `blocked_words` and `flagged_words` are
    the server's own, with `*` for any letters; `allowed_words` are those in which its moderators found no harm.
    """

    level: Level = "standard"
    age_restricted: bool = False
    categories: Mapping[str, str] = field(default_factory=dict)
    pictures: Mapping[str, str] = field(default_factory=dict)
    blocked_words: tuple[str, ...] = ()
    flagged_words: tuple[str, ...] = ()
    allowed_words: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_known("policy.level", self.level, LEVELS)
        for category, action in self.categories.items():
            _check_known("policy.categories", category, PROMPT_CATEGORIES)
            _check_known(f"policy.categories.{category}", action, PROMPT_ACTIONS)
        for category, action in self.pictures.items():
            _check_known("policy.pictures", category, PICTURE_CATEGORIES)
            _check_known(f"policy.pictures.{category}", action, PICTURE_ACTIONS)
        for name in _WORD_LISTS:
            words = getattr(self, name)
            if len(words) > MAX_POLICY_WORDS:
                raise InvalidRequest("wrong_count", f"policy.{name}", count=len(words), low=0, high=MAX_POLICY_WORDS)
            for word in words:
                check_word(f"policy.{name}", word)

    def to_json(self) -> dict[str, Any]:
        return {
            "level": self.level,
            "age_restricted": self.age_restricted,
            "categories": dict(self.categories),
            "pictures": dict(self.pictures),
            **{name: list(getattr(self, name)) for name in _WORD_LISTS},
        }

    @classmethod
    def from_json(cls, document: object) -> "Policy":
        """Raises InvalidRequest for an unknown field, a wrong type or a value that is not known."""
        fields = check_fields(document, _FIELD_TYPES)
        for name in _WORD_LISTS:
            words = fields.pop(name, [])
            check_strings(f"policy.{name}", words)
            fields[name] = tuple(words)
        return cls(**fields)


def check_word(name: str, word: str) -> None:
    """Whether a server may have this word.  Raises InvalidRequest."""
    if len(word) > MAX_WORD_CHARACTERS:
        raise InvalidRequest("too_long", name, length=len(word), limit=MAX_WORD_CHARACTERS)
    wildcards = word.count("*")
    if wildcards > MAX_WILDCARDS:
        raise InvalidRequest("too_many_wildcards", name, value=word, count=wildcards, limit=MAX_WILDCARDS)
    letters = sum(sign.isalnum() for sign in word)
    wanted = LETTERS_BESIDE_WILDCARD if wildcards else 1
    if letters < wanted:
        raise InvalidRequest("too_few_letters", name, value=word, count=letters, limit=wanted)


_WORD_LISTS: Final = ("blocked_words", "flagged_words", "allowed_words")
_FIELD_TYPES: Final[Mapping[str, type]] = {
    "level": str,
    "age_restricted": bool,
    "categories": dict,
    "pictures": dict,
    **dict.fromkeys(_WORD_LISTS, list),
}


def _check_known(name: str, value: object, known: tuple[str, ...]) -> None:
    if value not in known:
        raise InvalidRequest("unknown_value", name, value=str(value)[:40], known=", ".join(known))
