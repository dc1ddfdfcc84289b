"""A service that is down costs its part of a page, not the page (N-10, U-24): here with every service a process of its
own, one of which is stopped while a customer looks.
"""

import socket
import subprocess

import people
import pytest
import tickets
from harness import places
from harness.services import Services
from playwright.sync_api import Page, expect


@pytest.fixture
def services(tmp_path):
    data = tmp_path / "data"
    subprocess.run(
        [str(places.portico_binary()), "seed", "--data", str(data), "--tickets", "10"],
        check=True, capture_output=True, timeout=120,
    )
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with Services(data, people.TENANT, port, places.ARTIFACTS / "services") as running:
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
    expect(tile(page, "Unpaid invoices")).to_contain_text("could not be loaded")
    for title in ("Open tickets", "Messages", "News"):
        expect(tile(page, title)).not_to_contain_text("could not be loaded")
    expect(tile(page, "News")).to_contain_text("Opening hours over the holidays")

    # The page that is about invoices alone says so, with the request's id and a way back.
    with browser.tripwire.expecting("503|504"):
        answer = page.goto("/invoices")
        assert answer.status in (503, 504)
        expect(page.get_by_text("Request", exact=False).first).to_be_visible()
    # A ticket can be raised all the same.
    tickets.open_ticket(page, tickets.Report("While billing is away"))

    services.start("billing")
    page.goto("/")
    for _ in range(40):
        if "could not be loaded" not in tile(page, "Unpaid invoices").inner_text():
            break
        page.wait_for_timeout(250)
        tile(page, "Unpaid invoices").get_by_role("link", name="Try again").click()
    expect(tile(page, "Unpaid invoices")).to_contain_text("due")
