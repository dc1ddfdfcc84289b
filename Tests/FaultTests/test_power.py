"""V-02: the power goes while a service is written to; what was not synced is lost, and nothing that was acknowledged is."""

import concurrent.futures
import os
import pathlib
import random
import sqlite3
import time

import pytest
from faults import inspection, native
from faults.figures import figure, report
from faults.load import Load
from faults.mounts import PowerFS
from faults.portal import SERVICES, Portal

CUTS = 20
CUTS_LONG = 500
LONGEST_LIFE = 0.15
"""Seconds after the first answer."""


@pytest.fixture(scope="module")
def program(tmp_path_factory) -> pathlib.Path:
    return native.compiled("powerfs.c", tmp_path_factory.mktemp("native"), *native.flags_of("fuse3"))


def campaign(portal: Portal, program: pathlib.Path, name: str, folder: pathlib.Path, cuts: int, seed: str) -> Load:
    chance = random.Random(seed)
    with PowerFS(folder / "disk", program) as disk:
        service = portal.service(name, disk.folder, blobs=folder / "blobs")
        _sync(disk.folder)
        with service, Load(name, portal.tokens) as load:
            for number in range(cuts):
                service.start()
                load.resume(service)
                load.wait_for(1)
                time.sleep(chance.uniform(0, LONGEST_LIFE))
                service.kill()
                load.pause()
                # Every other time the disk had begun to write what nobody had waited for.
                disk.cut(chance.randrange(1, 1 << 31) if number % 2 else 0)
                inspection.check(service.database, load)
        return load


def _sync(folder: pathlib.Path) -> None:
    """What the test itself has put there is there to stay."""
    for path in (*folder.iterdir(), folder):
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)


@pytest.fixture(scope="module")
def campaigns(portal, program, tmp_path_factory, seed):
    with concurrent.futures.ThreadPoolExecutor(len(SERVICES)) as pool:
        yield {
            name: pool.submit(
                campaign, portal, program, name, tmp_path_factory.mktemp(name), figure(CUTS, CUTS_LONG), f"{seed} {name}"
            )
            for name in SERVICES
        }


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.timeout(7200)
def test_v02_a_power_cut_loses_nothing_that_was_acknowledged(campaigns, name, seed):
    load = campaigns[name].result()
    assert len(load.acknowledged) >= figure(CUTS, CUTS_LONG)
    report(f"V-02 {name}: {figure(CUTS, CUTS_LONG)} cuts, {len(load.acknowledged)} acknowledged pieces, none lost (seed {seed})")


def test_the_file_system_does_lose_what_is_not_synced(program, tmp_path):
    """The same with a database that does not sync its commits: rows are gone, so the tests above can fail."""
    with PowerFS(tmp_path / "disk", program) as disk:
        child = os.fork()
        if child == 0:
            database = sqlite3.connect(disk.folder / "careless.db", isolation_level=None)
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("CREATE TABLE t (n)")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            _sync(disk.folder)
            database.execute("PRAGMA synchronous = NORMAL")
            for number in range(100):
                database.execute("INSERT INTO t VALUES (?)", (number,))
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        disk.cut(0)
        database = sqlite3.connect(disk.folder / "careless.db")
        assert database.execute("SELECT COUNT(*) FROM t").fetchone()[0] < 100
        database.close()
