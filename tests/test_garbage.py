"""What lives for good is not looked through again and again, and what went meanwhile is freed all the same."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from bot.garbage import set_aside


class Thing:
    """In a circle with itself, so that only the collector frees it."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture(autouse=True)
def settled() -> Iterator[None]:
    yield
    set_aside()


def test_what_lives_is_set_aside_until_the_next_time() -> None:
    """A new session with Discord tells of its servers anew: the old ones must not stay for ever."""
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
