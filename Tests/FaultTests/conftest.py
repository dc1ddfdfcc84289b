"""The fixtures of the fault tests."""

import os
import random
from collections.abc import Iterator

import pytest
from faults.portal import Portal


def pytest_configure(config) -> None:
    config.addinivalue_line("markers", "root: mounts file systems, which only root may")


@pytest.fixture(scope="session")
def portal(tmp_path_factory) -> Iterator[Portal]:
    portal = Portal(tmp_path_factory.mktemp("portal"))
    yield portal
    portal.close()


@pytest.fixture(scope="session")
def seed() -> int:
    """FAULT_SEED, or a new one; printed with every failure because it is a fixture's value."""
    return int(os.environ.get("FAULT_SEED", random.SystemRandom().randrange(1 << 32)))

