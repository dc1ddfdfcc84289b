"""docs/benchmarks-stores.md: what was measured beside what must be reached."""

import os
import platform

from bench import many_tickets
from bench.targets import Row


def rows(results: dict) -> list[Row]:
    found = []
    if "commits" in results:
        one, many = results["commits"][1], results["commits"][64]
        found.append(Row(
            "durable commits of one row, 64 callers", f"{many:,.0f}/s", f"{one:,.0f}/s one by one, {many / one:.1f} ×",
            "≥ 10 ×", many >= 10 * one))
    if "tickets" in results:
        rate, cpu = results["tickets"][64]
        found.append(Row(
            "CreateTicket through the wire, 64 callers, two cores", f"{rate:,.0f}/s",
            f"{cpu:.0f} µs of CPU each, of ticketing and identity",             "≥ 5,000/s", rate >= 5000))
    if "lists" in results:
        found += many_tickets.rows(results["lists"])
    if "idle" in results:
        resident = results["idle"]["resident"]
        total, added = (sum(sizes[kind] for sizes in resident.values()) for kind in (0, 1))
        each = ", ".join(f"{name} {sizes[0]:.0f}" for name, sizes in resident.items())
        found.append(Row(
            "six processes idle, resident together", f"{total:.0f} MB", f"{each}; shared pages counted for each: {added:.0f}",
            "≤ 150 MB", total <= 150))
        first = results["idle"]["first"]
        found.append(Row("first page after `portico up`", f"{first:.2f} s", "", "≤ 1 s", first <= 1))
    return found


def markdown(rows: list[Row], results: dict, busy: float) -> str:
    lines = [
        "# Stores on SQLite, measured", "",
        "Written by `make bench-stores`. Release builds, every service a process of its own, the services on two cores and the load on",
        f"the others; {os.cpu_count()} cores, {platform.machine()}, Linux {platform.release().split('-')[0]}. While this ran, other work kept",
        f"{busy:.1f} cores busy. A commit is durable: WAL with synchronous=FULL, an answer after the sync. The ratios are of one run.", "",
        "| figure | measured | beside | target | |", "|---|---|---|---|---|", *map(str, rows), "",
    ]
    return "\n".join(lines)
