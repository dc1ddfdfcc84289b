"""Where things are. Everything is found from this file, never from the working directory."""

import os
import pathlib
import shutil

ROOT = pathlib.Path(__file__).resolve().parents[3]
ARTIFACTS = ROOT / ".artifacts"
RUNNER = os.environ.get("PYTEST_XDIST_WORKER", "only")
"""Which of the test runners beside each other this is."""


def tool(name: str, package: str) -> str:
    """The path of a program of the system; its absence is an error that says how to install it."""
    found = shutil.which(name)
    if found is None:
        raise RuntimeError(f"{name} is not installed: run `scripts/setup test`, or `apt-get install {package}`")
    return found


def portico_binary() -> pathlib.Path:
    """The debug build, or what PORTICO_BINARY names."""
    binary = pathlib.Path(os.environ.get("PORTICO_BINARY", ROOT / ".build/debug/portico"))
    if not binary.is_file():
        raise RuntimeError(f"{binary} is not built: run `swift build --product portico`")
    return binary


def program(name: str) -> pathlib.Path:
    """Another program of the same build: `portico-billing`."""
    path = portico_binary().with_name(name)
    if not path.is_file():
        raise RuntimeError(f"{path} is not built: run `swift build`")
    return path


def screenshots() -> pathlib.Path:
    """The committed pictures when they are being renewed, else a place that git ignores."""
    renew = os.environ.get("UPDATE_SCREENSHOTS") == "1"
    return ROOT / "docs/screenshots" if renew else ARTIFACTS / "screenshots"
