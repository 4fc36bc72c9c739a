"""The demo's page: SimCord's preview of a channel, in a shell of our own.

In: a preview that is not open yet.  Out: the same preview, served with our header, things to try, and our manners
(`static/easel.js`).  SimCord offers no public way to change its page, so this reaches into it.
"""

import asyncio
import io
import secrets
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any, Final

import simcord
from aiohttp import web
from PIL import Image
from simcord.preview import _media

from bot.demo.world import World

STATIC: Final = Path(__file__).parent / "static"
ICON: Final = Path(__file__).parent.parent / "web" / "static" / "icon.svg"
KINDS: Final = {".css": "text/css", ".js": "application/javascript", ".svg": "image/svg+xml"}
FILES: Final = {"/easel.css": STATIC / "easel.css", "/easel.js": STATIC / "easel.js", "/easel.svg": ICON}
STATE: Final = "/easel.json"

# Groups of a label and what it puts into the box.
TO_TRY: Final = {
    "Draw": (
        ("A castle", "/imagine a castle on a hill"),
        ("Who does what, and where", "/imagine an owl reading a book in a library"),
        ("Nine at once", "/imagine a cat on a red background images:9"),
        ("The same ones again, by their seed", "/imagine a robot seed:7"),
        ("With flags", "/imagine a sailing boat --n 1 --seed 7"),
        ("For your eyes only", "/imagine a love letter --private"),
        ("More of a prompt", "/enhance a penguin"),
        ("Your last prompt again", "/again"),
        ("What the filter refuses", "/imagine a severed head"),
    ),
    "Look": (
        ("What was shared here", "/gallery"),
        ("Find them by meaning", "/gallery search:an animal"),
        ("Your own pictures", "/history"),
        ("What you have left", "/limits"),
        ("Who is waiting", "/queue"),
        ("Stop what is not finished", "/cancel"),
        ("All commands", "/help"),
    ),
    "Manage": (
        ("Choose where and how Easel draws", "/settings"),
        ("Begin a contest", "/contest start theme:animals in the snow entries:10 minutes voting:10 minutes"),
    ),
    "Moderate": (
        ("Read the request log", "/mod log"),
        ("What waits for a decision", "/mod review"),
        ("Who Bo is", "/mod user @Bo"),
        ("Time Bo out", "/mod timeout @Bo duration:10 minutes reason:Trying it out"),
        ("Let Bo in again", "/mod unban @Bo"),
    ),
}


class Shell:
    """What surrounds the channel.  `state` is what the page asks for again and again."""

    def __init__(self, world: World, state: Callable[[], dict[str, Any]]) -> None:
        self._world = world
        self._state = state
        self._started = secrets.token_hex(8)  # another one means that the demo was restarted: the page loads anew

    def install(self, preview: simcord.Preview, key: str) -> None:
        """To be done before the preview is opened.  `key` is what its address ends with."""
        preview.capability = key
        preview._media_worker = PictureReader()  # noqa: SLF001  # see the module's first lines
        server = preview._server  # noqa: SLF001  # as above
        serve, safe = server._static, server._SECURITY_HEADERS  # noqa: SLF001  # as above
        server._STATIC_FILES = {**server._STATIC_FILES, STATE: "", **dict.fromkeys(FILES, "")}  # type: ignore[misc]  # noqa: SLF001  # as above

        async def serve_ours(request: web.Request) -> web.Response:
            if request.headers.get("Host", "") not in server._allowed_hosts():  # noqa: SLF001  # as above
                raise web.HTTPForbidden
            if request.path == STATE:
                return web.json_response({"started": self._started, **self._state()}, headers=safe)
            if request.path in FILES:
                file = FILES[request.path]
                return web.Response(text=file.read_text("utf-8"), content_type=KINDS[file.suffix], headers=safe)
            response: web.Response = await serve(request)
            if response.content_type == "font/ttf":  # 30 MB of them, each with its version in its name
                response.headers["Cache-Control"] = "max-age=31536000, immutable"
                del response.headers["Pragma"]
            if request.path == "/":
                response.text = self.document(response.text or "")
            if request.path == "/selects.js":
                response.text = with_lists_as_chosen(response.text or "")
            return response

        server._static = serve_ours  # type: ignore[method-assign]  # noqa: SLF001  # as above

    def document(self, simcords: str) -> str:
        """SimCord's document with our shell around it."""
        people = "".join(
            f'<button type="button" data-person="{person.id}"><b>{escape(person.name)}</b> '
            f"<span>{escape(person.role)}</span></button>"
            for person in self._world.people
        )
        composer = '<form id="channel-composer"'
        return (
            simcords.replace("<title>SimCord Preview</title>", "<title>Easel demo</title>", 1)
            .replace("</head>", _HEAD + "</head>", 1)  # after SimCord's own sheet
            .replace("<body>", "<body>" + _HEADER.replace("PEOPLE", people), 1)
            .replace(' maxlength="2000"', "", 1)  # it cuts without a word; what is too long is answered to
            .replace(composer, _TRY.replace("TRIES", _tries()) + composer, 1)
        )


def with_lists_as_chosen(simcords: str) -> str:
    """SimCord's script for lists, which forgets what was chosen at a place once another list stands there.

    Under one where several may be chosen it offers *Apply* and *Cancel*, and names them after itself."""
    named = simcords.replace("SimCord selection draft actions", "Your choice").replace(
        "SimCord selection draft", "Your choice"
    )
    return named.replace(_LISTS, _CHOSEN + _LISTS, 1)


class PictureReader(_media.MediaWorker):
    """Hands the page's pictures on as they are.  SimCord decodes each in a new process and encodes it again, because a
    page may show anybody's files; here they are the bot's own, and each reload asks for all of them."""

    async def _decode(self, key: str, blob: bytes, media_time: float | None) -> _media.MediaInfo:  # noqa: ARG002  # SimCord's signature
        info = as_it_is(blob)
        if info is None:
            info = await asyncio.to_thread(_media._process_media, blob, media_time)  # noqa: SLF001  # as above
        return info


def as_it_is(blob: bytes) -> _media.MediaInfo | None:
    """What SimCord wants to know of a PNG or WebP file, from its header; None of what else there is, or moves."""
    try:
        with Image.open(io.BytesIO(blob), formats=("PNG", "WEBP")) as picture:
            if getattr(picture, "is_animated", False):
                return None
            (width, height), kind = picture.size, str(picture.format)
    except OSError:
        return None
    return _media.MediaInfo(
        kind, width, height, 1, 0, blob, f"image/{kind.lower()}", capture=blob, poster=blob, transformation="preserved"
    )


def page_key(folder: Path) -> str:
    """What the page's address ends with; the same after a restart, so that an old tab goes on."""
    file = folder / "page-key"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(32))
    return file.read_text()


def _tries() -> str:
    return "".join(
        f'<div class="easel-tries" data-tries="{group.lower()}"><h2>{group}</h2>'
        + "".join(
            f'<button type="button" data-try="{escape(command)}" title="{escape(command)}">'
            f"{escape(label)} <code>{escape(command)}</code></button>"
            for label, command in tries
        )
        + "</div>"
        for group, tries in TO_TRY.items()
    )


_LISTS: Final = "  const draft = draftValue(key);\n"
_CHOSEN: Final = """  const texts = component.type === TYPE.STRING_SELECT;
  const chosen = texts ? optionDefaults(entries).slice(0, maximum) : selectedIds(descriptor);
  const stands = JSON.stringify([component.custom_id, texts && chosen]);
  const stood = (globalThis.easelLists ??= new Map()).get(key);
  globalThis.easelLists.set(key, stands);
  if (stood !== undefined && stood !== stands) options.onReconcileDraft?.(key, chosen);
"""

_HEAD: Final = """
<link rel="icon" href="/easel.svg" type="image/svg+xml">
<link rel="stylesheet" href="/easel.css">
<script src="/easel.js"></script>
"""

_HEADER: Final = """
<header id="easel">
  <a class="easel-name" href="#" id="easel-top"><img src="/easel.svg" alt=""><span><strong>Easel</strong>
    <small>Discord is simulated here; everything else is real</small></span></a>
  <nav aria-label="Pages" id="easel-pages"><span aria-current="page">Chat</span></nav>
  <label class="easel-slow" title="Draws as slowly as a busy server, one at a time: watch the queue, cancel something">
    <input type="checkbox" id="easel-slow"> Slow motion</label>
  <div class="easel-people" role="group" aria-label="Look through the eyes of">PEOPLE</div>
</header>
<p id="easel-away" role="alert" hidden>The demo has stopped. Start it again with <code>make demo</code>, and this page
goes on by itself.</p>
<p id="easel-loading" role="status" hidden>The model is still loading. What you ask for now is drawn as soon
as it has.</p>"""

_TRY: Final = """
<section id="easel-try" aria-label="Things to try">TRIES</section>
<p id="easel-hint" role="status" hidden></p>
"""
