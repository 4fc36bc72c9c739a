"""Discord's gateway: sessions of shards, heartbeats, events in order, resuming.

In: the world's interactions.  Out: what a connected shard is sent.  What happens while a session's connection is gone
is sent when it resumes.
"""

import asyncio
import json
import secrets
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import WSMsgType, web

from tests.discord_wire import payloads
from tests.discord_wire.messages import BOT_ID
from tests.discord_wire.world import Interaction, World

HEARTBEAT_MILLISECONDS: Final = 41_250


@dataclass(slots=True, eq=False)
class Session:
    """One identified shard."""

    id: str
    shard: tuple[int, int]
    events: list[dict[str, Any]] = field(default_factory=list)
    socket: web.WebSocketResponse | None = None

    @property
    def connected(self) -> bool:
        return self.socket is not None and not self.socket.closed


class Gateway:
    """`refuse` closes every identification with that code; `identified` counts them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._sessions: dict[str, Session] = {}
        self._sockets: set[web.WebSocketResponse] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.token = ""
        self.url = ""
        self.refuse: int | None = None
        self.identified = 0
        self.resumed = 0
        world.listener = self.interaction

    def connected(self, shard: int = 0) -> bool:
        return any(session.connected and session.shard[0] == shard for session in self._sessions.values())

    def interaction(self, one: Interaction) -> None:
        """Send it to the newest session of its server's shard."""
        place = next(guild for guild in self._world.guilds if guild.id == one.guild_id)
        for session in reversed(self._sessions.values()):
            if (one.guild_id >> 22) % session.shard[1] == session.shard[0]:
                self._dispatch(session, "INTERACTION_CREATE", payloads.interaction(one, place))
                return

    async def drop(self) -> None:
        """Close every connection, as Discord does now and then; sessions may resume."""
        await asyncio.gather(*(socket.close(code=4000) for socket in tuple(self._sockets)))

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(heartbeat=None, autoping=True)
        await socket.prepare(request)
        self._sockets.add(socket)
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": HEARTBEAT_MILLISECONDS}, "s": None, "t": None})
        try:
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    continue
                await self._hear(socket, json.loads(message.data))
        except ConnectionError:
            pass
        finally:
            self._sockets.discard(socket)
            self._world.notify()
        return socket

    async def _hear(self, socket: web.WebSocketResponse, message: dict[str, Any]) -> None:
        if message["op"] == 1:
            await socket.send_json({"op": 11, "d": None, "s": None, "t": None})
        elif message["op"] == 2:
            await self._identify(socket, message["d"])
        elif message["op"] == 6:
            await self._resume(socket, message["d"])

    async def _identify(self, socket: web.WebSocketResponse, said: dict[str, Any]) -> None:
        code = self.refuse or (None if said["token"] == self.token else 4004)
        if code is not None:
            await socket.close(code=code, message=b"Authentication failed.")
            return
        number, count = said.get("shard") or (0, 1)
        session = Session(secrets.token_hex(16), (number, count), socket=socket)
        for old in [one for one in self._sessions.values() if one.shard[0] == number]:
            del self._sessions[old.id]
        self._sessions[session.id] = session
        self.identified += 1
        guilds = [guild for guild in self._world.guilds if (guild.id >> 22) % count == number]
        ready = {
            "v": 10, "user": payloads.user(BOT_ID), "session_id": session.id, "resume_gateway_url": self.url,
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds], "shard": [number, count],
            "application": {"id": str(BOT_ID), "flags": 0}, "private_channels": [],
        }  # fmt: skip
        self._dispatch(session, "READY", ready)
        for guild in guilds:
            self._dispatch(session, "GUILD_CREATE", payloads.guild(guild))
        self._world.notify()

    async def _resume(self, socket: web.WebSocketResponse, said: dict[str, Any]) -> None:
        session = self._sessions.get(said["session_id"])
        if session is None:
            await socket.send_json({"op": 9, "d": False, "s": None, "t": None})
            return
        session.socket = socket
        for event in session.events:
            if event["s"] > said["seq"]:
                await socket.send_json(event)
        self.resumed += 1
        self._dispatch(session, "RESUMED", {})
        self._world.notify()

    def _dispatch(self, session: Session, name: str, data: dict[str, Any]) -> None:
        event = {"op": 0, "t": name, "s": len(session.events) + 1, "d": data}
        session.events.append(event)
        if session.connected:
            task = asyncio.create_task(self._send(session, event))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _send(self, session: Session, event: dict[str, Any]) -> None:
        try:
            if session.socket is not None:
                await session.socket.send_json(event)
        except ConnectionError:
            return  # it is sent when the session resumes
