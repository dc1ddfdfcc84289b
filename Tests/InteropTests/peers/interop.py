"""Runs the `interop` program: the server on a free port, ended by its process id, and single cases of the client."""

import dataclasses
import os
import pathlib
import signal
import subprocess

from harness import places

START_LIMIT = 30
"""Seconds until the line with the address must be there."""
STOP_LIMIT = 30
"""Seconds from SIGTERM to the end: guards against a hang, decides no test."""


def binary() -> pathlib.Path:
    """The debug build, or what INTEROP_BINARY names."""
    path = pathlib.Path(os.environ.get("INTEROP_BINARY", places.ROOT / ".build/debug/interop"))
    if not path.is_file():
        raise RuntimeError(f"{path} is not built: run `swift build --product interop`")
    return path


class Served:
    """`interop serve` with these arguments; `address` is where it listens."""

    def __init__(self, *arguments: str):
        self.process = subprocess.Popen(
            [binary(), "serve", "--port", "0", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.address = self.process.stdout.readline().strip()
        if not self.address:
            self.kill()
            raise RuntimeError(f"interop serve did not start: {self.process.stderr.read()}")
        self.port = int(self.address.rsplit(":", 1)[1])

    def signal(self, number: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(number)

    def wait(self) -> int:
        """The exit code."""
        return self.process.wait(STOP_LIMIT)

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def __enter__(self) -> "Served":
        return self

    def __exit__(self, kind, error, trace) -> None:
        """A server that served well also ends well."""
        try:
            if self.process.poll() is None:
                self.signal()
                code = self.wait()
                if kind is None:
                    assert code == 0, f"exit code {code}: {self.process.stderr.read()}"
        finally:
            self.kill()
            self.process.stdout.close()
            self.process.stderr.close()


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How one case of the client ended."""

    code: int
    line: str
    """The final status: name and message."""
    errors: str

    @property
    def held(self) -> bool:
        return self.code == 0


def call(target: str, case: str, *arguments: str) -> Outcome:
    """`interop call` with one case."""
    done = subprocess.run(
        [binary(), "call", "--target", target, "--case", case, "--deadline", "100", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert done.stdout.count("\n") == 1, f"not one line: {done.stdout!r} {done.stderr!r}"
    return Outcome(done.returncode, done.stdout.rstrip("\n"), done.stderr)


def cases() -> list[str]:
    """The names that `--case list` prints."""
    done = subprocess.run([binary(), "call", "--case", "list"], capture_output=True, text=True, check=True, timeout=30)
    return [line.split("\t")[0] for line in done.stdout.splitlines()]
