"""What is written to each service, in steps that may be repeated, and what must be in its database afterwards.

A piece of work has a marker of its own in the text that it writes, and request ids made of the marker: a step whose outcome
nobody knows, because the process was killed, is made again, and has one effect (AIP-155).
"""

import dataclasses
import sqlite3
from collections.abc import Callable

import grpc

from faults.portal import ACCOUNT, CONTACT
from faults.process import Client


@dataclasses.dataclass
class Piece:
    """One piece of work, as far as it has come."""

    marker: str
    steps_done: int = 0
    name: str = ""
    """Of the resource, once it is acknowledged."""


Step = Callable[[Client, Piece], None]


def _account(client: Client, piece: Piece) -> None:
    answer = client.call(
        "portico.identity.v1.Accounts/CreateAccount", request_id=f"a-{piece.marker}",
        account={"display_name": piece.marker, "currency": "EUR", "time_zone": "UTC"},
    )
    piece.name = answer.name


def _ticket(client: Client, piece: Piece) -> None:
    answer = client.call(
        "portico.ticketing.v1.Tickets/CreateTicket", parent=ACCOUNT, request_id=f"t-{piece.marker}",
        ticket={"title": piece.marker, "details": "The printer on the second floor is out of toner.", "contact": CONTACT},
    )
    piece.name = answer.name


def _conversation(client: Client, piece: Piece) -> None:
    answer = client.call(
        "portico.messaging.v1.Conversations/CreateConversation", parent=ACCOUNT, request_id=f"c-{piece.marker}",
        conversation={"subject": piece.marker, "contact": CONTACT}, body="We shall come on Tuesday.",
    )
    piece.name = answer.name


def _news(client: Client, piece: Piece) -> None:
    answer = client.call(
        "portico.cms.v1.News/CreateNewsItem", request_id=f"n-{piece.marker}",
        news_item={"title": piece.marker, "body": "Opening hours over the holidays."},
    )
    piece.name = answer.name


def _invoice(client: Client, piece: Piece) -> None:
    price = {"currency_code": "EUR", "units": 119}
    answer = client.call(
        "portico.billing.v1.Invoices/CreateInvoice", parent=ACCOUNT, request_id=f"i-{piece.marker}",
        invoice={
            "currency": "EUR", "notes": piece.marker, "due_date": {"year": 2027, "month": 1, "day": 31},
            "lines": [{"description": "Support", "quantity_thousandths": 1000, "unit_price": price}],
        },
    )
    piece.name = answer.name


def _issue(client: Client, piece: Piece) -> None:
    """Has no request id: whether an earlier attempt took effect is asked."""
    if client.call("portico.billing.v1.Invoices/GetInvoice", name=piece.name).number:
        return
    client.call("portico.billing.v1.Invoices/IssueInvoice", name=piece.name)


def _payment(client: Client, piece: Piece) -> None:
    client.call(
        "portico.billing.v1.Invoices/RecordPayment", name=piece.name, request_id=f"p-{piece.marker}",
        payment={"amount": {"currency_code": "EUR", "units": 100}, "method": "Card", "reference": piece.marker},
    )


@dataclasses.dataclass(frozen=True)
class Kind:
    """The work of one service, and where it leaves its marks."""

    service: str
    steps: tuple[Step, ...]
    table: str
    marker: str
    key: str
    """The column that holds the last segment of the resource's name."""
    reading: tuple[str, dict]
    """A method that only reads, and its request."""

    def found(self, database: sqlite3.Connection) -> dict[str, str]:
        """Markers and keys of the rows that are there; fails on a marker that is there twice."""
        rows = database.execute(f"SELECT {self.marker}, {self.key} FROM {self.table}").fetchall()
        found = {str(marker): str(key) for marker, key in rows}
        assert len(found) == len(rows), f"{self.service}: something took effect twice"
        return found


KINDS = {
    kind.service: kind
    for kind in (
        Kind("identity", (_account,), "accounts", "display_name", "id", ("portico.identity.v1.Accounts/ListAccounts", {})),
        Kind(
            "ticketing", (_ticket,), "tickets", "title", "number",
            ("portico.ticketing.v1.Tickets/ListTickets", {"parent": "accounts/-"}),
        ),
        Kind(
            "messaging", (_conversation,), "conversations", "subject", "id",
            ("portico.messaging.v1.Conversations/ListConversations", {"parent": "accounts/-"}),
        ),
        Kind(
            "billing", (_invoice, _issue, _payment), "invoices", "notes", "id",
            ("portico.billing.v1.Invoices/ListInvoices", {"parent": "accounts/-"}),
        ),
        Kind("cms", (_news,), "news", "title", "id", ("portico.cms.v1.News/ListNews", {"include_unpublished": True})),
    )
}

UNKNOWN = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED, grpc.StatusCode.UNKNOWN, grpc.StatusCode.DEADLINE_EXCEEDED)
"""How a call ends whose process was killed under it."""
