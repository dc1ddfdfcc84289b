"""What the runtime must reach, and whether it did."""

import dataclasses

from bench.echo import GRPC_CPP, GRPC_SWIFT, NGHTTPD, PORTICO
from bench.load import Shape
from bench.unary import MAIN, Cell, Figures


@dataclasses.dataclass(frozen=True)
class Row:
    figure: str
    measured: str
    beside: str
    """The other side of the comparison."""
    target: str
    is_hit: bool

    def __str__(self) -> str:
        return f"| {self.figure} | {self.measured} | {self.beside} | {self.target} | {'hit' if self.is_hit else '**missed**'} |"


def rows(results: dict) -> list[Row]:
    return [*_server_cpu(results["unary"]), *_latency(results["unary"]), *_streams(results), *_memory(results),
            _allocations(results["allocations"])]


def _main(figures: dict[Cell, Figures], peer, tls: bool = False) -> Figures:
    return figures[Cell(peer, 64, MAIN, tls)]


def _server_cpu(figures: dict[Cell, Figures]) -> list[Row]:
    own = _main(figures, PORTICO).cpu_microseconds
    out = []
    for peer, most, text in [(NGHTTPD, 1.5, "≤ 1.5 ×"), (GRPC_SWIFT, 1 / 20, "≤ 1/20"), (GRPC_CPP, 1 / 5, "≤ 1/5")]:
        other = _main(figures, peer).cpu_microseconds
        out.append(Row(
            f"server CPU of a unary call, of {peer.name}", f"{own:.2f} µs", f"{other:.2f} µs, {_ratio(own, other)}",
            text, own <= most * other))
    secure = _main(figures, PORTICO, tls=True).cpu_microseconds
    out.append(Row(
        "added by TLS", f"{secure:.2f} µs", f"{own:.2f} µs plain, {secure / own - 1:+.0%}", "≤ 40 %",
        secure <= 1.4 * own))
    return out


def _latency(figures: dict[Cell, Figures]) -> list[Row]:
    cell = Cell(PORTICO, 64, Shape(1, 1), False)
    own, other = figures[cell].p50, figures[dataclasses.replace(cell, peer=NGHTTPD)].p50
    return [Row("latency at 1 × 1, p50, of nghttpd", f"{own:.0f} µs", f"{other:.0f} µs, {_ratio(own, other)}",
                "≤ 1.25 ×", own <= 1.25 * other)]


def _streams(results: dict) -> list[Row]:
    rate = results["streams"][PORTICO]
    own, other = results["clients"][PORTICO], results["clients"][GRPC_SWIFT]
    beside = results["beside"]
    return [
        Row("server streaming, messages a second and core", f"{rate:,.0f}", "", "≥ 1,000,000", rate >= 1e6),
        Row("client CPU of a unary call, of grpc-swift-2", f"{own:.2f} µs", f"{other:.2f} µs, {_ratio(own, other)}",
            "≤ 1/10", own <= other / 10),
        Row("p99 of small calls beside a stream of 64 MiB, of alone", f"{beside.beside_p99:.0f} µs",
            f"{beside.alone_p99:.0f} µs, {_ratio(beside.beside_p99, beside.alone_p99)}", "≤ 2 ×", beside.ratio <= 2),
    ]


def _memory(results: dict) -> list[Row]:
    idle = results["idle"][PORTICO]
    worst = max(results["hostile"], key=lambda outcome: outcome.growth)
    return [
        Row("resident memory of an idle connection", f"{idle:.1f} KiB", "", "≤ 12 KiB", idle <= 12),
        Row("memory for a hostile message of 4 MiB, the worst", f"{worst.growth:.1f} × its size", worst.name, "≤ 16 ×",
            worst.growth <= 16 and all(outcome.is_right for outcome in results["hostile"])),
    ]


def _allocations(count: float) -> Row:
    from bench.allocations import AT_MOST  # the bound that fails a run

    return Row("allocations in a unary call on the server", f"{count:.1f}", "", f"≤ {AT_MOST}", count <= AT_MOST)


def _ratio(own: float, other: float) -> str:
    """`1.3 ×` or, where the peer needs more, `1/18`."""
    return f"{own / other:.2f} ×" if own > other / 2 else f"1/{other / own:.1f}"
