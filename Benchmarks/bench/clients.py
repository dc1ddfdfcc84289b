"""The CPU that a client spends on a unary call, all against the same server; and small calls beside a large stream."""

import dataclasses
import statistics
import subprocess

from bench.echo import GRPC_CPP, GRPC_SWIFT, HERE, PEERS, PORTICO, Peer
from bench.server import LOAD_CORES, Server, on

IN_FLIGHT = 32


def measure(rounds: int, seconds: float) -> dict[Peer, float]:
    """Microseconds of CPU for one call of 64 bytes, 32 of them under way on one connection."""
    calls = {PORTICO: int(60_000 * seconds), GRPC_CPP: int(30_000 * seconds), GRPC_SWIFT: int(8_000 * seconds)}
    results: dict[Peer, list[float]] = {peer: [] for peer in PEERS if peer.client}
    with Server(PORTICO.command()) as server:
        for _ in range(rounds):
            for peer, own in results.items():
                own.append(float(_client(peer, server, [str(calls[peer]), str(IN_FLIGHT), "64"])))
                print(f"client {peer.name:<13}{own[-1]:8.2f} µs CPU a call", flush=True)
    return {peer: statistics.median(own) for peer, own in results.items()}


def _client(peer: Peer, server: Server, arguments: list[str]) -> str:
    mode = ["unary"] if peer is PORTICO else []
    return _output([str(HERE / peer.client), str(server.port), *mode, *arguments])


def _output(command: list[str]) -> str:
    return subprocess.run(on(LOAD_CORES, command), check=True, capture_output=True, text=True, timeout=300).stdout


@dataclasses.dataclass(frozen=True)
class Beside:
    alone_p50: float
    alone_p99: float
    beside_p50: float
    beside_p99: float
    passed_p50: float
    passed_p99: float
    """Latencies are in microseconds; `passed` counts the messages of 64 KiB that arrived during a small call."""

    @property
    def ratio(self) -> float:
        return self.beside_p99 / self.alone_p99


def beside(rounds: int) -> Beside:
    """Echoes of 64 bytes, one after the other: 2000 alone, then 2000 beside streams of 64 MiB on the same connection."""
    runs = []
    with Server(PORTICO.command()) as server:
        for _ in range(rounds):
            output = _output([str(HERE / PORTICO.client), str(server.port), "beside", "2000", "1024"])
            runs.append(Beside(*map(float, output.split())))
            print(f"beside 64 MiB: {runs[-1]}", flush=True)
    return sorted(runs, key=lambda run: run.ratio)[len(runs) // 2]
