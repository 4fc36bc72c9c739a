"""The stand-in as a whole: the REST API and the gateway on one loopback port, which can be cut off and mended."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from tests.discord_wire.faults import Fault, Faults, Kind
from tests.discord_wire.gateway import Gateway
from tests.discord_wire.rest import API, Rest
from tests.discord_wire.world import World


class StandIn:
    """`world` is what there is, `faults` what will go wrong.  Made by `open_stand_in`."""

    def __init__(self, world: World, *, check_every: int = 1) -> None:
        self.world = world
        self.faults = Faults()
        self.rest = Rest(world, self.faults, check_every=check_every)
        self.gateway = Gateway(world)
        self.gateway.token = self.rest.token
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None
        self._transports: set[asyncio.BaseTransport] = set()
        self.port = 0

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}{API}"

    @property
    def gateway_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/gateway"

    async def open(self) -> None:
        app = self.rest.app()
        app.router.add_get("/gateway", self.gateway.serve)
        app.router.add_get("/gateway/", self.gateway.serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        await self._listen()

    async def close(self) -> None:
        self.faults.clear()
        if self._runner is not None:
            self._abort()
            await self._runner.cleanup()

    async def _listen(self) -> None:
        if self._runner is None:
            return
        self._site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await self._site.start()
        self.port = self._runner.addresses[0][1]
        self.rest.gateway_url = self.gateway.url = self.gateway_url

    async def cut_network(self) -> None:
        """Every connection breaks, and no new one is taken."""
        if self._site is not None:
            await self._site.stop()
        self._abort()

    async def mend_network(self) -> None:
        await self._listen()

    def _abort(self) -> None:
        if self._runner is not None and self._runner.server is not None:
            for handler in self._runner.server.connections:
                if handler.transport is not None:
                    handler.transport.abort()

    def fail(self, request: str, kind: Kind = "answer", **more: Any) -> Fault:
        """Let the next requests that match meet a fault; see `Fault`."""
        return self.faults.add(Fault(request, kind, **more))


@asynccontextmanager
async def open_stand_in(*, guilds: int = 1, clock_offset: float = 0.0, check_every: int = 1) -> AsyncIterator[StandIn]:
    stand_in = StandIn(World(guilds, clock_offset=clock_offset), check_every=check_every)
    await stand_in.open()
    try:
        yield stand_in
    finally:
        await stand_in.close()
