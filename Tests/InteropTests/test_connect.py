"""R-167: Connect at a running portal, by a client written from the protocol's description."""

import gzip
import json
import struct
import time

import pytest
from peers import connect, contract
from peers.envelopes import envelope

CLIENT = connect.Client

PORTAL = "portico.identity.v1.Portals/GetPortal"
PROFILE = "portico.identity.v1.Profiles/GetProfile"
TICKETS = "portico.ticketing.v1.Tickets/ListTickets"
TICKET = "portico.ticketing.v1.Tickets/GetTicket"
WATCH = "portico.ticketing.v1.TicketingEvents/WatchEvents"
UPLOAD = "portico.ticketing.v1.Tickets/CreateUpload"
TENANT = {"tenant": "brightwater"}
CODECS = ["proto", "json"]


def code(call) -> str:
    with pytest.raises(connect.Error) as error:
        call()
    return error.value.code


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("gzipped", [False, True], ids=["plain", "gzip"])
def test_one_message_each_way(technician, codec, gzipped):
    assert technician.unary(PROFILE, {}, codec, gzipped=gzipped).display_name == "Tomás Keane"
    found = technician.unary(TICKETS, {"parent": "accounts/-", "page_size": 100}, codec, gzipped=gzipped)
    assert len(found.tickets) == 100


@pytest.mark.parametrize("codec", CODECS)
def test_errors(technician, nobody, codec):
    assert code(lambda: technician.unary(TICKET, {"name": "accounts/larkspur/tickets/999999"}, codec)) == "not_found"
    assert code(lambda: nobody.unary(PROFILE, {}, codec)) == "unauthenticated"


@pytest.mark.parametrize("codec", CODECS)
def test_violations_are_details(technician, codec):
    with pytest.raises(connect.Error) as error:
        technician.unary("portico.ticketing.v1.Tickets/CreateTicket", {"parent": "accounts/larkspur", "ticket": {}}, codec)
    assert error.value.code == "invalid_argument"
    fields = [violation.field for detail in error.value.details for violation in getattr(detail, "field_violations", [])]
    assert "ticket.title" in fields


def test_an_unauthenticated_answer_has_a_challenge(nobody):
    with pytest.raises(connect.Error) as error:
        nobody.unary(PROFILE, {})
    assert error.value.answer["www-authenticate"]


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("gzipped", [False, True], ids=["plain", "gzip"])
def test_get(technician, codec, gzipped):
    assert technician.get(PROFILE, {}, codec, gzipped=gzipped).user == "users/tomas"
    found = technician.get(TICKETS, {"parent": "accounts/-", "page_size": 3}, codec, gzipped=gzipped)
    assert len(found.tickets) == 3


def test_get_with_plain_json(nobody):
    assert nobody.get(PORTAL, TENANT, "json", plain=True).tenant == "brightwater"


def test_get_needs_no_proof_of_origin_for_it_changes_nothing(portal, http):
    cookie = [header for header in portal.session("tomas") if header[0] == "cookie"]
    assert connect.Client(http, cookie).get(PROFILE, {}).user == "users/tomas"
    assert code(lambda: connect.Client(http, cookie).unary(PROFILE, {})) == "permission_denied"


def test_get_is_only_for_what_has_no_side_effects(nobody, http, portal):
    for method in contract.methods():
        answer = http.request("GET", f"{method.path}?connect=v1&encoding=json&message=%7B%7D", [])
        body = json.loads(answer.read())
        if answer.status == 405:
            assert answer["allow"] == "POST" and body["code"] == "unimplemented"
        assert (answer.status != 405) <= method.pure, method.path


QUERIES = {
    "nothing": ("", 400),
    "no message": ("encoding=json", 400),
    "no encoding": ("message=%7B%7D", 400),
    "another version": ("connect=v2&encoding=json&message=%7B%7D", 400),
    "an unknown codec": ("connect=v1&encoding=xml&message=%7B%7D", 415),
    "an unknown compression": ("connect=v1&encoding=json&compression=br&message=%7B%7D", 501),
    "no base64": ("connect=v1&encoding=proto&base64=1&message=!!!", 400),
    "half a letter": ("connect=v1&encoding=proto&base64=1&message=A", 400),
    "no JSON": ("connect=v1&encoding=json&message=%7B", 400),
    "no protobuf": ("connect=v1&encoding=proto&base64=1&message=_w", 400),
    "no gzip": ("connect=v1&encoding=proto&base64=1&compression=gzip&message=_w", 400),
    "two messages": ("connect=v1&encoding=json&message=%7B%7D&message=%7B%7D", 400),
    "bytes that are no text": ("connect=v1&encoding=json&message=%FF", 400),
    "a target too long": ("connect=v1&encoding=json&message=" + "a" * 9000, 414),
}


@pytest.mark.parametrize("case", QUERIES)
def test_malformed_queries(portal, http, case):
    query, status = QUERIES[case]
    answer = http.request("GET", f"/{PORTAL}?{query}", [])
    answer.read()
    assert answer.status == status


def test_parameters_of_others_are_let_be(portal, http):
    answer = http.request("GET", f"/{PORTAL}?utm_source=x&message=%7B%22tenant%22%3A%22brightwater%22%7D&encoding=json", [])
    assert answer.status == 200 and json.loads(answer.read())["tenant"] == "brightwater"


KINDS = ["text/plain", "application/xml", "application/grpc", "application/connect+proto", "application/json; charset=utf-16", ""]


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_codecs(portal, http, kind):
    answer = http.request("POST", f"/{PORTAL}", [("content-type", kind)] if kind else [], b"{}")
    assert answer.status == 415 and "application/json" in answer["accept-post"]
    assert json.loads(answer.read())["code"] == "invalid_argument"


@pytest.mark.parametrize("kind", ["application/json", "application/proto", "application/connect+xml"])
def test_a_stream_has_types_of_its_own(portal, http, kind):
    answer = http.request("POST", f"/{WATCH}", [("content-type", kind)], b"{}")
    assert answer.status == 415
    answer.close()


BODIES = {
    "no JSON": ("json", b"{", "invalid_argument"),
    "nothing as JSON": ("json", b"", "invalid_argument"),
    "a list": ("json", b"[]", "invalid_argument"),
    "an unknown field": ("json", b'{"nope":1}', "invalid_argument"),
    "a field twice": ("json", b'{"tenant":"a","tenant":"b"}', "invalid_argument"),
    "too deep": ("json", b"[" * 10000, "invalid_argument"),
    "no UTF-8": ("json", b'{"tenant":"\xff"}', "invalid_argument"),
    "no protobuf": ("proto", b"\xff", "invalid_argument"),
    "cut protobuf": ("proto", b"\x0a\x05ab", "invalid_argument"),
    "text that is none": ("proto", b"\x0a\x01\xff", "invalid_argument"),
    "an envelope": ("proto", envelope(b"\x0a\x01a"), "invalid_argument"),
    "much JSON": ("json", b" " * ((1 << 20) + 1), "resource_exhausted"),
    "much protobuf": ("proto", b"\0" * ((4 << 20) + 1), "resource_exhausted"),
}


@pytest.mark.parametrize("case", BODIES)
def test_malformed_bodies(nobody, case):
    codec, body, expected = BODIES[case]
    answer = nobody.raw(PORTAL, body, f"application/{codec}")
    assert code(lambda: nobody.answered(contract.Method(PORTAL), answer, codec)) == expected


@pytest.mark.parametrize("size", [1 << 21, 8 << 20, 64 << 20])
def test_a_gzip_bomb(nobody, size):
    answer = nobody.raw(PORTAL, gzip.compress(b" " * size), "application/json", [("content-encoding", "gzip")])
    assert code(lambda: nobody.answered(contract.Method(PORTAL), answer, "json")) == "resource_exhausted"


def test_encodings(nobody):
    for encoding, expected in (("br", "unimplemented"), ("gzip, gzip", "unimplemented"), ("gzip", "invalid_argument")):
        answer = nobody.raw(PORTAL, b"{}", "application/json", [("content-encoding", encoding)])
        assert code(lambda: nobody.answered(contract.Method(PORTAL), answer, "json")) == expected
    answer = nobody.raw(PORTAL, b"", "application/proto", [("content-encoding", "gzip")])
    assert code(lambda: nobody.answered(contract.Method(PORTAL), answer, "proto")) != "internal"


def test_an_answer_to_a_cookie_is_never_compressed(technician):
    """R-178: its length would tell a stranger of what is in it."""
    request = contract.Method(TICKETS).request(parent="accounts/-", page_size=100).SerializeToString()
    answer = technician.raw(TICKETS, request, "application/proto", [("accept-encoding", "gzip")])
    assert answer.status == 200 and answer["content-encoding"] is None
    answer.close()


TIMEOUTS = [("0", "deadline_exceeded"), ("-1", "invalid_argument"), ("1.5", "invalid_argument"), ("12345678901", "invalid_argument")]


@pytest.mark.parametrize(("timeout", "expected"), TIMEOUTS)
def test_timeouts(nobody, timeout, expected):
    headers = [("connect-timeout-ms", timeout)]
    assert code(lambda: nobody.unary(PORTAL, TENANT, headers=headers)) == expected
    assert code(lambda: nobody.get(PORTAL, TENANT, headers=headers)) == expected


def test_a_generous_timeout(nobody):
    assert nobody.unary(PORTAL, TENANT, headers=[("connect-timeout-ms", "9999999999")]).tenant == "brightwater"


def test_versions(portal, http):
    for version, status in (("1", 200), ("2", 400), ("", 400)):
        headers = [("content-type", "application/json"), ("connect-protocol-version", version)]
        answer = http.request("POST", f"/{PORTAL}", headers, json.dumps(TENANT).encode())
        assert answer.status == status
        answer.close()
    answer = http.request("POST", f"/{PORTAL}", [("content-type", "application/json")], json.dumps(TENANT).encode())
    assert answer.status == 200
    answer.close()


@pytest.mark.parametrize("codec", CODECS)
def test_a_stream_ends_with_the_clients_time(technician, codec):
    stream = technician.stream(WATCH, {}, codec=codec, headers=[("connect-timeout-ms", "3000")])
    started = time.monotonic()
    events = iter(stream)
    assert next(events).type == "bookmark"
    assert time.monotonic() - started < 3
    assert code(lambda: list(events)) == "deadline_exceeded"
    stream.answer.close()


def test_streams_that_are_refused(technician, nobody):
    assert code(technician.stream(WATCH, {"cursor": "nonsense"}).all) == "invalid_argument"
    assert code(nobody.stream(WATCH, {}).all) == "unauthenticated"


STREAMS = {
    "nothing": (b"", "unimplemented"),
    "two messages": (envelope(b"") * 2, "unimplemented"),
    "half a prefix": (b"\0\0", "invalid_argument"),
    "half a message": (envelope(b"ab")[:-1], "invalid_argument"),
    "an end from the client": (envelope(b"{}", 2), "invalid_argument"),
    "a reserved flag": (envelope(b"", 4), "invalid_argument"),
    "gRPC-Web's trailers": (envelope(b"", 0x80), "invalid_argument"),
    "compressed without saying so": (envelope(gzip.compress(b""), 1), "invalid_argument"),
    "four gigabytes": (struct.pack(">BI", 0, 2**32 - 1), "resource_exhausted"),
    "no protobuf": (envelope(b"\xff"), "invalid_argument"),
}


@pytest.mark.parametrize("case", STREAMS)
def test_malformed_streams(technician, case):
    body, expected = STREAMS[case]
    assert code(technician.raw_stream(WATCH, body).all) == expected


def test_a_gzip_bomb_in_a_stream(technician):
    headers = [("connect-content-encoding", "gzip")]
    bomb = envelope(gzip.compress(b"\0" * (8 << 20)), 1)
    assert code(technician.raw_stream(WATCH, bomb, headers=headers).all) == "resource_exhausted"
    assert code(technician.raw_stream(WATCH, b"", headers=[("connect-content-encoding", "br")]).all) == "unimplemented"


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("gzipped", [False, True], ids=["plain", "gzip"])
def test_requests_in_a_stream(technician, codec, gzipped):
    requests = [{"file_name": "report.txt", "file": {"data": b"one\n"}}, {"file": {"data": b"two\n"}}]
    (found,) = technician.stream(UPLOAD, *requests, codec=codec, gzipped=gzipped).all()
    assert found.file_name == "report.txt" and found.size_bytes == 8


def test_a_stream_of_requests_that_breaks(technician):
    first = envelope(contract.Method(UPLOAD).request(file_name="a.txt", file={"data": b"x"}).SerializeToString())
    assert code(technician.raw_stream(UPLOAD, first + b"\0\0\0\0\x09x").all) == "invalid_argument"


def test_every_method_answers_in_its_own_protocol(nobody):
    methods = contract.methods()
    assert len(methods) > 80
    for method in methods:
        name = f"{method.service}/{method.name}"
        answer = nobody.raw(name, b"{}", "application/json")
        if answer.status in (200, 415):
            answer.close()
        if answer.status == 415:
            stream = nobody.stream(name, {}, codec="json")
            assert code(stream.all) in ("unauthenticated", "invalid_argument", "permission_denied"), name
        elif answer.status != 200:
            assert code(lambda: nobody.answered(method, answer, "json")) != "internal", name
