"""What of `easel moderation` only reads: the request log, the queue, the numbers and the acts of all places.

In: filters.  Out: tables for people, JSON for programs.
"""

import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TextIO, TypeVar, get_args

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.cli.desk import OPERATOR, Desk, at_desk, moment_option
from bot.cli.surroundings import JsonFlag, id_option, print_json, print_table, table_of
from bot.database.records import GenerationFilter, GenerationRecord, Status
from bot.errors import CommandError
from bot.secrecy import private_file
from bot.wording.catalogue import ENGLISH
from bot.wording.form import PLAIN
from bot.wording.reader import reading
from bot.wording.reasons import review_reason
from bot.wording.terms import ACTS, CATEGORIES
from bot.wording.text import one_line, shorten

if TYPE_CHECKING:
    from bot.actions.exports import Form

T = TypeVar("T", bound=str)

FORMS: Final[tuple["Form", ...]] = ("csv", "jsonl")
PROMPT_WIDTH: Final = 60

LimitOption = Annotated[int, typer.Option(min=1, max=1000)]
BeforeOption = Annotated[int | None, id_option("Only what is older than this id.")]
UserOption = Annotated[int | None, id_option("Only this person's requests.")]
ServerOption = Annotated[int | None, id_option("Only those of this server.")]
DirectFlag = Annotated[bool, typer.Option("--direct", help="Only those of direct messages.")]
FlaggedFlag = Annotated[bool, typer.Option("--flagged", help="Only what the filter flagged or blocked.")]
StatusOption = Annotated[str | None, typer.Option(help=f"Only requests that are {', '.join(get_args(Status))}.")]
CategoryOption = Annotated[str | None, typer.Option(help="Only requests in which the filter found this.")]
WordsOption = Annotated[str | None, typer.Option(help="Only prompts that hold these words.")]
SinceOption = Annotated[str | None, typer.Option(help="Only from then on: 12 hours, 2 days, 2026-05-03.")]
UntilOption = Annotated[str | None, typer.Option(help="Only up to then.")]
ScoreOption = Annotated[float | None, typer.Option(min=0, max=1, help="Only what the filter gave at least this.")]


def log(
    user: UserOption = None, server: ServerOption = None, direct: DirectFlag = False, status: StatusOption = None,
    flagged: FlaggedFlag = False, category: CategoryOption = None, words: WordsOption = None, since: SinceOption = None,
    until: UntilOption = None, score: ScoreOption = None, before: BeforeOption = None, limit: LimitOption = 20,
    as_json: JsonFlag = False,
) -> None:  # fmt: skip
    """Read the request log of all servers and direct messages, the newest first."""
    wanted = _filter(user, server, direct, status, flagged, category, words, since, until, score)
    page = at_desk(lambda desk: desk.moderation.log(OPERATOR, wanted, before, limit))
    if as_json:
        print_json(requests=[_described(record) for record in page.records], next_before=page.next_before)
        return
    table = table_of("id", "at", "status", "user", "server", "prompt")
    for record in page.records:
        place = record.order.requester.guild_id
        prompt = escape(shorten(one_line(record.order.prompt), PROMPT_WIDTH))
        table.add_row(
            str(record.id), f"{record.created_at:%Y-%m-%d %H:%M}", record.status, str(record.order.requester.user_id),
            "direct message" if place is None else str(place), prompt,
        )  # fmt: skip
    print_table(table) if page.records else Console().print("Nothing matches.")
    if page.next_before is not None:
        Console().print(f"There are more: --before {page.next_before}")


def export(
    file: Annotated[
        Path | None, typer.Option("-o", "--output", help="A new file, for your eyes only; standard output otherwise.")
    ] = None,
    form: Annotated[str, typer.Option(help="csv or jsonl.")] = "csv",
    user: UserOption = None, server: ServerOption = None, direct: DirectFlag = False, status: StatusOption = None,
    flagged: FlaggedFlag = False, category: CategoryOption = None, words: WordsOption = None, since: SinceOption = None,
    until: UntilOption = None, score: ScoreOption = None,
) -> None:  # fmt: skip
    """Write the request log as a file, row by row."""
    chosen = next((one for one in FORMS if one == form), None)
    if chosen is None:
        raise CommandError(f"--form is {form}; it must be one of {', '.join(FORMS)}")
    wanted = _filter(user, server, direct, status, flagged, category, words, since, until, score)
    with _new_file(file) as out:

        async def written(desk: Desk) -> None:
            async for line in desk.exports.lines(OPERATOR, wanted, chosen, f"easel moderation export {wanted}"):
                out.write(line)

        at_desk(written)


@contextmanager
def _new_file(file: Path | None) -> Iterator[TextIO]:
    """Standard output where none is named.  Raises CommandError for one that is there, or that takes no more."""
    if file is None:
        yield sys.stdout
        return
    if file.exists():
        raise CommandError(f"{file} is there already; name another file")
    try:
        private_file(file)  # prompts and people's ids will be in it
        with file.open("w", encoding="utf-8", newline="") as out:
            yield out
    except OSError as error:
        raise CommandError(f"{file} cannot be written: {error.strerror or error}") from error


def review(limit: LimitOption = 20, as_json: JsonFlag = False) -> None:
    """Show what waits for a decision, in all servers; it is decided in the console, which tells those who reported."""

    async def waiting(desk: Desk) -> tuple[int, list[tuple[str, GenerationRecord, str]]]:
        page = await desk.reviews.page(None, everywhere=True, limit=limit)
        found = [(one, await desk.moderation.entry(OPERATOR, one.generation_id)) for one in page.records]
        with reading(ENGLISH, PLAIN):
            told = [(str(one.kind), record, review_reason(one.kind, one.reason)) for one, record in found]
        return await desk.reviews.count(None, everywhere=True), told

    number, found = at_desk(waiting)
    if as_json:
        print_json(
            waiting=number, reviews=[{"kind": kind, "reason": why, **_described(one)} for kind, one, why in found]
        )
        return
    table = table_of("id", "why", "user", "server", "prompt")
    for kind, record, why in found:
        place = record.order.requester.guild_id
        said = f"{kind}: {one_line(why)}" if why else kind
        table.add_row(
            str(record.id), escape(shorten(said, PROMPT_WIDTH)), str(record.order.requester.user_id),
            "direct message" if place is None else str(place),
            escape(shorten(one_line(record.order.prompt), PROMPT_WIDTH)),
        )  # fmt: skip
    print_table(table) if found else Console().print("Nothing waits for a decision.")
    if number > len(found):
        Console().print(f"{number} wait in all.", highlight=False)


def stats(
    days: Annotated[int, typer.Option(min=2, max=366, help="Of the last so many days.")] = 30, as_json: JsonFlag = False
) -> None:
    """Show how much was asked for, what was blocked, by whom, and how long people waited, over all servers."""
    report = at_desk(lambda desk: desk.moderation.report(OPERATOR, days))
    requests, blocked = sum(day.requests for day in report.days), sum(day.blocked for day in report.days)
    if as_json:
        people = [{"user": one.user_id, "requests": one.requests, "blocked": one.blocked} for one in report.people]
        waits = [{"seconds": most, "requests": number} for most, number in report.waits]
        print_json(
            days=days, requests=requests, blocked=blocked, categories=dict(report.categories), people=people,
            waits=waits, wait_median=report.wait_median, draw_median=report.draw_median,
        )  # fmt: skip
        return
    table = Table("what", "number", box=None, pad_edge=False)
    table.add_row(f"requests in {days} days", str(requests))
    table.add_row("of them blocked", str(blocked))
    for name, number in report.categories:
        table.add_row(f"found: {name}", str(number))
    for one in report.people:
        table.add_row(f"by {one.user_id} ({escape(one_line(one.name))})", f"{one.requests}, {one.blocked} blocked")
    for most, number in report.waits:
        table.add_row(f"waited {'longer' if most is None else f'up to {most} s'}", str(number))
    print_table(table)


def audit(
    by: Annotated[int | None, id_option("Only what this one did.")] = None,
    action: Annotated[str | None, typer.Option(help="Only this, such as ban, remove, settings.")] = None,
    about: Annotated[str | None, typer.Option(help="Only about this: user:42, generation:7.")] = None,
    since: SinceOption = None, until: UntilOption = None, before: BeforeOption = None, limit: LimitOption = 20,
    as_json: JsonFlag = False,
) -> None:  # fmt: skip
    """Read who did what, in all servers, the newest first."""
    from bot.database.audit import AuditFilter

    wanted = AuditFilter(
        by, _one_of("action", action, ACTS), about, moment_option("since", since),
        moment_option("until", until, end=True),
    )  # fmt: skip
    page = at_desk(lambda desk: desk.moderation.audit(OPERATOR, wanted, before, limit))
    if as_json:
        print_json(acts=[
            {"id": one.id, "at": one.at.isoformat(), "server": one.guild_id, "by": one.actor_id, "action": one.action,
             "about": one.subject, "why": one.why, "before": dict(one.before), "after": dict(one.after)}
            for one in page.records
        ], next_before=page.next_before)  # fmt: skip
        return
    table = table_of("id", "at", "server", "by", "what", "about", "why")
    for one in page.records:
        server = "everywhere" if one.guild_id is None else str(one.guild_id)
        by_whom = "operator" if one.actor_id == OPERATOR.user_id else str(one.actor_id)
        why = escape(shorten(one_line(one.why), PROMPT_WIDTH))
        table.add_row(str(one.id), f"{one.at:%Y-%m-%d %H:%M}", server, by_whom, one.action, one.subject, why)
    print_table(table) if page.records else Console().print("Nothing matches.")
    if page.next_before is not None:
        Console().print(f"There are more: --before {page.next_before}")


def _filter(
    user: int | None, server: int | None, direct: bool, status: str | None, flagged: bool, category: str | None,
    words: str | None, since: str | None, until: str | None, score: float | None,
) -> GenerationFilter:  # fmt: skip
    """Raises CommandError for what is no state, category or time."""
    return GenerationFilter(
        user_id=user, guild_id=server, direct=direct or None, status=_one_of("status", status, get_args(Status)),
        flagged=flagged or None, category=_one_of("category", category, CATEGORIES), words=words,
        since=moment_option("since", since), until=moment_option("until", until, end=True), score=score,
    )  # fmt: skip


def _one_of(name: str, given: str | None, choices: Collection[T]) -> T | None:
    chosen = next((one for one in choices if one == given), None)
    if given is not None and chosen is None:
        raise CommandError(f"--{name} is {given}; it must be one of {', '.join(choices)}")
    return chosen


def _described(record: GenerationRecord) -> dict[str, object]:
    requester = record.order.requester
    return {
        "id": record.id, "at": record.created_at.isoformat(), "status": record.status, "user": requester.user_id,
        "server": requester.guild_id, "channel": requester.channel_id, "prompt": record.order.prompt,
        "category": record.verdict.category if record.verdict else None,
    }  # fmt: skip
