"""The wall clock of a process under test, which a test moves on (V-24); time limits, which count by another clock, stay as
they are. `clock.c` stands in front of the C library. (libfaketime does not do here: it moves the environment, by which
Swift finds the arguments of its program.)
"""

import pathlib
import struct
import subprocess

from harness import places


class Clock:
    def __init__(self, folder: pathlib.Path):
        self._library = folder / "clock.so"
        self._file = folder / "ahead"
        self._ahead = 0
        source = pathlib.Path(__file__).with_name("clock.c")
        command = [places.tool("gcc", "gcc"), "-O2", "-Wall", "-Werror", "-shared", "-fPIC", source, "-o", self._library]
        subprocess.run(command, check=True)
        self._file.write_bytes(struct.pack("=q", 0))

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to have this clock."""
        return {"LD_PRELOAD": str(self._library), "TEST_CLOCK": str(self._file)}

    def advance(self, *, minutes: int) -> None:
        self._ahead += minutes * 60
        # In place: the process has it mapped.
        with self._file.open("r+b") as file:
            file.write(struct.pack("=q", self._ahead))
