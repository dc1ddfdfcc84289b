"""The first day of a provider, by the API: from the link in the administrator's hand to tickets that are solved."""

import concurrent.futures
import time

from portal import Portal, Refused, request_id

PASSWORD = "Copper-Kettle-58-Lane"
INTERNAL = "The drum is from the recalled batch; not for the customer."
REPLY = "We bring a new drum today."
THANKS = "The stripes are gone. Thank you!"
MAIL_LIMIT = 90.0
"""Seconds until a mail has gone through two outboxes; a guard against hanging and no figure."""


def play(portal: Portal, link: str, tickets: int) -> list[str]:
    """The names of the tickets, all resolved. Raises where anything is lost, doubled, or seen by whom it should not be."""
    administrator = _takes_over(portal, link)
    account, contact = takes_a_customer_on(administrator)
    customer = gets_access(administrator, portal, contact)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        names = list(pool.map(lambda number: _ticket(administrator, customer, account, number), range(tickets)))
    _nothing_twice(administrator, account, names)
    return names


def _takes_over(portal: Portal, link: str) -> Portal:
    portal.set_password(link.partition("token=")[2], PASSWORD)
    return portal.signed_in("ada@larch.example", PASSWORD)


def takes_a_customer_on(administrator: Portal) -> tuple[str, str]:
    account = administrator.post(f"/v1/accounts?requestId={request_id()}", {"displayName": "Larkspur Dental"})["name"]
    site = administrator.post(f"/v1/{account}/sites?requestId={request_id()}", {"displayName": "Merrion Street"})["name"]
    contact = administrator.post(
        f"/v1/{account}/contacts?requestId={request_id()}",
        {"firstName": "Conor", "lastName": "Nolan", "email": "conor@larkspur.example", "site": site},
    )["name"]
    return account, contact


def gets_access(administrator: Portal, portal: Portal, contact: str) -> Portal:
    administrator.post(
        f"/v1/{contact}:updatePortalAccess",
        {"enabled": True, "userName": "conor", "role": "roles/external-manager", "requestId": request_id()},
    )
    end = time.monotonic() + MAIL_LIMIT
    while not (tokens := administrator.welcome_tokens("conor@larkspur.example")):
        assert time.monotonic() < end, "the welcome mail does not come"
        time.sleep(0.25)
    portal.set_password(tokens[0], PASSWORD)
    return portal.signed_in("conor", PASSWORD)


def _ticket(administrator: Portal, customer: Portal, account: str, number: int) -> str:
    title = f"Printer {number} prints stripes"
    ticket = customer.post(
        f"/v1/{account}/tickets",
        {"ticket": {"title": title, "details": "Since this morning."}, "requestId": request_id()},
    )["name"]
    _change(administrator, ticket, "assign", {"assignee": administrator.get("/v1/profile")["user"]})
    for body, visibility in ((INTERNAL, "INTERNAL"), (REPLY, "PUBLIC")):
        _note(administrator, ticket, body, f"NOTE_VISIBILITY_{visibility}")
    seen = [note["body"] for note in customer.get(f"/v1/{ticket}/notes")["notes"]]
    assert seen.count(REPLY) == 1 and INTERNAL not in seen, seen
    _note(customer, ticket, THANKS, "NOTE_VISIBILITY_PUBLIC")
    _change(customer, ticket, "resolve", {})
    after = customer.get(f"/v1/{ticket}")
    assert after["title"] == title and after["state"] == "TICKET_STATE_RESOLVED", after
    return ticket


def _note(person: Portal, ticket: str, body: str, visibility: str) -> None:
    person.post(
        f"/v1/{ticket}/notes", {"note": {"body": body, "visibility": visibility}, "requestId": request_id()}
    )


def _change(person: Portal, ticket: str, verb: str, body: dict) -> None:
    """A change without a request id: the etag sees to it that it takes place once."""
    for _ in range(20):
        etag = person.get(f"/v1/{ticket}")["etag"]
        try:
            person.post(f"/v1/{ticket}:{verb}", {**body, "etag": etag})
            return
        except Refused as refusal:
            # It took place, and its answer was lost with the server that gave it.
            if refusal.was_repeated:
                return
            # Somebody else changed the ticket in between: an outbox, an event.
            if refusal.status != 409:
                raise
    raise AssertionError(f"{ticket}:{verb} meets another change each time")


def _nothing_twice(administrator: Portal, account: str, names: list[str]) -> None:
    """Every call was asked until it was answered; each ticket, note and mail is there once all the same."""
    listed, token = [], ""
    while True:
        page = administrator.get(f"/v1/{account}/tickets?pageSize=50&view=TICKET_VIEW_ALL&pageToken={token}")
        listed += [ticket["name"] for ticket in page.get("tickets", [])]
        token = page.get("nextPageToken", "")
        if not token:
            break
    assert sorted(listed) == sorted(names), (listed, names)
    for ticket in names:
        bodies = [note["body"] for note in administrator.get(f"/v1/{ticket}/notes?pageSize=100")["notes"]]
        for body in (INTERNAL, REPLY, THANKS):
            assert bodies.count(body) == 1, (ticket, bodies)
    assert len(administrator.welcome_tokens("conor@larkspur.example")) == 1
