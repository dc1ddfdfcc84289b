"""V-03: one sync of the database fails. Nothing that was not synced is acknowledged, before or after."""

import pathlib
import shutil

import grpc
import pytest
from faults import inspection, native
from faults.figures import LONG, figure, report
from faults.load import Load
from faults.portal import SERVICES, Portal
from faults.process import Client, Ended, Service
from faults.work import KINDS, Piece

SYNCS = 50
SYNCS_LONG = 200


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> pathlib.Path:
    return native.compiled("failsync.c", tmp_path_factory.mktemp("native"), "-shared", "-fPIC", "-ldl")


class Writer:
    """One caller, one call at a time: what is answered after a sync has failed was asked after it, too."""

    def __init__(self, kind, client: Client, log: pathlib.Path, acknowledged: dict[str, str]):
        self._kind = kind
        self._client = client
        self._log = log
        self.acknowledged = acknowledged

    def write_until_refused(self, limit: int) -> None:
        for _ in range(limit):
            piece = Piece(f"piece-{len(self.acknowledged):06}")
            had_failed = self._log.exists()
            try:
                for step in self._kind.steps:
                    had_failed = self._log.exists()
                    step(self._client, piece)
                    assert not had_failed, "a write was acknowledged after a sync had failed"
            except grpc.RpcError as error:
                assert error.code() == grpc.StatusCode.UNAVAILABLE, error
                assert self._log.exists(), f"refused although no sync had failed: {error}"
                return
            self.acknowledged[piece.marker] = piece.name
        raise AssertionError(f"{limit} writes went well: no sync has failed")

    def is_refused(self) -> bool:
        try:
            self._kind.steps[0](self._client, Piece("after the failure".replace(" ", "-")))
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.UNAVAILABLE
            return True
        return False


def inject(
    portal: Portal, library: pathlib.Path, name: str, folder: pathlib.Path, at: int, names: str, writes: int = 400
) -> bool:
    """Runs a service whose `at`th sync fails, and then one with a sound disk. False: it failed before it served."""
    log = folder / "failed"
    environment = {
        "LD_PRELOAD": str(library), "FAILSYNC_AT": str(at), "FAILSYNC_NAMES": names, "FAILSYNC_LOG": str(log),
    }
    load = Load(name, portal.tokens, callers=0)
    with portal.service(name, folder, environment) as service:
        served = suffer(portal, service, log, load, writes)
        if served:
            inspection.check(service.database, load)
        service.environment = {}
        recover(portal, service, load)
    return served


def suffer(portal: Portal, service: Service, log: pathlib.Path, load: Load, writes: int) -> bool:
    try:
        service.start()
    except Ended:
        assert log.exists(), service.tail()
        return False
    with service.client(portal.tokens) as client:
        writer = Writer(load.kind, client, log, load.acknowledged)
        writer.write_until_refused(writes)
        assert writer.is_refused()
        assert not client.is_serving(), "it takes no writes and says that it serves"
        method, request = load.kind.reading
        client.call(method, **request)
    service.stop()
    return True


def recover(portal: Portal, service: Service, load: Load) -> None:
    service.start()
    with service.client(portal.tokens) as client:
        assert client.is_serving()
        piece = Piece("after-the-restart")
        for step in load.kind.steps:
            step(client, piece)
        load.acknowledged[piece.marker] = piece.name
    service.stop()
    inspection.check(service.database, load)


@pytest.fixture(scope="module")
def migrated(portal, tmp_path_factory):
    """A folder for each service with a database that has all its tables."""
    folders = {}
    for name in SERVICES:
        folders[name] = tmp_path_factory.mktemp(name)
        with portal.service(name, folders[name]) as service:
            service.start()
            service.stop()
    return folders


@pytest.mark.timeout(3600)
def test_v03_no_success_after_a_failed_sync(portal, library, migrated, tmp_path):
    """The k-th sync of log or database, for all k: at the start, in a commit, wherever it comes."""
    served = 0
    names = SERVICES if LONG else ("cms",)
    for name in names:
        for at in range(1, figure(SYNCS, SYNCS_LONG) + 1):
            folder = tmp_path / f"{name}-{at}"
            shutil.copytree(migrated[name], folder)
            served += inject(portal, library, name, folder, at, "-wal:.db")
    report(f"V-03 {', '.join(names)}: the first {figure(SYNCS, SYNCS_LONG)} syncs of each failed, {served} of all while it served")
    # A start syncs a few times; everything else is a write. A share of the long figures may be no more than starts.
    count = figure(SYNCS, SYNCS_LONG)
    assert count < SYNCS or served > len(names) * count // 2


@pytest.mark.parametrize("at", range(1, 13))
def test_v03_a_failed_sync_while_the_tables_are_made_is_recovered(portal, library, tmp_path, at):
    inject(portal, library, "cms", tmp_path / "new", at, "-wal:.db:-journal")


@pytest.mark.parametrize("name", ["billing", "cms"])
def test_v03_a_checkpoint_that_cannot_be_synced_stops_writes(portal, library, migrated, tmp_path, name):
    """The database itself is synced by checkpoints alone, whose failure SQLite would keep to itself."""
    for at in range(1, 6):
        folder = tmp_path / str(at)
        shutil.copytree(migrated[name], folder)
        # The first ones may be those of the start, which then does not come to its end.
        if inject(portal, library, name, folder, at, ".db", writes=2000):
            return
    raise AssertionError("no checkpoint came after the start")


def test_v03_a_folder_that_cannot_be_synced_keeps_the_service_from_starting(portal, library, migrated, tmp_path):
    folder = tmp_path / "cms"
    shutil.copytree(migrated["cms"], folder)
    log = folder / "failed"
    for at in range(1, 4):
        log.unlink(missing_ok=True)
        environment = {
            "LD_PRELOAD": str(library), "FAILSYNC_AT": str(at), "FAILSYNC_NAMES": f"{folder}/", "FAILSYNC_LOG": str(log),
        }
        with portal.service("cms", folder, environment) as service:
            try:
                service.start()
            except Ended:
                assert log.exists()
                return
            service.stop()
    raise AssertionError("the service never syncs the folder of its database itself")


def test_the_injection_itself_is_seen(portal, library, migrated, tmp_path):
    """Without a failing sync the same writer is never refused: the checks above can fail."""
    folder = tmp_path / "cms"
    shutil.copytree(migrated["cms"], folder)
    environment = {"LD_PRELOAD": str(library), "FAILSYNC_AT": "0", "FAILSYNC_NAMES": "-wal", "FAILSYNC_LOG": "/nowhere"}
    with portal.service("cms", folder, environment) as service, service.start().client(portal.tokens) as client:
        writer = Writer(KINDS["cms"], client, folder / "failed", {})
        with pytest.raises(AssertionError, match="no sync has failed"):
            writer.write_until_refused(30)
        assert client.is_serving()
