"""One request is one tree of spans at a collector, from the browser over the services to their transactions."""

import os
import time

import pytest
import requests
from collector import Collector
from conftest import Inside, free_port, start
from people import base, host, sign_in

SERVER, CLIENT = 2, 3


@pytest.fixture(scope="module")
def collector():
    collector = Collector()
    yield collector
    collector.stop()


@pytest.fixture(scope="module")
def traced(collector, tmp_path_factory):
    data = tmp_path_factory.mktemp("traced") / "data"
    endpoint = f"http://127.0.0.1:{collector.port}"
    port = free_port()
    arguments = ["--tracing-endpoint", endpoint, "--tracing-sample", "1", "--internal", f"127.0.0.1:{port}"]
    with start(data, *arguments) as portico:
        portico.inside = Inside(port)
        yield portico


def tree(spans, trace: str) -> dict:
    """The spans of a trace by id; each but the first stands in another one of them."""
    own = {span.id: span for span in spans if span.trace == trace}
    return own


def complete(spans, trace: str, root: str) -> bool:
    own = tree(spans, trace)
    return bool(own) and all(span.parent in own or span.parent == root for span in own.values())


def test_a_page_is_one_tree(traced, collector):
    session = sign_in(traced, "ciara@larkspur.example")
    trace, root = os.urandom(16).hex(), os.urandom(8).hex()
    answer = session.get(
        f"{base(traced)}/",
        headers=host(traced) | {"traceparent": f"00-{trace}-{root}-00"},
        timeout=60,
        allow_redirects=False,
    )
    assert answer.status_code == 200

    def arrived(spans) -> bool:
        own = tree(spans, trace).values()
        done = any(s.service == "gateway" and s.kind == SERVER for s in own)
        return done and complete(spans, trace, root) and any(s.attributes.get("db.system.name") for s in own)

    own = tree(collector.wait(arrived), trace)
    first = [span for span in own.values() if span.parent == root]
    assert [span.service for span in first] == ["gateway"]
    page = first[0]
    assert page.name == "GET /" and page.attributes["http.response.status_code"] == 200
    assert page.attributes["portico.request_id"] == answer.headers["x-request-id"]
    services = {span.service for span in own.values()}
    assert {"gateway", "identity", "ticketing", "messaging"} <= services
    for span in own.values():
        assert not span.failed, span
        if span.kind == SERVER and span.service != "gateway":
            assert own[span.parent].kind == CLIENT
            assert own[span.parent].attributes["rpc.method"] == span.attributes["rpc.method"]


def test_no_span_holds_a_secret(traced, collector):
    told = repr(collector.spans)
    assert "Harbour-Light-27" not in told and "__Host-" not in told and "ptk_" not in told


def test_spans_that_left_are_counted(traced, collector):
    """What the process says it sent is what came, once it has nothing more to say."""
    collector.wait(lambda spans: len(spans) > 20)
    # They count once the collector has answered.
    deadline = time.monotonic() + 60
    while (count := exported(sent := traced.inside.get("/metrics")[1])) == 0:
        assert time.monotonic() < deadline, "none counts"
        time.sleep(0.1)
    assert count <= len(collector.spans) + 512
    dropped = next(line for line in sent.splitlines() if line.startswith("portico_spans_dropped_total"))
    assert dropped.split()[1] == "0"


def exported(metrics: str) -> int:
    line = next(line for line in metrics.splitlines() if line.startswith("portico_spans_exported_total"))
    return int(line.split()[1])


def test_without_sampling_nothing_leaves(portico, collector):
    before = len([span for span in collector.spans if span.attributes.get("url.path") == "/never"])
    requests.get(f"{base(portico)}/never", headers=host(portico), timeout=60)
    assert before == 0
    assert "portico_spans_exported_total 0" in portico.inside.get("/metrics")[1]
