"""Page 1 and searches over 1,000,000 tickets on PostgreSQL, through the wire."""

import contextlib
import pathlib

from bench import many_tickets, stores, stores_data
from faults.portal import TENANT
from faults.postgres import Postgres

SETTINGS = {"shared_buffers": "2GB", "maintenance_work_mem": "1GB", "max_wal_size": "8GB"}
"""Of the server: room for the rows that are looked at, as a server of this size has."""


def measure(programs: pathlib.Path, quick: bool) -> dict:
    sizes, rounds = many_tickets.extent(quick)
    with stores.portal(programs) as portal, Postgres(settings=SETTINGS) as server, contextlib.ExitStack() as stack:
        server.create_roles()
        clients = {}
        contact = stores_data.ContactTokens(portal.keys, TENANT)
        for size in sizes:
            database = f"ticketing_{size}"
            server.create_database(database)
            folder = portal.folder / database
            service = stack.enter_context(portal.service("ticketing", folder, settings=server.settings(database)))
            service.start()
            service.stop()
            stores_data.fill_postgres(server, database, size)
            service.start()
            clients[size] = stack.enter_context(service.client(contact))
            staff = stack.enter_context(service.client(portal.tokens))
        return many_tickets.measure(clients, staff, rounds)
