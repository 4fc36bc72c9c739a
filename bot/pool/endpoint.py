"""One inference server, spoken to in the HTTP contract.

In: requests of the contract and a URL (http, https, or unix:///path/to/socket).  Out: verdicts and events.
Every way in which a server can be away, hang or answer nonsense becomes EndpointDown, which names the server.
Knows nothing of other servers, of queues or of trying again.
"""

import asyncio
import base64
import json
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import aiohttp

from bot.addresses import without_login
from bot.errors import InvalidOption
from inference.contract import (
    CheckRequest,
    DescribeRequest,
    Description,
    Done,
    Event,
    Failed,
    GenerationRequest,
    KnownWords,
    ModelDescription,
    Readiness,
    Upscaled,
    Verdict,
    WordsRequest,
    event_from_line,
)

T = TypeVar("T")

MAX_LINE_BYTES: Final = 64 * 2**20  # a picture of 4096 × 4096 pixels as base64 is smaller
LARGE_LINE_BYTES: Final = 2**20
PROBE_SECONDS: Final = 5.0
CHECK_SECONDS: Final = 30.0
UPSCALE_SECONDS: Final = 120.0
SILENCE_SECONDS: Final = 300.0  # a stream that says nothing for so long is taken for dead


class EndpointDown(Exception):
    """The server could not be reached, hung, or answered nonsense; another one, or a later try, may do.

    `status` is that of its answer, where it gave one; `silent` where it took the request and said nothing for too long.
    """

    def __init__(self, endpoint: str, problem: str, *, status: int | None = None, silent: bool = False) -> None:
        super().__init__(f"inference server {endpoint}: {problem}")
        self.endpoint = endpoint
        self.problem = problem
        self.status = status
        self.silent = silent


class Endpoint:
    """`async with` or open() and close().  `token` is sent as bearer token, over TCP only."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url, self.name = url, without_login(url)  # a login may change where the name does not
        self._socket = urlsplit(url).path if urlsplit(url).scheme == "unix" else None
        self._base = "http://localhost" if self._socket else url.rstrip("/")
        self._token = None if self._socket else token
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        # A new connection for each request: one that was kept would say nothing of whether the next can be made.
        connector: aiohttp.BaseConnector = (
            aiohttp.UnixConnector(self._socket, limit=0, force_close=True)
            if self._socket
            else aiohttp.TCPConnector(limit=0, force_close=True)
        )
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        self._session = aiohttp.ClientSession(connector=connector, headers=headers)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def __aenter__(self) -> "Endpoint":
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def probe(self) -> Readiness:
        """What the server takes and has, where it is ready to work.  Raises EndpointDown."""
        return await self._ask("/readyz", Readiness.from_json)

    async def models(self) -> tuple[ModelDescription, ...]:
        """What can be drawn with there, the default first.  Raises EndpointDown."""
        return await self._ask(
            "/v1/models", lambda answer: tuple(ModelDescription.from_json(one) for one in answer["data"])
        )

    async def check(self, request: CheckRequest) -> list[Verdict]:
        """One verdict a prompt.  Raises EndpointDown, also for an answer that cannot be read."""
        verdicts = await self._ask(
            "/v1/check", lambda answer: [Verdict.from_json(one) for one in answer["verdicts"]], request.to_json()
        )
        if len(verdicts) != len(request.prompts):
            raise EndpointDown(self.name, f"it sent {len(verdicts)} verdicts for {len(request.prompts)} prompts")
        return verdicts

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector of length one a text, by what it means.  Raises EndpointDown, also for an answer like no other."""
        vectors = await self._ask(
            "/v1/embed", lambda answer: [list(map(float, one)) for one in answer["vectors"]], {"texts": list(texts)}
        )
        if len(vectors) != len(texts):
            raise EndpointDown(self.name, f"it sent {len(vectors)} vectors for {len(texts)} texts")
        return vectors

    async def describe(self, request: DescribeRequest) -> Description:
        """What a picture shows.  Raises EndpointDown, and InvalidOption for what is no picture."""
        return await self._ask("/v1/describe", Description.from_json, request.to_json())

    async def known_words(self, request: WordsRequest) -> KnownWords:
        """Which words of texts a model has not learned.  Raises EndpointDown, and InvalidOption for no such model."""
        return await self._ask("/v1/words", KnownWords.from_json, request.to_json())

    async def _ask(self, path: str, read: Callable[[Any], T], body: dict[str, Any] | None = None) -> T:
        """The answer as `read` understands it: to GET, or to POST where there is a body, which may take longer."""
        method, seconds = ("GET", PROBE_SECONDS) if body is None else ("POST", CHECK_SECONDS)
        timeout = aiohttp.ClientTimeout(total=seconds)
        async with self._request(method, path, timeout=timeout, body=body) as response:
            try:
                return read(await response.json(content_type=None))
            except (ValueError, TypeError, KeyError) as error:
                raise EndpointDown(self.name, f"its answer to {path} cannot be read: {error}") from error

    async def upscale(self, png: bytes) -> Upscaled:
        """The picture, enlarged by a network there.  Raises EndpointDown, InvalidOption for a picture it refuses."""
        body = {"image": base64.b64encode(png).decode()}
        timeout = aiohttp.ClientTimeout(total=UPSCALE_SECONDS)
        async with self._request("POST", "/v1/upscale", body=body, timeout=timeout) as response:
            answer = await response.read()
        try:
            return await asyncio.to_thread(lambda: Upscaled.from_json(json.loads(answer)))
        except ValueError as error:
            raise EndpointDown(self.name, f"its answer to /v1/upscale cannot be read: {error}") from error

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[Event]:
        """The events of one generation, ending in Done or Failed; closing the generator cancels it on the server.

        Raises EndpointDown where the stream breaks before that, InvalidOption for a request the server refuses.
        """
        # The body may hold a picture of 10 MiB; turning it into JSON is no work for the event loop.
        document = await asyncio.to_thread(request.to_json)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=PROBE_SECONDS, sock_read=SILENCE_SECONDS)
        async with self._request("POST", "/v1/generations", body=document, timeout=timeout) as response:
            async for line in split_lines(self.name, response.content.iter_any()):
                try:
                    # A picture of megabytes takes tens of milliseconds to read; small ones are quicker than a thread.
                    large = len(line) > LARGE_LINE_BYTES
                    event = await asyncio.to_thread(event_from_line, line) if large else event_from_line(line)
                except ValueError as error:
                    raise EndpointDown(self.name, str(error)) from error
                yield event
                if isinstance(event, Done | Failed):
                    return
        raise EndpointDown(self.name, "the stream ended before the generation did")

    @asynccontextmanager
    async def _request(
        self, method: str, path: str, *, timeout: aiohttp.ClientTimeout, body: dict[str, Any] | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        if self._session is None:
            raise EndpointDown(self.name, "its connection is closed")
        data = None if body is None else await asyncio.to_thread(lambda: json.dumps(body).encode())
        headers = {"Content-Type": "application/json"}
        try:
            async with self._session.request(
                method, self._base + path, data=data, headers=headers, timeout=timeout
            ) as response:
                if response.status != 200:
                    raise await self._refusal(path, response)
                yield response
        except TimeoutError as error:
            raise EndpointDown(self.name, f"no answer to {path} in time", silent=True) from error
        except (aiohttp.ClientError, OSError) as error:
            raise EndpointDown(self.name, f"{path}: {without_login(str(error)) or type(error).__name__}") from error

    async def _refusal(self, path: str, response: aiohttp.ClientResponse) -> Exception:
        """What an answer other than 200 means."""
        text = (await _beginning(response)).decode(errors="replace")
        try:
            document = json.loads(text)["error"]
            code, message, field = str(document["code"]), str(document["message"]), str(document.get("field") or "")
            data = dict(document.get("data") or {})
        except (ValueError, TypeError, KeyError):
            code, message, field, data = "", text.strip()[:200], "", {}
        if response.status in (400, 404, 413, 422) and code:
            return InvalidOption(field, code, data)
        hint = "; check INFERENCE_TOKEN" if response.status == 401 else ""
        return EndpointDown(self.name, f"{path} answered {response.status}: {message}{hint}", status=response.status)


async def _beginning(response: aiohttp.ClientResponse, limit: int = 4096) -> bytes:
    """The body's first bytes; the stream's own `read(limit)` ends with what has come so far."""
    body = b""
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) >= limit:
            break
    return body[:limit]


async def split_lines(endpoint: str, chunks: AsyncIterable[bytes], limit: int = MAX_LINE_BYTES) -> AsyncIterator[bytes]:
    """The lines of a byte stream, without their ends.  Raises EndpointDown for one longer than `limit` bytes."""
    pending: list[bytes] = []
    size = 0
    async for chunk in chunks:
        *ended, rest = chunk.split(b"\n")
        for piece in ended:
            yield b"".join((*pending, piece))
            pending, size = [], 0
        if rest:
            pending.append(rest)
            size += len(rest)
        if size > limit:
            raise EndpointDown(endpoint, f"it sent a line of more than {limit} bytes")
    if pending:
        yield b"".join(pending)
