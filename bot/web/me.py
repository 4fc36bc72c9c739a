"""One's own data: what is kept, taking it away, erasing it, logging out everywhere.

In: whoever is logged in.  Out: counts, a zip file, a farewell.
"""

import asyncio
import tempfile
from pathlib import Path
from typing import Final

from aiohttp import hdrs, web

from bot.errors import InvalidOption
from bot.web.access import required
from bot.web.guard import session_cookie, set_headers
from bot.web.render import page, redirect
from bot.web.site import site_of
from bot.wording.privacy import WORD
from bot.wording.reader import say

routes = web.RouteTableDef()

CHUNK: Final = 256 * 1024


@routes.get("/me")
async def me(request: web.Request) -> web.Response:
    visitor, site = required(request), site_of(request)
    servers = [server for server in site.directory.servers() if server.id in visitor.guild_ids]
    kept = await site.services.privacy.kept(visitor.user_id)
    named = await site.services.digest.names(visitor.user_id)
    return page(request, "me.html", kept=kept, servers=servers, word=say(WORD), named=named)


@routes.post("/me/digest")
async def digest(request: web.Request) -> web.Response:
    """Whether weekly digests name one, as the form says: pressed twice, it is the same."""
    visitor, services = required(request), site_of(request).services
    if ("named" in await request.post()) != await services.digest.names(visitor.user_id):
        await services.digest.name(visitor.user_id)
    return redirect("/me")


@routes.get("/me/export.zip")
async def export(request: web.Request) -> web.StreamResponse:
    """Written to a file first, in pieces, and sent from there: neither takes memory."""
    visitor = required(request)
    response = web.StreamResponse(
        headers={hdrs.CONTENT_DISPOSITION: 'attachment; filename="easel-my-data.zip"', hdrs.CACHE_CONTROL: "no-store"}
    )
    response.content_type = "application/zip"
    with tempfile.TemporaryDirectory(prefix="easel-export-") as folder:
        (file,) = (await site_of(request).services.privacy.export(visitor.user_id, Path(folder))).files
        response.content_length = (await asyncio.to_thread(file.stat)).st_size
        set_headers(request, response)
        await response.prepare(request)
        with await asyncio.to_thread(file.open, "rb") as opened:
            while chunk := await asyncio.to_thread(opened.read, CHUNK):
                await response.write(chunk)
    await response.write_eof()
    return response


@routes.post("/me/erase")
async def erase(request: web.Request) -> web.Response:
    """For good, so it takes a word."""
    visitor, site = required(request), site_of(request)
    if (await request.post()).get("word") != say(WORD):
        raise InvalidOption("word", "word_missing", {"value": say(WORD)})
    erased = await site.services.privacy.erase(visitor.user_id)
    response = page(request, "erased.html", erased=erased)
    response.del_cookie(session_cookie(secure=site.secure), path="/", secure=site.secure, httponly=True, samesite="Lax")
    return response
