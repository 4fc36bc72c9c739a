"""Commands, menus and suggestions of people who draw and look."""

from collections.abc import Awaitable, Callable
from typing import Any

from bot.actions.styles import as_file
from bot.database.records import Style
from tests.scenes.scene import OWN, Deed, Scene, a_picture, acting, contest, drawing, drawn, moderators, shared
from tests.town import Town


def typed(name: str, /, **options: Any) -> Callable[[Town], Awaitable[Deed]]:
    """A command that needs nothing to stand before."""

    async def stage(town: Town) -> Deed:
        return lambda who: who.slash(town.pictures, name, **options)

    return stage


def suggested(name: str, option: str, written: str = "") -> Scene:
    async def stage(town: Town) -> Deed:
        await drawn(town)
        await style(town)
        return lambda who: who.autocomplete(town.pictures, name, option, written)

    return Scene(f"suggestions /{name} {option}", stage, others=OWN)


def menu(name: str) -> Callable[[Town], Awaitable[Deed]]:
    async def stage(town: Town) -> Deed:
        _, message = await town.imagine()
        return lambda who: who.context_menu(town.pictures, name, message)

    return stage


async def style(town: Town) -> None:
    """One of Ada's own."""
    await town.services.styles.put(acting(town, town.ada), Style("noir", suffix="in black and white"), for_server=False)


async def one_style(town: Town) -> Deed:
    await style(town)
    return lambda who: who.slash(town.pictures, "style delete", name="noir")


async def usual_style(town: Town) -> Deed:
    await style(town)
    return lambda who: who.slash(town.pictures, "style usual", name="noir")


async def exported_styles(town: Town) -> Deed:
    await style(town)
    return lambda who: who.slash(town.pictures, "style export")


async def details(town: Town) -> Deed:
    record = await drawn(town)
    return lambda who: who.slash(town.pictures, "details", which=str(record.id))


async def again(town: Town) -> Deed:
    await drawn(town)
    return lambda who: who.slash(town.pictures, "again")


async def under_way(town: Town) -> Deed:
    """One of Ada's is being drawn."""
    town.pool.hold()
    await town.ada.slash(town.pictures, "imagine", prompt="a slow heart")
    await town.running()
    return lambda who: who.slash(town.pictures, "cancel")


async def waiting(town: Town) -> Deed:
    await under_way(town)
    return lambda who: who.slash(town.pictures, "queue")


async def which_to_cancel(town: Town) -> Deed:
    await under_way(town)
    return lambda who: who.autocomplete(town.pictures, "cancel", "which", "")


async def gallery(town: Town) -> Deed:
    await shared(town)
    return lambda who: who.slash(town.pictures, "gallery")


async def begin(town: Town) -> Deed:
    record, _ = await contest(town)
    with town.env.time_context():
        await town.services.contests.cancel(acting(town, town.mo, "manage_guild"), record.id)
    return lambda who: who.slash(town.pictures, "contest start", theme="hearts")


async def look_at_contest(town: Town) -> Deed:
    await contest(town)
    return lambda who: who.slash(town.pictures, "contest show")


async def call_off(town: Town) -> Deed:
    await contest(town)
    return lambda who: who.slash(town.pictures, "contest cancel")


STYLES = as_file([Style("neon", suffix="neon light")])

COMMANDS = (
    drawing("/imagine", typed("imagine", prompt="a red heart")),
    drawing("/again", again, others="not_found"),
    Scene("/queue", waiting),
    Scene("/cancel", under_way, others="nothing_to_cancel"),
    Scene("/help", typed("help")),
    Scene("/limits", typed("limits")),
    Scene("/about", typed("about")),
    Scene("/history", typed("history"), others=OWN),
    Scene("/favourites", typed("favourites"), others=OWN),
    Scene("/privacy", typed("privacy"), others=OWN),
    Scene("/gallery", gallery),
    Scene("/details", details),
    Scene("/enhance", typed("enhance", prompt="a red heart"), elsewhere="channel_not_allowed"),
    Scene("/describe", typed("describe", picture=("me.png", a_picture())), elsewhere="channel_not_allowed"),
    Scene("/style create", typed("style create", name="ink", suffix="in ink"), others=OWN),
    Scene("/style list", typed("style list"), others=OWN),
    Scene("/style delete", one_style, others="not_found"),
    Scene("/style usual", usual_style, others="not_found"),
    Scene("/style export", exported_styles, others="not_found"),
    Scene("/style import", typed("style import", file=("styles.json", STYLES)), others=OWN),
    Scene("/contest show", look_at_contest),
    moderators("/contest start", begin, "olga"),
    moderators("/contest cancel", call_off, "olga"),
    Scene("menu Who made this?", menu("Who made this?")),
    Scene("menu Remix", menu("Remix")),
    Scene("menu Use as input", menu("Use as input")),
    Scene("menu Report to moderators", menu("Report to moderators")),
    suggested("imagine", "prompt", "red"),
    suggested("imagine", "style"),
    suggested("imagine", "model"),
    suggested("imagine", "size"),
    suggested("contest start", "entries"),
    suggested("contest start", "voting"),
    suggested("style delete", "name"),
    suggested("style usual", "name"),
    Scene("suggestions /cancel which", which_to_cancel, others=OWN),
)
