"""The fixtures of the tests of the JSON API."""

import itertools
import json
import pathlib
import shutil
from collections.abc import Callable, Iterator

import pytest
from harness import places
from harness.portico import Portico, up
from harness.reports import pytest_runtest_makereport  # noqa: F401

DOCUMENT = places.ROOT / "Sources/PorticoAPI/openapi.json"

_numbers = itertools.count(1)


def _log(name: str) -> pathlib.Path:
    return places.ARTIFACTS / "portico" / f"api-{next(_numbers):02}-{name}.log"


def _start(data: pathlib.Path, name: str) -> Portico:
    # What is tried here are answers; how much one may ask for is tried elsewhere.
    return up(places.portico_binary(), data, "--demo", "--rates", "none", log=_log(name))


@pytest.fixture(scope="session")
def document() -> dict:
    return json.loads(DOCUMENT.read_text())


@pytest.fixture(scope="session")
def seed(tmp_path_factory) -> pathlib.Path:
    """A data folder with the demo in it, to be copied."""
    data = tmp_path_factory.mktemp("seed") / "data"
    with _start(data, "seed"):
        pass
    return data


@pytest.fixture(scope="session")
def demo(seed, tmp_path_factory) -> Iterator[Portico]:
    """The demo, for tests that only look at it."""
    data = tmp_path_factory.mktemp("demo") / "data"
    shutil.copytree(seed, data)
    with _start(data, "demo") as portico:
        yield portico


@pytest.fixture(scope="module")
def start(seed, tmp_path_factory) -> Iterator[Callable[[str], Portico]]:
    """Starts demos to be spoiled: `start("administrator")`."""
    started: list[Portico] = []

    def make(name: str) -> Portico:
        data = tmp_path_factory.mktemp(name) / "data"
        shutil.copytree(seed, data)
        started.append(_start(data, name))
        return started[-1]

    yield make
    for portico in started:
        if portico in Portico.running:
            portico.stop()
