"""What every message of Easel's is: a layout whose buttons are built anew from their ids with each press."""

from typing import Final

from discord import ui

MAX_CHARACTERS: Final = 4000  # of all texts of a message together


class Layout(ui.LayoutView):
    """Nothing waits for its buttons, so it is over as soon as it is made.

    Otherwise discord.py would keep it for as long as it lives, and with it the files of its pictures, to dispatch
    presses that `Press` answers in any case.  To be made in a running event loop.
    """

    def __init__(self) -> None:
        super().__init__(timeout=None)
        self.stop()

    def has_room(self, *texts: str) -> bool:
        """Whether Discord takes these, too, in the same message."""
        return self.content_length() + sum(map(len, texts)) <= MAX_CHARACTERS
