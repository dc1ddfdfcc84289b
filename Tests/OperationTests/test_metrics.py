"""Metrics, alerts and the dashboard hold together: what is drawn and watched is really told (issue 5)."""

import json
import re
import subprocess
import time

import pytest
from conftest import OPERATION
from people import base, host, sign_in

# Told only where the store is PostgreSQL; StoreTests hold that they are.
ON_POSTGRES = {
    "portico_postgres_connections",
    "portico_postgres_connections_busy",
    "portico_postgres_waiting",
    "portico_postgres_retries_total",
    "portico_postgres_connects_total",
}
# Prometheus's own.
BY_PROMETHEUS = {"up"}


def promtool(*arguments: str, text: str | None = None) -> str:
    done = subprocess.run(
        ["promtool", *arguments], input=text, capture_output=True, text=True, timeout=120, cwd=OPERATION
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def exposition(portico) -> str:
    """Everything that the process tells, once its services have reported for the first time."""
    deadline = time.monotonic() + 120
    sign_in(portico, "aoife").get(base(portico) + "/", headers=host(portico), timeout=60)
    while True:
        _, text = portico.inside.get("/metrics")
        told = {line.split("{")[0] for line in text.splitlines()}
        if "portico_job_last_run_seconds" in told and text.count("portico_queue_waiting{") >= 6:
            return text
        assert time.monotonic() < deadline, "the services never reported"
        time.sleep(0.1)


def names(expression: str) -> set[str]:
    """The metrics that an expression reads."""
    bare = re.sub(r"\{[^}]*\}", "{}", expression)
    bare = re.sub(r"\bby \([^)]*\)", "", bare)
    functions = {"sum", "rate", "increase", "max", "min", "count", "time", "topk", "histogram_quantile"}
    return set(re.findall(r"[a-z_][a-z0-9_]{3,}|\bup\b", re.sub(r"\[[^\]]*\]", "", bare))) - functions


def told_by(exposition: str) -> set[str]:
    return {re.split(r"[{ ]", line)[0] for line in exposition.splitlines() if not line.startswith("#")}


def test_prometheus_finds_nothing_wrong_with_the_metrics(exposition):
    assert promtool("check", "metrics", text=exposition).strip() == ""


def test_the_number_of_series_is_bounded(exposition):
    lines = [line for line in exposition.splitlines() if not line.startswith("#")]
    assert len(lines) < 20_000
    assert not [line for line in lines if "larkspur" in line or "accounts/" in line]


def test_the_alert_rules_are_right_and_do_what_they_say():
    promtool("check", "rules", "alerts.yaml")
    promtool("test", "rules", "alerts-tests.yaml")


def alerts() -> list[tuple[str, str, str]]:
    """Name, expression and the place of the remedy of each rule."""
    text = (OPERATION / "alerts.yaml").read_text()
    rules = re.split(r"\n      - alert: ", text)[1:]
    found = []
    for rule in rules:
        name = rule.split("\n")[0].strip()
        expression = re.search(r"expr:(.*?)\n        (?:for|labels):", rule, re.S).group(1)
        remedy = re.search(r"remedy: (\S+)", rule).group(1)
        found.append((name, expression.replace(">-", ""), remedy))
    return found


def test_every_metric_of_an_alert_is_told(exposition):
    told = told_by(exposition) | ON_POSTGRES | BY_PROMETHEUS
    rules = alerts()
    assert len(rules) > 15
    missing = {(name, metric) for name, expression, _ in rules for metric in names(expression) - told}
    assert not missing


def test_every_alert_has_a_meaning_and_a_remedy():
    text = (OPERATION / "README.md").read_text()
    headings = {f"docs/operation/README.md#{line[4:].strip().lower()}" for line in text.splitlines() if line[:4] == "### "}
    assert {remedy for _, _, remedy in alerts()} <= headings


def test_every_metric_of_the_dashboard_is_told(exposition):
    dashboard = json.loads((OPERATION / "dashboard.json").read_text())
    told = told_by(exposition) | ON_POSTGRES | BY_PROMETHEUS
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    assert len(expressions) > 40
    missing = {metric for expression in expressions for metric in names(expression) - told}
    assert not missing


def test_the_process_is_ready_and_says_of_what(portico):
    services = ["identity", "ticketing", "messaging", "billing", "cms"]
    wanted = {f"{service}/store" for service in services} | {f"gateway/peers/{service}" for service in services}
    deadline = time.monotonic() + 60
    while True:
        status, text = portico.inside.get("/readyz")
        report = json.loads(text)
        fine = {entry["name"] for entry in report["dependencies"] if entry["status"] == "ok"}
        if status == 200 and report["status"] == "ready" and wanted <= fine:
            break
        # Who is asked while the machine stands still seems away for a moment.
        assert time.monotonic() < deadline, text
        time.sleep(0.1)
    assert portico.inside.get("/healthz")[0] == 200
