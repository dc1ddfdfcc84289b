"""R-033, R-034: gRPC's own clients of reflection and health at our server."""

import grpc
import pytest
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

SERVICES = [
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
    "grpc.testing.TestService",
    "portico.testing.v1.Nesting",
]


@pytest.fixture
def database(channel) -> ProtoReflectionDescriptorDatabase:
    return ProtoReflectionDescriptorDatabase(channel)


def ask(channel, *requests, version="v1alpha"):
    """The answers of one stream; version v1 has the messages of v1alpha under another package."""
    method = f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo"
    call = channel.stream_stream(
        method, reflection_pb2.ServerReflectionRequest.SerializeToString,
        reflection_pb2.ServerReflectionResponse.FromString,
    )
    return list(call(iter(requests), timeout=30))


def names(response) -> list[str]:
    return [
        descriptor_pb2.FileDescriptorProto.FromString(file).name
        for file in response.file_descriptor_response.file_descriptor_proto
    ]


def test_the_services_are_listed(database):
    assert sorted(database.get_services()) == SERVICES


def test_both_versions_answer(channel):
    for version in ("v1", "v1alpha"):
        request = reflection_pb2.ServerReflectionRequest(host="here", list_services="")
        (response,) = ask(channel, request, version=version)
        assert [service.name for service in response.list_services_response.service] == SERVICES
        assert response.valid_host == "here" and response.original_request == request


def test_a_client_that_knows_nothing_can_call(channel, database):
    """Builds the messages from what the server tells, and calls with them."""
    pool = DescriptorPool(database)
    from google.protobuf import message_factory

    method = pool.FindServiceByName("portico.testing.v1.Nesting").FindMethodByName("Echo")
    node = message_factory.GetMessageClass(method.input_type)
    call = channel.unary_unary("/portico.testing.v1.Nesting/Echo", node.SerializeToString, node.FromString)
    tree = node(text="root", child=node(text="only"), children=[node(text="a"), node(text="b")])
    assert call(tree, timeout=30) == tree


@pytest.mark.parametrize(
    "symbol, file",
    [
        ("grpc.testing.TestService", "grpc/testing/test.proto"),
        ("grpc.testing.TestService.UnaryCall", "grpc/testing/test.proto"),
        ("grpc.testing.SimpleRequest", "grpc/testing/messages.proto"),
        ("grpc.testing.SimpleRequest.payload", "grpc/testing/messages.proto"),
        ("grpc.testing.PayloadType", "grpc/testing/messages.proto"),
        ("grpc.testing.COMPRESSABLE", "grpc/testing/messages.proto"),
        ("portico.access.v1.rule", "portico/access/v1/access.proto"),
    ],
)
def test_symbols_of_every_kind(channel, symbol, file):
    (response,) = ask(channel, reflection_pb2.ServerReflectionRequest(file_containing_symbol=symbol))
    assert names(response)[0] == file


def test_extensions(channel):
    options = "google.protobuf.MethodOptions"
    found, numbers, none = ask(
        channel,
        reflection_pb2.ServerReflectionRequest(
            file_containing_extension=dict(containing_type=options, extension_number=51210)
        ),
        reflection_pb2.ServerReflectionRequest(all_extension_numbers_of_type=options),
        reflection_pb2.ServerReflectionRequest(all_extension_numbers_of_type="grpc.testing.Empty"),
    )
    assert names(found)[0] == "portico/access/v1/access.proto"
    assert list(numbers.all_extension_numbers_response.extension_number) == [51210]
    assert none.all_extension_numbers_response.base_type_name == "grpc.testing.Empty"
    assert list(none.all_extension_numbers_response.extension_number) == []


def test_imports_come_once_a_stream(channel):
    request = reflection_pb2.ServerReflectionRequest(file_by_filename="grpc/testing/test.proto")
    first, second = ask(channel, request, request)
    assert set(names(first)) == {"grpc/testing/test.proto", "grpc/testing/empty.proto", "grpc/testing/messages.proto"}
    assert names(second) == ["grpc/testing/test.proto"]


@pytest.mark.parametrize(
    "request_",
    [
        reflection_pb2.ServerReflectionRequest(file_by_filename="no.proto"),
        reflection_pb2.ServerReflectionRequest(file_containing_symbol="no.Such"),
        reflection_pb2.ServerReflectionRequest(file_containing_extension=dict(containing_type="no.Such", extension_number=1)),
        reflection_pb2.ServerReflectionRequest(all_extension_numbers_of_type="no.Such"),
    ],
    ids=lambda request: request.WhichOneof("message_request"),
)
def test_what_is_missing_is_told_and_the_stream_goes_on(channel, request_):
    missing, listed = ask(channel, request_, reflection_pb2.ServerReflectionRequest(list_services="*"))
    assert missing.error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0]
    assert len(listed.list_services_response.service) == len(SERVICES)


def test_every_service_is_healthy(channel, failure):
    health = health_pb2_grpc.HealthStub(channel)
    for name in ["", *SERVICES[:1], *SERVICES[3:]]:
        answer = health.Check(health_pb2.HealthCheckRequest(service=name), timeout=30)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
    error = failure(lambda: health.Check(health_pb2.HealthCheckRequest(service="nobody"), timeout=30))
    assert error.code() == grpc.StatusCode.NOT_FOUND


def test_the_state_of_all_services_at_once(channel):
    health = health_pb2_grpc.HealthStub(channel)
    listed = health.List(health_pb2.HealthListRequest(), timeout=30)
    assert set(listed.statuses) >= {"", "grpc.testing.TestService", "portico.testing.v1.Nesting"}
    assert {state.status for state in listed.statuses.values()} == {health_pb2.HealthCheckResponse.SERVING}


def test_a_watch_of_an_unknown_service_begins_with_that(channel):
    watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(service="nobody"), timeout=30)
    assert next(watch).status == health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
    watch.cancel()
