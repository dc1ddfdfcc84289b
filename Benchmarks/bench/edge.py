"""The gateway under h2load: one ticket as JSON beside nghttpx, the list as HTML, and three times too much."""

import contextlib
import dataclasses
import pathlib
import subprocess
import tempfile
import time

from bench.browser import Browser
from bench.portal import Portal, Program, listens
from bench.server import free_port, on

TICKETS = "/v1/accounts/-/tickets?pageSize=25"
LIST = "/tickets"
LIST_RATE = 200
"""Requests a second."""
CLIENTS = 4
"""Connections over which they come."""
SHAPES = ((4, 8), (8, 1), (1, 1))
"""Connections, and requests under way on each: few clients that ask for much at once, some that ask for one thing after the
other, and one of these. The first tells how many a core can answer."""
ATTEMPTS = 8
"""Runs in which somebody was turned away, as happens on a busy machine, are made again so often."""
OVERLOAD = 3
"""Times the peak."""
OVERLOAD_SECONDS = 10


@dataclasses.dataclass(frozen=True)
class Answer:
    """One line of h2load's log."""

    began: int
    """Microseconds since the epoch."""
    status: int
    took: int
    """Microseconds, from the request to the end of its answer."""


def load(cores: list[int], url: str, cookie: str, arguments: list[str]) -> list[Answer]:
    with Load(cores, url, cookie, arguments) as running:
        return running.answers()


class Load:
    """A running h2load. Use as a context manager."""

    def __init__(self, cores: list[int], url: str, cookie: str, arguments: list[str]):
        self.folder = tempfile.TemporaryDirectory()
        self.log = pathlib.Path(self.folder.name, "log")
        command = [
            "h2load", *arguments, f"--log-file={self.log}", "-H", f"cookie: {cookie}", "-H", "accept-encoding: identity", url]
        self.process = subprocess.Popen(
            on(cores, command), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def __enter__(self) -> "Load":
        return self

    def __exit__(self, *_) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()
        self.folder.cleanup()

    def answers(self) -> list[Answer]:
        """What was answered, once it has ended."""
        _, errors = self.process.communicate()
        if self.process.returncode != 0:
            raise RuntimeError(errors.decode(errors="replace"))
        lines = [line.split("\t") for line in self.log.read_text().splitlines()]
        return [Answer(int(began), int(status), int(took)) for began, status, took in lines]


def spread_load(cores: list[int], url: str, cookie: str, rate: int, seconds: int, *more: str) -> list[Answer]:
    """So many requests a second from `CLIENTS` connections, one after the other: h2load's own clients would all ask at the
    same moments, and measure how long a queue of them takes."""
    arguments = ["-c", "1", "-m", "50", "-t", "1", f"--rps={rate // CLIENTS}", "-D", str(seconds), *more]
    with contextlib.ExitStack() as stack:
        clients = []
        for _ in range(CLIENTS):
            clients.append(stack.enter_context(Load(cores, url, cookie, arguments)))
            time.sleep(1 / rate)
        return [answer for client in clients for answer in client.answers()]


def percentile(values: list[int], percent: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] / 1000


class Refused(RuntimeError):
    """Not every answer of a run was a 200."""


def _wholly(answers: list[Answer], what: str) -> list[Answer]:
    bad = [answer for answer in answers if answer.status != 200]
    if bad:
        raise Refused(f"{what}: {len(bad)} of {len(answers)} answers were not 200, as {bad[0]}")
    return answers


def _until_whole(run):
    """What `run` returns, of the first run in which every answer was a 200."""
    for _ in range(ATTEMPTS - 1):
        try:
            return run()
        except Refused as refused:
            print(refused, flush=True)
            time.sleep(1)
    return run()


@dataclasses.dataclass(frozen=True)
class OneTicket:
    connections: int
    streams: int
    gateway_microseconds: float
    nghttpx_microseconds: float
    bytes: int

    @property
    def ratio(self) -> float:
        return self.gateway_microseconds / self.nghttpx_microseconds


class Nghttpx:
    """nghttpx with the same TLS on its port, before an nghttpd that has the bytes. Use as a context manager."""

    def __init__(self, portal: Portal, body: bytes, cores: list[int], behind: list[int]):
        folder = portal.path / "peer"
        folder.mkdir(exist_ok=True)
        (folder / "ticket.json").write_bytes(body)
        origin, self.port = free_port(), free_port()
        chain, key = portal.certificate
        while self.port == origin:
            self.port = free_port()
        self.origin = Program(
            ["nghttpd", "--no-tls", "-d", str(folder), "-a", "127.0.0.1", str(origin)], behind, folder / "nghttpd.log")
        listens(origin)
        self.program = Program(
            ["nghttpx", f"-f127.0.0.1,{self.port}", f"-b127.0.0.1,{origin};;proto=h2", "--workers=1",
             "--accesslog-file=/dev/null", f"--errorlog-file={folder / 'nghttpx-errors.log'}", str(key), str(chain)],
            cores, folder / "nghttpx.log")
        try:
            listens(self.port)
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self) -> "Nghttpx":
        return self

    def __exit__(self, *_) -> None:
        self.program.stop()
        self.origin.stop()


def one_ticket(
    portal: Portal, cores: tuple[list[int], list[int], list[int]], rounds: int, requests: int
) -> list[OneTicket]:
    browser = portal.signed_in()
    name = browser.json(TICKETS)["tickets"][0]["name"]
    status, body = browser.get(f"/v1/{name}")
    if status != 200:
        raise RuntimeError(f"{name} gave {status}")
    gateway_cores, service_cores, load_cores = cores
    results = []
    with Nghttpx(portal, body, gateway_cores, service_cores) as peer:
        sides = [
            (portal.gateway, f"https://localhost:{portal.port}/v1/{name}"),
            (peer.program, f"https://localhost:{peer.port}/ticket.json"),
        ]
        for connections, streams in SHAPES:
            arguments = ["-n", str(requests), "-c", str(connections), "-m", str(streams), "-t", "1"]
            figures: list[list[float]] = [[], []]
            # The first round fills caches.
            for number in range(rounds + 1):
                for side, (program, url) in enumerate(sides):
                    def run() -> float:
                        before = program.cpu_seconds()
                        _wholly(load(load_cores, url, browser.cookie, arguments), url)
                        return (program.cpu_seconds() - before) / requests * 1e6

                    took = _until_whole(run)
                    figures[side] += [took] if number else []
                    name_ = program.process.args[3].rsplit("/", 1)[-1]
                    print(f"one ticket, {connections} × {streams}, {name_}: {took:.1f} µs", flush=True)
            own, other = (sorted(side)[rounds // 2] for side in figures)
            results.append(OneTicket(connections, streams, own, other, len(body)))
    return results


@dataclasses.dataclass(frozen=True)
class TicketList:
    p50_milliseconds: float
    p99_milliseconds: float
    bytes: int
    requests: int


def ticket_list(portal: Portal, load_cores: list[int], seconds: int) -> TicketList:
    browser = portal.signed_in()
    status, body = browser.get(LIST)
    if status != 200:
        raise RuntimeError(f"{LIST} gave {status}")
    url = f"https://localhost:{portal.port}{LIST}"
    spread_load(load_cores, url, browser.cookie, LIST_RATE, 3)
    answers = _until_whole(lambda: _wholly(spread_load(load_cores, url, browser.cookie, LIST_RATE, seconds), LIST))
    took = [answer.took for answer in answers]
    return TicketList(percentile(took, 50), percentile(took, 99), len(body), len(answers))


@dataclasses.dataclass(frozen=True)
class Overload:
    of: str
    """What was asked for."""
    peak: float
    """Good answers a second when the load waits for them."""
    asked: float
    """Requests a second under overload."""
    goodput: float
    refused: int
    refused_p99_milliseconds: float
    other: dict[int, int]
    """Answers that are neither good nor a refusal, by status."""
    healthy_after_seconds: float | None
    """From the end of the overload to the first second without a refusal and with a p99 of at most 100 ms."""

    @property
    def share(self) -> float:
        return self.goodput / self.peak


def overload(portal: Portal, load_cores: list[int]) -> list[Overload]:
    """Of the page that customers open most, and of the cheapest call there is."""
    browser = portal.signed_in()
    name = browser.json(TICKETS)["tickets"][0]["name"]
    return [
        _overload(portal, browser, load_cores, "the HTML ticket list", LIST, 2_000),
        _overload(portal, browser, load_cores, "one ticket as JSON", f"/v1/{name}", 20_000),
    ]


def _overload(
    portal: Portal, browser: Browser, load_cores: list[int], of: str, path: str, requests: int
) -> Overload:
    url = f"https://localhost:{portal.port}{path}"
    peak = max(_peak(load_cores, url, browser, requests) for _ in range(3))
    clients = 60
    rate = max(1, round(OVERLOAD * peak / clients))
    arguments = ["-c", str(clients), "-m", "200", "-t", str(len(load_cores)), f"--rps={rate}", "-D", str(OVERLOAD_SECONDS)]
    answers = load(load_cores, url, browser.cookie, arguments)
    ended = time.monotonic()
    good = [answer for answer in answers if answer.status == 200]
    refused = [answer.took for answer in answers if answer.status in (429, 503)]
    other: dict[int, int] = {}
    for answer in answers:
        if answer.status not in (200, 429, 503):
            other[answer.status] = other.get(answer.status, 0) + 1
    span = (max(answer.began + answer.took for answer in answers) - min(answer.began for answer in answers)) / 1e6
    return Overload(
        of, peak, len(answers) / span, len(good) / span, len(refused), percentile(refused, 99) if refused else 0, other,
        _healthy(load_cores, url, browser, peak, ended))


def _peak(cores: list[int], url: str, browser: Browser, requests: int) -> float:
    began = time.monotonic()
    answers = load(cores, url, browser.cookie, ["-n", str(requests), "-c", "8", "-m", "4", "-t", "1"])
    return sum(answer.status == 200 for answer in answers) / (time.monotonic() - began)


def _healthy(cores: list[int], url: str, browser: Browser, peak: float, ended: float) -> float | None:
    """Asks at a third of the peak, second by second."""
    while time.monotonic() - ended < 15:
        answers = load(cores, url, browser.cookie, ["-c", "4", "-m", "50", "-t", "1", f"--rps={round(peak / 12)}", "-D", "1"])
        if all(answer.status == 200 for answer in answers) and percentile([a.took for a in answers], 99) <= 100:
            return time.monotonic() - ended
    return None
