"""Ticketing, identity and the others on SQLite, as processes of their own: commits, tickets, lists, search, memory."""

import base64
import contextlib
import os
import pathlib
import re
import sqlite3
import statistics
import subprocess
import tempfile
import time

from bench import stores_data
from bench.server import CORES
from bench.wire import frame
from faults.portal import ACCOUNT, CONTACT, Portal
from faults.process import Service
from peers import contract

SERVICES = ("identity", "ticketing", "messaging", "billing", "cms")
SERVER_CORES = CORES[:2]
LOAD_CORES = CORES[2:] or CORES
CREATE_TICKET = "portico.ticketing.v1.Tickets/CreateTicket"
LIST_TICKETS = "portico.ticketing.v1.Tickets/ListTickets"
TICKET = {
    "title": "Printer on the second floor is out of toner",
    "details": "It says so since this morning, and nobody knows where the new one is kept.", "contact": CONTACT,
}


@contextlib.contextmanager
def portal(programs: pathlib.Path):
    """Keys, an account with a contact, and identity; every process on the server's cores."""
    os.environ["PORTICO_BINARY"] = str(programs / "portico")
    with tempfile.TemporaryDirectory(prefix="portico-stores-") as folder:
        before = os.sched_getaffinity(0)
        # Children inherit it; the load is moved away again when it starts.
        os.sched_setaffinity(0, SERVER_CORES)
        try:
            made = Portal(pathlib.Path(folder))
            try:
                yield made
            finally:
                made.close()
        finally:
            os.sched_setaffinity(0, before)


def cpu_seconds(pid: int) -> float:
    return sum(int((task / "schedstat").read_text().split()[0]) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()) / 1e9


def flood(service: Service, pids: list[int], tokens, method: str, message: bytes, calls: int, callers: int) -> tuple[float, float]:
    """Calls with so many callers at once; how many a second, and the microseconds of CPU that one took of all processes."""
    token = base64.b64encode(tokens.metadata[0][1]).decode().rstrip("=")
    with tempfile.NamedTemporaryFile() as body:
        body.write(frame(message))
        body.flush()
        connections = min(4, callers)
        command = ["taskset", "--cpu-list", ",".join(map(str, LOAD_CORES)), "h2load", "-t", "1", "-n", str(calls)]
        command += ["-c", str(connections), "-m", str(callers // connections), "-B", service.address, "-d", body.name]
        command += ["-H", "content-type: application/grpc", "-H", "te: trailers", "-H", f"portico-principal-bin: {token}"]
        before, start = sum(map(cpu_seconds, pids)), time.monotonic()
        done = subprocess.run([*command, f"http://localhost/{method}"], capture_output=True, text=True, check=True)
        seconds, used = time.monotonic() - start, sum(map(cpu_seconds, pids)) - before
    answered = re.search(r"(\d+) 2xx", done.stdout)
    if not answered or int(answered[1]) != calls:
        raise RuntimeError(f"not every call was answered:\n{done.stdout}")
    return calls / seconds, used / calls * 1e6


def _count(database: pathlib.Path, table: str) -> int:
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]


def _rate(programs: pathlib.Path, name: str, table: str, method: str, request: dict, calls: dict[int, int]) -> dict:
    """Calls a second by how many callers there are; every answered call must be a row."""
    message = contract.Method(method).request(**request).SerializeToString()
    found = {}
    with portal(programs) as made, made.service(name, made.folder / name) as service:
        service.start()
        pids = [service.pid, made.identity.pid]
        for callers, count in calls.items():
            before = _count(service.database, table)
            found[callers] = flood(service, pids, made.tokens, method, message, count, callers)
            if _count(service.database, table) - before != count:
                raise RuntimeError("calls were answered that left no row")
        service.stop()
    return found


def commits(programs: pathlib.Path, quick: bool) -> dict:
    """The smallest transaction of the product: one row with its audit row and event, one COMMIT each when one calls."""
    scale = 1 if quick else 5
    request = {"news_item": {"title": "Opening hours over the holidays"}}
    return _rate(programs, "cms", "news", "portico.cms.v1.News/CreateNewsItem", request, {1: 300 * scale, 64: 4000 * scale})


def tickets(programs: pathlib.Path, quick: bool) -> dict:
    scale = 1 if quick else 5
    request = {"parent": ACCOUNT, "ticket": TICKET}
    return _rate(programs, "ticketing", "tickets", CREATE_TICKET, request, {1: 300 * scale, 64: 4000 * scale})


def lists(programs: pathlib.Path, quick: bool) -> dict:
    """Page 1 of one contact's tickets, and searches, by how many tickets the tenant has: the two take turns."""
    sizes = [1000, 20_000 if quick else 1_000_000]
    rounds = 50 if quick else 300
    with portal(programs) as made, contextlib.ExitStack() as stack:
        clients = {}
        for size in sizes:
            folder = made.folder / str(size)
            service = stack.enter_context(made.service("ticketing", folder))
            service.start()
            service.stop()
            stores_data.fill(service.database, size)
            clients[size] = stack.enter_context(service.start().client(made.tokens))
        page = {size: [] for size in sizes}
        for _ in range(rounds):
            for size, client in clients.items():
                page[size].append(_timed(client, parent=stores_data.ACCOUNT, my_tickets=False, query=""))
        searches = [_timed(clients[sizes[1]], parent="accounts/-", query=query) for query in stores_data.queries(rounds)]
        return {"sizes": sizes, "page": {size: statistics.median(took) for size, took in page.items()}, "search": sorted(searches)}


def _timed(client, **request) -> float:
    """Milliseconds of one list, which must not be empty."""
    start = time.perf_counter()
    answer = client.call(LIST_TICKETS, **request)
    took = (time.perf_counter() - start) * 1000
    if not answer.tickets:
        raise RuntimeError(f"nothing was found for {request}")
    return took


def idle(programs: pathlib.Path, quick: bool) -> dict:
    """Resident memory of all six processes a while after they have started, and the first page of `portico up`."""
    from harness.services import Services
    from harness.wire import Wire

    os.environ["PORTICO_BINARY"] = str(programs / "portico")
    with tempfile.TemporaryDirectory(prefix="portico-stores-") as folder:
        data = pathlib.Path(folder) / "data"
        command = [str(programs / "portico"), "seed", "--data", str(data), "--tickets", "20"]
        subprocess.run(command, check=True, capture_output=True)
        with Services(data, "brightwater", 18431, pathlib.Path(folder) / "logs") as services:
            Wire(services.url).get("/login")
            time.sleep(2 if quick else 10)
            resident = {name: _resident(process.pid) for name, process in services._processes.items()}
        start = time.monotonic()
        arguments = ["up", "--data", str(data), "--port", "18432"]
        with subprocess.Popen([str(programs / "portico"), *arguments], stdout=subprocess.DEVNULL) as process:
            try:
                while not _shows_a_page(Wire("http://brightwater.localhost:18432")):
                    time.sleep(0.005)
                first = time.monotonic() - start
            finally:
                process.terminate()
    return {"resident": resident, "first": first}


def _shows_a_page(wire) -> bool:
    try:
        return wire.get("/login").status == 200
    except OSError:
        return False


def _resident(pid: int) -> float:
    """Megabytes; what processes share counts for each."""
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) / 1000


PARTS = {"commits": commits, "tickets": tickets, "lists": lists, "idle": idle}
