"""The statements of CreateTicket on PostgreSQL: through PostgresStore, and from pgbench, which asks for one after the other;
and ticketing at one, two and three replicas.
"""

import dataclasses
import pathlib
import re
import statistics
import subprocess
import tempfile

from faults.postgres import APP, OWNER, Postgres, address

ROOT = pathlib.Path(__file__).resolve().parents[2]
TENANTS = 64
CALLERS = 64

ACCOUNT, TEXT = "quay", "The printer on the second floor is out of toner."
SCRIPT = f"""\\set tenant random(1, {TENANTS})
\\set request random(1, 9000000000000000000)
BEGIN;
SELECT set_config('app.tenant', :tenant::text, true);
INSERT INTO portico_requests (tenant, principal, method, request_id, fingerprint, response, expires_at)
 VALUES (:tenant::text, 'users/loader', '/portico.ticketing.v1.Tickets/CreateTicket', 'r' || :request::text, :hash, NULL,
 1900000000000000) ON CONFLICT (tenant, principal, method, request_id) DO UPDATE SET fingerprint = excluded.fingerprint,
 response = excluded.response, expires_at = excluded.expires_at WHERE portico_requests.expires_at <= 1700000000000000;
SELECT * FROM ticket_settings WHERE tenant = :tenant::text;
INSERT INTO ticket_numbers (tenant, last) VALUES (:tenant::text, 1001)
 ON CONFLICT (tenant) DO UPDATE SET last = ticket_numbers.last + 1 RETURNING last \\gset
SELECT * FROM catalog_entries WHERE tenant = :tenant::text ORDER BY kind, rank, id LIMIT 5000;
INSERT INTO tickets (tenant, number, account, account_display_name, site, site_display_name, contact, contact_display_name,
 contact_email, title, details, search_text, state, is_open, source, category, type, priority, priority_rank, issue_type,
 sub_issue_type, hardware_asset, software_asset, assignee, assignee_display_name, due, due_order, created, updated_public,
 updated, follows_account, follows_number, public_note_count, internal_note_count, version, public_version)
 VALUES (:tenant::text, :last, '{ACCOUNT}', 'Quay Ltd', NULL, '', 'mara', 'Mara Quay', 'mara@quay.example', 'Printer',
 '{TEXT}', '{TEXT}', 'new', true, 'staff', NULL, NULL, NULL, 5, NULL, NULL, NULL, NULL, NULL, '', NULL,
 9223372036854775807, 1800000000000000, 1800000000000000, 1800000000000000, NULL, NULL, 0, 0, 1, 1);
INSERT INTO portico_outbox (tenant, key, method, body, created_at, due_at, attempts, state, leased_until, trace)
 VALUES (:tenant::text, 'letter/' || :last::text, '/portico.messaging.v1.Mails/QueueMail', :letter, 1800000000000000,
 1800000000000000, 0, 'waiting', 0, NULL) ON CONFLICT (tenant, key) DO NOTHING;
SELECT * FROM ticket_settings WHERE tenant = :tenant::text;
SELECT * FROM catalog_entries WHERE tenant = :tenant::text ORDER BY kind, rank, id LIMIT 5000;
SELECT * FROM attachments WHERE tenant = :tenant::text AND ticket = :last ORDER BY id;
UPDATE portico_requests SET response = :answer WHERE tenant = :tenant::text AND principal = 'users/loader'
 AND method = '/portico.ticketing.v1.Tickets/CreateTicket' AND request_id = 'r' || :request::text;
INSERT INTO portico_heads (tenant, log, position, hash) VALUES (:tenant::text, 'audit', 1, '') ON CONFLICT (tenant, log)
 DO UPDATE SET position = portico_heads.position + excluded.position RETURNING position AS audit \\gset
INSERT INTO portico_heads (tenant, log, position, hash) VALUES (:tenant::text, 'events', 1, '') ON CONFLICT (tenant, log)
 DO UPDATE SET position = portico_heads.position + excluded.position RETURNING position AS event \\gset
INSERT INTO portico_audit (tenant, position, at, actor, on_behalf_of, action, resource, before_values, after_values, hash)
 VALUES (:tenant::text, :audit, 1800000000000000, 'users/loader', NULL, 'ticket.created',
 'accounts/{ACCOUNT}/tickets/' || :last::text, '{{}}', '{{"state":"new"}}', :hash);
UPDATE portico_heads SET hash = :hash WHERE tenant = :tenant::text AND log = 'audit';
INSERT INTO portico_events (tenant, position, at, type, resource, account, site, contact, person)
 VALUES (:tenant::text, :event, 1800000000000000, 'ticket.created', 'accounts/{ACCOUNT}/tickets/' || :last::text,
 '{ACCOUNT}', NULL, 'mara', NULL);
COMMIT;
"""


@dataclasses.dataclass(frozen=True)
class Mix:
    """Transactions a second, the middle of the rounds."""

    connections: int
    store: float
    pgbench: float

    @property
    def share(self) -> float:
        return self.store / self.pgbench

    def __str__(self) -> str:
        return f"{self.connections} connections: store {self.store:.0f}/s, pgbench {self.pgbench:.0f}/s, {self.share:.0%}"


def program() -> pathlib.Path:
    return ROOT / "Benchmarks/.build/release/postgres-load"


def fresh(server: Postgres, name: str) -> None:
    """An empty database with ticketing's schema."""
    server.create_database(name)
    owner = address(name, server, user=OWNER)
    migrations = str(ROOT / "services/ticketing/Migrations")
    subprocess.run([str(program()), "migrate", owner, migrations], check=True, stdin=subprocess.DEVNULL)


def measure(connections: list[int], rounds: int, seconds: int) -> list[Mix]:
    """Store and pgbench take turns on databases of their own, on one server whose commits reach the disk."""
    with Postgres() as server, tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(SCRIPT)
        script.flush()
        server.create_roles()
        for name in ("by_store", "by_pgbench"):
            fresh(server, name)
        found = []
        for count in connections:
            runs = [(store(server, count, seconds), pgbench(server, script.name, count, seconds)) for _ in range(rounds)]
            found.append(Mix(count, *(statistics.median(each) for each in zip(*runs, strict=True))))
            print(found[-1], flush=True)
        return found


def store(server: Postgres, connections: int, seconds: int) -> float:
    command = [
        str(program()), "run", address("by_store", server, user=APP), str(connections), str(CALLERS), str(seconds), str(TENANTS),
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return float(done.stdout)


def pgbench(server: Postgres, script: str, connections: int, seconds: int) -> float:
    variables = {"hash": "\\x" + "5a" * 32, "letter": "\\x" + "07" * 400, "answer": "\\x" + "08" * 500}
    command = ["pgbench", "-n", "-M", "prepared", "-f", script, "-c", str(connections), "-j", str(min(4, connections))]
    command += ["-T", str(seconds), "--max-tries=10"]
    for name, value in variables.items():
        command += ["-D", f"{name}={value}"]
    command += ["-h", str(server.folder), "-p", str(server.port), "-U", APP, "by_pgbench"]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    rate = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
    failed = re.search(r"number of failed transactions: (\d+)", done.stdout)
    if done.returncode != 0 or not rate or (failed and int(failed[1])):
        raise RuntimeError(f"pgbench: {done.stdout}\n{done.stderr}")
    return float(rate[1])
