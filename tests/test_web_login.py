"""Logging in to the web pages: Discord's OAuth2, sessions, logout, and what must not get through."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, make_mocked_request
from yarl import URL

from bot.database.web_sessions import LIFETIME, OVERLAP, ROTATION, WebSessions
from bot.errors import DiscordAway, GenerationFailed, NoEndpoint, NotRead, UserError
from bot.web.discord_login import Attempt, DiscordLogin
from bot.web.guard import status_of
from bot.web.site import Person, after_login, local_path
from tests.bot_fakes import ADA, GUILD, services
from tests.test_database import NOON, Clock
from tests.web_fakes import OTHER_GUILD, Browser, Pages, pages


class FakeDiscord:
    """Discord's side of OAuth2, as strict as the real one about secret, redirect and PKCE."""

    def __init__(self) -> None:
        self.codes: dict[str, str] = {}  # code → challenge
        self.revoked: list[str] = []
        self.forms: list[dict[str, str]] = []
        app = web.Application()
        app.router.add_post("/oauth2/token", self.token)
        app.router.add_post("/oauth2/token/revoke", self.revoke)
        app.router.add_get("/users/@me", self.me)
        app.router.add_get("/users/@me/guilds", self.guilds)
        self.server = TestServer(app)

    def consent(self, address: str) -> str:
        """What the person's press on *Authorize* leads to: the path that the browser is sent back to."""
        query = URL(address).query
        assert query["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}"
        self.codes[code] = query["code_challenge"]
        return str(URL(query["redirect_uri"]).with_query(code=code, state=query["state"]).relative())

    async def token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.forms.append(form)
        assert (form["client_id"], form["client_secret"]) == ("99", "hush")
        challenge = self.codes.pop(form["code"], None)
        if challenge != Attempt("", form["code_verifier"], "").challenge:
            return web.json_response({"error": "invalid_grant"}, status=400)
        return web.json_response({"access_token": "their-token", "token_type": "Bearer"})

    async def revoke(self, request: web.Request) -> web.Response:
        self.revoked.append(str((await request.post())["token"]))
        return web.json_response({})

    async def me(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer their-token"
        return web.json_response({"id": str(ADA), "username": "ada", "global_name": "Ada <b>"})

    async def guilds(self, request: web.Request) -> web.Response:
        return web.json_response([{"id": str(GUILD)}, {"id": "123"}])


@pytest.fixture
async def discord() -> AsyncIterator[FakeDiscord]:
    fake = FakeDiscord()
    async with fake.server:
        yield fake


@pytest.fixture
async def site(tmp_path: Path, discord: FakeDiscord) -> AsyncIterator[Pages]:
    api = str(discord.server.make_url("")).rstrip("/")
    login = DiscordLogin(lambda: 99, "hush", "http://127.0.0.1:8080/login/callback", api_url=api)
    async with pages(tmp_path, login=login) as opened:
        yield opened


async def logged_in(site: Pages, discord: FakeDiscord, then: str = "/") -> tuple[Browser, Any]:
    browser = await site.anonymous()
    away = await browser.get(f"/login?next={then}")
    back = await browser.get(discord.consent(away.location))
    return browser, back


async def test_the_login_goes_through_the_proxy(tmp_path: Path, discord: FakeDiscord) -> None:
    """Where no other way leads to Discord."""
    there, proxy = "http://discord.invalid", str(discord.server.make_url(""))
    login = DiscordLogin(lambda: 99, "hush", "http://127.0.0.1:8080/login/callback", api_url=there, proxy=proxy)
    async with pages(tmp_path, login=login) as opened:
        _, back = await logged_in(opened, discord)
    assert (back.status, back.location) == (303, "/")


async def test_a_login_by_discord_leads_back_to_where_it_began(site: Pages, discord: FakeDiscord) -> None:
    """State and PKCE hold; the name is escaped; the access token is handed back."""
    browser, back = await logged_in(site, discord, "/me")
    assert (back.status, back.location) == (303, "/me")
    home = await browser.get("/")
    assert "Ada &lt;b&gt;" in home.text
    assert "Town" in home.text
    assert "Elsewhere" not in home.text
    assert discord.revoked == ["their-token"]
    cookie = back.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "their-token" not in cookie


async def test_cookies_are_for_https_and_this_host_alone_where_there_is_https(
    tmp_path: Path, discord: FakeDiscord
) -> None:
    """The __Host- prefix and Secure, and HSTS."""
    api = str(discord.server.make_url("")).rstrip("/")
    login = DiscordLogin(lambda: 99, "hush", "https://easel.example/login/callback", api_url=api)
    async with pages(tmp_path, login=login, url="https://easel.example") as site:
        answer = await (await site.anonymous()).get("/login")
        assert answer.headers["Set-Cookie"].startswith("__Host-easel-login=")
        assert "Secure" in answer.headers["Set-Cookie"]
        assert "max-age" in answer.headers["Strict-Transport-Security"]


async def test_a_callback_that_this_browser_did_not_ask_for_is_refused(site: Pages, discord: FakeDiscord) -> None:
    """No cookie, another state, the same code twice: no session."""
    browser = await site.anonymous()
    away = await browser.get("/login")
    path = discord.consent(away.location)
    for other, address in (
        (await site.anonymous(), path),
        (browser, path.replace("state=", "state=x")),
        (browser, "/login/callback?code=stolen"),
        (browser, "/login/callback?state=" + URL(away.location).query["state"]),
    ):
        answer = await other.get(address)
        assert answer.status == 400
        assert "easel=" not in answer.headers.get("Set-Cookie", "")
    assert (await browser.get(path)).status == 303
    assert (await browser.get(path)).status == 400


async def test_a_code_without_its_verifier_is_worth_nothing(site: Pages, discord: FakeDiscord) -> None:
    """Discord, which holds the challenge, refuses: PKCE is really sent."""
    browser, thief = await site.anonymous(), await site.anonymous()
    code = URL(discord.consent((await browser.get("/login")).location)).query["code"]
    state = URL((await thief.get("/login")).location).query["state"]
    answer = await thief.get(f"/login/callback?code={code}&state={state}")
    assert answer.status == 400
    assert "did not confirm" in answer.text


async def test_a_login_makes_a_new_session_whatever_the_browser_came_with(site: Pages, discord: FakeDiscord) -> None:
    """Session fixation: a token that was there before the login counts no more."""
    planted = await site.login(ADA)
    browser = await site.anonymous()
    browser.client.session.cookie_jar.update_cookies({"easel": planted})
    back = await browser.get(discord.consent((await browser.get("/login")).location))
    assert planted not in back.headers["Set-Cookie"]
    assert await site.services.web_sessions.find(planted) is None


@pytest.mark.parametrize(
    "then", ["//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nSet-Cookie: x=y", "javascript:1", ""]
)
async def test_a_login_never_leads_away(site: Pages, discord: FakeDiscord, then: str) -> None:
    """Open redirects and header injection: everything that is not a path here becomes the front page."""
    assert local_path(then) == "/"
    _, back = await logged_in(site, discord, str(URL.build(query={"n": then}).raw_query_string)[2:])
    assert back.location == "/"
    assert local_path("/console/7?words=a%20cat") == "/console/7?words=a%20cat"


async def test_logout_ends_the_session_here_or_everywhere(site: Pages, discord: FakeDiscord) -> None:
    """The token is dead at the server, not only forgotten by the browser."""
    first, _ = await logged_in(site, discord)
    second, _ = await logged_in(site, discord)
    third, _ = await logged_in(site, discord)
    await first.post("/logout")
    assert "Log in" in (await first.get("/")).text
    assert "Ada" in (await second.get("/")).text
    await second.post("/logout", {"everywhere": "1"})
    assert "Log in" in (await third.get("/")).text


async def test_only_the_hash_of_a_token_is_kept(site: Pages, tmp_path: Path) -> None:
    """A copy of the database opens no session."""
    token = await site.login(ADA)
    stored = b"".join(file.read_bytes() for file in tmp_path.glob("easel.db*"))  # noqa: ASYNC240  # a small file
    assert token.encode() not in stored


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {},
    ],
)
async def test_a_form_of_another_site_is_refused(site: Pages, discord: FakeDiscord, headers: dict[str, str]) -> None:
    """CSRF: judged by what the browser says of where the form stood."""
    browser, _ = await logged_in(site, discord)
    assert (await browser.post("/logout", headers=headers)).status == 403
    assert "Ada" in (await browser.get("/")).text
    assert (await browser.post("/logout", headers={"Origin": "http://127.0.0.1:8080"})).status == 303


async def test_every_answer_carries_the_security_headers(site: Pages) -> None:
    """Pages, errors, redirects and files."""
    browser = await site.anonymous()
    for path, status in (("/", 200), ("/nowhere", 404), ("/login", 303), ("/static/style.css", 200)):
        answer = await browser.get(path)
        assert answer.status == status
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_files_outside_the_static_folder_are_not_served(site: Pages) -> None:
    """Path traversal, plain and encoded."""
    browser = await site.anonymous()
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static//etc/passwd"):
        assert (await browser.get(path)).status in (403, 404)


async def test_the_local_login_is_the_demos_alone(tmp_path: Path, site: Pages) -> None:
    """Elsewhere it does not exist; in the demo it knows the demo's people only, on this machine's own names only."""
    browser = await site.anonymous()
    assert (await browser.post("/login/local", {"person": str(ADA)})).status == 404
    async with pages(tmp_path / "demo", people=(Person(ADA, "Ada", "a member"),)) as demo:
        visitor = await demo.anonymous()
        assert "Be Ada" in (await visitor.get("/login?next=/me")).text
        assert (await visitor.post("/login/local", {"person": "1"})).status == 400
        assert (await visitor.get("/", headers={"Host": "evil.example:8766"})).status == 403
        back = await visitor.post("/login/local", {"person": str(ADA), "next": "//evil.example"})
        assert (back.status, back.location) == (303, "/")
        assert "Elsewhere" in (await visitor.get("/")).text


async def test_without_a_secret_the_login_page_says_what_is_missing(tmp_path: Path) -> None:
    """No half-working login."""
    async with pages(tmp_path) as site:
        answer = await (await site.anonymous()).get("/login")
        assert answer.status == 503
        assert "DISCORD_CLIENT_SECRET" in answer.text


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NoEndpoint("describe", 300.0), 503),
        (NotRead(), 503),
        (DiscordAway(), 503),
        (GenerationFailed("out_of_memory"), 400),
    ],
)
def test_what_is_away_just_now_is_no_fault_of_who_asked(error: UserError, status: int) -> None:
    assert status_of(error) == status


# ------------------------------------------------------------------------------------------------------- sessions


async def test_sessions_end_and_tokens_are_replaced(tmp_path: Path) -> None:
    """A stale token is replaced once; the old one counts a minute longer; the session's end does not move."""
    clock = Clock()
    async with services(tmp_path) as opened:
        sessions = WebSessions(opened.web_sessions._database, clock)
        token = await sessions.begin(ADA, "Ada", [GUILD, OTHER_GUILD])
        found = await sessions.find(token)
        assert found is not None
        assert (found.guild_ids, found.stale) == ((GUILD, OTHER_GUILD), False)
        clock.now = NOON + ROTATION
        found = await sessions.find(token)
        assert found is not None
        assert found.stale
        fresh = await sessions.rotate(token)
        old, new = await sessions.find(token), await sessions.find(fresh)
        assert old is not None
        assert new is not None
        assert (old.stale, new.stale, new.expires_at) == (False, False, NOON + LIFETIME)
        clock.now += OVERLAP
        assert await sessions.find(token) is None
        clock.now = NOON + LIFETIME
        assert await sessions.find(fresh) is None
        assert await sessions.rotate(fresh) == fresh


@pytest.mark.parametrize(
    ("path", "next_one"),
    [
        ("/console?x=1", "/console?x=1"),
        ("/login?next=/console", "/console"),
        ("/login?next=//evil.example", "/"),
        ("/login/callback?state=x", "/"),
    ],
)
def test_a_login_leads_to_what_was_wanted_first(path: str, next_one: str) -> None:
    """Never to the login itself, however often somebody begins anew."""
    request = make_mocked_request("GET", path)
    assert after_login(request) == next_one
