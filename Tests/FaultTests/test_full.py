"""V-04: the disk is full. Reads go on, writes say so, and everything works again once there is room, without a restart."""

import contextlib
import os
import pathlib

import grpc
import pytest
from faults import inspection, mounts, native
from faults.figures import LONG, report, some
from faults.load import Load
from faults.portal import SERVICES
from faults.process import Client
from faults.work import Kind, Piece
from peers import contract

MIB = 1 << 20
MOST_WRITES = 20_000


class Disk:
    """A disk that can be filled to the last bytes, and relieved."""

    def __init__(self, folder: pathlib.Path, power: mounts.PowerFS | None):
        self.folder = folder
        self._power = power

    def fill(self, left: int) -> None:
        if self._power is not None:
            self._power.limit(self._power.used() + left)
            return
        status = os.statvfs(self.folder)
        ballast = status.f_bavail * status.f_frsize - left
        assert ballast > 100_000, "too little room for the test itself"
        with (self.folder / "ballast").open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, ballast)

    def describe(self) -> str:
        """What is on it, for a failure's message."""
        files = {path.name: path.stat().st_size for path in self.folder.iterdir()}
        return f"{os.statvfs(self.folder).f_bavail} blocks left beside {files}"

    def relieve(self) -> None:
        if self._power is not None:
            self._power.limit(-1)
        else:
            (self.folder / "ballast").unlink()


@contextlib.contextmanager
def disk(kind: str, folder: pathlib.Path):
    with contextlib.ExitStack() as stack:
        if kind == "tmpfs":
            yield Disk(stack.enter_context(mounts.tmpfs(folder / "disk", MIB)), None)
        elif kind == "ext4":
            yield Disk(stack.enter_context(mounts.ext4(folder / "disk", 8 * MIB)), None)
        else:
            program = native.compiled("powerfs.c", folder, *native.flags_of("fuse3"))
            power = stack.enter_context(mounts.PowerFS(folder / "disk", program))
            yield Disk(power.folder, power)


def is_full(error: grpc.RpcError) -> bool:
    """Whether a call was refused for want of room, and says that in details a program can read."""
    if error.code() != grpc.StatusCode.RESOURCE_EXHAUSTED:
        return False
    for key, value in error.trailing_metadata():
        if key == "grpc-status-details-bin":
            for detail in contract.message("google.rpc.Status").FromString(value).details:
                if not detail.type_url.endswith("/google.rpc.ErrorInfo"):
                    continue
                if contract.message("google.rpc.ErrorInfo").FromString(detail.value).reason == "STORAGE_FULL":
                    return True
    raise AssertionError(f"no reason in the details: {error}")


class Writer:
    def __init__(self, kind: Kind, client: Client, load: Load):
        self._kind = kind
        self._client = client
        self._load = load
        self._number = 0

    def write(self) -> bool:
        """One more piece; false when there is no room. Any other refusal is a failure."""
        self._number += 1
        piece = Piece(f"piece-{self._number:06}")
        try:
            for step in self._kind.steps:
                step(self._client, piece)
        except grpc.RpcError as error:
            if is_full(error):
                return False
            raise
        self._load.acknowledged[piece.marker] = piece.name
        return True

    def read(self) -> None:
        method, request = self._kind.reading
        self._client.call(method, **request)


POINTS = [("tmpfs", "cms", 60_000), ("tmpfs", "messaging", 20_000), ("ext4", "ticketing", 400_000), ("ext4", "billing", 9_000)]
POINTS += [("powerfs", "identity", 50_000)]
MORE = [(kind, name, left) for kind in ("ext4", "powerfs") for name in SERVICES for left in (0, 3_000, 30_000, 100_000, 300_000)]


def points() -> list:
    return some(POINTS + MORE) if LONG else POINTS


@pytest.mark.parametrize(("kind", "name", "left"), points())
def test_v04_a_full_disk_is_told_and_ends_by_itself(portal, tmp_path, kind, name, left):
    with disk(kind, tmp_path) as place, portal.service(name, place.folder, blobs=tmp_path / "blobs") as service:
        load = Load(name, portal.tokens, callers=0)
        with service.start().client(portal.tokens) as client:
            writer = Writer(load.kind, client, load)
            assert all(writer.write() for _ in range(5))
            # A MiB is too little for twice.
            for _ in range(1 if kind == "tmpfs" else 2):
                place.fill(left)
                assert any(not writer.write() for _ in range(MOST_WRITES)), "the disk was never full"
                for _ in range(5):
                    writer.read()
                    writer.write()
                assert client.is_serving()
                place.relieve()
                outcomes = [writer.write() for _ in range(2)]
                assert all(outcomes), f"there is room again, and a write was refused: {outcomes} {place.describe()} {service.tail()}"
        service.stop()
        inspection.check(service.database, load)
    report(f"V-04 {name} on {kind} with {left} bytes left: told, and over with the room")
