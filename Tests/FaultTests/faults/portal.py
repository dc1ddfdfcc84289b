"""A portal with one account and one contact, made through the RPCs, and identity running over it."""

import pathlib
import shutil
import subprocess

from harness import places

from faults.process import Service
from faults.tokens import Tokens

TENANT = "harbour"
ACCOUNT = "accounts/quay"
CONTACT = "accounts/quay/contacts/mara"
SERVICES = ("identity", "ticketing", "messaging", "billing", "cms")


class Portal:
    """Keys, an identity database as a template, and an identity process that stays alive for the others to ask."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.keys = folder / "keys"
        command = [str(places.portico_binary()), "keys", "--data", str(folder)]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        self.tokens = Tokens(self.keys, TENANT)
        self.identity = Service("identity", self.keys, folder / "shared")
        (folder / "shared").mkdir()
        self._fill()
        (folder / "template").mkdir()
        shutil.copy(self.identity.database, folder / "template")
        self.identity.start()

    def _fill(self) -> None:
        self.open_at(self.identity.start())
        with self.identity.client(self.tokens) as staff:
            staff.call(
                "portico.identity.v1.Accounts/CreateAccount", account_id="quay",
                account={"display_name": "Quay Ltd", "currency": "EUR", "time_zone": "UTC"},
            )
            staff.call(
                "portico.identity.v1.Contacts/CreateContact", parent=ACCOUNT, contact_id="mara",
                contact={"first_name": "Mara", "last_name": "Quay", "email": "mara@quay.example"},
            )
        # Closed in good order: the database is one file.
        self.identity.stop()

    def open_at(self, identity: Service) -> None:
        """Opens the portal, as its operator: identity takes nothing before it knows the tenant."""
        with identity.client(Tokens(self.keys, TENANT, service="operator")) as operator:
            operator.call(
                "portico.identity.v1.Tenants/CreateTenant", tenant_id=TENANT,
                tenant={"display_name": "Harbour IT", "time_zone": "UTC", "currency": "EUR"},
                administrator={"user_name": "ada", "email": "ada@harbour.example", "first_name": "Ada"},
            )

    def new_service(self, name: str, folder: pathlib.Path, environment: dict[str, str] | None = None) -> Service:
        """The same without a database to begin with, identity too."""
        return Service(name, self.keys, folder, {"identity": self.identity.address}, environment)

    def service(
        self, name: str, folder: pathlib.Path, environment: dict[str, str] | None = None,
        settings: dict[str, str] | None = None, blobs: pathlib.Path | None = None,
    ) -> Service:
        """A service over a folder of its own, which asks the portal's identity; not started."""
        folder.mkdir(parents=True, exist_ok=True)
        if name == "identity" and not (folder / "identity.db").exists():
            shutil.copy(self.folder / "template/identity.db", folder)
        return Service(name, self.keys, folder, {"identity": self.identity.address}, environment, settings, blobs)

    def close(self) -> None:
        self.identity.stop()
        self.identity.close()
