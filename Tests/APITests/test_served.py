"""R-176: the portal serves its document, and the document tells the truth about where one gets."""

import gzip
import json

import jsonschema_rs
import pytest
from conftest import DOCUMENT
from roles import ADMINISTRATOR, API

PATH = "/v1/openapi.json"


@pytest.fixture(scope="module")
def api(demo) -> API:
    return API(demo)


def test_the_document_is_served_to_anybody_and_may_be_kept(api):
    status, headers, body = api.raw("GET", PATH)
    assert status == 200 and body == DOCUMENT.read_bytes()
    assert headers["content-type"] == "application/json"
    assert headers["cache-control"] == "public, max-age=300"
    status, again, body = api.raw("GET", PATH, headers={"If-None-Match": headers["etag"]})
    assert status == 304 and body == b"" and again["etag"] == headers["etag"]
    status, packed, body = api.raw("GET", PATH, headers={"Accept-Encoding": "gzip"})
    assert packed["content-encoding"] == "gzip" and gzip.decompress(body) == DOCUMENT.read_bytes()
    assert len(body) < 60_000
    status, _, body = api.raw("HEAD", PATH)
    assert status == 200 and body == b""
    status, headers, body = api.raw("POST", PATH, {})
    assert status == 405 and headers["allow"] == "GET, HEAD"
    assert headers["content-type"] == "application/problem+json" and json.loads(body)["status"] == 405


def _operations(document):
    for path, item in document["paths"].items():
        for verb, operation in item.items():
            yield verb.upper(), path, operation


def test_every_operation_is_reached(document, api):
    """Nobody gets to each of them, but never to nowhere: what answers is the operation itself, or the gate before it."""
    for verb, path, operation in _operations(document):
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "path":
                path = path.replace("{" + parameter["name"] + "}", parameter["example"])
        status, headers, body = api.raw(verb, path, {} if "requestBody" in operation else None)
        answer = json.loads(body)
        assert str(status) in operation["responses"], (verb, path, answer)
        assert status not in (404, 405) or "no such method" not in answer["detail"], (verb, path, answer)
        if operation["security"]:
            assert status == 401 and headers["www-authenticate"], (verb, path, status)


def test_other_verbs_and_other_paths_lead_nowhere(document, api):
    verbs = {"GET", "POST", "PUT", "PATCH", "DELETE"}
    for path, item in document["paths"].items():
        known = {verb.upper() for verb in item}
        for verb in verbs - known:
            status, headers, _ = api.raw(verb, path.replace("{", "").replace("}", ""))
            allowed = set(headers["allow"].split(", "))
            assert status == 405 and allowed - {"HEAD"} == known, (verb, path, allowed)
    status, answer = api.call("GET", "/v1/nothing")
    assert status == 404 and answer["detail"] == "there is no such method"


def test_what_only_services_call_has_no_route(api):
    for path in ["/v1/tenants", "/v1/sessions:refreshPrincipal", "/v1/sessions:delete", "/v1/mails"]:
        status, answer = api.call("POST", path, {})
        assert status in (404, 405), (path, answer)


def test_an_administrator_reads_every_list(document, demo):
    """What the document promises of an answer, the answers of the demo keep; schemathesis tries the rest."""
    api = API(demo, ADMINISTRATOR)
    read = 0
    for verb, path, operation in _operations(document):
        if verb != "GET" or "{" in path or "application/json" not in operation["responses"]["200"]["content"]:
            continue
        needed = [one["name"] for one in operation.get("parameters", []) if one.get("required")]
        if needed not in ([], ["tenant"]):
            continue
        query = "?tenant=brightwater" if needed else ""
        status, answer = api.call("GET", path + query)
        assert status == 200, (path, answer)
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        jsonschema_rs.validate(schema | {"components": document["components"]}, answer)
        read += 1
    assert read > 10


@pytest.mark.parametrize("kind", ["application/x-ndjson", "text/event-stream"])
def test_streams_begin_with_what_the_document_says(document, demo, kind):
    """Each stream of events, as far as its first event; schemathesis reads what ends by itself."""
    api = API(demo, ADMINISTRATOR)
    read = 0
    for verb, path, operation in _operations(document):
        media = operation["responses"]["200"].get("content", {}).get(kind)
        if media is None:
            continue
        item = media["x-item-schema"] | {"components": document["components"]}
        with api.opened(verb, path, {"Accept": kind}) as answer:
            assert answer.status == 200 and answer.headers["content-type"].split(";")[0] == kind
            for line in answer:
                data = line.decode().removeprefix("data:").strip()
                if data.startswith("{"):
                    jsonschema_rs.validate(item, json.loads(data))
                    read += 1
                    break
    assert read >= 5
