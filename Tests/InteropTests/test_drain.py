"""V-21, R-032: what SIGTERM does to a server that is at work."""

import signal
import threading
import time

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from peers.interop import Served

LIMIT = 60


@pytest.fixture
def pb():
    from grpc.testing import messages_pb2

    return messages_pb2


def stub(channel):
    from grpc.testing import test_pb2_grpc

    return test_pb2_grpc.TestServiceStub(channel)


def connect(served: Served) -> grpc.Channel:
    """A channel with a connection of its own."""
    return grpc.insecure_channel(served.address, options=[("grpc.use_local_subchannel_pool", 1)])


def slow(pb, count: int, interval: float):
    """Responses at once, and then in intervals."""
    parameters = [pb.ResponseParameters(size=1)]
    parameters += [pb.ResponseParameters(size=1, interval_us=int(interval * 1e6)) for _ in range(count)]
    return pb.StreamingOutputCallRequest(response_parameters=parameters)


def test_running_calls_finish_and_the_process_leaves_with_0(pb, failure):
    with Served() as served, connect(served) as channel, connect(served) as idle:
        stub(idle).UnaryCall(pb.SimpleRequest(), timeout=LIMIT)
        calls = [stub(channel).StreamingOutputCall(slow(pb, 5, 0.1), timeout=LIMIT) for _ in range(20)]
        for call in calls:
            next(call)
        served.signal()
        assert [len(list(call)) for call in calls] == [5] * 20
        assert all(call.code() == grpc.StatusCode.OK for call in calls)
        assert served.wait() == 0
        error = failure(lambda: stub(idle).UnaryCall(pb.SimpleRequest(), timeout=LIMIT))
        assert error.code() == grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize("round_", range(5))
def test_under_load_no_call_is_cut(pb, round_):
    """Clients call as fast as they can: what fails, fails because nobody listens any more."""
    codes: list[grpc.StatusCode] = []
    counts: list[int] = []

    def work(address: str) -> None:
        with grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
            service, count = stub(channel), 0
            try:
                while True:
                    service.UnaryCall(pb.SimpleRequest(response_size=1000), timeout=LIMIT)
                    count += 1
                    if count == 20:
                        warm.release()
            except grpc.RpcError as error:
                codes.append(error.code())
                counts.append(count)

    warm = threading.Semaphore(0)
    with Served() as served:
        threads = [threading.Thread(target=work, args=(served.address,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for _ in threads:
            assert warm.acquire(timeout=LIMIT)
        served.signal()
        assert served.wait() == 0
        for thread in threads:
            thread.join(LIMIT)
    assert codes == [grpc.StatusCode.UNAVAILABLE] * 8 and min(counts) >= 20


def test_health_tells_before_the_end(pb):
    with Served() as served, connect(served) as channel, connect(served) as other:
        watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(), timeout=LIMIT)
        assert next(watch).status == health_pb2.HealthCheckResponse.SERVING
        call = stub(other).StreamingOutputCall(slow(pb, 1, 0.5), timeout=LIMIT)
        next(call)
        served.signal()
        assert [state.status for state in watch] == [health_pb2.HealthCheckResponse.NOT_SERVING]
        assert len(list(call)) == 1
        assert served.wait() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_idle_clients_do_not_hold_it_up(pb, number):
    with Served("--grace", "30") as served:
        channels = [connect(served) for _ in range(5)]
        for channel in channels:
            stub(channel).UnaryCall(pb.SimpleRequest(), timeout=LIMIT)
        started = time.monotonic()
        served.signal(number)
        assert served.wait() == 0
        assert time.monotonic() - started < 25, "the grace was waited for"
        for channel in channels:
            channel.close()


def test_the_grace_ends_a_call_that_does_not(pb, failure):
    with Served("--grace", "1") as served, connect(served) as channel:
        call = stub(channel).StreamingOutputCall(slow(pb, 1, 600), timeout=LIMIT)
        next(call)
        served.signal()
        error = failure(lambda: next(call))
        assert error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
        assert served.wait() == 0


def test_a_second_signal_cuts_it_short(pb, failure):
    with Served("--grace", "600") as served, connect(served) as channel, connect(served) as other:
        call = stub(channel).StreamingOutputCall(slow(pb, 1, 600), timeout=LIMIT)
        next(call)
        watch = health_pb2_grpc.HealthStub(other).Watch(health_pb2.HealthCheckRequest(), timeout=LIMIT)
        next(watch)
        served.signal()
        list(watch)  # it has seen the first signal
        served.signal()
        error = failure(lambda: next(call))
        assert error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
        assert served.wait() == 0
