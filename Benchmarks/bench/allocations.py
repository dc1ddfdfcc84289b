"""How many blocks of memory the server asks malloc for in one unary call: a figure that no neighbour disturbs."""

import pathlib
import subprocess
import tempfile

from bench.echo import COUNTED, ECHO
from bench.load import Shape, call
from bench.server import Server
from bench.wire import bytes_value, frame

CALLS = 20_000
SHAPE = Shape(1, 32)
AT_MOST = 19
"""What a call may cost; more fails the run. Lower it when a call has become cheaper."""


def measure() -> float:
    with Server([str(COUNTED), "{port}"]) as server:
        message = bytes_value(64)
        call(server, ECHO, 1000, SHAPE, message, len(frame(message)))
        before = _count(server)
        call(server, ECHO, CALLS, SHAPE, message, len(frame(message)))
        found = (_count(server) - before) / CALLS
    print(f"{found:.2f} allocations a call", flush=True)
    return found


def _count(server: Server) -> int:
    """The server's own count, a google.protobuf.UInt64Value."""
    with tempfile.TemporaryDirectory() as folder:
        body, answer = pathlib.Path(folder, "body"), pathlib.Path(folder, "answer")
        body.write_bytes(frame(b""))
        subprocess.run(
            ["curl", "--silent", "--show-error", "--max-time", "20", "--http2-prior-knowledge", "--output", str(answer),
             "--header", "content-type: application/grpc", "--header", "te: trailers", "--data-binary", f"@{body}",
             f"http://127.0.0.1:{server.port}/portico.bench.v1.Allocations/Count"],
            check=True)
        digits = answer.read_bytes()[6:]
    return sum((byte & 0x7F) << 7 * place for place, byte in enumerate(digits))
