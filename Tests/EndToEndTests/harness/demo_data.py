"""The demo's data. Playing its year takes longer than most tests: it is played once for a build and a day, and each
process under test gets a copy of its own.
"""

import datetime
import fcntl
import pathlib
import shutil
import subprocess

from harness import places

LIMIT = 240
"""Seconds that playing the year may take, in a debug build on busy cores."""


def copy(into: pathlib.Path, tickets: int = 200) -> pathlib.Path:
    """A data folder with the demo tenant, whole and used by nobody."""
    shutil.copytree(_played(tickets), into)
    return into


def _played(tickets: int) -> pathlib.Path:
    binary = places.portico_binary()
    # Due dates and ages count from the day of the playing.
    key = f"{datetime.date.today()}-{binary.stat().st_mtime_ns}-{tickets}"
    store = places.ARTIFACTS / "demo"
    store.mkdir(parents=True, exist_ok=True)
    with (store / "lock").open("w") as lock:
        # Test runners beside this one want the same.
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = store / key
        if not folder.exists():
            for old in store.iterdir():
                if old.is_dir() and not old.name.startswith(key.rpartition("-")[0]):
                    shutil.rmtree(old)
            _play(binary, folder, tickets)
        return folder


def _play(binary: pathlib.Path, folder: pathlib.Path, tickets: int) -> None:
    command = [str(binary), "seed", "--data", str(folder), "--tickets", str(tickets)]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=LIMIT)
    except subprocess.CalledProcessError as error:
        raise RuntimeError(f"{command} ended with {error.returncode}:\n{error.stderr[-4000:]}") from None
