"""The product's own messages, as Python's protobuf makes them from proto/, in a pool of their own."""

import functools
import importlib.resources
import pathlib
import tempfile

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_tools import protoc
from harness import places


@functools.cache
def _pool() -> descriptor_pool.DescriptorPool:
    well_known = importlib.resources.files("grpc_tools") / "_proto"
    root = places.ROOT / "proto"
    files = [str(path.relative_to(root)) for path in sorted(root.glob("portico/*/v1/*.proto"))]
    files += ["google/rpc/status.proto", "google/rpc/error_details.proto"]
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "set.bin"
        arguments = ["protoc", f"-I{root}", f"-I{well_known}", "--include_imports", f"--descriptor_set_out={out}"]
        if protoc.main(arguments + files) != 0:
            raise RuntimeError("protoc refused proto/")
        described = descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in described.file:
        pool.Add(file)
    return pool


@functools.cache
def message(name: str) -> type:
    """The class of a message: `message("portico.ticketing.v1.Ticket")`."""
    return message_factory.GetMessageClass(_pool().FindMessageTypeByName(name))


class Method:
    """An rpc of the contract: `Method("portico.ticketing.v1.Tickets/GetTicket")`."""

    def __init__(self, name: str):
        service, self.name = name.split("/")
        self.service = service
        self.path = "/" + name
        described = _pool().FindServiceByName(service).FindMethodByName(self.name)
        self.request = message(described.input_type.full_name)
        self.answer = message(described.output_type.full_name)
        self.streams_requests: bool = described.client_streaming
        self.streams_answers: bool = described.server_streaming
        self.pure = described.GetOptions().idempotency_level == descriptor_pb2.MethodOptions.NO_SIDE_EFFECTS


def methods() -> list[Method]:
    """Every rpc of the product that has a route, in the order of the protos."""
    # By the pool's own class: whether Python's generated one knows the extension depends on what was imported before.
    options = message("google.protobuf.MethodOptions")
    route = _pool().FindExtensionByName("google.api.http")
    found = []
    for package in ("identity", "ticketing", "messaging", "billing", "cms"):
        file = _pool().FindFileByName(f"portico/{package}/v1/{package}.proto")
        for service in file.services_by_name.values():
            for method in service.methods:
                if options.FromString(method.GetOptions().SerializeToString()).HasExtension(route):
                    found.append(Method(f"{service.full_name}/{method.name}"))
    return found
