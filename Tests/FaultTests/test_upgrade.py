"""V-22: a schema goes forward from wherever it stood, however often the process is killed on its way."""

import pathlib
import shutil
import sqlite3

import pytest
from faults import inspection, native
from faults.figures import LONG, report
from faults.load import Load
from faults.portal import SERVICES
from faults.process import Ended
from faults.work import Piece

MOST_SYNCS = 200
"""More than any start makes: a guard against a loop without end."""


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> pathlib.Path:
    return native.compiled("failsync.c", tmp_path_factory.mktemp("native"), "-shared", "-fPIC", "-ldl")


def steps(database: pathlib.Path) -> list[tuple[str, int]]:
    """The migrations that are recorded, in their order; looked at in a copy."""
    if not database.exists():
        return []
    copy = database.with_name("copy.db")
    for suffix in ("", "-wal"):
        copy.with_name(copy.name + suffix).unlink(missing_ok=True)
        if (part := database.with_name(database.name + suffix)).exists():
            shutil.copy(part, copy.with_name(copy.name + suffix))
    connection = sqlite3.connect(copy)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        known = connection.execute("SELECT name FROM sqlite_master WHERE name = 'portico_migrations'").fetchone()
        return connection.execute("SELECT part, version FROM portico_migrations ORDER BY part, version").fetchall() if known else []
    finally:
        connection.close()


def killed_at(portal, library: pathlib.Path, name: str, folder: pathlib.Path, at: int, side: str) -> bool:
    """Starts a service that is killed at its `at`th sync; false when it made fewer and serves."""
    environment = {
        "LD_PRELOAD": str(library), "FAILSYNC_AT": str(at), "FAILSYNC_NAMES": "-wal:.db:-journal:/",
        "FAILSYNC_LOG": str(folder / "failed"), "FAILSYNC_KILLS": side,
    }
    with portal.new_service(name, folder, environment) as service:
        try:
            service.start()
        except Ended:
            assert service.wait() == -9, service.tail()
            return True
        service.stop()
        return False


def starts() -> list[tuple[str, str]]:
    """Services, and the side of the sync at which they are killed."""
    found = [(name, "after") for name in SERVICES] + [("ticketing", "before")]
    if LONG:
        found += [(name, "before") for name in SERVICES if name != "ticketing"]
    return found


@pytest.mark.parametrize(("name", "side"), starts())
def test_v22_a_new_database_survives_being_killed_at_each_sync(portal, library, tmp_path, name, side):
    """Each kill leaves one of the earlier schemas; the next start goes on from it, and the service works."""
    seen = set()
    for at in range(1, MOST_SYNCS):
        folder = tmp_path / str(at)
        folder.mkdir()
        was_killed = killed_at(portal, library, name, folder, at, side)
        seen.add(len(steps(folder / f"{name}.db")))
        load = Load(name, portal.tokens, callers=0)
        with portal.new_service(name, folder) as service, service.start().client(portal.tokens) as client:
            if name == "identity":
                portal.open_at(service)
            piece = Piece("after-the-upgrade")
            for step in load.kind.steps:
                step(client, piece)
            load.acknowledged[piece.marker] = piece.name
            service.stop()
            inspection.check(service.database, load)
        if not was_killed:
            break
    else:
        raise AssertionError("the start never came to its end")
    report(f"V-22 a new {name}: killed {side} each of {at - 1} syncs")
    # It was killed between any two steps.
    assert seen == set(range(max(seen) + 1)), f"never seen with {set(range(max(seen) + 1)) - seen} steps taken"


def test_v22_killed_at_every_start_it_arrives_all_the_same(portal, library, tmp_path):
    """One database, killed at a later sync each time it starts: what was done stays done."""
    done = 0
    for at in range(1, MOST_SYNCS):
        was_killed = killed_at(portal, library, "ticketing", tmp_path, at, "after")
        now = len(steps(tmp_path / "ticketing.db"))
        assert now >= done, "a step that was taken is gone"
        done = now
        if not was_killed:
            return
    raise AssertionError("the start never came to its end")
