"""`easel moderation`: what the operator may do about people and pictures, in every server and in direct messages.

In: people's Discord ids, generations' ids, filters.  Out: sanctions and removals in the database, which a bot that runs
asks about before it admits and draws, and takes down; the request log, the queue and the numbers of all places.  Every
act is in the audit log, by actor 0.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from bot.actions.reason import checked_reason
from bot.cli.desk import OPERATOR, Desk, at_desk
from bot.cli.request_log import audit, export, log, review, stats
from bot.cli.surroundings import JsonFlag, id_argument, print_json, print_table, table_of
from bot.database.records import SanctionKind, SanctionRecord
from bot.errors import AlreadyDeleted
from bot.wording.text import one_line

if TYPE_CHECKING:
    from bot.actions.moderation import Moderation

moderation_commands = typer.Typer(
    no_args_is_help=True, help="Sanctions that count everywhere, and the log, the queue and the numbers of all servers."
)

UserArgument = Annotated[int, id_argument("The person's Discord id (Developer Mode: Copy User ID).")]
GenerationArgument = Annotated[int, id_argument("The generation's id, as the log shows it.")]
ReasonOption = Annotated[str, typer.Option(help="Why; the person reads it.", show_default=False)]
AuditReasonOption = Annotated[str, typer.Option(help="Why; for the audit log.")]
RemoveOption = Annotated[str | None, typer.Option(help="Also remove their pictures of the last …: 1 hour, 7 days.")]
PictureOption = Annotated[int | None, typer.Option(min=1, max=9, help="One picture of it only, counted from 1.")]


# ---------------------------------------------------------------------------------------------------------- people


@moderation_commands.command()
def ban(user: UserArgument, reason: ReasonOption, remove: RemoveOption = None) -> None:
    """Keep a person from using Easel, in all servers and in direct messages."""
    removed = _sanctioned(user, "ban", None, reason, remove)
    Console().print(f"{user} is banned everywhere. What waits in the queue of a bot that runs ends before it is drawn.")
    _tell_removed(removed)


@moderation_commands.command()
def timeout(
    user: UserArgument, duration: Annotated[str, typer.Argument(help="How long: 30m, 1 hour, 2 days.")],
    reason: ReasonOption, remove: RemoveOption = None,
) -> None:  # fmt: skip
    """Keep a person from using Easel for a while, in all servers and in direct messages."""
    from bot.actions.moderation import sanction_length

    until = datetime.now(UTC) + sanction_length("duration", duration)
    removed = _sanctioned(user, "timeout", until, reason, remove)
    Console().print(f"{user} cannot use Easel anywhere until {until:%Y-%m-%d %H:%M} UTC.", highlight=False)
    _tell_removed(removed)


@moderation_commands.command()
def unban(
    user: UserArgument, reason: AuditReasonOption = "",
    restore: Annotated[bool, typer.Option("--restore", help="Also show again what was removed with it.")] = False,
) -> None:  # fmt: skip
    """Lift a ban or a timeout that counts everywhere; those of single servers stay."""

    async def lifted(desk: Desk) -> int:
        sanction = await desk.moderation.lift(OPERATOR, user, reason)
        if not restore or not await desk.sweep.removed_with(OPERATOR, user, sanction.id):
            return 0
        return await desk.sweep.restore(OPERATOR, user, sanction.id, reason)

    shown = at_desk(lifted, changes=True)
    Console().print(f"{user} may use Easel again, where no server has banned them.", highlight=False)
    if restore:
        Console().print(f"Shown again: {shown}. Messages deleted in Discord do not come back.", highlight=False)


@moderation_commands.command("list")
def list_sanctions(as_json: JsonFlag = False) -> None:
    """Show the bans and timeouts that count everywhere and are in force, the newest first."""
    found, now = at_desk(lambda desk: _all_sanctions(desk.moderation)), datetime.now(UTC)
    out = [one for one in found if one.lifted_at is None and (one.until is None or one.until > now)]
    if as_json:
        print_json(bans=[_sanction(one) for one in out])
        return
    table = table_of("user", "what", "since", "until", "reason")
    for one in out:
        until = "" if one.until is None else f"{one.until:%Y-%m-%d %H:%M}"
        reason = escape(one_line(one.reason))
        table.add_row(str(one.user_id), one.kind, f"{one.created_at:%Y-%m-%d %H:%M}", until, reason)
    print_table(table) if out else Console().print("Nobody is banned everywhere.")


@moderation_commands.command("user")
def person(user: UserArgument, as_json: JsonFlag = False) -> None:
    """Show one person's record over all servers: requests, what was said of them, what keeps them out."""

    async def looked_up(desk: Desk) -> tuple[dict[str, int], dict[str, int], SanctionRecord | None]:
        counts = await desk.moderation.counts(OPERATOR, user)
        said = await desk.reviews.counts(None, user, everywhere=True)
        return counts, said, await desk.moderation.in_force(OPERATOR, user)

    counts, said, sanction = at_desk(looked_up)
    if as_json:
        print_json(user=user, requests=counts, reviews=said, sanction=sanction and _sanction(sanction))
        return
    shown, reviews = (", ".join(f"{number} {name}" for name, number in one.items()) for one in (counts, said))
    Console().print(f"{user}: {sum(counts.values())} requests{f' ({shown})' if shown else ''}", highlight=False)
    if reviews:
        Console().print(f"in the review queue, ever: {reviews}", highlight=False)
    if sanction is not None:
        until = "" if sanction.until is None else f" until {sanction.until:%Y-%m-%d %H:%M} UTC"
        Console().print(f"{sanction.kind} everywhere{until}: {escape(one_line(sanction.reason))}", highlight=False)


# -------------------------------------------------------------------------------------------------------- pictures


@moderation_commands.command()
def remove(generation: GenerationArgument, reason: AuditReasonOption = "", picture: PictureOption = None) -> None:
    """Take a generation, or one picture of it, out of history and gallery, wherever it was drawn."""
    why = checked_reason(reason)

    async def removed(desk: Desk) -> None:
        record, index = await desk.moderation.entry(OPERATOR, generation), _index(picture)
        images = {image.index: image.removal for image in record.images}
        before = record.removal if index is None else images.get(index)
        if record.deleted or (before is not None and before.by_operator):
            raise AlreadyDeleted(generation)
        await desk.generations.remove(generation, OPERATOR.user_id, why, index, by_operator=True)

    at_desk(removed, changes=True)
    Console().print("Removed. A bot that runs takes it out of Discord within half a minute.")


@moderation_commands.command()
def restore(generation: GenerationArgument, reason: AuditReasonOption = "", picture: PictureOption = None) -> None:
    """Show again what was removed, but not by its owner.  A message that was deleted in Discord does not come back."""
    why = checked_reason(reason)

    async def restored(desk: Desk) -> None:
        record = await desk.moderation.entry(OPERATOR, generation)
        record.restorable(_index(picture), operator=True)
        await desk.generations.restore(generation, OPERATOR.user_id, why, _index(picture))

    at_desk(restored, changes=True)
    Console().print("Shown again.")


for command in (log, export, review, stats, audit):
    moderation_commands.command()(command)


def _sanctioned(user: int, kind: SanctionKind, until: datetime | None, why: str, remove: str | None) -> int | None:
    """How many generations were removed with it; None where nobody asked for that."""
    from bot.actions.moderation import Target, sanction_length

    since = None if remove is None else datetime.now(UTC) - sanction_length("remove", remove)

    async def sanctioned(desk: Desk) -> int | None:
        sanction = await desk.moderation.sanction(OPERATOR, Target(user), kind, until, why)
        if since is None:
            return None
        return len(await desk.sweep.remove(OPERATOR, user, since, why, sanction.id))

    return at_desk(sanctioned, changes=True)


def _tell_removed(number: int | None) -> None:
    if number is not None:
        Console().print(f"Removed: {number}. A bot that runs takes the messages down within half a minute.")


def _index(picture: int | None) -> int | None:
    return None if picture is None else picture - 1


def _sanction(one: SanctionRecord) -> dict[str, object]:
    return {
        "user": one.user_id, "kind": one.kind, "since": one.created_at.isoformat(),
        "until": one.until and one.until.isoformat(), "reason": one.reason,
    }  # fmt: skip


async def _all_sanctions(moderation: "Moderation") -> list[SanctionRecord]:
    found: list[SanctionRecord] = []
    before: int | None = None
    while True:
        page = await moderation.sanctions(OPERATOR, before, 100)
        found += page.records
        before = page.next_before
        if before is None:
            return found
