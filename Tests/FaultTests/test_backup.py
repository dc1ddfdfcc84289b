"""V-23: a backup that is taken while a service is written to restores to what some moment had acknowledged."""

import json
import os
import sqlite3
import subprocess

import pytest
from faults import inspection
from faults.figures import figure, report
from faults.load import Load
from faults.portal import SERVICES
from harness import places

ROUNDS = 1
ROUNDS_LONG = 20


def portico(*arguments: str, fails: bool = False) -> str:
    """Runs a command of `portico` and returns what it said."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PORTICO_DATABASE")}
    done = subprocess.run(
        [str(places.portico_binary()), *map(str, arguments)], capture_output=True, text=True, timeout=600, env=environment
    )
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    return done.stdout + done.stderr


def is_prefix(load: Load, found: dict[str, str], before: dict[int, int]) -> None:
    """Of each caller's writes, in the order in which they were acknowledged, the backup has the first ones: all of those
    from before it began, and no later one without an earlier one.
    """
    for caller, made in load.made.items():
        held = [marker in found for marker in made]
        count = sum(held)
        assert all(held[:count]), f"the backup has a write of caller {caller} and lacks one from before it"
        assert count >= before.get(caller, 0), "a write that was acknowledged before the backup began is not in it"


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.timeout(3600)
def test_v23_a_backup_under_load_is_a_moment(portal, name, tmp_path):
    with portal.service(name, tmp_path / "live") as service, Load(name, portal.tokens) as load:
        service.start()
        load.resume(service)
        for number in range(figure(ROUNDS, ROUNDS_LONG)):
            load.wait_for(30)
            before = {caller: len(made) for caller, made in list(load.made.items())}
            backup, again = tmp_path / f"backup-{number}", tmp_path / f"again-{number}"
            portico("backup", backup, name, "--data", tmp_path / "live")
            load.wait_for(10)
            portico("restore", backup, "--data", again)
            database = sqlite3.connect(again / f"{name}.db")
            inspection.sound(database)
            is_prefix(load, load.kind.found(database), before)
            database.close()
            # It is a database that the service takes up.
            with portal.service(name, again) as restored, restored.start().client(portal.tokens) as client:
                method, request = load.kind.reading
                client.call(method, **request)
                restored.stop()
        load.pause()
        service.stop()
        inspection.check(service.database, load)
    report(f"V-23 {name}: {figure(ROUNDS, ROUNDS_LONG)} backups under load, each a moment")


@pytest.fixture(scope="module")
def filled(portal, tmp_path_factory):
    """An installation's folder with the news of one tenant, and a backup of it."""
    folder = tmp_path_factory.mktemp("filled")
    with portal.service("cms", folder / "live") as service, Load("cms", portal.tokens, callers=2) as load:
        load.resume(service.start())
        load.wait_for(20)
        load.pause()
        service.stop()
    portico("backup", folder / "backup", "cms", "--data", folder / "live")
    return folder


def test_what_is_not_empty_is_refused_unless_it_may_go(filled, tmp_path):
    portico("restore", filled / "backup", "--data", tmp_path)
    assert "is not empty" in portico("restore", filled / "backup", "--data", tmp_path, fails=True)
    portico("restore", filled / "backup", "--data", tmp_path, "--replace")


def test_a_backup_replaces_no_other(filled):
    assert "is there already" in portico("backup", filled / "backup", "cms", "--data", filled / "live", fails=True)


def test_a_tenant_comes_back_alone(filled, portal, tmp_path):
    """N-11."""
    from faults.portal import TENANT

    portico("restore", filled / "backup", "--data", tmp_path, "--tenant", "somebody-else")
    with sqlite3.connect(tmp_path / "cms.db") as database:
        assert database.execute("SELECT COUNT(*) FROM news").fetchone() == (0,)
    portico("restore", filled / "backup", "--data", tmp_path, "--tenant", TENANT)
    with sqlite3.connect(tmp_path / "cms.db") as database:
        assert database.execute("SELECT COUNT(*) FROM news").fetchone()[0] >= 20
    alone = tmp_path / "alone"
    portico("backup", alone, "cms", "--data", tmp_path, "--tenant", "somebody-else")
    assert all(table["rows"] == 0 for table in json.loads((alone / "manifest.json").read_text())["services"][0]["tables"])


@pytest.mark.parametrize("harm", ["flipped", "cut", "missing", "manifest"])
def test_a_damaged_backup_is_refused_before_anything_is_written(filled, tmp_path, harm):
    subprocess.run(["cp", "-r", str(filled / "backup"), str(tmp_path / "backup")], check=True)
    rows = tmp_path / "backup/cms/news.rows"
    content = rows.read_bytes()
    if harm == "flipped":
        rows.write_bytes(content[:40] + bytes([content[40] ^ 1]) + content[41:])
    elif harm == "cut":
        rows.write_bytes(content[:-1])
    elif harm == "missing":
        rows.unlink()
    else:
        manifest = tmp_path / "backup/manifest.json"
        manifest.write_text(manifest.read_text().replace('"rows" : ', '"rows" :  ', 1))
    said = portico("restore", tmp_path / "backup", "--data", tmp_path / "again", fails=True)
    assert "the backup is damaged" in said
    assert not (tmp_path / "again").exists()


def test_a_running_service_is_not_restored_over(filled, portal, tmp_path):
    with portal.service("cms", tmp_path) as service:
        service.start()
        said = portico("restore", filled / "backup", "--data", tmp_path, "--replace", fails=True)
        assert "in use by another process" in said
        service.stop()
