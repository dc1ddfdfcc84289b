"""Who the API is tried as, and how they come in."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass

from harness.portico import Portico

TENANT = "brightwater"


@dataclass(frozen=True)
class Role:
    name: str
    user: str | None
    scopes: tuple[str, ...] = ()
    """What an API token of theirs may do, which is shown instead of a session's cookie; none: no token."""

    def __str__(self) -> str:
        return self.name


ANONYMOUS = Role("anonymous", None)
EXTERNAL_USER = Role("external-user", "ruth@larkspur.example")
EXTERNAL_MANAGER = Role("external-manager", "ciara@larkspur.example")
AGENT = Role("agent", "tomas")
ADMINISTRATOR = Role("administrator", "aoife")
PROGRAM = Role(
    "program",
    "aoife",
    ("TICKETS_READ", "TICKETS_WRITE", "TICKETS_WORK", "ACCOUNTS_READ", "CONTACTS_READ", "CONTACTS_WRITE", "MESSAGES_READ"),
)
"""A part of what an administrator may, by an API token."""

OTHER_ACCOUNT = Role("other-account", "nora@tideline.example")
OTHER_TENANT = "foxglove"
IN_OTHER_TENANT = Role("other-tenant", "mina@penrose.example")

ALL = [ANONYMOUS, EXTERNAL_USER, EXTERNAL_MANAGER, AGENT, ADMINISTRATOR, PROGRAM]


class API:
    """The JSON API as one person calls it, for what is set up around the tries."""

    def __init__(self, portico: Portico, role: Role = ANONYMOUS, tenant: str = TENANT):
        self.host = portico.portal(tenant).removeprefix("http://")
        # By address, with the name in `Host`: not every resolver knows what is below `localhost`.
        self.base = f"http://127.0.0.1:{self.host.rpartition(':')[2]}"
        self.session: str | None = None
        self.token: str | None = None
        if role.user is not None:
            body = {"tenant": tenant, "userName": role.user, "password": portico.logins[0].password}
            self.session = self.call("POST", "/v1/sessions", body)[1]["token"]
        if role.scopes:
            body = {"displayName": str(role), "scopes": role.scopes}
            self.token = self.call("POST", "/v1/apiTokens", body)[1]["secret"]
            self.session = None

    @property
    def headers(self) -> dict[str, str]:
        """What every request has: the portal's name, and that it comes from a page of the portal; a program has none."""
        return {"Host": self.host} if self.token else {"Host": self.host, "Sec-Fetch-Site": "same-origin"}

    def raw(self, method: str, path: str, body: dict | bytes | None = None, headers: dict[str, str] | None = None):
        """Status, headers and bytes, whatever the status is."""
        try:
            with self.opened(method, path, headers, body) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    def opened(self, method: str, path: str, headers: dict[str, str] | None = None, body: dict | bytes | None = None):
        """An answer that is not read yet; HTTPError for 304 and from 400 on."""
        request = urllib.request.Request(self.base + path, method=method, headers=self.headers | (headers or {}))
        if isinstance(body, bytes):
            request.data = body
        elif body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        if self.session is not None:
            request.add_header("Cookie", f"portico={self.session}")
        if self.token is not None:
            request.add_header("Authorization", f"Bearer {self.token}")
        return urllib.request.urlopen(request, timeout=30)

    def told(self, method: str, path: str, body: dict | None = None, headers: dict[str, str] | None = None):
        """All that an answer tells: without the time of day and the request's id, which differ in any case."""
        status, fields, content = self.raw(method, path, body, headers)
        fields = {name.lower(): value for name, value in fields.items()}
        fields.pop("date", None)
        number = fields.pop("x-request-id", "")
        text = content.decode(errors="backslashreplace")
        return status, fields, text.replace(number, "ID") if number else text

    @staticmethod
    def answered(content: bytes) -> dict:
        return json.loads(content)

    def call(self, method: str, path: str, body: dict | None = None) -> tuple[int, dict]:
        status, _, content = self.raw(method, path, body)
        return status, json.loads(content)


def names(api: API) -> dict[str, list[str]]:
    """Resources that exist, by the path of their collection: `accounts/*/tickets`."""
    found: dict[str, list[str]] = {}
    for collection in ["accounts", "users", "roles", "news", "mails", "catalogEntries"]:
        found[collection] = _listed(api, collection)
    for account in found["accounts"][:3]:
        for below in ["sites", "contacts", "tickets", "contracts", "invoices", "conversations", "assets"]:
            found.setdefault(f"accounts/*/{below}", []).extend(_listed(api, f"{account}/{below}"))
    return found


def _listed(api: API, path: str) -> list[str]:
    status, answer = api.call("GET", f"/v1/{path}")
    assert status == 200, (path, answer)
    return [entry["name"] for value in answer.values() if isinstance(value, list) for entry in value if "name" in entry]
