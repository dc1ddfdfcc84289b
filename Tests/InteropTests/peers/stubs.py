"""Python's messages and stubs of proto/, made by grpcio-tools for one run of the tests.

Of gRPC's own services only grpc.testing is made here: health and reflection come from gRPC's packages.
"""

import importlib.resources
import pathlib
import sys

import grpc
from grpc_tools import protoc
from harness import places

FILES = [
    "grpc/testing/empty.proto",
    "grpc/testing/messages.proto",
    "grpc/testing/test.proto",
    "google/api/field_behavior.proto",
    "google/rpc/error_details.proto",
    "google/rpc/status.proto",
    "google/type/money.proto",
    "portico/access/v1/access.proto",
    "portico/testing/v1/testing.proto",
]


def generate(folder: pathlib.Path) -> None:
    """Writes them below `folder` and makes them importable: `grpc.testing` becomes a part of grpcio's `grpc`."""
    well_known = importlib.resources.files("grpc_tools") / "_proto"
    outcome = protoc.main(
        ["protoc", f"-I{places.ROOT / 'proto'}", f"-I{well_known}", f"--python_out={folder}", f"--grpc_python_out={folder}"]
        + FILES
    )
    if outcome != 0:
        raise RuntimeError("protoc refused proto/")
    sys.path.append(str(folder))
    grpc.__path__.append(str(folder / "grpc"))
