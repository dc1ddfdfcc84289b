"""A portal as programs use it: the JSON API through any of several gateways, asked again as a good client does."""

import dataclasses
import http.client
import itertools
import json
import re
import threading
import time
import uuid

RETRIED = (502, 503, 504)
LIMIT = 60.0
"""Seconds that a call is tried for; a guard against hanging and no figure."""


@dataclasses.dataclass
class Tally:
    """What the calls of all clients came to."""

    calls: int = 0
    repeats: int = 0
    lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)

    def add(self, calls: int = 0, repeats: int = 0) -> None:
        with self.lock:
            self.calls += calls
            self.repeats += repeats


class Refused(Exception):
    """An answer that no repeating changes."""

    def __init__(self, status: int, problem: dict, was_repeated: bool):
        super().__init__(f"{status} {problem}")
        self.status = status
        self.was_repeated = was_repeated


class Portal:
    """One tenant's portal, as one person or nobody."""

    def __init__(self, gateways, tenant: str, port: int = 8080, session: str | None = None, tally: Tally | None = None):
        self._gateways = gateways
        self._turn = itertools.count()
        self.tenant = tenant
        self.host = f"{tenant}.localhost:{port}"
        self.session = session
        self.tally = tally or Tally()

    def get(self, path: str) -> dict:
        return self.call("GET", path)

    def post(self, path: str, body: dict) -> dict:
        return self.call("POST", path, body)

    def call(self, method: str, path: str, body: dict | None = None) -> dict:
        """The answer's JSON. What did not come through is asked again, of the next gateway; what creates something
        carries a request id, so that asking twice makes one.
        """
        end = time.monotonic() + LIMIT
        repeats = 0
        while True:
            try:
                status, answer = self.once(method, path, body)
                if status not in RETRIED:
                    break
                failure = f"{status} {answer}"
            except (OSError, http.client.HTTPException) as error:
                failure = repr(error)
            if time.monotonic() > end:
                raise TimeoutError(f"{method} {path}: {failure}")
            repeats += 1
            time.sleep(min(0.05 * repeats, 0.5))
        self.tally.add(1, repeats)
        if status >= 400:
            raise Refused(status, answer, repeats > 0)
        return answer

    def page(self, path: str) -> str:
        """A page as a browser gets it."""
        connection = http.client.HTTPConnection(self._gateways()[0], timeout=20)
        try:
            connection.request("GET", path, None, {"Host": self.host, "Cookie": f"portico={self.session}"})
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        if response.status != 200:
            raise Refused(response.status, {"page": text[:1000]}, False)
        return text

    def once(self, method: str, path: str, body: dict | None = None, gateway: int | None = None):
        """One request over one connection; its status and JSON."""
        gateways = self._gateways()
        if not gateways:
            raise ConnectionRefusedError("no gateway runs")
        address = gateways[(next(self._turn) if gateway is None else gateway) % len(gateways)]
        connection = http.client.HTTPConnection(address, timeout=20)
        headers = {"Host": self.host, "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}
        if self.session:
            headers["Cookie"] = f"portico={self.session}"
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        return response.status, json.loads(content) if content else {}

    def signed_in(self, user: str, password: str) -> "Portal":
        answer = self.post("/v1/sessions", {"tenant": self.tenant, "userName": user, "password": password})
        return Portal(self._gateways, self.tenant, int(self.host.rpartition(":")[2]), answer["token"], self.tally)

    def set_password(self, token: str, password: str) -> None:
        """By the link of a welcome mail. Asked twice it says that the link is used up, which then is what was wanted."""
        body = {"tenant": self.tenant, "token": token, "newPassword": password, "confirmNewPassword": password}
        try:
            self.post("/v1/links:redeem", body)
        except Refused as refusal:
            if not refusal.was_repeated:
                raise

    def welcome_tokens(self, address: str) -> list[str]:
        """Of the mails with a link that went to somebody."""
        found = []
        for mail in self.get(f"/v1/mails?query={address}&pageSize=50").get("mails", []):
            if any(to["email"] == address for to in mail["to"]):
                text = self.get(f"/v1/{mail['name']}").get("textBody", "")
                found += re.findall(r"/welcome\?token=([\w-]+)", text)
        return found


def request_id() -> str:
    return uuid.uuid4().hex
