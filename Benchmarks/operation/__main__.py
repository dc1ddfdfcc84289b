"""What an operator's doings cost those who use the portal: replicas killed, restarted and frozen under load, on PostgreSQL, two
replicas of every service behind two gateways, mutual TLS between all of them. Writes docs/benchmarks-operation.md.

    PORTICO_BINARY=.artifacts/stage/usr/lib/portico/portico .venv/bin/python Benchmarks/operation [part …]

Parts are kills, restarts, frozen and tracing; all unless named. The others' figures stay in the page. PER_KILL=10000 and PER_ROUND=4000
are how many requests are sent.
"""

import datetime
import os
import pathlib
import re
import signal
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "Tests/DeploymentTests"), str(ROOT / "Tests/EndToEndTests")]

import first_day  # noqa: E402
from cluster import SERVICES, Cluster  # noqa: E402
from load import Load, everyday  # noqa: E402
from portal import Portal  # noqa: E402

import tracing  # noqa: E402

TENANT = "larch"
PER_KILL = int(os.environ.get("PER_KILL", 10_000))
PER_ROUND = int(os.environ.get("PER_ROUND", 4000))
PAGE = ROOT / "docs/benchmarks-operation.md"


def failover(cluster: Cluster, load) -> list[str]:
    rows = []
    for service in SERVICES:
        victim = cluster.replicas(service)[0]
        with load() as running:
            running.wait_for(PER_KILL // 2)
            cluster.kill(victim)
            running.wait_for(PER_KILL // 2)
        cluster.start(victim)
        cluster.wait_until_ready()
        worst = max(max(outcome.seconds) for outcome in running.outcomes.values())
        rows.append(f"| {service} | {running.answered} | {len(running.failures)} | {running.shed} | {worst * 1000:.0f} ms |")
        print(rows[-1], *running.failures[:3], sep="\n  ", flush=True)
    return rows


def rolling(cluster: Cluster, load) -> list[str]:
    rows = []
    with load() as running:
        running.wait_for(500)
        for name in cluster.ports:
            before, failed = running.answered, len(running.failures)
            seconds = cluster.stop(name)
            cluster.start(name)
            cluster.wait_until_ready()
            running.wait_for(500)
            rows.append(f"| {name} | {seconds:.2f} s | {running.answered - before} | {len(running.failures) - failed} |")
            print(rows[-1], *running.failures[failed:failed + 3], sep="\n  ", flush=True)
    return rows


def frozen(cluster: Cluster, administrator: Portal, requests: dict) -> list[str]:
    rows = []
    # Whoever raises a ticket is looked up by identity.
    mine = {
        "identity": ("Account", "CreateTicket"), "ticketing": ("Ticket",), "billing": ("Invoice",), "messaging": ("Mail",), "cms": ("News",),
    }
    for service, words in mine.items():
        others = {kind: request for kind, request in requests.items() if not any(word in kind for word in words)}
        probe = next(request for kind, request in requests.items() if words[0] in kind)

        def measured() -> tuple[float, float, int]:
            with Load(cluster.gateways, administrator.host, administrator.session, others, clients=8) as running:
                running.wait_for(2000)
            every = sorted(second for outcome in running.outcomes.values() for second in outcome.seconds)
            return every[len(every) // 2] * 1000, every[int(len(every) * 0.99)] * 1000, len(running.failures)

        before = measured()
        for name in cluster.replicas(service):
            cluster.send(name, signal.SIGSTOP)
        try:
            began = time.monotonic()
            status, _ = administrator.once(*probe)
            waited = time.monotonic() - began
            during = measured()
        finally:
            for name in cluster.replicas(service):
                cluster.send(name, signal.SIGCONT)
        administrator.get(probe[1])
        rows.append(
            f"| {service} | {status} after {waited:.1f} s | {before[0]:.1f} / {before[1]:.1f} ms | "
            f"{during[0]:.1f} / {during[1]:.1f} ms | {during[2]} |"
        )
        print(rows[-1], flush=True)
    return rows


def on_cluster(parts: set[str]) -> dict[str, list[str]]:
    """The rows of the parts that want processes of their own."""
    with Cluster(ROOT / ".artifacts/cluster") as cluster:
        portal = Portal(lambda: cluster.gateways, TENANT)
        portal.set_password(cluster.open_portal(TENANT).partition("token=")[2], first_day.PASSWORD)
        administrator = portal.signed_in("ada@larch.example", first_day.PASSWORD)
        requests = everyday(administrator)

        def load() -> Load:
            return Load(cluster.gateways, administrator.host, administrator.session, requests, clients=16)

        measures = {
            "kills": lambda: failover(cluster, load), "restarts": lambda: rolling(cluster, load),
            "frozen": lambda: frozen(cluster, administrator, requests),
        }
        return {part: measures[part]() for part in measures if part in parts}


HEAD = """# Operation: what kills, restarts, freezes and traces cost

Written by `Benchmarks/operation`: load, PostgreSQL (its sync off) and twelve processes share one machine: two of each service, two gateways, mutual TLS between them. The
clients keep their connections and go to the other gateway when one refuses or closes a connection before it has answered, as a proxy does. For tracing one process does all, on SQLite.
"""
SECTIONS = {
    "kills": """## A replica killed under load (`kill -9`)

Target: at most 1 failed request in 10,000, none with a method that may be repeated. All that is asked here may be: six methods that read, and CreateTicket with and without a
`request_id` of the client's.

| killed | requests | failed | asked again, the gateway being busy | slowest answer |
|---|---|---|---|---|
""",
    "restarts": """## A rolling restart of every process (V-21)

Target: no failed request; each process leaves within 10 s of SIGTERM.

| restarted | left after | requests meanwhile | failed |
|---|---|---|---|
""",
    "frozen": """## All replicas of a service frozen (SIGSTOP, V-05)

Target: the others' p99 under twice what it was, calls to it end by their deadline.

| frozen | a call to it | the others before, p50 / p99 | while frozen | failed |
|---|---|---|---|---|
""",
    "tracing": """## Tracing

The processor time of gateway and services together for one request of the same mix, the least of five rounds in turn, and the requests a second of four clients, the most of them. Spans go
to an OTLP collector.

| requests traced | processor time each | more than none | requests |
|---|---|---|---|
""",
}


def main() -> None:
    parts = sys.argv[1:] or list(SECTIONS)
    if unknown := set(parts) - set(SECTIONS):
        sys.exit(f"no such part: {', '.join(sorted(unknown))}")
    found = on_cluster(set(parts)) if set(parts) - {"tracing"} else {}
    if "tracing" in parts:
        found["tracing"] = tracing.rows(PER_ROUND)
    # What was not measured now stays as it was.
    old = {text.partition("\n")[0]: text for text in re.split(r"(?m)^(?=## )", PAGE.read_text())[1:]} if PAGE.exists() else {}
    page = HEAD
    for part, head in SECTIONS.items():
        if part in found:
            rows = "\n".join(found[part])
            page += f"\n{head}{rows}\n\nMeasured on {datetime.date.today()}, {os.cpu_count()} cores, load average {os.getloadavg()[2]:.0f} over a quarter of an hour.\n"
        elif text := old.get(head.partition("\n")[0]):
            page += f"\n{text.rstrip()}\n"
    PAGE.write_text(page)


main()
