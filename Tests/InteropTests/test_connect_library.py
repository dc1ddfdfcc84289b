"""R-166, R-167: somebody else's client, Connect for Python, at a running portal in both protocols that browsers speak."""

import pytest
from connectrpc.client import ConnectClientSync
from connectrpc.code import Code
from connectrpc.compat import google_protobuf_binary_codec, google_protobuf_json_codec
from connectrpc.errors import ConnectError
from connectrpc.method import IdempotencyLevel, MethodInfo, StreamType
from connectrpc.protocol import ProtocolType
from peers import contract

PROTOCOLS = {"connect": ProtocolType.CONNECT, "grpc-web": ProtocolType.GRPC_WEB}
CODECS = {"proto": google_protobuf_binary_codec, "json": google_protobuf_json_codec}


def method(name: str) -> tuple[type, MethodInfo]:
    found = contract.Method(name)
    level = IdempotencyLevel.NO_SIDE_EFFECTS if found.pure else IdempotencyLevel.UNKNOWN
    kind = StreamType.CLIENT_STREAM if found.streams_requests else StreamType.SERVER_STREAM if found.streams_answers else StreamType.UNARY
    return found.request, MethodInfo(
        name=found.name,
        service_name=found.service,
        input=found.request,
        output=found.answer,
        idempotency_level=level,
        stream_type=kind,
    )


@pytest.fixture(params=PROTOCOLS)
def protocol(request) -> str:
    return request.param


@pytest.fixture(params=CODECS)
def client(request, protocol, portal):
    address = f"http://127.0.0.1:{portal.port}"
    with ConnectClientSync(address, protocol=PROTOCOLS[protocol], codec=CODECS[request.param]()) as client:
        yield client


@pytest.fixture
def headers(portal) -> dict[str, str]:
    return {"host": portal.host, **dict(portal.session("tomas"))}


def test_unary(client, headers):
    request, info = method("portico.identity.v1.Profiles/GetProfile")
    assert client.execute_unary(request=request(), method=info, headers=headers).user == "users/tomas"


def test_a_long_answer(client, headers):
    request, info = method("portico.ticketing.v1.Tickets/ListTickets")
    found = client.execute_unary(request=request(parent="accounts/-", page_size=100), method=info, headers=headers)
    assert len(found.tickets) == 100


@pytest.mark.parametrize("protocol", ["connect"], indirect=True)
def test_get(client, headers):
    request, info = method("portico.identity.v1.Profiles/GetProfile")
    found = client.execute_unary(request=request(), method=info, headers=headers, use_get=True)
    assert found.user == "users/tomas"


def test_an_error_with_details(client, headers):
    request, info = method("portico.ticketing.v1.Tickets/CreateTicket")
    with pytest.raises(ConnectError) as error:
        client.execute_unary(request=request(parent="accounts/larkspur"), method=info, headers=headers)
    assert error.value.code == Code.INVALID_ARGUMENT and error.value.details


def test_nobody(client, portal):
    request, info = method("portico.identity.v1.Profiles/GetProfile")
    with pytest.raises(ConnectError) as error:
        client.execute_unary(request=request(), method=info, headers={"host": portal.host})
    assert error.value.code == Code.UNAUTHENTICATED


def test_a_stream_until_the_deadline(client, headers):
    request, info = method("portico.ticketing.v1.TicketingEvents/WatchEvents")
    events = client.execute_server_stream(request=request(), method=info, headers=headers, timeout_ms=3000)
    assert next(events).type == "bookmark"
    with pytest.raises(ConnectError) as error:
        list(events)
    assert error.value.code == Code.DEADLINE_EXCEEDED


def test_a_stream_of_requests(client, headers):
    request, info = method("portico.ticketing.v1.Tickets/CreateUpload")
    pieces = [request(file_name="report.txt", file={"data": b"one\n"}), request(file={"data": b"two\n"})]
    found = client.execute_client_stream(request=iter(pieces), method=info, headers=headers)
    assert found.size_bytes == 8
