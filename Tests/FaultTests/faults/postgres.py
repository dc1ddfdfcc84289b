"""PostgreSQL servers that a test may kill, each with a folder, a socket and a port of its own; and a pgbouncer."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable

import psycopg
from harness import places

START_LIMIT = 120.0
"""Seconds until a started server answers: a guard against hanging, no figure."""
OWNER, APP = "owner", "portico_app"


def _program(name: str) -> str:
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    if found:
        return str(found[0])
    return places.tool(name, "postgresql" if name != "pgbouncer" else name)


def _command(arguments: list[str]) -> list[str]:
    """PostgreSQL's servers refuse to run as root."""
    if os.getuid() != 0:
        return arguments
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *arguments]


def _run(*arguments: str) -> None:
    done = subprocess.run(_command(list(arguments)), capture_output=True, cwd="/tmp", timeout=300)
    if done.returncode != 0:
        raise RuntimeError(f"{arguments[0]} failed: {done.stderr.decode(errors='replace')}")


def _folder(name: str) -> pathlib.Path:
    # A socket's path has room for about a hundred bytes.
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"{name}-", dir="/tmp"))
    if os.getuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    return folder


class _Server:
    """A process that is a server of the test."""

    def __init__(self, name: str, port: int):
        self.folder = _folder(name)
        self.port = port
        self._process: subprocess.Popen | None = None

    @property
    def place(self) -> str:
        return f"host={self.folder} port={self.port}"

    def _launch(self, *arguments: str) -> None:
        with (self.folder / "out").open("ab") as log:
            self._process = subprocess.Popen(
                _command(list(arguments)), cwd="/tmp", stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        end = time.monotonic() + START_LIMIT
        while time.monotonic() < end:
            ready = subprocess.run(
                [_program("pg_isready"), "-q", "-h", str(self.folder), "-p", str(self.port)], timeout=60
            )
            if ready.returncode == 0:
                return
            if self._process.poll() is not None:
                raise RuntimeError(f"the server ended: {(self.folder / 'out').read_text()[-3000:]}")
            time.sleep(0.02)
        raise RuntimeError("the server does not answer")

    def stop(self) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGINT)
        self._process.wait(timeout=START_LIMIT)

    def close(self) -> None:
        """May be repeated."""
        self.stop()
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def __exit__(self, *_) -> None:
        self.close()


class Postgres(_Server):
    """A server whose commits reach the disk. Use it as a context manager."""

    def __init__(self, port: int = 5432, settings: dict[str, str] | None = None, follows: "Postgres | None" = None):
        super().__init__("pg", port)
        self._settings = settings or {}
        data = str(self.folder / "data")
        if follows is None:
            _run(_program("initdb"), "-D", data, "-U", "super", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
        else:
            _run(
                _program("pg_basebackup"), "-D", data, "-R", "-X", "stream", "-c", "fast", "-h", str(follows.folder),
                "-p", str(follows.port), "-U", "super", "--no-sync",
            )

    def __enter__(self) -> "Postgres":
        self.start()
        return self

    def start(self) -> None:
        """Returns when it answers; after a crash that is when it has recovered."""
        settings = {"listen_addresses": "", "max_connections": "200", **self._settings}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self._launch(_program("postgres"), "-D", str(self.folder / "data"), "-k", str(self.folder), "-p", str(self.port), *options)

    @property
    def processes(self) -> list[int]:
        """The server's own, and one for each connection and task."""
        process = self._process.pid
        children = pathlib.Path(f"/proc/{process}/task/{process}/children").read_text().split()
        return [process, *map(int, children)]

    def kill(self) -> None:
        """kill -9 of the server and of all its processes, as when memory runs out."""
        _, *children = self.processes
        self._process.send_signal(signal.SIGKILL)
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        self._process.wait()
        end = time.monotonic() + START_LIMIT
        while any(pathlib.Path(f"/proc/{child}").exists() for child in children):
            if time.monotonic() > end:
                raise RuntimeError("a process of the server does not end")
            time.sleep(0.005)

    def promote(self) -> None:
        _run(_program("pg_ctl"), "-D", str(self.folder / "data"), "-w", "promote")

    def ask(self, database: str, query: str, *values) -> list[tuple]:
        """As the superuser, who sees every row."""
        with psycopg.connect(f"{self.place} dbname={database} user=super", autocommit=True) as connection:
            answer = connection.execute(query, values or None)
            return answer.fetchall() if answer.description else []

    def copy(self, database: str, table: str, columns: Iterable[str], rows: Iterable[tuple]) -> None:
        """Enters rows, as the superuser."""
        with psycopg.connect(f"{self.place} dbname={database} user=super") as connection, connection.cursor() as cursor:
            with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)

    def create_roles(self) -> None:
        """As docs/decisions/0402 tells an operator to."""
        for statement in (
            f"CREATE ROLE {OWNER} LOGIN", "CREATE ROLE portico_jobs NOLOGIN", f"CREATE ROLE {APP} LOGIN NOINHERIT",
            f"GRANT portico_jobs TO {APP}",
        ):
            self.ask("postgres", statement)

    def create_database(self, name: str) -> None:
        self.ask("postgres", f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE template0 LOCALE 'C.UTF-8'")

    def settings(self, database: str, through: "PgBouncer | None" = None) -> dict[str, str]:
        """What a service is told of its database."""
        return {
            "database-url": address(database, through or self, user=APP),
            "database-owner": address(database, self, user=OWNER),
        }


def address(database: str, *servers: _Server, user: str) -> str:
    """Of a database on one server, or on whichever of several takes writes."""
    hosts = ",".join(str(server.folder) for server in servers)
    ports = ",".join(str(server.port) for server in servers)
    return f"postgresql:///{database}?host={hosts}&port={ports}&user={user}"


class PgBouncer(_Server):
    """Before a server, in transaction mode: each transaction gets any of a few connections. Use it as a context manager."""

    def __init__(self, before: Postgres, connections: int = 4):
        super().__init__("pb", 6432)
        files = {
            "users": f'"{APP}" ""\n"super" ""\n',
            "ini": f"""[databases]
* = host={before.folder} port={before.port}
[pgbouncer]
pool_mode = transaction
listen_addr =
listen_port = {self.port}
unix_socket_dir = {self.folder}
auth_type = trust
auth_file = {self.folder}/users
default_pool_size = {connections}
server_login_retry = 1
query_wait_timeout = 5
""",
        }
        for name, text in files.items():
            (self.folder / name).write_text(text)
            (self.folder / name).chmod(0o644)

    def __enter__(self) -> "PgBouncer":
        self._launch(_program("pgbouncer"), "-q", str(self.folder / "ini"))
        return self


class Reader:
    """A database as `inspection` asks one: rows of all tenants."""

    def __init__(self, server: Postgres, database: str):
        self._connection = psycopg.connect(f"{server.place} dbname={database} user=super", autocommit=True)

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_) -> None:
        self._connection.close()

    def execute(self, query: str, values: tuple = ()) -> psycopg.Cursor:
        return self._connection.execute(query.replace("?", "%s"), values)
