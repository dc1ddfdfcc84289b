"""What is typed is kept until it is sent, and not a moment longer (U-13)."""

import people
import pytest
import tickets
from playwright.sync_api import expect

TYPED = "Half a sentence, and"


def test_a_ticket_that_was_raised_is_not_offered_again(signed_in):
    page = signed_in(people.EXTERNAL_USER).page()
    tickets.open_ticket(page, tickets.Report("The scanner is slow", "Since Monday."))
    page.goto("/tickets/new")
    expect(tickets.labelled(page, "Title")).to_have_value("")
    expect(tickets.labelled(page, "Details")).to_have_value("")


@pytest.mark.parametrize(
    "person, label", [(people.EXTERNAL_USER, "Your message"), (people.TECHNICIAN, "Reply")], ids=["customer", "staff"]
)
def test_an_answer_that_was_sent_is_not_offered_again(signed_in, person, label):
    customer = signed_in(people.EXTERNAL_USER).page()
    path = tickets.open_ticket(customer, tickets.Report("The projector hums"))
    page = signed_in(person).page(path)
    tickets.labelled(page, label).fill("It does so again.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(tickets.message(page, "It does so again.")).to_be_visible()
    expect(tickets.labelled(page, label)).to_have_value("")
    page.reload()
    expect(tickets.labelled(page, label)).to_have_value("")


def test_a_message_that_was_sent_is_not_offered_again(signed_in):
    page = signed_in(people.EXTERNAL_USER).page("/messages/new")
    page.get_by_label("Subject").fill("A question")
    page.get_by_label("Message", exact=True).fill("Who is on call?")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("A question")
    page.goto("/messages/new")
    expect(page.get_by_label("Subject")).to_have_value("")


def test_a_note_for_the_team_stays_one_over_a_reload(signed_in):
    customer = signed_in(people.EXTERNAL_USER).page()
    path = tickets.open_ticket(customer, tickets.Report("The door lock beeps"))
    page = signed_in(people.TECHNICIAN).page(path)
    page.get_by_text("Internal note", exact=True).click()
    tickets.labelled(page, "Reply").fill(TYPED)
    page.reload()
    expect(tickets.labelled(page, "Reply")).to_have_value(TYPED)
    expect(page.get_by_role("radio", name="Internal note")).to_be_checked()


def test_whoever_signs_in_next_does_not_see_what_was_typed(anonymous, visits):
    browser = anonymous()
    page = browser.page("/login?next=/tickets/new")
    visits.log_in_here(page, people.EXTERNAL_USER.user)
    tickets.labelled(page, "Details").fill(TYPED)
    for person, kept in ((people.EXTERNAL_MANAGER, ""), (people.EXTERNAL_USER, TYPED)):
        browser.lose_login()
        page.goto("/login?next=/tickets/new")
        visits.log_in_here(page, person.user)
        expect(tickets.labelled(page, "Details")).to_have_value(kept)
