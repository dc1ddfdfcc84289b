"""Server streaming: small messages, as many as one core sends."""

import contextlib
import statistics

from bench.echo import PEERS, STREAM, Peer
from bench.load import Shape, call
from bench.server import Server
from bench.wire import bytes_value, frame, int64_value

MESSAGES = 1000
"""Of 64 bytes, in the answer to each call."""
SHAPE = Shape(8, 4)


def measure(rounds: int, seconds: float) -> dict[Peer, float]:
    """Messages that one core sends in a second of its time."""
    results: dict[Peer, list[float]] = {}
    with contextlib.ExitStack() as stack:
        servers = {peer: stack.enter_context(Server(peer.command())) for peer in PEERS if peer.streams}
        for number in range(rounds + 1):
            for peer, server in servers.items():
                rate = results.get(peer, [20_000])[0]
                rate = _run(server, max(32, int(rate * seconds / MESSAGES)))
                if number == 0:
                    results[peer] = [rate]  # the warm-up only says how much the next rounds take
                    continue
                results[peer].append(rate)
                print(f"streaming {peer.name:<13}{rate:12,.0f} messages a second and core", flush=True)
    return {peer: statistics.median(own[1:]) for peer, own in results.items()}


def _run(server: Server, calls: int) -> float:
    answer = MESSAGES * len(frame(bytes_value(64)))
    run = call(server, STREAM, calls, SHAPE, int64_value(MESSAGES), answer)
    return MESSAGES / run.cpu_microseconds * 1e6
