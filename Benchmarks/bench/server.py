"""A server under measurement: started on a free port of loopback, read through /proc, ended by its id."""

import os
import pathlib
import socket
import subprocess
import time

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORES = CORES[-1:]
"""One core for the server; the load has the others, and where there is only one, that."""
LOAD_CORES = CORES[:-1] or CORES

TICK = 1 / os.sysconf("SC_CLK_TCK")


def on(cores: list[int], command: list[str]) -> list[str]:
    return ["taskset", "--cpu-list", ",".join(map(str, cores)), *command]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def busy_cores(seconds: float = 2) -> float:
    """How many cores' worth of work runs on the machine now, before any of ours."""

    def idle() -> int:
        fields = pathlib.Path("/proc/stat").read_text().splitlines()[0].split()
        return int(fields[4]) + int(fields[5])

    before, start = idle(), time.monotonic()
    time.sleep(seconds)
    spare = (idle() - before) * TICK / (time.monotonic() - start)
    return max(0.0, (os.cpu_count() or 1) - spare)


class Server:
    """`command` has `{port}` where the port goes. Use as a context manager, or call `stop`."""

    def __init__(self, command: list[str], limit: float = 20, output: int = subprocess.DEVNULL):
        """`limit`: seconds until it must listen. `output`: where its standard output goes."""
        self.port = free_port()
        self.process = subprocess.Popen(
            # taskset replaces itself with the program, so the process id is the server's.
            on(SERVER_CORES, [part.replace("{port}", str(self.port)) for part in command]),
            stdin=subprocess.DEVNULL,
            stdout=output,
        )
        try:
            self._wait(limit)
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    def _wait(self, limit: float) -> None:
        end = time.monotonic() + limit
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.process.args} ended with {self.process.returncode}")
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.01)
        raise RuntimeError(f"{self.process.args} does not listen on port {self.port}")

    def cpu_seconds(self) -> float:
        """User and system time of the process's threads so far, as the scheduler counts it, in nanoseconds."""
        tasks = pathlib.Path(f"/proc/{self.process.pid}/task")
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir()) / 1e9

    def resident_kibibytes(self) -> int:
        return self._memory("VmRSS")

    def resident_mebibytes(self) -> float:
        return self.resident_kibibytes() / 1024

    def forget_peak(self) -> None:
        """From now on `peak_kibibytes` is that of what follows."""
        pathlib.Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def peak_kibibytes(self) -> int:
        return self._memory("VmHWM")

    def _memory(self, field: str) -> int:
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith(field + ":"))
        return int(line.split()[1])

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
