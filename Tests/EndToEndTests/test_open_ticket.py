"""The short way to a ticket: a category, fewer than 500 characters, a photo (S-090, S-126, S-127, S-128)."""

import people
import tickets
from harness import files
from playwright.sync_api import expect

TEXT = "The card reader at the till is dead.\n\n" + "It was fine yesterday. " * 20


def test_a_category_and_a_few_words_are_enough(signed_in, tmp_path):
    browser = signed_in(people.ANOTHER_ACCOUNT_USER)
    page = browser.page("/")
    page.get_by_role("link", name="Open a ticket").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Open a ticket")
    page.get_by_label("Ticket category").select_option(label="Support")
    field = page.get_by_label("What is it about?")
    field.fill(TEXT.ljust(500, "!"))
    with browser.tripwire.expecting("422"):
        page.get_by_role("button", name="Open ticket").click()
        expect(page.get_by_role("alert")).to_contain_text("Must have fewer than 500 characters")
    expect(field).to_have_value(TEXT.ljust(500, "!"))

    field.fill(TEXT.ljust(499, "!"))
    page.get_by_label("Attach files").set_input_files(files.save(tmp_path, "reader.png", files.png()))
    page.get_by_role("button", name="Open ticket").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The card reader at the till is dead.")
    expect(tickets.fact(page, "Category")).to_have_text("Support")
    expect(tickets.fact(page, "Account")).to_contain_text("Copperfield")
    expect(page.get_by_role("link", name="reader.png")).to_be_visible()
