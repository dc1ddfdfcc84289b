"""Pages that renew themselves (F-40): a reply, a badge and a list change under somebody's eyes, nothing that is being
written is lost, and whoever is signed out elsewhere is told.
"""

import re
import urllib.parse

import people
import pytest
import tickets
from harness.browser import Session
from harness.link import Link
from playwright.sync_api import Page, expect
from test_degrade import services  # noqa: F401  the product with every service a process of its own


@pytest.fixture
def arrive(session, visits):
    """A browser of somebody, signed in, at a path of their portal."""

    def go(person: people.Person, path: str, **options) -> Page:
        browser: Session = session(visits.origin(person), storage_state=visits.state(person), **options)
        return browser.page(path)

    return go


def listening(page: Page, path: str) -> None:
    """Opens a page and waits until its stream of events stands."""
    with page.expect_response(lambda answer: "/events?" in answer.url) as answer:
        page.goto(path)
    assert answer.value.status == 200
    assert answer.value.headers["content-type"] == "text/event-stream"


def reply(page: Page, text: str, button: str = "Send") -> None:
    tickets.labelled(page, "Reply" if page.locator("[name=visibility]").count() else "Your message").fill(text)
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.get_by_text(text)).to_be_visible()


def test_a_reply_appears_without_a_reload_and_a_draft_survives_it(arrive):
    customer = arrive(people.EXTERNAL_USER, "/")
    name = tickets.open_ticket(customer, tickets.Report("A reply that comes by itself"))
    listening(customer, name)
    customer.evaluate("window.untouched = true")
    draft = tickets.labelled(customer, "Your message")
    draft.fill("Half a sentence")
    staff = arrive(people.TECHNICIAN, name)
    reply(staff, "The answer of the technician.")

    expect(customer.get_by_text("The answer of the technician.")).to_be_visible()
    assert customer.evaluate("window.untouched") is True
    expect(draft).to_have_value("Half a sentence")
    expect(draft).to_be_focused()
    expect(customer.locator(".live-note")).to_contain_text("A new message arrived while you were writing.")
    expect(customer.locator(".live-status")).to_have_text("A new message arrived while you were writing.")

    # An internal note changes nothing here; what comes after it does.
    staff.get_by_text("Internal note", exact=True).click()
    reply(staff, "Between the two of us.")
    staff.get_by_text("Public reply", exact=True).click()
    reply(staff, "And another answer.")
    expect(customer.get_by_text("And another answer.")).to_be_visible()
    expect(customer.get_by_text("Between the two of us.")).to_have_count(0)

    # And the other way round.
    listening(staff, name)
    draft.fill("What the customer says.")
    customer.get_by_role("button", name="Send", exact=True).click()
    expect(staff.get_by_text("What the customer says.")).to_be_visible()


def test_lists_and_the_envelope_change_by_themselves(arrive):
    staff = arrive(people.TECHNICIAN, "/inbox?folder=all")
    listening(staff, "/inbox?folder=all")
    customer = arrive(people.EXTERNAL_USER, "/")
    tickets.open_ticket(customer, tickets.Report("A ticket that shows up by itself"))
    expect(staff.get_by_role("link", name="A ticket that shows up by itself")).to_be_visible()

    envelope = staff.locator(".envelope")
    before = envelope.get_attribute("aria-label")
    customer.goto("/messages/new")
    tickets.labelled(customer, "Subject").fill("A question for the envelope")
    customer.get_by_role("textbox", name=re.compile("message", re.IGNORECASE)).fill("Is anybody there?")
    customer.get_by_role("button", name="Send", exact=True).click()
    expect(envelope).not_to_have_attribute("aria-label", before)
    expect(envelope).to_have_attribute("aria-label", re.compile(r"Messages, \d+ unread"))


def test_two_windows_of_one_browser_share_one_stream(session, visits):
    browser = session(visits.origin(people.EXTERNAL_MANAGER), storage_state=visits.state(people.EXTERNAL_MANAGER))
    streams: list[str] = []
    browser.context.on("request", lambda request: streams.append(request.url) if "/events?" in request.url else None)
    first = browser.page()
    listening(first, "/tickets")
    second = browser.page("/tickets")
    second.wait_for_load_state("networkidle")
    assert len(streams) == 1
    name = tickets.open_ticket(browser.page(), tickets.Report("Seen in both windows"))
    for page in (first, second):
        expect(page.locator(f"a[href='{name}']")).to_be_visible()


def test_without_scripts_pages_are_right_when_they_are_loaded(arrive):
    customer = arrive(people.EXTERNAL_USER, "/", java_script_enabled=False)
    customer.goto("/tickets/new")
    tickets.fill(customer, tickets.Report("Without any script"))
    customer.get_by_role("button", name="Open ticket").click()
    name = re.sub(r"^https?://[^/]+", "", customer.url)
    reply(arrive(people.TECHNICIAN, name), "Read after a reload.")
    customer.reload()
    expect(customer.get_by_text("Read after a reload.")).to_be_visible()


def test_who_is_signed_out_elsewhere_is_told(session, demo, visits):
    """Both ways that identity tells it: one session that has ended, and all but one of a user."""
    person = people.ANOTHER_ACCOUNT_USER
    there = session(visits.origin(person)).page("/login")
    visits.log_in_here(there, person.user)
    for button in ("End session", "End all other sessions"):
        browser = session(visits.origin(person))
        here = browser.page("/login")
        visits.log_in_here(here, person.user)
        listening(here, "/tickets")
        there.goto("/settings/sessions")
        row = tickets.row(there, "End").filter(has_not_text="This session")
        place = row if button == "End session" else there.locator("main")
        browser.may_lose_stream()
        place.get_by_role("button", name=button, exact=True).first.click()
        said = "has ended" if button == "End session" else "logged out everywhere else"
        expect(tickets.toast(there)).to_contain_text(said)
        expect(here.locator(".live-bar")).to_contain_text("You have been signed out.")
        expect(here.get_by_role("link", name="Sign in again")).to_be_visible()


def test_what_a_cut_stream_missed_comes_with_the_next(session, demo, visits, arrive):
    """The connection breaks, things happen, the browser comes back with the last id it has (R-164, N-05)."""
    with Link(urllib.parse.urlsplit(demo.url).port) as link:
        browser = session(f"http://{people.TENANT}.localhost:{link.port}")
        page = browser.page("/login")
        visits.log_in_here(page, people.EXTERNAL_MANAGER.user)
        streams: list[str] = []
        page.on("request", lambda request: streams.append(request.url) if "/events?" in request.url else None)
        listening(page, "/tickets")
        began = page.locator("meta[name=live]").get_attribute("content")
        page.evaluate("window.untouched = true")
        with browser.tripwire.expecting("Failed to load|ERR_"):
            link.cut()
            expect(page.locator(".live-bar")).to_contain_text("You are offline")
            other = arrive(people.EXTERNAL_MANAGER, "/")
            name = tickets.open_ticket(other, tickets.Report("Raised while nobody listened"))
            assert page.locator(f"a[href='{name}']").count() == 0
            with page.expect_response(lambda answer: "/events?" in answer.url and answer.ok, timeout=60_000):
                link.mend()
        expect(page.locator(f"a[href='{name}']")).to_be_visible(timeout=20_000)
        expect(page.locator(".live-bar")).to_be_hidden(timeout=20_000)
        assert page.evaluate("window.untouched") is True
        assert {urllib.parse.unquote(url).partition("after=")[2] for url in streams} == {began}
        page.close()


def test_a_service_that_comes_back_goes_on_where_it_stood(services, session, visits):  # noqa: F811
    browser = session(services.url)
    page = browser.page("/login")
    visits.log_in_here(page, people.EXTERNAL_MANAGER.user)
    listening(page, "/tickets")
    with browser.tripwire.expecting("50[0-9]|Failed to load"):
        services.stop("ticketing")
        expect(page.locator(".live-bar")).to_contain_text("Live updates are interrupted")
        services.restart("ticketing")
        expect(page.locator(".live-bar")).to_be_hidden(timeout=20_000)
    name = open_when_it_is_back(browser, tickets.Report("After the restart"))
    expect(page.locator(f"a[href='{name}']")).to_be_visible()


def open_when_it_is_back(browser: Session, report: tickets.Report) -> str:
    """Raises a ticket; its path. Each of the gateway's loops finds by itself that a service is back, and refuses until then."""
    page = browser.page()
    with browser.tripwire.expecting("status of 50[0-9]"):
        for _ in range(60):
            page.goto("/tickets/new")
            if tickets.labelled(page, "Title").count() > 0:
                tickets.fill(page, report)
                with page.expect_navigation() as sent:
                    page.get_by_role("button", name="Open ticket").click()
                if sent.value.status == 200:
                    return page.evaluate("location.pathname")
            page.wait_for_timeout(250)
    raise AssertionError(f"no ticket can be raised: {page.locator('main').inner_text()}")
