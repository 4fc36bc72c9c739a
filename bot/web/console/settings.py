"""A server's settings in the console: the same as `/settings` in Discord, on one page.

In: a manager's choices.  Out: the same, through the action, audited.  What is for one channel or role alone is chosen
in Discord.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web
from multidict import MultiDictProxy

from bot.actions.setting import OTHER, SECTIONS, SERVER, SETTINGS, UNCHOSEN, Setting, chosen_values, lacks
from bot.database.guild import GuildRecord
from bot.errors import InvalidOption, NotFound
from bot.web.access import Desk, moderator_desk
from bot.web.console.desk import console_page
from bot.web.render import done, noted
from bot.web.site import Named, Site, site_of
from bot.wording import settings as words
from bot.wording.reader import say

routes = web.RouteTableDef()

SEVERAL: Final = ("channels", "roles", "models")
# Such a list that is missing in a form that is complete was emptied: browsers leave it out.
COMPLETE: Final = "complete"


@dataclass(frozen=True, slots=True)
class Field:
    """One setting as the page shows it: what it may be, as value, label and whether it is chosen."""

    name: str
    title: str
    about: str
    options: tuple[tuple[str, str, bool], ...]
    several: bool = False
    typed: str = ""


@routes.get("/console/{guild}/settings")
async def settings(request: web.Request) -> web.Response:
    desk = await manager_desk(request)
    record = await site_of(request).services.server_settings.get(desk.actor)
    sections = [
        (say(words.SECTIONS[section][0]), list(_fields(site_of(request), desk, record, section)))
        for section in SECTIONS
    ]  # fmt: skip
    lacking = [say(words.LACKING[setting.name]) for setting in SETTINGS if lacks(setting, record)]
    return await console_page(
        request, desk, "console/settings.html", "settings", sections=sections, done=noted(request), other=OTHER,
        lacking=lacking,
    )  # fmt: skip


@routes.post("/console/{guild}/settings")
async def save(request: web.Request) -> web.Response:
    desk = await manager_desk(request)
    form, site = await request.post(), site_of(request)
    chosen = {}
    for setting in SETTINGS:
        if SERVER.takes(setting) and (setting.name in form or (COMPLETE in form and setting.kind in SEVERAL)):
            values = _values(setting, form)
            _check_known(site, desk, setting, values)
            chosen[setting.name] = values
    await site.services.server_settings.choose_all(desk.actor, chosen)
    return done(request, f"/console/{desk.slug}/settings", "saved")


async def manager_desk(request: web.Request) -> Desk:
    desk = await moderator_desk(request, "manage_guild")
    if desk.server is None:
        raise NotFound("server")
    return desk


def _fields(site: Site, desk: Desk, record: GuildRecord, section: str) -> Iterator[Field]:
    for setting in SETTINGS:
        if setting.section == section and SERVER.takes(setting):
            options = tuple(_options(site, desk, record, setting))
            typed = say(words.TYPED[setting.typed]) if setting.typed else ""
            several = setting.kind in SEVERAL
            about = say(words.TITLES[setting.name][1])
            yield Field(setting.name, words.title(setting.name), about, options, several, typed)


def _options(site: Site, desk: Desk, record: GuildRecord, setting: Setting) -> Iterator[tuple[str, str, bool]]:
    settings, most = site.services.server_settings, site.services.entitlements.ceiling.max_images
    if setting.kind == "choice":
        for value, is_chosen in settings.offered(setting, record):
            name = setting.name
            label = words.unchosen(name, most, alone=False) if value == UNCHOSEN else words.label(name, value)
            yield value, label, is_chosen
        return
    chosen = chosen_values(setting, record)
    if setting.kind in ("channel", "role", "model"):
        yield "", words.unchosen(setting.name, most, alone=False) if setting.kind == "model" else "–", not chosen
    known = {one.value: one.label for one in _known(site, desk, setting)}
    for value in dict.fromkeys((*known, *chosen)):
        yield value, known.get(value, value), value in chosen


@dataclass(frozen=True, slots=True)
class _Known:
    value: str
    label: str


def _known(site: Site, desk: Desk, setting: Setting) -> Iterator[_Known]:
    """What there is of a kind: this server's channels and roles, the models that are ready."""
    guild_id = desk.guild_id or 0
    if setting.kind in ("model", "models"):
        for model in site.services.pool.models():
            yield _Known(model.name, model.name)
        return
    here: Sequence[Named] = site.directory.channels(guild_id)
    sign = "#"
    if setting.kind in ("role", "roles"):
        here, sign = site.directory.roles(guild_id), "@"
    for one in here:
        yield _Known(str(one.id), f"{sign}{one.name}")


def _values(setting: Setting, form: MultiDictProxy[Any]) -> list[str]:
    typed = str(form.get(f"{setting.name}.{OTHER}", "")).strip() if setting.typed else ""
    values = [str(value).strip() for value in form.getall(setting.name, [])]
    return [typed] if typed else [value for value in values if value]


def _check_known(site: Site, desk: Desk, setting: Setting, values: list[str]) -> None:
    """Raises InvalidOption for what this server has not."""
    if setting.kind in ("channel", "channels", "role", "roles"):
        known = {one.value for one in _known(site, desk, setting)}
        for value in values:
            if value not in known:
                problem = "no_channel" if "channel" in setting.kind else "no_role"
                raise InvalidOption(setting.name, problem, {"value": value[:40]})
