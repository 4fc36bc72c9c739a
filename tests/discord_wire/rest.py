"""Discord's REST API over the world: the routes that a bot of interactions uses.

In: HTTP requests.  Out: answers, faults included.  `invalid` holds what Discord would not have taken.
"""

import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import BodyPartReader, web

from tests.discord_wire import payloads
from tests.discord_wire.buckets import Buckets
from tests.discord_wire.faults import Fault, Faults, rate_limited
from tests.discord_wire.messages import BOT_ID, Message, Refusal
from tests.discord_wire.schema import Schemas
from tests.discord_wire.world import World

API: Final = "/api/v10"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Rest:
    """`check_every` says which share of the bodies is held against the schema: every one, every tenth, none (0)."""

    def __init__(self, world: World, faults: Faults, *, check_every: int = 1) -> None:
        self._world = world
        self._faults = faults
        self._schemas = Schemas()
        self._check_every = check_every
        self._bodies = 0
        self.buckets = Buckets()
        self.requests: Counter[str] = Counter()
        self.answers: Counter[int] = Counter()
        self.invalid: list[str] = []
        self.largest_upload = 0
        self.token = "MTIzNDU2Nzg5MA.wire.token"
        self.gateway_url = ""

    def app(self) -> web.Application:
        app = web.Application(client_max_size=2**30, middlewares=[self._guard])
        add = app.router.add_route
        add("GET", API + "/users/@me", self._me)
        add("GET", API + "/oauth2/applications/@me", self._application)
        add("GET", API + "/gateway/bot", self._gateway)
        add("*", API + "/applications/{app}/commands", self._commands)
        add("*", API + "/applications/{app}/guilds/{guild}/commands", self._commands)
        add("POST", API + "/interactions/{id}/{token}/callback", self._callback)
        add("POST", API + "/webhooks/{app}/{token}", self._follow_up)
        add("*", API + "/webhooks/{app}/{token}/messages/{message}", self._answer)
        add("*", API + "/channels/{channel}/messages", self._messages)
        add("*", API + "/channels/{channel}/messages/{message}", self._message)
        return app

    # ------------------------------------------------------------------------------------------ around requests

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Faults, rate limits and refusals."""
        path = request.path.removeprefix(API)
        self.requests[f"{request.method} {request.path.count('/')}"] += 1
        fault = self._faults.meet(request.method, path)
        if fault is not None and fault.kind == "hang":
            await fault.lifted.wait()
        if fault is not None and fault.kind in ("hang", "cut_before"):
            return self._cut(request)
        if fault is not None and fault.kind == "answer":
            return self._count(_faulty(fault))
        response = await self._answer_limited(request, path, handler)
        return self._cut(request) if fault is not None else self._count(response)

    async def _answer_limited(self, request: web.Request, path: str, handler: Handler) -> web.StreamResponse:
        headers: dict[str, str] = {"Via": "1.1 google"}
        if bucket := _bucket(request.method, path):
            allowed, headers = self.buckets.take(bucket)
            if not allowed:
                return _json(rate_limited(float(headers["Retry-After"])), status=429, headers=headers)
        try:
            response = await handler(request)
        except Refusal as refusal:
            response = _json(refusal.body, status=refusal.status)
        response.headers.update(headers)
        return response

    def _count(self, response: web.StreamResponse) -> web.StreamResponse:
        self.answers[response.status] += 1
        response.headers["Date"] = time.strftime(
            "%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + self._world.clock_offset)
        )
        return response

    def _cut(self, request: web.Request) -> web.StreamResponse:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    async def _body(self, request: web.Request) -> tuple[Any, list[str]]:
        """The JSON and the names of the files.  Raises Refusal for what is too large or not as described."""
        files: list[str] = []
        if request.content_type.startswith("multipart/"):
            document: Any = {}
            reader = await request.multipart()
            while (part := await reader.next()) is not None:
                if not isinstance(part, BodyPartReader):
                    continue
                data = await part.read()
                if part.name == "payload_json":
                    document = json.loads(bytes(data))
                    continue
                self.largest_upload = max(self.largest_upload, len(data))
                if len(data) > self._world.upload_limit:
                    raise Refusal(413, 40005, "Request entity too large")
                files.append(part.filename or "file")
        else:
            text = await request.text()
            document = json.loads(text) if text else {}
        self._check(request, document)
        return document, files

    def _check(self, request: web.Request, document: object) -> None:
        self._bodies += 1
        if not self._check_every or self._bodies % self._check_every:
            return
        if problem := self._schemas.problem(request.method, request.path.removeprefix(API), document):
            self.invalid.append(problem)
            raise Refusal(400, 50035, f"Invalid Form Body: {problem}")

    def _signed_in(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bot {self.token}":
            raise Refusal(401, 0, "401: Unauthorized")

    # ------------------------------------------------------------------------------------------------- handlers

    async def _me(self, request: web.Request) -> web.Response:
        self._signed_in(request)
        return _json(
            {**payloads.user(BOT_ID), "verified": True, "mfa_enabled": False, "email": None, "locale": "en-US"}
        )

    async def _application(self, request: web.Request) -> web.Response:
        self._signed_in(request)
        return _json(
            {
                "id": str(BOT_ID), "name": "easel", "description": "", "icon": None, "bot_public": True,
                "bot_require_code_grant": False, "verify_key": "0" * 64, "owner": payloads.user(1), "flags": 0,
                "rpc_origins": [], "summary": "", "team": None, "hook": True,
            }
        )  # fmt: skip

    async def _gateway(self, request: web.Request) -> web.Response:
        self._signed_in(request)
        limit = {"total": 1000, "remaining": 999, "reset_after": 1000, "max_concurrency": 1}
        return _json({"url": self.gateway_url, "shards": 1, "session_start_limit": limit})

    async def _commands(self, request: web.Request) -> web.Response:
        self._signed_in(request)
        if request.method == "PUT":
            document, _ = await self._body(request)
            self._world.commands = [
                {**one, "id": str(BOT_ID + 100 + number), "application_id": str(BOT_ID), "version": "1"}
                for number, one in enumerate(document)
            ]
        return _json(self._world.commands)

    async def _callback(self, request: web.Request) -> web.Response:
        interaction = self._world.interactions.get(int(request.match_info["id"]))
        if interaction is None or interaction.token != request.match_info["token"]:
            raise Refusal(404, 10062, "Unknown interaction")
        document, files = await self._body(request)
        self._world.respond(interaction, int(document["type"]), document.get("data") or {}, files)
        if request.query.get("with_response") in ("1", "true"):
            return _json(payloads.callback(interaction))
        return web.Response(status=204)

    async def _follow_up(self, request: web.Request) -> web.Response:
        interaction = self._world.of_token(request.match_info["token"])
        document, files = await self._body(request)
        return _json(payloads.message(self._world.follow_up(interaction, document, files)))

    async def _answer(self, request: web.Request) -> web.Response:
        interaction = self._world.of_token(request.match_info["token"])
        message = self._world.own_message(interaction, request.match_info["message"])
        return await self._act_on(request, message)

    async def _messages(self, request: web.Request) -> web.Response:
        self._signed_in(request)
        channel = int(request.match_info["channel"])
        if request.method == "POST":
            document, files = await self._body(request)
            return _json(payloads.message(self._world.post(channel, document, files)))
        numbers = {name: int(request.query[name]) for name in ("limit", "before", "after") if name in request.query}
        return _json([payloads.message(one) for one in self._world.history(channel, **numbers)])

    async def _message(self, request: web.Request) -> web.Response:
        self._signed_in(request)
        where, which = int(request.match_info["channel"]), int(request.match_info["message"])
        return await self._act_on(request, self._world.channel_message(where, which))

    async def _act_on(self, request: web.Request, message: Message) -> web.Response:
        if request.method == "DELETE":
            self._world.delete(message)
            return web.Response(status=204)
        if request.method == "PATCH":
            document, files = await self._body(request)
            self._world.edit(message, document, files)
        return _json(payloads.message(message))


def _bucket(method: str, path: str) -> str | None:
    """The rate limit that a request counts in; interactions' first answers have none."""
    parts = path.split("/")
    if parts[1] == "webhooks":
        return f"webhook:{parts[3]}"
    if parts[1] == "channels":
        return f"{method}-message:{parts[2]}"
    return None


def _faulty(fault: Fault) -> web.Response:
    """A text is a page, as Cloudflare sends them; anything else is JSON."""
    if isinstance(fault.body, str):
        return web.Response(text=fault.body, content_type="text/html", status=fault.status, headers=fault.headers)
    return _json(fault.body or {"message": "", "code": 0}, status=fault.status, headers=fault.headers)


def _json(document: object, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    # discord.py wants the type to be "application/json" and nothing more.
    return web.Response(
        body=json.dumps(document).encode(), content_type="application/json", status=status, headers=headers
    )
