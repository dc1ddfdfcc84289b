"""Requests as no browser would send them: without its headers, without its cookies, with bodies too long."""

import http.client
import json
import urllib.parse
from dataclasses import dataclass

Headers = dict[str, str]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")

    @property
    def json(self) -> dict:
        return json.loads(self.body)


class Wire:
    """One portal, reached by HTTP/1.1 on loopback; its name goes into `Host`, which no resolver needs to know."""

    def __init__(self, origin: str, cookies: list[dict] | None = None):
        self.origin = origin
        self._url = urllib.parse.urlsplit(origin)
        self.cookies = {cookie["name"]: cookie["value"] for cookie in cookies or []}

    def send(self, method: str, path: str, body: bytes | str | None = None, headers: Headers | None = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self._url.port, timeout=30)
        try:
            all_headers = {"Host": self._url.netloc, **(headers or {})}
            if self.cookies:
                all_headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            connection.request(method, path, body=body, headers=all_headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def get(self, path: str, headers: Headers | None = None) -> Answer:
        return self.send("GET", path, headers=headers)

    def post_form(self, path: str, fields: dict[str, str], headers: Headers | None = None) -> Answer:
        form = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        return self.send("POST", path, urllib.parse.urlencode(fields), form)

    def post_json(self, path: str, value: object, headers: Headers | None = None) -> Answer:
        typed = {"Content-Type": "application/json", **(headers or {})}
        return self.send("POST", path, json.dumps(value), typed)
