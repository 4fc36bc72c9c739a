"""The decision about a prompt.

In: a prompt as it was written.  Out: a verdict: allow, flag (drawn, and shown to moderators) or block.
It knows neither people nor servers: who may ask for what is the bot's business.
"""

from typing import Final

from inference.contract import Verdict
from inference.safety.lexicon import Match, Weight, find, names_minors
from inference.safety.normalise import readings

MINORS: Final = "minors"
"""Category of whatever sexualises minors: always blocked, however mild its words are one by one."""


class Policy:
    """Judges prompts by the word list, in every reading of the text.  Safe to use from several threads."""

    def check(self, prompt: str) -> Verdict:
        """The gravest verdict of all readings."""
        texts = readings(prompt)
        matches = [match for text in texts for match in find(text)]
        if any(match.category == "sexual" for match in matches) and any(map(names_minors, texts)):
            return Verdict("block", MINORS, 1.0, "sexual words together with words for minors")
        if not matches:
            return Verdict("allow")
        worst = max(matches, key=_gravity)
        reason = f"the word list has “{worst.text}” under {worst.category}"
        if worst.weight is Weight.CLEAR:
            return Verdict("block", worst.category, 0.95, reason)
        return Verdict("flag", worst.category, 0.5, reason)


def _gravity(match: Match) -> tuple[bool, bool]:
    return match.weight is Weight.CLEAR, match.category == MINORS
