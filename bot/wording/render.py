"""The sentence of every error.

In: an error.  Out: what its reader is told.  The English sentences are the catalogue's keys.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from bot import errors
from bot.errors import UserError
from bot.wording import phrases
from bot.wording.catalogue import Sentences
from bot.wording.phrases import FAILURES, FIELDS, LIMITS, LOST, OUT_OF_REACH, PASSING, PERMISSIONS, PROBLEMS, UNSAVED
from bot.wording.reader import reader
from bot.wording.terms import category, estimate


def explain(error: UserError) -> str:
    """The error's sentence, with what would work: the time to try again, or the channels where Easel may be used."""
    sentences = reader()
    told = _SAID[type(error)](sentences, error) if type(error) in _SAID else sentences.as_it_is(str(error))
    if error.retry_at is not None:
        told += " " + sentences.say("Try again after {time}.", time=sentences.form.clock(error.retry_at))
    return "\n".join([told, *map(explain, error.more)])


def explain_kept(code: str, details: Mapping[str, Any]) -> str:
    """The sentence of an error that the request log has kept."""
    return explain(errors.restored(code, details))


# ------------------------------------------------------------------------------------------------- refused at the door


def _sanctioned(s: Sentences, error: errors.Sanctioned) -> str:
    """With why, until when, and who decides about it."""
    told = s.say("You are timed out from Easel") if error.kind == "timeout" else s.say("You are banned from Easel")
    if error.reason:
        told = s.say("{what}: {details}", what=told, details=s.form.quote(error.reason))
    if not told.endswith((".", "!", "?", "…", "。", "！", "？")):
        told = s.say("{words}.", words=told)
    return f"{told} {s.say(phrases.WHO_DECIDES[error.kind, error.everywhere])}"


def _channel_not_allowed(s: Sentences, error: errors.ChannelNotAllowed) -> str:
    told = s.say("Easel is not enabled in this channel.")
    if error.allowed:
        channels = ", ".join(map(s.form.channel, error.allowed[:5]))
        told += " " + s.say("Try {channels}.", channels=channels)
    return told


def _direct_messages_refused(s: Sentences, _: errors.DirectMessagesRefused) -> str:
    return s.say("Easel does not draw in direct messages. Use it in a server.")


def _limit_reached(s: Sentences, error: errors.LimitReached) -> str:
    values = {"amount": s.number(error.amount), "period": s.period(error.every, error.unit)}
    return s.say(LIMITS[error.whose], **values)


def _busy(s: Sentences, _: errors.Busy) -> str:
    return s.say("Easel is very busy and could not take your order in time. Please try again in a moment.")


def _restarting(s: Sentences, _: errors.Restarting) -> str:
    return s.say("Easel is being restarted. Please try again in a minute.")


def _queue_full(s: Sentences, error: errors.QueueFull) -> str:
    free = (
        "" if error.seconds is None else " " + s.say("A place is free in about {time}.", time=estimate(error.seconds))
    )
    if error.whose == "all":
        told = s.count(
            "The queue is full: {number} generation is under way.",
            "The queue is full: {number} generations are under way.",
            error.under_way,
        )
        return told + (free or " " + s.say("Please try again later."))
    if error.whose == "server":
        told = s.count(
            "This server has {number} generation under way; at most {limit} are allowed.",
            "This server has {number} generations under way; at most {limit} are allowed.",
            error.under_way,
            limit=s.number(error.limit),
        )
        return told + free
    told = s.count(
        "You have {number} generation under way; at most {limit} are allowed.",
        "You have {number} generations under way; at most {limit} are allowed.",
        error.under_way,
        limit=s.number(error.limit),
    )
    return told + free


# ---------------------------------------------------------------------------------------------------- what is asked for


def _invalid_option(s: Sentences, error: errors.InvalidOption) -> str:
    if (error.field, error.problem) == ("prompt", "empty"):
        return s.say("The prompt is empty. Describe what the pictures should show.")
    values = {name: s.form.quote(one) if isinstance(one, str) else one for name, one in error.data.items()}
    field = s.say(FIELDS[error.field]) if error.field in FIELDS else error.field.replace("_", " ").capitalize()
    try:
        return s.say(PROBLEMS[error.problem], field=field, **values)
    except KeyError:
        return s.say("{field} was not accepted ({code}).", field=field, code=error.problem)


def _prompt_blocked(s: Sentences, error: errors.PromptBlocked) -> str:
    """What the filter takes it for is a guess, and said as one."""
    told = phrases.REFUSED.get((error.field, error.category), phrases.REFUSED[error.field, ""])
    return s.say(told, category=category(error.category))


def _pictures_held(s: Sentences, error: errors.PicturesHeld) -> str:
    return s.say(phrases.HELD_FOR_REVIEW if error.reviewed else phrases.HELD)


def _not_found(s: Sentences, error: errors.NotFound) -> str:
    if error.near is not None:
        near = s.form.quote(error.near)
        return s.say("There is no style of this name. Did you mean “{near}”? `/style list` shows all.", near=near)
    if error.subject in LOST:
        return s.say(LOST[error.subject], number=error.number)
    return s.say("{subject} was not found. It may have been removed.", subject=error.subject)


def _not_yours(s: Sentences, error: errors.NotYours) -> str:
    if error.moderators:
        return s.say("This belongs to someone else: only they and moderators can do that.")
    return s.say("This belongs to someone else: only they can do that.")


def _missing_permission(s: Sentences, error: errors.MissingPermission) -> str:
    name = PERMISSIONS.get(error.permission, error.permission.replace("_", " ").title())
    return s.say("You need the permission “{permission}” for this.", permission=s.say(name))


def _not_sanctioned(s: Sentences, error: errors.NotSanctioned) -> str:
    person = s.form.person(error.user_id)
    if error.everywhere:
        return s.say("{person} is banned everywhere; only the bot's operator can lift that.", person=person)
    return s.say("{person} is neither banned nor timed out.", person=person)


def _cannot_sanction(s: Sentences, error: errors.CannotSanction) -> str:
    end = "" if error.until is None else s.form.relative(error.until)
    return s.say(OUT_OF_REACH[error.reason], person=s.form.person(error.user_id), end=end)


def _no_gallery(s: Sentences, _: errors.NoGallery) -> str:
    return s.say("A gallery belongs to a server: there is none in direct messages.")


def _may_not_share(s: Sentences, error: errors.MayNotShare) -> str:
    if not error.roles:
        return s.say("This server's managers have switched sharing off.")
    roles = ", ".join(map(s.form.role, error.roles))
    return s.say("In this server, only members with one of these roles share pictures: {roles}.", roles=roles)


def _sharing_blocked(s: Sentences, error: errors.SharingBlocked) -> str:
    reason = s.form.quote(error.reason)
    return s.say("A moderator of this server keeps you from sharing pictures: {reason}", reason=reason)


def _contest_running(s: Sentences, error: errors.ContestRunning) -> str:
    when = s.form.relative(error.ends_at)
    return s.say("There is a contest in this server already: `/contest show`. It ends {when}.", when=when)


def _contest_over(s: Sentences, _: errors.ContestOver) -> str:
    return s.say("It is not the time for this in the contest, or no longer. See `/contest show`.")


def _own_entry(s: Sentences, _: errors.OwnEntry) -> str:
    return s.say("This one is yours. Vote for somebody else's picture.")


def _drawn_elsewhere(s: Sentences, _: errors.DrawnElsewhere) -> str:
    return s.say("This picture was drawn elsewhere. It can be shared only in the server where it was drawn.")


def _kept_private(s: Sentences, _: errors.KeptPrivate) -> str:
    return s.say("This picture is private, so it cannot be shared. Draw it again without that option.")


def _too_late(s: Sentences, _: errors.TooLate) -> str:
    return s.say("This generation is not in progress any more: it is too late to cancel it.")


def _already_deleted(s: Sentences, _: errors.AlreadyDeleted) -> str:
    return s.say("These pictures are deleted already.")


def _cannot_appeal(s: Sentences, _: errors.CannotAppeal) -> str:
    return s.say("There is nothing to appeal: only prompts that were blocked in a server have moderators to ask.")


def _nothing_to_cancel(s: Sentences, _: errors.NothingToCancel) -> str:
    return s.say("Nothing of yours is in progress, so there is nothing to cancel.")


# ------------------------------------------------------------------------------------------------------ what went wrong


def _generation_failed(s: Sentences, error: errors.GenerationFailed) -> str:
    try:
        return s.say((FAILURES if error.retry_at is None else FAILURES | PASSING)[error.reason], **error.data)
    except KeyError:
        if "message" in error.data:  # by an older Easel
            return str(error.data["message"])
        return s.say("The drawing server failed ({code}).", code=s.form.quote(error.reason))


def _no_endpoint(s: Sentences, error: errors.GenerationFailed) -> str:
    seconds = s.number(error.data["seconds"])
    rest = s.say("no drawing server was ready within {seconds} seconds. Please try again later.", seconds=seconds)
    return s.say(phrases.UNDONE[error.data["doing"]], rest=rest)


def _too_large(s: Sentences, error: errors.TooLarge) -> str:
    size, limit = (s.number(round(size / 2**20, 1)) for size in (error.size, error.limit))
    return s.say("The file has {size} MB; Discord takes {limit} MB here.", size=size, limit=limit)


def _not_saved(s: Sentences, error: errors.NotSaved) -> str:
    what = s.say(UNSAVED[error.subject]) if error.subject in UNSAVED else error.subject
    told = s.say("{subject} could not be saved: the bot's disk or database takes nothing at the moment.", subject=what)
    if error.generation_id is not None:
        told += " " + s.say("(Its id is {id}.)", id=error.generation_id)
    return told


def _not_read(s: Sentences, _: errors.NotRead) -> str:
    return s.say("Easel's database does not answer at the moment. Nothing is lost; please try again in a minute.")


def _discord_away(s: Sentences, _: errors.DiscordAway) -> str:
    return s.say(
        "Discord does not answer at the moment, so Easel cannot ask what you may do. Please try again in a minute."
    )


def _generation_cancelled(s: Sentences, _: errors.GenerationCancelled) -> str:
    return s.say("This generation was cancelled.")


def _broken(s: Sentences, error: errors.Broken) -> str:
    return s.say("Something broke (id {id}). It is in the log; please tell the operator this id.", id=error.error_id)


_SAID: Final[dict[type[UserError], Callable[[Sentences, Any], str]]] = {
    errors.Sanctioned: _sanctioned,
    errors.ChannelNotAllowed: _channel_not_allowed,
    errors.DirectMessagesRefused: _direct_messages_refused,
    errors.LimitReached: _limit_reached,
    errors.QueueFull: _queue_full,
    errors.Busy: _busy,
    errors.Restarting: _restarting,
    errors.InvalidOption: _invalid_option,
    errors.PromptBlocked: _prompt_blocked,
    errors.PicturesHeld: _pictures_held,
    errors.NotFound: _not_found,
    errors.NotYours: _not_yours,
    errors.MissingPermission: _missing_permission,
    errors.NotSanctioned: _not_sanctioned,
    errors.CannotSanction: _cannot_sanction,
    errors.ServersOnly: lambda s, _: s.say("This works in servers only."),
    errors.NoGallery: _no_gallery,
    errors.MayNotShare: _may_not_share,
    errors.SharingBlocked: _sharing_blocked,
    errors.ContestRunning: _contest_running,
    errors.ContestOver: _contest_over,
    errors.OwnEntry: _own_entry,
    errors.DrawnElsewhere: _drawn_elsewhere,
    errors.KeptPrivate: _kept_private,
    errors.TooLate: _too_late,
    errors.AlreadyDeleted: _already_deleted,
    errors.CannotAppeal: _cannot_appeal,
    errors.CannotAllow: lambda s, _: s.say(phrases.CANNOT_ALLOW),
    errors.OwnWork: lambda s, _: s.say(phrases.OWN_WORK),
    errors.RemovedByOperator: lambda s, _: s.say("The bot's operator removed this; only they can show it again."),
    errors.AlreadyDecided: lambda s, _: s.say("This has been decided already; somebody was quicker."),
    errors.NothingToCancel: _nothing_to_cancel,
    errors.GenerationCancelled: _generation_cancelled,
    errors.GenerationFailed: _generation_failed,
    errors.NoEndpoint: _no_endpoint,
    errors.TooLarge: _too_large,
    errors.NotSaved: _not_saved,
    errors.NotRead: _not_read,
    errors.DiscordAway: _discord_away,
    errors.Broken: _broken,
}
