"""docs/benchmarks-gateway.md: what the gateway must reach, and whether it did."""

import datetime
import os
import platform

from bench import edge, events, neighbour, quiet
from bench.edge import OneTicket, Overload, TicketList
from bench.events import Streams
from bench.neighbour import Neighbour
from bench.report import machine, neighbours
from bench.targets import Row
from bench.views import View

FIRST_VIEW_KILOBYTES = 60


def rows(results: dict) -> list[Row]:
    tickets: list[OneTicket] = results["ticket"]
    listed: TicketList = results["list"]
    views: list[View] = results["views"]
    streams: Streams = results["streams"]
    heaviest = max(views, key=lambda view: view.bytes)
    return [
        *(Row(f"gateway CPU of a JSON GET of one ticket, of nghttpx, {it.connections} × {it.streams}",
              f"{it.gateway_microseconds:.1f} µs", f"{it.nghttpx_microseconds:.1f} µs, {it.ratio:.2f} ×", "≤ 3 ×",
              it.ratio <= 3) for it in tickets),
        Row("such requests a second and core of the gateway", f"{1e6 / tickets[0].gateway_microseconds:,.0f}", "",
            "≥ 10,000", tickets[0].gateway_microseconds <= 100),
        Row("HTML ticket list, p50", f"{listed.p50_milliseconds:.2f} ms", "", "≤ 2 ms", listed.p50_milliseconds <= 2),
        Row("HTML ticket list, p99", f"{listed.p99_milliseconds:.2f} ms", "", "≤ 10 ms", listed.p99_milliseconds <= 10),
        Row("first view of a page, the heaviest", f"{heaviest.bytes / 1000:.1f} kB", heaviest.page,
            f"≤ {FIRST_VIEW_KILOBYTES} kB", heaviest.bytes <= FIRST_VIEW_KILOBYTES * 1000),
        Row("requests before content, the most", str(max(view.requests for view in views)), "", "≤ 3",
            all(view.requests <= 3 for view in views)),
        Row("layout shift, the most", f"{max(view.shift for view in views):.3f}", "", "0",
            all(view.shift < 0.001 for view in views)),
        Row(f"memory of each of {streams.count:,} open streams of events", f"{streams.kibibytes:.1f} KiB", "",
            "≤ 25 KiB", streams.kibibytes <= 25),
        Row("until an event has reached them all", f"{streams.seconds_to_all:.2f} s", f"{streams.reached:,} reached",
            "≤ 1 s", streams.reached == streams.count and streams.seconds_to_all <= 1),
        *(Row(f"memory of a quiet connection over {name}, of {quiet.CONNECTIONS:,}", f"{each:.1f} KiB", "", "≤ 25 KiB",
              each <= 25) for name, each in results["quiet"].items()),
        *(row for over in results["overload"] for row in _overload(over)),
        *(_neighbour(it) for it in results["neighbour"]),
    ]


def _neighbour(it: Neighbour) -> Row:
    return Row(
        f"{it.of}, p99 while another tenant asks for all it can get", f"{it.beside_milliseconds:.2f} ms",
        f"{it.calm_milliseconds:.2f} ms otherwise, {it.ratio:.2f} ×; the other gets {it.flood:,.0f} a second", "≤ 2 ×",
        it.ratio <= 2)


def _overload(over: Overload) -> list[Row]:
    after = over.healthy_after_seconds
    return [
        Row(f"goodput under three times too much of {over.of}, of the peak", f"{over.share:.0%}",
            f"{over.goodput:,.0f} of {over.peak:,.0f} a second, {over.asked:,.0f} asked for", "≥ 80 %", over.share >= 0.8),
        Row("refusals (429, 503), p99", f"{over.refused_p99_milliseconds:.0f} ms", f"{over.refused:,} of them",
            "≤ 100 ms", over.refused_p99_milliseconds <= 100 and not over.other),
        Row("healthy again after", "not within 15 s" if after is None else f"{after:.1f} s", "", "≤ 5 s",
            after is not None and after <= 5),
    ]


def markdown(results: dict, rounds: int, load: float) -> str:
    targets = "\n".join(map(str, rows(results)))
    views = "\n".join(
        f"| `{view.page}` | {view.bytes / 1000:.1f} | {view.requests} | {view.shift:.3f} |" for view in results["views"])
    listed: TicketList = results["list"]
    return f"""# Benchmarks of the gateway

Written by `make bench-gateway` (`Benchmarks/gateway`); do not edit by hand.

{datetime.date.today().isoformat()} · {machine()} · {os.cpu_count()} cores · Linux {platform.release()}.
{neighbours(load)}

The five services and the gateway run as processes of their own over the demo tenant on SQLite; the gateway has TLS on its port and one
core, the services have one, the load has the rest. Limits of rates are lifted, for the load comes from one address; admission is not.
CPU is the gateway's user and system time by the scheduler; services are not in it. Clients are h2load over HTTP/2, Chromium for pages, and sockets over
HTTP/1.1 with TLS for the streams. nghttpx has one worker on the same core, the same certificate, and behind it nghttpd with the same bytes.

| figure | Portico | beside | target | |
|---|---:|---|---|---|
{targets}

One ticket is {results["ticket"][0].bytes:,} bytes of JSON, asked for with a session's cookie over so many connections × requests under way on each;
only runs in which every answer was a 200 count (beyond what the machine can work on, admission turns away); the figure is the median of {rounds} rounds that take turns with the peer's. The list has {listed.bytes:,} bytes before compression; {listed.requests:,} requests at
{edge.LIST_RATE} a second over {edge.CLIENTS} connections, evenly spread, gateway and services on two cores together, timed by the client. Overload lasts {edge.OVERLOAD_SECONDS} s; healthy is a second in which a third of the peak
is answered without a refusal and with a p99 of at most 100 ms. Each of the {events.STREAMS:,} streams is a connection of its own over TLS.
A tenant asks {neighbour.RATE} times a second while another has {neighbour.FLOOD[0]} × {neighbour.FLOOD[1]} requests under way without a pause, on the same cores.
What the gateway's share of one ticket is made of, and why it is not less: docs/decisions/0206.

| page, as a customer with an empty cache | kB transferred | requests before content | layout shift |
|---|---:|---:|---:|
{views}
"""
