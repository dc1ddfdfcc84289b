"""As much of protobuf and gRPC framing as the load needs."""


def varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def frame(message: bytes) -> bytes:
    """A gRPC message that is not compressed."""
    return b"\0" + len(message).to_bytes(4, "big") + message


def bytes_value(size: int) -> bytes:
    """google.protobuf.BytesValue with `size` bytes."""
    return b"\x0a" + varint(size) + b"x" * size


def int64_value(value: int) -> bytes:
    return b"\x08" + varint(value)
