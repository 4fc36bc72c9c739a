"""/imagine and what becomes of it, as people see it."""

from tests.town import Town, said


async def test_pictures_come_in_the_message_that_answered(town: Town) -> None:
    """One message: it first says that Easel is at work, and in the end shows grid, facts and buttons."""
    result = await town.ada.slash(town.pictures, "imagine", prompt="a red heart", seed=7)
    record, message = await town.finished()
    assert result.acknowledged
    assert record.status == "done"
    assert message.id == record.message_id == answer(result).id
    assert len(town.messages()) == 1
    assert "a red heart" in said(message)
    assert "seed 7" in said(message)
