"""docs/benchmarks.md: the targets, the tables behind them, and what is needed to judge them."""

import datetime
import os
import platform
import re
import subprocess

from bench import streams, targets
from bench.clients import IN_FLIGHT
from bench.idle import CONNECTIONS, QUIET
from bench.load import CALL_HEADERS
from bench.tickets import PAGES, REQUESTS, ROLE, Portal


def _first(command: list[str], pattern: str) -> str:
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(pattern, output)
    return found[1] if found else "unknown"


def machine() -> str:
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        found = re.search(r"model name\s*: (.*)", file.read())
    return found[1] if found else platform.machine()


def neighbours(load: float) -> str:
    """Whether the machine was quiet when the run began."""
    if load < 0.2:
        return "The machine did nothing else."
    return (
        f"**Other work ran on the machine** ({load:.1f} cores' worth just before): the ratios of one run hold, the"
        " absolute times and rates are worse than on a quiet machine."
    )


def markdown(results: dict, rounds: int, load: float) -> str:
    swift = _first(["swift", "--version"], r"Swift version (\S+)")
    h2load = _first(["h2load", "--version"], r"nghttp2/(\S+)")
    grpc = _first(["pkg-config", "--modversion", "grpc++"], r"(\S+)")
    headers = ", ".join(f"`{header.split(':')[0]}`" for header in CALL_HEADERS[2:])
    return f"""# Benchmarks

Written by `make bench` (`Benchmarks/run`); do not edit by hand.

{datetime.date.today().isoformat()} · {machine()}, {os.cpu_count()} cores · Linux {platform.release()} · Swift {swift} · nghttp2 {h2load} · grpc C++ {grpc}.
{neighbours(load)}

Every server has one core and one event loop, the load has the other cores; h2load is the client unless a table says
otherwise. The servers take turns; each figure is the median of {rounds} rounds. CPU is a process's user and system time.
Every request carries what a call within the product does: {headers}. nghttpd reads the request and answers the same
bytes from memory: it knows no gRPC and is the floor. grpc-swift-2 moves bytes without decoding a message; Portico and
grpc C++ decode and encode one. With TLS the handshakes are taken out: a run with one call on each connection is subtracted.

## Targets

64 bytes, 8 connections × 32 streams, plaintext, where nothing else is said.

| figure | Portico | beside | target | |
|---|---:|---|---|---|
{_lines(targets.rows(results))}

## Unary echo

| bytes | connections × streams | TLS | server | server CPU, µs a call | calls a second | p50, µs | p99, µs |
|---:|---|---|---|---:|---:|---:|---:|
{_lines(_unary(results["unary"]))}

## Streams, clients, connections

| | {" | ".join(peer.name for peer in results["idle"])} |
|---|{"---:|" * len(results["idle"])}
{_lines(_others(results))}

The streaming answer has {streams.MESSAGES:,} messages of 64 bytes for each call, {streams.SHAPE} calls under way. The clients have {IN_FLIGHT} calls under way on one
connection to the same server, Portico's. An idle connection has made one call and been quiet for {QUIET} s; there are {CONNECTIONS:,} of them.

Beside a stream of 64 MiB on the same connection, calls of 64 bytes one after the other, Portico at both ends: p50 {results["beside"].beside_p50:.0f} µs,
p99 {results["beside"].beside_p99:.0f} µs; alone {results["beside"].alone_p50:.0f} µs and {results["beside"].alone_p99:.0f} µs. While such a call was under way
{results["beside"].passed_p50:.0f} messages of 64 KiB arrived, {results["beside"].passed_p99:.0f} at p99: what is in front of a small answer, however busy the machine is.

| hostile message of 4 MiB | growth of the peak memory, of its size | gRPC status |
|---|---:|---|
{_lines(f"| {outcome.name} | {outcome.growth:.1f} × | {outcome.status}{'' if outcome.is_right else ' **(wrong)**'} |" for outcome in results["hostile"])}

{_tickets(results["tickets"], rounds)}"""


def _lines(rows) -> str:
    return "\n".join(map(str, rows))


def _unary(figures: dict) -> list[str]:
    return [
        f"| {cell.size:,} | {cell.shape} | {'yes' if cell.tls else 'no'} | {cell.peer.name} | {own.cpu_microseconds:.2f} |"
        f" {own.calls_per_second:,.0f} | {own.p50:,.0f} | {own.p99:,.0f} |"
        for cell, own in figures.items()
    ]


def _others(results: dict) -> list[str]:
    peers = list(results["idle"])

    def row(name: str, values: dict, form: str) -> str:
        cells = [format(values[peer], form) if peer in values else "" for peer in peers]
        return f"| {name} | {' | '.join(cells)} |"

    return [
        row("streamed messages of 64 bytes a second and core", results["streams"], ",.0f"),
        row("client CPU, µs a unary call of 64 bytes", results["clients"], ".2f"),
        row("resident memory, KiB an idle connection", results["idle"], ".1f"),
    ]


def _tickets(portal: Portal, rounds: int) -> str:
    lists = [
        f"| {row.page} | {row.connections} × {row.streams} | {row.requests_per_second:,.0f} | {row.cpu_microseconds:,.0f} |"
        f" {row.median_milliseconds:.1f} | {row.p99_milliseconds:.1f} | {row.bytes:,} |"
        for row in portal.rows
    ]
    paths = ", ".join(f"{page} `GET {path}`" for page, path in PAGES.items())
    return f"""## The ticket list through the gateway

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
