"""R-122: what a hostile message costs, as the kernel counts it: C structures, Swift values and all."""

import pytest
from test_differential import Transcoder

SIZE = 4 << 20
PADDING = 127

# The repeated field of each attack, and the type that it is aimed at.
ATTACKS = {
    "unknown two-byte fields": ("Node", b"\x78\x00"),
    "foreign wire types": ("Node", b"\x10\x00"),
    "empty groups": ("Node", b"\x7b\x7c"),
    "empty messages": ("Node", b"\x1a\x00"),
    "empty wide messages": ("Maps", b"\x7a\x00"),
    "empty map entries": ("Maps", b"\x62\x00"),
    "one scalar repeated": ("Scalars", b"\x18\x07"),
    "one message repeated": ("Node", b"\x0a\x00"),
    "short texts": ("Lists", b"\x72\x01a"),
    "texts just too long to lie inline": ("Lists", b"\x72\x10aaaaaaaaaaaaaaaa"),
    "short bytes": ("Lists", b"\x7a\x01a"),
    "short runs": ("Lists", b"\x1a\x08aaaaaaaa"),
}


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def message(field: bytes, share: float) -> bytes:
    """As many of the field as this share of the message holds, and bytes that only make the budget grow."""
    body = field * int(SIZE * share / len(field))
    rest = SIZE - len(body) - 8
    return body + (varint(PADDING << 3 | 2) + varint(rest) + bytes(rest) if rest > 0 else b"")


def peak(process) -> int:
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


@pytest.mark.parametrize("attack", ATTACKS)
def test_r122_memory_is_at_most_16_times_what_came(attack):
    kind, field = ATTACKS[attack]
    name = f"portico.testing.v1.{kind}"
    refused = taken = 0
    for share in (1, 0.5, 0.25, 0.12, 0.06, 0.02):
        transcoder = Transcoder()
        data = message(field, share)
        transcoder.ask("w", name, b"")
        # What carrying the bytes to the codec and back costs is not the codec's.
        transcoder.ask("?", name, data)
        before = peak(transcoder.process)
        is_done, answer = transcoder.ask("w", name, data)
        growth = peak(transcoder.process) - before
        transcoder.close()
        assert growth <= 16 * len(data), f"{share}: {growth / len(data):.1f} times"
        if is_done:
            taken += 1
        else:
            refused += 1
            assert b"over a limit" in answer
            assert growth < len(data), "a refusal costs memory"
    assert taken > 0, "nothing was taken, so nothing was measured"
    assert refused > 0 or attack == "texts just too long to lie inline"


def test_r121_ten_thousand_deep_costs_nothing():
    transcoder = Transcoder()
    deep = b""
    for _ in range(10_000):
        deep = b"\x0a" + varint(len(deep)) + deep
    transcoder.ask("?", "portico.testing.v1.Node", deep)
    before = peak(transcoder.process)
    is_done, answer = transcoder.ask("w", "portico.testing.v1.Node", deep)
    assert not is_done and b"nested deeper" in answer
    assert peak(transcoder.process) - before < 16 * len(deep) + (1 << 20)
    transcoder.close()
