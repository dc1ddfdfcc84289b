"""What every page must hold, whatever is on it."""

import pathlib

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from harness import places

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]

_axe = Axe()


def assert_accessible(page: Page, selector: str | None = None) -> None:
    """axe finds no violation of WCAG 2.2 A and AA, in the page or the part of it that `selector` names."""
    options = {"runOnly": {"type": "tag", "values": WCAG}, "resultTypes": ["violations", "passes"]}
    results = _axe.run(page, context=selector, options=options)
    # An empty run would be a pass that checked nothing.
    assert results.response["passes"], f"axe checked nothing on {page.url}"
    findings = []
    for violation in results.response["violations"]:
        findings.append(f"{violation['id']} ({violation['impact']}): {violation['help']}")
        findings += [f"    {node['html']}\n      {node['failureSummary']}" for node in violation["nodes"][:5]]
    assert not findings, f"axe on {page.url}:\n" + "\n".join(findings)


_WIDER = """() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  return [...document.body.querySelectorAll('*')]
    .filter(element => element.getBoundingClientRect().right > room + 0.5)
    .slice(0, 8)
    .map(element => `${element.tagName.toLowerCase()}.${element.className} reaches ` +
      `${Math.round(element.getBoundingClientRect().right)} of ${room} px`)
    .concat([`the page is ${document.documentElement.scrollWidth} px wide`]);
}"""


def assert_no_sideways_scroll(page: Page) -> None:
    """The page is no wider than the window (U-22); the message names the elements that stick out."""
    wider = page.evaluate(_WIDER)
    assert not wider, f"{page.url} scrolls sideways:\n" + "\n".join(wider)


def screenshot(page: Page, name: str, full_page: bool = True) -> pathlib.Path:
    """Takes a picture: into docs/screenshots with UPDATE_SCREENSHOTS=1, else into .artifacts."""
    path = places.screenshots() / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path, full_page=full_page, animations="disabled")
    return path


def assert_sound(page: Page) -> None:
    """All that every page must hold."""
    assert_accessible(page)
    assert_no_sideways_scroll(page)
