"""Every page that a person can reach, as that person sees it: in light and dark, on a desk and on a phone (U-21, U-22;
axe with nothing found, no error on the console, one heading, a title, little to transfer).
"""

import re

import people
import pytest
from harness.browser import DESKTOP, View
from harness.checks import LOOKS, assert_sound
from playwright.sync_api import Page

VIEWS = [View(width, scheme) for width in (1440, 360) for scheme in ("light", "dark")]
TWO_VIEWS = [View(1440, "light"), View(360, "dark")]
"""For roles whose pages another role sees as well, in all views."""
FIRST_VIEW = 150_000
"""Bytes of a page with all that it loads, as they are transferred."""
LATER_VIEW = 60_000
"""Bytes when the browser has the shared files already: the page itself, which is never compressed (R-178)."""

ROLES = {
    "anonymous": None,
    "External User": people.EXTERNAL_USER,
    "External Manager": people.EXTERNAL_MANAGER,
    "Technician": people.TECHNICIAN,
    "Administrator": people.ADMINISTRATOR,
}
KINDS = {
    "anonymous": {"/login", "/forgot"},
    "External User": {
        "/", "/tickets", "/accounts/*/tickets/*", "/tickets/new", "/messages", "/messages/new",
        "/accounts/*/conversations/*", "/news", "/news/*", "/settings", "/settings/password",
        "/settings/preferences", "/settings/sessions",
    },
    "External Manager": {
        "/contracts", "/accounts/*/contracts/*", "/invoices", "/accounts/*/invoices/*",
        "/tickets?view=closed", "/tickets?scope=mine",
    },
    "Technician": {
        "/inbox", "/inbox?folder=mine", "/inbox?folder=all", "/accounts/*/tickets/*", "/tickets", "/messages",
    },
    "Administrator": {
        "/contacts", "/accounts/*/contacts/*", "/accounts/*/contacts/*?tab=access", "/contacts/new", "/accounts",
        "/accounts/*", "/accounts/new", "/staff", "/staff/new", "/roles", "/roles/*", "/settings/portal",
        "/settings/password-policy", "/settings/tickets", "/settings/catalog", "/mail", "/mail/*", "/news/manage",
        "/audit", "/invoices", "/contracts",
    },
}
"""What the crawl must have come across at least, by role: a menu that lost an entry is a failure."""

VIEW_PARAMETERS = {"view", "scope", "folder", "tab", "kind", "include", "state"}
"""What makes another page of the same path. Sorting, filters and paging show the same page again."""
NAMED = {"new", "manage"}


def kind(url: str) -> str:
    """The page without what differs from row to row: `/accounts/*/tickets/*`."""
    path, _, query = url.partition("?")
    segments = path.strip("/").split("/")
    # Collections and their members take turns; under /settings the first collection comes one later.
    for place in range(2 if segments[0] == "settings" else 1, len(segments), 2):
        if segments[place] not in NAMED:
            segments[place] = "*"
    kept = sorted(
        item for item in query.split("&") if item.split("=")[0] in VIEW_PARAMETERS and not item.endswith("=")
    )
    return "/" + "/".join(segments) + ("?" + "&".join(kept) if kept else "")


@pytest.mark.parametrize(
    "url, expected",
    [
        ("/", "/"),
        ("/accounts/larkspur/tickets/42", "/accounts/*/tickets/*"),
        ("/accounts/larkspur/contacts/conor?tab=access", "/accounts/*/contacts/*?tab=access"),
        ("/tickets?page_token=x&view=closed&order=", "/tickets?view=closed"),
        ("/settings/password", "/settings/password"),
        ("/settings/catalog/type-incident", "/settings/catalog/*"),
        ("/news/manage", "/news/manage"),
        ("/news/new-portal", "/news/*"),
        ("/inbox?folder=mine&view=", "/inbox?folder=mine"),
    ],
)
def test_pages_are_told_apart_by_their_kind(url, expected):
    assert kind(url) == expected


_LINKS = """() => [...document.querySelectorAll('a[href]')]
  .filter(link => link.origin === location.origin && !link.hasAttribute('download') && !link.hash)
  .map(link => link.pathname + link.search)"""

NOT_FOLLOWED = ("/styleguide", "/welcome")
"""The style guide has a test of its own; a welcome link works once, for whom it was mailed to."""


def links(page: Page) -> list[str]:
    return [link for link in page.evaluate(_LINKS) if not link.startswith(NOT_FOLLOWED)]


def check(page: Page, where: str, role: str) -> None:
    answer = page.goto(where)
    assert answer.status == 200, f"{where} answered {answer.status} to {role}"
    assert page.locator("h1").count() == 1, f"{where} has {page.locator('h1').count()} headings of the first level"
    title = page.title()
    assert re.fullmatch(r".+ · Brightwater IT", title), f"{where} is titled {title!r}"
    whole, again = page.evaluate(_BYTES)
    assert whole < FIRST_VIEW, f"{where} needs {whole} bytes"
    assert again < LATER_VIEW, f"{where} needs {again} bytes beside the shared files"
    for number, view in enumerate(TWO_VIEWS if role in ("External User", "Technician") else VIEWS):
        show(page, view)
        try:
            assert_sound(page, None if number == 0 else LOOKS)
        except AssertionError as error:
            raise AssertionError(f"as {role}, {view}: {error}") from None


def show(page: Page, view: View) -> None:
    page.emulate_media(color_scheme=view.scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": view.width, "height": view.height})


_BYTES = """() => {
  const page = performance.getEntriesByType('navigation')[0].encodedBodySize;
  const others = performance.getEntriesByType('resource');
  const shared = others.filter(one => new URL(one.name).pathname.startsWith('/assets/'));
  const sum = list => list.reduce((total, one) => total + one.encodedBodySize, 0);
  return [page + sum(others), page + sum(others) - sum(shared)];
}"""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("role", ROLES)
def test_every_page_is_sound(role, signed_in, anonymous):
    person = ROLES[role]
    session = anonymous() if person is None else signed_in(person, DESKTOP)
    page = session.page()
    found: dict[str, str] = {}
    waiting = ["/login"] if person is None else ["/"]
    failures = []
    while waiting:
        where = waiting.pop(0)
        if kind(where) in found:
            continue
        found[kind(where)] = where
        show(page, DESKTOP)
        try:
            check(page, where, role)
        except AssertionError as error:
            failures.append(str(error))
        # Where `/` leads on to, counts as met.
        found.setdefault(kind(page.evaluate("location.pathname + location.search")), where)
        waiting += [link for link in links(page) if kind(link) not in found]
    assert not failures, f"{len(failures)} of {len(found)} pages:\n" + "\n\n".join(failures)
    missing = KINDS[role] - found.keys()
    assert not missing, f"not reached: {sorted(missing)}; reached: {sorted(found)}"


def test_the_style_guide_is_sound(anonymous):
    page = anonymous().page()
    for view in VIEWS:
        show(page, view)
        assert page.goto("/styleguide").status == 200
        assert_sound(page)


def test_a_page_that_is_not_there_is_sound_too(signed_in, anonymous):
    for session in (anonymous(), signed_in(people.EXTERNAL_USER), signed_in(people.TECHNICIAN)):
        with session.tripwire.expecting("404"):
            page = session.page()
            assert page.goto("/no/such/page").status == 404
            assert_sound(page)
            assert page.locator("h1").count() == 1
            page.get_by_role("link", name=re.compile("Go to the (home|login) page")).click()
            page.wait_for_url(re.compile(r"/(login|inbox)?$"))
