"""The page of those who run the installation: it tells the truth while somebody looks, and is there for nobody else."""

import re

import people
import pytest
from harness.checks import LOOKS, assert_sound
from playwright.sync_api import Page, expect
from test_degrade import services  # noqa: F401  the product with every service a process of its own

SERVICES = ["billing", "cms", "identity", "messaging", "ticketing"]


def card(page: Page, title: str):
    return page.locator("section.card").filter(has=page.get_by_role("heading", name=title, exact=True))


def line(page: Page, title: str, text: str):
    return card(page, title).locator("tbody tr").filter(has_text=text)


def test_it_shows_services_processes_servers_queues_and_jobs(signed_in):
    page = signed_in(people.ADMINISTRATOR).page("/inbox")
    page.get_by_role("link", name="Operation").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Operation")
    for service in SERVICES:
        expect(line(page, "Services", service)).to_contain_text("Answers")
        process = line(page, "Processes", service)
        expect(process).to_contain_text("sqlite")
        expect(process).to_contain_text(re.compile(r"\d+ MB"))
        expect(line(page, "Servers, as this gateway sees them", service)).to_contain_text("Connected")
        expect(line(page, "Queues", service).first).to_contain_text("outbox")
    expect(line(page, "Queues", "mail")).to_have_count(1)
    expect(line(page, "Jobs", "housekeeping")).to_have_count(len(SERVICES))


def test_a_service_that_stops_is_told_without_a_reload_and_so_is_its_return(services, session, demo, visits):  # noqa: F811
    browser = session(services.url)
    page = browser.page("/login")
    visits.log_in_here(page, people.ADMINISTRATOR.user)
    page.goto("/operation")
    expect(line(page, "Services", "billing")).to_contain_text("Answers")
    page.evaluate("window.untouched = true")
    services.stop("billing")
    row = line(page, "Services", "billing")
    expect(row).to_contain_text("No answer", timeout=40_000)
    # What it last told is still there, with its age.
    expect(row).to_contain_text("as it was")
    expect(page.get_by_text("billing does not answer")).to_be_visible()
    expect(line(page, "Servers, as this gateway sees them", "billing")).to_contain_text("Cannot be reached", timeout=40_000)
    for other in SERVICES[1:]:
        expect(line(page, "Services", other)).to_contain_text("Answers")
    services.start("billing")
    expect(row).to_contain_text("Answers", timeout=60_000)
    expect(page.get_by_text("billing does not answer")).to_have_count(0)
    assert page.evaluate("window.untouched") is True


@pytest.mark.parametrize("person", [people.TECHNICIAN, people.EXTERNAL_MANAGER], ids=["technician", "customer"])
def test_it_is_not_there_for_whom_it_is_not(signed_in, person):
    visitor = signed_in(person)
    page = visitor.page("/")
    expect(page.get_by_role("link", name="Operation")).to_have_count(0)
    with visitor.tripwire.expecting("404"):
        assert page.goto("/operation").status == 404


def test_the_administrator_of_another_provider_does_not_see_it(session, demo, visits):
    """They have every permission in their own house, and do not run the installation."""
    visitor = session(demo.portal(people.OTHER_TENANT))
    page = visitor.page("/login")
    visits.log_in_here(page, "hugo")
    expect(page.get_by_role("link", name="Audit log")).to_have_count(1)
    expect(page.get_by_role("link", name="Operation")).to_have_count(0)
    with visitor.tripwire.expecting("404"):
        assert page.goto("/operation").status == 404


def test_it_is_right_without_scripts_and_in_order_in_every_view(signed_in, view):
    page = signed_in(people.ADMINISTRATOR, view).page("/operation")
    assert_sound(page, None if view.width == 1440 else LOOKS)
    plain = signed_in(people.ADMINISTRATOR, view, java_script_enabled=False).page("/operation")
    expect(line(plain, "Services", "ticketing")).to_contain_text("Answers")
