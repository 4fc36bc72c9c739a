"""A server's blocked words in the console, and a box to try the filter in.

In: words, and text to try.  Out: pages; changes through the actions.
"""

from dataclasses import dataclass

from aiohttp import web

from bot.actions.actor import Actor
from bot.database.blocked_terms import TERM_ACTIONS
from bot.errors import InvalidOption, UserError
from bot.orders.order import Requester
from bot.web import asked
from bot.web.access import moderator_desk
from bot.web.console.desk import console_page
from bot.web.render import done, noted
from bot.web.site import site_of
from bot.wording import settings
from bot.wording.reader import say
from bot.wording.render import explain
from inference.contract import MAX_PROMPT_CHARACTERS, CheckRequest, Verdict

routes = web.RouteTableDef()


@dataclass(frozen=True, slots=True)
class Trial:
    """What the filter says of a text; `problem` where it could not be asked."""

    text: str
    verdict: Verdict | None = None
    problem: str = ""


@routes.get("/console/{guild}/words")
async def words(request: web.Request) -> web.Response:
    desk = await moderator_desk(request)
    services = site_of(request).services
    idle = desk.server is not None and not services.entitlements.ceiling.may_loosen
    return await console_page(
        request, desk, "console/words.html", "words",
        terms=await services.terms.of(desk.actor), trial=await tried(request, desk.actor),
        may_change=desk.actor.is_manager, idle=say(settings.IDLE_WORDS) if idle else "",
        limit=MAX_PROMPT_CHARACTERS, done=noted(request),
    )  # fmt: skip


@routes.post("/console/{guild}/words")
async def add(request: web.Request) -> web.Response:
    desk = await moderator_desk(request)
    form = await request.post()
    action = asked.choice("action", str(form.get("action", "block")), TERM_ACTIONS)
    await site_of(request).services.terms.add(desk.actor, str(form.get("term", "")), action)
    return done(request, f"/console/{desk.slug}/words", "word-added")


@routes.post(r"/console/{guild}/words/{term:\d{1,18}}/remove")
async def remove(request: web.Request) -> web.Response:
    desk = await moderator_desk(request)
    await site_of(request).services.terms.remove(desk.actor, int(request.match_info["term"]))
    return done(request, f"/console/{desk.slug}/words", "word-removed")


async def tried(request: web.Request, actor: Actor) -> Trial | None:
    text = request.query.get("try", "").strip()
    if not text:
        return None
    if len(text) > MAX_PROMPT_CHARACTERS:
        raise InvalidOption("text", "too_long", {"length": len(text), "limit": MAX_PROMPT_CHARACTERS})
    try:
        services = site_of(request).services
        policy = await services.policies.of(Requester(actor.user_id, actor.user_name, actor.guild_id, channel_id=0))
        (verdict,) = await services.pool.check(CheckRequest((text,), policy=policy))
    except UserError as error:
        return Trial(text, problem=explain(error))
    return Trial(text, verdict)
