"""So many pictures a minute and no more, for a provider that counts them.

In: how many pictures are wanted, and when.  Out: how long to wait before asking for them.  It waits for nobody itself.
"""


class Rate:
    """`per_minute` 0 is no bound.  Whoever comes after others waits until theirs are paid for."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._free_at = 0.0

    def reserve(self, pictures: int, now: float) -> float:
        """Seconds until so many may be asked for; `now` is in seconds of any clock that only goes forward."""
        if not self._per_minute:
            return 0.0
        start = max(self._free_at, now)
        self._free_at = start + 60 * pictures / self._per_minute
        return start - now
