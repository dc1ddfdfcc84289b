"""File systems of a few kinds, mounted for one test. Only root may: elsewhere the tests fail and say so."""

import contextlib
import os
import pathlib
import subprocess
import time
from collections.abc import Iterator

from harness import places

MOUNT_LIMIT = 60.0
"""Seconds until a file system is there: a guard against hanging."""


def _run(*command: str) -> None:
    if os.geteuid() != 0:
        raise RuntimeError("mounting needs root: run `make test-faults` as root, as CI does")
    done = subprocess.run([places.tool(command[0], "mount e2fsprogs"), *command[1:]], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()} (loop devices and FUSE must be allowed here)")


@contextlib.contextmanager
def tmpfs(folder: pathlib.Path, size: int) -> Iterator[pathlib.Path]:
    """So many bytes of memory."""
    folder.mkdir()
    _run("mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        _run("umount", str(folder))


@contextlib.contextmanager
def ext4(folder: pathlib.Path, size: int) -> Iterator[pathlib.Path]:
    """A real file system in a file of so many bytes."""
    folder.mkdir()
    image = folder.with_suffix(".image")
    with image.open("wb") as file:
        file.truncate(size)
    _run("mkfs.ext4", "-q", "-F", "-m", "0", str(image))
    _run("mount", "-o", "loop", str(image), str(folder))
    try:
        yield folder
    finally:
        _run("umount", str(folder))


class PowerFS:
    """The file system of native/powerfs.c: what is not synced is lost when its power is cut."""

    def __init__(self, folder: pathlib.Path, program: pathlib.Path):
        self.folder = folder
        self._program = program

    def __enter__(self) -> "PowerFS":
        if os.geteuid() != 0 or not pathlib.Path("/dev/fuse").exists():
            raise RuntimeError("a FUSE file system needs root and /dev/fuse: run `make test-faults` as root")
        self.folder.mkdir()
        self._process = subprocess.Popen([str(self._program), "-f", "-s", str(self.folder)], stdin=subprocess.DEVNULL)
        end = time.monotonic() + MOUNT_LIMIT
        while not os.path.ismount(self.folder):
            if self._process.poll() is not None or time.monotonic() > end:
                self._process.kill()
                raise RuntimeError("the FUSE file system was not mounted: is FUSE allowed here?")
            time.sleep(0.005)
        return self

    def __exit__(self, *_) -> None:
        # A process that has just been killed may still be on its way out.
        end = time.monotonic() + MOUNT_LIMIT
        while True:
            try:
                _run("umount", str(self.folder))
                break
            except RuntimeError:
                if time.monotonic() > end:
                    self._process.kill()
                    raise
                time.sleep(0.05)
        self._process.wait(timeout=MOUNT_LIMIT)

    def cut(self, seed: int) -> None:
        """Power gone and back. With a seed, sectors that were not synced survive or do not, as the seed has it."""
        self._tell(f"cut {seed}")

    def limit(self, size: int) -> None:
        """No more bytes than that in all; -1 for as many as wanted."""
        self._tell(f"room {size}")

    def used(self) -> int:
        return sum(path.stat().st_size for path in self.folder.iterdir())

    def _tell(self, what: str) -> None:
        descriptor = os.open(self.folder / ".control", os.O_WRONLY)
        try:
            os.write(descriptor, what.encode())
        finally:
            os.close(descriptor)
