"""People in the console: one person's record, sanctions, and who is out.

In: a person's id.  Out: pages; timeouts, bans and what is lifted through the actions.
"""

from datetime import datetime
from typing import Final, get_args
from urllib.parse import urlencode

from aiohttp import web

from bot.actions.moderation import Target, sanction_length
from bot.database.records import GenerationFilter, SanctionKind, SanctionRecord
from bot.database.session import utc_now
from bot.errors import InvalidOption, NotFound
from bot.web import asked
from bot.web.access import Desk, moderator_desk
from bot.web.console.desk import console_page, names_of
from bot.web.render import done, noted, redirect
from bot.web.site import site_of
from bot.wording import pages
from bot.wording.reader import say

routes = web.RouteTableDef()

PER_PAGE: Final = 50
SANCTIONS: Final[tuple[SanctionKind, ...]] = get_args(SanctionKind)


@routes.get(r"/console/{guild}/people/{user:\d{1,20}}")
async def person(request: web.Request) -> web.Response:
    desk = await moderator_desk(request)
    services, user_id = site_of(request).services, user_of(request)
    here = GenerationFilter(user_id=user_id, guild_id=desk.guild_id)
    sanctions = (await services.moderation.sanctions(desk.actor, None, 20, user_id)).records
    names = await names_of(request, desk, [user_id, *(one.created_by for one in sanctions)])
    counts = await services.moderation.counts(desk.actor, user_id)
    said = await services.reviews.counts(desk.actor, user_id)
    in_force = await services.moderation.in_force(desk.actor, user_id)
    unshared = None if desk.server is None else await services.gallery.blocked(desk.actor, user_id)
    removed = [len(await services.removals.removed_with(desk.actor, user_id, one.id)) for one in sanctions]
    return await console_page(
        request,
        desk,
        "console/person.html",
        "sanctions",
        user_id=user_id,
        name=names[user_id],
        unknown=names[user_id] == str(user_id) and not (counts or said or sanctions or in_force or unshared),
        counts=counts,
        said=said,
        in_force=in_force,
        unshared=unshared,
        sanctions=tuple(zip(sanctions, removed, strict=True)),
        newest=(await services.moderation.log(desk.actor, here, None, 8)).records,
        durations=map(say, pages.DURATIONS),
        names=names,
        removals=[(value, say(label)) for value, label in pages.REMOVALS],
        done=noted(request),
    )


@routes.get("/console/{guild}/people")
async def look_up(request: web.Request) -> web.Response:
    """Straight to a person by id; by name, to the requests of those who are called so."""
    desk = await moderator_desk(request)
    typed = request.query.get("person", "").strip()[:100]
    user_id = asked.id_or_none(typed)
    if user_id is not None:
        return redirect(f"/console/{desk.slug}/people/{user_id}")
    return redirect(f"/console/{desk.slug}/log?{urlencode({'person': typed})}")


@routes.get("/console/{guild}/sanctions")
async def sanctions(request: web.Request) -> web.Response:
    desk = await moderator_desk(request)
    before = asked.number("before", request.query.get("before", ""))
    found = await site_of(request).services.moderation.sanctions(desk.actor, before, PER_PAGE)
    now = utc_now()
    return await console_page(
        request, desk, "console/sanctions.html", "sanctions", ("before",),
        found=found, IN_FORCE=pages.IN_FORCE, state=lambda record: state(record, now),
        names=await names_of(
            request, desk, [user_id for one in found.records for user_id in (one.user_id, one.created_by)]
        ),
    )  # fmt: skip


@routes.post(r"/console/{guild}/people/{user:\d{1,20}}/sanction")
async def sanction(request: web.Request) -> web.Response:
    """Time out or ban, and, if asked, take down what they made lately."""
    desk = await moderator_desk(request)
    services, user_id, form = site_of(request).services, user_of(request), await request.post()
    kind = asked.one_of("kind", str(form.get("kind", "")), SANCTIONS)
    if kind is None:
        raise InvalidOption("kind", "empty")
    until = None if kind == "ban" else utc_now() + sanction_length("duration", str(form.get("duration", "")))
    target = await target_of(request, desk, user_id)
    reason = asked.reason(form)
    since = utc_now() - sanction_length("remove", str(form.get("remove", ""))) if form.get("remove") else None
    record = await services.moderation.sanction(desk.actor, target, kind, until, reason)
    if since is not None:
        await services.removals.remove_all_of(desk.actor, user_id, since, reason, record.id)
    return done(request, f"/console/{desk.slug}/people/{user_id}", kind)


@routes.post(r"/console/{guild}/people/{user:\d{1,20}}/sharing")
async def sharing(request: web.Request) -> web.Response:
    """Keep from sharing, or let again."""
    desk = await moderator_desk(request)
    user_id, form = user_of(request), await request.post()
    reason = asked.reason(form)
    target = await target_of(request, desk, user_id)
    await site_of(request).services.gallery.block(desk.actor, target, reason if form.get("block") else None)
    return done(request, f"/console/{desk.slug}/people/{user_id}", "saved")


@routes.post(r"/console/{guild}/people/{user:\d{1,20}}/lift")
async def lift(request: web.Request) -> web.Response:
    desk = await moderator_desk(request)
    services, user_id, form = site_of(request).services, user_of(request), await request.post()
    lifted = await services.moderation.lift(desk.actor, user_id, asked.reason(form))
    told = "lifted"
    if form.get("restore"):
        if await services.removals.removed_with(desk.actor, user_id, lifted.id):
            await services.removals.restore_all_of(desk.actor, user_id, lifted.id, asked.reason(form))
            told = "lifted-restored"
        else:
            told = "lifted-alone"
    return done(request, f"/console/{desk.slug}/people/{user_id}", told)


@routes.post(r"/console/{guild}/people/{user:\d{1,20}}/restore")
async def restore(request: web.Request) -> web.Response:
    """Show again what was removed with a sanction, which stays."""
    desk = await moderator_desk(request)
    user_id, form = user_of(request), await request.post()
    sanction_id = asked.number("sanction", str(form.get("sanction", "")))
    if sanction_id is None:
        raise NotFound("removal")
    await site_of(request).services.removals.restore_all_of(desk.actor, user_id, sanction_id)
    return done(request, f"/console/{desk.slug}/people/{user_id}", "all-restored")


def user_of(request: web.Request) -> int:
    user_id = int(request.match_info["user"])
    if user_id >= 2**63:
        raise InvalidOption("user", "no_id")
    return user_id


async def target_of(request: web.Request, desk: Desk, user_id: int) -> Target:
    """Whom it is about, as Discord knows them here."""
    if desk.server is None:
        return Target(user_id)
    member = await site_of(request).directory.member(desk.server.id, user_id)
    if member is None:
        return Target(user_id, desk.server.owner_id)
    return Target(user_id, desk.server.owner_id, member.is_bot, "administrator" in member.permissions)


def state(record: SanctionRecord, now: datetime) -> str:
    if record.replaced:
        return pages.REPLACED
    if record.lifted_at is not None:
        return pages.LIFTED
    if record.until is not None and record.until <= now:
        return pages.OVER
    return pages.IN_FORCE
