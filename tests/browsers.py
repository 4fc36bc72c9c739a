"""One headless Chromium for all tests of a process, because starting one costs more than most of them: each test opens
contexts of its own in it, which share nothing.

A test that needs it is skipped where it is not installed, and says so.  It lives in the loop of the whole run, and so
must the tests that use it: `pytestmark = IN_ITS_LOOP`.
"""

import importlib.util
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest

CHROMIUM: Final = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
PATIENCE_MS: Final = 30_000  # for a machine that is busy; nothing here waits longer than it must
IN_ITS_LOOP: Final = pytest.mark.asyncio(loop_scope="session")


@asynccontextmanager
async def launched() -> AsyncIterator[Any]:
    """A Playwright browser.  Skips the test where there is none."""
    if CHROMIUM is None or importlib.util.find_spec("playwright") is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium), or playwright is not")
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


@asynccontextmanager
async def open_tab(browser: Any, **options: Any) -> AsyncIterator[tuple[Any, list[str]]]:
    """An empty tab of a visitor of its own, and a list into which comes what its scripts break on."""
    broken: list[str] = []
    async with await browser.new_context(**options) as context:
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: broken.append(str(error)))
        yield page, broken
