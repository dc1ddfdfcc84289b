"""What must hold of a service's database, by plain SQLite, whatever happened to the process that wrote it."""

import pathlib
import shutil
import sqlite3
import tempfile

from faults.load import Load
from faults.portal import TENANT


def check(database: pathlib.Path, load: Load) -> None:
    """Looks at a copy: the original's log is left for the service to recover by itself."""
    with tempfile.TemporaryDirectory(prefix="portico-inspection-") as folder:
        copy = pathlib.Path(folder) / "copy.db"
        for suffix in ("", "-wal"):
            if (part := database.with_name(database.name + suffix)).exists():
                shutil.copy(part, copy.with_name(copy.name + suffix))
        connection = sqlite3.connect(copy)
        try:
            sound(connection)
            whole(connection, load)
        finally:
            connection.close()


def sound(database: sqlite3.Connection) -> None:
    """The file is intact, rows refer to rows that are there, and the logs have no gap."""
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    logs(database)


def logs(database: sqlite3.Connection) -> None:
    """The logs have no gap."""
    for log in ("audit", "events"):
        query = f"""
            SELECT head.tenant, head.position, COUNT(log.position), MAX(log.position) FROM portico_heads AS head
            LEFT JOIN portico_{log} AS log ON log.tenant = head.tenant WHERE head.log = ? GROUP BY head.tenant, head.position"""
        for tenant, head, count, last in database.execute(query, (log,)):
            assert head == count == last, f"the {log} log of {tenant} has {count} rows up to {last}, its head says {head}"


def whole(database: sqlite3.Connection, load: Load) -> None:
    """Every acknowledged piece is there once, and what is there is there with its audit row and its event."""
    found = load.kind.found(database)
    for marker, name in load.acknowledged.items():
        assert found.get(marker) == name.rpartition("/")[2], f"{name} was acknowledged and is lost"
    for log in ("audit", "events"):
        named = {row[0] for row in database.execute(f"SELECT resource FROM portico_{log} WHERE tenant = ?", (TENANT,))}
        missing = [name for name in load.acknowledged.values() if name not in named]
        assert not missing, f"the {log} log does not know of {missing[:3]}"
    if load.kind.service == "billing":
        money(database)


def money(database: sqlite3.Connection) -> None:
    """V-09: invoices are paid, open or written off to the cent; each payment was recorded once; numbers have no gap."""
    payments = database.execute("SELECT reference, amount FROM payments").fetchall()
    assert len({reference for reference, _ in payments}) == len(payments), "a payment was recorded twice"
    allocated = database.execute("SELECT COALESCE(SUM(amount), 0) FROM payment_allocations").fetchone()[0]
    assert allocated == sum(amount for _, amount in payments)
    over = database.execute("""
        SELECT i.id FROM invoices i JOIN payment_allocations a ON a.tenant = i.tenant AND a.account = i.account
        AND a.invoice = i.id GROUP BY i.tenant, i.account, i.id HAVING SUM(a.amount) > i.grand_total""").fetchall()
    assert not over, f"more was paid than is due on {over[:3]}"
    numbers = [row[0] for row in database.execute("SELECT number FROM invoices WHERE number IS NOT NULL ORDER BY number")]
    last = database.execute("SELECT COALESCE(SUM(last), 0) FROM invoice_numbers").fetchone()[0]
    assert len(set(numbers)) == len(numbers) == last, "the sequence of invoice numbers has a gap"
