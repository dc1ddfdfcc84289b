"""Portal access for several contacts at once, from the list to the mailed links (S-241, S-242, S-244, F-46)."""

import people
import tickets
from harness.checks import assert_sound
from harness.patience import reload_until
from playwright.sync_api import Page, expect

CREATE = """async ([path, contact]) => (await fetch(path, {
  method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(contact),
})).status"""
NEWCOMERS = ("Orla Batchwell", "Rory Batchwell")


def test_chosen_contacts_get_access_and_a_mail_each(signed_in):
    page = signed_in(people.ADMINISTRATOR).page("/contacts")
    for name in NEWCOMERS:
        first, last = name.split()
        contact = {"firstName": first, "lastName": last, "email": _email(name)}
        assert page.evaluate(CREATE, ["/v1/accounts/tideline/contacts", contact]) == 200

    # Choose Contacts: in the list, all that the search has found.
    page.goto("/contacts?q=Batchwell")
    expect(page.locator("table.table tbody tr")).to_have_count(len(NEWCOMERS))
    page.get_by_label("Select all on this page").check()
    page.get_by_role("button", name="Batch action").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bulk operation")
    for name in NEWCOMERS:
        expect(page.get_by_role("checkbox", name=name)).to_be_checked()
    assert_sound(page)

    # Choose Operations, Operation Details.
    expect(page.get_by_role("radio", name="Update contacts")).to_be_checked()
    page.get_by_label("Enable client portal access").select_option(label="With welcome e-mail")
    page.get_by_label("Security role").select_option(label="External User")
    page.get_by_role("button", name="Run the operation").click()
    expect(page.locator("main")).to_contain_text("2 of 2 have portal access now; 0 refused.")
    for name in NEWCOMERS:
        outcome = tickets.row(page, name)
        expect(outcome).to_contain_text("Access given")
        expect(outcome.locator("td[data-label='User name']")).to_have_text(_email(name))
    assert_sound(page)

    page.goto("/contacts?q=Batchwell")
    for name in NEWCOMERS:
        expect(tickets.row(page, name)).to_contain_text("Invited")
    for name in NEWCOMERS:
        _mailed(page, _email(name))


def _email(name: str) -> str:
    return name.lower().replace(" ", ".") + "@tideline.example"


def _mailed(page: Page, email: str) -> None:
    """The welcome mail, which goes out by two outboxes."""
    row = tickets.row(page, email)
    reload_until(page, "/mail", lambda: row.count() > 0)
