"""Messages of 4 MiB that are made to cost memory (R-121, R-122): what they do to the server's peak, and the answer."""

import dataclasses
import pathlib
import re
import subprocess
import tempfile

from bench.echo import ECHO, PORTICO, SERVICE
from bench.server import Server
from bench.wire import bytes_value, frame, varint

SIZE = 4 * 1024 * 1024 - 16
OK, INTERNAL, RESOURCE_EXHAUSTED = "0", "13", "8"


@dataclasses.dataclass(frozen=True)
class Attack:
    name: str
    path: str
    message: bytes
    accepted: tuple[str, ...]
    """gRPC statuses that are right: 13 for what is no message, 8 for what costs too much, 0 for what is cheap enough."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    name: str
    status: str
    is_right: bool
    growth: float
    """Of the server's peak resident memory, in sizes of the message."""


def attacks() -> list[Attack]:
    pairs = SIZE // 2
    return [
        Attack("unknown fields of 2 bytes", ECHO, b"\x78\x01" * pairs, (RESOURCE_EXHAUSTED,)),
        # As many as the scan lets through.
        Attack("unknown fields of 16 bytes", ECHO, (b"\x7a\x0e" + b"x" * 14) * (SIZE // 16 - 1), (OK, RESOURCE_EXHAUSTED)),
        Attack("empty sub-messages", SERVICE + "List", b"\x0a\x00" * pairs, (RESOURCE_EXHAUSTED,)),
        Attack("a repeated string", SERVICE + "Mask", b"\x0a\x00" * pairs, (RESOURCE_EXHAUSTED,)),
        Attack("nesting", SERVICE + "List", _nested(), (INTERNAL, RESOURCE_EXHAUSTED)),
    ]


def _nested() -> bytes:
    """A ListValue in a Value in a ListValue …, as deep as fits."""
    # Built from the outside in, so that it takes no more than one pass: the lengths are known from the depth.
    sizes, total = [], 0
    while total < SIZE - 16:
        inner = 1 + len(varint(total)) + total
        sizes.append((total, inner))
        total = 1 + len(varint(inner)) + inner
    return b"".join(b"\x0a" + varint(inner) + b"\x32" + varint(size) for size, inner in reversed(sizes))


def measure() -> list[Outcome]:
    outcomes = []
    for attack in attacks():
        with Server(PORTICO.command()) as server:
            # An honest call of that size first: its buffers are not the attack's.
            _post(server, ECHO, bytes_value(64))
            before = server.resident_kibibytes()
            server.forget_peak()
            status = _post(server, attack.path, attack.message)
            growth = (server.peak_kibibytes() - before) * 1024 / len(attack.message)
            honest = _post(server, ECHO, bytes_value(64))
        outcomes.append(Outcome(
            attack.name, status, status in attack.accepted and honest == OK, max(0.0, growth)))
        print(f"hostile {outcomes[-1]}", flush=True)
    return outcomes


def _post(server: Server, path: str, message: bytes) -> str:
    """The gRPC status of one call."""
    with tempfile.TemporaryDirectory() as folder:
        body = pathlib.Path(folder, "body")
        body.write_bytes(frame(message))
        head = subprocess.run(
            ["curl", "--silent", "--show-error", "--max-time", "60", "--http2-prior-knowledge", "--dump-header", "-",
             "--output", "/dev/null", "--header", "content-type: application/grpc", "--header", "te: trailers",
             "--header", "expect:", "--data-binary", f"@{body}", f"http://127.0.0.1:{server.port}{path}"],
            check=False, capture_output=True, text=True)
    found = re.search(r"^grpc-status: (\d+)", head.stdout, re.MULTILINE)
    return found[1] if found else f"none ({head.stderr.strip()})"
