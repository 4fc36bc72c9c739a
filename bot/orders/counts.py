"""Where limits are counted: in this process, and in Redis where several bot processes count together.

In: limits and keys.  Out: what is left of each.  While Redis is away each process goes by its own count, which it
keeps too: a limit that is a little too generous for a while is better than nobody being served.
"""

import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final, TypeVar

import structlog
from limits import RateLimitItem, WindowStats
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import ConfigurationError as NoRedisLibrary
from limits.errors import StorageError

from bot.errors import ConfigurationError
from bot.orders.windows import Windows

log = structlog.get_logger(__name__)

T = TypeVar("T")
Key = tuple[str, ...]

REDIS_SECONDS: Final = 0.5  # an order is acknowledged within a second
AWAY_SECONDS: Final = 5.0  # until Redis is asked again


class Counts:
    """Moving windows.  `clock`, in seconds, says when to ask Redis again."""

    def __init__(self, redis_url: str | None = None, *, clock: Callable[[], float] = time.perf_counter) -> None:
        self._own = Windows()
        self._redis = None if redis_url is None else _redis(redis_url)
        self._shared = None if self._redis is None else MovingWindowRateLimiter(self._redis)
        self._clock = clock
        self._away_until: float | None = None

    async def close(self) -> None:
        if self._redis is not None:
            bridge: Any = self._redis.bridge
            await bridge.get_connection().aclose()

    async def window(self, item: RateLimitItem, key: Key) -> WindowStats:
        """What is left of the limit, and from when, in seconds of the clock on the wall, more is."""
        window = await self._together(partial(_window, item=item, key=key))
        return window or self._own.window(item, key)

    async def hit(self, item: RateLimitItem, key: Key) -> None:
        """Count one."""
        self._own.hit(item, key)
        await self._together(partial(_hit, item=item, key=key))

    async def _together(self, ask: Callable[[MovingWindowRateLimiter], Awaitable[T]]) -> T | None:
        """What Redis answers; None where there is none, or it is away."""
        if self._shared is None or (self._away_until is not None and self._clock() < self._away_until):
            return None
        try:
            answer = await ask(self._shared)
        except StorageError as error:
            if self._away_until is None:
                log.warning("limits.redis_away", problem=str(error.storage_error))
            self._away_until = self._clock() + AWAY_SECONDS
            return None
        if self._away_until is not None:
            log.info("limits.redis_back")
        self._away_until = None
        return answer


async def _window(limiter: MovingWindowRateLimiter, item: RateLimitItem, key: Key) -> WindowStats:
    return await limiter.get_window_stats(item, *key)


async def _hit(limiter: MovingWindowRateLimiter, item: RateLimitItem, key: Key) -> bool:
    return await limiter.hit(item, *key)


def _redis(url: str) -> RedisStorage:
    """Raises ConfigurationError."""
    scheme, _, rest = url.partition("://")
    scheme = {"unix": "redis+unix"}.get(scheme, scheme)
    try:
        return RedisStorage(
            f"async+{scheme}://{rest}", wrap_exceptions=True, implementation="redispy", key_prefix="easel",
            socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS,
        )  # fmt: skip
    except (NoRedisLibrary, ValueError) as error:
        cure = "Leave it empty for one bot process; for more: pip install -e '.[redis]' in Easel's folder."
        raise ConfigurationError("REDIS_URL", "(hidden)", str(error), cure) from error
