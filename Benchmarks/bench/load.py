"""One measurement: h2load against a server, with a check that every answer was whole."""

import dataclasses
import pathlib
import re
import subprocess
import tempfile
import time

from bench.server import LOAD_CORES, Server, on
from bench.wire import frame

CALL_HEADERS = [
    "content-type: application/grpc",
    "te: trailers",
    "grpc-timeout: 10S",
    "x-bench: portal-of-the-benchmark",
    "portico-request-id: 5f0c9a4e7b21d386",
    "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
]
"""What a call within the product carries: a deadline, metadata, and the ids that logs and traces follow."""


@dataclasses.dataclass(frozen=True)
class Shape:
    connections: int
    streams: int
    """Requests that each connection has under way."""

    def __str__(self) -> str:
        return f"{self.connections} × {self.streams}"


@dataclasses.dataclass(frozen=True)
class Run:
    """What one run of h2load saw; every request succeeded."""

    cpu_microseconds: float
    """Of the server, for one request."""
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


def call(
    server: Server, path: str, calls: int, shape: Shape, message: bytes, answer_bytes: int, tls: bool = False
) -> Run:
    """gRPC calls with one request message; each must be answered with `answer_bytes` of frames."""
    calls = max(calls, shape.connections)
    url = f"{'https' if tls else 'http'}://127.0.0.1:{server.port}{path}"
    run = drive(server, url, calls, shape.connections, shape.streams, CALL_HEADERS, frame(message))
    # gRPC failures are 200 as well, but have no message: the bytes of the answers tell.
    if run.body_bytes != calls * answer_bytes:
        raise RuntimeError(f"not every answer was whole: {run.body_bytes} bytes for {calls} calls")
    return run
