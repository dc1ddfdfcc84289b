"""The five services and the gateway as processes of their own, as an installation of several machines runs them; each
can be taken away by itself.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

from harness import places
from harness.wire import Wire

SERVICES = ("messaging", "identity", "ticketing", "billing", "cms")
READY_LIMIT = 60.0
"""Seconds until the gateway says that all services answer."""


class Services:
    """Running processes over one data folder. Use it as a context manager.

    - elsewhere: addresses of services that somebody else runs, by name.
    - flags: more of them for the gateway.
    """

    def __init__(
        self,
        data: pathlib.Path,
        tenant: str,
        port: int,
        logs: pathlib.Path,
        elsewhere: dict[str, str] | None = None,
        flags: tuple[str, ...] = (),
    ):
        self.url = f"http://{tenant}.localhost:{port}"
        self._data = data
        self._tenant = tenant
        self._logs = logs
        self._port = port
        self._elsewhere = elsewhere or {}
        self._flags = flags
        # A socket's path has room for about a hundred bytes.
        self._sockets = pathlib.Path(tempfile.mkdtemp(prefix="portico-"))
        self._processes: dict[str, subprocess.Popen] = {}

    def __enter__(self) -> "Services":
        self._logs.mkdir(parents=True, exist_ok=True)
        for old in self._logs.glob("*.log"):
            old.unlink()
        try:
            for service in SERVICES:
                if service not in self._elsewhere:
                    self.start(service)
            self._run(
                "gateway", "--listen", f"127.0.0.1:{self._port}", "--public-port", str(self._port),
                "--operation-tenants", self._tenant, *self._flags,
            )
            self._wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        for name in reversed(list(self._processes)):
            self.thaw(name)
            self.stop(name)
        shutil.rmtree(self._sockets)

    def start(self, service: str) -> None:
        self._run(
            service,
            *("--listen", f"unix:{self._sockets / service}"),
            *("--database-url", f"sqlite:{self._data / f'{service}.db'}"),
            *("--blobs-folder", str(self._data / "blobs")),
        )

    def _run(self, name: str, *arguments: str) -> None:
        places_of = {service: f"unix:{self._sockets / service}" for service in SERVICES} | self._elsewhere
        peers = ",".join(f"{service}={address}" for service, address in places_of.items())
        shared = ("--keys-folder", str(self._data / "keys"), "--peers", peers)
        with (self._logs / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [str(places.program(f"portico-{name}")), *arguments, *shared],
                # Not as a flag, which only the services that write letters know.
                env={**os.environ, "PORTICO_PORTAL_ORIGIN": f"http://{{tenant}}.localhost:{self._port}"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def freeze(self, name: str) -> None:
        """Lets one process stand still: it takes connections and says nothing (V-05)."""
        process = self._processes[name]
        process.send_signal(signal.SIGSTOP)
        # The signal is there at once; that all threads stand still takes a moment.
        tasks = pathlib.Path(f"/proc/{process.pid}/task")
        end = time.monotonic() + READY_LIMIT
        while not all(_state(task) in "TtZX" for task in tasks.iterdir()):
            if time.monotonic() > end:
                raise RuntimeError(f"portico-{name} does not stop")
            time.sleep(0.005)

    def thaw(self, name: str) -> None:
        self._processes[name].send_signal(signal.SIGCONT)

    def stop(self, name: str) -> None:
        """Asks one process to end, and waits for it."""
        process = self._processes.pop(name)
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise RuntimeError(f"portico-{name} did not end at SIGTERM") from None

    def restart(self, service: str) -> None:
        """Starts a service that was stopped, and waits until the gateway has it back."""
        self.start(service)
        end = time.monotonic() + READY_LIMIT
        while Wire(self.url).get("/readyz").json["services"][service] != "serving":
            if time.monotonic() > end:
                raise RuntimeError(f"{service} is not back within {READY_LIMIT} s; the logs are in {self._logs}")
            time.sleep(0.1)

    def _wait_until_ready(self) -> None:
        end = time.monotonic() + READY_LIMIT
        while time.monotonic() < end:
            for name, process in self._processes.items():
                if process.poll() is not None:
                    text = (self._logs / f"{name}.log").read_text(encoding="utf-8", errors="replace")
                    raise RuntimeError(f"portico-{name} ended with {process.returncode}:\n{text[-4000:]}")
            try:
                if Wire(self.url).get("/readyz").status == 200:
                    return
            except OSError:
                pass  # It does not listen yet.
            time.sleep(0.1)
        raise RuntimeError(f"not ready within {READY_LIMIT} s; the logs are in {self._logs}")


def _state(task: pathlib.Path) -> str:
    """The letter that the kernel shows for a thread; X for one that has just ended."""
    try:
        return (task / "stat").read_text().rpartition(") ")[2][0]
    except (FileNotFoundError, ProcessLookupError):
        return "X"
