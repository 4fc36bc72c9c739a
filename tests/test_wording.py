"""What people read: every sentence is made in one place, for one reader, in their language."""

import ast
import re
from collections.abc import Container, Iterator
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, get_args

import discord
import pytest
from babel.messages.pofile import read_po

from bot import errors
from bot.client import Bot
from bot.config import load_settings
from bot.database.audit import ActName
from bot.errors import UserError
from bot.wording import phrases, render, terms
from bot.wording.catalogue import LOCALES, Sentences, parsed
from bot.wording.commands import NAMES
from bot.wording.form import DISCORD, PLAIN
from bot.wording.reader import reading
from bot.wording.render import explain, explain_kept
from docs.collect_messages import collected
from inference.contract import refusals

ROOT = Path(__file__).parent.parent
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
AFTER = "Try again after <t:1767268800:f> (<t:1767268800:R>)."
EXAMPLES: list[tuple[UserError, str]] = [
    (errors.Sanctioned("timeout", "*no*", NOON),
     r"You are timed out from Easel: \*no\*. This server's moderators can end it sooner. " + AFTER),
    (errors.Sanctioned("ban", "Why not?"),
     "You are banned from Easel: Why not? The ban lasts until this server's moderators lift it: ask them."),
    (errors.Sanctioned("ban", everywhere=True),
     "You are banned from Easel. The ban lasts until the bot's operator lifts it: ask them."),
    (errors.ChannelNotAllowed((7, 8)), "Easel is not enabled in this channel. Try <#7>, <#8>."),
    (errors.ChannelNotAllowed(()), "Easel is not enabled in this channel."),
    (errors.DirectMessagesRefused(), "Easel does not draw in direct messages. Use it in a server."),
    (errors.LimitReached("person", 10, 1, "minute", NOON),
     "Your limit of 10 per minute is reached. " + AFTER),
    (errors.LimitReached("server", 1000, 12, "hour", NOON),
     "This server's limit of 1,000 per 12 hours for all its members together is reached. " + AFTER),
    (errors.LimitReached("here", 5, 1, "hour", NOON),
     "This server's limit of 5 per hour for each member is reached. " + AFTER),
    (errors.LimitReached("role", 5, 1, "hour", NOON),
     "Your role's limit of 5 per hour in this server is reached. " + AFTER),
    (errors.LimitReached("all", 5, 1, "hour", NOON),
     "Easel's limit of 5 per hour for everybody together is reached. " + AFTER),
    (errors.QueueFull("person", 1, 1), "You have 1 generation under way; at most 1 are allowed."),
    (errors.QueueFull("person", 5, 5), "You have 5 generations under way; at most 5 are allowed."),
    (errors.QueueFull("all", 200, 200), "The queue is full: 200 generations are under way. Please try again later."),
    (errors.QueueFull("person", 5, 5, 12.4),
     "You have 5 generations under way; at most 5 are allowed. A place is free in about 12 s."),
    (errors.QueueFull("all", 200, 200, 75.0),
     "The queue is full: 200 generations are under way. A place is free in about 1 min 15 s."),
    (errors.Busy(), "Easel is very busy and could not take your order in time. Please try again in a moment."),
    (errors.DiscordAway(),
     "Discord does not answer at the moment, so Easel cannot ask what you may do. Please try again in a minute."),
    (errors.NotRead(),
     "Easel's database does not answer at the moment. Nothing is lost; please try again in a minute."),
    (errors.Restarting(), "Easel is being restarted. Please try again in a minute."),
    (errors.InvalidOption("prompt", "empty"), "The prompt is empty. Describe what the pictures should show."),
    (errors.InvalidOption("guidance_scale", "out_of_range", {"value": 31.0, "low": 1.0, "high": 30.0}),
     "Guidance scale is 31.0; it must be from 1.0 to 30.0."),
    (errors.InvalidOption("model", "unknown_model", {"value": "**x**"}),
     r"No drawing server has the model \*\*x\*\* now."),
    (errors.InvalidOption("keep_rows", "too_many_rows", {"rows": 3}), "Keep rows was not accepted (too_many_rows)."),
    (errors.PromptBlocked("violence_gore"),
     ("This prompt was not accepted: the filter takes it for violence and gore. If you mean something else, say it in "
     "other words.")),
    (errors.PromptBlocked("unreadable"),
     "This prompt was not accepted: the filter cannot read it. Write it in plain words."),
    (errors.PromptBlocked("server_words"),
     "This prompt was not accepted: one of the words in it is not allowed here. Say it in other words."),
    (errors.PromptBlocked("server_words", "negative_prompt"),
     ("This list of what to leave out was not accepted: one of the words in it is not allowed here. Say it in other "
     "words.")),
    (errors.PromptBlocked("self_harm", "negative_prompt"),
     ("This list of what to leave out was not accepted: with it, the filter takes the prompt for self-harm. Leave out "
     "something else.")),
    (errors.NotFound("generation", 7), "Generation 7 was not found. It may have been removed."),
    (errors.NotFound("file"), "The picture's file was not found. It may have been removed."),
    (errors.NotYours("picture"), "This belongs to someone else: only they can do that."),
    (errors.NotYours("generation", moderators=True),
     "This belongs to someone else: only they and moderators can do that."),
    (errors.NotFound("style", near="Noir"),
     "There is no style of this name. Did you mean “Noir”? `/style list` shows all."),
    (errors.MissingPermission("manage_messages"), "You need the permission “Manage Messages” for this."),
    (errors.NotSanctioned(7), "<@7> is neither banned nor timed out."),
    (errors.NotSanctioned(7, everywhere=True),
     "<@7> is banned everywhere; only the bot's operator can lift that."),
    (errors.CannotSanction(7, "owner"), "<@7> owns this server and cannot be sanctioned."),
    (errors.CannotSanction(7, "banned"),
     "<@7> is banned, and a timeout would end the ban. Lift the ban first."),
    (errors.CannotSanction(7, "timed_out", NOON),
     "<@7> is timed out for longer: <t:1767268800:R>. For a shorter timeout, lift that one first."),
    (errors.ServersOnly(), "This works in servers only."),
    (errors.NoGallery(), "A gallery belongs to a server: there is none in direct messages."),
    (errors.SharingBlocked("*spam*"), r"A moderator of this server keeps you from sharing pictures: \*spam\*"),
    (errors.ContestRunning(7, NOON),
     "There is a contest in this server already: `/contest show`. It ends <t:1767268800:R>."),
    (errors.ContestOver(7), "It is not the time for this in the contest, or no longer. See `/contest show`."),
    (errors.OwnEntry(), "This one is yours. Vote for somebody else's picture."),
    (errors.MayNotShare(), "This server's managers have switched sharing off."),
    (errors.MayNotShare((7, 8)),
     "In this server, only members with one of these roles share pictures: <@&7>, <@&8>."),
    (errors.DrawnElsewhere(),
     "This picture was drawn elsewhere. It can be shared only in the server where it was drawn."),
    (errors.KeptPrivate(), "This picture is private, so it cannot be shared. Draw it again without that option."),
    (errors.TooLate(7), "This generation is not in progress any more: it is too late to cancel it."),
    (errors.TooLarge("pictures", 26_000_000, 10 * 2**20), "The file has 24.8 MB; Discord takes 10 MB here."),
    (errors.Busy(), "Easel is very busy and could not take your order in time. Please try again in a moment."),
    (errors.Restarting(), "Easel is being restarted. Please try again in a minute."),
    (errors.PicturesHeld(reviewed=True),
     ("The pictures are held back: the filter takes them for something that this server does not show. Moderators will "
     "look at them, and may show them after all.")),
    (
        errors.PicturesHeld(reviewed=False),
        ("The pictures are not shown: the filter takes them for something that this server does not show. It errs at "
        "times; try again, or in other words."),
    ),
    (errors.AlreadyDeleted(7), "These pictures are deleted already."),
    (errors.CannotAppeal(7),
     "There is nothing to appeal: only prompts that were blocked in a server have moderators to ask."),
    (errors.CannotAllow(7),
     ("This prompt stays blocked: no server can change the rule, or the operator's safety level, that blocks it. If it "
     "is wrong, tell the bot's operator.")),
    (errors.RemovedByOperator(7), "The bot's operator removed this; only they can show it again."),
    (errors.OwnWork(7), "You made this yourself. Let another moderator decide, or somebody who manages this server."),
    (errors.AlreadyDecided(7), "This has been decided already; somebody was quicker."),
    (errors.QueueFull("server", 50, 50), "This server has 50 generations under way; at most 50 are allowed."),
    (errors.NothingToCancel(), "Nothing of yours is in progress, so there is nothing to cancel."),
    (errors.GenerationCancelled(), "This generation was cancelled."),
    (errors.GenerationFailed("out_of_memory"), "The drawing server ran out of memory. Fewer pictures may work."),
    (errors.GenerationFailed("incomplete", {"drawn": 2, "ordered": 4}), "Only 2 of 4 pictures were drawn."),
    (errors.GenerationFailed("budget_spent"),
     "Today's budget for this model is spent. Please choose another one, or try again tomorrow."),
    (errors.GenerationFailed("budget_spent", {"retry_at": NOON.isoformat()}),
     "Today's budget for this model is spent; other models still draw. " + AFTER),
    (errors.GenerationFailed("api_rate_limited", {"model": "x", "retry_at": NOON.isoformat()}),
     "The provider of x asks to wait. " + AFTER),
    (errors.GenerationFailed("api_down", {"model": "x", "retry_at": NOON.isoformat()}),
     "The provider of x cannot be reached just now. " + AFTER),
    (errors.GenerationFailed("api_down", {"model": "x", "retry_at": "soon"}),
     "The provider of x cannot be reached just now. Please try again later."),
    (errors.GenerationFailed("new_in_some_server"), r"The drawing server failed (new\_in\_some\_server)."),
    (errors.NoEndpoint("check", 300.0),
     "The prompt could not be checked: no drawing server was ready within 300 seconds. Please try again later."),
    (errors.NoEndpoint("describe", 300.0),
     "The picture could not be described: no drawing server was ready within 300 seconds. Please try again later."),
    (errors.NoEndpoint("read", 300.0),
     "The words could not be read: no drawing server was ready within 300 seconds. Please try again later."),
    (errors.NotSaved("vote"),
     "Your vote could not be saved: the bot's disk or database takes nothing at the moment."),
    (errors.NotSaved("generation", 12),
     "Your generation could not be saved: the bot's disk or database takes nothing at the moment. (Its id is 12.)"),
    (errors.Broken("ab12"), "Something broke (id ab12). It is in the log; please tell the operator this id."),
]  # fmt: skip


@pytest.mark.parametrize(("error", "sentence"), EXAMPLES, ids=lambda value: getattr(value, "code", ""))
def test_an_error_becomes_a_sentence(error: UserError, sentence: str) -> None:
    """From its data alone: no error holds a sentence of its own."""
    assert explain(error) == sentence


def test_every_error_has_a_sentence() -> None:
    """None that a person may read is forgotten, here and above."""
    kinds = {kind for kind in _subclasses(UserError) if kind.__module__.startswith("bot.errors.")} - {
        errors.NotAdmitted
    }
    assert kinds == set(render._SAID) == {type(error) for error, _ in EXAMPLES}


def test_what_an_option_can_be_refused_for_has_a_sentence() -> None:
    """Of the codes of the inference contract, those that a person's own words and choices can lead to."""
    reachable = {"empty", "needs_guidance", "no_size", "not_supported", "not_text", "out_of_range", "too_large",
                 "too_long", "unknown_model", "unknown_size", "unreadable_picture"}  # fmt: skip
    assert reachable <= set(refusals.MESSAGES)
    assert reachable <= set(phrases.PROBLEMS)


@pytest.mark.parametrize("error", [error for error, _ in EXAMPLES], ids=lambda error: error.code)
def test_what_the_log_keeps_is_enough_for_the_sentence(error: UserError) -> None:
    """Code and data, as JSON takes them, for those errors that end a generation."""
    kept = (errors.Sanctioned, errors.InvalidOption, errors.NotFound, errors.GenerationFailed, errors.NotSaved,
            errors.Broken)  # fmt: skip
    if isinstance(error, kept):
        assert explain_kept(error.code, error.details) == explain(error)


def test_an_older_rows_sentence_is_shown_as_it_was() -> None:
    """Before errors had data, the row kept a sentence."""
    assert explain_kept("internal_error", {"message": "It broke."}) == "It broke."


def test_times_and_quotes_suit_the_place() -> None:
    """Markdown for Discord, plain text for a page."""
    error = errors.Sanctioned("timeout", "*no*", NOON)
    with reading("en", PLAIN):
        sooner = "This server's moderators can end it sooner."
        assert explain(error) == f"You are timed out from Easel: *no*. {sooner} Try again after 2026-01-01 12:00 UTC."
    assert PLAIN.person(7) == PLAIN.channel(7) == "7"


CODES = {
    "NotFound": (0, phrases.LOST), "NotSaved": (0, phrases.UNSAVED), "writing": (0, phrases.UNSAVED),
    "InvalidOption": (1, phrases.PROBLEMS), "GenerationFailed": (0, phrases.FAILURES),
}  # fmt: skip


def test_every_code_that_is_used_has_a_phrase() -> None:
    """So that nobody reads a code where a sentence belongs."""
    used = [(path, *code) for path in sorted((ROOT / "bot").rglob("*.py")) for code in codes_of(path)]
    assert len(used) > 20
    assert [(str(path), line, code) for path, line, code, known in used if code not in known] == []


def codes_of(path: Path) -> Iterator[tuple[int, str, Container[str]]]:
    """Line, code, and the codes of its kind that have a phrase."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        place, known = CODES.get(ast.unparse(node.func).split(".")[-1], (0, None))
        if known is not None and len(node.args) > place and isinstance(node.args[place], ast.Constant):
            yield node.lineno, ast.literal_eval(node.args[place]), known


# ------------------------------------------------------------------------------------------------------- languages


def test_every_act_of_the_audit_log_has_words() -> None:
    """Whatever is passed to `Act`, or named to be passed on, is among those that the log can say."""
    written: set[str] = set()
    for file in (ROOT / "bot").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            name: ast.expr | None = None
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Act":
                name = node.args[1]
            elif isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "ActName":
                name = node.value
            for one in (name.body, name.orelse) if isinstance(name, ast.IfExp) else (name,):
                if isinstance(one, ast.Constant):
                    written.add(str(one.value))
    assert {"cover", "uncover", "export", "block_sharing"} <= written <= set(terms.ACTS)
    assert set(get_args(ActName)) == set(terms.ACTS)


def test_a_catalogue_speaks_the_readers_language(tmp_path: Path) -> None:
    """With that language's plurals, numbers and units; what it lacks stays English."""
    (tmp_path / "pl.po").write_text(
        'msgid ""\nmsgstr ""\n"Language: pl\\n"\n"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && '
        '(n%100<10 || n%100>=20) ? 1 : 2);\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgid "{number} cat"\nmsgid_plural "{number} cats"\nmsgstr[0] "{number} kot"\nmsgstr[1] "{number} koty"\n'
        'msgstr[2] "{number} kotów"\n',
        encoding="utf-8",
    )
    polish = Sentences("pl", DISCORD, tmp_path)
    told = [polish.count("{number} cat", "{number} cats", number) for number in (1, 3, 5)]
    assert told == ["1 kot", "3 koty", "5 kotów"]
    assert polish.period(2, "hour") == "2 godziny"
    assert polish.number(0.5) == "0,5"
    assert polish.say("This works in servers only.") == "This works in servers only."


@pytest.mark.parametrize(
    ("name", "locale"),
    [("en-US", "en_US"), ("pt-BR", "pt_BR"), ("zh-CN", "zh_Hans_CN"), ("es-419", "es_419"), ("sv-SE", "sv_SE"),
     ("no", "nb"), ("xx-YY", "en"), ("", "en")],
)  # fmt: skip
def test_discords_languages_are_known(name: str, locale: str) -> None:
    """And what is none is read as English."""
    assert str(parsed(name)) in (locale, locale.replace("_Hans", ""), "no")


@cache
def said() -> frozenset[tuple[str | None, Any]]:
    """Context and sentence of all that the code says; a sentence in one and in many is two."""
    return frozenset((message.context, message.id) for message in collected() if message.id)


@pytest.mark.parametrize("file", sorted(LOCALES.glob("*.po")), ids=lambda file: file.stem)
def test_every_sentence_is_translated_and_none_is_left_over(file: Path) -> None:
    """`make messages` brings the catalogues up to date; what is empty there is to be translated, and kindly."""
    known = {(message.context, message.id): message.string for message in read_po(BytesIO(file.read_bytes()))}
    known.pop((None, ""))
    assert said() - set(known) == set(), "not in the catalogue: run `make messages`, then translate"
    assert set(known) - said() == set(), "said nowhere: run `make messages`"
    assert [key for key, string in known.items() if not all(string if isinstance(string, tuple) else (string,))] == []


async def test_every_name_of_a_command_is_among_those_that_are_translated() -> None:
    """A new command, group or option: `bot/wording/commands.py`."""
    async with Bot(load_settings(None), shard_count=1, sync="never") as bot:
        await bot.add_commands()
        commands = [one.to_dict(bot.tree) for one in bot.tree.get_commands()]
    typed = [one for one in commands if one["type"] == discord.AppCommandType.chat_input.value]
    assert {name for command in typed for name in names_in(command)} == set(NAMES)


def names_in(command: dict[str, Any]) -> Iterator[str]:
    yield command["name"]
    for inner in command.get("options", ()):
        yield from names_in(inner)


# ------------------------------------------------------------------------------------------- nowhere but in wording

SENTENCE = re.compile(r"[^\W\d_]{2,}[,;:]? [^\W\d_]+")
SHOWN = ("label", "placeholder", "title", "text", "group_description")  # where one word is a sentence, too
# Read by databases, browsers, feed readers and Discord.
FOR_PROGRAMS = ("SELECT", "BEGIN", "PRAGMA", "asyncio.", "attachment; ", "public, max", "private, max", "User-agent",
                "<a href", '"><', "<svg ", "identify guilds", "/imagine prompt:", "keep, remove")  # fmt: skip
FOR_ENGINEERS = ("ValueError", "RuntimeError", "TypeError", "EndpointDown", "UnreadablePicture", "ConfigurationError",
                 "CommandError")  # fmt: skip
# Read by whoever runs the bot, on the terminal, in English.
FOR_OPERATORS = (
    "bot/cli", "bot/demo", "bot/config.py", "bot/connection.py", "bot/partition.py", "bot/stopping.py", "bot/pool",
    "bot/bounds.py", "bot/command_sync.py", "bot/metrics.py", "bot/storage/s3.py", "bot/orders/counts.py",
    "bot/web/app.py", "bot/web/health.py", "bot/database/audit.py", "bot/database/locks.py", "bot/database/session.py",
    "bot/database/backup.py", "bot/generation/provenance.py",
)  # fmt: skip


def sentences_of(source: str) -> Iterator[tuple[int, str]]:
    """Every piece of text that reads like words for people: no docstring, log event, SQL or programmer's error."""
    tree = ast.parse(source)
    passed: set[ast.AST] = set()
    shown: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            passed.add(node.value)
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).split(".")
            if name[-1] in FOR_ENGINEERS or name[0] in ("log", "super()") or "create_task" in name or "execute" in name:
                passed |= set(ast.walk(node))
            if name[-1] == "later":  # said where Discord shows commands
                passed |= set(node.args)
            for keyword in node.keywords:
                if keyword.arg in SHOWN and isinstance(keyword.value, ast.Constant):
                    shown.add(keyword.value)
        if isinstance(node, ast.AnnAssign | ast.arg):
            passed |= set(ast.walk(node.annotation)) if node.annotation else set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or node in passed:
            continue
        if (SENTENCE.search(node.value) or (node.value and node in shown)) and not node.value.startswith(FOR_PROGRAMS):
            yield node.lineno, node.value


FILES = [
    path
    for path in sorted((ROOT / "bot").rglob("*.py"))
    if not path.relative_to(ROOT).as_posix().startswith(("bot/wording", *FOR_OPERATORS))
]


def test_no_sentence_stands_outside_of_wording() -> None:
    """What a person reads has one place, so that it can be read in another language."""
    assert len(FILES) > 100
    assert [(str(path), *found) for path in FILES for found in sentences_of(path.read_text(encoding="utf-8"))] == []


MARKUP = re.compile(r"{{.*?}}|{%.*?%}|{#.*?#}|<(?:{{.*?}}|{%.*?%}|[^<>])*>", re.DOTALL)
ATTRIBUTE = re.compile(r'(?:placeholder|aria-label|data-label|alt|title)="(?!{{)([^"]*)"')
UNTRANSLATED = re.compile(r"Easel|CSV|JSON Lines|demo")


@pytest.mark.parametrize("path", sorted((ROOT / "bot" / "web").rglob("*.html")), ids=lambda path: path.name)
def test_pages_mark_every_sentence(path: Path) -> None:
    """`_("…")`, so that it is collected for the catalogues; what is left is names."""
    source = path.read_text(encoding="utf-8")
    words = [*MARKUP.sub("\n", source).splitlines(), *ATTRIBUTE.findall(source)]
    assert [word for word in words if re.search("[A-Za-z]{2}", UNTRANSLATED.sub("", word))] == []


def test_the_finder_of_sentences_finds_them() -> None:
    """In arguments and f-strings; not in docstrings and log events."""
    source = '"""A docstring here."""\nraise UserError(f"You have {count} things.")\nlog.info("two words", x="a b")\n'
    assert [text for _, text in sentences_of(source)] == ["You have "]


def _subclasses(kind: type[Any]) -> Iterator[type[Any]]:
    for subclass in kind.__subclasses__():
        yield subclass
        yield from _subclasses(subclass)


def test_no_sentence_promises_where_the_work_is_done() -> None:
    """Models of providers, servers and buckets elsewhere are the operator's choice, which no sentence knows."""
    said = [sentence for one in collected() for sentence in ([one.id] if isinstance(one.id, str) else one.id)]
    assert [one for one in said if re.search(r"leaves (it|the machine)|own machines|on this machine[;,.]", one)] == []
