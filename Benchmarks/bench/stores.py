"""Ticketing, identity and the others on SQLite, as processes of their own: commits, tickets, lists, search, memory."""

import base64
import contextlib
import os
import pathlib
import re
import sqlite3
import subprocess
import tempfile
import time

from bench import many_tickets, stores_data
from bench.server import CORES
from bench.wire import frame
from faults.portal import ACCOUNT, CONTACT, TENANT, Portal
from faults.process import Service
from peers import contract

SERVICES = ("identity", "ticketing", "messaging", "billing", "cms")
SERVER_CORES = CORES[:2]
LOAD_CORES = CORES[2:] or CORES
CREATE_TICKET = "portico.ticketing.v1.Tickets/CreateTicket"
LOAD = pathlib.Path(__file__).resolve().parents[1] / ".build/release/sqlite-load"
TICKET = {
    "title": "Printer on the second floor is out of toner",
    "details": "It says so since this morning, and nobody knows where the new one is kept.", "contact": CONTACT,
}


@contextlib.contextmanager
def portal(programs: pathlib.Path):
    """Keys, an account with a contact, and identity; every process on the server's cores."""
    os.environ["PORTICO_BINARY"] = str(programs / "portico")
    with tempfile.TemporaryDirectory(prefix="portico-stores-") as folder:
        # The load is moved away again when it starts.
        with _on(SERVER_CORES):
            made = Portal(pathlib.Path(folder))
            try:
                yield made
            finally:
                made.close()


@contextlib.contextmanager
def _on(cores: list[int]):
    """Processes that are started meanwhile inherit the cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
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


def _rate(made: Portal, service: Service, tables: tuple[str, ...], method: str, request: dict, calls: dict[int, int]) -> dict:
    """Calls a second by how many callers there are; every answered call must be a row in each of the tables."""
    message = contract.Method(method).request(**request).SerializeToString()
    found = {}
    pids = [service.pid, made.identity.pid]
    # What is made with the first calls, connections and prepared statements, is no part of a call.
    flood(service, pids, made.tokens, method, message, 500, max(calls))
    for callers, count in calls.items():
        before = [_count(service.database, table) for table in tables]
        found[callers] = flood(service, pids, made.tokens, method, message, count, callers)
        if [_count(service.database, table) for table in tables] != [rows + count for rows in before]:
            raise RuntimeError("calls were answered that left no row")
    return found


def commits(programs: pathlib.Path, quick: bool) -> dict:
    """Rows a second, each committed with FULL and waited for, by one caller and by 64; the store itself, with nothing around it."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="portico-stores-") as folder, _on(SERVER_CORES):
        for callers in (1, 64):
            command = [str(LOAD), f"{folder}/{callers}.db", str(callers), "2" if quick else "8"]
            found[callers] = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def tickets(programs: pathlib.Path, quick: bool) -> dict:
    """Tickets of which staff are told: each leaves a letter in the outbox, which is carried to messaging meanwhile."""
    scale = 1 if quick else 5
    tables = ("tickets", "portico_audit", "portico_events", "portico_outbox")
    with portal(programs) as made, made.service("messaging", made.folder / "messaging") as messaging:
        # It is not what is measured, and no part of what has two cores.
        with _on(LOAD_CORES):
            messaging.start()
        peers = {"identity": made.identity.address, "messaging": messaging.address}
        (made.folder / "ticketing").mkdir()
        with Service("ticketing", made.keys, made.folder / "ticketing", peers) as service:
            service.start()
            with service.client(made.tokens) as staff:
                _set_up(staff)
            request = {"parent": ACCOUNT, "ticket": TICKET}
            found = _rate(made, service, tables, CREATE_TICKET, request, {1: 300 * scale, 64: 4000 * scale})
            service.stop()
        messaging.stop()
    return found


def _set_up(staff) -> None:
    """Choices as a provider has them, and whom a new ticket is told."""
    kinds = {"CATEGORY": 8, "TICKET_TYPE": 4, "PRIORITY": 4, "ISSUE_TYPE": 8}
    for kind, count in kinds.items():
        for number in range(count):
            entry = {"kind": f"CATALOG_KIND_{kind}", "display_name": f"{kind.title()} {number}", "rank": number, "is_default": number == 0}
            staff.call("portico.ticketing.v1.Catalog/CreateCatalogEntry", catalog_entry=entry)
    settings = staff.call("portico.ticketing.v1.TicketAdministration/GetTicketSettings")
    settings.submission_notification_emails.append("desk@harbour.example")
    staff.call("portico.ticketing.v1.TicketAdministration/UpdateTicketSettings", ticket_settings=settings)


def lists(programs: pathlib.Path, quick: bool) -> dict:
    """Page 1 of one contact's tickets by how many tickets the tenant has, the two in turns; and searches over the many."""
    sizes, rounds = many_tickets.extent(quick)
    with portal(programs) as made, contextlib.ExitStack() as stack:
        clients = {}
        contact = stores_data.ContactTokens(made.keys, TENANT)
        for size in sizes:
            folder = made.folder / str(size)
            service = stack.enter_context(made.service("ticketing", folder))
            service.start()
            service.stop()
            stores_data.fill(service.database, size)
            service.start()
            clients[size] = stack.enter_context(service.client(contact))
            staff = stack.enter_context(service.client(made.tokens))
        return many_tickets.measure(clients, staff, rounds)


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


def _resident(pid: int) -> tuple[float, float]:
    """Megabytes: a page that several processes share counts for each by its share (PSS), and whole (RSS)."""
    rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return tuple(int(re.search(rf"^{kind}:\s+(\d+)", rollup, re.M)[1]) * 1024 / 1e6 for kind in ("Pss", "Rss"))


PARTS = {"commits": commits, "tickets": tickets, "lists": lists, "idle": idle}
