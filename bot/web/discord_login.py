"""Discord's OAuth2 as a client speaks it: authorization code with state and PKCE (RFC 6749, RFC 7636).

In: a code that Discord sent a browser back with.  Out: who that is and in which servers.  The access token is handed
back at once (revoked): nothing here acts for anybody later.
"""

import base64
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
import structlog
from yarl import URL

from bot.errors import UserError
from bot.wording.pages import NOT_CONFIRMED, NOT_CONNECTED

log = structlog.get_logger(__name__)

SCOPES: Final = "identify guilds"
TIMEOUT: Final = aiohttp.ClientTimeout(total=15)


class LoginFailed(UserError):
    """Discord did not say who that is."""


@dataclass(frozen=True, slots=True)
class Identity:
    user_id: int
    name: str
    guild_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One login under way.  The browser keeps it in a cookie until it is back from Discord."""

    state: str
    verifier: str
    then: str  # the path to go to afterwards

    @classmethod
    def begin(cls, then: str) -> "Attempt":
        return cls(secrets.token_urlsafe(24), secrets.token_urlsafe(48), then)

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class DiscordLogin:
    """`redirect` is registered with Discord, character by character.

    `client_id` answers None until the bot itself is logged in: Discord tells it then.
    """

    client_id: Callable[[], int | None]
    client_secret: str = field(repr=False)
    redirect: str
    authorize_url: str = "https://discord.com/oauth2/authorize"
    api_url: str = "https://discord.com/api/v10"
    proxy: str | None = field(default=None, repr=False)  # the way to Discord, as the bot's own

    def address(self, attempt: Attempt) -> URL:
        """Where to send the browser.  Raises LoginFailed while the bot is not logged in."""
        return URL(self.authorize_url).with_query(
            response_type="code",
            client_id=self._known_id(),
            scope=SCOPES,
            redirect_uri=self.redirect,
            state=attempt.state,
            code_challenge=attempt.challenge,
            code_challenge_method="S256",
            prompt="none",
        )

    async def identify(self, code: str, attempt: Attempt) -> Identity:
        """Raises LoginFailed."""
        try:
            async with aiohttp.ClientSession(timeout=TIMEOUT, proxy=self.proxy) as http:
                token = await self._token(http, code, attempt)
                headers = {"Authorization": f"Bearer {token}"}
                person = await _json(await http.get(f"{self.api_url}/users/@me", headers=headers))
                guilds = await _json(await http.get(f"{self.api_url}/users/@me/guilds", headers=headers))
                await self._revoke(http, token)
            name = str(person.get("global_name") or person["username"])
            return Identity(int(person["id"]), name, tuple(int(guild["id"]) for guild in guilds))
        except (aiohttp.ClientError, TimeoutError, KeyError, TypeError, ValueError, AttributeError) as error:
            log.warning("web.login_failed", error=repr(error))
            raise LoginFailed(NOT_CONFIRMED) from error

    async def _token(self, http: aiohttp.ClientSession, code: str, attempt: Attempt) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect,
            "code_verifier": attempt.verifier,
        }
        answer = await _json(await http.post(f"{self.api_url}/oauth2/token", data=form | self._secret))
        return str(answer["access_token"])

    async def _revoke(self, http: aiohttp.ClientSession, token: str) -> None:
        form = {"token": token, "token_type_hint": "access_token"}
        async with http.post(f"{self.api_url}/oauth2/token/revoke", data=form | self._secret) as answer:
            if answer.status >= 400:  # it ends by itself in a week
                log.warning("web.token_not_revoked", status=answer.status)

    @property
    def _secret(self) -> dict[str, str]:
        return {"client_id": self._known_id(), "client_secret": self.client_secret}

    def _known_id(self) -> str:
        client_id = self.client_id()
        if client_id is None:
            raise LoginFailed(NOT_CONNECTED)
        return str(client_id)


async def _json(answer: aiohttp.ClientResponse) -> Any:
    async with answer:
        answer.raise_for_status()
        return await answer.json()
