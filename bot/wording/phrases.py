"""What errors are about, in English: sentences and parts of sentences by their codes, for `render` to say.

Out: tables.  A code that is used anywhere in the bot must be here; a test looks.
"""

from typing import Final

from bot.wording.catalogue import later

WHO_DECIDES: Final = {
    ("ban", False): later("The ban lasts until this server's moderators lift it: ask them."),
    ("ban", True): later("The ban lasts until the bot's operator lifts it: ask them."),
    ("timeout", False): later("This server's moderators can end it sooner."),
    ("timeout", True): later("The bot's operator can end it sooner."),
}
"""About a sanction: by its kind, and whether it counts everywhere."""
FIELDS: Final = {
    "prompt": later("Prompt"),
    "negative_prompt": later("Negative prompt"),
    "images": later("Images"),
    "seed": later("Seed"),
    "guidance_scale": later("Guidance scale"),
    "temperature": later("Temperature"),
    "top_k": later("Top k"),
    "top_p": later("Top p"),
    "strength": later("Strength"),
    "init_image": later("Picture"),
    "image": later("Picture"),
    "use": later("Use"),
    "picture": later("Picture"),
    "link": later("Link"),
    "model": later("Model"),
    "size": later("Size"),
    "duration": later("Duration"),
    "words": later("Words"),
    "since": later("From"),
    "category": later("Category"),
    "status": later("Status"),
    "action": later("What"),
    "until": later("End"),
    "cursor": later("Page"),
    "term": later("Blocked word"),
    "reason": later("Reason"),
    "word": later("Word"),
    "decision": later("Decision"),
    "review_channel": later("Review channel"),
    "retention_days": later("Retention"),
    "text": later("Text"),
    "user": later("Person"),
    "theme": later("Theme"),
    "entries": later("Time to enter"),
    "voting": later("Time to vote"),
}
"""Options and fields of forms, by name."""
REFUSED: Final = {
    ("prompt", ""): later(
        "This prompt was not accepted: the filter takes it for {category}. If you mean something else, say it in other "
        "words."
    ),
    ("prompt", "unreadable"): later(
        "This prompt was not accepted: the filter cannot read it. Write it in plain words."
    ),
    ("prompt", "server_words"): later(
        "This prompt was not accepted: one of the words in it is not allowed here. Say it in other words."
    ),
    ("negative_prompt", ""): later(
        "This list of what to leave out was not accepted: with it, the filter takes the prompt for {category}. Leave "
        "out something else."
    ),
    ("negative_prompt", "server_words"): later(
        "This list of what to leave out was not accepted: one of the words in it is not allowed here. Say it in other "
        "words."
    ),
}
"""Of a prompt or what it leaves out, by the filter's category; "" is any other."""
APPEALABLE: Final = later(
    "The filter is a program and errs at times. If it is wrong here, press “{button}”: this server's moderators look "
    "at it."
)
FINAL: Final = later(
    "The filter is a program and errs at times, but no server can let this pass. With “{button}”, this server's "
    "moderators hear of it."
)
HELD_FOR_REVIEW: Final = later(
    "The pictures are held back: the filter takes them for something that this server does not show. Moderators will "
    "look at them, and may show them after all."
)
HELD: Final = later(
    "The pictures are not shown: the filter takes them for something that this server does not show. It errs at times; "
    "try again, or in other words."
)
CANNOT_ALLOW: Final = later(
    "This prompt stays blocked: no server can change the rule, or the operator's safety level, that blocks it. If it "
    "is wrong, tell the bot's operator."
)
OWN_WORK: Final = later("You made this yourself. Let another moderator decide, or somebody who manages this server.")
PROBLEMS: Final = {
    "empty": later("The {field} is empty."),
    "unkeepable": later("There are characters in this text that cannot be kept, invisible ones. Please type it anew."),
    "out_of_range": later("{field} is {value}; it must be from {low} to {high}."),
    "too_long": later("{field} has {length} characters; at most {limit} are taken."),
    "wrong_length": later("{field} has {length} characters; from 1 to {limit} are taken."),
    "too_many_here": later("{value} pictures are too many here; at most {limit} are drawn."),
    "not_here": later("The model {value} is not among those that you may use here: {models}."),
    "unknown_setting": later("There is no setting “{value}” here."),
    "no_limit": later("“{value}” is no limit. Write for example: 5/hour, 20/day."),
    "no_filter": later("“{value}” is no filter; there are: {choices}."),
    "no_choice": later("{field} is “{value}”; it must be one of: {choices}."),
    "too_many": later("There are {count} already; at most {limit} may be."),
    "too_large": later("{field} has {bytes} bytes; at most {limit} are taken."),
    "too_many_wildcards": later("{value} has {count} wildcards; at most {limit} may be."),
    "too_few_letters": later("{value} has {count} letters beside its wildcards; at least {limit} are needed."),
    "too_short": later("{value} is too short; at least {limit} letters are needed."),
    "too_common": later("{value} stands in nearly every prompt. Choose a rarer word, or a phrase."),
    "not_text": later("{field} is no text at character {position}."),
    "not_a_character": later("{field} holds {character}, which is not a character of text."),
    "unreadable_picture": later("The picture cannot be read. PNG, JPEG and WebP files are taken."),
    "refused_reading": later("Easel reads this as “{value}”, which is not drawn here."),
    "refused_picture": later(
        "Easel does not work with this picture: the filter takes it for something that is not drawn here. Try another "
        "one."
    ),
    "too_many_pixels": later("The picture has too many pixels; at most {limit} million are taken."),
    "too_small_picture": later("The picture has {width} × {height} pixels; at least {limit} a side are needed."),
    "picture_not_loaded": later("Discord did not hand the picture over. Please try again."),
    "no_picture": later("This message has no picture that Easel can start from: PNG, JPEG or WebP."),
    "needs_guidance": later("A negative prompt needs a guidance scale above 1; it is {value}."),
    "needs_picture": later("How to use a picture was chosen, and no picture was given."),
    "no_model_ready": later("No drawing server is ready just now. Please try again in a moment."),
    "cannot_complete": later("The model {model} cannot complete a picture. Vary it instead."),
    "not_at_discord": later("The link must lead to a message of this server, or to a picture at {hosts}."),
    "no_moment": later(
        "{field} is “{value}”; write a day (2026-05-03, today, yesterday) or how long ago (12 hours, 2 days)."
    ),
    "too_many_filters": later("So many filters at once do not fit; leave one out, or shorten the words."),
    "picture_or_link": later("Give a picture or a link."),
    "unknown_model": later("No drawing server has the model {value} now."),
    "no_such_model": later("There is no model {value} here. There are: {known}."),
    "unknown_size": later("{field} is {value}; the model {model} draws {known}."),
    "no_size": later("{field} is {value}; it must read like 512x512."),
    "needs_keep_rows_or_strength": later("A picture to start from needs a strength."),
    "not_supported": later("{field} is not possible with the model {model}."),
    "misspelt_flag": later("There is no {flag}. Did you mean {near}?"),
    "unknown_flag": later("I do not know {flag}. There are {flags}."),
    "flag_with_value": later("{flag} takes no value, and “{value}” follows it. Flags come last."),
    "flag_without_words": later("{flag} has nothing behind it. Say what, or leave it off."),
    "flag_takes_whole_number": later("{flag} takes a whole number, not “{value}”."),
    "flag_takes_number": later("{flag} takes a number, not “{value}”."),
    "names_no_generation": later(
        "Give a link to a message of Easel’s (Copy Message Link), a generation’s id, or a picture."
    ),
    "style_in_style": later("A style cannot name another style."),
    "empty_style": later(
        "A style needs something to add: words before (`prefix`) or behind (`suffix`), what to leave out (`negative`), "
        "or how to draw (`guidance`, `temperature`, `top_k`, `top_p`)."
    ),
    "no_styles": later("This is no file of styles. Use one that `/style export` made, of at most 50 styles."),
    "no_duration": later("“{value}” is no duration. Write for example: 30m, 1 hour, 1h30m, 2 days."),
    "wrong_duration": later("The duration is {value}; it must be from 1 minute to 365 days."),
    "contest_length": later("{field} is {value}; it must be from 10 minutes to 60 days."),
    "no_number": later("{field} is “{value}”; it must be a number."),
    "no_channel": later("This server has no channel {value}."),
    "no_role": later("This server has no role {value}."),
    "word_missing": later("To erase everything, write the word “{value}” into the box."),
    "no_id": later("No Discord id has so many digits."),
    "past": later("A timeout's end is {value}; it must lie in the future."),
    "no_place": later("“{value}” is not a place in this list."),
    "direct_message": later("This picture was made in a direct message; only a server has a gallery."),
}
"""What can be wrong with one of them: the codes of `InvalidOption`, among them the inference contract's."""
LIMITS: Final = {
    "person": later("Your limit of {amount} per {period} is reached."),
    "here": later("This server's limit of {amount} per {period} for each member is reached."),
    "role": later("Your role's limit of {amount} per {period} in this server is reached."),
    "server": later("This server's limit of {amount} per {period} for all its members together is reached."),
    "all": later("Easel's limit of {amount} per {period} for everybody together is reached."),
}
"""Whose limit is reached."""
LOST: Final = {
    "generation": later("Generation {number} was not found. It may have been removed."),
    "picture": later("Picture {number} was not found. It may have been removed."),
    "share": later("This picture was not found in the gallery. It may have been removed."),
    "file": later("The picture's file was not found. It may have been removed."),
    "channel": later("Discord does not say in which channel this is."),
    "message_of_easel": later("This message shows nothing that Easel drew, or it was removed."),
    "message_here": later("This message was not found in this server, or one of us may not read its channel."),
    "picture_in_message": later(
        "Discord does not show me a picture in this message. Right-click it (Apps → *Who made this?*), or give me the "
        "picture itself."
    ),
    "like_picture": later("Easel knows no picture like it, as far as you may see."),
    "style": later("There is no style of this name. `/style list` shows what there is."),
    "own_order": later("There is no order of yours to draw again. Try `/imagine`."),
    "sanction": later("No ban or timeout of this person is in force."),
    "blocked_word": later("This blocked word was not found. It may have been removed."),
    "decision": later("This decision was not found."),
    "server": later("This server was not found."),
    "contest": later("There is no such contest in this server."),
    "proposal": later("This proposal is gone. Please ask for new ones."),
    "removal": later("There is no removal here that can be undone."),
}
"""What can be missing: the subjects of `NotFound`."""
OUT_OF_REACH: Final = {
    "yourself": later("You cannot sanction yourself."),
    "bot": later("{person} is a bot; bots cannot use Easel."),
    "owner": later("{person} owns this server and cannot be sanctioned."),
    "owner_unknown": later("Discord does not say who owns this server, so nobody is sanctioned now. Try again."),
    "administrator": later("{person} is an administrator: only another one may sanction them."),
    "banned": later("{person} is banned, and a timeout would end the ban. Lift the ban first."),
    "timed_out": later("{person} is timed out for longer: {end}. For a shorter timeout, lift that one first."),
}
"""Why somebody cannot be sanctioned."""
FAILURES: Final = {
    "out_of_memory": later("The drawing server ran out of memory. Fewer pictures may work."),
    "model_failed": later("The model failed while drawing. Please try again."),
    "engine_failed": later("The drawing server has a fault. Please try again later."),
    "shutting_down": later("The drawing server was stopped while drawing. Please try again."),
    "endpoint_down": later("The drawing server broke off, and so did the tries after."),
    "busy": later("The drawing server has too much to do. Please try again later."),
    "model_not_loaded": later("The model {model} could not be loaded. Please choose another one."),
    "content_refused": later("The provider of {model} refuses this prompt."),
    "budget_spent": later("Today's budget for this model is spent. Please choose another one, or try again tomorrow."),
    "api_key_refused": later("The provider of {model} does not accept this bot's key. Please tell the operator."),
    "api_model_unknown": later("The provider of {model} has no such model any more. Please choose another one."),
    "api_quota_spent": later("The bot's account with the provider of {model} is used up. Please tell the operator."),
    "api_rate_limited": later("The provider of {model} asks to wait. Please try again later."),
    "api_timeout": later("The provider of {model} took too long. Please try again later."),
    "api_down": later("The provider of {model} cannot be reached just now. Please try again later."),
    "api_refused": later("The provider of {model} does not draw this."),
    "api_answer": later("The provider of {model} sent no pictures that can be read. Please try again."),
    "incomplete": later("Only {drawn} of {ordered} pictures were drawn."),
    "internal": later("Something broke. The log says more under generation {generation}."),
    "too_slow": later("It could not be written down in time."),
    "not_answered": later("Discord did not take the first answer."),
}
"""Why there are no pictures: the inference server's codes, and the bot's own."""
PASSING: Final = {
    "budget_spent": later("Today's budget for this model is spent; other models still draw."),
    "api_rate_limited": later("The provider of {model} asks to wait."),
    "api_down": later("The provider of {model} cannot be reached just now."),
}
"""The same where somebody knows when to try again, which is said after it."""
UNDONE: Final = {
    "check": later("The prompt could not be checked: {rest}"),
    "draw": later("The pictures could not be drawn: {rest}"),
    "describe": later("The picture could not be described: {rest}"),
    "read": later("The words could not be read: {rest}"),
}
UNSAVED: Final = {
    "generation": later("Your generation"),
    "picture": later("The picture"),
    "removal": later("The removal"),
    "erasure": later("The erasure"),
    "post": later("The message's place"),
    "share": later("The share"),
    "gallery": later("The change to the gallery"),
    "vote": later("Your vote"),
    "favourite": later("Your favourites"),
    "contest": later("The contest"),
    "entry": later("Your entry"),
    "notice": later("The announcement"),
    "style": later("The style"),
    "sanction": later("The sanction"),
    "lift": later("The lifting of the sanction"),
    "settings": later("The server's settings"),
    "channel_settings": later("The channel's settings"),
    "audit": later("The entry in the audit log"),
    "blocked_word": later("The blocked word"),
    "report": later("The report"),
    "decision": later("The decision"),
    "login": later("The login"),
    "logout": later("The logout"),
    "change": later("This"),
}
"""What could not be written: the subjects of `NotSaved`."""
DISCORD_ERRORS: Final = {
    "UNKNOWN_CHANNEL": later("This channel is gone."),
    "UNKNOWN_MESSAGE": later("This message is gone already."),
    "FILE_TOO_LARGE": later("Discord refused the picture: it is larger than this server takes."),
    "MISSING_ACCESS": later(
        "Easel may not see this channel. It needs the permission “View Channel”; a moderator can give it."
    ),
    "CANNOT_WRITE_TO_USER": later("Discord does not let Easel write to this person privately."),
    "MISSING_PERMISSIONS": later(
        "Easel lacks a permission here. It needs “Send Messages” and “Attach Files”; a moderator can give them."
    ),
    "TOO_MANY_LATE_EDITS": later(
        "Discord lets messages older than an hour be changed only now and then. Try again later."
    ),
    "BLOCKED_BY_AUTOMOD": later("This server's AutoMod did not let Easel's message through."),
}
"""What Discord refuses, by the names of `bot.views.discord_codes`."""
PERMISSIONS: Final = {
    "manage_messages": later("Manage Messages"),
    "moderate_members": later("Timeout Members"),
    "ban_members": later("Ban Members"),
    "manage_guild": later("Manage Server"),
    "administrator": later("Administrator"),
}
"""Discord's permissions, as Discord's own pages call them."""
