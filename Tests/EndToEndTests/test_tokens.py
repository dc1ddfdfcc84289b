"""API tokens as their owner meets them (F-34), and pages of other sites that use them from a browser (R-169)."""

import json

import people
import tickets
from harness.wire import Wire
from playwright.sync_api import Page, expect


def create(page: Page, name: str, *scopes: str) -> str:
    """Makes a token with the form, and gives back what is shown once."""
    page.goto("/settings/tokens")
    tickets.labelled(page, "Name").fill(name)
    for scope in scopes:
        page.get_by_role("checkbox", name=scope, exact=True).check()
    page.get_by_role("button", name="Create token").click()
    expect(page.get_by_text("Your new token")).to_be_visible()
    secret = page.locator(".secret").inner_text().split()[0]
    assert secret.startswith("ptk_")
    return secret


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def test_a_token_is_made_shown_once_used_and_revoked(signed_in, wire):
    page = signed_in(people.EXTERNAL_MANAGER).page()
    secret = create(page, "Reporting script", "See tickets")
    row = tickets.row(page, "Reporting script")
    expect(row).to_contain_text(f"ptk_…{secret[-4:]}")
    expect(row).to_contain_text("See tickets")
    expect(row).to_contain_text("Never")
    assert page.content().count(secret) >= 1
    page.goto("/settings/tokens")
    assert secret not in page.content(), "it is shown once"

    anybody: Wire = wire(None)
    listed = anybody.get("/v1/accounts/larkspur/tickets?page_size=1", bearer(secret))
    assert listed.status == 200 and listed.json["tickets"]
    # No more than it was given, though its owner may.
    assert anybody.get("/v1/accounts/larkspur/invoices", bearer(secret)).status == 403
    assert not anybody.get("/v1/accounts/tideline/tickets", bearer(secret)).json["tickets"]
    # It is no key to pages.
    assert anybody.get("/tickets", bearer(secret)).headers["location"].startswith("/login")
    page.reload()
    expect(row).to_contain_text("127.0.0.1")

    row.get_by_role("button", name="Revoke").click()
    expect(tickets.toast(page)).to_contain_text("The token is revoked")
    expect(row).to_have_count(0)
    refused = anybody.get("/v1/accounts/larkspur/tickets?page_size=1", bearer(secret))
    assert refused.status == 401 and "www-authenticate" in refused.headers


CALL = """async ([url, options]) => {
  try {
    const answer = await fetch(url, options);
    return { status: answer.status, body: await answer.json(), id: answer.headers.get('x-request-id') };
  } catch (error) { return { failure: error.name }; }
}"""


def test_a_page_of_an_allowed_site_calls_the_api_and_no_other_site_does(signed_in, session, demo, sites):
    secret = create(signed_in(people.EXTERNAL_USER).page(), "A page elsewhere", "See tickets", "Raise and answer tickets")
    url = f"{demo.url}/v1/accounts/larkspur/tickets"
    get = {"headers": bearer(secret)}
    ticket = {"title": "Raised from another site", "details": "By a script there."}
    post = {
        "method": "POST", "headers": {**bearer(secret), "Content-Type": "application/json"}, "body": json.dumps({"ticket": ticket}),
    }

    friend = session(sites.allowed).page("/")
    raised = friend.evaluate(CALL, [url, post])
    assert raised["status"] == 200, raised
    assert raised["id"], "the id of the request may be read there"
    name = raised["body"]["name"]
    read = friend.evaluate(CALL, [f"{demo.url}/v1/{name}", get])
    assert read["status"] == 200 and read["body"]["title"] == ticket["title"]
    # Errors are readable as well: a program must know why.
    wrong = {"headers": bearer("ptk_wrong")}
    with_error = session(sites.allowed)
    with with_error.tripwire.expecting("401"):
        refused = with_error.page("/").evaluate(CALL, [url, wrong])
    assert refused["status"] == 401 and refused["body"]["title"], refused

    # Pages of the portal are never for other sites, allowed or not.
    with_pages = session(sites.allowed)
    with with_pages.tripwire.expecting("CORS|Failed to load"):
        assert with_pages.page("/").evaluate(CALL, [f"{demo.url}/login", {}]) == {"failure": "TypeError"}

    stranger = session(sites.other)
    before = friend.evaluate(CALL, [f"{url}?page_size=100", get])["body"]
    with stranger.tripwire.expecting("CORS|Failed to load"):
        page = stranger.page("/")
        for options in (get, post):
            assert page.evaluate(CALL, [url, options]) == {"failure": "TypeError"}
    assert friend.evaluate(CALL, [f"{url}?page_size=100", get])["body"] == before, "nothing was raised"
