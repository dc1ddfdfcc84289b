"""R-176: the pages about the API, as somebody reads them who will write a program against it."""

import re

import people
import pytest
from harness.checks import LOOKS, assert_sound


def test_every_part_is_readable_and_in_order(anonymous, view):
    page = anonymous(view).page()
    for path in ["/developers", "/developers/Tickets", "/developers/portico.ticketing.v1.Ticket", "/developers/Problem"]:
        assert page.goto(path).status == 200
        assert page.locator("h1").count() == 1
        assert_sound(page, None if view.width == 1440 else LOOKS)


def test_every_service_and_every_type_has_its_page(demo, wire):
    document = wire(None).get("/v1/openapi.json").json
    names = [tag["name"] for tag in document["tags"]] + list(document["components"]["schemas"])
    assert len(names) > 100
    for name in names:
        answer = wire(None).get(f"/developers/{name}", headers={"Accept-Encoding": "gzip", "Sec-Fetch-Site": "none"})
        assert answer.status == 200, name


def test_an_operation_says_all_that_one_needs(anonymous):
    page = anonymous().page()
    page.goto("/developers")
    page.get_by_role("link", name="/tickets/{ticket}:close").click()
    operation = page.locator("#Tickets_CloseTicket")
    text = operation.inner_text()
    for wanted in [
        "POST", "/v1/accounts/{account}/tickets/{ticket}:close", "TICKETS_WORK", "Closes a resolved ticket for good",
        "FAILED_PRECONDITION", "application/json", "etag", "Authorization: Bearer",
        "/v1/accounts/larkspur/tickets/1042:close",
    ]:  # fmt: skip
        assert wanted in text or wanted in operation.text_content(), wanted
    operation.get_by_text("Errors:").click()
    assert operation.get_by_text("409").last.is_visible()
    operation.get_by_role("link", name="Ticket", exact=True).first.click()
    page.get_by_role("heading", name="Ticket", exact=True, level=1).wait_for()
    assert page.get_by_text("Read-only").count() > 5


def test_the_list_narrows_while_one_types_and_without_javascript(anonymous):
    page = anonymous().page()
    page.goto("/developers")
    everything = page.locator("[data-operation]:visible").count()
    page.get_by_role("searchbox").fill("invoice void")
    page.locator("[data-operation]:visible").first.wait_for()
    assert 0 < page.locator("[data-operation]:visible").count() < 5 < everything
    plain = anonymous(java_script_enabled=False).page()
    plain.goto("/developers?q=invoice+void")
    assert 0 < plain.locator("[data-operation]").count() < 5
    plain.goto("/developers?q=nothing+like+this")
    assert plain.get_by_text("No operations").first.is_visible()


def test_it_is_found_in_everybodys_menu(signed_in):
    page = signed_in(people.EXTERNAL_USER).page()
    page.goto("/")
    page.get_by_label(re.compile("^Your menu")).click()
    page.get_by_role("link", name="API for developers").click()
    page.get_by_role("heading", name="API", exact=True, level=1).wait_for()


@pytest.mark.parametrize("path", ["/developers/Nothing", "/developers/portico.nothing.v1.Nothing"])
def test_what_there_is_not_is_not_found(anonymous, path):
    visitor = anonymous()
    with visitor.tripwire.expecting("404"):
        assert visitor.page().goto(path).status == 404
