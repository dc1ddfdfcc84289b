"""Random messages of the testing protos, the same for the same seed."""

import random
import struct
import subprocess
from pathlib import Path

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import FieldDescriptor as Field

ROOT = Path(__file__).resolve().parents[2]

NAMES = [
    "portico.testing.v1.Node",
    "portico.testing.v1.Left",
    "portico.testing.v1.Scalars",
    "portico.testing.v1.Optionals",
    "portico.testing.v1.Lists",
    "portico.testing.v1.Choice",
    "portico.testing.v1.Keywords",
    "portico.testing.v1.Widget",
    "portico.testing.v1.Maps",
    "portico.testing.names.v1.Words",
    "portico.testing.names.v1.Shadows",
    "portico.testing.names.v1.Enums",
    "portico.testing.names.v1.Nodes",
    "portico.testing.names.v1.Chicken",
    "google.protobuf.Struct",
]

TEXTS = ["", "a", "ü", "naïve 😀", "<b>&\"\\/", "\u2028\u00a0\u007f", "line\nbreak\ttab", "x" * 200]
RANGES = {
    Field.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    Field.CPPTYPE_UINT32: (0, 2**32 - 1),
    Field.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    Field.CPPTYPE_UINT64: (0, 2**64 - 1),
}


def types(folder: Path) -> dict:
    """The message classes by full name, from the protos as protoc reads them."""
    target = folder / "set.bin"
    subprocess.run(
        ["protoc", "-I", ROOT / "proto", "--include_imports", f"--descriptor_set_out={target}",
         "portico/testing/v1/testing.proto", "portico/testing/v1/maps.proto",
         "portico/testing/names/v1/names.proto"],
        check=True,
    )  # fmt: skip
    files = descriptor_pb2.FileDescriptorSet.FromString(target.read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(name)) for name in NAMES
    }


class Generator:
    """Fills messages by their descriptors."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)

    def message(self, kind, depth: int = 0):
        message = kind()
        self.fill(message, depth)
        return message

    def fill(self, message, depth: int) -> None:
        descriptor = message.DESCRIPTOR
        special = getattr(self, "fill_" + descriptor.full_name.replace(".", "_"), None)
        if special:
            special(message, depth)
            return
        for field in descriptor.fields:
            if self.random.random() < (0.5 if depth == 0 else 0.3):
                self.set(message, field, depth)

    def set(self, message, field, depth: int) -> None:
        if field.message_type and depth > 4:
            return
        if field.message_type and field.message_type.GetOptions().map_entry:
            self.set_map(getattr(message, field.name), field, depth)
        elif field.is_repeated:
            values = getattr(message, field.name)
            for _ in range(self.random.choice([0, 1, 1, 2, 5])):
                if field.message_type:
                    self.fill(values.add(), depth + 1)
                else:
                    values.append(self.scalar(field))
        elif field.message_type:
            inner = getattr(message, field.name)
            inner.SetInParent()
            self.fill(inner, depth + 1)
        else:
            setattr(message, field.name, self.scalar(field))

    def set_map(self, values, field, depth: int) -> None:
        key, value = (field.message_type.fields_by_name[name] for name in ("key", "value"))
        for _ in range(self.random.choice([0, 1, 2, 4])):
            place = self.scalar(key)
            if value.message_type:
                self.fill(values[place], depth + 1)
            else:
                values[place] = self.scalar(value)

    def scalar(self, field):
        kind = field.cpp_type
        if kind in RANGES:
            low, high = RANGES[kind]
            choices = [0, 1, low, high, high >> 1, self.random.randint(low, high)]
            return self.random.choice([value for value in choices if low <= value <= high])
        if kind == Field.CPPTYPE_BOOL:
            return self.random.random() < 0.5
        if kind == Field.CPPTYPE_ENUM:
            known = [value.number for value in field.enum_type.values]
            return self.random.choice([*known, 99, -(2**31), 2**31 - 1])
        if kind in (Field.CPPTYPE_DOUBLE, Field.CPPTYPE_FLOAT):
            return self.number(kind)
        if field.type == Field.TYPE_BYTES:
            return self.random.randbytes(self.random.choice([0, 1, 2, 3, 16, 100]))
        return self.random.choice(TEXTS)

    def number(self, kind: int) -> float:
        value = self.random.choice(
            [0.0, -0.0, 1.0, -1.5, float("inf"), float("-inf"), 1e-45, 3.4e38, 0.1,
             self.random.uniform(-1e6, 1e6), 2.0**-1074 if kind == Field.CPPTYPE_DOUBLE else 2.0**-149]
        )  # fmt: skip
        # What a float field holds is a float already.
        return value if kind == Field.CPPTYPE_DOUBLE else struct.unpack("f", struct.pack("f", value))[0]

    # What JSON cannot spell is left to the tests of single values.

    def fill_google_protobuf_Timestamp(self, message, depth: int) -> None:
        message.seconds = self.random.choice([0, -62135596800, 253402300799, self.random.randint(-(10**9), 10**10)])
        message.nanos = self.random.choice([0, 1, 999999999, 500000000, 123456000])

    def fill_google_protobuf_Duration(self, message, depth: int) -> None:
        sign = self.random.choice([-1, 1])
        message.seconds = sign * self.random.choice([0, 1, 315576000000 - 1, self.random.randint(0, 10**6)])
        message.nanos = sign * self.random.choice([0, 1, 999999999, 500000000])

    def fill_google_protobuf_Value(self, message, depth: int) -> None:
        kinds = ["null_value", "number_value", "string_value", "bool_value"]
        if depth < 4:
            kinds += ["struct_value", "list_value"]
        kind = self.random.choice(kinds)
        if kind == "null_value":
            message.null_value = 0
        elif kind == "number_value":
            message.number_value = self.random.choice([0.0, -1.5, 1e300, 12345.0])
        elif kind == "string_value":
            message.string_value = self.random.choice(TEXTS)
        elif kind == "bool_value":
            message.bool_value = self.random.random() < 0.5
        elif kind == "struct_value":
            message.struct_value.SetInParent()
            self.fill_google_protobuf_Struct(message.struct_value, depth + 1)
        else:
            message.list_value.SetInParent()
            for _ in range(self.random.choice([0, 1, 3])):
                self.fill_google_protobuf_Value(message.list_value.values.add(), depth + 1)

    def fill_google_protobuf_Struct(self, message, depth: int) -> None:
        for _ in range(self.random.choice([0, 1, 2, 4])):
            self.fill_google_protobuf_Value(message.fields[self.random.choice(TEXTS)], depth + 1)


def mutated(data: bytes, choose: random.Random) -> bytes:
    """Wire bytes with a few of the things that go wrong, or are merely unusual."""
    out = bytearray(data)
    for _ in range(choose.randint(1, 3)):
        place = choose.randrange(len(out) + 1)
        what = choose.randrange(6)
        if what == 0 and out:
            out[place % len(out)] = choose.randrange(256)
        elif what == 1:
            del out[place : place + choose.randint(1, 4)]
        elif what == 2:
            out[place:place] = choose.randbytes(choose.randint(1, 4))
        elif what == 3:
            # A second copy merges, or comes last.
            out += data
        elif what == 4:
            # A field of a number and a wire type of its own.
            number, wire = choose.randint(1, 20), choose.choice([0, 1, 2, 5])
            value = {0: b"\x01", 1: b"12345678", 2: b"\x02\x08\x01", 5: b"1234"}[wire]
            tag = number << 3 | wire
            out += (bytes([tag]) if tag < 128 else bytes([tag & 127 | 128, tag >> 7])) + value
        else:
            number = choose.randint(1, 15)
            out += bytes([number << 3 | 3, 0x08, 0x01, number << 3 | 4])
    return bytes(out)
