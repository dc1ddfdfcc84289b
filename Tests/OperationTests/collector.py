"""An OTLP collector of other people's parts: grpcio for the call, opentelemetry-proto for the messages."""

import concurrent.futures
import dataclasses
import threading

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc


@dataclasses.dataclass(frozen=True)
class Span:
    service: str
    name: str
    kind: int
    trace: str
    id: str
    parent: str
    failed: bool
    attributes: dict


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """Keeps every span that it is sent."""

    def __init__(self):
        self._spans: list[Span] = []
        self._came = threading.Condition()
        self._server = grpc.server(concurrent.futures.ThreadPoolExecutor(4))
        trace_service_pb2_grpc.add_TraceServiceServicer_to_server(self, self._server)
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()

    def Export(self, request, context):
        spans = []
        for part in request.resource_spans:
            service = next(a.value.string_value for a in part.resource.attributes if a.key == "service.name")
            for span in (span for scope in part.scope_spans for span in scope.spans):
                assert len(span.trace_id) == 16 and len(span.span_id) == 8
                assert 0 < span.start_time_unix_nano <= span.end_time_unix_nano
                spans.append(
                    Span(
                        service,
                        span.name,
                        span.kind,
                        span.trace_id.hex(),
                        span.span_id.hex(),
                        span.parent_span_id.hex(),
                        span.status.code == 2,
                        {a.key: a.value.string_value or a.value.int_value for a in span.attributes},
                    )
                )
        with self._came:
            self._spans += spans
            self._came.notify_all()
        return trace_service_pb2.ExportTraceServiceResponse()

    @property
    def spans(self) -> list[Span]:
        with self._came:
            return list(self._spans)

    def wait(self, condition, limit: float = 60) -> list[Span]:
        """The spans, once the condition holds of them."""
        with self._came:
            assert self._came.wait_for(lambda: condition(self._spans), limit), [span.name for span in self._spans]
            return list(self._spans)

    def stop(self) -> None:
        self._server.stop(None).wait()
