"""Every service but identity, made of Python's gRPC, behind the product's own gateway: what the gateway makes of JSON is seen
here, and what is answered here comes out as the gateway's JSON."""

import contextlib
from collections.abc import Iterator
from concurrent import futures

import grpc

from peers import contract


class Echo(grpc.GenericRpcHandler):
    """Takes every method of the contract with one message each way: keeps the request's bytes in `request`, and answers
    with `answer`."""

    def __init__(self):
        self.request: bytes | None = None
        self.answer = b""
        self._paths = {
            method.path for method in contract.methods() if not method.streams_requests and not method.streams_answers
        }

    def service(self, details):
        return grpc.unary_unary_rpc_method_handler(self._answer) if details.method in self._paths else None

    def _answer(self, request: bytes, context) -> bytes:
        self.request = request
        return self.answer


@contextlib.contextmanager
def running() -> Iterator[tuple[Echo, str]]:
    """Serves on a free port until the end of the block; the echo and its address."""
    echo = Echo()
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8), handlers=[echo])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield echo, f"127.0.0.1:{port}"
    finally:
        server.stop(grace=None).wait()
