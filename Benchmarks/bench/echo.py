"""The servers and clients of the echo, and how each is started."""

import atexit
import dataclasses
import functools
import pathlib
import shutil
import subprocess
import tempfile

from bench.wire import bytes_value, frame

HERE = pathlib.Path(__file__).resolve().parent.parent
SERVICE = "/portico.bench.v1.Echo/"
ECHO = SERVICE + "Echo"
STREAM = SERVICE + "Stream"


@dataclasses.dataclass(frozen=True)
class Peer:
    name: str
    program: str
    """Below the package's folder; empty for nghttpd."""
    client: str = ""
    streams: bool = True

    def command(self, size: int = 64, tls: bool = False) -> list[str]:
        """`size`: what nghttpd answers with; the others echo."""
        if not self.program:
            return nghttpd(size, tls)
        certificate = list(map(str, certificate_and_key())) if tls else []
        return [str(HERE / self.program), "{port}", *certificate]


NGHTTPD = Peer("nghttpd", "", streams=False)
PORTICO = Peer("Portico", ".build/release/portico-echo", ".build/release/portico-client")
GRPC_CPP = Peer("grpc C++", ".build/cpp/grpc-cpp-server", ".build/cpp/grpc-cpp-client")
GRPC_SWIFT = Peer("grpc-swift-2", ".build/release/grpc-swift-echo", ".build/release/grpc-swift-client")
PEERS = [NGHTTPD, PORTICO, GRPC_CPP, GRPC_SWIFT]

COUNTED = HERE / ".build/release/portico-echo-counted"
"""Portico's echo with a counter in front of malloc."""


def nghttpd(size: int, tls: bool) -> list[str]:
    """The C limit: it takes the request's DATA and answers from memory with a file of the same bytes and a trailer.

    Its own --echo-upload writes every request to a temporary file, which measures the file system.
    """
    root = _scratch()
    file = pathlib.Path(f"{root}{ECHO}")
    file.parent.mkdir()
    file.write_bytes(frame(bytes_value(size)))
    program = shutil.which("nghttpd", path="/usr/sbin:/usr/bin")
    if program is None:
        raise RuntimeError("nghttpd is not installed: run `scripts/setup bench`")
    options = [program, "--workers=1", "--address=127.0.0.1", f"--htdocs={root}", "--trailer=grpc-status: 0"]
    if not tls:
        return [*options, "--no-tls", "{port}"]
    certificate, key = certificate_and_key()
    return [*options, "{port}", str(key), str(certificate)]


@functools.cache
def certificate_and_key() -> tuple[pathlib.Path, pathlib.Path]:
    """A certificate for this run, P-256 as public servers have them."""
    folder = _scratch()
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True)
    return certificate, key


def _scratch() -> pathlib.Path:
    folder = tempfile.mkdtemp(prefix="portico-bench-")
    atexit.register(shutil.rmtree, folder)
    return pathlib.Path(folder)


def build() -> None:
    products = ["portico-echo", "portico-client", "portico-echo-counted", "grpc-swift-echo", "grpc-swift-client"]
    for product in products:
        _run(["swift", "build", "-c", "release", "--product", product])
    _build_cpp()


def _build_cpp() -> None:
    sources, out = HERE / "grpc-cpp", HERE / ".build/cpp"
    out.mkdir(parents=True, exist_ok=True)
    newest = max(file.stat().st_mtime for file in sources.iterdir())
    programs = [out / f"grpc-cpp-{name}" for name in ("server", "client")]
    if all(program.exists() and program.stat().st_mtime > newest for program in programs):
        return
    plugin = shutil.which("grpc_cpp_plugin")
    if plugin is None:
        raise RuntimeError("grpc_cpp_plugin is not installed: run `scripts/setup bench`")
    _run(["protoc", f"-I{sources}", f"--cpp_out={out}", f"--grpc_out={out}",
          f"--plugin=protoc-gen-grpc={plugin}", str(sources / "echo.proto")])
    flags = subprocess.run(
        ["pkg-config", "--cflags", "--libs", "grpc++", "protobuf"], check=True, capture_output=True, text=True
    ).stdout.split()
    for program in programs:
        source = sources / (program.name.removeprefix("grpc-cpp-") + ".cc")
        _run(["g++", "-std=c++17", "-O2", "-DNDEBUG", f"-I{out}", str(source), str(out / "echo.pb.cc"),
              str(out / "echo.grpc.pb.cc"), "-o", str(program), *flags])


def _run(command: list[str]) -> None:
    print("$", " ".join(command[:8]), flush=True)
    subprocess.run(command, cwd=HERE, check=True, stdin=subprocess.DEVNULL)
