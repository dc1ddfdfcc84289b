"""Every process stopped, killed or frozen while it works (V-05, V-21), two replicas of each behind two gateways."""

import os
import signal
import time

import first_day
import pytest
from cluster import SERVICES, Cluster
from load import Load, everyday
from portal import Portal
from stack import ROOT

TENANT = "larch"
LEAVES_WITHIN = 10.0
"""Seconds from SIGTERM to the end (V-21)."""


@pytest.fixture(scope="module")
def cluster():
    with Cluster(ROOT / ".artifacts/cluster") as running:
        yield running


@pytest.fixture(scope="module")
def administrator(cluster) -> Portal:
    portal = Portal(lambda: cluster.gateways, TENANT)
    portal.set_password(cluster.open_portal(TENANT).partition("token=")[2], first_day.PASSWORD)
    return portal.signed_in("ada@larch.example", first_day.PASSWORD)


@pytest.fixture(scope="module")
def requests(administrator) -> dict[str, tuple]:
    """What people do, reading and writing, through every service."""
    return everyday(administrator) | {"home page": ("GET", "/", None)}


def load(cluster: Cluster, administrator: Portal, requests: dict) -> Load:
    return Load(cluster.gateways, administrator.host, administrator.session, requests, clients=8)


def test_a_rolling_restart_fails_no_request(cluster, administrator, requests):
    slowest = 0.0
    with load(cluster, administrator, requests) as running:
        running.wait_for(100)
        for name in cluster.ports:
            slowest = max(slowest, cluster.stop(name))
            cluster.start(name)
            cluster.wait_until_ready()
            running.wait_for(50)
    assert running.failures == []
    assert slowest < LEAVES_WITHIN


def test_sigterm_under_load(cluster, administrator, requests):
    """A service and a gateway leave in time, ten times in all, a hundred in a long run (V-21)."""
    for round_ in range(50 if os.environ.get("FAULT_LONG") else 5):
        for name in ("ticketing-1", f"gateway-{round_ % 2 + 1}"):
            with load(cluster, administrator, requests) as running:
                running.wait_for(30)
                assert cluster.stop(name) < LEAVES_WITHIN
                running.wait_for(30)
            cluster.start(name)
            cluster.wait_until_ready()
            assert running.failures == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_replica_that_is_killed_costs_no_request(cluster, administrator, requests, service):
    victim = cluster.replicas(service)[0]
    with load(cluster, administrator, requests) as running:
        running.wait_for(100)
        cluster.kill(victim)
        running.wait_for(200)
        cluster.start(victim)
        cluster.wait_until_ready()
        running.wait_for(50)
    assert running.failures == []


@pytest.mark.parametrize("service", ["ticketing", "billing", "messaging", "cms"])
def test_a_frozen_service_holds_nobody_else_up(cluster, administrator, requests, service):
    """All replicas of a service stand still: calls to it end by their deadline, pages come without it, and the other
    services answer as before (V-05).
    """
    mine = {
        "ticketing": ["GetTicket", "ListTickets", "CreateTicket", "CreateTicket without an id"], "billing": ["ListInvoices"],
        "messaging": ["ListMails"], "cms": ["ListNewsItems"],
    }[service]
    others = {kind: request for kind, request in requests.items() if kind not in mine}
    frozen = cluster.replicas(service)
    for name in frozen:
        cluster.send(name, signal.SIGSTOP)
    try:
        began = time.monotonic()
        status, answer = administrator.once(*requests[mine[0]])
        assert status in (503, 504), answer
        # The gateway's own limit for a call, and room for a busy machine; the client would wait for 20 s.
        assert time.monotonic() - began < 19
        with load(cluster, administrator, others) as running:
            running.wait_for(100)
        assert running.failures == []
    finally:
        for name in frozen:
            cluster.send(name, signal.SIGCONT)
    administrator.get(requests[mine[0]][1])


def test_a_session_that_ends_at_one_gateway_is_over_at_the_other(cluster, administrator):
    """By identity's events, at once; without hearing of them a gateway would find out five seconds later (R-186)."""
    portal = Portal(lambda: cluster.gateways, TENANT)
    here, there = (portal.signed_in("ada@larch.example", first_day.PASSWORD) for _ in range(2))
    assert [here.once("GET", "/v1/profile", gateway=number)[0] for number in (0, 1)] == [200, 200]
    administrator_is_out = there.once("POST", "/v1/sessions:endOthers", {}, gateway=0)[0]
    assert administrator_is_out == 200
    end = time.monotonic() + 30
    while here.once("GET", "/v1/profile", gateway=1)[0] != 401:
        assert time.monotonic() < end, "the session lives on at the other gateway"
    assert here.once("GET", "/v1/profile", gateway=0)[0] == 401
