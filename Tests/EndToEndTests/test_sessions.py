"""Who is signed in where, seen and ended by oneself and by staff (X-06, U-25), in browsers."""

import re

import people
import tickets
from harness.browser import Session
from harness.checks import LOOKS, assert_sound
from playwright.sync_api import Page, expect


def arrive(session, visits, person: people.Person, view=None) -> Page:
    """A browser of its own, signed in by the form: a session that nobody else uses."""
    browser: Session = session(visits.origin(person), **({"view": view} if view else {}))
    browser.may_lose_stream()
    page = browser.page("/login")
    visits.log_in_here(page, person.user)
    return page


def rows(page: Page):
    return page.locator("table.table tbody tr")


def is_out(page: Page) -> None:
    """The next thing that this browser does leads to the login page, and back to what it wanted."""
    page.goto("/settings")
    expect(page).to_have_url(re.compile(r"/login\?next=%2Fsettings$"))
    assert not [cookie for cookie in page.context.cookies() if cookie["name"].endswith("portico")]


def test_somebody_sees_their_sessions_and_ends_one(session, visits):
    here, there, third = (arrive(session, visits, people.CONTENT_EDITOR) for _ in range(3))
    here.goto("/settings/sessions")
    assert rows(here).count() >= 3
    own = tickets.row(here, "This session")
    expect(own).to_have_count(1)
    expect(own).to_contain_text("Chrome on Linux")
    expect(own).to_contain_text("127.0.0.1")
    expect(rows(here).first.locator("td[data-label=Ends] time")).to_have_attribute("datetime", re.compile(r"^\d{4}-"))
    assert_sound(here)

    # The one that was used last besides this one.
    third.goto("/settings")
    before = rows(here).count()
    here.reload()
    others = rows(here).filter(has_not_text="This session")
    others.first.get_by_role("button", name="End session").click()
    expect(tickets.toast(here)).to_contain_text("The session has ended.")
    expect(rows(here)).to_have_count(before - 1)
    ended = [page for page in (there, third) if page.goto("/settings").url.partition("?")[0].endswith("/login")]
    assert len(ended) == 1, "one of the two is out at once, the other is not"
    here.goto("/settings")
    expect(here).to_have_url(re.compile(r"/settings$"))

    # And this one, by its own button: that is a logout.
    here.goto("/settings/sessions")
    own.get_by_role("button", name="End session").click()
    here.wait_for_url("**/login")
    is_out(here)


def test_all_others_are_out_at_once_and_this_one_stays(session, visits):
    here, there, third = (arrive(session, visits, people.BILLING_CLERK) for _ in range(3))
    here.goto("/settings/sessions")
    here.get_by_role("button", name="End all other sessions").click()
    expect(tickets.toast(here)).to_contain_text("You are logged out everywhere else")
    expect(rows(here)).to_have_count(1)
    expect(here.get_by_role("button", name="End all other sessions")).to_have_count(0)
    visits.forget(people.BILLING_CLERK)
    for page in (there, third):
        is_out(page)
    # The way back leads to where they were going.
    visits.log_in_here(there, people.BILLING_CLERK.user)
    expect(there).to_have_url(re.compile(r"/settings$"))


def test_the_pages_about_sessions_and_tokens_are_in_order_in_every_view(signed_in, view):
    page = signed_in(people.EXTERNAL_USER, view).page()
    for path in ("/settings/sessions", "/settings/tokens"):
        page.goto(path)
        assert_sound(page, None if view.width == 1440 else LOOKS)
        # Which of the settings this is can be seen without scrolling, at any width.
        current = page.get_by_role("navigation", name="My Settings").locator("[aria-current=page]")
        box = current.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= view.width, (path, box)


def test_an_administrator_ends_all_sessions_of_a_contact_and_of_a_member(session, visits, signed_in):
    """At once: the next request of each is one of nobody (ASVS 7.4.5), and their API tokens are worth nothing."""
    office = signed_in(people.ADMINISTRATOR).page()
    cases = [
        (people.OTHER_ACCOUNT_MANAGER, "/contacts", "Nora"),
        (people.BILLING_CLERK, "/staff", "Maeve"),
    ]
    for person, where, name in cases:
        victims = [arrive(session, visits, person) for _ in range(2)]
        office.goto(f"{where}?q={name}" if where == "/contacts" else where)
        office.locator("table.table tbody").get_by_role("link", name=re.compile(f"^{name}")).first.click()
        if where == "/contacts":
            office.get_by_role("link", name="Client Portal Access").click()
        card = office.locator("section.card").filter(has=office.get_by_role("heading", name="Sessions"))
        expect(card).to_contain_text("Chrome on Linux")
        here = office.url
        card.get_by_role("button", name="End all sessions").click()
        expect(tickets.toast(office)).to_contain_text(re.compile(r"Ended: \d+ sessions"))
        assert office.url == here
        expect(card).to_contain_text("Logged in nowhere")
        for page in victims:
            is_out(page)
    visits.forget(*(person for person, *_ in cases))


def test_who_may_not_manage_users_sees_no_sessions_of_others(signed_in, wire):
    page = signed_in(people.TECHNICIAN).page("/contacts?q=Ciara")
    page.get_by_role("link", name="Ciara Nolan").click()
    page.get_by_role("link", name="Client Portal Access").click()
    expect(page.get_by_role("heading", name="Sessions")).to_have_count(0)
    same_origin = {"Sec-Fetch-Site": "same-origin"}
    assert wire(people.TECHNICIAN).post_json("/v1/users/aoife/sessions:end", {}, same_origin).status == 403
