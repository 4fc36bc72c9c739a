"""Pictures to browsers: the stored file, or a small WebP of it, made once and kept in the storage.

In: a picture's record, which the page has found the visitor may see.  Out: a response; where the file is gone, a
placeholder.  What is removed must be asked for through a page that lets it be seen.
"""

import asyncio
from typing import Final

import structlog
from aiohttp import hdrs, web
from markupsafe import escape

from bot.database.records import ImageRecord
from bot.errors import NotFound, NotSaved
from bot.generation.provenance import Seal
from bot.generation.thumbnail import shrink, thumbnail_key
from bot.storage.folder import Storage
from bot.web.site import site_of
from bot.wording.pages import FILE_GONE
from bot.wording.reader import say

log = structlog.get_logger(__name__)

PLACEHOLDER: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 256 256"><rect width="256" height="256" fill="#8883"/>'
    '<text x="128" y="132" text-anchor="middle" font-family="sans-serif" font-size="16" fill="#888">{}</text></svg>'
)


async def picture_response(
    request: web.Request, image: ImageRecord, *, thumbnail: bool, caching: str = "private, max-age=60"
) -> web.Response:
    """The tag lets a browser that has it ask whether it changed."""
    tag = f'"{image.sha256[:32]}{"-s" if thumbnail else ""}"'
    if request.headers.get(hdrs.IF_NONE_MATCH) == tag:
        return web.Response(status=304, headers={hdrs.ETAG: tag, hdrs.CACHE_CONTROL: caching})
    services = site_of(request).services
    storage = services.storage
    try:
        data = await small(storage, image, services.seal) if thumbnail else await storage.get(image.key)
    except NotFound:
        log.warning("web.file_missing", key=image.key)
        return web.Response(body=PLACEHOLDER.format(escape(say(FILE_GONE))).encode(), content_type="image/svg+xml")
    kind = "image/webp" if thumbnail else "image/png"
    return web.Response(body=data, content_type=kind, headers={hdrs.ETAG: tag, hdrs.CACHE_CONTROL: caching})


async def small(storage: Storage, image: ImageRecord, seal: Seal) -> bytes:
    """The picture at most 320 pixels wide and high, as WebP.  Raises NotFound where the picture itself is gone."""
    key = thumbnail_key(image.key)
    try:
        return await storage.get(key)
    except NotFound:
        data = await asyncio.to_thread(shrink, await storage.get(image.key), seal)
    try:
        await storage.put(key, data)
    except NotSaved:  # it is made again the next time
        log.warning("web.thumbnail_not_kept", key=key)
    return data
