"""A real Chromium, and the tripwire that every page hangs over: an error on the console, an exception in a
script or a request that fails is a failure of the test, unless the test said that it expects it.
"""

import contextlib
import dataclasses
import os
import re
from collections.abc import Iterator

from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from harness import places


@dataclasses.dataclass(frozen=True)
class View:
    """How a person looks at a page: width in CSS pixels, and colour scheme."""

    width: int
    scheme: str
    """`light` or `dark`"""

    @property
    def height(self) -> int:
        return 780 if self.width < 700 else 900

    def __str__(self) -> str:
        return f"{self.width}-{self.scheme}"


WIDTHS = (360, 768, 1440)
SCHEMES = ("light", "dark")
VIEWS = [View(width, scheme) for width in WIDTHS for scheme in SCHEMES]
DESKTOP = View(1440, "light")


def launch(playwright: Playwright) -> Browser:
    """Debian's Chromium. Its sandbox cannot start as root, which is what a container usually is."""
    return playwright.chromium.launch(
        executable_path=places.tool("chromium", "chromium"),
        chromium_sandbox=os.geteuid() != 0,
        args=["--disable-dev-shm-usage", "--font-render-hinting=none"],
    )


class Tripwire:
    """Collects what went wrong in one context's pages."""

    def __init__(self) -> None:
        self.trips: list[str] = []
        self._expected: list[re.Pattern[str]] = []

    def watch(self, context: BrowserContext) -> None:
        context.on("console", lambda message: self._console(message))
        context.on("weberror", lambda error: self._trip(f"script error: {error.error}"))
        context.on("dialog", lambda dialog: self._dialog(dialog))

    def _console(self, message) -> None:
        # Somebody on this machine added or took away a network; the browser tries again by itself.
        if "ERR_NETWORK_CHANGED" in message.text:
            return
        if message.type in ("error", "warning"):
            where = (message.location or {}).get("url", "")
            self._trip(f"console {message.type}: {message.text} ({where})")

    def _dialog(self, dialog) -> None:
        """No page of ours opens one, so this is somebody else's script (X-14)."""
        self._trip(f"{dialog.type} dialog: {dialog.message}")
        dialog.dismiss()

    def _trip(self, text: str) -> None:
        if not any(pattern.search(text) for pattern in self._expected):
            self.trips.append(text)

    def expect(self, pattern: str) -> re.Pattern:
        """From now on what matches is no failure."""
        compiled = re.compile(pattern)
        self._expected.append(compiled)
        return compiled

    @contextlib.contextmanager
    def expecting(self, pattern: str) -> Iterator[None]:
        """Within the block, what matches is no failure: a test that opens a missing page expects `404`."""
        compiled = self.expect(pattern)
        try:
            yield
        finally:
            self._expected.remove(compiled)

    def check(self) -> None:
        assert not self.trips, "the pages reported:\n" + "\n".join(self.trips)


class Session:
    """One person's browser: a context of its own (cookies, view), and its tripwire."""

    def __init__(
        self, browser: Browser, base_url: str, view: View = DESKTOP, zone: str = "Europe/Berlin", **options
    ):
        self.view = view
        self.tripwire = Tripwire()
        self.context = browser.new_context(
            base_url=base_url,
            viewport={"width": view.width, "height": view.height},
            color_scheme=view.scheme,
            locale="en-US",
            timezone_id=zone,
            # Animations would make pictures and contrast depend on the moment.
            reduced_motion="reduce",
            **options,
        )
        self.tripwire.watch(self.context)

    def page(self, path: str | None = None) -> Page:
        """A new tab, at this path when one is given."""
        page = self.context.new_page()
        if path is not None:
            page.goto(path)
        return page

    def lose_login(self) -> None:
        """Its cookies are gone while pages are open; what those ask for by themselves may be refused from now on."""
        self.may_lose_stream()
        self.context.clear_cookies()

    def may_lose_stream(self) -> None:
        """Its session may end while pages are open: these are refused when they come back for their stream of events,
        whenever that is.
        """
        self.tripwire.expect(r"status of 401 .*/events")

    def close(self) -> None:
        self.context.close()
