"""docs/benchmarks-postgres.md: what the store must reach on PostgreSQL, and whether it did."""

import datetime
import os
import pathlib
import platform
import subprocess

from bench import many_tickets, postgres, postgres_lists
from bench.postgres import Mix
from bench.postgres_replicas import STREAMS, Load
from bench.report import machine, neighbours
from bench.targets import Row

MAIN = 8
"""The connections of a process unless its settings say otherwise."""


def _mix(mixes: list[Mix]) -> str:
    return "\n".join(
        str(Row(
            f"CreateTicket's statements, {mix.connections} connections", f"{mix.store:,.0f}/s",
            f"pgbench {mix.pgbench:,.0f}/s, {mix.share:.0%}", "≥ 70 %", mix.share >= 0.7))
        for mix in mixes)


def _limit(load: Load) -> str:
    name, cores = max(load.cores.items(), key=lambda it: it[1])
    total = sum(load.cores.values())
    if total > 0.75 * (os.cpu_count() or 1):
        return f"the machine's {os.cpu_count()} cores, most of them {name}'s ({cores:.1f})"
    return "the row of the tenant's log head, one commit after the other" if load.tenants == 1 else "commits' syncs and waits for locks"


def _replicas(loads: list[Load]) -> str:
    return "\n".join(
        f"| {load.replicas} | {load.tenants} | {load.per_second:,.0f} | {load.cores['PostgreSQL']:.1f} |"
        f" {load.cores['ticketing']:.1f} | {load.cores['identity']:.1f} | {_limit(load)} |" for load in loads)


def _of_mix(mixes: list[Mix]) -> str:
    return f"""
## The same statements as pgbench

The transaction of CreateTicket (request id, settings, number, catalogue, ticket, audit row, event, outbox row, answer; 19 statements) over
{postgres.TENANTS} tenants with row-level security forced, as the role that owns nothing, commits synced. `postgres-load` runs it through `PostgresStore` with
{postgres.CALLERS} callers; pgbench (`-M prepared`) the same statements over the same number of connections, one round trip each. They take turns.

| figure | Portico | beside | target | |
|---|---:|---|---|---|
{_mix(mixes)}
"""


def _of_lists(found: dict) -> str:
    return f"""
## Lists and searches

ListTickets of one ticketing process through the wire, by a contact who has 200 tickets and by staff; words are drawn as often as they are written. The server runs with
{", ".join(f"{name} = {value}" for name, value in postgres_lists.SETTINGS.items())}.

| figure | Portico | beside | target | |
|---|---:|---|---|---|
{chr(10).join(map(str, many_tickets.rows(found)))}
"""


def _of_replicas(loads: list[Load]) -> str:
    return f"""
## Replicas of ticketing

CreateTicket through the wire, {STREAMS} calls under way for each tenant, spread over the replicas; identity, PostgreSQL and h2load run on the same machine. Cores are those
that a kind of process kept busy.

| replicas | tenants | tickets a second | PostgreSQL | ticketing | identity | what limits it |
|---:|---:|---:|---:|---:|---:|---|
{_replicas(loads)}
"""


def write(path: pathlib.Path, results: dict, busy: float) -> None:
    """Of the parts that were measured; what was not is left out."""
    version = subprocess.run(["psql", "--version"], check=True, capture_output=True, text=True).stdout.strip()
    sections = [of(results[part]) for part, of in (("mix", _of_mix), ("lists", _of_lists), ("replicas", _of_replicas)) if part in results]
    path.write_text(f"""# Benchmarks of the store on PostgreSQL

Written by `make bench-postgres` (`Benchmarks/postgres`); do not edit by hand.

{datetime.date.today().isoformat()} · {machine()} · {os.cpu_count()} cores · Linux {platform.release()} · {version}.
{neighbours(busy)}
{"".join(sections)}""", encoding="utf-8")
