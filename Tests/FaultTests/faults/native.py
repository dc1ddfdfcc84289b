"""The programs in `native/`, compiled for the run."""

import pathlib
import subprocess

from harness import places

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "native"
STRICT = ("-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror")


def compiled(source: str, into: pathlib.Path, *flags: str) -> pathlib.Path:
    """Compiles one file; what is missing for that is an error that says so."""
    output = into / pathlib.Path(source).stem
    command = [places.tool("gcc", "gcc"), *STRICT, str(FOLDER / source), "-o", str(output), *flags]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{source} does not compile (scripts/setup test installs what it needs):\n{done.stderr}")
    return output


def flags_of(package: str) -> list[str]:
    """What pkg-config says of a library."""
    command = [places.tool("pkg-config", "pkg-config"), "--cflags", "--libs", package]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{package} is not installed: run `scripts/setup test`")
    return done.stdout.split()
