"""Principal tokens, signed with the keys of an installation as identity signs them (docs/decisions/0501)."""

import pathlib
import subprocess
import tempfile
import threading
import time

from harness import places
from peers import contract

PURPOSE = b"portico principal token v1\0"
LIFE = 60
"""Seconds; longer ones are refused."""

PERMISSIONS = (
    "MESSAGES_READ MESSAGES_WRITE TICKETS_READ TICKETS_WRITE TICKETS_WORK TICKET_SETTINGS_WRITE CONTRACTS_READ"
    " INVOICES_READ BILLING_WRITE CONTENT_WRITE ACCOUNTS_READ ACCOUNTS_WRITE CONTACTS_READ CONTACTS_WRITE"
    " ASSETS_READ ASSETS_WRITE USERS_READ MAIL_READ"
).split()


class Tokens:
    """Tokens of one principal, each used for half its life. Safe from any thread."""

    def __init__(self, keys: pathlib.Path, tenant: str, service: str | None = None):
        self._keys = keys
        self._tenant = tenant
        self._service = service
        self._lock = threading.Lock()
        self._token = b""
        self._until = 0.0

    @property
    def metadata(self) -> list[tuple[str, bytes]]:
        with self._lock:
            if time.monotonic() > self._until:
                self._token = self._sign(self._claims())
                self._until = time.monotonic() + LIFE / 2
            return [("portico-principal-bin", self._token)]

    def _claims(self) -> bytes:
        claims = contract.message("portico.access.v1.PrincipalClaims")()
        now = int(time.time())
        claims.issuer = self._service or "identity"
        claims.audience = "portico"
        claims.issue_time.seconds = now
        claims.expire_time.seconds = now + LIFE
        claims.authenticate_time.seconds = now
        claims.tenant = self._tenant
        if self._service:
            claims.user = f"services/{self._service}"
            claims.kind = 3
            claims.service = self._service
            claims.ClearField("authenticate_time")
        else:
            claims.user = "users/loader"
            claims.display_name = "Loader"
            claims.session = "sessions/loader"
            claims.kind = 2
            for name in PERMISSIONS:
                claims.grants.add(permission=name, reach=4)
        return claims.SerializeToString()

    def _sign(self, claims: bytes) -> bytes:
        key = self._keys / f"{self._service or 'identity'}.key.pem"
        with tempfile.NamedTemporaryFile() as file:
            # A signature of Ed25519 is over the whole text at once, so that openssl wants a file.
            file.write(PURPOSE + claims)
            file.flush()
            done = subprocess.run(
                [places.tool("openssl", "openssl"), "pkeyutl", "-sign", "-rawin", "-inkey", str(key), "-in", file.name],
                capture_output=True, check=True,
            )
        return done.stdout + claims
