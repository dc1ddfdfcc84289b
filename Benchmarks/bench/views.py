"""The first view of pages in Chromium: what is transferred, how many requests stand before the content, what moves."""

import dataclasses
import shutil

from bench.portal import PASSWORD, Portal

PAGES = ("/login", "/", "/tickets", "{ticket}", "/tickets/new", "/messages", "/news", "/invoices", "/contracts")
CUSTOMER = "ciara@larkspur.example"

_OBSERVE = """
window.shifts = 0;
new PerformanceObserver(list => { for (const entry of list.getEntries()) window.shifts += entry.value; })
  .observe({ type: 'layout-shift', buffered: true });
"""


@dataclasses.dataclass(frozen=True)
class View:
    page: str
    bytes: int
    """Of all answers, with their headers."""
    requests: int
    """That stand before the first paint: the document and what blocks it."""
    shift: float


def measure(portal: Portal) -> list[View]:
    from playwright.sync_api import sync_playwright

    from bench.edge import TICKETS

    browser = portal.signed_in(CUSTOMER)
    ticket = browser.json(TICKETS)["tickets"][0]["name"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--headless=new"])
        try:
            return [_view(chromium, portal, page.format(ticket="/" + ticket), page) for page in PAGES]
        finally:
            chromium.close()


def _view(chromium, portal: Portal, path: str, name: str) -> View:
    """One page with an empty cache; whoever needs to be signed in is."""
    origin = f"https://localhost:{portal.port}"
    with chromium.new_context(ignore_https_errors=True, viewport={"width": 1440, "height": 900}) as context:
        if path != "/login":
            page = context.new_page()
            page.goto(origin + "/login")
            page.get_by_label("User name or e-mail").fill(CUSTOMER)
            page.get_by_label("Password", exact=True).fill(PASSWORD)
            page.get_by_role("button", name="Log in").click()
            page.wait_for_url(lambda url: not url.endswith("/login"))
            page.close()
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.clearBrowserCache")
        sizes: list[float] = []
        session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
        page.add_init_script(_OBSERVE)
        answer = page.goto(origin + path, wait_until="load")
        if answer is None or answer.status != 200:
            raise RuntimeError(f"{path} gave {answer and answer.status}")
        page.wait_for_timeout(500)
        # A script of type module and an icon never hold up the content; a style sheet does.
        blocking = page.evaluate(
            "performance.getEntriesByType('resource').filter(r => r.renderBlockingStatus === 'blocking').length")
        return View(name, round(sum(sizes)), 1 + blocking, page.evaluate("window.shifts"))
