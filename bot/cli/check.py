"""`easel check`: what the safety filter says of prompts, one or a file of them.

In: a prompt, or JSON lines with `id` and `text`.  Out: verdicts; with labels in the file, a table of how right
they are.
"""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.cli.surroundings import JsonFlag, print_json
from bot.errors import CommandError
from inference.contract import ACTIONS, Level, Policy, Verdict

Judge = Callable[[Sequence[str], Policy], list[tuple[Verdict, dict[str, float]]]]
TOGETHER = 256
"""Rows of a file that are judged at once, those of one length together."""
ALONE = 200
"""Prompts of a file at most that are judged by themselves too, for the table: how long one takes."""
REFUSED = ("hold", "block")


def check(
    prompt: Annotated[str | None, typer.Argument(help="The prompt; without it, --file.")] = None,
    negative: Annotated[str | None, typer.Option(help="Its negative prompt.")] = None,
    file: Annotated[Path | None, typer.Option(help='JSON lines: {"id": …, "text": …}, and "label" if known.')] = None,
    output: Annotated[
        Path | None, typer.Option(help="Where the verdicts on a file go; standard output otherwise.")
    ] = None,
    level: Annotated[Level, typer.Option(help="The server's level.")] = "standard",
    summary: Annotated[bool, typer.Option("--summary", help="Of a file, print a table instead of verdicts.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Ask the safety filter about prompts; exit status 2 where a single one would be refused, 1 where there is none."""
    if (prompt is None) == (file is None):
        raise CommandError("check takes a prompt or --file, one of the two")
    if file is None and (output is not None or summary):
        raise CommandError("--output and --summary are for the prompts of a --file")
    if file is not None and (negative is not None or as_json):
        raise CommandError("--negative and --json are for a single prompt; the verdicts on a --file are JSON anyway")
    from inference.safety.filter import PromptFilter
    from inference.safety.normalise import normalise

    policy = Policy(level=level)
    if file is not None:
        _check_file(PromptFilter.load().judge_all, file, policy, output, summary=summary)
        return
    if not normalise(prompt or ""):
        raise CommandError("the prompt is empty, so there is nothing to check; write what is to be drawn, in quotes")
    verdict = PromptFilter.load().check(prompt or "", negative, policy)
    if as_json:
        print_json(**verdict.to_json())
    else:
        Console().print(escape(sentence(verdict)), highlight=False, soft_wrap=True)
    if verdict.action in REFUSED:
        raise typer.Exit(2)


def refuse_blocked(prompt: str, negative: str | None) -> None:
    """Raises CommandError for a prompt that the filter refuses."""
    from inference.safety.filter import PromptFilter

    verdict = PromptFilter.load().check(prompt, negative)
    if verdict.action in REFUSED:
        raise CommandError(f"the safety filter refuses this prompt: {sentence(verdict)}")


def sentence(verdict: Verdict) -> str:
    """The verdict in one line."""
    if verdict.category is None:
        return verdict.action
    words = f": {', '.join(verdict.words)}" if verdict.words else ""
    return f"{verdict.action} ({verdict.category}, {verdict.score:.2f}, {verdict.rule}{words})"


# ------------------------------------------------------------------------------------------------------ a file


@dataclass
class Tally:
    """What became of the prompts of one kind."""

    unsafe: bool | None
    actions: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ACTIONS, 0))

    @property
    def count(self) -> int:
        return sum(self.actions.values())

    @property
    def refused(self) -> float:
        """The share that would not be drawn."""
        return sum(self.actions[action] for action in REFUSED) / self.count


def _check_file(judge: Judge, path: Path, policy: Policy, output: Path | None, *, summary: bool) -> None:
    tallies: dict[tuple[str, str], Tally] = defaultdict(lambda: Tally(None))
    prompts: list[str] = []
    seconds = 0.0
    out = _opened(output)
    try:
        for rows in _parts(_rows(path)):
            texts = [row["text"] for row in rows]
            started = time.perf_counter()
            found = judge(texts, policy)
            seconds += time.perf_counter() - started
            prompts += texts
            for row, (verdict, scores) in zip(rows, found, strict=True):
                if out is not None or not summary:
                    print(_line(row, verdict, scores), file=out)
                tally = tallies[str(row.get("label", "")), str(row.get("category", ""))]
                tally.unsafe = {"unsafe": True, "safe": False}.get(str(row.get("label", "")))
                tally.actions[verdict.action] += 1
    finally:
        if out is not None:
            out.close()
    if not prompts:
        raise CommandError(f"{path} has no prompts")
    if summary:
        _print_summary(tallies)
        _print_times(len(prompts) / seconds, [_timed(judge, text, policy) for text in _some(prompts)])


def _parts(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while part := list(islice(rows, TOGETHER)):
        yield part


def _line(row: dict[str, Any], verdict: Verdict, scores: dict[str, float]) -> str:
    line = {"id": row.get("id"), "flag": verdict.action in REFUSED, **verdict.to_json(), "scores": scores}
    line["reason"] = verdict.reason
    return json.dumps(line, ensure_ascii=False).encode("utf-8", "backslashreplace").decode("utf-8")


def _some(prompts: Sequence[str]) -> Sequence[str]:
    """`ALONE` at most, from all over the file."""
    return prompts[:: -(-len(prompts) // ALONE)]


def _timed(judge: Judge, text: str, policy: Policy) -> float:
    started = time.perf_counter()
    judge([text], policy)
    return time.perf_counter() - started


def _opened(output: Path | None) -> TextIO | None:
    try:
        return None if output is None else output.open("w", encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{output} cannot be written: {error.strerror}") from error


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _row(line, f"{path}, line {number}")
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is no UTF-8 text: {error}") from error


def _row(line: str, place: str) -> dict[str, Any]:
    error: Exception | None = None
    try:
        row: dict[str, Any] = json.loads(line)
        if isinstance(row["text"], str):
            return row
    except (ValueError, KeyError, TypeError) as found:
        error = found
    raise CommandError(f'{place}: a row is {{"id": …, "text": …}}: {error or "text is no string"}') from error


def _print_summary(tallies: dict[tuple[str, str], Tally]) -> None:
    table = Table("label", "category", "prompts", "flagged", "refused", "refused %")
    for (label, category), tally in sorted(tallies.items()):
        refused = sum(tally.actions[action] for action in REFUSED)
        table.add_row(
            label, category, str(tally.count), str(tally.actions["flag"]), str(refused), f"{100 * tally.refused:.1f}"
        )
    for name, unsafe in (("all unsafe: recall", True), ("all safe: false refusals", False)):
        of_kind = [tally for tally in tallies.values() if tally.unsafe is unsafe]
        count = sum(tally.count for tally in of_kind)
        if count:
            refused = sum(tally.actions[action] for tally in of_kind for action in REFUSED)
            flagged = sum(tally.actions["flag"] for tally in of_kind)
            table.add_row(name, "", str(count), str(flagged), str(refused), f"{100 * refused / count:.1f}")
    Console().print(table)


def _print_times(rate: float, alone: list[float]) -> None:
    ordered = sorted(alone)
    middle, high = (1000 * ordered[int(share * (len(ordered) - 1))] for share in (0.5, 0.95))
    Console().print(
        f"{rate:.0f} prompts a second; one by itself takes {middle:.1f} ms in the middle, 95 % within {high:.1f} ms"
    )
