"""CreateTicket through the wire to one, two and three ticketing processes on one PostgreSQL, and whose CPU it takes."""

import base64
import contextlib
import dataclasses
import os
import pathlib
import subprocess
import tempfile
import time

from faults.portal import ACCOUNT, CONTACT, Portal
from faults.postgres import Postgres
from faults.process import Service
from faults.tokens import Tokens
from peers import contract

from bench.server import TICK
from bench.wire import frame

PROGRAMS = ("portico", "portico-identity", "portico-ticketing")
TENANTS = 6
STREAMS = 16
"""Calls that are under way for each tenant."""


@dataclasses.dataclass(frozen=True)
class Load:
    """Of one run."""

    replicas: int
    tenants: int
    per_second: float
    cores: dict[str, float]
    """How many cores each kind of process kept busy."""

    def __str__(self) -> str:
        cores = ", ".join(f"{name} {share:.1f}" for name, share in self.cores.items())
        return f"{self.replicas} replicas, {self.tenants} tenants: {self.per_second:.0f} tickets/s; cores: {cores}"


def found_tenant(portal: Portal, tenant: str) -> Tokens:
    tokens = Tokens(portal.keys, tenant)
    with portal.identity.client(Tokens(portal.keys, tenant, service="operator")) as operator:
        operator.call(
            "portico.identity.v1.Tenants/CreateTenant", tenant_id=tenant,
            tenant={"display_name": tenant, "time_zone": "UTC", "currency": "EUR"},
            administrator={"user_name": "ada", "email": "ada@harbour.example", "first_name": "Ada"},
        )
    with portal.identity.client(tokens) as staff:
        staff.call(
            "portico.identity.v1.Accounts/CreateAccount", account_id=ACCOUNT.split("/")[1],
            account={"display_name": "Quay Ltd", "currency": "EUR", "time_zone": "UTC"},
        )
        staff.call(
            "portico.identity.v1.Contacts/CreateContact", parent=ACCOUNT, contact_id=CONTACT.split("/")[3],
            contact={"first_name": "Mara", "last_name": "Quay", "email": "mara@quay.example"},
        )
    return tokens


def measure(programs: pathlib.Path, replicas: list[int], rounds: int, seconds: int) -> list[Load]:
    os.environ["PORTICO_BINARY"] = str(programs / "portico")
    with Postgres() as server, tempfile.TemporaryDirectory(prefix="pr-") as folder, contextlib.ExitStack() as stack:
        server.create_roles()
        server.create_database("ticketing")
        portal = Portal(pathlib.Path(folder))
        stack.callback(portal.close)
        tokens = [found_tenant(portal, f"harbour-{number}") for number in range(TENANTS)]
        found = []
        for count in replicas:
            with contextlib.ExitStack() as running:
                services = []
                for number in range(count):
                    place = pathlib.Path(folder, f"{count}-{number}")
                    service = portal.service("ticketing", place, settings=server.settings("ticketing"))
                    services.append(running.enter_context(service).start())
                for tenants in (1, TENANTS):
                    runs = [run(server, portal, services, tokens[:tenants], seconds) for _ in range(rounds)]
                    found.append(sorted(runs, key=lambda it: it.per_second)[len(runs) // 2])
                    print(found[-1], flush=True)
                for service in services:
                    service.stop()
        return found


def run(server: Postgres, portal: Portal, services: list[Service], tokens: list[Tokens], seconds: int) -> Load:
    """Each tenant's calls go to every replica."""
    method = contract.Method("portico.ticketing.v1.Tickets/CreateTicket")
    request = method.request(
        parent=ACCOUNT, ticket={"title": "Printer", "details": "The printer is out of toner.", "contact": CONTACT})
    with tempfile.NamedTemporaryFile() as body:
        body.write(frame(request.SerializeToString()))
        body.flush()
        before, start = count_tickets(server), time.monotonic()
        used = usage(server, portal, services)
        loads = []
        for each in tokens:
            token = base64.b64encode(dict(each.metadata)["portico-principal-bin"]).decode().rstrip("=")
            for service in services:
                loads.append(subprocess.Popen(
                    [
                        "h2load", "-t", "1", "-c", "1", "-m", str(max(1, STREAMS // len(services))), "-D", str(seconds),
                        "-d", body.name, "-H", "content-type: application/grpc", "-H", "te: trailers",
                        "-H", f"portico-principal-bin: {token}", f"--base-uri={service.address}", f"http://localhost{method.path}",
                    ], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True))
        said = [load.communicate()[0] for load in loads]
        for load, output in zip(loads, said, strict=True):
            if load.returncode != 0:
                raise RuntimeError(f"h2load failed: {output}")
        took, after = time.monotonic() - start, usage(server, portal, services)
        made = count_tickets(server) - before
    if made < seconds:
        raise RuntimeError(f"only {made} tickets: {services[0].tail()}")
    cores = {name: (after[name] - used[name]) / took for name in used}
    return Load(len(services), len(tokens), made / took, cores)


def count_tickets(server: Postgres) -> int:
    return server.ask("ticketing", "SELECT count(*) FROM tickets")[0][0]


def usage(server: Postgres, portal: Portal, services: list[Service]) -> dict[str, float]:
    """Seconds of CPU so far."""
    return {
        "PostgreSQL": sum(map(seconds_of, server.processes)),
        "ticketing": sum(seconds_of(service.pid) for service in services),
        "identity": seconds_of(portal.identity.pid),
    }


def seconds_of(process: int) -> float:
    with contextlib.suppress(FileNotFoundError):
        fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * TICK
    return 0.0
