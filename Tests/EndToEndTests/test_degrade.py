"""A service that is down costs its part of a page, not the page (N-10, U-24, V-05): here with every service a process of
its own, one of which is stopped or frozen while somebody looks.
"""

import re
import socket

import people
import pytest
import tickets
from harness import demo_data, places
from harness.patience import reload_until
from harness.services import Services
from playwright.sync_api import Page, expect


@pytest.fixture
def services(tmp_path):
    data = demo_data.copy(tmp_path / "data", tickets=10)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with Services(data, people.TENANT, port, places.ARTIFACTS / "services" / places.RUNNER) as running:
        yield running


def tile(page: Page, title: str):
    return page.locator("section.tile").filter(has=page.get_by_role("heading", name=title))


def test_a_stopped_service_costs_its_tile_and_its_return_mends_it(services, session, demo, visits):
    browser = session(services.url)
    page = browser.page("/login")
    visits.log_in_here(page, people.EXTERNAL_MANAGER.user)
    expect(tile(page, "Unpaid invoices")).to_contain_text("due")

    services.stop("billing")
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome, Ciara")
    unpaid = tile(page, "Unpaid invoices")
    expect(unpaid).to_contain_text("could not be loaded")
    # What was there before is still there, with its age.
    expect(unpaid).to_contain_text("This is how it was")
    expect(unpaid.locator("time").first).to_have_attribute("title", re.compile(r"\d{4}"))
    expect(unpaid).to_contain_text("due")
    for title in ("Open tickets", "Messages", "News"):
        expect(tile(page, title)).not_to_contain_text("could not be loaded")
    expect(tile(page, "News")).to_contain_text("Opening hours over the holidays")

    # The page that is about invoices alone says so, with the request's id and a way back.
    with browser.tripwire.expecting("503|504"):
        answer = page.goto("/invoices")
        assert answer.status in (503, 504)
        expect(page.locator(".error-page code")).to_have_text(answer.headers["x-request-id"])
        expect(page.get_by_role("link", name="Go to the home page")).to_be_visible()
        # Another try is one click, and tells the same until there is something else to tell.
        with page.expect_navigation() as again:
            page.get_by_role("link", name="Try again").click()
        assert again.value.url.endswith("/invoices") and again.value.status in (503, 504)
    # A ticket can be raised all the same.
    tickets.open_ticket(page, tickets.Report("While billing is away"))

    services.start("billing")
    whole(page, "/", "could not be loaded")
    expect(tile(page, "Unpaid invoices")).to_contain_text("due")
    # Each of the gateway's loops has a channel of its own, and finds by itself that the service is back.
    with browser.tripwire.expecting("503|504"):
        whole(page, "/invoices", "Try again")
    expect(page.get_by_role("heading", level=1)).to_have_text("Invoices")


def whole(page: Page, path: str, complaint: str) -> None:
    """Loads the page until nothing is missing: a channel that was refused tries again within seconds."""
    reload_until(page, path, lambda: complaint not in page.locator("main").inner_text())


TILES = {"ticketing": "Open tickets", "billing": "Unpaid invoices", "messaging": "Messages", "cms": "News"}


def test_a_frozen_service_costs_its_tile_and_nobody_waits_for_it(services, session, visits):
    """A process that stands still is worse than one that is gone: it takes every call and answers none. A page that waited
    for it would end at its own deadline, as an error.
    """
    page = session(services.url).page("/login")
    visits.log_in_here(page, people.EXTERNAL_MANAGER.user)
    whole(page, "/", "could not be loaded")
    for service, title in TILES.items():
        services.freeze(service)
        try:
            assert page.goto("/").status == 200
            expect(tile(page, title)).to_contain_text("could not be loaded")
            expect(tile(page, title)).to_contain_text("This is how it was")
            expect(tile(page, title).get_by_role("link", name="Try again")).to_be_visible()
            for other in TILES.values():
                # As it is or, on a busy machine, as it was a moment ago: never nothing.
                expect(tile(page, other).locator(".tile-list, .tile-figure, .empty").first).to_be_visible()
        finally:
            services.thaw(service)
        whole(page, "/", "could not be loaded")


def test_a_page_says_which_of_its_parts_are_missing(services, session, visits):
    page = session(services.url).page("/login")
    visits.log_in_here(page, people.TECHNICIAN.user)
    complaint = "could not be loaded right now"
    whole(page, "/inbox?folder=all", complaint)
    ticket = page.locator("table.table tbody a").first.get_attribute("href")
    whole(page, ticket, complaint)
    services.freeze("identity")
    try:
        # Seen before: as it was, with its age. The gateway knows the session for the better part of a minute.
        assert page.goto(ticket).status == 200
        notice = page.locator(".callout").filter(has_text=complaint)
        expect(notice).to_contain_text("As last loaded")
        expect(notice).to_contain_text("staff")
        expect(page.get_by_label("Assigned to").locator("option", has_text=people.TECHNICIAN_NAME)).to_have_count(1)
        # Never seen: missing, and everything else is there.
        assert page.goto("/tickets/new").status == 200
        expect(page.locator(".callout").filter(has_text=complaint)).to_contain_text("Missing: accounts")
    finally:
        services.thaw("identity")
    whole(page, ticket, complaint)
