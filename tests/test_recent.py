"""What was read a moment ago is not read again, and never outlives a write."""

from collections.abc import Callable

from bot.database.blocked_terms import BlockedTerms
from bot.database.guild import Drawing, GuildRecord
from bot.database.recent import MOST, SECONDS, Recent
from bot.database.session import Database
from bot.database.settings import GuildSettings
from tests.bot_fakes import ADA, CHANNEL, GUILD


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Source:
    """Counts how often it is read."""

    def __init__(self) -> None:
        self.value = 1
        self.reads = 0
        self.meanwhile: Callable[[], None] = lambda: None

    async def read(self) -> int:
        self.reads += 1
        value = self.value
        self.meanwhile()
        return value


async def test_it_is_read_once_in_a_while() -> None:
    """And anew when it is too old: somebody else may have changed it."""
    clock, source = Clock(), Source()
    recent: Recent[str, int] = Recent(clock)
    assert [await recent.get("a", source.read) for _ in range(3)] == [1, 1, 1]
    assert source.reads == 1
    source.value = 2
    clock.now += SECONDS
    assert await recent.get("a", source.read) == 2


async def test_a_write_while_it_is_read_is_not_lost() -> None:
    """What was read may be from before the write: it is handed out, and not kept."""
    source = Source()
    recent: Recent[str, int] = Recent(Clock())
    source.meanwhile = recent.forget
    assert await recent.get("a", source.read) == 1
    source.value = 2
    assert await recent.get("a", source.read) == 2


async def test_it_keeps_so_many_at_most() -> None:
    """However many servers there are."""
    source = Source()
    recent: Recent[int, int] = Recent(Clock())
    for key in range(MOST + 1):
        await recent.get(key, source.read)
    await recent.get(0, source.read)
    assert source.reads == MOST + 2


async def test_what_is_chosen_counts_at_once(database: Database) -> None:
    """In the process that chose it, for servers, channels and words."""
    settings, terms = GuildSettings(database), BlockedTerms(database)
    await settings.get(GUILD)
    await settings.channel(GUILD, CHANNEL)
    await terms.of(GUILD)
    await settings.set(GuildRecord(GUILD, retention_days=7), by=ADA)
    await settings.change_channel(GUILD, CHANNEL, ADA, lambda _: Drawing(max_images=4))
    word = await terms.add(GUILD, "balrog", "block", by=ADA)
    assert (await settings.get(GUILD)).retention_days == 7
    assert (await settings.channel(GUILD, CHANNEL)).max_images == 4
    assert [term.term for term in await terms.of(GUILD)] == ["balrog"]
    await terms.remove(GUILD, word.id, by=ADA)
    assert await terms.of(GUILD) == ()
