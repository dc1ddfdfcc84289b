"""`portico up` over PostgreSQL: the demo loaded by `portico seed`, served, and still there after a restart (issue 5)."""

import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest
import requests
from cluster import Database
from harness import places
from harness.portico import Portico


@pytest.fixture(scope="module")
def database():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="portico-"))
    folder.chmod(0o755)
    (folder / "db").mkdir()
    database = Database(folder / "db")
    database.start()
    yield database
    database.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def environment(database) -> dict[str, str]:
    return {
        "PORTICO_DATABASE_URL": database.url("portico_app", "{service}"),
        "PORTICO_DATABASE_OWNER": database.url("portico_owner", "{service}"),
    }


def seed(data: pathlib.Path, environment: dict[str, str]) -> subprocess.CompletedProcess:
    return subprocess.run(
        [str(places.portico_binary()), "seed", "--data", str(data), "--tickets", "5"], capture_output=True, text=True,
        timeout=300, stdin=subprocess.DEVNULL, env={**os.environ, **environment},
    )


def tickets(running: Portico) -> list[dict]:
    """The administrator's list."""
    login = running.logins[0]
    address = "http://127.0.0.1:" + running.url.rpartition(":")[2]
    headers = {"host": running.url.removeprefix("http://"), "sec-fetch-site": "same-origin"}
    body = {"tenant": login.tenant, "userName": login.user, "password": login.password}
    answer = requests.post(f"{address}/v1/sessions", json=body, headers=headers, timeout=60)
    assert answer.status_code == 200, answer.text
    headers["cookie"] = f"portico={answer.json()['token']}"
    answer = requests.get(f"{address}/v1/accounts/-/tickets?query=tkt-100", headers=headers, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()["tickets"]


def test_the_demo_on_postgresql(tmp_path, environment):
    data = tmp_path / "data"
    first = seed(data, environment)
    assert first.returncode == 0, first.stderr
    assert not list(data.glob("*.db"))
    again = seed(data, environment)
    assert (again.returncode, again.stderr) == (0, ""), again.stderr
    command = [str(places.portico_binary()), "up", "--data", str(data), "--demo", "--port", "0", "--print-json"]
    for _ in range(2):
        with Portico(command, places.ARTIFACTS / "portico/postgres.log", environment) as running:
            assert [ticket["displayId"] for ticket in tickets(running)] == [f"TKT-{n}" for n in range(1005, 1000, -1)]


def test_databases_of_another_folder_are_not_overwritten(tmp_path, environment):
    """Their keys are elsewhere: what is in them belongs to somebody."""
    done = seed(tmp_path / "other", environment)
    assert done.returncode != 0 and "holds data already" in done.stderr


@pytest.mark.parametrize("address", ["postgres://portico_app@db/portico", "sqlite:/tmp/portico.db", "mysql://db/{service}"])
def test_addresses_that_cannot_be_meant_are_refused(tmp_path, address):
    done = seed(tmp_path, {"PORTICO_DATABASE_URL": address})
    assert done.returncode != 0 and address not in done.stderr
    assert "{service}" in done.stderr or "database.url" in done.stderr
    assert list(tmp_path.iterdir()) == []
