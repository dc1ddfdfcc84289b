"""How much is tried: a sample in `make test`, the long figures of docs and of `make soak`, or a share of these."""

import os
import pathlib

LONG = os.environ.get("FAULT_LONG") == "1"
SCALE = float(os.environ.get("FAULT_SCALE", "1"))


def figure(sample: int, long: int) -> int:
    return max(1, round(long * SCALE)) if LONG else sample


def some(cases: list) -> list:
    """So many of the cases of a long run, evenly spread."""
    count = max(1, round(len(cases) * SCALE))
    return [cases[number * len(cases) // count] for number in range(min(count, len(cases)))]


def report(text: str) -> None:
    """A line of the report that FAULT_REPORT names, in which `scripts/soak` gathers what was tried."""
    if path := os.environ.get("FAULT_REPORT"):
        with pathlib.Path(path).open("a", encoding="utf-8") as file:
            file.write(text + "\n")
