"""An installation as processes of its own: the five services and the gateway with TLS on its port, over the demo tenant."""

import os
import pathlib
import socket
import subprocess
import tempfile
import time

from bench.browser import Browser
from bench.server import CORES, free_port, on

SERVICES = ("messaging", "identity", "ticketing", "billing", "cms")
PASSWORD = "Harbour-Light-27"
TENANT = "brightwater"
AGENT = "tomas"
"""A technician: sees all tickets."""
START_LIMIT = 120
"""Seconds until the gateway must be ready."""


class Program:
    """A running process whose CPU time and memory can be read."""

    def __init__(self, command: list[str], cores: list[int], log: pathlib.Path):
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                on(cores, command), stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)

    def _ids(self) -> list[int]:
        """The process and its children: nghttpx works in a child."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [self.process.pid, *map(int, children)]

    def cpu_seconds(self) -> float:
        tasks = [task for pid in self._ids() for task in pathlib.Path(f"/proc/{pid}/task").iterdir()]
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9

    def resident_kibibytes(self) -> int:
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def certificate(folder: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
    """A certificate for localhost, and its key."""
    chain, key = folder / "edge.pem", folder / "edge.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-keyout", str(key), "-out", str(chain), "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,DNS:*.localhost"],
        check=True, capture_output=True)
    return chain, key


class Portal:
    """Use as a context manager. `rates="none"` lifts the limits of requests, which one address would meet at once."""

    def __init__(
        self, programs: pathlib.Path, gateway_cores: list[int], service_cores: list[int], gateway: tuple[str, ...] = ()
    ):
        self.programs = programs
        self.folder = tempfile.TemporaryDirectory(prefix="portico-bench-")
        self.path = pathlib.Path(self.folder.name)
        self.port = free_port()
        self.running: dict[str, Program] = {}
        data = self.path / "data"
        print("loading the demo tenant", flush=True)
        subprocess.run([str(programs / "portico"), "seed", "--data", str(data)], check=True, capture_output=True)
        self.certificate = certificate(self.path)
        peers = ",".join(f"{service}=unix:{self.path / service}" for service in SERVICES)
        shared = ["--keys-folder", str(data / "keys"), "--peers", peers]
        os.environ["PORTICO_PORTAL_ORIGIN"] = f"https://{{tenant}}.localhost:{self.port}"
        try:
            for service in SERVICES:
                self._run(service, service_cores, [
                    "--listen", f"unix:{self.path / service}", "--database-url", f"sqlite:{data / service}.db",
                    "--blobs-folder", str(data / "blobs"), *shared])
            self._run("gateway", gateway_cores, [
                "--listen", f"127.0.0.1:{self.port}", "--public-port", str(self.port), "--tenant", TENANT,
                "--edge-certificate", str(self.certificate[0]), "--edge-key", str(self.certificate[1]),
                "--rates", "none", *gateway, *shared])
            self._wait()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Portal":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    @property
    def gateway(self) -> Program:
        return self.running["gateway"]

    def _run(self, name: str, cores: list[int], arguments: list[str]) -> None:
        self.running[name] = Program(
            [str(self.programs / f"portico-{name}"), *arguments], cores, self.path / f"{name}.log")

    def _wait(self) -> None:
        end = time.monotonic() + START_LIMIT
        while time.monotonic() < end:
            for name, program in self.running.items():
                if program.process.poll() is not None:
                    raise RuntimeError(f"portico-{name} ended:\n{program.log.read_text()[-3000:]}")
            try:
                if Browser(self.port, "https").get("/readyz")[0] == 200:
                    return
            except OSError:
                pass  # It does not listen yet.
            time.sleep(0.1)
        raise RuntimeError("the portal is not ready")

    def close(self) -> None:
        for program in reversed(self.running.values()):
            program.stop()
        self.folder.cleanup()

    def signed_in(self, user: str = AGENT) -> Browser:
        browser = Browser(self.port, "https")
        browser.sign_in(user, PASSWORD)
        return browser


def split_cores() -> tuple[list[int], list[int], list[int]]:
    """Cores of the gateway, of the services and of the load: one, one and the rest where there are four."""
    if len(CORES) < 3:
        return CORES[-1:], CORES[:1], CORES[:1]
    return CORES[-1:], CORES[-2:-1], CORES[:-2]


def listens(port: int, limit: float = 10) -> None:
    end = time.monotonic() + limit
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"nothing listens on port {port}")
