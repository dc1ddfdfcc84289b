"""Sensitive actions of staff want the password once more (ASVS 7.5.3), and go on where they were."""

import people
import pytest
import tickets
from harness.browser import Session
from harness.checks import LOOKS, assert_sound
from playwright.sync_api import Page, expect

NAMED = "A role for the test of proofs"


@pytest.fixture
def kept(session, visits):
    """A browser whose session was kept: it looks, and changes nothing until the password was typed again."""

    def make(person: people.Person, **options) -> tuple[Session, Page]:
        browser = session(visits.origin(person), **options)
        page = browser.page("/login")
        page.get_by_label("Keep me signed in").check()
        visits.log_in_here(page, person.user)
        forget_the_login(page)
        return browser, page

    return make
