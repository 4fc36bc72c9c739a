"""What holds for all tests: hypothesis draws the same examples every time, and no machine is too slow for it."""

from hypothesis import settings

settings.register_profile("easel", derandomize=True, deadline=None)
settings.load_profile("easel")
