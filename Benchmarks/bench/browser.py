"""As much of a browser as signing in takes."""

import html.parser
import http.client
import http.cookies
import json
import ssl
import urllib.parse


def trusting() -> ssl.SSLContext:
    """For a server whose certificate was made a moment ago and is nobody's."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Browser:
    """On loopback; the portal of the bare domain is the demo tenant's, those of others have a `host` of their own."""

    def __init__(self, port: int, scheme: str = "http", host: str | None = None):
        self.port = port
        self.host = host or f"localhost:{port}"
        self.origin = f"{scheme}://{self.host}"
        self.is_secure = scheme == "https"
        self.cookies: dict[str, str] = {}

    def get(self, path: str) -> tuple[int, bytes]:
        return self.request("GET", path, None, {})

    def json(self, path: str) -> dict:
        status, body = self.get(path)
        if status != 200:
            raise RuntimeError(f"{path} gave {status}: {body[:200]!r}")
        return json.loads(body)

    def post(self, path: str, form: dict[str, str]) -> tuple[int, bytes]:
        headers = {"content-type": "application/x-www-form-urlencoded", "origin": self.origin}
        return self.request("POST", path, urllib.parse.urlencode(form), headers)

    def request(self, verb: str, path: str, body: str | None, headers: dict[str, str]) -> tuple[int, bytes]:
        if self.is_secure:
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30, context=trusting())
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(verb, path, body, {**headers, "host": self.host, "cookie": self.cookie})
            answer = connection.getresponse()
            for line in answer.headers.get_all("set-cookie") or []:
                for name, morsel in http.cookies.SimpleCookie(line).items():
                    self.cookies[name] = morsel.value
            return answer.status, answer.read()
        finally:
            connection.close()

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items() if value)

    def sign_in(self, user: str, password: str) -> None:
        fields = _Fields()
        fields.feed(self.get("/login")[1].decode())
        status, _ = self.post("/login", {"_csrf": fields.token, "username": user, "password": password})
        if status != 303:
            raise RuntimeError(f"signing in as {user} gave {status}")


class _Fields(html.parser.HTMLParser):
    """Finds the form's token."""

    token = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        if tag == "input" and values.get("name") == "_csrf":
            self.token = values.get("value") or ""
