"""The audit log in the console: who did what, to whom, and why."""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from bot.actions.spelled import spelled
from bot.database.audit import AuditFilter
from bot.web import asked
from bot.web.access import Desk, moderator_desk
from bot.web.console.desk import console_page, names_of, server_name
from bot.web.render import when
from bot.web.site import Named, site_of
from bot.wording import acts, buttons, terms
from bot.wording.reader import say

routes = web.RouteTableDef()

PER_PAGE: Final = 50
FIELDS: Final = ("actor", "action", "subject", "since", "until")


@routes.get("/console/{guild}/audit")
async def audit(request: web.Request) -> web.Response:
    desk = await moderator_desk(request)
    typed = {name: request.query.get(name, "").strip()[:100] for name in FIELDS}
    wanted = AuditFilter(
        actor_id=asked.number("actor", typed["actor"]),
        action=asked.one_of("action", typed["action"], terms.ACTS),
        subject=subject_of(typed["subject"]),
        since=asked.moment("since", typed["since"]),
        until=asked.moment("until", typed["until"], end=True),
    )
    before = asked.number("before", request.query.get("before", ""))
    found = await site_of(request).services.moderation.audit(desk.actor, wanted, before, PER_PAGE)
    people = [user_id for one in found.records for user_id in (one.actor_id, *_person(one.subject))]
    names = await names_of(request, desk, people)
    shown = _names(request, desk, names)
    return await console_page(
        request,
        desk,
        "console/audit.html",
        "audit",
        (*FIELDS, "before"),
        found=found,
        about=lambda record: acts.about(record.subject, shown),
        changes=lambda record: acts.changes(record.before, record.after, shown),
        asked=typed,
        input_of=asked.input_of,
        actions=terms.ACTS,
        server=lambda guild_id: server_name(request, guild_id, say(buttons.EVERYWHERE)),
        names=names,
        before=before,
        address=lambda **more: urlencode({name: value for name, value in {**typed, **more}.items() if value}),
    )


def subject_of(typed: str) -> str | None:
    """As acts have it: of a person's id or mention, "user:42"."""
    found = spelled(typed)
    person = None if found is None else found.filters.get("person")
    return f"user:{person}" if person is not None and person.isdecimal() else typed or None


def _person(subject: str) -> tuple[int, ...]:
    kind, _, number = subject.partition(":")
    return (int(number),) if kind == "user" and number.isdecimal() else ()


def _names(request: web.Request, desk: Desk, people: Mapping[int, str]) -> acts.Names:
    """As the server's people know them; ids of what is gone."""
    directory, guild_id = site_of(request).directory, desk.guild_id

    def channel(channel_id: int) -> str:
        name = None if guild_id is None else directory.channel_name(guild_id, channel_id)
        return f"#{name or channel_id}"

    roles: Sequence[Named] = () if guild_id is None else directory.roles(guild_id)
    role_names = {role.id: role.name for role in roles}
    return acts.Names(
        person=lambda user_id: people.get(user_id, str(user_id)), channel=channel,
        role=lambda role_id: f"@{role_names.get(role_id, role_id)}", moment=when, written=str,
    )  # fmt: skip
