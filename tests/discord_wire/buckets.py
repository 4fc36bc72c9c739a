"""Discord's rate limits: so many requests of a kind in so many seconds, told in headers, refused with 429."""

import time
from dataclasses import dataclass
from typing import Final

REQUESTS: Final = 5
SECONDS: Final = 5.0


@dataclass(slots=True)
class _Window:
    ends: float
    used: int


class Buckets:
    """`refused` counts requests that came too early, which Discord counts as invalid."""

    def __init__(self) -> None:
        self._windows: dict[str, _Window] = {}
        self.refused = 0

    def take(self, key: str) -> tuple[bool, dict[str, str]]:
        """Whether the request may go on, and the headers of its answer."""
        now = time.monotonic()
        if len(self._windows) > 10_000:
            self._windows = {name: window for name, window in self._windows.items() if window.ends > now}
        window = self._windows.get(key)
        if window is None or window.ends <= now:
            window = self._windows[key] = _Window(now + SECONDS, 0)
        allowed = window.used < REQUESTS
        window.used += allowed
        self.refused += not allowed
        rest = max(0.0, window.ends - now)
        headers = {
            "X-RateLimit-Limit": str(REQUESTS),
            "X-RateLimit-Remaining": str(REQUESTS - window.used),
            "X-RateLimit-Reset": f"{time.time() + rest:.3f}",
            "X-RateLimit-Reset-After": f"{rest:.3f}",
            "X-RateLimit-Bucket": key.partition(":")[0],
            "Via": "1.1 google",
        }
        if not allowed:
            headers["Retry-After"] = f"{rest:.3f}"
        return allowed, headers
