"""Buttons and lists of people who draw, look, share and vote."""

from collections.abc import Awaitable, Callable
from typing import Any

from bot.views.contest import CallOff, CastVote, Enter, EnterPicker, Entries
from bot.views.delete import Delete, DeleteForGood
from bot.views.details import Details
from bot.views.download import DownloadAll
from bot.views.favourites import FavouritesPage, OwnFavouritesPage
from bot.views.gallery import Favour, GalleryPage, Heart, Vote
from bot.views.history import HistoryPage
from bot.views.notices import Reticence
from bot.views.picture import (
    Complete,
    Discard,
    Keep,
    OpenPicture,
    Original,
    Pick,
    PickOne,
    Upscale,
    Vary,
)
from bot.views.press import Press
from bot.views.privacy import OwnData
from bot.views.remix import Remix, Reroll
from bot.views.result import Cover, Report, ShareAny
from bot.views.sharing import Share, SharePicker, Unshare
from bot.views.status import Cancel
from tests.scenes.commands import under_way
from tests.scenes.scene import (
    ONLY_THEIRS,
    OWN,
    Deed,
    Scene,
    contest,
    drawing,
    drawn,
    moderators,
    posted,
    pressed,
    shared,
)  # fmt: skip
from tests.town import Town, answer, button

Make = Callable[[Town], Awaitable[Press]]


def of_generation(kind: Callable[[int], Press]) -> Make:
    async def make(town: Town) -> Press:
        return kind((await drawn(town)).id)

    return make


def of_picture(kind: Callable[[int, int], Press]) -> Make:
    async def make(town: Town) -> Press:
        return kind((await drawn(town)).id, 1)

    return make


def of_share(kind: Callable[[int], Press]) -> Make:
    async def make(town: Town) -> Press:
        return kind((await shared(town)).id)

    return make


def plain(press: Callable[[], Press]) -> Make:
    """Made on the spot, because its words are in the language of whoever reads."""

    async def make(_: Town) -> Press:
        return press()

    return make


async def choose(town: Town) -> Press:
    record = await drawn(town)
    return PickOne(record.id, record.images, 4)


async def share_one(town: Town) -> Press:
    return SharePicker((await drawn(town)).id, (0, 1, 2, 3))


async def copied(town: Town) -> Deed:
    """Ada had a picture of hers enlarged."""
    record, message = await town.imagine(images=1)
    copy = answer(await town.ada.click(message, custom_id=f"easel:upscale:{record.id}:0:2"))
    return lambda who: who.click(copy, custom_id=Discard(record.id, 0, town.ada.id).custom_id)


async def stopping(town: Town) -> Deed:
    await under_way(town)
    message = await posted(town, Cancel((await town.newest()).id))
    return lambda who: who.click(message, custom_id=Cancel(town.services.works.pending()[0].generation_id).custom_id)


async def idea(town: Town) -> Deed:
    """A proposal of /enhance, which only Ada sees."""
    shown = answer(await town.ada.slash(town.pictures, "enhance", prompt="a red heart"))
    return lambda who: who.click(shown, custom_id=button(shown, "idea"))


async def enter(town: Town) -> Press:
    await shared(town)
    return Enter((await contest(town))[0].id)


async def entering(town: Town) -> Deed:
    """Ada chooses which of her pictures to enter."""
    mine = await shared(town)
    record, _ = await contest(town)
    message = await posted(town, EnterPicker(record.id, ((mine.id, "a red heart"),)))
    return lambda who: who.select(message, [str(mine.id)], custom_id=EnterPicker(record.id).custom_id)


async def entries(town: Town) -> Press:
    record, _ = await contest(town, voting=True)
    return Entries(record.id, 0, "voting")


async def vote(town: Town) -> Press:
    record, entry = await contest(town, voting=True)
    return CastVote(record.id, entry.id, 0)


async def call_off(town: Town) -> Press:
    record, _ = await contest(town)
    return CallOff(record.id)


async def spare(town: Town) -> Deed:
    """The question is Ada's alone."""
    record, message = await town.imagine()
    asked = answer(await town.ada.click(message, custom_id=f"easel:delete:{record.id}"))
    return lambda who: who.click(asked, custom_id=f"easel:spare:{record.id}")


def private(name: str, stage: Callable[[Town], Awaitable[Deed]], **more: Any) -> Scene:
    return Scene(name, stage, others=ONLY_THEIRS, **more)


BUTTONS = (
    Scene("button choose", pressed(choose, "2")),
    Scene("button pick", pressed(of_picture(Pick))),
    Scene("button open", pressed(of_picture(OpenPicture))),
    Scene("button original", pressed(of_picture(Original))),
    Scene("button zip", pressed(of_generation(DownloadAll))),
    Scene("button details", pressed(of_generation(Details))),
    drawing("button upscale", pressed(of_picture(Upscale))),
    drawing("button vary", pressed(of_picture(Vary))),
    drawing("button complete", pressed(of_picture(Complete))),
    drawing("button reroll", pressed(of_generation(Reroll))),
    private("button idea", idea, elsewhere="channel_not_allowed"),
    Scene("button remix", pressed(of_generation(Remix)), elsewhere="channel_not_allowed"),
    Scene("button report", pressed(of_generation(Report))),
    Scene("button keeppic", pressed(of_picture(Keep)), others="not_yours"),
    Scene("button share", pressed(of_picture(Share)), others="not_yours"),
    Scene("button shareany", pressed(of_generation(ShareAny)), others="not_yours"),
    Scene("button sharepick", pressed(share_one, "0"), others="not_yours"),
    Scene("button unshare", pressed(of_share(Unshare)), others="not_yours"),
    Scene("button cover", pressed(of_generation(Cover)), others="not_yours"),
    Scene("button discard", copied, others="not_yours"),
    Scene("button delete", pressed(of_generation(Delete)), others="not_yours"),
    Scene("button erase", pressed(of_generation(DeleteForGood)), others="not_yours"),
    private("button spare", spare),
    Scene("button cancel", stopping, others="not_yours"),
    Scene("button history", pressed(plain(lambda: HistoryPage(None))), others=OWN),
    Scene("button favourites", pressed(plain(lambda: FavouritesPage(None))), others=OWN),
    Scene("button ownfavourites", pressed(plain(lambda: OwnFavouritesPage(None))), others=OWN),
    Scene("button gallery", pressed(plain(lambda: GalleryPage("newest", None)))),
    Scene("button vote", pressed(of_share(lambda share: Vote(share, "newest", None)))),
    Scene("button heart", pressed(of_share(Heart))),
    Scene("button favour", pressed(of_share(Favour))),
    Scene("button reticence", pressed(plain(lambda: Reticence("digest"))), others=OWN),
    Scene("button enter", pressed(enter)),
    Scene("button enterpick", entering, others="not_yours"),
    Scene("button entries", pressed(entries)),
    Scene("button castvote", pressed(vote)),
    moderators("button calloff", pressed(call_off), "olga"),
    Scene("button mydata", pressed(plain(lambda: OwnData("take"))), others=OWN),
)
