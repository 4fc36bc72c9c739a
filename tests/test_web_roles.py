"""Every route of the web pages × every role: who gets what.  A route without its line here fails the test."""

import re
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest

from bot.actions.actor import Actor
from bot.web.app import create_app
from tests.bot_fakes import ADA, GUILD, an_order, draw
from tests.web_fakes import MANAGER, MODERATOR, OPERATOR, OUTSIDER, STRANGER, Pages, pages

# Who asks; the operator is no member.  STRANGER moderates and administrates another server; OUTSIDER is in none.
ROLES = {
    "anonymous": None, "outsider": OUTSIDER, "stranger": STRANGER, "member": ADA, "moderator": MODERATOR,
    "manager": MANAGER, "operator": OPERATOR,
}  # fmt: skip

# What a role is answered, in the order of ROLES.  303 for somebody anonymous leads to the login.
EVERYBODY = (200,) * 7
MODERATORS = (303, 404, 404, 403, 200, 200, 200)
MODERATORS_ACT = (401, 404, 404, 403, 303, 303, 303)
MODERATORS_EXPORT = (401, 404, 404, 403, 200, 200, 200)
MANAGERS_ACT = (401, 404, 404, 403, 403, 303, 303)

Line = tuple[str, tuple[int, ...], dict[str, str]]
MEMBERS = (303, 404, 404, 200, 200, 200, 200)
MEMBERS_ACT = (401, 404, 404, 303, 303, 303, 303)
C, G = f"/console/{GUILD}", f"/gallery/{GUILD}"

# Route → an address for it, what each role gets, and the form.  `{record}` is what ADA had drawn, `{flag}` what waits
# for review, `{gone}` what was removed, `{term}` a blocked word of this server.
TABLE: dict[str, Line] = {
    "GET /": ("/", EVERYBODY, {}),
    "GET /robots.txt": ("/robots.txt", EVERYBODY, {}),
    "GET /static": ("/static/style.css", EVERYBODY, {}),
    "GET /healthz": ("/healthz", EVERYBODY, {}),
    "GET /readyz": ("/readyz", EVERYBODY, {}),
    "GET /metrics": ("/metrics", EVERYBODY, {}),
    "GET /login": ("/login", (503,) * 7, {}),
    "GET /login/callback": ("/login/callback", (400,) * 7, {}),
    "POST /login/local": ("/login/local", (404,) * 7, {}),
    "POST /language": ("/language", (303,) * 7, {"language": "en"}),
    "POST /logout": ("/logout", (303,) * 7, {}),
    "GET /console": ("/console", (303, 200, 303, 200, 303, 303, 200), {}),
    "GET /console/{guild}": (C, (303, 404, 404, 403, 303, 303, 303), {}),
    "GET /console/{guild}/log": (f"{C}/log", MODERATORS, {}),
    "GET /console/{guild}/log/{generation}": (f"{C}/log/{{record}}", MODERATORS, {}),
    "GET /console/{guild}/log/{generation}/{picture}.png": (f"{C}/log/{{record}}/0.png", MODERATORS, {}),
    "POST /console/{guild}/log/{generation}/remove": (f"{C}/log/{{record}}/remove", MODERATORS_ACT, {}),
    "POST /console/{guild}/log/{generation}/restore": (f"{C}/log/{{gone}}/restore", MODERATORS_ACT, {}),
    "GET /console/{guild}/people": (f"{C}/people?person={ADA}", (303, 404, 404, 403, 303, 303, 303), {}),
    "GET /console/{guild}/people/{user}": (f"{C}/people/{ADA}", MODERATORS, {}),
    "POST /console/{guild}/people/{user}/sanction": (
        f"{C}/people/4242/sanction", MODERATORS_ACT, {"kind": "ban", "reason": "x"}),
    "POST /console/{guild}/people/{user}/sharing": (
        f"{C}/people/4242/sharing", MODERATORS_ACT, {"block": "1", "reason": "x"}),
    "POST /console/{guild}/people/{user}/lift": (f"{C}/people/4343/lift", MODERATORS_ACT, {}),
    "POST /console/{guild}/people/{user}/restore": (
        f"{C}/people/{ADA}/restore", (401, 404, 404, 403, 404, 404, 404), {"sanction": "99"}),
    "GET /console/{guild}/sanctions": (f"{C}/sanctions", MODERATORS, {}),
    "GET /console/{guild}/words": (f"{C}/words", MODERATORS, {}),
    "POST /console/{guild}/words": (f"{C}/words", MANAGERS_ACT, {"term": "foo"}),
    "POST /console/{guild}/words/{term}/remove": (f"{C}/words/{{term}}/remove", MANAGERS_ACT, {}),
    "GET /console/{guild}/review": (f"{C}/review", MODERATORS, {}),
    "POST /console/{guild}/review/{generation}": (f"{C}/review/{{flag}}", MODERATORS_ACT, {"decision": "keep"}),
    # Nothing was decided that could be taken back; `test_what_the_filter_flags_waits_for_a_decision` takes one back.
    "POST /console/{guild}/review/{generation}/undo": (
        f"{C}/review/{{flag}}/undo", (401, 404, 404, 403, 404, 404, 404), {}),
    "GET /console/{guild}/audit": (f"{C}/audit", MODERATORS, {}),
    "GET /console/{guild}/stats": (f"{C}/stats", MODERATORS, {}),
    "POST /console/{guild}/export.csv": (f"{C}/export.csv", MODERATORS_EXPORT, {}),
    "POST /console/{guild}/export.jsonl": (f"{C}/export.jsonl", MODERATORS_EXPORT, {}),
    "GET /console/{guild}/settings": (f"{C}/settings", (303, 404, 404, 403, 403, 200, 200), {}),
    "GET /console/{guild}/digest": (f"{C}/digest", (303, 404, 404, 403, 403, 200, 200), {}),
    "POST /console/{guild}/settings": (f"{C}/settings", MANAGERS_ACT, {}),
    "GET /me": ("/me", (303, 200, 200, 200, 200, 200, 200), {}),
    "GET /me/export.zip": ("/me/export.zip", (303, 200, 200, 200, 200, 200, 200), {}),
    "POST /me/digest": ("/me/digest", (401, 303, 303, 303, 303, 303, 303), {"named": "1"}),
    "POST /me/erase": ("/me/erase", (401, 400, 400, 400, 400, 400, 400), {"word": "no"}),
    "GET /gallery": ("/gallery", (200, 200, 303, 303, 303, 303, 200), {}),
    "GET /gallery/{guild}": (G, MEMBERS, {}),
    "GET /gallery/{guild}/contests": (f"{G}/contests", MEMBERS, {}),
    "GET /gallery/{guild}/contests/{contest}": (f"{G}/contests/99", (303, *(404,) * 6), {}),
    "POST /gallery/{guild}/contests/{contest}/enter": (f"{G}/contests/99/enter", (401, *(404,) * 6), {"picture": "1"}),
    "POST /gallery/{guild}/contests/{contest}/vote": (f"{G}/contests/99/vote", (401, *(404,) * 6), {"picture": "1"}),
    "GET /gallery/{guild}/feed.atom": (f"{G}/feed.atom", MEMBERS, {}),
    "GET /gallery/{guild}/{share}": (f"{G}/{{share}}", MEMBERS, {}),
    "GET /gallery/{guild}/{share}/{size}": (f"{G}/{{share}}/small.webp", MEMBERS, {}),
    "POST /gallery/{guild}/{share}/vote": (f"{G}/{{share}}/vote", MEMBERS_ACT, {}),
    "POST /gallery/{guild}/{share}/favourite": (f"{G}/{{share}}/favourite", MEMBERS_ACT, {}),
    "POST /gallery/{guild}/{share}/report": (f"{G}/{{share}}/report", MEMBERS_ACT, {"reason": "x"}),
    # ADA's own; others' takes a moderator.
    "POST /gallery/{guild}/{share}/unshare": (f"{G}/{{share}}/unshare", MEMBERS_ACT, {}),
}  # fmt: skip
NAMES = ("record", "share", "gone", "flag", "term")
READ = [route for route in TABLE if route.startswith("GET")]  # it changes nothing


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Pages]:
    async with pages(tmp_path, limit_per_person="off", limit_per_server="off") as opened:
        yield opened


async def prepared(site: Pages, names: Iterable[str] = NAMES) -> dict[str, int]:
    """One thing of each of these kinds that the addresses name, and somebody who is banned."""
    services, things = site.services, {}
    if {"record", "share"} & set(names):
        things["record"] = (await draw(services, an_order("a cat", images=1))).id
    if "share" in names:
        things["share"] = (await services.gallery.share(Actor(ADA, GUILD), things["record"], 0)).id
    if "gone" in names:
        things["gone"] = (await draw(services, an_order("a dog", images=1))).id
        await services.generations.remove(things["gone"], MODERATOR, "x")
    if "flag" in names:
        site.pool.block("knife", "weapons", action="flag")
        things["flag"] = (await draw(services, an_order("a knife", images=1))).id
    if "term" in names:
        things["term"] = (await services.terms._terms.add(GUILD, "word", "block", MANAGER)).id
    await services.sanctions.sanction(4343, GUILD, "ban", None, "x", MODERATOR)
    return things


def routes(site: Pages) -> set[str]:
    found = set()
    for route in create_app(site.site).router.routes():
        if route.method != "HEAD" and route.resource is not None:
            found.add(f"{route.method} {route.resource.canonical}")
    return found


async def test_every_route_has_its_line(site: Pages) -> None:
    """And no line is of a route that is gone."""
    assert routes(site) == set(TABLE)


async def test_each_role_reads_what_it_may(site: Pages) -> None:
    """The table's statuses; somebody anonymous is led to the login, and back."""
    things, found = await prepared(site), {}
    for route in READ:
        address, expected, _ = TABLE[route]
        path = address.format(**things) if "{" in address else address
        answers = [await (await site.browser(user_id)).get(path) for user_id in ROLES.values()]
        found[route] = tuple(answer.status for answer in answers)
        if expected[0] == 303:
            assert answers[0].location.startswith("/login?next=%2F"), route
    assert found == {route: TABLE[route][1] for route in READ}


@pytest.mark.parametrize("route", sorted(set(TABLE) - set(READ)))
async def test_each_role_does_what_it_may(site: Pages, route: str) -> None:
    """The table's statuses."""
    address, expected, form = TABLE[route]
    names = re.findall(r"{(\w+)}", address)
    got, things = [], await prepared(site, names)
    for user_id in ROLES.values():
        browser = await site.browser(user_id)
        answer = await browser.post(address.format(**things) if names else address, form)
        got.append(answer.status)
        if answer.status == 303 and address not in ("/logout", "/language"):
            things = await prepared(site, names)  # it was done: the next role needs another one
    assert dict(zip(ROLES, got, strict=True)) == dict(zip(ROLES, expected, strict=True))


async def test_a_moderator_who_lost_the_role_is_out_at_once(site: Pages) -> None:
    """Permissions are Discord's of now, not of the login."""
    mo = await site.browser(MODERATOR)
    assert (await mo.get(f"{C}/log")).status == 200
    del site.directory.members[GUILD, MODERATOR]
    assert (await mo.get(f"{C}/log")).status == 404
    assert (await mo.get("/console/all/log")).status == 404


async def test_everywhere_is_the_operators_alone(site: Pages) -> None:
    """The console over all servers, and bans that count in each."""
    for user_id in (MODERATOR, MANAGER, STRANGER, ADA):
        assert (await (await site.browser(user_id)).get("/console/all/log")).status == 404
    operator = await site.browser(OPERATOR)
    for page in ("log", "review", "sanctions", "words", "audit", "stats", f"people/{ADA}"):
        assert (await operator.get(f"/console/all/{page}")).status == 200
    await operator.post(f"/console/all/people/{ADA}/sanction", {"kind": "ban", "reason": "x"})
    sanction = await site.services.sanctions.active(ADA, None)
    assert sanction is not None
    assert sanction.guild_id is None
