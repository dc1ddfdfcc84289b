"""An installation as processes of their own on one machine: PostgreSQL, two replicas of every service and two gateways,
mutual TLS between them; each can be stopped, killed, frozen and started again by itself.
"""

import json
import os
import pathlib
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

from harness import places

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVICES = ("identity", "ticketing", "messaging", "billing", "cms")
START_LIMIT = 120.0
"""A guard against hanging and no figure."""


def free_ports(count: int) -> list[int]:
    """Below those that the kernel gives to connections: a process that is away for a moment finds its own free again."""
    found: list[int] = []
    while len(found) < count:
        port = random.randrange(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
    return found


class Database:
    """A PostgreSQL of its own, with the roles and databases of deploy/postgres; syncs nothing, nothing here is kept."""

    def __init__(self, folder: pathlib.Path):
        self._folder = folder
        self._data = folder / "data"
        self.port = free_ports(1)[0]
        self._user = "postgres" if os.geteuid() == 0 else None
        binaries = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        if not binaries:
            raise RuntimeError("PostgreSQL is not installed: run `scripts/setup test`")
        self._bin = binaries[-1]

    def start(self) -> None:
        if self._user is not None:
            owner = pwd.getpwnam(self._user)
            os.chown(self._folder, owner.pw_uid, owner.pw_gid)
        self._run("initdb", "-D", str(self._data), "-U", "postgres", "-A", "trust", "--locale=C.UTF-8", "--no-sync")
        options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self._folder} -c fsync=off "
            "-c max_connections=300"
        )
        self._run("pg_ctl", "-D", str(self._data), "-w", "-l", str(self._folder / "log"), "-o", options, "start")
        script = ROOT / "deploy/postgres/databases.sql"
        with script.open("rb") as statements:
            self._run(
                "psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "-q", "-v", "ON_ERROR_STOP=1",
                stdin=statements,
            )

    def stop(self) -> None:
        if self._data.exists():
            self._run("pg_ctl", "-D", str(self._data), "-w", "-m", "immediate", "stop")

    def url(self, role: str, database: str) -> str:
        return f"postgres://{role}@127.0.0.1:{self.port}/{database}"

    def _run(self, program: str, *arguments: str, stdin=subprocess.DEVNULL) -> None:
        done = subprocess.run(
            [str(self._bin / program), *arguments], user=self._user, cwd=self._folder, stdin=stdin,
            stdout=subprocess.PIPE if program != "pg_ctl" else subprocess.DEVNULL, stderr=subprocess.STDOUT
            if program != "pg_ctl" else subprocess.DEVNULL, timeout=START_LIMIT,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{program} ended with {done.returncode}: {(done.stdout or b'').decode()}")


class Cluster:
    """Use it as a context manager."""

    def __init__(self, logs: pathlib.Path, replicas: int = 2, gateways: int = 2, settings: dict[str, str] | None = None):
        self._logs = logs
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="portico-"))
        self._folder.chmod(0o755)
        (self._folder / "db").mkdir()
        self._database = Database(self._folder / "db")
        self._settings = settings or {}
        names = [f"{service}-{number}" for service in SERVICES for number in range(1, replicas + 1)]
        names += [f"gateway-{number}" for number in range(1, gateways + 1)]
        self.ports = dict(zip(names, free_ports(len(names)), strict=True))
        self._processes: dict[str, subprocess.Popen] = {}

    def __enter__(self) -> "Cluster":
        shutil.rmtree(self._logs, ignore_errors=True)
        self._logs.mkdir(parents=True)
        try:
            self._database.start()
            self.portico("keys", "--data", str(self._folder), "--to", str(self._folder / "secrets"))
            self.portico("certs", "--data", str(self._folder), "--to", str(self._folder / "secrets"))
            self.portico("migrate", "--database", self._database.url("portico_owner", "{service}"))
            for name in self.ports:
                self.start(name)
            self.wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        for process in self._processes.values():
            if process.poll() is None:
                process.kill()
                process.wait()
        self._database.stop()
        shutil.rmtree(self._folder)

    @property
    def gateways(self) -> list[str]:
        return [f"127.0.0.1:{port}" for name, port in self.ports.items() if name.startswith("gateway")]

    def replicas(self, service: str) -> list[str]:
        return [name for name in self.ports if name.rpartition("-")[0] == service]

    def pid(self, name: str) -> int:
        return self._processes[name].pid

    def start(self, name: str) -> None:
        service = name.rpartition("-")[0]
        with (self._logs / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [str(places.program(f"portico-{service}"))], env={**os.environ, **self._environment(name)},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )

    def _environment(self, name: str) -> dict[str, str]:
        service = name.rpartition("-")[0]
        values = {
            "PORTICO_LISTEN": f"127.0.0.1:{self.ports[name]}",
            "PORTICO_DATABASE_URL": self._database.url("portico_app", service),
            "PORTICO_BLOBS_FOLDER": str(self._folder / "blobs"),
            "PORTICO_KEYS_FOLDER": str(self._folder / "secrets" / service / "keys"),
            "PORTICO_PORTAL_ORIGIN": "http://{tenant}.localhost:8080", "PORTICO_PUBLIC_PORT": "8080",
            "PORTICO_RATES": "none", "PORTICO_LOG_FORMAT": "json", **self._peers(service), **self._settings,
        }
        if service == "gateway":
            del values["PORTICO_DATABASE_URL"]
        return values

    def _peers(self, service: str) -> dict[str, str]:
        own = self._folder / "secrets" / service
        peers = []
        for other in SERVICES:
            ports = [self.ports[name] for name in self.replicas(other)]
            peers.append(f"{other}=ipv4:" + ",".join(f"127.0.0.1:{port}" for port in ports))
        return {
            "PORTICO_PEERS": ",".join(peers), "PORTICO_TLS_CERTIFICATE": str(own / "tls.crt"),
            "PORTICO_TLS_KEY": str(own / "tls.key"), "PORTICO_TLS_ROOTS": str(own / "ca.crt"),
        }

    def portico(self, *arguments: str) -> str:
        """A command of the operator's."""
        done = subprocess.run(
            [str(places.portico_binary()), *arguments], capture_output=True, timeout=START_LIMIT, stdin=subprocess.DEVNULL,
            env={**os.environ, **(self._peers("operator") if arguments[0] == "tenant" else {})},
        )
        if done.returncode != 0:
            raise RuntimeError(f"portico {arguments[0]} ended with {done.returncode}: {done.stderr.decode()}")
        return done.stdout.decode()

    def open_portal(self, tenant: str) -> str:
        """The link with which its administrator sets a password."""
        said = self.portico(
            "tenant", tenant, "--name", "Larch IT", "--first-name", "Ada", "--email", f"ada@{tenant}.example",
            "--data", str(self._folder),
        )
        return said.strip().splitlines()[-1]

    def send(self, name: str, number: signal.Signals) -> None:
        self._processes[name].send_signal(number)

    def kill(self, name: str) -> None:
        self._processes[name].kill()
        self._processes[name].wait()

    def stop(self, name: str) -> float:
        """SIGTERM, and the seconds until the process has left with 0."""
        began = time.monotonic()
        process = self._processes[name]
        process.terminate()
        code = process.wait(timeout=60)
        if code != 0:
            raise RuntimeError(f"{name} left with {code}: {self.log(name)[-3000:]}")
        return time.monotonic() - began

    def log(self, name: str) -> str:
        return (self._logs / f"{name}.log").read_text(errors="replace")

    def wait_until_ready(self) -> None:
        """Until each gateway says that all services answer, and each replica that it serves."""
        end = time.monotonic() + START_LIMIT
        waiting = set(self.ports)
        while waiting:
            for name in sorted(waiting):
                process = self._processes[name]
                if process.poll() is not None:
                    raise RuntimeError(f"{name} ended with {process.returncode}: {self.log(name)[-3000:]}")
                if time.monotonic() > end:
                    raise RuntimeError(f"{waiting} are not ready; the logs are in {self._logs}")
                if self._is_ready(name):
                    waiting.discard(name)
            time.sleep(0.05)

    def _is_ready(self, name: str) -> bool:
        try:
            if not name.startswith("gateway"):
                socket.create_connection(("127.0.0.1", self.ports[name]), timeout=5).close()
                return True
            with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[name]}/readyz", timeout=5) as answer:
                return all(state == "serving" for state in json.load(answer)["services"].values())
        except OSError:
            return False
