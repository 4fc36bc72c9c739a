"""Pictures that people hand in: what is taken, what is made of it, and how it is drawn from."""

import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image
from PIL.Image import core as PillowCore  # type: ignore[attr-defined]

from bot.errors import InvalidOption
from bot.generation.upload import SIDE, cleaned
from bot.orders.order import Requester
from inference.contract import MAX_INIT_IMAGE_BYTES
from tests.bot_fakes import FAKE_MODEL
from tests.town import Town, answer, buttons, said


def a_file(kind: str = "PNG", size: tuple[int, int] = (64, 48), mode: str = "RGB", **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size, options.pop("colour", "red")).save(buffer, kind, **options)
    return buffer.getvalue()


def a_bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it has so many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


def of_many_scans(more: int) -> bytes:
    """A photograph whose last scan is repeated."""
    whole = a_file("JPEG", progressive=True)
    last = whole[whole.rindex(b"\xff\xda") : -2]
    return whole[:-2] + last * more + whole[-2:]


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


# ------------------------------------------------------------------------------------------------------- the file


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_three_kinds_are_taken_by_their_content(kind: str) -> None:
    """And leave as PNG, of the same size and colours."""
    picture = opened(cleaned(a_file(kind)))
    assert (picture.format, picture.size, picture.mode) == ("PNG", (64, 48), "RGB")
    red, green, blue = picture.getpixel((30, 20))  # type: ignore[misc]
    assert red > 240
    assert max(green, blue) < 15


def test_a_telephones_file_of_several_pictures_is_its_first() -> None:
    """Pillow has a name of its own for such a JPEG."""
    first, second = opened(a_file("JPEG")), opened(a_file("JPEG"))
    file = io.BytesIO()
    first.save(file, "MPO", save_all=True, append_images=[second])
    assert opened(file.getvalue()).format == "MPO"
    assert opened(cleaned(file.getvalue())).size == (64, 48)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (a_file("GIF"), "unreadable_picture"),
        (a_file("BMP"), "unreadable_picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unreadable_picture"),
        (b"", "unreadable_picture"),
        (a_file()[:60], "unreadable_picture"),
        (a_bomb(60_000, 60_000), "too_many_pixels"),
        (a_bomb(10_000, 10_000), "too_many_pixels"),
        (a_bomb(4_096, 4_097), "too_many_pixels"),
        (a_file("JPEG", (5_001, 5_000), "L"), "too_many_pixels"),
        (of_many_scans(60), "unreadable_picture"),
        (a_bomb(2**31 - 1, 2**31 - 1), "too_many_pixels"),
        (a_file(size=(15, 400)), "too_small_picture"),
        (b"\x89PNG" + b"\0" * MAX_INIT_IMAGE_BYTES, "too_large"),
    ],
    ids=[
        "gif",
        "bmp",
        "svg",
        "nothing",
        "cut",
        "bomb",
        "smaller bomb",
        "a little too large",
        "photograph",
        "scans",
        "largest bomb",
        "small",
        "heavy",
    ],
)
def test_everything_else_is_refused(data: bytes, problem: str) -> None:
    """Before anything is decoded, as far as the header tells."""
    with pytest.raises(InvalidOption) as refused:
        cleaned(data)
    assert (refused.value.field, refused.value.problem) == ("init_image", problem)


def test_a_large_picture_becomes_smaller_and_keeps_its_shape() -> None:
    """No model reads more."""
    assert opened(cleaned(a_file("JPEG", (3000, 1500)))).size == (SIDE, SIDE // 2)
    assert opened(cleaned(a_file("JPEG", (5_700, 4_300)))).size == (SIDE, 772)  # the most of a telephone


@pytest.mark.parametrize(("mode", "blocks"), [("1", 10), ("L", 9), ("P", 13), ("RGB", 12), ("RGBA", 17)])
def test_a_small_file_of_many_pixels_takes_little(mode: str, blocks: int) -> None:
    """By Pillow's blocks of at most 16 MB; another copy of four bytes a pixel would take four more."""
    file = a_file(size=(4096, 4096), mode=mode, colour=0)
    PillowCore.reset_stats()
    cleaned(file)
    stats = PillowCore.get_stats()
    assert stats["allocated_blocks"] + stats["reused_blocks"] <= blocks


@pytest.mark.parametrize("scans", [0, 30])
def test_what_follows_a_photograph_is_not_read(scans: int) -> None:
    """Telephones append videos; and programs that save bytes make a dozen scans."""
    file = of_many_scans(scans) + b"\xff\xda" * 100
    assert opened(cleaned(file)).size == (64, 48)


def test_nothing_but_pixels_is_kept() -> None:
    """Telephones write down where they were; and which side is up, which is obeyed."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "a telephone"
    exif.get_ifd(0x8825)[1] = "N"
    picture = opened(cleaned(a_file("JPEG", (64, 48), exif=exif)))
    assert picture.size == (48, 64)
    assert dict(picture.getexif()) == {}
    assert picture.info == {}


def test_what_is_clear_becomes_white() -> None:
    """As paper would be."""
    assert opened(cleaned(a_file(mode="RGBA", colour=(0, 0, 0, 0)))).getpixel((5, 5)) == (255, 255, 255)


# ---------------------------------------------------------------------------------------------------- the command


@pytest.mark.parametrize(
    ("use", "strength", "rows"), [(None, 0.5, 0), ("subtle", 0.3, 0), ("strong", 0.75, 0), ("complete", None, 2)]
)
async def test_pictures_are_drawn_from_one(town: Town, use: str | None, strength: float | None, rows: int) -> None:
    """Varied, or completed below its upper half: two of the model's four rows."""
    options = {} if use is None else {"use": use}
    result = await town.ada.slash(
        town.pictures, "imagine", prompt="a cat", picture=("holiday.jpg", a_file("JPEG")), **options
    )
    record, message = await town.finished()
    request = town.pool.requests[-1]
    assert (request.strength, request.keep_rows) == (strength, rows)
    assert request.init_image is not None
    assert opened(request.init_image).size == (64, 48)
    assert message.id == answer(result).id == record.message_id
    assert "from a picture" in said(message)
    assert (record.order.strength, record.order.keep_rows) == (strength, rows)


async def test_what_was_drawn_from_a_picture_is_drawn_from_it_again(town: Town) -> None:
    """The file is kept with the generation, also over a restart."""
    await town.ada.slash(town.pictures, "imagine", prompt="a cat", picture=("a.png", a_file()), use="complete")
    record, message = await town.finished()
    await town.restart()
    await town.ada.click(message, custom_id=f"easel:reroll:{record.id}")
    await town.settled()
    request = town.pool.requests[-1]
    assert request.init_image is not None
    assert request.keep_rows == 2


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("a.png", b"not a picture", "cannot be read"),
        ("a.png", a_bomb(60_000, 60_000), "too many pixels; at most 25 million"),
        ("a.png", b"\0" * (MAX_INIT_IMAGE_BYTES + 1), "at most 10485760 are taken"),
    ],
    ids=["nonsense", "bomb", "heavy"],
)
async def test_a_bad_picture_is_refused_in_private(town: Town, name: str, data: bytes, sentence: str) -> None:
    """Nothing is left in the channel, and nothing is drawn."""
    result = await town.ada.slash(town.pictures, "imagine", prompt="a cat", picture=(name, data))
    assert sentence in said(answer(result))
    assert answer(result).ephemeral
    assert town.pictures.history(viewer=town.bo) == []
    assert town.pool.requests == []


async def test_a_picture_that_the_check_refuses_is_told_in_private(town: Town) -> None:
    """The drawing server looks at what it starts from; the sentence says no more than that."""
    town.pool.refuse_next("init_image", "refused_picture", {"category": "nudity"})
    await town.ada.slash(town.pictures, "imagine", prompt="a cat", picture=("a.png", a_file()))
    await town.settled()
    assert town.pictures.history(viewer=town.bo) == []
    assert "does not work with this picture" in said(town.pictures.history(viewer=town.ada)[-1])
    assert (await town.newest()).status == "failed"


async def test_a_file_that_discord_does_not_hand_over(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says so; the person tries again."""

    async def away(*_: object, **__: object) -> bytes:
        raise TimeoutError

    monkeypatch.setattr("discord.Attachment.read", away)
    result = await town.ada.slash(town.pictures, "imagine", prompt="a cat", picture=("a.png", a_file()))
    assert "did not hand the picture over" in said(answer(result))
    assert town.pictures.history(viewer=town.bo) == []


async def test_nothing_is_fetched_for_a_refused_order(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """And its first word, which came before, is taken back."""
    monkeypatch.setattr("bot.views.upload.fetched", pytest.fail)
    await town.services.sanctions.sanction(town.ada.id, town.guild.id, "ban", None, "spam", town.mo.id)
    result = await town.ada.slash(town.pictures, "imagine", prompt="a cat", picture=("a.png", a_file()))
    assert "banned" in said(answer(result))
    assert town.pictures.history(viewer=town.bo) == []
    for _ in range(10):
        await town.services.limits.count(Requester(town.bo.id, "Bo", None, 0))
    result = await town.bo.slash(town.pictures, "imagine", prompt="a cat", picture=("a.png", a_file()))
    assert "Your limit of 10 per" in said(answer(result))


async def test_a_model_that_cannot_is_named_before_anything_is_fetched(town: Town) -> None:
    """Completing takes a model of codes."""
    town.pool.served = (type(FAKE_MODEL)("painter", pictures=("vary",)),)
    result = await town.ada.slash(town.pictures, "imagine", prompt="a cat", picture=("a.png", a_file()), use="complete")
    assert "The model painter cannot complete a picture" in said(answer(result))
    town.pool.served = ()
    result = await town.ada.slash(town.pictures, "imagine", prompt="a cat", picture=("a.png", a_file()), use="complete")
    assert "No drawing server is ready" in said(answer(result))


async def test_a_use_needs_a_picture(town: Town) -> None:
    """One without the other is a slip."""
    result = await town.ada.slash(town.pictures, "imagine", prompt="a cat", use="complete")
    assert "no picture was given" in said(answer(result))


async def test_a_private_one_stays_private(town: Town) -> None:
    """Although its answer comes before everything else."""
    result = await town.ada.slash(town.pictures, "imagine", prompt="a cat", picture=("a.png", a_file()), private=True)
    await town.settled()
    assert result.ephemeral
    assert town.pictures.history(viewer=town.bo) == []


# ----------------------------------------------------------------------------------------------------- the button


async def test_a_picture_of_a_grid_is_completed(town: Town) -> None:
    """By anybody who sees it; its upper half stays."""
    record, message = await town.imagine(seed=10)
    picked = await town.pick(message, 2, town.bo)
    await town.bo.click(picked, custom_id=f"easel:complete:{record.id}:2")
    second, shown = await town.finished()
    request = town.pool.requests[-1]
    assert request.init_image == await town.services.storage.get(record.images[2].key)
    assert (request.keep_rows, request.strength, request.images, request.model) == (2, None, 4, "fake")
    assert (second.order.kind, second.order.parent_id) == ("complete", record.id)
    assert "completion" in said(shown)
    assert buttons(shown)


# -------------------------------------------------------------------------------------------------- the right-click


async def test_somebodys_picture_is_used_as_input(town: Town) -> None:
    """From the menu of a message: what to draw, and what to keep of it."""
    posted = await town.bo.send(town.pictures, "look", attachments=[("lake.webp", a_file("WEBP"))])
    shown = await town.ada.context_menu(town.pictures, "Use as input", posted)
    await town.ada.submit_modal(shown, {"prompt": "a frozen lake --seed 3", "use": ["complete"]})
    record, message = await town.finished()
    request = town.pool.requests[-1]
    assert (request.prompt, request.seed, request.keep_rows) == ("a frozen lake", 3, 2)
    assert request.init_image is not None
    assert opened(request.init_image).format == "PNG"
    assert "from a picture" in said(message)
    assert record.order.requester.user_id == town.ada.id


async def test_one_picture_of_easels_grid_is_used_as_input(town: Town) -> None:
    """Not the whole grid; the form asks which one, and begins with its prompt."""
    record, message = await town.imagine("a lake", seed=10)
    shown = await town.bo.context_menu(town.pictures, "Use as input", message)
    await town.bo.submit_modal(shown, {"prompt": "a frozen lake", "use": ["strong"], "which": ["2"]})
    await town.settled()
    request = town.pool.requests[-1]
    assert request.init_image == await town.services.storage.get(record.images[2].key)
    assert request.strength == 0.75


async def test_a_message_without_a_picture_says_so(town: Town) -> None:
    """In private."""
    posted = await town.bo.send(town.pictures, "only words")
    told = answer(await town.ada.context_menu(town.pictures, "Use as input", posted))
    assert "has no picture" in said(told)
    assert told.ephemeral


async def test_a_form_of_before_a_restart_is_drawn(town: Town) -> None:
    """The message is looked at once more; of Easel's own, the picture that was chosen."""
    posted = await town.bo.send(town.pictures, "look", attachments=[("lake.webp", a_file("WEBP"))])
    record, grid = await town.imagine("a lake", seed=10)
    somebodys = await town.ada.context_menu(town.pictures, "Use as input", posted)
    easels = await town.bo.context_menu(town.pictures, "Use as input", grid)
    await town.restart()
    await town.ada.submit_modal(somebodys, {"prompt": "a frozen lake", "use": ["complete"]})
    await town.settled()
    assert (town.pool.requests[-1].prompt, town.pool.requests[-1].keep_rows) == ("a frozen lake", 2)
    await town.bo.submit_modal(easels, {"prompt": "a dry lake", "use": ["strong"], "which": ["2"]})
    await town.settled()
    request = town.pool.requests[-1]
    assert (request.prompt, request.strength) == ("a dry lake", 0.75)
    assert request.init_image == await town.services.storage.get(record.images[2].key)


async def test_what_was_typed_is_handed_back_where_the_picture_is_gone(town: Town) -> None:
    """After a restart the message cannot be read any more."""
    posted = await town.bo.send(town.pictures, "look", attachments=[("lake.webp", a_file("WEBP"))])
    shown = await town.ada.context_menu(town.pictures, "Use as input", posted)
    await town.restart()
    await town.bo.delete(posted)
    told = answer(await town.ada.submit_modal(shown, {"prompt": "a frozen lake", "use": ["vary"]}))
    assert "restarted while this form was open" in said(told)
    assert "a frozen lake" in said(told)
    assert told.ephemeral


async def test_two_people_have_forms_of_their_own(town: Town) -> None:
    """The one who is done first takes nothing from the other: Easel need not be able to read the message."""
    posted = await town.bo.send(town.pictures, "look", attachments=[("lake.webp", a_file("WEBP"))])
    forms = {who: await who.context_menu(town.pictures, "Use as input", posted) for who in (town.ada, town.bo)}
    await town.bo.delete(posted)
    for number, (who, form) in enumerate(forms.items(), 1):
        await who.submit_modal(form, {"prompt": "a frozen lake", "use": ["vary"]})
        await town.settled()
        assert len(town.pool.requests) == number
