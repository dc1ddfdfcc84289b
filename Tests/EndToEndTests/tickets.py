"""What several tests do with tickets, by the labels that people read."""

import re
from dataclasses import dataclass, field

from playwright.sync_api import Locator, Page, expect


@dataclass(frozen=True)
class Report:
    """A new ticket as somebody types it; a field left None stays as the form offers it."""

    title: str
    details: str = ""
    choices: dict[str, str] = field(default_factory=dict)
    """Label of a select → the option's text, in the order in which they are chosen."""
    files: list[str] = field(default_factory=list)


EVERY_CHOICE = {
    "Site": "Merrion Street practice",
    "Ticket type": "Incident",
    "Category": "Support",
    "Priority": "High",
    "Issue type": "Hardware",
    "Sub-issue type": "Printer or plotter",
    "Affected hardware": "Front desk printer (VNC3R21987)",
    "Affected software": "Practice software (14.2)",
}


def fill(page: Page, report: Report) -> None:
    """Fills the form of /tickets/new and does not send it."""
    show_all(page)
    labelled(page, "Title").fill(report.title)
    labelled(page, "Details").fill(report.details)
    for label, option in report.choices.items():
        labelled(page, label).select_option(label=option)
    if report.files:
        labelled(page, "Attach files").set_input_files(report.files)


def show_all(page: Page) -> None:
    """Unfolds the fields that the simplified layout keeps out of the way (S-037)."""
    folded = page.locator("details.fieldset:not([open]) > summary")
    if folded.count() > 0:
        folded.click()


def labelled(page: Page, label: str) -> Locator:
    """The control whose label begins so: "(optional)" may follow, and "Sub-issue type" is no "Issue type"."""
    return page.get_by_label(re.compile(rf"^{re.escape(label)}\b"))


def open_ticket(page: Page, report: Report) -> str:
    """Raises a ticket; its path, `/accounts/…/tickets/…`."""
    page.goto("/tickets/new")
    fill(page, report)
    page.get_by_role("button", name="Open ticket").click()
    expect(page.get_by_role("heading", level=1, name=report.title)).to_be_visible()
    return page.evaluate("location.pathname")


def write(page: Page, text: str, button: str = "Send") -> None:
    """Writes in the composer of a ticket and waits until it stands in the thread."""
    page.locator("form.composer textarea").fill(text)
    page.get_by_role("button", name=button, exact=True).click()
    expect(message(page, text)).to_be_visible()


def message(page: Page, text: str) -> Locator:
    """The message of the thread that holds this text."""
    return page.locator("ol.thread").get_by_role("article").filter(has_text=text)


def toast(page: Page) -> Locator:
    """What the page says of the last action."""
    return page.locator("[data-toasts][role=status]")


def fact(page: Page, term: str) -> Locator:
    """What stands beside a term in the facts of a page."""
    return page.locator("dl.facts > div").filter(has=page.locator("dt", has_text=term)).locator("dd").first


def row(page: Page, text: str) -> Locator:
    """The row of a list that holds this text."""
    return page.locator("table.table tbody tr").filter(has_text=text)
