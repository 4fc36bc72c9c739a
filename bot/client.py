"""The bot as Discord sees it: commands, buttons, and one place where orders enter and errors leave.

In: settings, and `Services` once they are open.  Out: a discord.py client.  Long-lived tasks belong to the
composition root (`bot.connection`, the demo, a test), never to `setup_hook`.
"""

import logging
import secrets
from importlib import import_module
from typing import Any, Final, Literal
from weakref import WeakValueDictionary

import aiohttp
import discord
import structlog
from discord import app_commands, ui
from discord.ext import commands

from bot.cogs.translator import Translator
from bot.command_sync import CommandSync, Outcome
from bot.config import Settings
from bot.errors import Broken, UserError
from bot.metrics import BotMetrics
from bot.views.answer import note
from bot.views.client import BotInteraction, Client
from bot.views.discord_codes import UNHEARD, sentence_for
from bot.views.door import InteractionDoor
from bot.views.double_press import LastPresses
from bot.views.forms import take_form
from bot.views.press import declared
from bot.wording.reader import reading
from bot.wording.render import explain

log = structlog.get_logger(__name__)

COGS: Final = (
    "imagine",
    "ideas",
    "details",
    "about",
    "history",
    "gallery",
    "contest",
    "styles",
    "moderation",
    "settings",
    "privacy",
    "servers",
)
SyncWhen = Literal["changed", "always", "never"]
# Discord waits 3 seconds for a first word, and its own way takes some of them.
PATIENCE_SECONDS: Final = 2.0


class Bot(Client, commands.AutoShardedBot):
    """`services` is set by whoever opened them, before the first interaction."""

    def __init__(
        self,
        settings: Settings,
        *,
        shard_count: int | None = None,
        sync: SyncWhen = "changed",
        metrics: BotMetrics | None = None,
    ) -> None:
        metrics = metrics or BotMetrics()
        # They tell of libraries for voice, which this bot does not have.
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=Tree,
            intents=discord.Intents(guilds=True),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            max_messages=None,
            chunk_guilds_at_startup=False,
            shard_count=shard_count or settings.shard_count,
            shard_ids=list(settings.partition.ids) or None,  # type: ignore[arg-type]  # None is its default
            proxy=settings.discord_proxy,
            http_trace=_counting(metrics),
        )
        self.metrics = metrics
        self.settings = settings
        self.posting = WeakValueDictionary()  # a lock stays for as long as somebody waits for it
        self.last_presses = LastPresses()
        self._sync = sync
        self._added: set[str] = set()  # cogs
        self.patience = PATIENCE_SECONDS  # until an order that is not admitted yet is refused

    async def setup_hook(self) -> None:
        await self.tree.set_translator(Translator())
        await self.add_commands()
        self.add_dynamic_items(*declared())
        if self._sync != "never" and self.settings.partition.holds(None):  # one process of several does it
            await self.sync_commands()

    async def add_commands(self) -> None:
        """Those of every cog, once: a login that failed half-way is tried again.

        As plain modules: discord.py runs an extension's file anew for each bot, and forgets it when the bot closes.
        """
        for name in (name for name in COGS if name not in self._added):
            await import_module(f"bot.cogs.{name}").setup(self)
            self._added.add(name)

    async def sync_commands(self, *, anew: bool = False) -> dict[str, Outcome]:
        """Tell Discord of the commands where they have changed since this data folder last did, or `anew`."""
        memory = None if self._sync == "always" else self.settings.data_dir / "commands.json"
        return await CommandSync(self, self.tree, memory).run(self.settings.discord_guild_ids, anew=anew)

    async def on_interaction(self, interaction: BotInteraction) -> None:
        """Forms are kept by nobody: what comes back says what it is about."""
        if interaction.type is discord.InteractionType.modal_submit and interaction.data is not None:
            known = self._connection._view_store._modals  # noqa: SLF001  # discord.py drops the others silently
            if interaction.data.get("custom_id") not in known:
                await take_form(interaction)

    def door(self, interaction: BotInteraction, *, hidden: bool, message_id: int | None = None) -> InteractionDoor:
        return InteractionDoor(interaction, self.patience, hidden=hidden, message_id=message_id)

    # ------------------------------------------------------------------------------------------------- errors

    async def report(self, interaction: BotInteraction, error: Exception, *more: ui.Item[Any]) -> None:
        """The one error handler: a UserError's own sentence, anything else an id that is in the log."""
        cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
        if isinstance(cause, discord.HTTPException) and cause.code in UNHEARD:
            log.warning("interaction.answered_too_late", interaction=interaction.id, code=cause.code)
            return
        with reading(str(interaction.locale)):
            sentence = self._sentence(interaction, cause)
        try:
            if interaction.response.is_done():
                await interaction.followup.send(view=note(sentence, *more), ephemeral=True)
            else:
                await interaction.response.send_message(view=note(sentence, *more), ephemeral=True)
        except discord.HTTPException as unheard:
            log.info("interaction.not_told", error=str(unheard), cause=str(cause))

    def _sentence(self, interaction: BotInteraction, cause: Exception) -> str:
        """What the person is told; what broke goes into the log under an id."""
        if isinstance(cause, UserError):
            self.metrics.refused(cause.code)
            log.info("interaction.refused", user=interaction.user.id, code=cause.code, details=cause.details)
            return explain(cause)
        if isinstance(cause, discord.HTTPException) and (meaning := sentence_for(cause)) is not None:
            log.info("discord.refused", code=cause.code, user=interaction.user.id, error=str(cause))
            return meaning
        self.metrics.broke()
        error_id = secrets.token_hex(4)
        log.error("interaction.broke", id=error_id, user=interaction.user.id, exc_info=cause)
        return explain(Broken(error_id))


class Tree(app_commands.CommandTree[Bot]):
    """Hands what commands did not answer themselves, such as a failed check, to `Bot.report`."""

    def __init__(self, client: Bot) -> None:
        super().__init__(client)
        logging.getLogger(app_commands.tree.__name__).addFilter(_heard)

    async def on_error(self, interaction: discord.Interaction[Bot], error: app_commands.AppCommandError) -> None:
        await self.client.report(interaction, error)


def _heard(record: logging.LogRecord) -> bool:
    """Suggestions that came after the person had typed on are no fault; discord.py logs them as one."""
    error = record.exc_info[1] if record.exc_info else None
    return not (isinstance(error, discord.HTTPException) and error.code in UNHEARD)


def _counting(metrics: BotMetrics) -> aiohttp.TraceConfig:
    """Count the requests to Discord, 429 among them; their addresses hold tokens and are not looked at."""

    async def answered(_: object, __: object, request: aiohttp.TraceRequestEndParams) -> None:
        metrics.asked_discord(request.method, str(request.response.status))

    async def unanswered(_: object, __: object, request: aiohttp.TraceRequestExceptionParams) -> None:
        metrics.asked_discord(request.method, "none")

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(answered)
    trace.on_request_exception.append(unanswered)
    return trace
