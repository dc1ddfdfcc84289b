"""compose.yaml and the image: started, used, hurt, looked at and taken down. `make compose-test` runs it."""

import itertools
import threading
import time

import first_day
import pytest
from portal import Portal, Tally
from stack import SERVICES, Stack

TENANT = "larch"
TICKETS = 24


def opened(stack: Stack) -> str:
    """The link with which the administrator of a new portal sets a password."""
    said = stack.operator(
        "portico", "tenant", TENANT, "--name", "Larch IT", "--first-name", "Ada", "--email", "ada@larch.example",
        "--data", "/var/lib/portico",
    )
    link = said.strip().splitlines()[-1].strip()
    assert link.startswith(f"http://{TENANT}.localhost:8080/welcome?token="), said
    return link


class Hurting:
    """Kills one replica after the other, each as a power cut does, and brings it back."""

    def __init__(self, stack: Stack):
        self._stack = stack
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.killed: list[str] = []
        self.failure: Exception | None = None

    def _run(self) -> None:
        try:
            for service in itertools.cycle(("ticketing", "identity", "messaging", "gateway", "cms", "billing")):
                for victim in self._stack.containers(service):
                    if self._ends.is_set():
                        return
                    self._stack.kill(victim)
                    self.killed.append(victim)
                    time.sleep(1)
                    self._stack.start(victim)
                    # The other one is the next: this one has to be there by then.
                    self._stack.wait_until_ready()
        except Exception as error:  # noqa: BLE001 — told by the test, which waits for the thread
            self.failure = error

    def __enter__(self) -> "Hurting":
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._ends.set()
        self._thread.join()


def test_the_first_day_while_replicas_are_killed(stack, capsys):
    link = opened(stack)
    tally = Tally()
    portal = Portal(lambda: stack.gateways, TENANT, tally=tally)
    with Hurting(stack) as hurting:
        names = first_day.play(portal, link, TICKETS)
    if hurting.failure:
        raise hurting.failure
    assert len(names) == TICKETS
    assert hurting.killed, "the day was over before anything was killed"
    with capsys.disabled():
        print(f"\n  {TICKETS} tickets, {tally.calls} calls, {len(hurting.killed)} kills, {tally.repeats} calls repeated by the client")


@pytest.mark.parametrize("service", SERVICES)
def test_calls_reach_every_replica(stack, service):
    """A name with two addresses: both have their part of the calls, the one that came back too (R-052)."""
    administrator = Portal(lambda: stack.gateways, TENANT).signed_in("ada@larch.example", first_day.PASSWORD)
    path = {
        "identity": "/v1/accounts", "ticketing": "/v1/accounts/-/tickets", "messaging": "/v1/mails",
        "billing": "/v1/accounts/-/invoices", "cms": "/v1/news",
    }[service]
    containers = stack.containers(service)
    assert len(containers) == 2
    # Names are looked up again every half minute, which is how a gateway hears of a new replica.
    end = time.monotonic() + 120
    silent = dict.fromkeys(containers, 0)
    for container in containers:
        silent[container] = _calls(stack, container)
    while any(_calls(stack, container) <= before for container, before in silent.items()):
        assert time.monotonic() < end, f"one of {containers} gets no calls"
        for _ in range(20):
            administrator.get(path)


def _calls(stack: Stack, container: str) -> int:
    """Lines about calls that a container has logged; those about health are none."""
    lines = stack.log(container).splitlines()
    return sum('"method"' in line and "/grpc.health" not in line for line in lines)


def test_a_session_that_ends_at_one_gateway_is_over_at_the_other(stack):
    """Revocation reaches every gateway by identity's events, within a moment (R-186, X-05)."""
    gateways = stack.gateways
    assert len(gateways) == 2
    portal = Portal(lambda: gateways, TENANT)
    here, there = (portal.signed_in("ada@larch.example", first_day.PASSWORD) for _ in range(2))
    sessions = [here.once("GET", "/v1/profile", gateway=number)[0] for number in (0, 1)]
    assert sessions == [200, 200]
    assert there.once("POST", "/v1/sessions:endOthers", {}, gateway=0)[0] == 200
    began = time.monotonic()
    while here.once("GET", "/v1/profile", gateway=1)[0] != 401:
        # What a gateway remembers without hearing of anything is five seconds old at most.
        assert time.monotonic() < began + 30, "the session lives on at the other gateway"
    assert here.once("GET", "/v1/profile", gateway=0)[0] == 401


@pytest.mark.parametrize("service", [*SERVICES, "gateway", "postgres"])
def test_containers_have_no_more_than_they_need(stack, service):
    facts = stack.inspect(stack.containers(service)[0])
    host, config = facts["HostConfig"], facts["Config"]
    assert config["User"] == "10001:10001"
    assert host["ReadonlyRootfs"] is True
    assert not facts.get("EffectiveCaps"), facts.get("EffectiveCaps")
    assert any(option.startswith("no-new-privileges") for option in host["SecurityOpt"])
    assert host["Memory"] > 0 and host["PidsLimit"] > 0
    secrets = [mount for mount in facts["Mounts"] if mount["Destination"] == "/run/secrets/portico"]
    assert len(secrets) == 1 and secrets[0]["RW"] is False
    # Its own key and nobody else's.
    keys = stack.engine("exec", facts["Name"].lstrip("/"), "find", "/run/secrets/portico", "-name", "*.key*").split()
    assert all(name.endswith(("/tls.key", f"/{service}.key.pem")) for name in keys), keys


def test_health_checks_say_so(stack):
    for service in (*SERVICES, "gateway", "postgres"):
        for container in stack.containers(service):
            stack.engine("healthcheck", "run", container)


def test_a_stranger_in_the_network_is_refused(stack):
    """Who is inside and has no certificate of the installation calls nobody (X-28)."""
    inside = stack.containers("gateway")[0]
    command = ["curl", "--silent", "--show-error", "--insecure", "--http2", "--max-time", "10", "https://ticketing:7000/"]
    with pytest.raises(Exception) as refused:
        stack.engine("exec", inside, *command)
    assert refused.value.returncode not in (0, 6, 7, 28), refused.value.stderr


def test_sqlite(small):
    """The same image and certificates without PostgreSQL."""
    link = opened(small)
    portal = Portal(lambda: small.gateways, TENANT)
    assert len(first_day.play(portal, link, 2)) == 2
    facts = [small.inspect(container) for container in small.containers("ticketing-sqlite")]
    assert [fact["HostConfig"]["ReadonlyRootfs"] for fact in facts] == [True]
