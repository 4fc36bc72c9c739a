"""/privacy: what is kept, taking it away in files that Discord takes, and erasing it after a word."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from bot.actions.parts import Parts
from bot.database.guild import GuildRecord
from bot.errors import NotFound
from bot.wording import privacy as words
from tests.town import Town, answer, said


async def privacy(town: Town, **options: Any) -> Any:
    return answer(await town.ada.slash(town.pictures, "privacy", **options))


async def test_it_tells_what_is_kept_and_for_how_long(town: Town) -> None:
    """Only one's own, to oneself alone; the days are this server's."""
    await town.imagine("a cat")
    await town.imagine("a dog", who=town.bo)
    shown = await privacy(town)
    assert shown.ephemeral
    assert "Requests, with their pictures: **1**" in said(shown)
    assert "They are kept until you delete them." in said(shown)
    await town.services.guild_settings.set(GuildRecord(town.guild.id, retention_days=30), town.mo.id)
    assert "In this server they are forgotten after 30 days" in said(await privacy(town))


async def test_everything_is_taken_away(town: Town) -> None:
    """A zip with the rows and the pictures, of whoever presses, after a restart, too."""
    record, _ = await town.imagine("a cat")
    await town.imagine("a dog", who=town.bo)
    shown = await privacy(town)
    await town.restart()
    got = answer(await town.ada.click(shown, custom_id="easel:mydata:take"))
    assert got.ephemeral
    assert "This is everything, in 1 file" in said(got)
    with zipfile.ZipFile(io.BytesIO(await got.attachments[0].read())) as archive:
        document = json.loads(archive.read("data.json"))
        assert [one["prompt"] for one in document["generations"]] == ["a cat"]
        assert archive.read(f"pictures/{record.id}/1.png") == await town.services.storage.get(record.images[0].key)


async def test_erasing_asks_for_a_word_first(town: Town) -> None:
    """The wrong one erases nothing; the right one everything, its message, too; and it works after a restart."""
    record, message = await town.imagine("a cat")
    other, _ = await town.imagine("a dog", who=town.bo)
    shown = await privacy(town)
    form = await town.ada.click(shown, custom_id="easel:mydata:erase")
    refused = answer(await town.ada.submit_modal(form, {"word": "no"}))
    assert "write the word “erase”" in said(refused)
    assert await town.services.generations.get(record.id) is not None
    form = await town.ada.click(shown, custom_id="easel:mydata:erase")
    await town.restart()
    told = answer(await town.ada.submit_modal(form, {"word": " Erase"}))
    assert "1 request of yours is erased." in said(told)
    assert await town.services.generations.get(record.id) is None
    assert await town.services.generations.get(other.id) is not None
    assert message.id not in [one.id for one in town.messages()]
    with pytest.raises(NotFound):
        await town.services.storage.get(record.images[0].key)


async def test_a_long_erasure_is_answered_before_its_end(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interaction's answer waits a quarter of an hour at most; the erasure goes on by itself."""

    async def still_at_it(_: int) -> None:
        return None

    monkeypatch.setattr(town.services.privacy, "erase", still_at_it)
    form = await town.ada.click(await privacy(town), custom_id="easel:mydata:erase")
    told = answer(await town.ada.submit_modal(form, {"word": "erase"}))
    assert "Your data is being erased." in said(told)


def test_files_keep_to_the_limit_and_hold_everything(tmp_path: Path) -> None:
    """Each is an archive of its own; a picture that fits into none is counted."""
    parts = Parts(tmp_path, 20_000)
    for number in range(10):
        parts.add(f"{number}.png", bytes([number]) * 5_000)
    parts.add("large.png", b"x" * 30_000)
    listing = tmp_path / "listing"
    listing.write_bytes(b"{}" * 10_000)
    parts.add_file("data.json", listing)
    parts.close()
    names = []
    for file in parts.files:
        assert file.stat().st_size <= 20_000
        with zipfile.ZipFile(file) as archive:
            names += archive.namelist()
    assert names == [*(f"{number}.png" for number in range(10)), "data.json"]
    assert (len(parts.files), parts.left_out) == (6, 1)


def test_titles_of_forms_are_short_enough() -> None:
    assert all(len(title) <= 45 for title in words.TITLES)
    assert len(words.confirm()) <= 45
