"""V-01: kill -9 of each service under write load, through the wire."""

import concurrent.futures
import pathlib
import random
import time

import pytest
from faults import inspection
from faults.figures import figure, report
from faults.load import Load
from faults.portal import SERVICES, Portal

KILLS = 100
KILLS_LONG = 1000
LONGEST_LIFE = 0.08
"""Seconds after the first answer; how long each life lasts is drawn."""


def campaign(portal: Portal, name: str, folder: pathlib.Path, kills: int, chance: random.Random) -> Load:
    """Kills a service again and again while it is written to; what it answered is looked for each time."""
    with portal.service(name, folder) as service, Load(name, portal.tokens) as load:
        for _ in range(kills):
            service.start()
            load.resume(service)
            load.wait_for(1)
            time.sleep(chance.uniform(0, LONGEST_LIFE))
            service.kill()
            load.pause()
            inspection.check(service.database, load)
        # What was under way at the last kill is made again as well, and then it ends in good order.
        service.start()
        load.resume(service)
        load.wait_for(20)
        load.pause()
        service.stop()
        inspection.check(service.database, load)
        return load


@pytest.fixture(scope="module")
def campaigns(portal, tmp_path_factory, seed):
    """All services at the same time: most of a life is the start of a process."""
    with concurrent.futures.ThreadPoolExecutor(len(SERVICES)) as pool:
        yield {
            name: pool.submit(
                campaign, portal, name, tmp_path_factory.mktemp(name), figure(KILLS, KILLS_LONG),
                random.Random(f"{seed} {name}"),
            )
            for name in SERVICES
        }


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.timeout(7200)
def test_v01_every_acknowledged_write_survives_kill_9(campaigns, name, seed):
    load = campaigns[name].result()
    assert len(load.acknowledged) > figure(KILLS, KILLS_LONG)
    report(f"V-01 {name}: {figure(KILLS, KILLS_LONG)} kills, {len(load.acknowledged)} acknowledged pieces, none lost (seed {seed})")
