"""R-211, R-214, R-026, R-030: what a busy but honest client does is within every limit. gRPC's C core at our server, on one connection: calls
of every size and length, cancelled ones, expired ones, bandwidth probes and keepalive PINGs."""

import concurrent.futures

import grpc
import pytest

LIMIT = 60
OPTIONS = [
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.http2.bdp_probe", 1),
    ("grpc.enable_retries", 0),
    ("grpc.keepalive_time_ms", 20_000),
]


@pytest.fixture
def pb():
    from grpc.testing import messages_pb2

    return messages_pb2


@pytest.fixture
def stub(served):
    from grpc.testing import test_pb2_grpc

    with grpc.insecure_channel(served.address, options=OPTIONS) as channel:
        yield test_pb2_grpc.TestServiceStub(channel)


def output(pb, sizes, interval_us=0):
    parameters = [pb.ResponseParameters(size=size, interval_us=interval_us) for size in sizes]
    return pb.StreamingOutputCallRequest(response_parameters=parameters)


def test_calls_of_all_kinds_side_by_side(stub, pb):
    def short(_):
        for _ in range(500):
            stub.UnaryCall(pb.SimpleRequest(response_size=10), timeout=LIMIT)
        return "ok"

    def cancelled(_):
        """As many as are answered: hedging."""
        for _ in range(500):
            loser = stub.UnaryCall.future(pb.SimpleRequest(response_size=10), timeout=LIMIT)
            stub.UnaryCall(pb.SimpleRequest(response_size=10), timeout=LIMIT)
            loser.cancel()
        return "ok"

    def expired(_):
        for _ in range(100):
            with pytest.raises(grpc.RpcError) as error:
                list(stub.StreamingOutputCall(output(pb, [1], 10_000_000), timeout=0.002))
            assert error.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
        return "ok"

    def tiny(_):
        for _ in range(10):
            assert len(list(stub.StreamingOutputCall(output(pb, [1] * 2000), timeout=LIMIT))) == 2000
        return "ok"

    def large(_):
        for _ in range(3):
            answers = stub.StreamingOutputCall(output(pb, [1_000_000] * 20), timeout=LIMIT)
            assert sum(len(answer.payload.body) for answer in answers) == 20_000_000
        return "ok"

    def upload(_):
        pieces = (pb.StreamingInputCallRequest(payload=pb.Payload(body=bytes(1000))) for _ in range(10_000))
        assert stub.StreamingInputCall(pieces, timeout=LIMIT).aggregated_payload_size == 10_000_000
        return "ok"

    def refused_early(_):
        """The server ends before the client: there is a reset for each of these on some clients."""
        request = pb.StreamingOutputCallRequest(response_status=pb.EchoStatus(code=9, message="x"))
        for _ in range(200):
            call = stub.FullDuplexCall(iter([request, request, request]), timeout=LIMIT)
            with pytest.raises(grpc.RpcError) as error:
                next(call)
            assert error.value.code() == grpc.StatusCode.FAILED_PRECONDITION
        return "ok"

    work = [short, cancelled, expired, tiny, large, upload, refused_early] * 2
    with concurrent.futures.ThreadPoolExecutor(len(work)) as pool:
        results = [pool.submit(function, None) for function in work]
        assert [result.result(2 * LIMIT) for result in results] == ["ok"] * len(work)
