"""What every message of Easel's is: a layout whose buttons are built anew from their ids with each press."""

from discord import ui


class Layout(ui.LayoutView):
    """Nothing waits for its buttons, so it is over as soon as it is made.

    Otherwise discord.py would keep it for as long as it lives, and with it the files of its pictures, to dispatch
    presses that `Press` answers in any case.  To be made in a running event loop.
    """

    def __init__(self) -> None:
        super().__init__(timeout=None)
        self.stop()
