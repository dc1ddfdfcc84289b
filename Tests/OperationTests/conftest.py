"""The fixtures of the tests of what those see who run an installation."""

import itertools
import pathlib
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from harness import places
from harness.portico import Portico, up
from harness.reports import pytest_runtest_makereport  # noqa: F401

OPERATION = places.ROOT / "docs/operation"

_numbers = itertools.count(1)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start(data: pathlib.Path, *arguments: str) -> Portico:
    log = places.ARTIFACTS / "portico" / f"operation-{next(_numbers):02}.log"
    return up(places.portico_binary(), data, "--demo", "--verbose", *arguments, log=log)


class Inside:
    """The internal port of a process."""

    def __init__(self, port: int):
        self.port = port

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()


@pytest.fixture(scope="session")
def portico(tmp_path_factory) -> Iterator[Portico]:
    """The demo, with an internal port."""
    port = free_port()
    data = tmp_path_factory.mktemp("operation") / "data"
    with start(data, "--internal", f"127.0.0.1:{port}") as portico:
        portico.inside = Inside(port)
        portico.data = data
        yield portico
