"""V-06: PostgreSQL killed with -9 and failed over, under write load through the services; and several replicas of a service on
one database.
"""

import contextlib
import pathlib
import time
from collections.abc import Iterator

import grpc
import pytest
from faults import inspection
from faults.figures import figure, report
from faults.load import Load
from faults.portal import SERVICES, Portal
from faults.postgres import APP, PgBouncer, Postgres, Reader, address
from faults.process import Service
from faults.work import KINDS

KILLS = 5
KILLS_LONG = 50
FAILOVERS = 1
FAILOVERS_LONG = 10
GUARD = 120.0
"""Seconds until a service has found its database again, against hanging."""


@contextlib.contextmanager
def running(portal: Portal, name: str, folder: pathlib.Path, settings: dict[str, str]) -> Iterator[Service]:
    with portal.service(name, folder, settings=settings) as service:
        service.start()
        yield service
        service.stop()


def code(portal: Portal, service: Service) -> grpc.StatusCode:
    """How a call that reads ends."""
    method, fields = KINDS[service.name].reading
    with service.client(portal.tokens) as client:
        try:
            client.call(method, **fields)
            return grpc.StatusCode.OK
        except grpc.RpcError as error:
            return error.code()


def until_it_serves(portal: Portal, service: Service) -> None:
    """The process finds its database by itself; until then it says UNAVAILABLE and nothing else."""
    end = time.monotonic() + GUARD
    while (seen := code(portal, service)) != grpc.StatusCode.OK:
        assert seen == grpc.StatusCode.UNAVAILABLE, service.tail()
        assert time.monotonic() < end, f"portico-{service.name} does not find its database: {service.tail()}"
        time.sleep(0.02)


def inspect(server: Postgres, name: str, load: Load) -> None:
    with Reader(server, name) as database:
        inspection.logs(database)
        inspection.whole(database, load)


@pytest.mark.parametrize("pooled", [False, True], ids=["direct", "pgbouncer"])
@pytest.mark.timeout(7200)
def test_v06_every_acknowledged_write_survives_kill_9_of_the_database(portal, tmp_path, pooled):
    kills = figure(KILLS, KILLS_LONG)
    names = SERVICES if not pooled else ("ticketing",)
    with Postgres() as server, contextlib.ExitStack() as stack:
        server.create_roles()
        pooler = stack.enter_context(PgBouncer(server)) if pooled else None
        pairs = []
        for name in names:
            server.create_database(name)
            service = stack.enter_context(running(portal, name, tmp_path / name, server.settings(name, pooler)))
            if name == "identity":
                portal.open_at(service)
            load = stack.enter_context(Load(name, portal.tokens))
            load.resume(service)
            pairs.append((service, load))
        processes = [service.pid for service, _ in pairs]
        for _ in range(kills):
            for _, load in pairs:
                load.wait_for(10)
            server.kill()
            for service, _ in pairs:
                assert code(portal, service) == grpc.StatusCode.UNAVAILABLE, service.tail()
            for _, load in pairs:
                load.pause()
            server.start()
            for service, load in pairs:
                until_it_serves(portal, service)
                inspect(server, service.name, load)
                load.resume(service)
        for service, load in pairs:
            load.wait_for(10)
            load.pause()
            inspect(server, service.name, load)
        assert processes == [service.pid for service, _ in pairs], "a service was started anew"
    acknowledged = sum(len(load.acknowledged) for _, load in pairs)
    report(f"V-06 {'pgbouncer' if pooled else 'direct'}: {kills} kills of PostgreSQL, {acknowledged} acknowledged pieces, none lost")


@pytest.mark.timeout(7200)
def test_v06_failover_to_a_standby_loses_no_acknowledged_write(portal, tmp_path):
    """Commits wait for the standby, as an operator who fails over has it."""
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(Postgres(5432))
        first.create_roles()
        first.create_database("ticketing")
        first.ask("postgres", "CREATE ROLE follower REPLICATION LOGIN")
        second = stack.enter_context(Postgres(5433, follows=first))
        first.ask("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'")
        first.ask("postgres", "SELECT pg_reload_conf()")
        owner = first.settings("ticketing")["database-owner"]
        settings = {"database-url": address("ticketing", first, second, user=APP), "database-owner": owner}
        service = stack.enter_context(running(portal, "ticketing", tmp_path / "ticketing", settings))
        load = stack.enter_context(Load("ticketing", portal.tokens))
        load.resume(service)
        for _ in range(figure(FAILOVERS, FAILOVERS_LONG)):
            load.wait_for(50)
            first.kill()
            assert code(portal, service) == grpc.StatusCode.UNAVAILABLE
            load.pause()
            second.ask("postgres", "ALTER SYSTEM RESET synchronous_standby_names")
            second.promote()
            until_it_serves(portal, service)
            inspect(second, "ticketing", load)
            load.resume(service)
            load.wait_for(25)
            load.pause()
            inspect(second, "ticketing", load)
            first.close()
            first, second = second, stack.enter_context(Postgres(first.port, follows=second))
            first.ask("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'")
            first.ask("postgres", "SELECT pg_reload_conf()")
            service.stop()
            service.settings["database-url"] = address("ticketing", first, second, user=APP)
            service.settings["database-owner"] = address("ticketing", first, user="owner")
            service.start()
            load.resume(service)
        load.wait_for(5)
        load.pause()
        report(f"V-06 failover: {figure(FAILOVERS, FAILOVERS_LONG)}, {len(load.acknowledged)} acknowledged pieces, none lost")


@pytest.mark.parametrize("pooled", [False, True], ids=["notify", "polling"])
def test_n05_what_one_replica_writes_wakes_who_watches_another(portal, tmp_path, pooled):
    with Postgres(settings={"fsync": "off"}) as server, contextlib.ExitStack() as stack:
        server.create_roles()
        server.create_database("cms")
        pooler = stack.enter_context(PgBouncer(server)) if pooled else None
        settings = server.settings("cms", pooler)
        one = stack.enter_context(running(portal, "cms", tmp_path / "one", settings))
        two = stack.enter_context(running(portal, "cms", tmp_path / "two", settings))
        with one.client(portal.tokens) as writer, two.client(portal.tokens) as watcher:
            with watcher.stream("portico.cms.v1.CmsEvents/WatchEvents") as events:
                # The bookmark that says from where on: what is written before is not told.
                next(events)
                for number in range(5):
                    item = writer.call(
                        "portico.cms.v1.News/CreateNewsItem", request_id=f"n-{number}",
                        news_item={"title": f"News {number}", "body": "Told to all."},
                    )
                    # The stream has a time limit of its own: an event that does not come ends it.
                    while item.name not in str(next(events)):
                        pass
