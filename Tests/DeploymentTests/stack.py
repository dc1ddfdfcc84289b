"""compose.yaml, really running: by podman and podman-compose, or by whatever COMPOSE names."""

import contextlib
import functools
import json
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVICES = ("identity", "ticketing", "messaging", "billing", "cms")
RESOLVER = pathlib.Path("/run/containers/networks/aardvark-dns/aardvark.pid")
START_LIMIT = 240.0
"""Seconds until the gateways say that everything answers; a guard against hanging and no figure."""


class Stack:
    """One run of compose.yaml under a name of its own. Use it as a context manager; it leaves nothing behind."""

    def __init__(self, name: str, profile: str, scale: dict[str, int], logs: pathlib.Path):
        self.name = name
        self._logs = logs
        self._engine = os.environ.get("CONTAINER_ENGINE", "podman")
        compose = os.environ.get("COMPOSE", str(pathlib.Path(sys.executable).with_name("podman-compose")))
        self._compose = [*shlex.split(compose), "-p", name, "-f", str(ROOT / "compose.yaml")]
        # 127.0.0.1::8080 lets each gateway have a free port.
        self._environment = {
            **os.environ, "COMPOSE_PROFILES": profile, "PORTICO_PUBLISH": "127.0.0.1::8080", "PORTICO_RATES": "none",
            "PORTICO_LOG_LEVEL": "debug",
            **{f"PORTICO_{service.upper()}_REPLICAS": str(count) for service, count in scale.items()},
        }

    def __enter__(self) -> "Stack":
        self._logs.mkdir(parents=True, exist_ok=True)
        try:
            self.compose("up", "-d")
            self.wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        for container in self.engine("ps", "-a", "--format", "{{.Names}}", *self._mine).split():
            with (self._logs / f"{container}.log").open("wb") as log:
                subprocess.run([self._engine, "logs", container], stdout=log, stderr=log, check=False)
        self.compose("down", "-v")
        left = self.engine("ps", "-a", "-q", *self._mine) + self.engine("volume", "ls", "-q", *self._mine)
        assert not left.strip(), f"`down -v` left {left}"

    @property
    def _mine(self) -> list[str]:
        return ["--filter", f"label=com.docker.compose.project={self.name}"]

    def compose(self, *arguments: str) -> str:
        with (self._logs / "compose.log").open("ab") as log:
            log.write(f"$ {shlex.join(arguments)}\n".encode())
            log.flush()
            done = subprocess.run(
                [*self._compose, *arguments], env=self._environment, cwd=ROOT, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=log, timeout=START_LIMIT * 2,
            )
            log.write(done.stdout)
        if done.returncode != 0:
            tail = (self._logs / "compose.log").read_text(errors="replace")[-4000:]
            raise RuntimeError(f"compose {shlex.join(arguments)} ended with {done.returncode}:\n{tail}")
        return done.stdout.decode()

    def engine(self, *arguments: str) -> str:
        return subprocess.run(
            [self._engine, *arguments], check=True, capture_output=True, timeout=START_LIMIT
        ).stdout.decode()

    def containers(self, service: str) -> list[str]:
        """Those of a service, running or not, by their number."""
        return sorted(
            self.engine(
                "ps", "-a", "--format", "{{.Names}}", *self._mine,
                "--filter", f"label=com.docker.compose.service={service}",
            ).split()
        )

    def log(self, container: str) -> str:
        """What it has written, on both of its streams."""
        done = subprocess.run(
            [self._engine, "logs", container], check=True, timeout=START_LIMIT, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        return done.stdout.decode(errors="replace")

    def inspect(self, container: str) -> dict:
        return json.loads(self.engine("inspect", container))[0]

    @functools.cached_property
    def gateways(self) -> list[str]:
        """`127.0.0.1:PORT` of each gateway; the port is the container's for as long as it is there, running or not."""
        return [self.engine("port", container, "8080/tcp").split()[0] for container in self.containers("gateway")]

    def wait_until_ready(self) -> None:
        end = time.monotonic() + START_LIMIT
        waiting = set(self.gateways)
        while waiting:
            if time.monotonic() > end:
                raise RuntimeError(f"not ready within {START_LIMIT} s; the logs are in {self._logs}")
            self._remind_resolver()
            for address in sorted(waiting):
                if _is_whole(address):
                    waiting.discard(address)
            if waiting:
                time.sleep(1)

    def _remind_resolver(self) -> None:
        """The resolver of podman 4 misses changes of its list when several containers come and go at once; told so, it
        reads the list again. Other engines have none.
        """
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, ValueError, PermissionError):
            os.kill(int(RESOLVER.read_text()), signal.SIGHUP)

    def kill(self, container: str) -> None:
        """Ends it as a power cut does."""
        self.engine("kill", "--signal", "KILL", container)

    def start(self, container: str) -> None:
        self.engine("start", container)

    def operator(self, *command: str) -> str:
        return self.compose("--profile", "operator", "run", "--rm", "-T", "operator", *command)


def _is_whole(address: str) -> bool:
    """Whether a gateway says that every service answers."""
    try:
        with urllib.request.urlopen(f"http://{address}/readyz", timeout=5) as answer:
            services = json.load(answer)["services"]
    except OSError:
        return False
    return all(services.get(name) == "serving" for name in SERVICES)


def is_available() -> bool:
    return shutil.which(os.environ.get("CONTAINER_ENGINE", "podman")) is not None
