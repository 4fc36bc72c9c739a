"""The pauses of Python's collector, kept short.

Everything that lives for good (code, tables, templates, Discord's servers and channels) is set aside once it is there:
otherwise it is looked through at each full collection, and nobody is answered for a tenth of a second.
"""

import gc


def set_aside() -> None:
    """Collect, and look no more at what is left; called again, what was set aside before is looked at once more."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
