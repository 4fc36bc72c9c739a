"""The composition root without Discord: what the bot stands on, opened in order and closed in reverse.

In: settings.  Out: `Services`.  The only place that knows how the parts fit together: `archive` opens the
database, `studio` makes pictures of orders, `services` adds what people do to what exists, `upkeep` what goes on by
itself.
"""

from bot.services.opening import open_services
from bot.services.services import Services

__all__ = ("Services", "open_services")
