"""N-02, S-073, D-34: what is for staff only is in no answer to a customer, over a demo's year of data."""

import itertools
import json
import re

import pytest
from roles import ADMINISTRATOR, AGENT, API, EXTERNAL_MANAGER, EXTERNAL_USER, OTHER_ACCOUNT

MARKER = "only-for-staff-7c1e"
"""Planted where customers must not read it."""

TRIED = 8
"""Names tried for one path."""

NAME = re.compile(r"(?:[a-zA-Z]+/[A-Za-z0-9_.-]+)(?:/[a-zA-Z]+/[A-Za-z0-9_.-]+)*")


def _texts(value):
    if isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str):
        yield value


class Schemas:
    """Finds the fields of an answer that the document gives to staff only."""

    def __init__(self, document: dict):
        self.document = document

    def resolved(self, schema: dict) -> dict:
        while "$ref" in schema:
            found = self.document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            schema = found
        return schema

    def staff_only(self, schema: dict, value, path: str = ""):
        # What is not there is written out as 0, "" and the like.
        if schema.get("x-portico-audience") == "staff" and value not in (None, 0, "", "0", [], {}):
            yield path
        schema = self.resolved(schema)
        for inner in itertools.chain(*(schema.get(kind, []) for kind in ("allOf", "anyOf", "oneOf"))):
            yield from self.staff_only(inner, value, path)
        if isinstance(value, list):
            for entry in value:
                yield from self.staff_only(schema.get("items", {}), entry, f"{path}[]")
        elif isinstance(value, dict):
            for key, entry in value.items():
                inner = schema.get("properties", {}).get(key, schema.get("additionalProperties", {}))
                if isinstance(inner, dict):
                    yield from self.staff_only(inner, entry, f"{path}.{key}")


class Walk:
    """All that one person reads: every GET of the document, with every name that anybody was ever told."""

    def __init__(self, document: dict, api: API, names: set[str], first: str):
        self.schemas, self.api, self.names, self.first = Schemas(document), api, names, first
        self.document = document
        self.leaks: set[str] = set()
        self.answered: set[str] = set()
        self.marked: set[str] = set()

    def run(self) -> "Walk":
        for path, item in self.document["paths"].items():
            content = item.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema")
            if schema is None:
                continue
            for target in self._targets(path):
                status, _, body = self.api.raw("GET", target)
                if status == 200:
                    self._read(path, schema, json.loads(body))
        return self

    def _targets(self, path: str):
        if "{" not in path:
            return [path + "?tenant=brightwater", path] if path in ("/v1/portal", "/v1/passwordPolicy") else [path]
        prefix, _, rest = path.removeprefix("/v1/").rpartition("}")
        pattern = re.compile(re.sub(r"\{[^}]*", "[^/]+", prefix).replace("}", "") )
        found = sorted((name for name in self.names if pattern.fullmatch(name)), key=lambda name: (self.first not in name, name))
        return [f"/v1/{name}{rest}" for name in found[:TRIED]]

    def _read(self, path: str, schema: dict, answer) -> None:
        self.answered.add(path)
        self.leaks.update(f"{path} {leak}" for leak in self.schemas.staff_only(schema, answer))
        for text in _texts(answer):
            if MARKER in text:
                self.marked.add(path)
            if NAME.fullmatch(text) and "/" in text:
                self.names.add(text)


@pytest.fixture(scope="module")
def portico(start):
    return start("audience")


@pytest.fixture(scope="module")
def staff(document, portico) -> Walk:
    """What an administrator reads, with internal notes, time and mails there: twice, for what the first time told."""
    agent = API(portico, AGENT)
    tickets = agent.call("GET", "/v1/accounts/larkspur/tickets")[1]["tickets"]
    # The newest of them are what a walk meets first.
    for ticket in sorted((entry["name"] for entry in tickets))[:TRIED]:
        note = {"note": {"body": MARKER, "visibility": "NOTE_VISIBILITY_INTERNAL"}}
        status, answer = agent.call("POST", f"/v1/{ticket}/notes", note)
        assert status == 200, answer
        status, answer = agent.call("POST", f"/v1/{ticket}/timeEntries", {"minutes": 5, "note": MARKER})
        assert status == 200, answer
    api = API(portico, ADMINISTRATOR)
    names = Walk(document, api, set(), "larkspur").run().names
    return Walk(document, api, names, "larkspur").run()


def test_staff_read_what_is_theirs(staff):
    """So the walk comes to it, and would see it."""
    assert len(staff.answered) > 30, staff.answered
    assert len(staff.leaks) >= 8, staff.leaks
    assert len(staff.marked) >= 2, staff.marked


@pytest.mark.parametrize("role", [EXTERNAL_USER, EXTERNAL_MANAGER, OTHER_ACCOUNT], ids=str)
def test_customers_read_nothing_of_it(document, portico, staff, role):
    account = "tideline" if role is OTHER_ACCOUNT else "larkspur"
    walk = Walk(document, API(portico, role), set(staff.names), account).run()
    assert len(walk.answered) > 12, walk.answered
    assert not walk.leaks and not walk.marked, (walk.leaks, walk.marked)


@pytest.mark.parametrize("role", [EXTERNAL_USER, EXTERNAL_MANAGER], ids=str)
def test_nor_by_pages_and_searches(portico, staff, role):
    api = API(portico, role)
    seen = 0
    for name in sorted(name for name in staff.names if re.fullmatch(r"accounts/larkspur/tickets/\d+", name))[:TRIED]:
        status, _, body = api.raw("GET", f"/{name}")
        assert MARKER not in body.decode(), name
        seen += status == 200
    status, answer = api.call("GET", f"/v1/accounts/larkspur/tickets?query={MARKER}")
    assert seen > 0 and (status != 200 or not answer.get("tickets")), (seen, answer)


def test_nor_by_streams(document, portico, staff):
    """An internal note and a public one after it: the stream tells of the second, and never of the first."""
    api, agent, schemas = API(portico, EXTERNAL_MANAGER), API(portico, AGENT), Schemas(document)
    path = "/v1/ticketing/events:watch"
    media = document["paths"][path]["get"]["responses"]["200"]["content"]["application/x-ndjson"]
    ticket = min(name for name in staff.names if re.fullmatch(r"accounts/larkspur/tickets/\d+", name))
    with api.opened("GET", path) as answer:
        assert json.loads(next(iter(answer)))["type"] == "bookmark"
        for visibility in ("INTERNAL", "PUBLIC"):
            note = {"note": {"body": MARKER, "visibility": f"NOTE_VISIBILITY_{visibility}"}}
            assert agent.call("POST", f"/v1/{ticket}/notes", note)[0] == 200
        for line in answer:
            event = json.loads(line)
            assert not list(schemas.staff_only(media["x-item-schema"], event)), event
            assert "internal" not in event["type"], event
            if event["type"] == "ticket.note.created" and event["resource"].startswith(ticket):
                break
