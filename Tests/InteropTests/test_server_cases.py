"""Python's gRPC client runs the standard cases against `interop serve`."""

import concurrent.futures
import time

import grpc
import pytest

INITIAL = ("x-grpc-test-echo-initial", "test_initial_metadata_value")
TRAILING = ("x-grpc-test-echo-trailing-bin", b"\xab\xab\xab")
LIMIT = 30


@pytest.fixture
def pb():
    from grpc.testing import messages_pb2

    return messages_pb2


@pytest.fixture
def large(pb):
    return pb.SimpleRequest(response_size=314159, payload=pb.Payload(body=bytes(271828)))


@pytest.fixture
def streamed(pb):
    """A request for responses of these sizes, with a payload of so many bytes."""

    def make(*sizes: int, payload: int = 0, **more):
        parameters = [pb.ResponseParameters(size=size) for size in sizes]
        return pb.StreamingOutputCallRequest(
            response_parameters=parameters, payload=pb.Payload(body=bytes(payload)), **more
        )

    return make


def sizes(responses) -> list[int]:
    return [len(response.payload.body) for response in responses]


def test_empty_unary(stub):
    from grpc.testing import empty_pb2

    assert stub.EmptyCall(empty_pb2.Empty(), timeout=LIMIT).ByteSize() == 0


def test_cacheable_unary(stub, pb):
    response, call = stub.CacheableUnaryCall.with_call(pb.SimpleRequest(), timeout=LIMIT)
    assert int(response.payload.body) > 0
    assert ("cache-control", "max-age=60, public") in call.initial_metadata()


def test_large_unary(stub, large):
    assert stub.UnaryCall(large, timeout=LIMIT).payload.body == bytes(314159)


def test_client_compressed_unary(stub, large, failure):
    large.expect_compressed.value = True
    error = failure(lambda: stub.UnaryCall(large, timeout=LIMIT))
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
    response = stub.UnaryCall(large, timeout=LIMIT, compression=grpc.Compression.Gzip)
    assert response.payload.body == bytes(314159)
    large.expect_compressed.value = False
    assert stub.UnaryCall(large, timeout=LIMIT).payload.body == bytes(314159)


@pytest.mark.parametrize("compressed", [True, False])
def test_server_compressed_unary(stub, large, compressed):
    large.response_compressed.value = compressed
    assert stub.UnaryCall(large, timeout=LIMIT).payload.body == bytes(314159)


def test_client_streaming(stub, pb):
    requests = [pb.StreamingInputCallRequest(payload=pb.Payload(body=bytes(n))) for n in (27182, 8, 1828, 45904)]
    assert stub.StreamingInputCall(iter(requests), timeout=LIMIT).aggregated_payload_size == 74922


def test_client_compressed_streaming(stub, pb, failure):
    request = pb.StreamingInputCallRequest(payload=pb.Payload(body=bytes(27182)), expect_compressed=pb.BoolValue(value=True))
    error = failure(lambda: stub.StreamingInputCall(iter([request]), timeout=LIMIT))
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
    response = stub.StreamingInputCall(iter([request, request]), timeout=LIMIT, compression=grpc.Compression.Gzip)
    assert response.aggregated_payload_size == 2 * 27182


def test_server_streaming(stub, streamed):
    responses = stub.StreamingOutputCall(streamed(31415, 9, 2653, 58979), timeout=LIMIT)
    assert sizes(responses) == [31415, 9, 2653, 58979]


def test_server_compressed_streaming(stub, pb):
    parameters = [
        pb.ResponseParameters(size=31415, compressed=pb.BoolValue(value=True)),
        pb.ResponseParameters(size=92653, compressed=pb.BoolValue(value=False)),
    ]
    request = pb.StreamingOutputCallRequest(response_parameters=parameters)
    assert sizes(stub.StreamingOutputCall(request, timeout=LIMIT)) == [31415, 92653]


def test_ping_pong(stub, streamed, served):
    """Each request is made only when the response to the one before it is there."""
    answered: list[int] = []

    def requests():
        for count, (payload, size) in enumerate([(27182, 31415), (8, 9), (1828, 2653), (45904, 58979)]):
            while len(answered) < count:
                time.sleep(0.001)
            yield streamed(size, payload=payload)

    for response in stub.FullDuplexCall(requests(), timeout=LIMIT):
        answered.append(len(response.payload.body))
    assert answered == [31415, 9, 2653, 58979]


def test_empty_stream(stub):
    assert list(stub.FullDuplexCall(iter([]), timeout=LIMIT)) == []


def test_half_duplex(stub, streamed):
    requests = [streamed(31415, 9, payload=27182), streamed(2653), streamed(58979)]
    assert sizes(stub.HalfDuplexCall(iter(requests), timeout=LIMIT)) == [31415, 9, 2653, 58979]


def test_custom_metadata(stub, large, streamed):
    _, call = stub.UnaryCall.with_call(large, metadata=[INITIAL, TRAILING], timeout=LIMIT)
    assert INITIAL in call.initial_metadata() and TRAILING in call.trailing_metadata()
    call = stub.FullDuplexCall(iter([streamed(314159, payload=271828)]), metadata=[INITIAL, TRAILING], timeout=LIMIT)
    assert sizes(call) == [314159]
    assert INITIAL in call.initial_metadata() and TRAILING in call.trailing_metadata()


def test_status_code_and_message(stub, pb, failure):
    wanted = pb.EchoStatus(code=2, message="test status message")
    unary = failure(lambda: stub.UnaryCall(pb.SimpleRequest(response_status=wanted), timeout=LIMIT))
    request = pb.StreamingOutputCallRequest(response_status=wanted)
    stream = failure(lambda: list(stub.FullDuplexCall(iter([request]), timeout=LIMIT)))
    for error in (unary, stream):
        assert (error.code(), error.details()) == (grpc.StatusCode.UNKNOWN, "test status message")


@pytest.mark.parametrize("code", [code for code in grpc.StatusCode if code != grpc.StatusCode.OK], ids=lambda c: c.name)
def test_every_status_code_comes_back(stub, pb, failure, code):
    wanted = pb.EchoStatus(code=code.value[0], message=code.value[1])
    error = failure(lambda: stub.UnaryCall(pb.SimpleRequest(response_status=wanted), timeout=LIMIT))
    assert (error.code(), error.details()) == (code, code.value[1])


@pytest.mark.parametrize(
    "message",
    ["\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n", "100 % %41 sure", " padded ", ""],
)
def test_special_status_message(stub, pb, failure, message):
    wanted = pb.EchoStatus(code=2, message=message)
    error = failure(lambda: stub.UnaryCall(pb.SimpleRequest(response_status=wanted), timeout=LIMIT))
    assert (error.code(), error.details()) == (grpc.StatusCode.UNKNOWN, message)


def test_unimplemented_method(stub, failure):
    from grpc.testing import empty_pb2

    error = failure(lambda: stub.UnimplementedCall(empty_pb2.Empty(), timeout=LIMIT))
    assert error.code() == grpc.StatusCode.UNIMPLEMENTED


def test_unimplemented_service(channel, failure):
    from grpc.testing import empty_pb2, test_pb2_grpc

    stub = test_pb2_grpc.UnimplementedServiceStub(channel)
    error = failure(lambda: stub.UnimplementedCall(empty_pb2.Empty(), timeout=LIMIT))
    assert error.code() == grpc.StatusCode.UNIMPLEMENTED


def test_cancel_after_begin(stub, pb):
    call = stub.StreamingInputCall.future(_pending(), timeout=LIMIT)
    call.cancel()
    assert call.cancelled() and call.code() == grpc.StatusCode.CANCELLED


def test_cancel_after_first_response(stub, streamed, failure):
    requests = _Open([streamed(31415, payload=27182)])
    call = stub.FullDuplexCall(requests, timeout=LIMIT)
    assert len(next(call).payload.body) == 31415
    call.cancel()
    assert failure(lambda: next(call)).code() == grpc.StatusCode.CANCELLED
    requests.end()


def test_timeout_on_sleeping_server(stub, streamed, failure):
    requests = _Open([streamed(payload=27182)])
    error = failure(lambda: list(stub.FullDuplexCall(requests, timeout=0.001)))
    assert error.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    requests.end()


def test_rpc_soak(stub, large):
    for _ in range(20):
        assert len(stub.UnaryCall(large, timeout=LIMIT).payload.body) == 314159


def test_channel_soak(served, large):
    from grpc.testing import test_pb2_grpc

    for _ in range(10):
        with grpc.insecure_channel(served.address, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
            response = test_pb2_grpc.TestServiceStub(channel).UnaryCall(large, timeout=LIMIT)
            assert len(response.payload.body) == 314159


def test_concurrent_large_unary(stub, large):
    calls = [stub.UnaryCall.future(large, timeout=LIMIT) for _ in range(200)]
    assert {len(call.result().payload.body) for call in calls} == {314159}


def test_pick_first_unary(stub, pb):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        request = pb.SimpleRequest(fill_server_id=True)
        answers = pool.map(lambda _: stub.UnaryCall(request, timeout=LIMIT).server_id, range(100))
        assert len(set(answers)) == 1


class _Open:
    """Requests of a stream that stays open until `end()`."""

    def __init__(self, requests):
        import threading

        self._requests = iter(requests)
        self._ended = threading.Event()

    def __iter__(self):
        return self

    def __next__(self):
        for request in self._requests:
            return request
        self._ended.wait(LIMIT)
        raise StopIteration

    def end(self):
        self._ended.set()


def _pending():
    """No request, and no end either, for a while."""
    time.sleep(0.5)
    return
    yield
