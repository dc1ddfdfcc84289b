"""Security headers and caching on every kind of answer, errors included (R-178, U-24)."""

import re

import people
import pytest
from harness import headers

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
FORM = {"Content-Type": "application/x-www-form-urlencoded", **SAME_ORIGIN}


ERRORS = {
    "no such page": ("GET", "/no/such/page", None, {}, 404),
    "no token": ("POST", "/settings/preferences", "a=b", FORM, 403),
    "from elsewhere": ("POST", "/settings/preferences", "a=b", {**FORM, "Sec-Fetch-Site": "cross-site"}, 403),
    "wrong method": ("DELETE", "/tickets", None, SAME_ORIGIN, 405),
    "wrong body": ("POST", "/settings/preferences", "{}", {"Content-Type": "application/json", **SAME_ORIGIN}, 415),
}


@pytest.mark.parametrize("person", [None, people.EXTERNAL_USER, people.ADMINISTRATOR], ids=["nobody", "customer", "staff"])
@pytest.mark.parametrize("case", ERRORS)
def test_error_pages_are_guarded_like_all_pages(case, person, wire):
    method, path, body, given, status = ERRORS[case]
    # Nobody has only the pages before login.
    shown = path if person or method != "POST" else "/login"
    answer = wire(person).send(method, shown, body, given)
    assert answer.status == status, answer.text[:300]
    headers.assert_page(answer.headers, case)
    # A way back, and the number to tell the provider (U-24).
    assert answer.headers["x-request-id"] in answer.text
    assert re.search(r'<a class="btn[^>]* href="/(login)?"', answer.text)


DATA = [
    "/v1/profile", "/v1/accounts/-/tickets", "/v1/no/such/method", "/healthz", "/readyz", "/v1/tickets:nonsense",
]


@pytest.mark.parametrize("path", DATA)
@pytest.mark.parametrize("person", [None, people.EXTERNAL_USER], ids=["nobody", "customer"])
def test_answers_of_the_api_cannot_become_pages(path, person, wire):
    answer = wire(person).get(path)
    assert not answer.headers["content-type"].startswith("text/html")
    headers.assert_data(answer.headers, path)
    assert answer.headers["cache-control"] == "no-store"


def test_shared_files_are_kept_for_ever_and_personal_ones_never(wire):
    client = wire(people.EXTERNAL_USER)
    page = client.get("/tickets")
    files = re.findall(r'(?:href|src)="(/assets/[^"]+|/brand/[^"]+)"', page.text)
    assert sum(file.endswith(".css") for file in files) == 1, "one sheet before the page shows"
    for file in files:
        answer = client.get(file, {"Accept-Encoding": "gzip"})
        assert answer.status == 200
        headers.assert_data(answer.headers, file)
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable", file
        if re.match(r"/assets/.*\.(css|js)$", file):
            assert answer.headers["content-encoding"] == "gzip", file
            assert answer.headers["vary"] == "accept-encoding", file
        assert "set-cookie" not in answer.headers, file


def test_pages_are_compressed_only_where_no_stranger_has_a_say(wire):
    """R-178: a page that another site made the browser open, and every error, is sent as it is."""
    client = wire(people.EXTERNAL_USER)
    gzip = {"Accept-Encoding": "gzip, br"}
    assert client.get("/tickets", {**gzip, "Sec-Fetch-Site": "none"}).headers["content-encoding"] == "gzip"
    assert client.get("/tickets", {**gzip, "Sec-Fetch-Site": "same-origin"}).headers["content-encoding"] == "gzip"
    for path, site in {
        "/tickets": "cross-site", "/messages": "same-site", "/tickets?q=guess": "cross-site", "/no/such": "none",
    }.items():
        assert client.get(path, {**gzip, "Sec-Fetch-Site": site}).headers["content-encoding"] is None, path
    assert client.get("/tickets", gzip).headers["content-encoding"] is None
    tokens = {re.search(r'name="_csrf" value="([^"]+)"', client.get("/tickets").text).group(1) for _ in range(5)}
    assert len(tokens) == 5, "the token is written the same way twice"
