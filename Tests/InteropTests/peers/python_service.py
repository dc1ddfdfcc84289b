"""grpc.testing.TestService on grpcio, as gRPC's descriptions of its interoperability tests say.

grpcio does not tell a handler whether a message came compressed, so this server cannot look at `expect_compressed`.
"""

import contextlib
import time
from collections.abc import Iterator
from concurrent import futures

import grpc
from grpc.testing import empty_pb2, messages_pb2, test_pb2_grpc

INITIAL = "x-grpc-test-echo-initial"
TRAILING = "x-grpc-test-echo-trailing-bin"


class TestServer(test_pb2_grpc.TestServiceServicer):
    def __init__(self):
        self.identity = f"python-{id(self)}"

    def EmptyCall(self, request, context):
        _echo_metadata(context)
        return empty_pb2.Empty()

    def UnaryCall(self, request, context):
        if request.response_compressed.value:
            context.set_compression(grpc.Compression.Gzip)
        _echo_metadata(context)
        _echo_status(request, context)
        response = messages_pb2.SimpleResponse(payload=_zeros(request.response_size))
        if request.fill_server_id:
            response.server_id = self.identity
        return response

    def CacheableUnaryCall(self, request, context):
        return messages_pb2.SimpleResponse(payload=messages_pb2.Payload(body=str(time.time_ns()).encode()))

    def StreamingOutputCall(self, request, context):
        if any(parameters.compressed.value for parameters in request.response_parameters):
            context.set_compression(grpc.Compression.Gzip)
        _echo_metadata(context)
        yield from _responses(request, context)

    def StreamingInputCall(self, requests, context):
        _echo_metadata(context)
        total = sum(len(request.payload.body) for request in requests)
        return messages_pb2.StreamingInputCallResponse(aggregated_payload_size=total)

    def FullDuplexCall(self, requests, context):
        _echo_metadata(context)
        for request in requests:
            yield from _responses(request, context)

    def HalfDuplexCall(self, requests, context):
        for request in list(requests):
            yield from _responses(request, context)


def _zeros(size: int):
    return messages_pb2.Payload(body=bytes(size))


def _responses(request, context):
    for parameters in request.response_parameters:
        time.sleep(parameters.interval_us / 1_000_000)
        if not parameters.compressed.value:
            context.disable_next_message_compression()
        yield messages_pb2.StreamingOutputCallResponse(payload=_zeros(parameters.size))
    _echo_status(request, context)


def _echo_metadata(context) -> None:
    """Sends the headers: what is set by `set_compression` must be set before."""
    metadata = context.invocation_metadata()
    context.send_initial_metadata([(key, value) for key, value in metadata if key == INITIAL])
    context.set_trailing_metadata([(key, value) for key, value in metadata if key == TRAILING])


def _echo_status(request, context) -> None:
    if request.HasField("response_status") and request.response_status.code != 0:
        codes = {code.value[0]: code for code in grpc.StatusCode}
        context.abort(codes[request.response_status.code], request.response_status.message)


@contextlib.contextmanager
def running(credentials: grpc.ServerCredentials | None = None) -> Iterator[str]:
    """Serves on a free port until the end of the block; its address."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
    test_pb2_grpc.add_TestServiceServicer_to_server(TestServer(), server)
    if credentials is None:
        port = server.add_insecure_port("127.0.0.1:0")
    else:
        port = server.add_secure_port("127.0.0.1:0", credentials)
    server.start()
    try:
        yield f"localhost:{port}" if credentials else f"127.0.0.1:{port}"
    finally:
        server.stop(grace=None).wait()
