"""A running portal, and who may come in."""

import functools
import json
import urllib.parse

from harness.portico import Portico

from peers.http import HTTP1, Headers

TENANT = "brightwater"


class Portal:
    def __init__(self, running: Portico):
        self._at(running.portal(TENANT), running.logins[0].password)

    @classmethod
    def at(cls, url: str, password: str) -> "Portal":
        """One that was started otherwise: the address of the tenant's portal, and everybody's password."""
        portal = cls.__new__(cls)
        portal._at(url, password)
        return portal

    def _at(self, address: str, password: str) -> None:
        url = urllib.parse.urlsplit(address)
        self.port: int = url.port
        self.host: str = url.netloc
        self._password = password

    @functools.cache
    def session(self, user: str) -> Headers:
        """The headers that a browser of this person would send from a page of the portal."""
        login = {"tenant": TENANT, "userName": user, "password": self._password}
        return [("cookie", f"portico={self._post('/v1/sessions', login, [])['token']}"), ("sec-fetch-site", "same-origin")]

    @functools.cache
    def token(self, user: str, *scopes: str) -> Headers:
        """The headers of a program that has an API token of this person."""
        body = {"displayName": "interoperability tests", "scopes": list(scopes)}
        return [("authorization", f"Bearer {self._post('/v1/apiTokens', body, self.session(user))['secret']}")]

    def _post(self, path: str, value: dict, headers: Headers) -> dict:
        http = HTTP1(self.port, self.host)
        answer = http.request("POST", path, [("content-type", "application/json"), *headers], json.dumps(value).encode())
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {body.decode()}")
        return json.loads(body)
