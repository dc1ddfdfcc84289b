"""Requests without a pause from several clients over connections that stay, as a proxy in front of gateways sends them: a
gateway that closes or refuses a connection before it has answered anything costs another one's turn, and what it has
answered counts.
"""

import collections
import dataclasses
import http.client
import json
import threading
import time

from portal import Portal, request_id


SHED = "the portal is busy"
"""What the gateway's admission says under overload (V-16); a machine with too much to do says it at any time."""

MOST_SHED = 200
"""Times in a row that one request is asked again: ten seconds and more."""


@dataclasses.dataclass
class Outcome:
    """What the requests of one kind came to."""

    answered: int = 0
    failed: list[str] = dataclasses.field(default_factory=list)
    shed: int = 0
    """Answers of a gateway that had no room just then (503 with Retry-After before any service was asked), asked again."""
    seconds: list[float] = dataclasses.field(default_factory=list)

    def percentile(self, share: float) -> float:
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


class Load:
    """`with Load(…) as load:` runs for as long as the block does."""

    def __init__(self, gateways: list[str], host: str, session: str, requests: dict[str, tuple], clients: int = 16):
        """`requests`: kind → (method, path, body or None); each client sends them in turn. In a body the value
        REQUEST_ID is a new one each time.
        """
        self._gateways = gateways
        self._headers = {"Host": host, "Sec-Fetch-Site": "same-origin", "Cookie": f"portico={session}"}
        self._requests = list(requests.items())
        self.outcomes: dict[str, Outcome] = collections.defaultdict(Outcome)
        self._lock = threading.Lock()
        self._ends = threading.Event()
        self._threads = [threading.Thread(target=self._client, args=(number,)) for number in range(clients)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._ends.set()
        for thread in self._threads:
            thread.join()

    @property
    def answered(self) -> int:
        with self._lock:
            return sum(outcome.answered for outcome in self.outcomes.values())

    @property
    def failures(self) -> list[str]:
        with self._lock:
            return [f"{kind}: {text}" for kind, outcome in self.outcomes.items() for text in outcome.failed]

    @property
    def shed(self) -> int:
        with self._lock:
            return sum(outcome.shed for outcome in self.outcomes.values())

    def wait_for(self, more: int) -> None:
        """Until so many more requests were answered."""
        goal = self.answered + more
        end = time.monotonic() + 300
        while self.answered < goal:
            if time.monotonic() > end:
                raise RuntimeError(f"only {self.answered} of {goal} answers; {self.failures[:5]}")
            time.sleep(0.01)

    def _client(self, number: int) -> None:
        connections: dict[str, http.client.HTTPConnection] = {}
        turn = number
        while not self._ends.is_set():
            kind, (method, path, body) = self._requests[turn % len(self._requests)]
            turn += 1
            text = None if body is None else json.dumps(body).replace("REQUEST_ID", request_id())
            began = time.monotonic()
            failure, shed = self._send(connections, turn, method, path, text), 0
            while self._is_shed(failure, path) and shed < MOST_SHED and not self._ends.is_set():
                shed += 1
                time.sleep(0.05)
                failure = self._send(connections, turn, method, path, text)
            if self._is_shed(failure, path) and self._ends.is_set():
                break
            took = time.monotonic() - began
            with self._lock:
                outcome = self.outcomes[kind]
                outcome.answered += 1
                outcome.shed += shed
                outcome.seconds.append(took)
                if failure:
                    outcome.failed.append(failure)
        for connection in connections.values():
            connection.close()

    @staticmethod
    def _is_shed(failure: str | None, path: str) -> bool:
        """A page does not say why it is refused: it counts as shed until it is refused again and again."""
        return failure is not None and (SHED in failure or (not path.startswith("/v1/") and failure.startswith("503 ")))

    def _send(self, connections: dict, turn: int, method: str, path: str, body: str | None) -> str | None:
        """Why it failed, or None."""
        failure = "no gateway"
        for attempt in range(2 * len(self._gateways) + 1):
            address = self._gateways[(turn + attempt) % len(self._gateways)]
            connection = connections.get(address)
            is_new = connection is None
            if is_new:
                connection = connections[address] = http.client.HTTPConnection(address, timeout=60)
            headers = dict(self._headers)
            if body is not None:
                headers["Content-Type"] = "application/json"
            try:
                connection.request(method, path, body, headers)
                response = connection.getresponse()
            except (ConnectionRefusedError, ConnectionResetError, BrokenPipeError, http.client.RemoteDisconnected) as error:
                # Nothing was answered: the connection had been closed, or there is no gateway just now.
                connections.pop(address).close()
                failure = repr(error)
                continue
            content = response.read()
            if response.will_close:
                connections.pop(address).close()
            return None if response.status < 400 else f"{response.status} {content[:300].decode(errors='replace')}"
        return failure


def everyday(administrator: Portal) -> dict[str, tuple]:
    """Requests through every service, three quarters of them reading, about an account made here. The last has
    no id of its client's: the gateway gives it one.
    """
    account = administrator.post("/v1/accounts", {"displayName": "Larkspur Dental"})["name"]
    contact = administrator.post(
        f"/v1/{account}/contacts", {"firstName": "Conor", "lastName": "Nolan", "email": "conor@larkspur.example"}
    )["name"]
    ticket = {"title": "Printer prints stripes", "details": "Since this morning.", "contact": contact}
    first = administrator.post(f"/v1/{account}/tickets", {"ticket": ticket})["name"]
    return {
        "GetTicket": ("GET", f"/v1/{first}", None),
        "ListTickets": ("GET", f"/v1/{account}/tickets?pageSize=5", None),
        "ListAccounts": ("GET", "/v1/accounts", None),
        "ListMails": ("GET", "/v1/mails?pageSize=5", None),
        "ListNewsItems": ("GET", "/v1/news", None),
        "ListInvoices": ("GET", f"/v1/{account}/invoices", None),
        "CreateTicket": ("POST", f"/v1/{account}/tickets", {"ticket": ticket, "requestId": "REQUEST_ID"}),
        "CreateTicket without an id": ("POST", f"/v1/{account}/tickets", {"ticket": ticket}),
    }
