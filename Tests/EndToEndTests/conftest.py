"""The fixtures of the end-to-end tests."""

import itertools
import pathlib
import time
from collections.abc import Callable, Iterator

import people
import pytest
from playwright.sync_api import Browser, sync_playwright

from harness import browser as chromium
from harness import demo_data, places
from harness.browser import Session, View
from harness.elsewhere import Sites
from harness.patience import wait_longer
from harness.portico import Portico, up
from harness.reports import pytest_runtest_makereport  # noqa: F401
from harness.wire import Wire
from people import Person, Visits

_numbers = itertools.count(1)
wait_longer()


def pytest_collection_modifyitems(items):
    """The pictures come first: they show the demo before other tests have written into it."""
    items.sort(key=lambda item: item.path.name != "test_screenshots.py")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def session(browser: Browser) -> Iterator[Callable[..., Session]]:
    """Makes one person's browser: `session(url, view)`. At the end of a test no tripwire may have sprung."""
    sessions: list[Session] = []

    def make(base_url: str, view: View = chromium.DESKTOP, **options) -> Session:
        made = Session(browser, base_url, view, **options)
        sessions.append(made)
        return made

    yield make
    for made in sessions:
        made.close()
    for made in sessions:
        made.tripwire.check()


@pytest.fixture(params=chromium.VIEWS, ids=str)
def view(request) -> View:
    """Every width in both colour schemes: a test that takes it runs once for each."""
    return request.param


def log_of(name: str) -> pathlib.Path:
    return places.ARTIFACTS / "portico" / f"{places.RUNNER}-{next(_numbers):02}-{name}.log"


@pytest.fixture(scope="session")
def sites() -> Iterator[Sites]:
    """Two other sites; the demo lets pages of the first call its API."""
    with Sites() as sites:
        yield sites


@pytest.fixture(scope="session")
def demo(tmp_path_factory, sites) -> Iterator[Portico]:
    """The whole product with the demo tenant, one for all tests that only look at it or add to it."""
    data = demo_data.copy(tmp_path_factory.mktemp("demo") / "data")
    options = ("--demo", "--api-origins", sites.allowed)
    with up(places.portico_binary(), data, *options, log=log_of("demo")) as portico:
        yield portico


@pytest.fixture(scope="session")
def visits(browser: Browser, demo: Portico) -> Visits:
    return Visits(browser, demo)


@pytest.fixture
def anonymous(session, demo) -> Callable[..., Session]:
    """A browser that nobody has signed in with: `anonymous(view)`, at the demo's portal."""
    return lambda view=chromium.DESKTOP, **options: session(demo.url, view, **options)


@pytest.fixture
def signed_in(session, visits) -> Callable[..., Session]:
    """Somebody's browser, signed in: `signed_in(people.TECHNICIAN, view)`."""

    def make(person: Person, view: View = chromium.DESKTOP, **options) -> Session:
        return session(visits.origin(person), view, storage_state=visits.state(person), **options)

    return make


@pytest.fixture
def wire(visits) -> Callable[[Person | None], Wire]:
    """Requests without a browser, with somebody's session: `wire(people.TECHNICIAN)`, or nobody's: `wire(None)`."""

    def make(person: Person | None) -> Wire:
        if person is None:
            return Wire(visits.origin(people.ADMINISTRATOR))
        return Wire(visits.origin(person), visits.state(person)["cookies"])

    return make


@pytest.fixture
def patient(wire) -> Callable[[Person | None], Wire]:
    """Like `wire`, for tests that ask more in a second than one address may: it waits as long as it is told to."""

    def make(person: Person | None) -> Wire:
        client = wire(person)
        send = client.send

        def again(*arguments, **options):
            for _ in range(60):
                answer = send(*arguments, **options)
                if answer.status != 429:
                    return answer
                time.sleep(float(answer.headers["retry-after"]))
            return answer

        client.send = again
        return client

    return make


@pytest.fixture
def empty(tmp_path) -> Iterator[Portico]:
    """The whole product with no tenant's data, for this test alone."""
    with up(places.portico_binary(), tmp_path / "data", log=log_of("empty")) as portico:
        yield portico


@pytest.fixture
def start(tmp_path) -> Iterator[Callable[..., Portico]]:
    """Starts more of them: `start("--demo", data=DIR)`; the test may stop one and start it again on its data."""
    started: list[Portico] = []

    def make(*arguments: str, data: pathlib.Path | None = None) -> Portico:
        portico = up(places.portico_binary(), data or tmp_path / "data", *arguments, log=log_of("started"))
        started.append(portico)
        return portico

    yield make
    for portico in started:
        if portico in Portico.running:
            portico.stop()
