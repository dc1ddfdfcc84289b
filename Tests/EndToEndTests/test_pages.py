"""Every page that a person can reach, as that person sees it: in light and dark, on a desk, a tablet and a phone (U-21,
U-22, F-45; axe with nothing found, as F-44 and U-04 want it, no error on the console, one heading, a title, little to
transfer, nothing that moves, U-08).
"""

import re
import time
import zlib
from collections.abc import Iterator

import people
import pytest
import routes
from harness import headers
from harness.browser import DESKTOP, View
from harness.checks import LOOKS, assert_sound
from harness.wire import Wire
from playwright.sync_api import Page

VIEWS = [View(width, scheme) for width in (1440, 768, 360) for scheme in ("light", "dark")]
TWO_VIEWS = [View(1440, "light"), View(360, "dark")]
"""For roles whose pages another role sees as well, in all views."""
FIRST_VIEW = 60_000
"""Bytes of a page with all that it loads, as they are transferred."""
BLOCKING = 3
"""Requests before there is something to see: the page, its sheet, the colour of the house."""
SHIFT = 0.001
"""What may move: nothing. Fractions of pixels count a little."""

ROLES = {
    "anonymous": None,
    "External User": people.EXTERNAL_USER,
    "External Manager": people.EXTERNAL_MANAGER,
    "Technician": people.TECHNICIAN,
    "Administrator": people.ADMINISTRATOR,
}
SHARES = {"External Manager": 2, "Technician": 2, "Administrator": 4}
"""Into how many tests the pages of a role are cut, so that no test runner is left alone with the longest."""
KINDS = {
    "anonymous": {"/login", "/forgot"},
    "External User": {
        "/", "/tickets", "/accounts/*/tickets/*", "/tickets/new", "/tickets/open", "/messages", "/messages/new",
        "/accounts/*/conversations/*", "/news", "/news/*", "/account", "/settings", "/settings/password",
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
NAMED = {"new", "manage", "open"}


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
    assert_light(page, where)
    headers.assert_page(answer.headers, where)
    for number, view in enumerate(TWO_VIEWS if role in ("External User", "Technician") else VIEWS):
        show(page, view)
        try:
            assert_sound(page, None if number == 0 else LOOKS)
        except AssertionError as error:
            raise AssertionError(f"as {role}, {view}: {error}") from None


def show(page: Page, view: View) -> None:
    page.emulate_media(color_scheme=view.scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": view.width, "height": view.height})


WATCH = """() => {
  window.shift = 0;
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
  }).observe({type: 'layout-shift', buffered: true});
}"""

LATE = 150
"""Milliseconds by which a script lets a page be drawn first."""


def come_late(route) -> None:
    time.sleep(LATE / 1000 / 13)
    route.continue_()


_WEIGHT = """async () => {
  // Until two frames have been drawn after everything is there.
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  const page = performance.getEntriesByType('navigation')[0];
  const others = performance.getEntriesByType('resource');
  return {
    bytes: [page, ...others].reduce((total, one) => total + one.encodedBodySize, 0),
    blocking: 1 + others.filter(one => one.renderBlockingStatus === 'blocking').length,
    shift: window.shift,
  };
}"""


def assert_light(page: Page, where: str) -> None:
    """The first view of a page is small, shows early and stands still."""
    weight = page.evaluate(_WEIGHT)
    assert weight["bytes"] < FIRST_VIEW, f"{where} needs {weight['bytes']} bytes"
    assert weight["blocking"] <= BLOCKING, f"{where} needs {weight['blocking']} requests before it shows"
    assert weight["shift"] <= SHIFT, f"{where} moves by {weight['shift']} while it loads"


def share_of(path: str, role: str) -> int:
    """The test that looks at a page: the same in every run, in whatever order the pages are met."""
    return zlib.crc32(kind(path).encode()) % SHARES.get(role, 1)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("role, share", [(role, share) for role in ROLES for share in range(SHARES.get(role, 1))])
def test_every_page_is_sound(role, share, signed_in, anonymous):
    """Each follows all links; together they look at all pages."""
    person = ROLES[role]
    session = anonymous() if person is None else signed_in(person, DESKTOP)
    page = session.page()
    page.add_init_script(f"({WATCH})()")
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
            if share_of(where, role) == share:
                check(page, where, role)
            else:
                page.goto(where)
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


@pytest.fixture(scope="module")
def addresses(visits) -> Iterator[dict[routes.Route, str]]:
    """One address for each route of the gateway's table."""

    def wire(person):
        if person is None:
            return Wire(visits.origin(people.ADMINISTRATOR))
        return Wire(visits.origin(person), visits.state(person)["cookies"])

    # The demo has only roles that somebody holds or that are built in.
    made = wire(people.ADMINISTRATOR).post_json(
        "/v1/roles?roleId=held-by-nobody", {"displayName": "Held by nobody"}, {"Sec-Fetch-Site": "same-origin"}
    )
    assert made.status == 200, made.text
    found = routes.addresses(wire)
    missing = [route.pattern for route in routes.ROUTES if route not in found]
    assert not missing, f"nothing in the demo shows {missing}"
    yield found
    wire(people.ADMINISTRATOR).send("DELETE", "/v1/roles/held-by-nobody", headers={"Sec-Fetch-Site": "same-origin"})


# Beside each other they would each follow all links first.
@pytest.mark.xdist_group("routes")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("role", ROLES)
def test_every_route_is_light_and_guarded_for_everybody(role, addresses, signed_in, anonymous, wire):
    """Every page of the table, whoever asks: shown, or not there, or the login page; each within its budget."""
    person = ROLES[role]
    session = anonymous() if person is None else signed_in(person, DESKTOP)
    page = session.page()
    page.add_init_script(f"({WATCH})()")
    # Scripts come late here, after the first picture: what they change must not move what is there.
    page.route("**/assets/**/*.js", come_late)
    client = wire(person)
    failures, shown = [], 0
    for route, path in addresses.items():
        plain = client.get(path)
        # A link of a mail that is none is not there for anybody.
        allowed = {200, 303} if person is None and "?token=" not in path else {200, 303, 404}
        if plain.status not in allowed:
            failures.append(f"{path} answers {plain.status}")
        kind = plain.headers["content-type"] or ""
        if plain.status == 200 and not kind.startswith("text/html"):
            continue
        with session.tripwire.expecting("status of 404"):
            answer = page.goto(path)
        try:
            if answer.status not in (200, 404):
                failures.append(f"{path} shows {answer.status}")
            shown += answer.status == 200
            headers.assert_page(answer.headers, path)
            assert_light(page, path)
        except AssertionError as error:
            failures.append(str(error))
    assert not failures, f"as {role}:\n" + "\n".join(failures)
    assert shown > 3
