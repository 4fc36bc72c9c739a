"""Pages that show pictures: an evaluation with its goals and results, or the grids of some prompts; none is chosen.

In: an `Evaluation`, or prompts and their pictures. Out: one HTML document with everything inside it.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape

from PIL import Image

from inference.pictures import Pixels
from inference.training.evaluation.result import Answer, Evaluation, results

_SHOWN = 48
_EDGE = 128
_REACHED = {True: "yes", False: "no", None: ""}
_STYLE = """
body { font: 15px/1.4 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; } td, th { padding: .2rem .8rem; text-align: left; border-bottom: 1px solid #ddd; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr)); gap: .6rem; }
figure { margin: 0; font-size: 12px; } img { width: 100%; display: block; border-bottom: 4px solid #999; }
.right img { border-color: #2a8; } .wrong img { border-color: #c33; }
@media (prefers-color-scheme: dark) { body { background: #1b1b1f; color: #ddd; } td, th { border-color: #444; } }
"""
_GALLERY_STYLE = """
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(22rem, 1fr)); gap: 1rem; }
section p { margin: 0 0 .2rem; } .row { display: grid; grid-template-columns: repeat(4, 1fr); gap: .2rem; }
.row img { border: 0; }
"""


def page(evaluation: Evaluation) -> str:
    """The whole document; of each measure so many pictures as fit, evenly taken from its list."""
    rows = "".join(
        f"<tr><td>{name}<td>{shown}<td>{ceiling}<td>{goal}<td>{_REACHED[reached]}<td>{evaluation.counts.get(name, '')}"
        for name, shown, ceiling, goal, reached in results(evaluation)
    )
    grids = "".join(
        f"<h2>{measure}</h2><div class=grid>{''.join(_figure(answer) for answer in _evenly(answered))}</div>"
        for measure, answered in evaluation.answers.items()
    )
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(evaluation.model)}: evaluation</title>"
        f"<style>{_STYLE}</style><h1>{escape(evaluation.model)}</h1>"
        "<p>Every picture is the first one that the model drew for its prompt. Green is right, red is wrong, grey "
        "could not be said.</p><table><tr><th>measure<th>result<th>judge's ceiling<th>goal<th>reached<th>n"
        f"{rows}</table>{grids}</html>\n"
    )


def gallery(model: str, grids: Sequence[tuple[str, Sequence[Pixels]]]) -> str:
    """A document that shows the pictures of each prompt side by side."""
    shown = "".join(
        f"<section><p>{escape(prompt)}</p><div class=row>"
        + "".join(f'<img alt="" src="data:image/webp;base64,{_webp(picture)}">' for picture in pictures)
        + "</div></section>"
        for prompt, pictures in grids
    )
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(model)}: prompts of a chat</title>"
        f"<style>{_STYLE}{_GALLERY_STYLE}</style><h1>{escape(model)}</h1><main>{shown}</main></html>\n"
    )


def _evenly(answered: Sequence[Answer]) -> Sequence[Answer]:
    return answered[:: max(1, -(-len(answered) // _SHOWN))]


def _figure(answer: Answer) -> str:
    mark = {True: "right", False: "wrong", None: "unsaid"}[answer.is_right]
    prompt = escape(answer.question.prompt)
    return (
        f'<figure class={mark}><img alt="{prompt}" src="data:image/webp;base64,{_webp(answer.pixels)}">'
        f"<figcaption>{prompt}</figcaption></figure>"
    )


def _webp(pixels: Pixels) -> str:
    file = io.BytesIO()
    Image.fromarray(pixels).resize((_EDGE, _EDGE), Image.Resampling.LANCZOS).save(file, "WEBP", quality=80)
    return base64.b64encode(file.getvalue()).decode()
