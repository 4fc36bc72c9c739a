"""`easel demo`: the bot in a browser page."""

import asyncio
import os

from bot.cli.surroundings import port_variable, read_settings
from bot.errors import CommandError


def demo() -> None:
    """Try the bot in a local browser page: no Discord account, no token, no download.

    EASEL_DEMO_PORT chooses the page's port; with EASEL_NO_BROWSER set, no browser window is opened.
    """
    try:
        from bot.demo.run import run_demo
    except ModuleNotFoundError as error:
        raise CommandError(
            f"the demo needs {error.name}: run `make demo`, or pip install -e '.[demo]' in Easel's folder"
        ) from error

    port = port_variable("EASEL_DEMO_PORT")
    asyncio.run(run_demo(read_settings(), port=port, open_browser="EASEL_NO_BROWSER" not in os.environ))
