"""What every page must hold, whatever is on it."""

import pathlib

import axe_playwright_python
from playwright.sync_api import Page

from harness import places

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]

_AXE = (pathlib.Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def assert_accessible(page: Page, selector: str | None = None, rules: list[str] | None = None) -> None:
    """axe finds no violation of WCAG 2.2 A and AA, in the page or the part of it that `selector` names; or of these
    `rules` alone.
    """
    only = {"type": "tag", "values": WCAG} if rules is None else {"type": "rule", "values": rules}
    options = {"runOnly": only, "resultTypes": ["violations", "passes"]}
    # A bar that stays in sight overlaps what has been scrolled under it; that is no crowding of targets.
    page.evaluate("scrollTo(0, 0)")
    # Half a megabyte of script: once for each document, though a document is looked at in several views.
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(_AXE)
    results = page.evaluate("([context, options]) => axe.run(context ?? document, options)", [selector, options])
    # An empty run would be a pass that checked nothing.
    assert results["passes"], f"axe checked nothing on {page.url}"
    findings = []
    for violation in results["violations"]:
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


LOOKS = ["color-contrast", "target-size", "link-in-text-block"]
"""The rules of axe whose outcome depends on width and colours; the others read the document."""


def assert_sound(page: Page, rules: list[str] | None = None) -> None:
    """All that every page must hold; `rules` as for `assert_accessible`."""
    assert_accessible(page, rules=rules)
    assert_no_sideways_scroll(page)
