"""The unary echo: every server, size, shape, without and with TLS. The servers take turns."""

import contextlib
import dataclasses
import statistics

from bench.echo import ECHO, PEERS, Peer
from bench.load import Run, Shape, call
from bench.server import Server
from bench.wire import bytes_value, frame

SIZES = [64, 4096, 65536]
SHAPES = [Shape(8, 32), Shape(1, 1), Shape(100, 10)]
MAIN = Shape(8, 32)


@dataclasses.dataclass(frozen=True)
class Cell:
    peer: Peer
    size: int
    shape: Shape
    tls: bool


@dataclasses.dataclass(frozen=True)
class Figures:
    cpu_microseconds: float
    calls_per_second: float
    p50: float
    p99: float
    """Microseconds from the request's start to the end of its answer, as the client sees it under this load."""

    def __str__(self) -> str:
        return (
            f"{self.cpu_microseconds:8.2f} µs CPU a call {self.calls_per_second:10.0f} calls/s"
            f" p50 {self.p50:8.0f} µs p99 {self.p99:8.0f} µs"
        )


def measure(rounds: int, seconds: float, sizes: list[int], tls: list[bool]) -> dict[Cell, Figures]:
    """`seconds`: about how long the load of one cell runs in one round; the main cells run three times as long."""
    results: dict[Cell, list[Figures]] = {}
    for size in sizes:
        with contextlib.ExitStack() as stack:
            servers = {
                (peer, secure): stack.enter_context(Server(peer.command(size, secure)))
                for secure in tls for peer in PEERS
            }
            for shape in SHAPES:
                weight = 3 if size == 64 and shape == MAIN else 1
                cells = {Cell(peer, size, shape, secure): server for (peer, secure), server in servers.items()}
                _measure(cells, rounds, seconds * weight, results)
    return {cell: _median(own) for cell, own in results.items()}


def _measure(cells: dict[Cell, Server], rounds: int, seconds: float, results: dict[Cell, list[Figures]]) -> None:
    calls = {cell: _calls(cell, server, seconds) for cell, server in cells.items()}
    for _ in range(rounds):
        for cell, server in cells.items():
            figures = _run(cell, server, calls[cell])
            results.setdefault(cell, []).append(figures)
            tls = "TLS" if cell.tls else "   "
            print(f"{cell.size:6} {cell.shape!s:9} {tls} {cell.peer.name:<13}{figures}", flush=True)


def _calls(cell: Cell, server: Server, seconds: float) -> int:
    """How many calls take about `seconds`; warms the server up."""
    _run(cell, server, 500)
    wanted = int(_run(cell, server, 2000).calls_per_second * seconds)
    return max(500, 50 * cell.shape.connections, min(300_000, wanted))


def _run(cell: Cell, server: Server, calls: int) -> Figures:
    run = _drive(cell, server, calls)
    cpu = run.cpu_microseconds
    if cell.tls and calls > cell.shape.connections:
        # Handshakes are not part of a call: a run with one call on each connection has as many.
        few = cell.shape.connections
        cpu = max(0.0, (cpu * calls - _drive(cell, server, few).cpu_microseconds * few) / (calls - few))
    return Figures(cpu, run.per_second, run.percentile(50), run.percentile(99))


def _drive(cell: Cell, server: Server, calls: int) -> Run:
    message = bytes_value(cell.size)
    return call(server, ECHO, calls, cell.shape, message, len(frame(message)), cell.tls)


def _median(own: list[Figures]) -> Figures:
    return Figures(*(
        statistics.median(getattr(figures, field.name) for figures in own)
        for field in dataclasses.fields(Figures)))
