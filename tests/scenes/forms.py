"""Forms: opened by whoever may, and sent in."""

from collections.abc import Awaitable, Callable
from typing import Any

from discord import SelectOption

from bot.actions.setting import OTHER
from bot.views.appeal import Appeal
from bot.views.press import Press
from bot.views.privacy import OwnData
from bot.views.remix import Remix
from bot.views.result import Report
from bot.views.sanction import Ban
from bot.views.settings import Choose, EditWords
from tests.scenes.buttons import of_generation, plain
from tests.scenes.scene import ONLY_THEIRS, Deed, Scene, posted, pressed
from tests.town import Town


async def blocked(town: Town) -> Press:
    """A prompt of Ada's that the filter refused."""
    town.pool.block("gore", "violence_gore")
    await town.ada.slash(town.pictures, "imagine", prompt="some gore")
    await town.settled()
    return Appeal((await town.newest()).id)


def sent(make: Callable[[Town], Awaitable[Press]], opener: str = "ada", **written: Any) -> Any:
    """Opened by the button, filled in, and sent by whoever opened it."""

    async def stage(town: Town) -> Deed:
        press = await make(town)
        shown = await getattr(town, opener).click(await posted(town, press), custom_id=press.custom_id)
        return lambda who: who.submit_modal(shown, written)

    return stage


async def another_limit(town: Town) -> Deed:
    """*Another …* in a list of settings asks for the value."""
    press = Choose("limit_per_person", None, None, (), (SelectOption(label="…", value=OTHER),))
    shown = await town.olga.select(await posted(town, press), [OTHER], custom_id=press.custom_id)
    return lambda who: who.submit_modal(shown, {"value": "7/hour"})


async def started(town: Town) -> Deed:
    _, message = await town.imagine("a lake")
    shown = await town.ada.context_menu(town.pictures, "Use as input", message)
    return lambda who: who.submit_modal(shown, {"prompt": "a frozen lake", "use": ["vary"], "which": ["2"]})


async def person(town: Town) -> Press:
    return Ban(town.ada.id)


def form(name: str, stage: Callable[[Town], Awaitable[Deed]], **more: Any) -> Scene:
    return Scene(f"form {name}", stage, others=ONLY_THEIRS, **more)


FORMS = (
    Scene("button appeal", pressed(blocked)),
    form("appealed", sent(blocked, reason="it is a film")),
    form("remixed", sent(of_generation(Remix), prompt="a blue heart", negative=""), elsewhere="channel_not_allowed"),
    form("started", started, elsewhere="channel_not_allowed"),
    form("reported", sent(of_generation(Report), reason="it looks at me")),
    form("sanctioned", sent(person, "mo", reason="no"), who="mo"),
    form("erasing", sent(plain(lambda: OwnData("erase")), word="ERASE")),
    form("words", sent(plain(lambda: EditWords("block")), "olga", add="balrog", out=""), who="olga"),
    form("settyped", another_limit, who="olga"),
)
