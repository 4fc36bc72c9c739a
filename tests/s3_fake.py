"""A stand-in for an S3-compatible store: buckets of objects over HTTP, as far as pictures need it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.test_utils import TestServer

MISSING = '<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>gone</Message></Error>'


class FakeS3:
    """`objects` by bucket and key.  The next `failing` requests are answered 503; `requests` are all."""

    def __init__(self, *buckets: str) -> None:
        self.objects: dict[str, dict[str, bytes]] = {bucket: {} for bucket in buckets}
        self.failing = 0
        self.requests: list[str] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.requests.append(f"{request.method} {request.path}")
        _, bucket, *key = request.path.split("/", 2)
        if self.failing:
            self.failing -= 1
            return web.Response(status=503, text="<Error><Code>SlowDown</Code></Error>")
        if "AWS4-HMAC-SHA256 Credential=key-id/" not in request.headers.get("Authorization", ""):
            return web.Response(status=403, text="<Error><Code>AccessDenied</Code></Error>")
        if bucket not in self.objects:
            return web.Response(status=404, text="<Error><Code>NoSuchBucket</Code></Error>")
        if "list-type" in request.query:
            return _listing(self.objects[bucket], request.query.get("prefix", ""))
        return await self._object(request, self.objects[bucket], key[0]) if key else web.Response()

    async def _object(self, request: web.Request, objects: dict[str, bytes], key: str) -> web.Response:
        match request.method:
            case "PUT":
                objects[key] = await request.read()
                return web.Response(headers={"ETag": '"x"'})
            case "DELETE":
                objects.pop(key, None)
                return web.Response(status=204)
            case _ if key in objects:
                return web.Response(body=objects[key])
        return web.Response(status=404, text=MISSING)


def _listing(objects: dict[str, bytes], prefix: str) -> web.Response:
    found = "".join(
        f"<Contents><Key>{key}</Key><Size>{len(data)}</Size><LastModified>2026-01-01T00:00:00Z</LastModified></Contents>"
        for key, data in sorted(objects.items())
        if key.startswith(prefix)
    )
    body = f'<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated>{found}</ListBucketResult>'
    return web.Response(text=body, content_type="application/xml")


@asynccontextmanager
async def a_store(*buckets: str) -> AsyncIterator[FakeS3]:
    store = FakeS3(*buckets)
    app = web.Application(client_max_size=2**26)
    app.router.add_route("*", "/{path:.*}", store.answer)
    async with TestServer(app) as server:
        store.url = str(server.make_url("")).rstrip("/")
        yield store
