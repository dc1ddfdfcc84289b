"""R-138, R-157, R-158: JSON as the gateway reads and writes it beside Python's json_format, on generated messages of every
method of the contract."""

import json
import os
import socket
import subprocess

import pytest
from google.protobuf import json_format
from harness import places
from harness.services import Services
from messages import Generator
from peers import contract, echo, http, web

EACH = int(os.environ.get("ORACLE_CASES", "3"))
"""Messages for each method and direction."""

METHODS = [
    method
    for method in contract.methods()
    if not method.streams_requests
    and not method.streams_answers
    and not method.service.startswith("portico.identity.")
    and method.answer.DESCRIPTOR.full_name != "google.api.HttpBody"
    and "google.api.HttpBody" not in {field.message_type.full_name for field in method.request.DESCRIPTOR.fields if field.message_type}
]


class Fields(Generator):
    """Values that JSON can spell for the types of the contract."""

    def fill_google_protobuf_FieldMask(self, message, depth: int) -> None:
        message.paths.extend(self.random.sample(["title", "due_date", "a.b_c", "x1"], self.random.randint(0, 3)))


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    """An echo behind the gateway, and a client of an administrator in front of it."""
    data = tmp_path_factory.mktemp("echo") / "data"
    subprocess.run(
        [str(places.portico_binary()), "seed", "--data", str(data), "--tickets", "1"],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with echo.running() as (service, address):
        elsewhere = {name: address for name in ("ticketing", "messaging", "billing", "cms")}
        logs = places.ARTIFACTS / "echo"
        with Services(data, web.TENANT, port, logs, elsewhere, ("--rates", "none")) as running:
            yield service, web.Portal.at(running.url, "Harbour-Light-27")


def ask(portal, verb: str, path: str, body: bytes) -> http.Answer:
    headers = [("content-type", "application/json"), *portal.session("aoife")]
    return http.HTTP1(portal.port, portal.host).request(verb, path, headers, body)


def as_sent(received, sent):
    """What was received, without the id that the gateway gives to a creation that came with none (N-07)."""
    if getattr(sent, "request_id", None) == "":
        assert received.request_id.startswith("auto-")
        received.ClearField("request_id")
    return received


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.path.rsplit(".", 1)[1])
def test_r138_json_of_every_method_is_that_of_python(gateway, method):
    service, portal = gateway
    generator = Fields(sum(method.path.encode()))
    for _ in range(EACH):
        sent, answered = generator.message(method.request), generator.message(method.answer)
        service.request, service.answer = None, answered.SerializeToString()
        # What Python writes is read as what it was.
        answer = ask(portal, "POST", method.path, json_format.MessageToJson(sent).encode())
        text = answer.read().decode()
        assert answer.status == 200, text
        assert as_sent(method.request.FromString(service.request), sent) == sent
        # What is written Python reads as what it was, and spells the same.
        assert json_format.Parse(text, method.answer()) == answered
        assert json.loads(text) == json_format.MessageToDict(answered)


READS = [
    (path, operation)
    for path, item in json.loads((places.ROOT / "Sources/PorticoAPI/openapi.json").read_text())["paths"].items()
    for verb, operation in item.items()
    if verb == "get"
]


def test_r159_answers_with_defaults_are_those_of_python(gateway):
    service, portal = gateway
    by_name = {f"{method.service.rsplit('.', 1)[1]}_{method.name}": method for method in METHODS}
    tried = 0
    for path, operation in READS:
        method = by_name.get(operation["operationId"])
        if method is None or any(one.get("required") and one["in"] == "query" for one in operation.get("parameters", [])):
            continue
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "path":
                path = path.replace("{" + parameter["name"] + "}", parameter["example"])
        answered = Fields(tried).message(method.answer)
        service.answer = answered.SerializeToString()
        answer = ask(portal, "GET", path, b"")
        text = answer.read().decode()
        assert answer.status == 200, text
        assert json.loads(text) == json_format.MessageToDict(answered, always_print_fields_with_no_presence=True)
        tried += 1
    assert tried >= 15
