"""The fixtures of the interoperability tests."""

import socket
from collections.abc import Callable, Iterator
from concurrent import futures

import grpc
import pytest
from harness import places, portico
from peers import certificates, http, interop, stubs, web


@pytest.fixture(scope="session", autouse=True)
def generated(tmp_path_factory) -> None:
    stubs.generate(tmp_path_factory.mktemp("stubs"))


@pytest.fixture(scope="session")
def served(generated) -> Iterator[interop.Served]:
    """One plaintext server for all tests that leave it as it was."""
    with interop.Served() as served:
        yield served


@pytest.fixture
def channel(served) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(served.address) as channel:
        yield channel


@pytest.fixture
def stub(channel):
    """Python's client of grpc.testing.TestService, at our server."""
    from grpc.testing import test_pb2_grpc

    return test_pb2_grpc.TestServiceStub(channel)


@pytest.fixture(scope="session")
def python_server(generated) -> Iterator[str]:
    """Python's server of grpc.testing.TestService; its address."""
    from peers import python_service

    with python_service.running() as address:
        yield address


@pytest.fixture
def failing_server() -> Iterator[str]:
    """A server that ends every call with RESOURCE_EXHAUSTED; its address."""

    class Refusal(grpc.GenericRpcHandler):
        def service(self, details):
            def refuse(request, context):
                context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "come back later")

            return grpc.unary_unary_rpc_method_handler(refuse)

    server = grpc.server(futures.ThreadPoolExecutor(max_workers=2), handlers=[Refusal()])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(grace=None).wait()


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture(scope="session")
def authority(tmp_path_factory) -> certificates.Authority:
    return certificates.Authority(tmp_path_factory.mktemp("tls"), "authority")


@pytest.fixture(scope="session")
def stranger(tmp_path_factory) -> certificates.Authority:
    """A certificate authority that nobody trusts."""
    return certificates.Authority(tmp_path_factory.mktemp("stranger"), "stranger")


@pytest.fixture
def failure() -> Callable[[Callable], grpc.RpcError]:
    """The error with which a call ends that must not succeed."""

    def run(call: Callable) -> grpc.RpcError:
        with pytest.raises(grpc.RpcError) as error:
            call()
        return error.value

    return run


@pytest.fixture(scope="session")
def portal(tmp_path_factory) -> Iterator[web.Portal]:
    """The whole product with the demo tenant, for clients that speak to its gateway."""
    log = places.ARTIFACTS / "portico" / "interop.log"
    with portico.up(places.portico_binary(), tmp_path_factory.mktemp("portal"), "--demo", log=log) as running:
        yield web.Portal(running)


@pytest.fixture(params=[http.HTTP1, http.HTTP2], ids=lambda kind: kind.name, name="http")
def http_client(request, portal):
    """A client of either version of HTTP, at the demo's portal."""
    return request.param(portal.port, portal.host)


@pytest.fixture
def technician(request, portal, http):
    """Somebody of the staff, by the protocol that the module is about."""
    return request.module.CLIENT(http, portal.session("tomas"))


@pytest.fixture
def nobody(request, portal, http):
    """The same without a session."""
    return request.module.CLIENT(http, [])
