"""The fixtures of the tests of deployments."""

import os

import pytest
import stack as stacks
from stack import ROOT, Stack

LOGS = ROOT / ".artifacts/compose"


@pytest.fixture(scope="module")
def stack():
    """PostgreSQL, and two replicas of everything that there may be two of."""
    two = dict.fromkeys((*stacks.SERVICES, "gateway"), 2)
    with Stack(f"portico-test-{os.getpid()}", "postgres", two, LOGS / "postgres") as running:
        yield running


@pytest.fixture
def small():
    """SQLite, one of everything."""
    with Stack(f"portico-small-{os.getpid()}", "sqlite", {}, LOGS / "sqlite") as running:
        yield running
