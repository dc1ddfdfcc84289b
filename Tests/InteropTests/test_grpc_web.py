"""R-166: gRPC-Web at a running portal, by a client written from the protocol's description."""

import base64
import gzip
import struct
import time

import pytest
from peers import contract, grpc_web
from peers.envelopes import envelope

CLIENT = grpc_web.Client

PORTAL = "portico.identity.v1.Portals/GetPortal"
PROFILE = "portico.identity.v1.Profiles/GetProfile"
TICKETS = "portico.ticketing.v1.Tickets/ListTickets"
TICKET = "portico.ticketing.v1.Tickets/GetTicket"
WATCH = "portico.ticketing.v1.TicketingEvents/WatchEvents"
UPLOAD = "portico.ticketing.v1.Tickets/CreateUpload"
CODECS = [("proto", False), ("proto", True), ("json", False), ("json", True)]


def single(call):
    """The one message of an answer that succeeds."""
    messages = call.all()
    assert (call.status, call.message) == (0, "") and not call.in_headers
    (found,) = messages
    return found


def failed(call) -> int:
    assert call.all() == []
    assert call.in_headers and call.status != 0
    return call.status


@pytest.mark.parametrize(("codec", "text"), CODECS)
def test_a_call_of_one_message(technician, codec, text):
    profile = single(technician.call(PROFILE, {}, codec=codec, text=text))
    assert profile.user == "users/tomas" and profile.display_name == "Tomás Keane"


@pytest.mark.parametrize(("codec", "text"), CODECS)
def test_a_long_answer(technician, codec, text):
    found = single(technician.call(TICKETS, {"parent": "accounts/-", "page_size": 100}, codec=codec, text=text))
    assert len(found.tickets) == 100


@pytest.mark.parametrize(("codec", "text"), CODECS)
def test_an_error_is_in_the_headers(technician, codec, text):
    call = technician.call(TICKET, {"name": "accounts/larkspur/tickets/999999"}, codec=codec, text=text)
    assert failed(call) == 5


def test_nobody_is_unauthenticated(nobody):
    assert failed(nobody.call(PROFILE, {})) == 16


def test_what_anyone_may_call(nobody):
    assert single(nobody.call(PORTAL, {"tenant": "brightwater"})).display_name


def test_no_permission(portal, http):
    editor = grpc_web.Client(http, portal.session("owen"))
    assert failed(editor.call(TICKETS, {"parent": "accounts/-"})) == 7


def test_violations_are_details(technician):
    call = technician.call("portico.ticketing.v1.Tickets/CreateTicket", {"parent": "accounts/larkspur", "ticket": {}})
    assert failed(call) == 3
    (packed,) = [detail for detail in call.details if detail.type_url.endswith("/google.rpc.BadRequest")]
    violations = contract.message("google.rpc.BadRequest").FromString(packed.value).field_violations
    assert "ticket.title" in [violation.field for violation in violations]


@pytest.mark.parametrize("name", ["portico.ticketing.v1.Tickets/Nothing", "portico.nothing.v1.Nothing/Nothing"])
def test_what_does_not_exist(portal, http, name):
    kind = "application/grpc-web+proto"
    answer = http.request("POST", "/" + name, [("content-type", kind)], envelope(b""))
    assert answer.status == 200 and answer["grpc-status"] == "12" and answer.read() == b""


def test_what_is_for_services_only(portal, http):
    path = "/portico.identity.v1.Sessions/RefreshPrincipal"
    answer = http.request("POST", path, [("content-type", "application/grpc-web")], envelope(b""))
    assert answer["grpc-status"] == "12" and answer.read() == b""


def test_another_site_is_refused(portal, http):
    cookie = [header for header in portal.session("tomas") if header[0] == "cookie"]
    client = grpc_web.Client(http, cookie + [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")])
    assert failed(client.call(PROFILE, {})) == 7


def test_a_cookie_alone_proves_nothing(portal, http):
    cookie = [header for header in portal.session("tomas") if header[0] == "cookie"]
    assert failed(grpc_web.Client(http, cookie).call(PROFILE, {})) == 7


MALFORMED = {
    "nothing": (b"", 12),
    "two messages": (envelope(b"") * 2, 12),
    "half a prefix": (b"\0\0\0", 3),
    "half a message": (envelope(b"abc")[:-1], 3),
    "more than is said": (envelope(b"") + b"\0", 3),
    "trailers of a client": (envelope(b"x: y\r\n", 0x80), 3),
    "an unknown flag": (envelope(b"", 2), 3),
    "every flag": (envelope(b"", 0xFF), 3),
    "compressed without saying so": (envelope(gzip.compress(b""), 1), 3),
    "four gigabytes": (struct.pack(">BI", 0, 2**32 - 1), 8),
    "five mebibytes": (struct.pack(">BI", 0, 5 << 20), 8),
    "no protobuf": (envelope(b"\xff\xff\xff"), 3),
    "a string that is no text": (envelope(b"\x0a\x01\xff"), 3),
    "a length beyond the message": (envelope(b"\x0a\x7f"), 3),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_bodies(nobody, case):
    body, status = MALFORMED[case]
    assert failed(nobody.raw(PORTAL, body)) == status


MALFORMED_TEXT = {
    "no base64": b"AAA*AAAA",
    "a line end": base64.b64encode(envelope(b"")) + b"\r\n",
    "padding in front": b"=AAA",
    "a group that is cut": b"AAAAA",
    "URL-safe letters": b"A-_A",
    "bits that belong to nothing": b"AAAAAAB=",
}


@pytest.mark.parametrize("case", MALFORMED_TEXT)
def test_malformed_text(nobody, case):
    assert failed(nobody.raw(PORTAL, MALFORMED_TEXT[case], text=True)) == 3


def test_text_padded_anywhere(nobody):
    raw = envelope(contract.Method(PORTAL).request(tenant="brightwater").SerializeToString())
    for size in (1, 2, 4, 5, 7):
        pieces = [base64.b64encode(raw[start : start + size]) for start in range(0, len(raw), size)]
        assert single(nobody.raw(PORTAL, b"".join(pieces), text=True)).tenant == "brightwater"


def test_a_body_in_pieces(nobody):
    raw = envelope(contract.Method(PORTAL).request(tenant="brightwater").SerializeToString())
    assert single(nobody.raw(PORTAL, [raw[:2], raw[2:6], raw[6:]])).tenant == "brightwater"


def test_gzip_messages(nobody):
    raw = contract.Method(PORTAL).request(tenant="brightwater").SerializeToString()
    headers = [("grpc-encoding", "gzip")]
    assert single(nobody.raw(PORTAL, envelope(gzip.compress(raw), 1), headers=headers)).tenant == "brightwater"
    assert single(nobody.raw(PORTAL, envelope(raw), headers=headers)).tenant == "brightwater"
    assert failed(nobody.raw(PORTAL, envelope(raw, 1), headers=headers)) == 3


@pytest.mark.parametrize("size", [1 << 20, 8 << 20, 64 << 20])
def test_a_gzip_bomb(nobody, size):
    bomb = gzip.compress(b"\0" * size)
    assert failed(nobody.raw(PORTAL, envelope(bomb, 1), headers=[("grpc-encoding", "gzip")])) == 8


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, br", "snappy"])
def test_an_unknown_encoding(nobody, encoding):
    call = nobody.raw(PORTAL, envelope(b""), headers=[("grpc-encoding", encoding)])
    assert failed(call) == 12
    assert call.answer["grpc-accept-encoding"] == "identity,gzip"


@pytest.mark.parametrize(("timeout", "status"), [("0n", 4), ("1n", 4), ("soon", 3), ("123456789S", 3), ("-1S", 3)])
def test_a_timeout_that_cannot_be_met(nobody, timeout, status):
    assert failed(nobody.call(PORTAL, {"tenant": "brightwater"}, headers=[("grpc-timeout", timeout)])) == status


@pytest.mark.parametrize("timeout", ["30S", "99999999H", "9M"])
def test_a_timeout_that_is_met(nobody, timeout):
    assert single(nobody.call(PORTAL, {"tenant": "brightwater"}, headers=[("grpc-timeout", timeout)])).tenant


@pytest.mark.parametrize("name", ["portico-principal-bin", "x-user", "grpc-metadata-x", "portico-request-id"])
def test_headers_of_strangers_are_nobody(nobody, name):
    assert failed(nobody.call(PROFILE, {}, headers=[(name, "AAAA")])) == 16


@pytest.mark.parametrize(("codec", "text"), CODECS)
def test_a_stream_ends_with_the_clients_time(technician, codec, text):
    """What has come is there before the end is: a bookmark at once, then DEADLINE_EXCEEDED in the trailers."""
    call = technician.call(WATCH, {}, codec=codec, text=text, headers=[("grpc-timeout", "3S")])
    started = time.monotonic()
    events = iter(call)
    assert next(events).type == "bookmark"
    assert time.monotonic() - started < 3
    assert [event for event in events if event.type != "bookmark"] == []
    assert call.status == 4 and not call.in_headers
    call.answer.close()


def test_a_stream_that_is_refused(technician):
    call = technician.call(WATCH, {"cursor": "nonsense"})
    assert failed(call) == 3


def test_a_stream_of_nobody(nobody):
    assert failed(nobody.call(WATCH, {})) == 16


def upload(*pieces: bytes) -> list[dict]:
    requests: list[dict] = [{"file": {"data": piece}} for piece in pieces]
    requests[0]["file_name"] = "report.txt"
    return requests


@pytest.mark.parametrize(("codec", "text"), CODECS)
def test_requests_in_a_stream(technician, codec, text):
    found = single(technician.call(UPLOAD, *upload(b"one\n", b"two\n"), codec=codec, text=text))
    assert found.file_name == "report.txt" and found.size_bytes == 8


def test_a_stream_of_requests_that_breaks(technician):
    method = contract.Method(UPLOAD)
    first = envelope(method.request(**upload(b"one\n")[0]).SerializeToString())
    assert failed(technician.raw(UPLOAD, first + b"\0\0\0\0\x09x")) == 3


def test_every_method_answers_in_its_own_protocol(nobody, portal):
    """Whatever there is to be said to a stranger without a request is said as a status, for every rpc of the contract."""
    for method in contract.methods():
        name = f"{method.service}/{method.name}"
        call = nobody.call(name, {})
        call.all()
        assert call.status in (0, 3, 4, 5, 7, 9, 16), f"{name}: {call.status} {call.message}"
