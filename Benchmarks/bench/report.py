"""docs/benchmarks.md: the table, and what is needed to judge it."""

import datetime
import os
import platform
import re
import subprocess
from collections.abc import Mapping

from bench.load import CONNECTIONS, PAYLOAD, STREAMS

BASELINE = "nghttpd (C)"


def _first(command: list[str], pattern: str) -> str:
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(pattern, output)
    return found[1] if found else "unknown"


def _processor() -> str:
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        found = re.search(r"model name\s*: (.*)", file.read())
    return found[1] if found else platform.machine()


def markdown(results: Mapping, calls: int, rounds: int) -> str:
    baseline = next(own.cpu_microseconds for peer, own in results.items() if peer.name == BASELINE)
    rows = [
        f"| {peer.name} | {own.cpu_microseconds:.2f} | {own.cpu_microseconds / baseline:.1f} |"
        f" {own.calls_per_second:,.0f} | {own.median_microseconds:,.0f} |"
        for peer, own in sorted(results.items(), key=lambda item: item[1].cpu_microseconds)
    ]
    swift = _first(["swift", "--version"], r"Swift version (\S+)")
    h2load = _first(["h2load", "--version"], r"nghttp2/(\S+)")
    return f"""# Benchmarks

Written by `make bench` (`Benchmarks/run`); do not edit by hand.

## Unary echo

{PAYLOAD} bytes of payload, {CONNECTIONS} connections of {STREAMS} streams each, plaintext HTTP/2 on loopback, h2load on the same machine.
Every server has one core and one event loop, the load has the other cores. The servers take turns; each figure is the
median of {rounds} rounds of {calls:,} calls.

| server | server CPU, µs a call | of nghttpd | calls a second | median, µs |
|---|---:|---:|---:|---:|
{chr(10).join(rows)}

CPU is the process's user and system time. nghttpd reads the request and answers the same bytes from memory: it
knows no gRPC and is the floor. grpc-swift-2 moves bytes without decoding a message; Portico decodes and encodes one.

{datetime.date.today().isoformat()} · {_processor()}, {os.cpu_count()} cores · Linux {platform.release()} · Swift {swift} · nghttp2 {h2load}
"""
