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


@dataclasses.dataclass(frozen=True)
class Run:
    """What one run of h2load saw; every request succeeded."""

    cpu_microseconds: float
    per_second: float
    took: list[int]
    """Microseconds of each request, ascending."""
    body_bytes: int

    def percentile(self, percent: int) -> float:
        return self.took[min(len(self.took) - 1, len(self.took) * percent // 100)]


def drive(
    server: Server, url: str, requests: int, connections: int, streams: int, headers: list[str], body: bytes = b""
) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder, "log")
        command = ["h2load", "-n", str(requests), "-c", str(connections), "-m", str(streams), "-t", "1"]
        for header in headers:
            command += ["-H", header]
        if body:
            data = pathlib.Path(folder, "body")
            data.write_bytes(body)
            command += ["-d", str(data)]
        command += [f"--log-file={log}", url]
        before, start = server.cpu_seconds(), time.monotonic()
        output = subprocess.run(on(LOAD_CORES, command), check=True, capture_output=True, text=True).stdout
        elapsed, after = time.monotonic() - start, server.cpu_seconds()
        took = sorted(int(line.split("\t")[2]) for line in log.read_text().splitlines())
    succeeded = re.search(r"(\d+) 2xx", output)
    data_bytes = re.search(r"\((\d+)\) data", output)
    if not succeeded or int(succeeded[1]) != requests or not data_bytes:
        raise RuntimeError(f"not every request succeeded:\n{output}")
    return Run((after - before) / requests * 1e6, requests / elapsed, took, int(data_bytes[1]))


def measure(server: Server, path: str, calls: int) -> Result:
    run = drive(
        server, f"http://127.0.0.1:{server.port}{path}", calls, CONNECTIONS, STREAMS,
        ["content-type: application/grpc", "te: trailers"], frame())
    # gRPC failures are 200 as well, but have no message: the bytes of the answers tell.
    if run.body_bytes != calls * len(frame()):
        raise RuntimeError(f"not every answer was the echo: {run.body_bytes} bytes for {calls} calls")
    return Result(run.cpu_microseconds, run.per_second, statistics.median(run.took))
