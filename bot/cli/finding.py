"""What `easel doctor` found, and how it is shown.

In: findings.  Out: lines on the terminal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from textwrap import wrap
from typing import Final, Literal

from rich.console import Console
from rich.markup import escape

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
    """A line or more for each, and its cure below.  No word is broken: addresses and commands are to be copied."""
    utf8 = console.encoding.lower().startswith("utf")
    marks = [MARKS[one.grade] if utf8 else (MARKS[one.grade][0], one.grade) for one in findings]
    most, longest = (max(map(len, names)) for names in ([mark for _, mark in marks], [one.subject for one in findings]))
    indent = " " * (most + longest + 4)
    told = partial(wrap, width=console.width, initial_indent=indent, break_long_words=False, break_on_hyphens=False)
    for (colour, mark), one in zip(marks, findings, strict=True):
        lines = told(one.text, subsequent_indent=indent)
        if one.cure:
            lines += told(f"{'→' if utf8 else '->'} {one.cure}", subsequent_indent=indent + "  ")
        text = escape("\n".join(lines)[len(indent) :])
        console.print(f"[{colour}]{mark:{most}}[/]  {one.subject:{longest}}  {text}", highlight=False, soft_wrap=True)
