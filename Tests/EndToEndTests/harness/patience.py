"""Waiting for what comes in its own time."""

import time
from collections.abc import Callable

from playwright.sync_api import Page, expect

LIMIT = 90.0
"""Seconds that only end a test that has failed."""


def wait_longer() -> None:
    """Expectations of pages wait for half a minute. Playwright's five seconds are few for a machine with more to do."""
    expect.set_options(timeout=30_000)


def reload_until(page: Page, path: str, is_there: Callable[[], bool]) -> None:
    """Loads a page until it shows what is waited for."""
    end = time.monotonic() + LIMIT
    while True:
        page.goto(path)
        if is_there():
            return
        assert time.monotonic() < end, f"{path} still says: {page.locator('main').inner_text()}"
        page.wait_for_timeout(250)
