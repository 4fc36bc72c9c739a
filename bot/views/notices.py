"""What the bot posts of its own accord: shared pictures, contests, the week's digest.

In: a notice and its mark.  Out: a layout that pings nobody; `files` are to be sent along.
"""

from io import BytesIO
from typing import Any, Final, Literal, assert_never

import discord
from discord import ui

from bot.actions.notices import ContestNotice, DigestNotice, Notice, SharedNotice, Shown
from bot.views.answer import note
from bot.views.client import BotInteraction
from bot.views.contest import contest_buttons
from bot.views.gallery import Favour, Heart
from bot.views.language import language_of
from bot.views.layout import Layout
from bot.views.press import Press, actor_of, row_of
from bot.views.remix import Remix
from bot.wording import community, drawing, sharing, terms, text
from bot.wording.reader import reading, say

PREVIEW: Final = 1  # the mark of what is not posted


class Reticence(Press, verb="reticence"):
    """Turns whether digests name whoever presses."""

    where: Literal["digest"]

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(community.DO_NOT_NAME_ME))

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        named = await interaction.client.services.digest.name(interaction.user.id)
        told = say(community.NAMED if named else community.UNNAMED)
        await interaction.followup.send(view=note(told), ephemeral=True)


class Preview(Press, verb="preview"):
    """Shows a manager the next digest as it stands, as everybody would see it."""

    what: Literal["digest"]

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(community.PREVIEW_DIGEST), emoji="👁️")

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        actor = actor_of(interaction)
        found = await interaction.client.services.digest.preview(actor)
        told = community.digest_preview(found.due, found.channel_id, empty=found.notice is None)
        if found.notice is None:
            await interaction.followup.send(view=note(told), ephemeral=True)
            return
        with reading(language_of(interaction.client, actor.guild_id)):
            layout = NoticeLayout(found.notice, PREVIEW, told)
        await interaction.followup.send(view=layout, files=layout.files, ephemeral=True)


class NoticeLayout(Layout):
    """Its first part carries the mark as its id; `before` it stands what is said to one reader alone."""

    def __init__(self, notice: Notice, mark: int, before: str = "") -> None:
        super().__init__()
        if before:
            self.add_item(ui.TextDisplay(before))
        self.files: list[discord.File] = []
        self._mark = mark
        match notice:
            case SharedNotice(shown, source):
                self._say(community.newly_shared(shown.share.user_id))
                self._show(shown, "" if source is None else f"-# {sharing.made_from(source)}", buttons=True)
            case ContestNotice():
                self._contest(notice)
            case DigestNotice(shown, unnamed):
                self._say(f"### {say(community.DIGEST)}")
                for one in shown:
                    hidden = one.share.user_id in unnamed
                    who = say(community.SOMEBODY) if hidden else community.drawn_by(one.share.user_id)
                    self._show(one, f"-# {who} · {community.votes(one.votes)}", buttons=True)
                self.add_item(row_of(Reticence("digest")))
            case _:
                assert_never(notice)

    def _contest(self, notice: ContestNotice) -> None:
        record = notice.contest
        told = [f"### {community.contest_title(record.theme)}"]
        if record.phase == "closed":
            winners = sum(one.place == 1 for one in notice.first)
            told.append(community.result(notice.entries, notice.voters, winners))
        else:
            told.append(community.contest_phase(record.phase, record.voting_at, record.ends_at))
        if record.is_open:
            told.append(f"-# {community.entries(notice.entries)}")
        if record.phase == "entries":
            told.append(f"-# {say(community.HOW_TO_ENTER)}")
        self._say("\n".join(told))
        for one in notice.first:
            place = f"{community.place(one.place, one.votes)} {community.drawn_by(one.share.user_id)}"
            self._show(one, place)
        buttons = contest_buttons(record, notice.entries)
        if buttons:
            self.add_item(row_of(*buttons))

    def _say(self, sentence: str) -> None:
        self.add_item(ui.TextDisplay(sentence, id=self._mark))

    def _show(self, one: Shown, about: str = "", *, buttons: bool = False) -> None:
        share = one.share
        file = discord.File(
            BytesIO(one.picture.data), filename=f"easel-share-{share.id}.{one.picture.suffix}",
            description=terms.alt_text(share.prompt),
        )  # fmt: skip
        self.files.append(file)
        box: ui.Container[Any] = ui.Container()
        box.add_item(ui.MediaGallery(discord.MediaGalleryItem(file, spoiler=share.is_covered)))
        told = (f"**{text.plain(share.prompt, 200)}**", about, drawing.mark())
        box.add_item(ui.TextDisplay("\n".join(filter(None, told))))
        if buttons:
            row = row_of(Heart(share.id), Favour(share.id), Remix(share.generation.id, share.image.index))
            box.add_item(row)
        self.add_item(box)


def carries(message: discord.Message, mark: int) -> bool:
    """Whether the message is the notice of this mark."""
    return any(isinstance(part, discord.TextDisplay) and part.id == mark for part in message.components)
