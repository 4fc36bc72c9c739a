"""Settings whose names somebody misspelt: as they stand, they change nothing, silently.

In: the environment and the settings file.  Out: each with the nearest right name.
"""

import os
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from dotenv import dotenv_values

from bot.config import Settings


@dataclass(frozen=True, slots=True)
class Misspelt:
    """A variable that looks like a setting's and is none; `where` is the file or "environment"."""

    name: str
    nearest: str
    where: str


def misspelt_settings(env_file: Path) -> tuple[Misspelt, ...]:
    """Variables whose names are almost a setting's: as they stand, they change nothing.  `env_file` is readable."""
    known = [name.upper() for name in Settings.model_fields]
    written = dotenv_values(env_file, encoding="utf-8-sig") if env_file.is_file() else {}
    found = []
    for names, where in ((written, str(env_file)), (os.environ, "environment")):
        for name in names:
            nearest = get_close_matches(name.upper(), known, 1, cutoff=0.85)
            if nearest and name.upper() not in known:
                found.append(Misspelt(name, nearest[0], where))
    return tuple(found)
