"""The pictures of the README: the demo as it is on its first day, before other tests add to it (conftest.py runs these
first). UPDATE_SCREENSHOTS=1 renews docs/screenshots, else they go to .artifacts.
"""

import re

import people
import pytest
import tickets
from harness.browser import DESKTOP, View
from harness.checks import assert_sound, screenshot
from playwright.sync_api import Page, expect

PHONE = View(360, "light")
DARK = View(1440, "dark")
LARGEST = 250_000
"""Bytes of a picture, so that the repository stays small."""


def take(page: Page, name: str) -> None:
    """A picture of what is seen without scrolling."""
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.evaluate("document.activeElement?.blur()")
    assert_sound(page, rules=["color-contrast"])
    path = screenshot(page, name, full_page=False)
    assert path.stat().st_size < LARGEST, f"{path.name} has {path.stat().st_size} bytes"


def test_login(anonymous):
    take(anonymous().page("/login"), "login")


@pytest.mark.parametrize("view, name", [(DESKTOP, "home"), (PHONE, "home-phone"), (DARK, "home-dark")], ids=str)
def test_home(signed_in, view, name):
    take(signed_in(people.EXTERNAL_MANAGER, view).page("/"), name)


def test_tickets(signed_in):
    take(signed_in(people.EXTERNAL_MANAGER).page("/tickets"), "tickets")


def test_ticket(signed_in):
    """One that has been talked about."""
    page = signed_in(people.EXTERNAL_MANAGER).page("/tickets")
    rows = page.locator("table.table tbody tr")
    talked = [int(row.locator("td[data-label=Notes]").inner_text()) for row in rows.all()]
    rows.nth(talked.index(max(talked))).get_by_role("link").first.click()
    page.wait_for_url(re.compile(r"/tickets/\d+$"))
    take(page, "ticket")


def test_inbox(signed_in):
    take(signed_in(people.TECHNICIAN).page("/inbox"), "inbox")


def test_contact_access(signed_in):
    page = signed_in(people.ADMINISTRATOR).page("/contacts")
    page.get_by_role("link", name="Ciara Nolan").click()
    page.get_by_role("link", name="Client Portal Access").click()
    expect(page.get_by_role("radio", name="Yes", exact=True)).to_be_checked()
    take(page, "contact-access")


def test_invoice(signed_in):
    page = signed_in(people.EXTERNAL_MANAGER).page("/invoices")
    tickets.row(page, "Paid").or_(page.locator("table.table tbody tr")).first.get_by_role("link").first.click()
    page.wait_for_url("**/invoices/*")
    take(page, "invoice")
