"""How far long commands have come: a bar on a terminal, plain lines elsewhere (issue 5)."""

import os
import pty
import subprocess

import pytest
from harness import places


def piped(*arguments: str) -> str:
    """What a command says on standard error, which is no terminal."""
    done = subprocess.run(
        [str(places.portico_binary()), *arguments], capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def on_a_terminal(*arguments: str) -> str:
    """The same where standard error is a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [str(places.portico_binary()), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    said = b""
    # The end of a terminal whose last user is gone is an error.
    try:
        while part := os.read(ours, 65536):
            said += part
    except OSError:
        pass
    finally:
        os.close(ours)
    assert process.wait(timeout=120) == 0, said
    return said.decode()


@pytest.fixture(scope="module")
def backup(portico, tmp_path_factory) -> dict[bool, tuple]:
    """Of the running demo, by whether it was told on a terminal: the backup and what was said."""
    folder = tmp_path_factory.mktemp("backups")
    found = {}
    for terminal, run in ((False, piped), (True, on_a_terminal)):
        to = folder / f"{terminal}"
        found[terminal] = (to, run("backup", str(to), "--data", str(portico.data)))
    return found


def check_lines(said: str, what: str) -> None:
    """Ten lines at most for each bar, without a sign of a terminal, the last with everything."""
    lines = [line for line in said.splitlines() if line.startswith(f"{what}: ")]
    assert 1 <= len(lines) <= 10, said
    assert "\x1b" not in said and "\r" not in said and "█" not in said
    last, of = lines[-1].removeprefix(f"{what}: ").split(" of ")
    assert last == of


def check_bar(said: str, what: str) -> None:
    """Lines that are written over, each ending only when all is done."""
    shown = [part for part in said.split("\r\x1b[K") if what in part]
    assert shown, said
    assert all("█" in part or "░" in part for part in shown)
    assert [part.endswith("\r\n") for part in shown] == [False] * (len(shown) - 1) + [True], said
    assert "░" not in shown[-1]


@pytest.mark.parametrize("service", ["identity", "ticketing", "messaging", "billing", "cms"])
def test_a_backup_shows_its_progress(backup, service):
    check_lines(backup[False][1], f"{service} rows")
    check_bar(backup[True][1], f"{service} rows")


def test_a_restore_shows_its_progress(backup, tmp_path):
    check_lines(piped("restore", str(backup[False][0]), "--data", str(tmp_path / "a")), "ticketing rows")
    check_bar(on_a_terminal("restore", str(backup[True][0]), "--data", str(tmp_path / "b")), "ticketing rows")


def test_a_migration_shows_its_progress(tmp_path):
    lines = piped("migrate", "--database", f"sqlite:{tmp_path}/a-{{service}}.db")
    bar = on_a_terminal("migrate", "--database", f"sqlite:{tmp_path}/b-{{service}}.db")
    for service in ("identity", "cms"):
        check_lines(lines, f"{service} migrations")
        check_bar(bar, f"{service} migrations")
    # Nothing to do, nothing to show.
    assert piped("migrate", "--database", f"sqlite:{tmp_path}/a-{{service}}.db") == ""
