"""X-11: whoever guesses, or has been told, the id of a file learns nothing by it: every way to a file tells the same of one that
is somebody else's as of one that never was.
"""

import re

import pytest
from roles import ADMINISTRATOR, API, EXTERNAL_MANAGER, IN_OTHER_TENANT, OTHER_ACCOUNT, OTHER_TENANT

NEVER = "0" * 26
OWN, OTHERS, FOREIGN = "accounts/larkspur", "accounts/tideline", "accounts/penrose"
METHOD = "/portico.ticketing.v1.Tickets/DownloadAttachment"
ENVELOPE = b"\0\0\0\0"


def _upload(api: API, content: bytes = b"a secret of its owner") -> str:
    status, _, body = api.raw("POST", "/v1/uploads?fileName=notes.txt", content, {"Content-Type": "text/plain"})
    assert status == 200, body
    return api.answered(body)["name"]


def _attached(api: API, account: str) -> str:
    """The name of a file on a new ticket of the caller's."""
    contact = api.call("GET", "/v1/profile")[1]["memberships"][0]["contact"]
    status, ticket = api.call(
        "POST",
        f"/v1/{account}/tickets",
        {"ticket": {"title": "With a file", "details": "It is here", "contact": contact}, "uploads": [_upload(api)]},
    )
    assert status == 200, ticket
    return ticket["attachments"][0]["name"]


@pytest.fixture(scope="module")
def people(start) -> dict[str, API]:
    portico = start("guessed-ids")
    return {
        OWN: API(portico, EXTERNAL_MANAGER),
        OTHERS: API(portico, OTHER_ACCOUNT),
        FOREIGN: API(portico, IN_OTHER_TENANT, OTHER_TENANT),
        "staff": API(portico, ADMINISTRATOR),
    }


@pytest.fixture(scope="module")
def files(people) -> dict[str, str]:
    return {account: _attached(people[account], account) for account in (OWN, OTHERS, FOREIGN)}


def _id(name: str) -> str:
    return name.rpartition("/")[2]


def _ways(api: API, name: str):
    """Every way to a file, and every question about it."""
    api_path, page = f"/v1/{name}:download", f"/{name}"
    message = b'{"name":"' + name.encode() + b'"}'
    enveloped = ENVELOPE + bytes([len(message)]) + message
    yield "API", api.told("GET", api_path)
    yield "API, a part", api.told("GET", api_path, headers={"Range": "bytes=0-3"})
    yield "API, head", api.told("HEAD", api_path)
    yield "API, if changed", api.told("GET", api_path, headers={"If-None-Match": "*"})
    yield "page", api.told("GET", page)
    yield "page, a part", api.told("GET", page, headers={"Range": "bytes=0-3"})
    yield "page, head", api.told("HEAD", page)
    yield "Connect", api.told("POST", METHOD, enveloped, {"Content-Type": "application/connect+json"})
    yield "gRPC-Web", api.told("POST", METHOD, enveloped, {"Content-Type": "application/grpc-web+json"})


def _tellings(api: API, name: str) -> dict[str, object]:
    """With the guessed id itself out of the way, which the one who asks knows."""
    return {
        # Pages have forms, each with a token that is new in every answer.
        way: (status, headers, re.sub(r'(name="_csrf" value=")[^"]+', r"\1", body.replace(name, "NAME").replace(_id(name), "ID")))
        for way, (status, headers, body) in _ways(api, name)
    }


def test_an_owner_gets_the_file_by_every_way(people, files):
    for account, name in files.items():
        for way, (status, _, body) in _ways(people[account], name):
            assert status in (200, 206, 304), (account, way, status, body)


@pytest.mark.parametrize("account", [OWN, OTHERS, FOREIGN])
def test_a_guess_is_told_the_same_as_of_what_never_was(people, files, account):
    api, own = people[account], files[account]
    ticket = own.rpartition("/attachments/")[0]
    never = _tellings(api, f"{ticket}/attachments/{NEVER}")
    assert {status for way, (status, _, _) in never.items() if way not in ("Connect", "gRPC-Web")} == {404}, never
    for other, name in files.items():
        if other == account:
            continue
        # Their file where it is, and under the caller's own ticket: with their id alone.
        elsewhere = name.rpartition("/attachments/")[0]
        for guess, absent in [
            (name, f"{elsewhere}/attachments/{NEVER}"),
            (f"{ticket}/attachments/{_id(name)}", f"{ticket}/attachments/{NEVER}"),
        ]:
            assert _tellings(api, guess) == _tellings(api, absent), (account, guess)


def test_somebody_elses_upload_cannot_be_attached(people):
    own = people[OWN]
    contact = own.call("GET", "/v1/profile")[1]["memberships"][0]["contact"]

    def attach(upload: str):
        ticket = {"title": "With a file", "details": "It is here", "contact": contact}
        status, headers, body = own.told("POST", f"/v1/{OWN}/tickets", {"ticket": ticket, "uploads": [upload]})
        return status, headers, body.replace(upload, "UPLOAD")

    never = attach(f"uploads/{NEVER}")
    assert never[0] in (400, 404), never
    for account in (OTHERS, FOREIGN):
        assert attach(_upload(people[account])) == never, account


def test_ids_are_not_to_be_guessed(people):
    ids = [_id(_upload(people["staff"])) for _ in range(50)]
    assert len(set(ids)) == 50 and all(len(one) == 26 for one in ids)
    # After the time of day 80 random bits: every place takes many values, none counts up.
    assert all(len({one[place] for one in ids}) >= 6 for place in range(10, 26)), ids[:5]
