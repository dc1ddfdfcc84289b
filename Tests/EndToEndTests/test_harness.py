"""The harness itself: that it sees what is wrong, and lets pass what is right."""

import os
import sys

import pytest

from harness import fakes, places
from harness.browser import View
from harness.checks import assert_accessible, assert_no_sideways_scroll, assert_sound, screenshot
from harness.portico import Portico, StartFailure


@pytest.fixture(scope="module")
def site():
    with fakes.static_site() as url:
        yield url


@pytest.mark.parametrize("prefix", ["", "/strict"])
def test_a_sound_page_passes_in_every_view(session, site, view, prefix):
    page = session(site, view).page(f"{prefix}/sound")
    assert_sound(page)
    assert page.evaluate("innerWidth") == view.width
    assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") == (view.scheme == "dark")


@pytest.mark.parametrize("path, rule", [("/unlabelled", "label"), ("/strict/pale", "color-contrast")])
def test_axe_names_the_rule_that_a_page_breaks(session, site, path, rule):
    page = session(site).page(path)
    with pytest.raises(AssertionError, match=rule):
        assert_accessible(page)


def test_axe_can_be_held_to_a_part_of_the_page(session, site):
    page = session(site).page("/unlabelled")
    assert_accessible(page, "h1")


def test_sideways_scroll_is_found_and_its_cause_named(session, site):
    page = session(site, View(360, "light")).page("/wide")
    with pytest.raises(AssertionError, match="div.broad reaches"):
        assert_no_sideways_scroll(page)


@pytest.mark.parametrize(
    "path, trip", [("/throws", "a planted error"), ("/logs", "a planted message"), ("/nowhere", "404"),
    ("/alerts", "a planted dialog")]
)
def test_the_tripwire_springs(session, site, path, trip):
    watched = session(site)
    watched.page(path)
    with pytest.raises(AssertionError, match=trip):
        watched.tripwire.check()
    watched.tripwire.trips.clear()


def test_the_tripwire_lets_pass_what_is_expected_and_nothing_else(session, site):
    watched = session(site)
    with watched.tripwire.expecting("404"):
        watched.page("/nowhere")
        watched.tripwire.check()
        watched.page("/logs")
    with pytest.raises(AssertionError, match="a planted message"):
        watched.tripwire.check()
    watched.tripwire.trips.clear()


def test_screenshots_go_to_the_docs_only_when_they_are_renewed(session, site, tmp_path, monkeypatch):
    monkeypatch.delenv("UPDATE_SCREENSHOTS", raising=False)
    assert places.screenshots() == places.ROOT / ".artifacts/screenshots"
    monkeypatch.setenv("UPDATE_SCREENSHOTS", "1")
    assert places.screenshots() == places.ROOT / "docs/screenshots"
    monkeypatch.setattr(places, "screenshots", lambda: tmp_path)
    path = screenshot(session(site).page("/sound"), "sound")
    assert path.read_bytes().startswith(b"\x89PNG")


def fake(script: str, tmp_path, **options) -> Portico:
    return Portico([sys.executable, "-c", script], tmp_path / "log", **options)


def running(tmp_path) -> list[Portico]:
    """Those of this test; the demo may be running for others."""
    return [portico for portico in Portico.running if portico.log_path.parent == tmp_path]


def alive(pid: int) -> bool:
    return os.path.exists(f"/proc/{pid}")


def test_a_process_is_ready_at_its_line_and_ends_at_sigterm(tmp_path):
    with fake(fakes.STANDS, tmp_path) as portico:
        assert portico.url == "http://127.0.0.1:1"
        assert portico.mail_url == "http://127.0.0.1:1/mail"
        assert portico.portal("acme") == "http://acme.localhost:1"
        assert portico.login("Administrator").user == "ada"
        with pytest.raises(LookupError, match="Administrator"):
            portico.login("Nobody")
        assert alive(portico.process.pid) and portico in Portico.running
    assert not alive(portico.process.pid) and portico not in Portico.running
    assert "a log line before" in portico.log_path.read_text()
    assert portico.log_tail().endswith("drained\n")


def test_a_process_that_ends_too_early_is_reported_with_its_log(tmp_path):
    with pytest.raises(StartFailure, match="exit code 3(.|\n)*the disk is on fire"):
        fake(fakes.FALLS, tmp_path)
    assert not running(tmp_path)


def test_a_process_that_stays_silent_is_killed(tmp_path):
    with pytest.raises(StartFailure, match="no line of JSON(.|\n)*starting"):
        fake(fakes.SILENT, tmp_path, start_limit=5.0)
    assert not running(tmp_path)


def test_a_bad_exit_code_at_the_end_is_a_failure(tmp_path):
    with pytest.raises(StartFailure, match="exit code 5"):
        with fake(fakes.FAILS_AT_END, tmp_path):
            pass


def test_a_failing_test_leaves_no_process_behind(tmp_path):
    with pytest.raises(ZeroDivisionError):
        with fake(fakes.STANDS, tmp_path) as portico:
            raise ZeroDivisionError
    assert not alive(portico.process.pid)


def test_a_missing_program_is_an_error_that_says_how_to_install_it(monkeypatch):
    with pytest.raises(RuntimeError, match="scripts/setup test"):
        places.tool("no-such-program", "no-such-package")
    monkeypatch.setenv("PORTICO_BINARY", "no-such-binary")
    with pytest.raises(RuntimeError, match="swift build"):
        places.portico_binary()
