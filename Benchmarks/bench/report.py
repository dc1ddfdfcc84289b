"""docs/benchmarks.md: the table, and what is needed to judge it."""

import datetime
import os
import platform
import re
import subprocess
from collections.abc import Mapping

from bench.load import CONNECTIONS, PAYLOAD, STREAMS
from bench.tickets import PAGES, REQUESTS, ROLE, Portal

BASELINE = "nghttpd (C)"


def _first(command: list[str], pattern: str) -> str:
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(pattern, output)
    return found[1] if found else "unknown"


def _processor() -> str:
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        found = re.search(r"model name\s*: (.*)", file.read())
    return found[1] if found else platform.machine()


def markdown(results: Mapping, portal: Portal, calls: int, rounds: int, load: float) -> str:
    baseline = next(own.cpu_microseconds for peer, own in results.items() if peer.name == BASELINE)
    rows = [
        f"| {peer.name} | {own.cpu_microseconds:.2f} | {own.cpu_microseconds / baseline:.1f} |"
        f" {own.calls_per_second:,.0f} | {own.median_microseconds:,.0f} |"
        for peer, own in sorted(results.items(), key=lambda item: item[1].cpu_microseconds)
    ]
    swift = _first(["swift", "--version"], r"Swift version (\S+)")
    h2load = _first(["h2load", "--version"], r"nghttp2/(\S+)")
    lists = [
        f"| {row.page} | {row.connections} × {row.streams} | {row.requests_per_second:,.0f} | {row.cpu_microseconds:,.0f} |"
        f" {row.median_milliseconds:.1f} | {row.p99_milliseconds:.1f} | {row.bytes:,} |"
        for row in portal.rows
    ]
    paths = ", ".join(f"{page} `GET {path}`" for page, path in PAGES.items())
    return f"""# Benchmarks

Written by `make bench` (`Benchmarks/run`); do not edit by hand.

{datetime.date.today().isoformat()} · {_processor()}, {os.cpu_count()} cores · Linux {platform.release()} · Swift {swift} · nghttp2 {h2load}.
{_neighbours(load)}

## Unary echo

{PAYLOAD} bytes of payload, {CONNECTIONS} connections of {STREAMS} streams each, plaintext HTTP/2 on loopback, h2load on the same machine.
Every server has one core and one event loop, the load has the other cores. The servers take turns; each figure is the
median of {rounds} rounds of {calls:,} calls.

| server | server CPU, µs a call | of nghttpd | calls a second | median, µs |
|---|---:|---:|---:|---:|
{chr(10).join(rows)}

CPU is the process's user and system time. nghttpd reads the request and answers the same bytes from memory: it
knows no gRPC and is the floor. grpc-swift-2 moves bytes without decoding a message; Portico decodes and encodes one.

## The ticket list through the gateway

`portico up` with the demo tenant on SQLite: gateway and five services in one process on one core, plaintext HTTP/2 from
h2load on the other cores, with the session cookie of the role {ROLE}. {paths}. Each figure is the median
of {rounds} rounds of {REQUESTS:,} requests. The gateway remembers the session's principal and the portal's settings for up to
a minute; everything else is asked for anew.

| answer | connections × streams | requests a second | CPU, µs a request | p50, ms | p99, ms | bytes |
|---|---|---:|---:|---:|---:|---:|
{chr(10).join(lists)}

CPU is that of the whole process: TLS-free HTTP, session, calls to the services over local sockets, SQL, JSON or HTML.

From the start of the process on existing data to the whole first page: {portal.start_seconds:.2f} s (target: 2 s). Resident memory:
{portal.idle_mebibytes:.0f} MiB after that page, {portal.loaded_mebibytes:.0f} MiB after the load above.
"""


def _neighbours(load: float) -> str:
    """Whether the machine was quiet when the run began."""
    if load < 0.2:
        return "The machine did nothing else."
    return (
        f"**Other work ran on the machine** ({load:.1f} cores' worth just before): the ratios of one run hold, the"
        " absolute times and rates are worse than on a quiet machine."
    )
