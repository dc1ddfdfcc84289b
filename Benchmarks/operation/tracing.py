"""What tracing costs: the processor time of a whole portal for each request, traced not at all, as a rule, and always."""

import os
import pathlib
import statistics
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "Tests/OperationTests")]

from collector import Collector  # noqa: E402
from harness import places  # noqa: E402
from harness.portico import Portico, up  # noqa: E402
from load import Load, everyday  # noqa: E402
from portal import Portal  # noqa: E402

ROUNDS = 5
SHARES = {"none": None, "1 % (the standard)": "0.01", "all": "1"}


def seconds_of(process: int) -> float:
    """The processor time that a process has had."""
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measured(running: Portico, person: Portal, requests: dict, count: int) -> tuple[float, float]:
    """Microseconds of processor for a request, and requests a second of four clients."""
    before = seconds_of(running.process.pid)
    with Load([f"127.0.0.1:{running.url.rpartition(':')[2]}"], person.host, person.session, requests, clients=4) as load:
        load.wait_for(count)
    spent, answered = seconds_of(running.process.pid) - before, load.answered
    if load.failures:
        raise RuntimeError(load.failures[:3])
    # Each client waits for one answer at a time.
    every = [second for outcome in load.outcomes.values() for second in outcome.seconds]
    return spent / answered * 1e6, 4 / statistics.mean(every)


def start(data: pathlib.Path, share: str | None, collector: Collector) -> Portico:
    traced = [] if share is None else ["--tracing-endpoint", f"http://127.0.0.1:{collector.port}", "--tracing-sample", share]
    log = places.ARTIFACTS / "portico/tracing.log"
    return up(places.portico_binary(), data, "--demo", "--rates", "none", *traced, log=log)


def rows(count: int) -> list[str]:
    collector = Collector()
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in SHARES}
    with tempfile.TemporaryDirectory(prefix="portico-tracing-") as folder:
        data = pathlib.Path(folder) / "data"
        for _ in range(ROUNDS):
            for name, share in SHARES.items():
                with start(data, share, collector) as running:
                    port = running.url.rpartition(":")[2]
                    login = running.logins[0]
                    portal = Portal(lambda: [f"127.0.0.1:{port}"], login.tenant, int(port))  # noqa: B023
                    person = portal.signed_in(login.user, login.password)
                    requests = everyday(person)
                    measured(running, person, requests, count // 4)
                    found[name].append(measured(running, person, requests, count))
                print(name, found[name][-1], flush=True)
    collector.stop()
    spans = len(collector.spans)
    least = {name: min(cost for cost, _ in pairs) for name, pairs in found.items()}
    most = {name: max(rate for _, rate in pairs) for name, pairs in found.items()}
    base = least["none"]
    lines = [f"| {name} | {least[name]:.0f} µs | {least[name] / base - 1:+.1%} | {most[name]:.0f}/s |" for name in SHARES]
    print(*lines, f"{spans} spans came", sep="\n", flush=True)
    if not spans:
        raise RuntimeError("no span came: nothing was measured")
    return lines
