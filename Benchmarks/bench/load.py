"""One measurement: h2load against a server, with a check that every answer was whole."""

import dataclasses
import pathlib
import re
import statistics
import subprocess
import tempfile
import time

from bench.server import LOAD_CORES, Server, on

CONNECTIONS = 8
STREAMS = 32
PAYLOAD = 64


def frame() -> bytes:
    """A gRPC frame: not compressed, then a message whose field 1 is 64 bytes (google.protobuf.BytesValue)."""
    message = b"\x0a" + bytes([PAYLOAD]) + b"x" * PAYLOAD
    return b"\0" + len(message).to_bytes(4, "big") + message


@dataclasses.dataclass(frozen=True)
class Result:
    cpu_microseconds: float
    """Of the server, for one call."""
    calls_per_second: float
    median_microseconds: float
    """From the request's start to the end of its answer, as the client sees it under this load."""

    def __str__(self) -> str:
        return (
            f"{self.cpu_microseconds:8.2f} µs CPU a call {self.calls_per_second:10.0f} calls/s"
            f" {self.median_microseconds:8.0f} µs median"
        )


def measure(server: Server, path: str, calls: int) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        data = pathlib.Path(folder, "frame")
        data.write_bytes(frame())
        log = pathlib.Path(folder, "log")
        command = ["h2load", "-n", str(calls), "-c", str(CONNECTIONS), "-m", str(STREAMS), "-t", "1"]
        command += ["-d", str(data), "-H", "content-type: application/grpc", "-H", "te: trailers"]
        command += [f"--log-file={log}", f"http://127.0.0.1:{server.port}{path}"]
        before, start = server.cpu_seconds(), time.monotonic()
        output = subprocess.run(on(LOAD_CORES, command), check=True, capture_output=True, text=True).stdout
        elapsed, after = time.monotonic() - start, server.cpu_seconds()
        _check(output, calls)
        took = [int(line.split("\t")[2]) for line in log.read_text().splitlines()]
    return Result((after - before) / calls * 1e6, calls / elapsed, statistics.median(took))


def _check(output: str, calls: int) -> None:
    """gRPC failures are 200 as well, but have no message: the bytes of the answers tell."""
    succeeded = re.search(r"(\d+) succeeded", output)
    data = re.search(r"\((\d+)\) data", output)
    if not succeeded or int(succeeded[1]) != calls:
        raise RuntimeError(f"not every call succeeded:\n{output}")
    if not data or int(data[1]) != calls * len(frame()):
        raise RuntimeError(f"not every answer was the echo:\n{output}")
