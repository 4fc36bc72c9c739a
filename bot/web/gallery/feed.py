"""A gallery's newest pictures as an Atom feed (RFC 4287), for who reads feeds.

In: a server's gallery.  Out: XML; feed readers send no cookie, so it is of use where the gallery is public.
"""

import xml.etree.ElementTree as ET  # it writes only
from hashlib import sha256
from typing import Final

from aiohttp import hdrs, web

from bot.database.records import ShareRecord
from bot.web.gallery.visit import Visit, visit
from bot.web.site import site_of

routes = web.RouteTableDef()

ENTRIES: Final = 30
ATOM: Final = "http://www.w3.org/2005/Atom"


@routes.get(r"/gallery/{guild:\d+}/feed.atom")
async def feed(request: web.Request) -> web.Response:
    here = await visit(request)
    site = site_of(request)
    found = await site.services.gallery.page(here.actor, "newest", None, ENTRIES)
    body = written(here, found.records, site.url)
    tag = f'"{sha256(body).hexdigest()[:32]}"'
    caching = {hdrs.ETAG: tag, hdrs.CACHE_CONTROL: "no-cache"} if here.public else {}  # what is removed goes at once
    if here.public and request.headers.get(hdrs.IF_NONE_MATCH) == tag:
        return web.Response(status=304, headers=caching)
    return web.Response(body=body, content_type="application/atom+xml", charset="utf-8", headers=caching)


def written(here: Visit, shares: tuple[ShareRecord, ...], url: str) -> bytes:
    """The document.  Ids never change, whatever address the pages move to."""
    ET.register_namespace("", ATOM)
    root = ET.Element(f"{{{ATOM}}}feed")
    base = f"{url}{here.base}"
    newest = shares[0].created_at.isoformat() if shares else "1970-01-01T00:00:00+00:00"
    _add(root, "title", f"Easel: {printable(here.server.name)}")
    _add(root, "id", f"tag:easel,2026:gallery:{here.server.id}")
    _add(root, "updated", newest)
    _add(root, "link", rel="self", href=f"{base}/feed.atom", type="application/atom+xml")
    _add(root, "link", rel="alternate", href=base, type="text/html")
    for share in shares:
        entry = _add(root, "entry")
        _add(entry, "title", printable(share.prompt))
        _add(entry, "id", f"tag:easel,2026:share:{here.server.id}:{share.id}")
        _add(entry, "updated", share.created_at.isoformat())
        _add(_add(entry, "author"), "name", printable(share.generation.order.requester.user_name))
        _add(entry, "link", rel="alternate", href=f"{base}/{share.id}", type="text/html")
        if share.is_covered:
            continue
        _add(entry, "link", rel="enclosure", href=f"{base}/{share.id}/picture.png", type="image/png")
        picture = f'<a href="{base}/{share.id}"><img src="{base}/{share.id}/small.webp" alt=""></a>'
        _add(entry, "content", picture, type="html")
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def printable(text: str) -> str:
    """XML has no control characters, not even escaped ones."""
    return "".join(character for character in text if character >= " " and character not in "\ufffe\uffff")


def _add(parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
    child = ET.SubElement(parent, f"{{{ATOM}}}{name}", attributes)
    child.text = text
    return child
