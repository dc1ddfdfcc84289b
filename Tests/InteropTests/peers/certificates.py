"""A certificate authority of the openssl command, made for one run of the tests."""

import pathlib
import subprocess

from harness import places


class Authority:
    """Issues certificates into a folder: `NAME.pem` and `NAME.key`."""

    def __init__(self, folder: pathlib.Path, name: str):
        self.folder = folder
        self.name = name
        self._openssl("req", "-x509", *_KEY, "-days", "2", "-subj", f"/CN={name}", *self._out(name))

    @property
    def certificate(self) -> pathlib.Path:
        return self.folder / f"{self.name}.pem"

    def issue(self, name: str, names: str = "DNS:localhost,IP:127.0.0.1", days: int = 2) -> "Certificate":
        """One with these subject alternative names; a negative `days` has expired."""
        request = self.folder / f"{name}.csr"
        key = self.folder / f"{name}.key"
        self._openssl(
            "req", *_KEY, "-subj", "/CN=not-a-name", "-addext", f"subjectAltName={names}", "-keyout", str(key),
            "-out", str(request),
        )
        self._openssl(
            "x509", "-req", "-in", str(request), "-CA", str(self.certificate), "-CAkey",
            str(self.folder / f"{self.name}.key"), "-CAcreateserial", "-days", str(days), "-copy_extensions", "copy",
            "-out", str(self.folder / f"{name}.pem"),
        )
        return Certificate(self.folder / f"{name}.pem", key)

    def _out(self, name: str) -> list[str]:
        return ["-keyout", str(self.folder / f"{name}.key"), "-out", str(self.folder / f"{name}.pem")]

    def _openssl(self, *arguments: str) -> None:
        done = subprocess.run([places.tool("openssl", "openssl"), *arguments], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"openssl {arguments[0]} failed: {done.stderr}")


_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


class Certificate:
    """A certificate and its key, as files."""

    def __init__(self, chain: pathlib.Path, key: pathlib.Path):
        self.chain = chain
        self.key = key

    @property
    def pair(self) -> tuple[bytes, bytes]:
        """Key and chain, as grpcio wants them."""
        return self.key.read_bytes(), self.chain.read_bytes()

    @property
    def flags(self) -> list[str]:
        """As both sides of `interop` want them."""
        return ["--cert", str(self.chain), "--key", str(self.key)]
