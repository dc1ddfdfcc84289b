"""What a gRPC client can see of our server beyond the standard cases."""

import gzip
import re
import subprocess
import time

import grpc
import pytest
from harness import places

LIMIT = 30


@pytest.fixture
def pb():
    from grpc.testing import messages_pb2

    return messages_pb2


@pytest.mark.parametrize("value", [b"", b"\x00", b"\xff" * 33, bytes(range(256))])
def test_binary_metadata_of_any_bytes(stub, pb, value):
    key = "x-grpc-test-echo-trailing-bin"
    _, call = stub.UnaryCall.with_call(pb.SimpleRequest(), metadata=[(key, value)], timeout=LIMIT)
    assert (key, value) in call.trailing_metadata()


def test_duplicate_metadata_keeps_its_order(stub, pb):
    key = "x-grpc-test-echo-initial"
    sent = [(key, "one"), (key, "two, three"), (key, "one")]
    _, call = stub.UnaryCall.with_call(pb.SimpleRequest(), metadata=sent, timeout=LIMIT)
    assert [item for item in call.initial_metadata() if item[0] == key] == sent


def test_metadata_of_4_kib_passes(stub, pb):
    key = "x-grpc-test-echo-initial"
    _, call = stub.UnaryCall.with_call(pb.SimpleRequest(), metadata=[(key, "x" * 4096)], timeout=LIMIT)
    assert (key, "x" * 4096) in call.initial_metadata()


@pytest.mark.parametrize("count", [3, 8])
def test_too_much_metadata_costs_one_call_only(channel, stub, pb, failure, count):
    """R-022: that many fields of 8 KiB; the other call of the connection goes on."""
    parameters = [pb.ResponseParameters(size=1), pb.ResponseParameters(size=1, interval_us=300_000)]
    other = stub.StreamingOutputCall(pb.StreamingOutputCallRequest(response_parameters=parameters), timeout=LIMIT)
    next(other)
    big = [(f"x-big-{n}", "x" * 8192) for n in range(count)]
    error = failure(lambda: stub.UnaryCall(pb.SimpleRequest(), metadata=big, timeout=LIMIT))
    assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert len(list(other)) == 1


def test_a_flood_of_metadata_costs_the_connection_and_no_more(stub, pb, failure):
    """256 KiB of it in one block."""
    big = [(f"x-big-{n}", "x" * 8192) for n in range(32)]
    error = failure(lambda: stub.UnaryCall(pb.SimpleRequest(), metadata=big, timeout=LIMIT))
    assert error.code() in (grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNAVAILABLE)
    stub.UnaryCall(pb.SimpleRequest(), timeout=LIMIT, wait_for_ready=True)


def test_a_deadline_ends_a_stream_in_the_middle(stub, pb, failure):
    parameters = [pb.ResponseParameters(size=1), pb.ResponseParameters(size=1, interval_us=60_000_000)]
    call = stub.StreamingOutputCall(pb.StreamingOutputCallRequest(response_parameters=parameters), timeout=5)
    assert len(next(call).payload.body) == 1
    assert failure(lambda: next(call)).code() == grpc.StatusCode.DEADLINE_EXCEEDED


def test_intervals_are_waited_for(stub, pb):
    parameters = [pb.ResponseParameters(size=1, interval_us=50_000) for _ in range(4)]
    started = time.monotonic()
    list(stub.StreamingOutputCall(pb.StreamingOutputCallRequest(response_parameters=parameters), timeout=LIMIT))
    assert time.monotonic() - started >= 0.2


@pytest.mark.parametrize("size", [-1, 2**31 - 1])
def test_a_size_that_no_payload_has(stub, pb, failure, size):
    error = failure(lambda: stub.UnaryCall(pb.SimpleRequest(response_size=size), timeout=LIMIT))
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT


def test_a_type_that_no_payload_has(stub, pb, failure):
    error = failure(lambda: stub.UnaryCall(pb.SimpleRequest(response_type=7), timeout=LIMIT))
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT


def test_a_message_over_the_limit(stub, pb, failure):
    request = pb.SimpleRequest(payload=pb.Payload(body=bytes(5 * 1024 * 1024)))
    error = failure(lambda: stub.UnaryCall(request, timeout=LIMIT))
    assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    stub.UnaryCall(pb.SimpleRequest(), timeout=LIMIT)


def test_pings_of_a_client_that_keeps_alive(served, pb):
    """Data that flows pays for the pings: the server does not take them for an attack (R-030)."""
    from grpc.testing import test_pb2_grpc

    options = [
        ("grpc.keepalive_time_ms", 500), ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.use_local_subchannel_pool", 1), ("grpc.http2.max_pings_without_data", 0),
    ]
    with grpc.insecure_channel(served.address, options=options) as channel:
        parameters = [pb.ResponseParameters(size=10, interval_us=100_000) for _ in range(25)]
        request = pb.StreamingOutputCallRequest(response_parameters=parameters)
        responses = test_pb2_grpc.TestServiceStub(channel).StreamingOutputCall(request, timeout=LIMIT)
        assert len(list(responses)) == 25


def test_the_nesting_echo(channel):
    from portico.testing.v1 import testing_pb2, testing_pb2_grpc

    node = testing_pb2.Node(text="leaf")
    for _ in range(50):
        node = testing_pb2.Node(child=node)
    assert testing_pb2_grpc.NestingStub(channel).Echo(node, timeout=LIMIT) == node


def frame(message: bytes, compressed: bool = False) -> bytes:
    return bytes([compressed]) + len(message).to_bytes(4, "big") + message


def frames(body: bytes) -> list[tuple[int, bytes]]:
    """The flag and the bytes of each message."""
    found = []
    while body:
        length = int.from_bytes(body[1:5], "big")
        found.append((body[0], body[5 : 5 + length]))
        body = body[5 + length :]
    return found


def curl(tmp_path, url: str, body: bytes, *headers: str, arguments: tuple[str, ...] = ()) -> tuple[bytes, dict]:
    """The body of the answer, and its headers and trailers."""
    (tmp_path / "request").write_bytes(body)
    command = [
        places.tool("curl", "curl"), "--silent", "--show-error", "--max-time", "30", "--http2-prior-knowledge",
        "--data-binary", f"@{tmp_path / 'request'}", "--output", str(tmp_path / "answer"),
        "--dump-header", str(tmp_path / "headers"), *arguments,
    ]
    for header in ("content-type: application/grpc", "te: trailers", *headers):
        command += ["--header", header]
    subprocess.run([*command, url], check=True, capture_output=True, timeout=60)
    lines = (line.split(": ", 1) for line in (tmp_path / "headers").read_text().splitlines() if ": " in line)
    return (tmp_path / "answer").read_bytes(), dict(lines)


def test_curl_gets_an_answer_and_its_trailers(served, tmp_path):
    url = f"http://{served.address}/grpc.testing.TestService/EmptyCall"
    body, headers = curl(tmp_path, url, frame(b""))
    assert frames(body) == [(0, b"")] and headers["grpc-status"] == "0"


@pytest.mark.parametrize("accepts, flags", [("gzip", [1, 0]), ("identity", [0, 0])])
def test_compression_of_each_message_and_never_against_the_client(served, pb, tmp_path, accepts, flags):
    """R-011, with the flag bytes, which grpcio does not show."""
    parameters = [
        pb.ResponseParameters(size=31415, compressed=pb.BoolValue(value=True)),
        pb.ResponseParameters(size=92653, compressed=pb.BoolValue(value=False)),
    ]
    request = pb.StreamingOutputCallRequest(response_parameters=parameters).SerializeToString()
    url = f"http://{served.address}/grpc.testing.TestService/StreamingOutputCall"
    body, headers = curl(tmp_path, url, frame(request), f"grpc-accept-encoding: {accepts}")
    answers = frames(body)
    assert [flag for flag, _ in answers] == flags and headers["grpc-status"] == "0"
    plain = [gzip.decompress(message) if flag else message for flag, message in answers]
    sizes = [len(pb.StreamingOutputCallResponse.FromString(message).payload.body) for message in plain]
    assert sizes == [31415, 92653]


def test_a_message_compressed_by_hand(served, pb, tmp_path):
    request = pb.SimpleRequest(response_size=10, expect_compressed=pb.BoolValue(value=True)).SerializeToString()
    url = f"http://{served.address}/grpc.testing.TestService/UnaryCall"
    body, headers = curl(tmp_path, url, frame(gzip.compress(request), True), "grpc-encoding: gzip")
    ((_, message),) = frames(body)
    assert len(pb.SimpleResponse.FromString(message).payload.body) == 10 and headers["grpc-status"] == "0"


def test_an_encoding_that_is_not_ours(served, tmp_path):
    """R-010, R-020. The answer may come before the request is through and is followed by NO_ERROR then: curl 7 throws it
    away, against RFC 9113 8.1."""
    shown = nghttp(served, tmp_path, frame(b"", True), "grpc-encoding: br")
    assert "grpc-status: 12" in shown and re.search(r"grpc-accept-encoding: .*gzip", shown)


def nghttp(served, tmp_path, body: bytes, *headers: str) -> str:
    """What nghttp shows of an EmptyCall."""
    (tmp_path / "request").write_bytes(body)
    command = [
        places.tool("nghttp", "nghttp2-client"), "--verbose", "--timeout=30", "--data",
        str(tmp_path / "request"), "--header=content-type: application/grpc", "--header=te: trailers",
        *(f"--header={header}" for header in headers), f"http://{served.address}/grpc.testing.TestService/EmptyCall",
    ]
    return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout.decode(errors="replace")


def test_nghttp_sees_the_frames(served, tmp_path):
    shown = nghttp(served, tmp_path, frame(b""))
    assert ":status: 200" in shown and "grpc-status: 0" in shown


def test_h2load_and_every_call_succeeds(served, tmp_path):
    (tmp_path / "request").write_bytes(frame(b""))
    command = [
        places.tool("h2load", "nghttp2-client"), "--requests=2000", "--clients=4", "--max-concurrent-streams=16",
        "--data", str(tmp_path / "request"), "--header=content-type: application/grpc", "--header=te: trailers",
        f"http://{served.address}/grpc.testing.TestService/EmptyCall",
    ]
    shown = subprocess.run(command, check=True, capture_output=True, timeout=90, text=True).stdout
    assert "2000 succeeded, 0 failed, 0 errored" in shown
