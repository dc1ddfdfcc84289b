"""Page 1 of one contact's tickets by how many tickets the tenant has, and searches over the many."""

import statistics
import time

from bench import stores_data
from bench.targets import Row

LIST_TICKETS = "portico.ticketing.v1.Tickets/ListTickets"
MANY = 1_000_000


def extent(quick: bool) -> tuple[list[int], int]:
    """How many tickets the tenants have, and how often each is asked."""
    return [1000, 20_000 if quick else MANY], 50 if quick else 300


def measure(clients: dict, staff, rounds: int) -> dict:
    """Milliseconds of calls.

    `clients` are a contact's, by how many tickets their tenant has, and take turns; `staff` searches where the most are."""
    page = {size: [] for size in clients}
    for _ in range(rounds):
        for size, client in clients.items():
            page[size].append(_timed(client, 1, parent="accounts/-", my_tickets=True))
    # Few tickets do not have every rare word.
    least = 1 if max(clients) >= MANY else 0
    searches = [_timed(staff, least, parent="accounts/-", query=query) for query in stores_data.queries(rounds)]
    common = [_timed(staff, 1, parent="accounts/-", query=query) for query in stores_data.WORDS[:rounds // 10]]
    return {
        "sizes": sorted(clients), "page": {size: statistics.median(took) for size, took in page.items()},
        "search": sorted(searches), "common": sorted(common),
    }


def _timed(client, least: int, **request) -> float:
    """Of one list, which must hold as much."""
    start = time.perf_counter()
    answer = client.call(LIST_TICKETS, **request)
    took = (time.perf_counter() - start) * 1000
    if len(answer.tickets) < least:
        raise RuntimeError(f"nothing was found for {request}")
    return took


def rows(found: dict) -> list[Row]:
    few, many = found["sizes"]
    page = found["page"]
    rows = [Row(
        f"page 1 of a contact's tickets, {many:,} in the tenant", f"{page[many]:.2f} ms",
        f"{page[few]:.2f} ms with {few:,}, {page[many] / page[few]:.2f} ×", "≤ 1.5 ×", page[many] <= 1.5 * page[few])]
    for what, took in (("words as they are written", found["search"]), ("the commonest words", found["common"])):
        p99 = took[len(took) * 99 // 100]
        rows.append(Row(
            f"search over {many:,} tickets, {what}, p99", f"{p99:.1f} ms", f"median {took[len(took) // 2]:.1f} ms", "≤ 50 ms",
            p99 <= 50))
    return rows
