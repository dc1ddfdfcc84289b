"""R-138: our encoder, decoder and JSON beside those of Python's protobuf."""

import json
import os
import random
import struct
import subprocess

import pytest
from google.protobuf import json_format
from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet
from messages import NAMES, ROOT, Generator, mutated, types

SEEDS = [1, 2, 3, 5, 8, 13, 21]
EACH = 100


class Transcoder:
    """Our codec as a process; see Tests/Transcoder."""

    def __init__(self):
        binary = os.environ.get("PORTICO_TRANSCODER", str(ROOT / ".build/debug/transcoder"))
        self.process = subprocess.Popen([binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, operation: str, name: str, data: bytes) -> tuple[bool, bytes]:
        record = operation.encode() + name.encode() + b"\n" + data
        self.process.stdin.write(struct.pack("<I", len(record)) + record)
        self.process.stdin.flush()
        (size,) = struct.unpack("<I", self.process.stdout.read(4))
        answer = self.process.stdout.read(size)
        return answer[:1] == b"+", answer[1:]

    def expect(self, operation: str, name: str, data: bytes) -> bytes:
        is_done, result = self.ask(operation, name, data)
        assert is_done, f"{operation} {name} {data.hex()}: {result.decode()}"
        return result

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        assert self.process.wait(timeout=30) == 0


@pytest.fixture(scope="module")
def ours():
    transcoder = Transcoder()
    yield transcoder
    transcoder.close()


@pytest.fixture(scope="module")
def kinds(tmp_path_factory):
    return types(tmp_path_factory.mktemp("protos"))


def canonical(message) -> bytes:
    return message.SerializeToString(deterministic=True)


@pytest.mark.parametrize("name", NAMES)
def test_r138_messages_survive_both_ways(ours, kinds, name):
    kind = kinds[name]
    count = 0
    for seed in SEEDS:
        generator = Generator(seed)
        for _ in range(EACH):
            message = generator.message(kind)
            wire = message.SerializeToString()
            # Wire: theirs to ours and back.
            assert canonical(kind.FromString(ours.expect("w", name, wire))) == canonical(message)
            for to_json, from_json in (("j", "p"), ("J", "P")):
                # JSON: ours is read by them, theirs by us.
                text = ours.expect(to_json, name, wire)
                assert canonical(json_format.Parse(text, kind())) == canonical(message), text
                theirs = json_format.MessageToJson(message, ensure_ascii=False).encode()
                read = ours.expect(from_json, name, theirs)
                assert canonical(kind.FromString(read)) == canonical(message), theirs
                again = ours.expect(from_json, name, text)
                assert canonical(kind.FromString(again)) == canonical(message), text
            count += 1
    assert count == len(SEEDS) * EACH


@pytest.mark.parametrize("name", NAMES)
def test_r138_damaged_bytes_are_read_alike(ours, kinds, name):
    kind = kinds[name]
    read = 0
    for seed in SEEDS:
        generator, choose = Generator(seed), random.Random(seed)
        for _ in range(EACH):
            wire = mutated(generator.message(kind).SerializeToString(), choose)
            is_done, result = ours.ask("w", name, wire)
            try:
                theirs = kind.FromString(wire)
            except DecodeError:
                assert not is_done, f"they refuse {wire.hex()}"
                continue
            if not is_done and b"U+0000" in result:
                # Decision 0101: a text with U+0000 is refused.
                assert b"\0" in wire
                continue
            assert is_done, f"they take {wire.hex()}: {result.decode()}"
            if keeps_entries_whole(theirs):
                continue
            assert parts(kind.FromString(result)) == parts(theirs), wire.hex()
            read += 1
    assert read > 50, "too few of the damaged messages could be read for this to mean anything"


def inner_messages(message):
    """The messages that lie in the fields of a message."""
    for field, value in message.ListFields():
        if not field.message_type:
            continue
        if field.message_type.GetOptions().map_entry:
            if field.message_type.fields_by_name["value"].message_type:
                yield from (value[key] for key in sorted(value))
        elif field.is_repeated:
            yield from value
        else:
            yield value


def keeps_entries_whole(message) -> bool:
    """Whether an entry of a map held a field that entries do not have: they keep all of it unknown, we drop the field."""
    unknown = {field.field_number for field in UnknownFieldSet(message)}
    maps = {
        field.number
        for field in message.DESCRIPTOR.fields
        if field.message_type and field.message_type.GetOptions().map_entry
    }
    return bool(unknown & maps) or any(map(keeps_entries_whole, inner_messages(message)))


def unknown_fields(fields) -> list:
    return [
        (f.field_number, f.wire_type, unknown_fields(f.data) if f.wire_type == 3 else f.data) for f in fields
    ]


def parts(message) -> tuple:
    """What a message holds, known and unknown, however its tags were spelt."""
    return (
        unknown_fields(UnknownFieldSet(message)),
        [parts(inner) for inner in inner_messages(message)],
        without_unknown(message),
    )


def without_unknown(message) -> bytes:
    copy = type(message)()
    copy.CopyFrom(message)
    copy.DiscardUnknownFields()
    return canonical(copy)


def test_r138_json_that_they_refuse_we_refuse(ours, kinds):
    name = "portico.testing.v1.Scalars"
    for text in [
        '{"int32Value": 2147483648}', '{"int32Value": 1.5}', '{"int32Value": "x"}', '{"uint32Value": -1}',
        '{"boolValue": 1}', '{"boolValue": "true"}', '{"stringValue": 1}', '{"floatValue": 1e39}',
        '{"unknown": 1}', '{"colorValue": "COLOR_GREEN"}', '1', '{',
        '{"int64Value": "9223372036854775808"}', '{"int32Value": 1, "int32Value": 2}', '{"int32Value": 1,}',
        '{"stringValue": "\\ud800"}',
    ]:  # fmt: skip
        with pytest.raises((json_format.ParseError, UnicodeEncodeError)):
            json_format.Parse(text, kinds[name]())
        is_done, result = ours.ask("p", name, text.encode())
        assert not is_done, f"{text}: {result.hex()}"


def test_r138_json_that_only_we_refuse(ours):
    name = "portico.testing.v1.Scalars"
    for text in ['{"floatValue": "inf"}', "[]", '{"int32Value": 1, "int32_value": 2}', '{"stringValue": "\\u0000"}']:
        assert not ours.ask("p", name, text.encode())[0], text


def test_r138_json_that_they_take_we_take(ours, kinds):
    name = "portico.testing.v1.Scalars"
    for text in [
        '{"int32Value": 1e3}', '{"int32Value": "5"}', '{"int32_value": 5}', '{"int32Value": null}',
        '{"doubleValue": "NaN"}', '{"doubleValue": "-Infinity"}', '{"doubleValue": "1.5"}', '{"int32Value": 5.0}',
        '{"bytesValue": "_-8"}', '{"bytesValue": "/+8="}', '{"colorValue": 1}', '{"colorValue": 77}',
        '{"uint64Value": 18446744073709551615}', '{"int64Value": "-9223372036854775808"}', ' {\n} ',
    ]:  # fmt: skip
        theirs = json_format.Parse(text, kinds[name]())
        read = kinds[name].FromString(ours.expect("p", name, text.encode()))
        assert json.dumps(json_format.MessageToDict(read)) == json.dumps(json_format.MessageToDict(theirs)), text
