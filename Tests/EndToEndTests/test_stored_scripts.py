"""No stored text ever runs (X-14, X-15, N-02 for none of it): sixty payloads in every string that the contract lets
somebody write, found in the protos, and every page looked at afterwards with tripwires.
"""

import collections
import json
import re

import payloads
import people
import pytest
import routes
from harness import contract, demo_data, headers
from harness.browser import Session
from harness.portico import Portico
from harness.wire import Wire
from people import Visits

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
VICTIM = "accounts/tideline"
NOT_TRIED = {
    # These change who may sign in, with which secret; what they store is no text, or belongs to no page.
    "CreateSession", "ChangePassword", "ChangeEmail", "CheckLink", "RedeemLink", "ConfirmEmail", "RequestPasswordReset",
    "UpdatePasswordPolicy", "EndOtherSessions", "EndUserSessions", "SendLogin", "UpdatePortalAccess",
    # Files have tests of their own (test_files.py).
    "CreateUpload",
    # Steps of a life cycle take no text.
    "IssueInvoice", "VoidInvoice", "WriteOffInvoice", "RetryMail", "MarkConversation", "AssignTicket", "ResolveTicket",
    "ReopenTicket", "CloseTicket", "HoldTicket",
}
MUST_HOLD = {
    "CreateTicket": {"ticket.title", "ticket.details"}, "CreateNote": {"note.body"},
    "CreateConversation": {"conversation.subject", "body"}, "CreateMessage": {"message.body"},
    "CreateNewsItem": {"news_item.title", "news_item.body"}, "CreateAccount": {"account.display_name"},
    "CreateContact": {"contact.first_name", "contact.last_name"}, "CreateSite": {"site.display_name"},
    "CreateAsset": {"asset.display_name"}, "CreateTimeEntry": {"time_entry.note"},
    "CreateRole": {"role.display_name", "role.description"}, "CreateUser": {"user.first_name", "user.last_name"},
    "CreateCatalogEntry": {"catalog_entry.display_name"}, "UpdatePortalSettings": {"portal_settings.portal_name"},
    "UpdateProfile": {"profile.first_name", "profile.last_name"},
}
"""Fields that are known to take any text: a test that stored nothing would prove nothing."""

PLAIN = [
    f"{VICTIM}/contacts/nora", "roles/technician", "xss{n}@tideline.example", "website", "+353 1 555 0100", "Plain {n}",
    "EUR", "IE", "en", "Europe/Dublin", "#3854c8", "https://portal.example/{n}", None,
]
"""What a field gets that takes no free text; at last nothing."""


class Planting:
    """Writes through one operation, and learns which of its fields take which text."""

    def __init__(self, operation: contract.Operation):
        self.operation = operation
        self.tries: collections.Counter[str] = collections.Counter()
        """How far down its list of texts each field is."""
        self.whole = True

    def texts(self, pack: str) -> list[str | None]:
        return [pack, pack[:60].rpartition(" ")[0] or pack[:60], payloads.ALL[0][:25], *PLAIN]

    def body(self, pack: str, number: int) -> dict:
        def text(path: str) -> str | None:
            path = self.operation.prefix + path
            if path.removesuffix("?") in self.operation.variables:
                return None
            if path.endswith("?"):
                return None if self.tries[path] else ""
            choices = self.texts(pack)
            chosen = choices[min(self.tries[path], len(choices) - 1)]
            return chosen.replace("{n}", f"-{number}") if chosen and "{n}" in chosen else chosen

        return contract.compose(self.operation.message, text)

    def refuse(self, violations: list[str], body: dict) -> bool:
        """Moves the fields that were refused on to their next text; False when there is nothing to try any more."""
        moved = False
        for path in violations:
            plain = re.sub(r"\[\d+\]", "", path)
            field = plain if plain.startswith(self.operation.prefix) else self.operation.prefix + plain
            for candidate in (field, field + "?"):
                if self.tries[candidate] <= len(PLAIN) + 3:
                    self.tries[candidate] += 1
                    moved = True
        return moved

    @property
    def planted(self) -> set[str]:
        """The fields that hold payloads."""
        found: set[str] = set()

        def text(path: str) -> str | None:
            path = self.operation.prefix + path
            if not path.endswith("?") and path not in self.operation.variables and self.tries[path] < 3:
                found.add(path)
            return None if self.tries[path] >= len(PLAIN) + 2 else ""

        contract.compose(self.operation.message, text)
        return found


def refused_field(violation: dict) -> str:
    """The field that a violation is about; one of the mask names it in words: "kind cannot be changed here"."""
    return violation["description"].split()[0] if violation["field"] == "update_mask" else violation["field"]


class Writer:
    """Everything that the API writes, as the administrator and, where that is another's business, as others."""

    def __init__(self, clients: list[Wire]):
        self.clients = clients
        self.names: dict[str, str] = {"accounts/*": VICTIM}
        self.made: list[str] = []
        self.plantings: dict[str, Planting] = {}
        self.failures: list[str] = []

    def names_for(self, operation: contract.Operation) -> dict[str, str] | None:
        patterns = set(operation.variables.values())
        return self.names if patterns <= self.names.keys() else None

    def plant(self, operation: contract.Operation, pack: str, number: int) -> None:
        planting = self.plantings.setdefault(operation.name, Planting(operation))
        names = self.names_for(operation)
        if names is None:
            self.failures.append(f"{operation.name}: nothing to write under: {operation.variables}")
            return
        for _ in range(300):
            answer = self.send(operation, operation.path(names), planting.body(pack, number))
            if answer.status == 200:
                self.remember(answer.json)
                if operation.name == "CreateInvoice":
                    # Only an issued one is shown to customers and can be paid.
                    issue = next(one for one in contract.operations() if one.name == "IssueInvoice")
                    assert self.send(issue, issue.path(self.names), {}).status == 200
                return
            problem = answer.json
            violations = [refused_field(violation) for violation in problem.get("violations", [])]
            if not violations or not planting.refuse(violations, problem):
                self.failures.append(f"{operation.name}: {answer.status} {problem.get('detail')} {violations}")
                return
        self.failures.append(f"{operation.name}: refused to the end: {dict(planting.tries)}")

    def send(self, operation: contract.Operation, path: str, body: dict):
        for client in self.clients:
            answer = client.send(
                operation.verb, path, json.dumps(body), {"Content-Type": "application/json", **SAME_ORIGIN}
            )
            headers.assert_data(answer.headers, path)
            assert answer.headers["content-type"] in ("application/json", "application/problem+json"), path
            if answer.status not in (401, 403, 404):
                return answer
        return answer

    def remember(self, made: dict) -> None:
        name = made.get("name", "")
        if not name:
            return
        segments = name.split("/")
        pattern = "/".join(part if place % 2 == 0 else "*" for place, part in enumerate(segments))
        if pattern != "accounts/*":
            self.names[pattern] = name
        self.made.append(name)


pytestmark = pytest.mark.xdist_group("stored scripts")
"""One portal full of payloads for all of them."""


@pytest.fixture(scope="module")
def attacked(browser, tmp_path_factory) -> Portico:
    """A portal of its own: what is written into it stays in no other test."""
    from conftest import log_of, places, up

    data = demo_data.copy(tmp_path_factory.mktemp("attacked") / "data")
    with up(places.portico_binary(), data, "--demo", "--rates", "none", log=log_of("attacked")) as portico:
        yield portico


@pytest.fixture(scope="module")
def visitors(browser, attacked) -> Visits:
    return Visits(browser, attacked)


def client(visitors: Visits, person: people.Person | None) -> Wire:
    if person is None:
        return Wire(visitors.origin(people.ADMINISTRATOR))
    return Wire(visitors.origin(person), visitors.state(person)["cookies"])


TRIPWIRES = """() => {
  window.sprung = [];
  for (const name of ['alert', 'confirm', 'prompt', 'print', 'open']) window[name] = () => window.sprung.push(name);
  document.addEventListener('securitypolicyviolation', event =>
    window.sprung.push(`${event.effectiveDirective} blocked ${event.blockedURI} ${event.sample}`));
}"""
"""Something ran, or would have run but for the policy: both are failures."""

INJECTED = r"""() => {
  const found = [...window.sprung];
  const own = url => { try { return new URL(url, location.href).origin === location.origin; } catch { return false; } };
  for (const element of document.querySelectorAll('*')) {
    for (const {name} of element.attributes) {
      if (/^on|^srcdoc$|^style$|^http-equiv$/.test(name)) found.push(`${element.tagName} has ${name}`);
    }
    for (const name of ['href', 'src', 'action', 'formaction', 'data', 'xlink:href']) {
      const value = element.getAttribute(name);
      if (value === null) continue;
      if (/^[\s\u0000-\u001f]*(javascript|data|vbscript):/i.test(value)) found.push(`${element.tagName} leads to ${value}`);
      if (name !== 'href' && !own(value)) found.push(`${element.tagName} loads ${value}`);
    }
    if (['IFRAME', 'OBJECT', 'EMBED', 'BASE', 'MATH', 'STYLE', 'XSS-PROBE', 'VIDEO', 'TEMPLATE'].includes(element.tagName))
      found.push(`a ${element.tagName}`);
    if (element.tagName === 'SCRIPT' && !/^\/assets\//.test(element.getAttribute('src') ?? '')) found.push('a script');
    if (element.tagName === 'LINK' && !own(element.href)) found.push('a link');
  }
  return found;
}"""


@pytest.fixture(scope="module")
def planted(attacked, visitors) -> Writer:
    writer = Writer([client(visitors, person) for person in (people.ADMINISTRATOR, people.BILLING_CLERK)])
    made_by = [
        operation for operation in contract.operations()
        if operation.verb in ("POST", "PATCH", "PUT") and operation.name not in NOT_TRIED
    ]
    # What hangs under something comes after it, changes after what they change; what every page shows comes last.
    made_by.sort(key=lambda one: (one.verb != "POST", one.template.count("*"), not one.variables))
    for number, pack in enumerate(payloads.packs(180)):
        for operation in made_by:
            writer.plant(operation, pack, number)
    return writer


def test_every_field_that_takes_text_has_been_attacked(planted):
    fields = {name: planting.planted for name, planting in planted.plantings.items()}
    refused = sorted(set(planted.failures))
    assert not refused, "not written:\n" + "\n".join(refused)
    spared = {name: left for name, least in MUST_HOLD.items() if (left := sorted(least - fields.get(name, set())))}
    assert not spared, f"hold no payload: {spared}; do: {({name: sorted(fields.get(name, set())) for name in spared})}"
    assert len(planted.made) > 200


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "person", [people.ADMINISTRATOR, people.OTHER_ACCOUNT_MANAGER, people.TECHNICIAN, None],
    ids=["administrator", "customer", "technician", "nobody"],
)
def test_no_page_runs_what_is_stored(person, planted, visitors, browser):
    where = [route for route in routes.addresses(lambda guide: client(visitors, guide)).values()]
    where += [f"/{name}" for name in planted.made if routes.route_of(f"/{name}")]
    where += [f"/contacts?q={payloads.ALL[0]}", "/tickets?q=%3Cscript%3E", "/inbox?folder=all", "/tickets?view=closed"]
    if person is None:
        where = ["/login", "/forgot", "/welcome?token=none", "/no/such/page", "/login?next=javascript:alert(1)"]
    state = visitors.state(person) if person else None
    session = Session(browser, visitors.origin(person or people.ADMINISTRATOR), storage_state=state)
    client_ = client(visitors, person)
    failures, shown, held = [], 0, 0
    try:
        session.context.add_init_script(f"({TRIPWIRES})()")
        page = session.page()
        for path in dict.fromkeys(where):
            plain = client_.get(path.replace("<", "%3C").replace(">", "%3E").replace(" ", "%20"))
            if plain.status not in (200, 404) or not plain.headers["content-type"].startswith("text/html"):
                continue
            with session.tripwire.expecting("status of 404"):
                page.goto(path)
            found = page.evaluate(INJECTED)
            failures += [f"{path}: {one}" for one in found]
            shown += 1
            held += "alert(document.domain)" in page.content()
    finally:
        session.close()
    session.tripwire.check()
    assert not failures, "\n".join(failures[:40])
    if person is not None:
        assert held > 20, f"only {held} of {shown} pages showed a payload: nothing is proved"


def test_no_mail_carries_markup_of_somebody_else(planted, visitors):
    """Letters are plain text, or HTML in which a payload is text."""
    mails = client(visitors, people.ADMINISTRATOR).get("/v1/mails?pageSize=100").json["mails"]
    assert mails
    for mail in mails:
        for field, value in mail.items():
            if "html" in field.lower() and isinstance(value, str):
                assert not re.search(r"<(script|img|svg|iframe|xss-probe)", value), f"{mail['name']}: {value[:300]}"
