"""How much longer one tenant waits while another asks for all that it can get (X-26)."""

import dataclasses
import statistics
import time

from bench.browser import Browser
from bench.edge import LIST, TICKETS, Load, percentile, spread_load
from bench.portal import PASSWORD, Portal

TENANT, USER = "foxglove", "mina@penrose.example"
RATE = 100
"""Requests a second of the tenant that is looked at."""
SECONDS = 8
FLOOD = (4, 8)
"""Connections of the other tenant, and requests under way on each: the next is sent when one is answered."""


@dataclasses.dataclass(frozen=True)
class Neighbour:
    of: str
    calm_milliseconds: float
    """At the 99th percentile, as the other."""
    beside_milliseconds: float
    flood: float
    """Good answers a second that the other tenant gets meanwhile."""

    @property
    def ratio(self) -> float:
        return self.beside_milliseconds / self.calm_milliseconds


def measure(portal: Portal, load_cores: list[int], rounds: int) -> list[Neighbour]:
    loud = portal.signed_in()
    quiet = Browser(portal.port, "https", f"{TENANT}.localhost:{portal.port}")
    quiet.sign_in(USER, PASSWORD)

    def ticket(browser: Browser) -> str:
        return "/v1/" + browser.json(TICKETS)["tickets"][0]["name"]

    return [
        _neighbour(portal, load_cores, rounds, "one ticket as JSON", (loud, ticket(loud)), (quiet, ticket(quiet))),
        _neighbour(portal, load_cores, rounds, "the HTML ticket list", (loud, LIST), (quiet, LIST)),
    ]


def _neighbour(
    portal: Portal, cores: list[int], rounds: int, of: str, loud: tuple[Browser, str], quiet: tuple[Browser, str]
) -> Neighbour:
    browser, path = quiet
    connections, streams = FLOOD
    # The name is no name to the resolver of every machine.
    here = f"--connect-to=127.0.0.1:{portal.port}"

    def p99() -> float:
        answers = spread_load(cores[:1], browser.origin + path, browser.cookie, RATE, SECONDS, here)
        refused = sum(answer.status != 200 for answer in answers)
        if refused:
            raise RuntimeError(f"{of}: {refused} of {len(answers)} answers of the tenant that is looked at were not 200")
        return percentile([answer.took for answer in answers], 99)

    calm, beside, good = [], [], 0
    flood = ["-c", str(connections), "-m", str(streams), "-t", "1", "-D", str(SECONDS + 4)]
    p99()
    for _ in range(rounds):
        calm.append(p99())
        with Load(cores[-1:], loud[0].origin + loud[1], loud[0].cookie, flood) as other:
            time.sleep(2)
            beside.append(p99())
            good += sum(answer.status == 200 for answer in other.answers())
        print(f"{of}: {calm[-1]:.2f} ms alone, {beside[-1]:.2f} beside a flood", flush=True)
    return Neighbour(of, statistics.median(calm), statistics.median(beside), good / rounds / (SECONDS + 4))
