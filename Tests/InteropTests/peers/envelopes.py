"""The envelopes that gRPC-Web and Connect carry messages in: a byte of flags, a length of four bytes, the message."""

import struct
from collections.abc import Iterable, Iterator


def envelope(message: bytes, flags: int = 0) -> bytes:
    return struct.pack(">BI", flags, len(message)) + message


def opened(pieces: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Flags and message of each envelope of a body, as it comes; the body ends behind one."""
    rest = b""
    for piece in pieces:
        rest += piece
        while len(rest) >= 5:
            flags, count = struct.unpack(">BI", rest[:5])
            if len(rest) < 5 + count:
                break
            yield flags, rest[5 : 5 + count]
            rest = rest[5 + count :]
    assert rest == b"", "the body ends inside an envelope"
