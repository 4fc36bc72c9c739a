"""What an images API answers: bodies read to their end, and what comes instead of pictures told apart.

In: answers other than 200, and the bodies of errors.  Out: an ApiError with one of our codes, and what the bot hears.
"""

import json
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

import aiohttp

from inference.contract import Failed

REFUSALS: Final = frozenset({"content_policy_violation", "moderation_blocked", "content_filter"})

LONGEST_TOLD: Final = 30 * 86400.0
"""Seconds; an API that names a longer wait means "never"."""


class ApiError(Exception):
    """What the API answered instead of pictures, or that it did not; `retry_after` in seconds where it may pass.

    It is `perhaps_billed` where the API may have drawn all the same, and nobody got to see it.
    """

    def __init__(
        self,
        code: str,
        *,
        status: int = 0,
        retry_after: float | None = None,
        says: str = "",
        perhaps_billed: bool = False,
    ) -> None:
        super().__init__(f"{code} ({status or 'no answer'}): {says}")
        self.code = code
        self.retry_after = retry_after
        self.says = says
        self.perhaps_billed = perhaps_billed


async def read_up_to(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """The body's first bytes, as many as `limit`; the stream's own `read(limit)` ends with what has come so far."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) >= limit:
            break
    return bytes(body[:limit])


async def error_of(response: aiohttp.ClientResponse) -> ApiError:
    """What an answer other than 200 means."""
    text = (await read_up_to(response, 4096)).decode(errors="replace")
    try:
        document = json.loads(text)
    except ValueError:
        document = text
    return meaning(document, response.status, _retry_after(response.headers.get("Retry-After")))


def meaning(document: object, status: int, wait: float) -> ApiError:
    """What an error's body means, with the status that it came with."""
    match document:
        case {"error": {**error}}:
            code, says = str(error.get("code") or error.get("type") or ""), str(error.get("message") or "")
        case _:
            code, says = "", str(document).strip()[:200]
    if code in REFUSALS:
        return ApiError("content_refused", status=status, says=says)
    if status in (401, 403):
        return ApiError("api_key_refused", status=status, says=says)
    if status == 404:
        return ApiError("api_model_unknown", status=status, says=says)
    if status == 429 and code == "insufficient_quota":
        return ApiError("api_quota_spent", status=status, says=says)
    if status == 429:
        return ApiError("api_rate_limited", status=status, retry_after=wait, says=says)
    if status >= 500:
        return ApiError("api_down", status=status, retry_after=wait, says=says)
    return ApiError("api_refused", status=status, says=says)


def _retry_after(header: str | None) -> float:
    """Seconds, whichever of its two forms the header has: a number, or a date; what is neither is taken for "soon"."""
    try:
        wait = float(header or 0)
    except ValueError:
        wait = _seconds_until(str(header))
    return min(max(0.0, wait), LONGEST_TOLD)


def _seconds_until(date: str) -> float:
    try:
        when = parsedate_to_datetime(date)
    except ValueError:
        return 0.0
    return (when.astimezone(UTC) - datetime.now(UTC)).total_seconds()


def failure(error: ApiError, name: str, now: datetime) -> Failed:
    """For the bot: what the API says itself reaches no person, but for the refusal of a prompt."""
    data: dict[str, Any] = {"model": name}
    if error.retry_after:
        data["retry_at"] = (now + timedelta(seconds=error.retry_after)).isoformat(timespec="seconds")
    return Failed(error.code, retryable=False, data=data)
