"""Who is who in the demo, by what the tests need them for. All have one password."""

from dataclasses import dataclass

from harness.browser import DESKTOP, Session
from harness.portico import Portico
from playwright.sync_api import Page

TENANT = "brightwater"
OTHER_TENANT = "foxglove"


@dataclass(frozen=True)
class Person:
    user: str
    tenant: str = TENANT


ADMINISTRATOR = Person("aoife")
TECHNICIAN = Person("tomas")
TECHNICIAN_NAME = "Tomás Keane"
BILLING_CLERK = Person("maeve")
CONTENT_EDITOR = Person("owen")

ACCOUNT = "accounts/larkspur"
EXTERNAL_MANAGER = Person("ciara@larkspur.example")
EXTERNAL_USER = Person("ruth@larkspur.example")
NO_ACCESS_YET = "Conor Nolan"
"""A contact of the same account whom nobody has given portal access."""

OTHER_ACCOUNT_MANAGER = Person("nora@tideline.example")
ANOTHER_ACCOUNT_USER = Person("liam@copperfield.example")
OTHER_TENANT_MANAGER = Person("mina@penrose.example", OTHER_TENANT)


class Visits:
    """Lets people in. Each signs in once, by the form, and every later browser of theirs has that session: the
    service counts sign-ins, and a test about tickets is not one about passwords.
    """

    def __init__(self, browser, demo: Portico):
        self._browser = browser
        self._demo = demo
        self._kept: dict[Person, dict] = {}

    def origin(self, person: Person) -> str:
        return self._demo.portal(person.tenant)

    @property
    def password(self) -> str:
        return self._demo.logins[0].password

    def log_in_here(self, page: Page, user: str, password: str | None = None) -> None:
        """Types into the login form that this page shows."""
        page.get_by_label("User name or e-mail").fill(user)
        page.get_by_label("Password", exact=True).fill(password or self.password)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url(lambda url: "/login" not in url)

    def forget(self, *persons: Person) -> None:
        """Their session has been ended: the next browser of theirs signs in anew."""
        for person in persons:
            self._kept.pop(person, None)

    def state(self, person: Person) -> dict:
        if person not in self._kept:
            session = Session(self._browser, self.origin(person), DESKTOP)
            try:
                self.log_in_here(session.page("/login"), person.user)
                session.tripwire.check()
                self._kept[person] = session.context.storage_state()
            finally:
                session.close()
        return self._kept[person]
