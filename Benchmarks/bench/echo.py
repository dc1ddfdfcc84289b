"""The servers that answer the unary echo."""

import atexit
import dataclasses
import pathlib
import shutil
import tempfile

from bench.load import frame

METHOD = "/portico.bench.v1.Echo/Echo"


@dataclasses.dataclass(frozen=True)
class Peer:
    name: str
    path: str
    product: str = ""
    """The executable of the nested package, or empty for a program of the system."""

    def command(self, here: pathlib.Path) -> list[str]:
        if self.product:
            return [str(here / ".build/release" / self.product), "{port}"]
        return nghttpd()


def nghttpd() -> list[str]:
    """The C limit: it takes the request's DATA and answers from memory with a file of the same bytes and a trailer.

    Its own --echo-upload writes every request to a temporary file, which measures the file system.
    """
    root = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, root)
    file = pathlib.Path(root + METHOD)
    file.parent.mkdir()
    file.write_bytes(frame())
    program = shutil.which("nghttpd", path="/usr/sbin:/usr/bin")
    if program is None:
        raise RuntimeError("nghttpd is not installed: run `scripts/setup bench`")
    return [program, "--no-tls", "--workers=1", "--address=127.0.0.1", f"--htdocs={root}",
            "--trailer=grpc-status: 0", "{port}"]


PEERS = [
    Peer("nghttpd (C)", METHOD),
    Peer("Portico", METHOD, "portico-echo"),
    Peer("grpc-swift-2", METHOD, "grpc-swift-echo"),
]
