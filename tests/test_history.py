"""/history: one's own pictures, page by page, for oneself."""

from tests.town import Town, answer, buttons, said


async def test_it_shows_ones_own_pictures_in_private(town: Town) -> None:
    """Newest first, each with its grid and its buttons; nobody else's."""
    older, _ = await town.imagine("a cat")
    await town.imagine("a secret bird", who=town.bo)
    newer, _ = await town.imagine("a dog")
    result = await town.ada.slash(town.pictures, "history")
    shown = answer(result)
    assert shown.ephemeral
    assert said(shown).index("a dog") < said(shown).index("a cat")
    assert "secret" not in said(shown)
    assert [file.filename for file in shown.attachments] == [f"easel-{newer.id}.png", f"easel-{older.id}.png"]
    assert f"easel:reroll:{older.id}" in buttons(shown)


async def test_a_picture_is_opened_from_the_history(town: Town) -> None:
    """To be upscaled, varied, looked up: one of a grid by its place, a single one by a button."""
    grid, _ = await town.imagine("a cat", seed=10)
    single, _ = await town.imagine("a dog", images=1)
    shown = answer(await town.ada.slash(town.pictures, "history"))
    picked = answer(await town.ada.select(shown, ["2"], custom_id=f"easel:choose:{grid.id}"))
    assert "Picture 3 of 4" in said(picked)
    told = answer(await town.ada.click(picked, custom_id=f"easel:details:{grid.id}"))
    assert "Picture 3: seed 12" in said(told)
    opened = answer(await town.ada.click(shown, custom_id=f"easel:open:{single.id}:0"))
    assert f"easel:upscale:{single.id}:0:2" in buttons(opened)


async def test_it_is_searched(town: Town) -> None:
    """By words of the prompts; the next page goes on in what was found, also after a restart."""
    cats = [(await town.imagine(f"a {colour} cat", images=1))[0] for colour in ("red", "blue", "green", "black")]
    await town.imagine("a dog", images=1)
    await town.imagine("a cat of Bo's", images=1, who=town.bo)
    result = await town.ada.slash(town.pictures, "history", search=" CAT ")
    assert "### Your pictures · “CAT”" in said(answer(result))
    assert "a black cat" in said(answer(result))
    assert "dog" not in said(answer(result))
    assert buttons(answer(result))[-1] == f"easel:history:{cats[1].id}:CAT"
    await town.restart()
    await town.ada.click(answer(result), custom_id=f"easel:history:{cats[1].id}:CAT")
    shown = said(answer(result))
    assert "a red cat" in shown
    assert "dog" not in shown
    assert "Bo" not in shown
    none = said(answer(await town.ada.slash(town.pictures, "history", search="penguin")))
    assert none == "### Your pictures · “penguin”\nNothing here is like that."


async def test_it_says_how_to_begin(town: Town) -> None:
    """An empty history is no error."""
    assert "Try `/imagine`" in said(answer(await town.ada.slash(town.pictures, "history")))


async def test_pages_turn_and_return_even_after_a_restart(town: Town) -> None:
    """Three on a page; *Older* and *Newest* replace the page, pictures included."""
    records = [(await town.imagine(f"number {count}", images=1))[0] for count in range(4)]
    result = await town.ada.slash(town.pictures, "history")
    assert buttons(answer(result))[-1] == f"easel:history:{records[1].id}"
    await town.restart()
    await town.ada.click(answer(result), custom_id=f"easel:history:{records[1].id}")
    shown = answer(result)
    assert "number 0" in said(shown)
    assert "number 1" not in said(shown)
    assert [file.filename for file in shown.attachments] == [f"easel-{records[0].id}.png"]
    await town.ada.click(shown, custom_id="easel:history:")
    assert "number 3" in said(answer(result))


async def test_a_removed_generation_is_gone_and_a_removed_picture_is_cut_out(town: Town) -> None:
    """What a moderator removed does not come back through the history."""
    gone, _ = await town.imagine("a cat")
    cut, _ = await town.imagine("a dog", images=4)
    await town.services.generations.remove(gone.id, town.mo.id, "why")
    await town.services.generations.remove(cut.id, town.mo.id, "why", image_index=2)
    shown = answer(await town.ada.slash(town.pictures, "history"))
    assert "a cat" not in said(shown)
    whole = await town.services.storage.get(cut.grid_key or "")
    assert await shown.attachments[0].read() != whole
    assert len(shown.attachments) == 1


async def test_a_missing_file_is_said_of_its_entry_only(town: Town) -> None:
    """One lost file does not hide the other pictures."""
    lost, _ = await town.imagine("a cat")
    await town.imagine("a dog")
    await town.services.storage.delete(lost.grid_key or "")
    shown = answer(await town.ada.slash(town.pictures, "history"))
    assert "a cat" in said(shown)
    assert "file is missing" in said(shown)
    assert len(shown.attachments) == 1


async def test_deleting_from_the_history_takes_the_message_down_too(town: Town) -> None:
    """The bin below an entry removes the generation everywhere."""
    record, _ = await town.imagine("a cat")
    shown = answer(await town.ada.slash(town.pictures, "history"))
    assert said(await town.delete(record, shown)) == "Deleted."
    assert town.pictures.history(viewer=town.bo) == []
    assert "Try `/imagine`" in said(answer(await town.ada.slash(town.pictures, "history")))


async def test_a_message_that_stays_is_not_called_gone(town: Town) -> None:
    """Without View Channel the bot cannot delete its own message: the owner is told that it still stands."""
    record, _ = await town.imagine("a cat")
    shown = answer(await town.ada.slash(town.pictures, "history"))
    town.env.inject_error("DELETE", "/channels/*/messages/*", status=403, code=50001)
    told = said(await town.delete(record, shown))
    assert told.startswith("The pictures are deleted. Easel may not see the channel")
