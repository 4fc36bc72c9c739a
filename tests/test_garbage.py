"""What lives for good is not looked through again and again, and what went meanwhile is freed all the same."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
CIRCLE = """
import gc, weakref
from bot.garbage import set_aside

class Thing:
    def __init__(self):
        self.me = self  # so that only the collector frees it

thing = Thing()
seen = weakref.ref(thing)
set_aside()
looked_through = gc.get_objects()
assert not any(one is thing for one in looked_through)
del thing, looked_through
gc.collect()
assert seen() is not None
set_aside()
assert seen() is None
"""


def test_what_lives_is_set_aside_until_the_next_time() -> None:
    """A new session with Discord tells of its servers anew: the old ones must not stay for ever.

    In a small process: to look through all that the tests have loaded takes seconds.
    """
    done = subprocess.run([sys.executable, "-c", CIRCLE], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
