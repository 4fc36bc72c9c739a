"""Who acts, or is meant, and has no id on Discord: all of them are 0, and where it stands tells who it is."""

from typing import Final

NOBODY: Final = 0  # who is not logged in
OPERATOR_ID: Final = NOBODY  # whoever runs the bot acts from the command line
FILTER_ID: Final = NOBODY  # removes pictures that the check holds back
ERASED_ID: Final = NOBODY  # took their data away
