"""No parameter reaches a database, a header or a letter as anything but a value (X-13, X-16)."""

import itertools
import json
import re
import urllib.parse

import people
import pytest
from google.protobuf.descriptor import FieldDescriptor
from harness import contract

SQL = [
    "'", "\"", "' OR '1'='1", "') OR ('1'='1' --", "' UNION SELECT NULL,NULL,NULL --", "1; DROP TABLE tickets; --", "\\'",
    "%", "_", "%' AND 1=0 --", "' AND pg_sleep(5) IS NOT NULL --", "'||randomblob(300000000)||'", "display_id DESC, (SELECT 1)",
    "*", "\" OR \"\"=\"", "AND NOT OR NEAR(", "a\"b*", "-1", "$1", "?1", ":tenant",
]
LEAKS = re.compile(r"sqlite|postgres|syntax error|near \"|libpq|SQLSTATE|SELECT .* FROM", re.I)
"""Words of an engine."""
NAMES = {"accounts/*": "accounts/larkspur"}


def parameters() -> list[tuple[contract.Operation, str]]:
    """Every string in the query of every method that is read with GET; what streams goes on until it is left."""
    return [
        (operation, field.json_name)
        for operation in contract.operations() if operation.verb == "GET" and not operation.method.server_streaming
        for field in operation.method.input_type.fields
        if field.type == FieldDescriptor.TYPE_STRING and field.name not in operation.variables
    ]


def path_of(operation: contract.Operation, name: str = "x") -> str:
    """A path of the operation: with a real account and, below it, with `name`."""
    quoted = urllib.parse.quote(name, safe="")
    names = {
        pattern: NAMES.get(pattern) or "/".join(
            {"accounts": "accounts/larkspur"}.get(collection, f"{collection}/{quoted}")
            for collection in pattern.split("/")[::2]
        )
        for pattern in operation.variables.values()
    }
    return operation.path(names)


def calm(answer, where: str) -> None:
    """Answered as a value that is good or not, without a word of an engine."""
    assert answer.status in (200, 303, 400, 404, 422), f"{where}: {answer.status} {answer.text[:300]}"
    if answer.status != 200:
        assert not LEAKS.search(re.sub(r'"instance":"[^"]*"', "", answer.text)), f"{where}: {answer.text[:300]}"


@pytest.mark.timeout(300)
def test_no_parameter_of_the_api_is_taken_for_a_query(patient):
    client = patient(people.ADMINISTRATOR)
    tried = parameters()
    assert len(tried) > 10
    for operation, parameter in tried:
        nothing = client.get(f"{path_of(operation)}?{parameter}=zzqqxxyyzz")
        for text in SQL:
            where = f"{path_of(operation)}?{parameter}={urllib.parse.quote(text)}"
            answer = client.get(where)
            calm(answer, where)
            if answer.status == 200 and nothing.status == 200 and parameter in ("query", "q") and "OR" in text:
                assert len(answer.text) <= len(nothing.text) + 40, f"{where} found what it should not"


@pytest.mark.timeout(300)
def test_no_name_in_a_path_is_taken_for_a_query(patient):
    client = patient(people.ADMINISTRATOR)
    for operation in contract.operations():
        if operation.verb == "GET" and not operation.method.server_streaming and any(pattern != "accounts/*" for pattern in operation.variables.values()):
            for text in SQL:
                where = path_of(operation, text)
                answer = client.get(where)
                assert answer.status in (400, 404) or text in ("-1", "%", "_", "*"), f"{where}: {answer.status}"
                calm(answer, where)


PAGES = {
    "/tickets": ["q", "order", "priority", "page_token", "view", "scope"], "/contacts": ["q", "page_token", "account"],
    "/inbox": ["q", "order", "priority", "page_token", "folder", "view"], "/audit": ["resource", "page_token"],
    "/accounts": ["q", "page_token"], "/messages": ["q", "folder", "page_token"], "/mail": ["state", "page_token"],
    "/invoices": ["view", "page_token", "account"], "/contracts": ["view", "page_token", "account"],
}


@pytest.mark.parametrize("path", PAGES)
def test_no_filter_or_order_of_a_page_is_taken_for_a_query(path, patient):
    client = patient(people.ADMINISTRATOR)
    for parameter, text in itertools.product(PAGES[path], SQL):
        calm(client.get(f"{path}?{parameter}={urllib.parse.quote(text)}"), f"{path}?{parameter}={text}")


BREAKS = ["a\r\nX-Evil: 1", "a\nBcc: thief@example.org", "a\rb", "a\0b", "a\u2028b", "a\u0085b"]


@pytest.mark.parametrize("text", BREAKS, ids=ascii)
def test_a_line_break_never_becomes_a_header(text, patient):
    client = patient(people.ADMINISTRATOR)
    quoted = urllib.parse.quote(text)
    for path in (f"/login?next=/{quoted}", f"/tickets?q={quoted}", f"/{quoted}", f"/brand/{quoted}", f"/v1/accounts/{quoted}"):
        answer = client.get(path)
        assert answer.status in (200, 303, 400, 404), path
        assert "x-evil" not in answer.headers and "bcc" not in answer.headers
        for name, value in answer.headers.items():
            assert "\r" not in value and "\n" not in value and "\0" not in value, name


@pytest.mark.parametrize("text", BREAKS[:4], ids=ascii)
def test_names_with_line_breaks_reach_no_letter(text, patient):
    """Bcc smuggling: a display name, a subject, the house's own name."""
    client = patient(people.ADMINISTRATOR)
    same_origin = {"Sec-Fetch-Site": "same-origin"}
    number = BREAKS.index(text)
    body = {"firstName": text, "lastName": "Break", "email": f"break{number}@tideline.example"}
    made = client.post_json("/v1/accounts/tideline/contacts", body, same_origin)
    assert made.status in (200, 400)
    if made.status == 200:
        assert not re.search(r"[\r\n\0]", made.json["firstName"]), "kept as it came"
    subject = client.post_json(
        "/v1/accounts/tideline/conversations",
        {"conversation": {"subject": text, "contact": "accounts/tideline/contacts/nora"}, "body": "x", "requestId": f"break-{number:08}"},
        same_origin,
    )
    assert subject.status in (200, 400)
    if subject.status == 200:
        assert not re.search(r"[\r\n\0]", subject.json["subject"])
    mail = client.post_json("/v1/accounts/tideline/contacts", body | {"firstName": "A", "email": f"a@b.example{text}"}, same_origin)
    assert mail.status == 400, "an address with a line break was taken"
    name = client.send(
        "PATCH", "/v1/portalSettings", json.dumps({"displayName": f"House {text}"}),
        {"Content-Type": "application/json", **same_origin},
    )
    assert name.status in (200, 400)
    if name.status == 200:
        assert not re.search(r"[\r\n\0]", name.json["displayName"])
        client.send(
            "PATCH", "/v1/portalSettings", json.dumps({"displayName": "Brightwater IT"}),
            {"Content-Type": "application/json", **same_origin},
        )
    for kept in client.get("/v1/mails?pageSize=100").json.get("mails", []):
        addresses = [str(value) for address in kept.get("to", []) for value in address.values()]
        assert addresses, kept
        assert not re.search(r"[\r\n\0]", kept.get("subject", "") + "".join(addresses)), kept["name"]
