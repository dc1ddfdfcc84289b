"""The ticket list through the gateway of a whole `portico up`: JSON and HTML, over a demo tenant on SQLite."""

import dataclasses
import json
import pathlib
import subprocess
import tempfile
import time

from bench.browser import Browser
from bench.load import drive
from bench.server import Server

ROLE = "Administrator"
SHAPES = [(1, 1), (8, 8)]
"""Connections, and requests that each has under way."""

REQUESTS = 1500
"""A run. The gateway lets one address read 2000 times in a burst and 1000 times a second after that."""

PAGES = {
    "JSON": "/v1/accounts/-/tickets?pageSize=25",
    "HTML": "/tickets",
}


@dataclasses.dataclass(frozen=True)
class Row:
    page: str
    connections: int
    streams: int
    requests_per_second: float
    cpu_microseconds: float
    median_milliseconds: float
    p99_milliseconds: float
    bytes: int
    """Of one answer's body."""

    def __str__(self) -> str:
        return (
            f"{self.page} {self.connections}×{self.streams}: {self.requests_per_second:7.0f} requests/s"
            f" {self.cpu_microseconds:8.0f} µs CPU, p50 {self.median_milliseconds:.1f} ms,"
            f" p99 {self.p99_milliseconds:.1f} ms"
        )


@dataclasses.dataclass(frozen=True)
class Portal:
    rows: list[Row]
    start_seconds: float
    """From the start of the process on existing data to the whole first page."""
    idle_mebibytes: float
    loaded_mebibytes: float


class Installation:
    """`portico up` on its own data folder; use as a context manager."""

    def __init__(self, program: pathlib.Path):
        self.folder = tempfile.TemporaryDirectory(prefix="portico-bench-")
        command = [str(program), "up", "--data", self.folder.name, "--demo", "--print-json", "--port", "{port}"]
        # The first start makes the data, the second one is the one that counts.
        first = Server(command, limit=600, output=subprocess.PIPE)
        try:
            self.logins = json.loads(first.process.stdout.readline())["logins"]
        finally:
            first.stop()
        started = time.monotonic()
        self.server = Server(command, limit=60)
        try:
            while Browser(self.server.port).get("/login")[0] != 200:
                if time.monotonic() - started > 60:
                    raise RuntimeError("the portal shows no login page")
                time.sleep(0.01)
            self.start_seconds = time.monotonic() - started
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Installation":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        self.server.stop()
        self.folder.cleanup()


def measure(program: pathlib.Path, rounds: int) -> Portal:
    with Installation(program) as portal:
        server = portal.server
        idle = server.resident_mebibytes()
        browser = Browser(server.port)
        login = next(login for login in portal.logins if login["role"] == ROLE)
        browser.sign_in(login["user"], login["password"])
        rows = []
        for page, path in PAGES.items():
            status, body = browser.get(path)
            if status != 200:
                raise RuntimeError(f"{path} gave {status}")
            for connections, streams in SHAPES:
                rows.append(_row(server, browser, page, path, connections, streams, rounds, len(body)))
                print(rows[-1], flush=True)
        return Portal(rows, portal.start_seconds, idle, server.resident_mebibytes())


def _row(
    server: Server, browser: Browser, page: str, path: str, connections: int, streams: int, rounds: int, size: int
) -> Row:
    """The round in the middle by CPU."""
    runs = []
    url = f"http://{browser.host}{path}"
    headers = [f"cookie: {browser.cookie}", "accept-encoding: identity"]
    for _ in range(rounds):
        time.sleep(2)  # the address's bucket fills up again
        run = drive(server, url, REQUESTS, connections, streams, headers)
        runs.append(Row(
            page, connections, streams, run.per_second, run.cpu_microseconds,
            run.percentile(50) / 1000, run.percentile(99) / 1000, size))
    return sorted(runs, key=lambda row: row.cpu_microseconds)[len(runs) // 2]
