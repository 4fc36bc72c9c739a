"""What `easel doctor` found, and how it is shown.

In: findings.  Out: a table on the terminal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from rich.console import Console
from rich.markup import escape
from rich.table import Table

Grade = Literal["ok", "warning", "problem"]
MARKS: Final[dict[Grade, tuple[str, str]]] = {"ok": ("green", "✓"), "warning": ("yellow", "!"), "problem": ("red", "✗")}


@dataclass(frozen=True, slots=True)
class Finding:
    """`cure` is what to do about it, empty where all is well."""

    subject: str
    grade: Grade
    text: str
    cure: str = ""


def show(findings: Sequence[Finding], console: Console) -> None:
    table = Table("", "subject", "finding", "cure", box=None, pad_edge=False)
    utf8 = console.encoding.lower().startswith("utf")
    for finding in findings:
        colour, mark = MARKS[finding.grade]
        mark = mark if utf8 else finding.grade
        table.add_row(f"[{colour}]{mark}[/]", finding.subject, escape(finding.text), escape(finding.cure))
    console.print(table)
