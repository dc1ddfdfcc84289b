"""Every form can be posted and every page read with scripts off; after a login one is where one wanted to be (U-05)."""

import re

import people
import pytest
import tickets
from harness import files
from harness.browser import DESKTOP, View
from playwright.sync_api import expect

OFF = {"java_script_enabled": False}


@pytest.mark.parametrize("view", [DESKTOP, View(360, "dark")], ids=str)
def test_log_in_ticket_note_resolve(view, session, visits, tmp_path):
    browser = session(visits.origin(people.EXTERNAL_USER), view, **OFF)
    page = browser.page("/tickets/new")
    # Where one wanted to go is where one gets after logging in (U-05).
    page.wait_for_url("**/login?next=**")
    page.get_by_label("User name or e-mail").fill(people.EXTERNAL_USER.user)
    page.get_by_label("Password", exact=True).fill(visits.password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/tickets/new")

    # A wrong form first: the message, and nothing lost.
    tickets.labelled(page, "Details").fill("The light is on, the paper is in.")
    with browser.tripwire.expecting("422"):
        page.get_by_role("button", name="Open ticket").click()
        expect(page.get_by_role("alert")).to_contain_text("There is a problem")
    expect(tickets.labelled(page, "Details")).to_have_value("The light is on, the paper is in.")

    tickets.show_all(page)
    # All sub-issue types are offered under their headings; the server checks the pair.
    tickets.labelled(page, "Issue type").select_option(label="Hardware")
    tickets.labelled(page, "Sub-issue type").select_option(label="Printer or plotter")
    tickets.labelled(page, "Title").fill(f"Printer does not start ({view})")
    path = files.save(tmp_path, "light.png", files.png())
    tickets.labelled(page, "Attach files").set_input_files(path)
    page.get_by_role("button", name="Open ticket").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Printer does not start ({view})")
    expect(tickets.toast(page)).to_contain_text("is here")
    expect(page.get_by_role("link", name="light.png")).to_be_visible()
    expect(tickets.fact(page, "Issue")).to_contain_text("Hardware › Printer or plotter")

    tickets.write(page, "It was the socket strip.")
    page.get_by_role("button", name="Mark as resolved", exact=True).click()
    expect(page.locator(".page-meta")).to_contain_text("Resolved")
    page.goto("/tickets?view=closed")
    expect(tickets.row(page, f"Printer does not start ({view})")).to_be_visible()


def test_the_menu_opens_on_a_phone_and_the_theme_changes(signed_in):
    page = signed_in(people.EXTERNAL_USER, View(360, "light"), **OFF).page("/")
    page.get_by_role("button", name="Menu", exact=True).click()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="News").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("News")
    page.get_by_label(re.compile("^Your menu")).click()
    page.get_by_role("button", name="Dark").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("News")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_staff_answer_without_javascript(signed_in):
    page = signed_in(people.TECHNICIAN, **OFF).page("/inbox?folder=all")
    page.locator("table.table tbody tr a").first.click()
    page.get_by_role("radio", name="Internal note").check()
    tickets.write(page, "Noted with scripts off.")
    expect(tickets.message(page, "Noted with scripts off.")).to_contain_text("not visible to the customer")
