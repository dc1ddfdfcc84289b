"""A tenant with many tickets, whose words are as common and as rare as words are."""

import itertools
import pathlib
import random
import sqlite3

from faults.portal import TENANT
from faults.postgres import Postgres
from faults.tokens import Tokens
from peers import contract

ACCOUNT = "accounts/larkspur"
"""Has 200 tickets of one contact, however many the others have."""

_OWN = 200
_WORDS = 20_000
_COLUMNS = (
    "tenant number account account_display_name site_display_name contact contact_display_name contact_email title details"
    " search_text state is_open source priority_rank assignee_display_name due_order created updated_public updated"
    " public_note_count internal_note_count version public_version"
).split()


def _words() -> list[str]:
    chance = random.Random(1)
    syllables = [consonant + vowel for consonant in "bcdfghjklmnprstvw" for vowel in "aeiou"]
    return ["".join(chance.choices(syllables, k=chance.randint(2, 4))) for _ in range(_WORDS)]


WORDS = _words()
_WEIGHTS = list(itertools.accumulate(1 / (rank + 1) for rank in range(_WORDS)))


def fill(database: pathlib.Path, size: int) -> None:
    """Enters the tickets into a database that no service has open."""
    chance = random.Random(2)
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA trusted_schema = ON")
    connection.execute("PRAGMA cache_size = -200000")
    connection.execute("BEGIN")
    places = ", ".join("?" * len(_COLUMNS))
    statement = f"INSERT INTO tickets ({', '.join(_COLUMNS)}) VALUES ({places})"
    rows = (_row(chance, number, size) for number in range(size))
    # Most go into the search index at once, which takes half the time; the last tenth as the service enters them, so that
    # the index is in as many parts as one that has grown.
    trigger = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'tickets_search_insert'").fetchone()[0]
    connection.execute("DROP TRIGGER tickets_search_insert")
    connection.executemany(statement, itertools.islice(rows, size * 9 // 10))
    connection.execute("INSERT INTO tickets_search (rowid, search_text) SELECT rowid, search_text FROM tickets")
    connection.execute(trigger)
    connection.executemany(statement, rows)
    connection.execute("INSERT OR REPLACE INTO ticket_numbers VALUES (?, ?)", (TENANT, 1001 + size))
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def fill_postgres(server: Postgres, database: str, size: int) -> None:
    """The same on PostgreSQL: the last tenth goes into an index of trigrams that is there already."""
    chance = random.Random(2)
    rows = (_row(chance, number, size) for number in range(size))
    definition = server.ask(database, "SELECT indexdef FROM pg_indexes WHERE indexname = 'tickets_by_word'")[0][0]
    server.ask(database, "DROP INDEX tickets_by_word")
    server.copy(database, "tickets", _COLUMNS, itertools.islice(rows, size * 9 // 10))
    server.ask(database, definition)
    server.copy(database, "tickets", _COLUMNS, rows)
    server.ask(database, "INSERT INTO ticket_numbers VALUES (%s, %s)", TENANT, 1001 + size)
    server.ask(database, "VACUUM ANALYZE")


def _row(chance: random.Random, number: int, size: int) -> tuple:
    words = chance.choices(WORDS, cum_weights=_WEIGHTS, k=30)
    title, details = " ".join(words[:6]), " ".join(words[6:])
    account = "larkspur" if number % (size // _OWN) == 0 else f"account-{chance.randrange(2000)}"
    is_open = chance.random() < 0.1
    created = 1_700_000_000_000_000 + number * 1_000_000
    return (
        TENANT, 1001 + number, account, account.title(), "", "ruth", "Ruth", "ruth@larkspur.example", title, details,
        f"tkt-{1001 + number} {title} {details}", "open" if is_open else "closed", is_open, "portal", 9, "", 2**63 - 1,
        created, created, created, 0, 0, 1, 1,
    )


class ContactTokens(Tokens):
    """Of that contact, who sees nothing but their own tickets."""

    def _claims(self) -> bytes:
        claims = contract.message("portico.access.v1.PrincipalClaims")()
        claims.ParseFromString(super()._claims())
        claims.kind = 1
        claims.user = "users/ruth"
        claims.ClearField("grants")
        membership = claims.memberships.add(account="larkspur", contact="ruth")
        membership.grants.add(permission="TICKETS_READ", reach=1)
        return claims.SerializeToString()


def queries(count: int) -> list[str]:
    """Of one word or two, drawn as they are written: common ones often. Each word is in some ticket."""
    chance = random.Random(3)
    found = []
    while len(found) < count:
        words = chance.choices(WORDS, cum_weights=_WEIGHTS, k=1 if len(found) % 3 else 2)
        # Two rare words are in no ticket together.
        if len(words) == 1 or all(WORDS.index(word) < 200 for word in words):
            found.append(" ".join(words))
    return found
