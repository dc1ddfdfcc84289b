"""The clock of a process under test, which a test moves on (V-24): libfaketime in front of the C library."""

import pathlib

from harness import places


class Clock:
    """Wall clock only: time limits, which count by the monotonic clock, stay as they are."""

    def __init__(self, folder: pathlib.Path):
        self._file = folder / "clock"
        self._seconds = 0
        self._write()

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to have this clock."""
        return {
            "LD_PRELOAD": str(places.library("faketime/libfaketimeMT.so.1", "faketime")),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }

    def advance(self, *, minutes: int) -> None:
        self._seconds += minutes * 60
        self._write()

    def _write(self) -> None:
        """In one step: the process reads it whenever it asks for the time."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"+{self._seconds}")
        fresh.replace(self._file)
