"""What can be written through the API, read from the protos: a field that is added tomorrow is attacked tomorrow."""

import dataclasses
import pathlib
import re
import tempfile
import uuid
from functools import cache

import grpc_tools
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from grpc_tools import protoc

from harness import places

OUTPUT_ONLY, IDENTIFIER = 3, 8
"""google.api.FieldBehavior"""


@dataclasses.dataclass(frozen=True)
class Operation:
    """One way in which the API reaches a method."""

    method: MethodDescriptor
    verb: str
    template: str
    body: str

    @property
    def name(self) -> str:
        return self.method.name

    @property
    def variables(self) -> dict[str, str]:
        """Variable → its pattern: `parent` → `accounts/*`."""
        return dict(re.findall(r"\{([\w.]+)=([^}]*)\}", self.template))

    def path(self, names: dict[str, str]) -> str:
        """The path with every variable replaced by the name for its pattern."""
        return re.sub(r"\{[\w.]+=([^}]*)\}", lambda match: names[match.group(1)], self.template)

    @property
    def message(self):
        """What the JSON body is: the whole request, or the field that the rule names."""
        request = self.method.input_type
        return request if self.body in ("*", "") else request.fields_by_name[self.body].message_type

    @property
    def prefix(self) -> str:
        """What stands before the paths of the body's fields in a violation."""
        return "" if self.body == "*" else f"{self.body}."


@cache
def _pool() -> tuple[descriptor_pool.DescriptorPool, list[descriptor_pb2.FileDescriptorProto]]:
    root = places.ROOT / "proto"
    well_known = pathlib.Path(grpc_tools.__file__).parent / "_proto"
    sources = [str(path.relative_to(root)) for path in sorted(root.glob("portico/*/v1/*.proto"))]
    with tempfile.TemporaryDirectory() as folder:
        target = pathlib.Path(folder) / "set.bin"
        command = ["protoc", f"-I{root}", f"-I{well_known}", "--include_imports", f"--descriptor_set_out={target}"]
        if protoc.main([*command, *sources]) != 0:
            raise RuntimeError("protoc refused proto/")
        files = descriptor_pb2.FileDescriptorSet.FromString(target.read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return pool, list(files.file)


def _read(options, kind: str, extension: str):
    pool, _ = _pool()
    known = message_factory.GetMessageClass(pool.FindMessageTypeByName(f"google.protobuf.{kind}"))
    read = known.FromString(options.SerializeToString())
    return read.Extensions[pool.FindExtensionByName(extension)]


def operations() -> list[Operation]:
    """Every method that the API has a path for."""
    pool, files = _pool()
    found = []
    for file in files:
        # Services of the tests are not part of the product.
        if file.package.startswith("portico.testing"):
            continue
        for service in file.service:
            for method in pool.FindServiceByName(f"{file.package}.{service.name}").methods:
                rule = _read(method.GetOptions(), "MethodOptions", "google.api.http")
                verb = rule.WhichOneof("pattern")
                if verb is not None:
                    found.append(Operation(method, verb.upper(), getattr(rule, verb), rule.body))
    return found


def behavior(field: FieldDescriptor) -> set[int]:
    return set(_read(field.GetOptions(), "FieldOptions", "google.api.field_behavior"))


_PLAIN = {
    "google.type.Money": lambda: {"currencyCode": "EUR", "units": "10"},
    "google.type.Date": lambda: {"year": 2031, "month": 2, "day": 3},
    "google.protobuf.Timestamp": lambda: "2031-02-03T04:05:06Z",
    "google.protobuf.Duration": lambda: "3600s",
}
_NOT_TEXT = ("etag", "request_id", "update_mask")


def compose(message, text, path: str = "", depth: int = 0) -> dict:
    """JSON of a message in which every string that a client may write is `text(path)`; None leaves it out. The path is
    the proto's, `ticket.title`. Of a oneof the first that is not left out is taken.
    """
    value = {}
    chosen = set()
    for field in message.fields:
        if field.name == "request_id" and not path:
            value[field.json_name] = uuid.uuid4().hex
        if field.name in _NOT_TEXT or behavior(field) & {OUTPUT_ONLY, IDENTIFIER}:
            continue
        choice = field.containing_oneof
        if choice is not None and choice in chosen:
            continue
        made = _value(field, text, f"{path}{field.name}", depth)
        if made is not None and made != {}:
            chosen |= {choice} - {None}
            value[field.json_name] = [made] if field.is_repeated else made
    return value


def _value(field: FieldDescriptor, text, path: str, depth: int):
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING and field.type == FieldDescriptor.TYPE_STRING:
        return text(path)
    if field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
        plain = _PLAIN.get(field.message_type.full_name)
        if plain:
            return plain() if text(path + "?") is not None and field.name != "discount" else None
        if field.message_type.full_name.startswith("google.") or depth > 3:
            return None
        return compose(field.message_type, text, path + ".", depth + 1) if text(path + "?") is not None else None
    if text(path + "?") is None:
        return None
    if field.cpp_type == FieldDescriptor.CPPTYPE_ENUM:
        return field.enum_type.values[1].name
    if field.cpp_type in (FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_UINT32):
        return 1
    if field.cpp_type in (FieldDescriptor.CPPTYPE_INT64, FieldDescriptor.CPPTYPE_UINT64):
        return "1000"
    return None
