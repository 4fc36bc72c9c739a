"""Which inference servers there are: those that a file or the settings name, or one of our own.

In: the settings.  Out: an open pool.  The file is read again on SIGHUP, so that servers come and go while the bot runs;
one that cannot be read changes nothing.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

import structlog

from bot.addresses import check_server_url, without_login
from bot.config import Settings
from bot.errors import ConfigurationError
from bot.pool.endpoint import Endpoint
from bot.pool.pool import Pool
from bot.pool.runtime import SOCKET_NAME, runtime_folder, socket_owner
from bot.pool.supervisor import Supervisor, serve_command, serve_environment

log = structlog.get_logger(__name__)


@asynccontextmanager
async def open_pool(settings: Settings) -> AsyncIterator[Pool]:
    """Raises ConfigurationError for a file of servers that cannot be read, or names none."""
    async with AsyncExitStack() as stack:
        urls = named_servers(settings)
        if not urls:
            socket = stack.enter_context(runtime_folder(socket_owner(settings))) / SOCKET_NAME
            command, environment = serve_command(socket), serve_environment(settings)
            await stack.enter_async_context(Supervisor(command, socket, environment=environment))
            urls = (f"unix://{socket}",)
        pool = Pool(
            _endpoints(urls, settings),
            concurrency=settings.inference_concurrency,
            patience=settings.inference_patience,
        )
        stack.push_async_callback(pool.close)
        await pool.open()
        stack.enter_context(_reading_again(pool, settings))
        yield pool


def named_servers(settings: Settings) -> tuple[str, ...]:
    """The addresses that the file, or else the settings, name.  Raises ConfigurationError."""
    file = settings.inference_urls_file
    if file is None:
        return settings.inference_urls
    try:
        lines = [line.partition("#")[0].strip() for line in file.read_text().splitlines()]
        urls = tuple(dict.fromkeys(check_server_url(line) for line in lines if line))
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or str(error)
        cure = "One server's address a line, as in INFERENCE_URLS; then send the bot SIGHUP, or start it again."
        raise ConfigurationError("INFERENCE_URLS_FILE", str(file), problem, cure, final=True) from error
    if not urls:
        cure = "Name one server at least, or leave INFERENCE_URLS_FILE empty: then the bot starts one itself."
        raise ConfigurationError("INFERENCE_URLS_FILE", str(file), "it names no server", cure, final=True)
    return urls


async def read_again(pool: Pool, settings: Settings) -> None:
    """Work with the servers that the file names now."""
    try:
        urls = await asyncio.to_thread(named_servers, settings)
    except ConfigurationError as error:
        log.error("pool.servers_not_read", problem=str(error))  # noqa: TRY400  # the sentence says it all
        return
    log.info("pool.servers_read", servers=tuple(map(without_login, urls)))
    await pool.change(_endpoints(urls, settings))


def _endpoints(urls: tuple[str, ...], settings: Settings) -> list[Endpoint]:
    token = settings.inference_token.get_secret_value() if settings.inference_token else None
    return [Endpoint(url, token) for url in urls]


@contextmanager
def _reading_again(pool: Pool, settings: Settings) -> Iterator[None]:
    """Read the file on SIGHUP; without a file the signal means what it always does, that the terminal is gone."""
    if settings.inference_urls_file is None:
        yield
        return
    loop, readings = asyncio.get_running_loop(), set[asyncio.Task[None]]()

    def read() -> None:
        reading = loop.create_task(read_again(pool, settings), name="servers")
        readings.add(reading)
        reading.add_done_callback(readings.discard)

    log.info("pool.servers_named", file=str(settings.inference_urls_file), read_again_on="SIGHUP")
    loop.add_signal_handler(signal.SIGHUP, read)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
        for reading in tuple(readings):
            reading.cancel()
