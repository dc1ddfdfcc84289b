"""What people and attackers send that is wrong: told beside the field with nothing lost, or refused, and never run.

Proves U-12, U-14, U-24, X-04 (texts), X-07, X-14 (on what the first day writes), X-26 (uploads).
"""

import concurrent.futures
import html
import re
import select
import socket
import urllib.parse

import people
import pytest
import tickets
from harness import files
from playwright.sync_api import expect

REFUSED = "422"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


def form_fields(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form that posts to `action`."""
    form = re.search(rf'<form[^>]* action="{re.escape(action)}".*?</form>', page, re.S)
    assert form, f"no form for {action}"
    hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form.group())
    return {name: html.unescape(value) for name, value in hidden}


# Wrong fields.


def test_a_wrong_field_is_told_beside_it_and_nothing_typed_is_lost(signed_in):
    session = signed_in(people.EXTERNAL_USER)
    page = session.page("/tickets/new")
    tickets.fill(
        page, tickets.Report("x" * 201, "What I typed stays.", {"Priority": "Low", "Issue type": "Network"})
    )
    with session.tripwire.expecting(REFUSED):
        page.get_by_role("button", name="Open ticket").click()
        summary = page.get_by_role("alert")
        expect(summary).to_contain_text("There is a problem")
    expect(summary).to_be_focused()
    title = tickets.labelled(page, "Title")
    expect(title).to_have_attribute("aria-invalid", "true")
    error = page.locator(f"#{title.get_attribute('id')}-error")
    assert error.get_attribute("id") in title.get_attribute("aria-describedby")
    expect(error).to_contain_text("200")
    expect(title).to_have_value("x" * 201)
    expect(tickets.labelled(page, "Details")).to_have_value("What I typed stays.")
    expect(tickets.labelled(page, "Priority").locator("option:checked")).to_have_text("Low")
    expect(tickets.labelled(page, "Issue type").locator("option:checked")).to_have_text("Network")
    summary.get_by_role("link").first.click()
    expect(title).to_be_focused()

    # Corrected, it is taken, and the draft in the browser is gone.
    title.fill("A title that fits")
    page.get_by_role("button", name="Open ticket").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("A title that fits")
    page.goto("/tickets/new")
    expect(tickets.labelled(page, "Details")).to_have_value("")


def test_a_sub_issue_type_of_another_issue_type_is_refused_beside_it(signed_in):
    session = signed_in(people.EXTERNAL_USER, java_script_enabled=False)
    page = session.page("/tickets/new")
    tickets.fill(
        page, tickets.Report("Mismatch", choices={"Issue type": "Network", "Sub-issue type": "Printer or plotter"})
    )
    with session.tripwire.expecting(REFUSED):
        page.get_by_role("button", name="Open ticket").click()
        expect(tickets.labelled(page, "Sub-issue type")).to_have_attribute("aria-invalid", "true")


def test_an_empty_note_is_refused_beside_the_field(signed_in):
    session = signed_in(people.EXTERNAL_USER)
    page = session.page()
    tickets.open_ticket(page, tickets.Report("For an empty note"))
    with session.tripwire.expecting(REFUSED):
        page.get_by_role("button", name="Send", exact=True).click()
        expect(page.locator("form.composer textarea")).to_have_attribute("aria-invalid", "true")


# Uploads.


def test_an_upload_over_the_limit_is_refused_beside_the_field(signed_in, tmp_path):
    session = signed_in(people.EXTERNAL_USER)
    page = session.page("/tickets/new")
    large = tmp_path / "large.pdf"
    with large.open("wb") as file:
        file.write(files.pdf())
        file.truncate(27 * 1024 * 1024)
    small = files.save(tmp_path, "small.png", files.png())
    tickets.fill(page, tickets.Report("With too much", "Kept as well.", files=[str(small), str(large)]))
    # Said before it is sent (U-18).
    expect(page.locator("[data-files]")).to_contain_text("too large")
    with session.tripwire.expecting(REFUSED):
        page.get_by_role("button", name="Open ticket").click()
        field = tickets.labelled(page, "Attach files")
        expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.locator(f"#{field.get_attribute('id')}-error")).to_contain_text("larger than")
    expect(tickets.labelled(page, "Title")).to_have_value("With too much")
    expect(tickets.labelled(page, "Details")).to_have_value("Kept as well.")
    page.get_by_role("button", name="Open ticket").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("With too much")


def _head(client, path: str, length: int) -> bytes:
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    return (
        f"POST {path} HTTP/1.1\r\nHost: {urllib.parse.urlsplit(client.origin).netloc}\r\nCookie: {cookies}\r\n"
        "Sec-Fetch-Site: same-origin\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        f"Content-Length: {length}\r\n\r\n"
    ).encode("ascii")


def test_a_form_that_announces_too_much_is_refused_before_a_byte_of_it(wire):
    client = wire(people.EXTERNAL_USER)
    port = urllib.parse.urlsplit(client.origin).port
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(_head(client, "/settings", 8 * 1024**3))
        assert connection.recv(64).startswith(b"HTTP/1.1 413 ")


def test_an_endless_upload_is_answered_at_the_limit(wire):
    client = wire(people.EXTERNAL_USER)
    fields = form_fields(client.get("/tickets/new").text, "/tickets/new") | {"ticket.title": "Endless"}
    parts = [f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()]
    parts.append('--x\r\nContent-Disposition: form-data; name="files"; filename="endless.pdf"\r\n\r\n')
    port = urllib.parse.urlsplit(client.origin).port
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(_head(client, "/tickets/new", 200 * 1024**2) + "".join(parts).encode("utf-8"))
        sent = 0
        megabyte = b"%" * 1024**2
        try:
            while sent < 200 and not select.select([connection], [], [], 0)[0]:
                connection.sendall(megabyte)
                sent += 1
        except ConnectionError:
            pass  # The answer is there and the other side has hung up on the rest.
        assert sent < 100, "all of it was taken"
        assert connection.recv(64).startswith(b"HTTP/1.1 422 ")


def test_a_file_that_is_not_what_its_name_says_is_never_served_as_a_page(signed_in, wire, tmp_path):
    session = signed_in(people.EXTERNAL_USER)
    page = session.page()
    evil = files.save(tmp_path, "photo.html", b"<!doctype html><script>alert('upload')</script>")
    page.goto("/tickets/new")
    tickets.fill(page, tickets.Report("A page as a file", files=[str(evil)]))
    with session.tripwire.expecting(REFUSED):
        page.get_by_role("button", name="Open ticket").click()
        page.wait_for_load_state()
        if page.url.endswith("/tickets/new"):
            expect(tickets.labelled(page, "Attach files")).to_have_attribute("aria-invalid", "true")
            return
    link = page.get_by_role("link", name="photo.html").get_attribute("href")
    answer = wire(people.EXTERNAL_USER).get(link)
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "html" not in answer.headers["content-type"]


# Sent twice, and sent too late.


def test_a_double_click_opens_one_ticket(signed_in):
    page = signed_in(people.EXTERNAL_USER, java_script_enabled=False).page("/tickets/new")
    title = "Clicked twice"
    tickets.fill(page, tickets.Report(title))
    page.get_by_role("button", name="Open ticket").dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    page.goto(f"/tickets?q={urllib.parse.quote(title)}")
    expect(tickets.row(page, title)).to_have_count(1)


def test_one_form_sent_ten_times_at_once_is_one_ticket(wire):
    client = wire(people.EXTERNAL_USER)
    fields = form_fields(client.get("/tickets/new").text, "/tickets/new")
    fields["ticket.title"] = "Sent ten times"
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: client.post_form("/tickets/new", fields, SAME_ORIGIN), range(10)))
    assert {answer.status for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1
    found = client.get("/v1/accounts/-/tickets?query=Sent%20ten%20times").json
    assert len(found["tickets"]) == 1


def test_a_change_over_somebody_elses_is_told_and_keeps_what_was_typed(signed_in):
    customer = signed_in(people.EXTERNAL_USER).page()
    path = tickets.open_ticket(customer, tickets.Report("Changed by two"))
    session = signed_in(people.TECHNICIAN)
    first, second = session.page(path), session.page(path)
    # First this: a form that nobody has touched is renewed under their eyes, and then there is nothing to tell.
    tickets.labelled(second, "Due").fill("2030-05-04T09:30")
    first.get_by_label("Assigned to").select_option(label=people.TECHNICIAN_NAME)
    first.get_by_role("button", name="Save assignment").click()
    expect(tickets.toast(first)).to_contain_text("assigned to")
    with session.tripwire.expecting("409"):
        second.get_by_role("button", name="Save assignment").click()
        expect(second.get_by_role("alert")).to_contain_text("This was changed meanwhile")
    expect(tickets.labelled(second, "Due")).to_have_value("2030-05-04T09:30")
    second.get_by_role("link", name="Reload").click()
    expect(second.get_by_label("Assigned to").locator("option:checked")).to_have_text(people.TECHNICIAN_NAME)


# From another site.


@pytest.mark.parametrize("person", [None, people.EXTERNAL_USER], ids=["anonymous", "signed in"])
def test_a_post_without_the_forms_token_is_refused(person, wire):
    client = wire(person)
    path, fields = ("/login", {"username": "aoife", "password": "x"}) if person is None else ("/logout", {})
    assert client.post_form(path, fields, SAME_ORIGIN).status == 403
    assert client.post_form(path, {**fields, "_csrf": "AAAA"}, SAME_ORIGIN).status == 403
    if person is not None:
        assert client.get("/settings").status == 200, "the session ended by a post that was refused"


def test_another_persons_token_and_another_sites_page_are_refused(wire):
    own, other = wire(people.EXTERNAL_USER), wire(people.EXTERNAL_MANAGER)
    fields = form_fields(own.get("/tickets/new").text, "/tickets/new") | {"ticket.title": "Borrowed"}
    foreign = form_fields(other.get("/tickets/new").text, "/tickets/new")["_csrf"]
    assert own.post_form("/tickets/new", fields | {"_csrf": foreign}, SAME_ORIGIN).status == 403
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}):
        assert own.post_form("/tickets/new", fields, headers).status == 403
        api = own.post_json(f"/v1/{people.ACCOUNT}/tickets", {"ticket": {"title": "Borrowed"}}, headers)
        assert api.status == 403
    no_word = own.post_json(f"/v1/{people.ACCOUNT}/tickets", {"ticket": {"title": "Borrowed"}})
    assert no_word.status == 403, "the cookie alone was enough"
    assert not own.get("/v1/accounts/-/tickets?query=Borrowed").json.get("tickets")


def test_a_wrong_password_says_the_same_for_known_and_unknown_people(wire):
    texts = set()
    for user in ("emil@tideline.example", "nobody.at.all@tideline.example"):
        client = wire(None)
        page = client.get("/login")
        client.cookies = dict(
            cookie.split(";")[0].split("=", 1) for cookie in page.headers.get_all("set-cookie")
        )
        fields = form_fields(page.text, "/login") | {"username": user, "password": "Not-The-Password-1"}
        answer = client.post_form("/login", fields, SAME_ORIGIN)
        assert answer.status == 422
        assert user in answer.text, "what was typed is lost"
        # The token is masked anew in every answer.
        texts.add(re.sub(r'name="_csrf" value="[^"]+"', "TOKEN", answer.text.replace(user, "USER")))
    assert len(texts) == 1
    assert "User name or password is wrong." in texts.pop()


# Through the API.


def test_the_api_names_the_wrong_fields(wire):
    client = wire(people.EXTERNAL_USER)
    answer = client.post_json(
        f"/v1/{people.ACCOUNT}/tickets",
        {"ticket": {"title": "", "priority": {"name": "catalogEntries/nonsense"}}},
        SAME_ORIGIN,
    )
    assert answer.status == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["code"] == "INVALID_ARGUMENT"
    assert {violation["field"] for violation in answer.json["violations"]} >= {"ticket.title"}
    assert all(violation["description"] for violation in answer.json["violations"])
    assert answer.json["requestId"]


@pytest.mark.parametrize(
    "body", ["{", '{"ticket": 7}', '{"nonsense": 1}', '{"ticket": {"title": "\\ud800"}}'],
    ids=["broken", "wrong type", "unknown field", "half a character"],
)
def test_json_that_cannot_be_read_is_the_senders_mistake(wire, body):
    headers = {"Content-Type": "application/json", **SAME_ORIGIN}
    answer = wire(people.EXTERNAL_USER).send("POST", f"/v1/{people.ACCOUNT}/tickets", body, headers)
    assert answer.status == 400
    assert answer.json["code"] == "INVALID_ARGUMENT"


# Scripts in texts.

PAYLOAD = "\"'><script>alert(1)</script><img src=x onerror=alert(2)><svg/onload=alert(3)>{{7*7}}</textarea>"


def test_no_text_of_a_ticket_is_ever_run(signed_in, tmp_path):
    customer = signed_in(people.EXTERNAL_USER).page()
    evil_name = files.save(tmp_path, "\"><img src=x onerror=alert(4)>.png", files.png())
    path = tickets.open_ticket(
        customer, tickets.Report(PAYLOAD, f"{PAYLOAD}\n\njavascript:alert(5) http://x.example/\"onclick=alert(6)",
                                 files=[str(evil_name)])
    )
    tickets.write(customer, f"note {PAYLOAD}")
    technician = signed_in(people.TECHNICIAN).page(path)
    expect(technician.get_by_role("heading", level=1)).to_have_text(PAYLOAD)
    technician.get_by_role("radio", name="Internal note").check()
    tickets.write(technician, f"internal {PAYLOAD}")
    technician.get_by_label("Minutes").fill("5")
    tickets.labelled(technician, "What was done").fill(f"time {PAYLOAD}")
    technician.get_by_label("The customer may see it").check()
    technician.get_by_role("button", name="Log time").click()
    expect(technician.get_by_label("About this ticket")).to_contain_text(f"time {PAYLOAD}")
    technician.goto("/inbox?folder=unassigned")
    expect(tickets.row(technician, PAYLOAD)).to_be_visible()
    technician.goto(f"/inbox?folder=all&q={urllib.parse.quote(PAYLOAD)}")
    expect(technician.get_by_role("search")).to_contain_text(PAYLOAD)
    for where in (path, "/", "/tickets"):
        customer.goto(where)
        expect(customer.locator("main")).to_contain_text(PAYLOAD)
        assert customer.locator("img[src=x]").count() == 0
        assert not customer.locator("[onclick], [onerror], [onload], a[href^='javascript']").count()


def test_no_text_of_a_message_is_ever_run(signed_in):
    customer = signed_in(people.EXTERNAL_USER).page("/messages/new")
    customer.get_by_label("Subject").fill(PAYLOAD)
    customer.get_by_label("Message", exact=True).fill(f"text {PAYLOAD}")
    customer.get_by_role("button", name="Send", exact=True).click()
    expect(customer.get_by_role("heading", level=1)).to_have_text(PAYLOAD)
    for person in (people.EXTERNAL_USER, people.ADMINISTRATOR):
        page = signed_in(person).page("/messages")
        tickets.row(page, PAYLOAD).get_by_role("link").first.click()
        expect(tickets.message(page, f"text {PAYLOAD}")).to_be_visible()


def test_no_text_of_the_news_is_ever_run(signed_in):
    editor = signed_in(people.CONTENT_EDITOR).page("/news/new")
    tickets.labelled(editor, "Title").fill(PAYLOAD)
    tickets.labelled(editor, "Summary").fill(f"summary {PAYLOAD}")
    tickets.labelled(editor, "Text").fill(f"body {PAYLOAD}")
    editor.get_by_role("button", name="Publish").click()
    for where in ("/", "/news"):
        reader = signed_in(people.EXTERNAL_USER).page(where)
        expect(reader.locator("main")).to_contain_text(f"summary {PAYLOAD}")
    reader.get_by_role("link", name=PAYLOAD).click()
    expect(reader.locator("main")).to_contain_text(f"body {PAYLOAD}")
    editor.goto("/news/manage")
    expect(editor.locator("main")).to_contain_text(PAYLOAD)


def test_no_name_of_a_contact_is_ever_run(signed_in):
    page = signed_in(people.ADMINISTRATOR).page("/contacts/new")
    page.get_by_label("Account", exact=True).select_option(label="Tideline Seafood")
    for label, value in {
        "First name": f"A{PAYLOAD[:60]}", "Last name": "B<script>alert(7)</script>", "E-mail": "xss@tideline.example",
        "Job title": PAYLOAD,
    }.items():
        tickets.labelled(page, label).fill(value)
    page.get_by_role("button", name="Add contact").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("<script>alert(1)</script>")
    page.goto("/contacts?q=xss%40tideline.example")
    expect(page.locator("main")).to_contain_text("B<script>alert(7)</script>")
    page.goto("/audit")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
