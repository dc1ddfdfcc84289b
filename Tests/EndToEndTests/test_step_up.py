"""Sensitive actions want the password once more, and so does a session that was kept; both go on where they were
(ASVS 7.5.3, R-170). The clock of the portal is moved on, so that what a login proved is old.
"""

import people
import pytest
import tickets
from conftest import log_of
from harness import demo_data, places
from harness.browser import DESKTOP, View
from harness.checks import assert_sound
from harness.clock import Clock
from harness.portico import up
from people import Visits
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.xdist_group("step-up")
"""One portal with its own clock for all of them."""

OLD = 20
"""Minutes after which a proof is too old: it lasts 15."""


@pytest.fixture(scope="module")
def clock(tmp_path_factory) -> Clock:
    return Clock(tmp_path_factory.mktemp("clock"))


@pytest.fixture(scope="module")
def house(browser, clock, tmp_path_factory) -> Visits:
    """A portal with that clock."""
    data = demo_data.copy(tmp_path_factory.mktemp("old") / "data", tickets=10)
    log = log_of("old")
    with up(places.portico_binary(), data, "--demo", log=log, environment=clock.environment) as portico:
        yield Visits(browser, portico)


@pytest.fixture
def arrive(session, house):
    """A browser that has just signed in: `arrive(person, keep=True)`."""

    def make(person: people.Person, view: View = DESKTOP, keep: bool = False, **options):
        browser = session(house.origin(person), view, **options)
        browser.may_lose_stream()
        page = browser.page("/login")
        if keep:
            page.get_by_label("Keep me signed in").check()
        house.log_in_here(page, person.user)
        return browser, page

    return make


def confirm(page: Page, password: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm that it is you")
    page.get_by_label("Your password").fill(password)
    page.get_by_role("button", name="Confirm and go on").click()


def secret(page: Page) -> str:
    [found] = [cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "portico"]
    return found


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_sensitive_form_is_held_until_the_password_and_then_goes_on(arrive, house, clock, scripts):
    browser, page = arrive(people.ADMINISTRATOR, java_script_enabled=scripts)
    before = secret(page)
    name = f"Made after a proof, {'with' if scripts else 'without'} scripts"
    clock.advance(minutes=OLD)
    page.goto("/roles/new")
    tickets.labelled(page, "Name").fill(name)
    page.get_by_label("See tickets").select_option(label="Everything")
    with browser.tripwire.expecting("403"):
        page.get_by_role("button", name="Add role").click()
        expect(page.get_by_text("What you sent is kept")).to_be_visible()
    with browser.tripwire.expecting("403|422"):
        confirm(page, "not my password")
        expect(page.get_by_role("alert")).to_contain_text("There is a problem")
    assert secret(page) == before
    confirm(page, house.password)
    # It went on where it was: the role is there, once, as it was typed; and the session has another secret.
    expect(tickets.toast(page)).to_contain_text(name)
    assert secret(page) != before
    page.goto("/roles")
    row = tickets.row(page, name)
    expect(row).to_have_count(1)
    row.get_by_role("link", name=name).click()
    expect(page.get_by_label("See tickets")).to_have_value("tenant")

    # For a quarter of an hour nothing more is asked.
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    expect(tickets.toast(page)).to_be_visible()
    page.goto("/roles")
    expect(tickets.row(page, name)).to_have_count(0)


def test_who_turns_back_has_changed_nothing(arrive, clock):
    browser, page = arrive(people.ADMINISTRATOR)
    clock.advance(minutes=OLD)
    page.goto("/settings/tokens")
    tickets.labelled(page, "Name").fill("Never made")
    page.get_by_role("checkbox", name="See tickets", exact=True).check()
    with browser.tripwire.expecting("403"):
        page.get_by_role("button", name="Create token").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Confirm that it is you")
    page.get_by_role("link", name="Cancel").click()
    page.goto("/settings/tokens")
    expect(page.get_by_text("Never made")).to_have_count(0)


def test_a_kept_session_looks_only_until_the_password(arrive, house, clock):
    _, page = arrive(people.EXTERNAL_MANAGER, keep=True)
    name = tickets.open_ticket(page, tickets.Report("Before the weekend"))
    # What lies open asks for its stream again and again.
    page.goto("about:blank")
    clock.advance(minutes=70)
    # Unused for more than an hour: everything can still be looked at, and says why that is all.
    for path in ("/", "/tickets", "/invoices", name):
        assert page.goto(path).status == 200
        assert "/login" not in page.url
        expect(page.get_by_text("You stayed signed in, to look at things.")).to_be_visible()
    page.get_by_role("link", name="Enter password").click()
    confirm(page, house.password)
    page.wait_for_url(f"**{name}")
    # From here on it is a session like any other.
    expect(page.get_by_text("You stayed signed in")).to_have_count(0)
    tickets.write(page, "After the weekend.")


def test_a_form_of_a_kept_session_is_held_and_goes_on(arrive, house, clock):
    browser, page = arrive(people.EXTERNAL_USER, keep=True)
    page.goto("/tickets/new")
    tickets.fill(page, tickets.Report("Half written before lunch"))
    clock.advance(minutes=70)
    with browser.tripwire.expecting("401|403"):
        page.get_by_role("button", name="Open ticket").click()
        expect(page.get_by_text("You stayed signed in as")).to_be_visible()
    confirm(page, house.password)
    expect(page.get_by_role("heading", level=1)).to_have_text("Half written before lunch")


def test_one_that_was_not_kept_is_over_after_an_hour_and_leads_back(arrive, house, clock):
    _, page = arrive(people.EXTERNAL_MANAGER)
    page.goto("about:blank")
    clock.advance(minutes=70)
    page.goto("/invoices")
    page.wait_for_url("**/login?next=**")
    house.log_in_here(page, people.EXTERNAL_MANAGER.user)
    page.wait_for_url("**/invoices")


def test_the_question_is_in_order_in_every_view(arrive, clock, view):
    browser, page = arrive(people.ADMINISTRATOR, view)
    clock.advance(minutes=OLD)
    page.goto("/settings/password-policy")
    with browser.tripwire.expecting("403"):
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Confirm that it is you")
    assert_sound(page)
