"""No page has to be scrolled sideways, however wide the window is (U-22): a table that does not fit is a list of cards."""

import people
import pytest
import tickets
from playwright.sync_api import expect

WIDTHS = [*range(320, 1460, 40), 2560]
"""The narrowest is also 400 % of zoom on a desk."""
STAFF_PAGES = [
    "/inbox?folder=all", "/tickets", "/accounts", "/accounts/larkspur", "/contacts", "/contracts", "/invoices", "/mail",
    "/news/manage", "/audit", "/staff", "/roles", "/roles/external-user", "/roles/new", "/settings/catalog", "/operation",
    "/settings/sessions", "/messages", "/step-up",
]
CUSTOMER_PAGES = [
    "/", "/tickets", "/tickets/new", "/contracts", "/invoices", "/messages", "/news", "/settings/sessions",
    "/developers", "/developers/Tickets", "/developers/Invoices",
]

_TOO_WIDE = """() => {
  const page = document.documentElement;
  const wide = page.scrollWidth > page.clientWidth ? [`the page by ${page.scrollWidth - page.clientWidth}`] : [];
  for (const box of document.querySelectorAll('.table-box')) {
    const over = box.querySelector('table').getBoundingClientRect().right - box.getBoundingClientRect().right;
    if (over > 1) wide.push(`${box.querySelector('caption').textContent} by ${Math.round(over)}`);
  }
  return wide;
}"""


@pytest.mark.parametrize(
    "person, paths", [(people.ADMINISTRATOR, STAFF_PAGES), (people.EXTERNAL_MANAGER, CUSTOMER_PAGES)],
    ids=["administrator", "External Manager"],
)
def test_nothing_is_wider_than_the_window(signed_in, person, paths):
    page = signed_in(person).page()
    for path in paths:
        answer = page.goto(path)
        assert answer.status == 200, path
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            wide = page.evaluate(_TOO_WIDE)
            assert not wide, f"{path} at {width} px: {', '.join(wide)}"


def test_a_name_without_a_space_does_not_widen_a_table(signed_in):
    page = signed_in(people.ADMINISTRATOR).page("/contacts/new")
    page.get_by_label("Account", exact=True).select_option(label="Tideline Seafood")
    tickets.labelled(page, "First name").fill("N" * 60)
    tickets.labelled(page, "E-mail").fill("x" * 60 + "@example.com")
    page.get_by_role("button", name="Add contact").click()
    expect(tickets.toast(page)).to_contain_text("is added")
    for path in ("/contacts", "/audit"):
        page.goto(path)
        for width in (1440, 1280, 360):
            page.set_viewport_size({"width": width, "height": 900})
            assert not page.evaluate(_TOO_WIDE), f"{path} at {width} px"


def test_who_is_asked_for_the_password_has_room_to_enter_it(signed_in):
    """The card that stands in for a page of the console has no bar beside it."""
    page = signed_in(people.ADMINISTRATOR).page("/step-up")
    card = page.locator(".auth-card").bounding_box()
    assert card["width"] > 300
    assert abs(card["x"] + card["width"] / 2 - 720) < 2, "the card is in the middle"


def test_only_rows_that_were_chosen_look_chosen(signed_in):
    """A list to choose from has an option that is taken; that does not make a row chosen."""
    page = signed_in(people.ADMINISTRATOR).page("/roles/new")
    row = page.locator("tbody tr").first
    page.mouse.move(0, 0)
    assert row.evaluate("row => getComputedStyle(row).backgroundColor") == "rgba(0, 0, 0, 0)"
