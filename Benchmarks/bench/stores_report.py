"""docs/benchmarks-stores.md: what was measured beside what must be reached."""

import os
import platform

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
        few, many = results["lists"]["sizes"]
        page, search = results["lists"]["page"], results["lists"]["search"]
        found.append(Row(
            f"page 1 of a contact's tickets, {many:,} in the tenant", f"{page[many]:.2f} ms",
            f"{page[few]:.2f} ms with {few:,}, {page[many] / page[few]:.2f} ×", "≤ 1.5 ×", page[many] <= 1.5 * page[few]))
        for what, took in (("words as they are written", search), ("the commonest words", results["lists"]["common"])):
            p99 = took[len(took) * 99 // 100]
            found.append(Row(
                f"search over {many:,} tickets, {what}, p99", f"{p99:.1f} ms", f"median {took[len(took) // 2]:.1f} ms", "≤ 50 ms",
                p99 <= 50))
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
