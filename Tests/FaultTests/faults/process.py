"""One service as a process that can be started, killed and started again."""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from harness import places
from peers import contract

from faults.tokens import Tokens

START_LIMIT = 120.0
"""Seconds until a started service listens: a guard against hanging, no figure."""


class Ended(Exception):
    """The process ended instead of serving."""


class Service:
    """`portico-NAME` on a socket of its own; its database may be anywhere."""

    def __init__(
        self, name: str, keys: pathlib.Path, folder: pathlib.Path, peers: dict[str, str] | None = None,
        environment: dict[str, str] | None = None, settings: dict[str, str] | None = None, blobs: pathlib.Path | None = None,
    ):
        self.name = name
        self.database = folder / f"{name}.db"
        self.log = pathlib.Path(tempfile.mkdtemp(prefix="pf-")) / "log"
        # A socket's path has room for about a hundred bytes.
        self._socket = self.log.with_name("socket")
        self._keys = keys
        self._blobs = blobs or folder / "blobs"
        self._peers = peers or {}
        self.environment = environment or {}
        self.settings = {"database-url": f"sqlite:{self.database}", **(settings or {})}
        """Flags of the process, without their dashes."""
        self._process: subprocess.Popen | None = None

    @property
    def address(self) -> str:
        return f"unix:{self._socket}"

    @property
    def pid(self) -> int:
        return self._process.pid

    def launch(self) -> None:
        """Begins the process, without waiting for it."""
        # What a killed process left behind would look like one that listens.
        self._socket.unlink(missing_ok=True)
        peers = ",".join(f"{name}={address}" for name, address in self._peers.items())
        arguments = ["--listen", self.address, "--keys-folder", self._keys]
        for name, value in self.settings.items():
            arguments += [f"--{name}", value]
        arguments += ["--blobs-folder", self._blobs, "--peers", peers, "--log-level", "warning"]
        environment = {**os.environ, "PORTICO_PORTAL_ORIGIN": "http://{tenant}.localhost", **self.environment}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [str(places.program(f"portico-{self.name}")), *map(str, arguments)], env=environment,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )

    def start(self) -> "Service":
        """Returns when it takes connections; `Ended` when it does not come so far."""
        self.launch()
        end = time.monotonic() + START_LIMIT
        while time.monotonic() < end:
            if self._process.poll() is not None:
                raise Ended(f"portico-{self.name} ended with {self._process.returncode}: {self.tail()}")
            with socket.socket(socket.AF_UNIX) as probe:
                try:
                    probe.connect(str(self._socket))
                    return self
                except OSError:
                    time.sleep(0.004)
        raise RuntimeError(f"portico-{self.name} does not listen: {self.tail()}")

    def tail(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")[-3000:]

    def kill(self) -> None:
        """kill -9, and nothing of it is left."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def wait(self, limit: float = START_LIMIT) -> int:
        return self._process.wait(timeout=limit)

    def stop(self) -> None:
        """SIGTERM; it drains and ends with 0."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.kill()
            raise RuntimeError(f"portico-{self.name} did not end at SIGTERM: {self.tail()}") from None

    def close(self) -> None:
        """Ends the process, however it is, and removes what it wrote beside its data."""
        if self._process is not None and self._process.poll() is None:
            self.kill()
        shutil.rmtree(self.log.parent)

    def __enter__(self) -> "Service":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def client(self, tokens: Tokens) -> "Client":
        return Client(self.address, tokens)


class Client:
    """Calls of one principal over one connection. Use it as a context manager."""

    def __init__(self, address: str, tokens: Tokens):
        # Never the connection of an earlier process at the same address.
        self._channel = grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)])
        self._tokens = tokens

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_) -> None:
        self._channel.close()

    def call(self, method: str, limit: float = 60.0, **fields):
        """`call("portico.cms.v1.News/CreateNewsItem", news_item={…})`; raises `grpc.RpcError`."""
        known = contract.Method(method)
        call = self._channel.unary_unary(
            known.path, request_serializer=known.request.SerializeToString, response_deserializer=known.answer.FromString
        )
        return call(known.request(**fields), timeout=limit, metadata=self._tokens.metadata)

    @contextlib.contextmanager
    def stream(self, method: str, limit: float = 120.0, **fields) -> Iterator[Iterator]:
        """The answers of a method that sends many, for as long as the body runs."""
        known = contract.Method(method)
        call = self._channel.unary_stream(
            known.path, request_serializer=known.request.SerializeToString, response_deserializer=known.answer.FromString
        )
        answers = call(known.request(**fields), timeout=limit, metadata=self._tokens.metadata)
        try:
            yield answers
        finally:
            answers.cancel()

    def is_serving(self) -> bool:
        """What health says of the process."""
        answer = health_pb2_grpc.HealthStub(self._channel).Check(health_pb2.HealthCheckRequest(), timeout=60)
        return answer.status == health_pb2.HealthCheckResponse.SERVING
