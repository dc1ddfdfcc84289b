"""Runs `portico up` for a test: on free ports, with its own data directory, ended by its process id.

The agreement with the program, `portico up --data DIR --port 0 --print-json [--demo]`:

- once it serves, it prints one line of JSON on standard output, with at least
  `{"url": "http://127.0.0.1:PORT", "mail": "http://…", "logins": [{"role", "tenant", "user", "password"}]}`:
  `mail` is the address at which kept outgoing mail is read, `logins` may be empty without `--demo`;
- `portal` in it is the pattern of a tenant's address, `http://{tenant}.localhost:PORT`;
- lines before it that are not a JSON object with a `url` are log lines;
- SIGTERM drains and ends it with exit code 0.
"""

import collections
import dataclasses
import json
import os
import pathlib
import queue
import signal
import subprocess
import threading

START_LIMIT = 120.0
"""Seconds until the line must be there. Seeding a demo tenant in a debug build on two busy cores is slow."""

STOP_LIMIT = 20.0
"""Seconds from SIGTERM to the end of the process (V-21 wants under 10; a slow machine is not a bug)."""


@dataclasses.dataclass(frozen=True)
class Login:
    """One person who can sign in."""

    role: str
    tenant: str
    user: str
    password: str

    @classmethod
    def of(cls, value: dict) -> "Login":
        return cls(value["role"], value.get("tenant", ""), value["user"], value["password"])


class StartFailure(RuntimeError):
    """The process ended, or said nothing, before it served."""


class Portico:
    """A running process. Use it as a context manager, or call `stop()`."""

    running: "list[Portico]" = []

    def __init__(
        self,
        command: list[str],
        log: pathlib.Path,
        environment: dict[str, str] | None = None,
        start_limit: float = START_LIMIT,
    ):
        self.log_path = log
        log.parent.mkdir(parents=True, exist_ok=True)
        self._log = log.open("wb", buffering=0)
        self._ready: "queue.Queue[dict | None]" = queue.Queue()
        # A group of its own, so that a Ctrl-C in the terminal reaches the tests first and they end it.
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read_output, daemon=True)
        self._reader.start()
        Portico.running.append(self)
        try:
            self.facts = self._wait(command, start_limit)
        except BaseException:
            self.kill()
            raise
        self.url: str = self.facts["url"].rstrip("/")
        self.mail_url: str = self.facts.get("mail", "")
        self._portal: str = self.facts.get("portal", "")
        self.logins = [Login.of(value) for value in self.facts.get("logins", [])]

    def _read_output(self) -> None:
        """Copies standard output to the log until it ends, so that the pipe never fills, and hands over the facts."""
        found = False
        for line in self.process.stdout:
            self._log.write(line)
            if not found and (facts := _facts(line)) is not None:
                found = True
                self._ready.put(facts)
        self._ready.put(None)

    def _wait(self, command: list[str], limit: float) -> dict:
        try:
            facts = self._ready.get(timeout=limit)
        except queue.Empty:
            raise StartFailure(f"no line of JSON within {limit} s from {command}\n{self.log_tail()}") from None
        if facts is None:
            code = self.process.wait()
            raise StartFailure(f"{command} ended with exit code {code} before it served\n{self.log_tail()}")
        return facts

    def portal(self, tenant: str) -> str:
        """Where this tenant's people go: `http://acme.localhost:8080`."""
        if "{tenant}" not in self._portal:
            raise LookupError(f"the program did not say where portals are: {self.facts}")
        return self._portal.replace("{tenant}", tenant).rstrip("/")

    def login(self, role: str, tenant: str | None = None) -> Login:
        """The first login with this role."""
        for login in self.logins:
            if login.role == role and tenant in (None, login.tenant):
                return login
        known = sorted({login.role for login in self.logins})
        raise LookupError(f"no login with role {role!r}; there are {known}")

    def log_tail(self, lines: int = 60) -> str:
        with self.log_path.open("r", encoding="utf-8", errors="replace") as file:
            return "".join(collections.deque(file, maxlen=lines))

    def stop(self) -> int:
        """Asks it to drain and end; the exit code. Harsher means follow when it does not listen."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=STOP_LIMIT)
        except subprocess.TimeoutExpired:
            raise StartFailure(f"did not end within {STOP_LIMIT} s of SIGTERM\n{self.log_tail()}") from None
        finally:
            self.kill()

    def kill(self) -> None:
        """Ends it at once, if it still runs, and frees what was held for it. May be called again."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self in Portico.running:
            Portico.running.remove(self)
            self._reader.join()
            self.process.stdout.close()
            self._log.close()

    def __enter__(self) -> "Portico":
        return self

    def __exit__(self, kind, error, trace) -> None:
        if kind is None:
            code = self.stop()
            if code != 0:
                raise StartFailure(f"ended with exit code {code} after SIGTERM\n{self.log_tail()}")
        else:
            self.kill()


def _facts(line: bytes) -> dict | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) and isinstance(value.get("url"), str) else None


def up(
    binary: pathlib.Path,
    data: pathlib.Path,
    *arguments: str,
    log: pathlib.Path,
    environment: dict[str, str] | None = None,
) -> Portico:
    """`portico up` on a free port with this data directory; `arguments` follow, such as `--demo`."""
    command = [str(binary), "up", "--data", str(data), "--port", "0", "--print-json", *arguments]
    return Portico(command, log, environment)
