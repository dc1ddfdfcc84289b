"""A Connect client, written from the protocol's description (connectrpc.com/docs/protocol), strict about what it reads."""

import base64
import gzip
import json
import urllib.parse
from collections.abc import Iterator

from google.protobuf import json_format

from peers import contract
from peers.envelopes import envelope, opened
from peers.http import Answer, Headers

STATUSES = {
    "canceled": 499,
    "unknown": 500,
    "invalid_argument": 400,
    "deadline_exceeded": 504,
    "not_found": 404,
    "already_exists": 409,
    "permission_denied": 403,
    "resource_exhausted": 429,
    "failed_precondition": 400,
    "aborted": 409,
    "out_of_range": 400,
    "unimplemented": 501,
    "internal": 500,
    "unavailable": 503,
    "data_loss": 500,
    "unauthenticated": 401,
}


class Error(Exception):
    """An error as the protocol tells it."""

    def __init__(self, value: dict, answer: Answer):
        super().__init__(f"{value['code']}: {value.get('message', '')}")
        assert value["code"] in STATUSES, f"there is no code {value['code']}"
        self.code: str = value["code"]
        self.message: str = value.get("message", "")
        self.answer = answer
        self.details = []
        for detail in value.get("details", []):
            text = detail["value"]
            assert "=" not in text, "details are not padded"
            raw = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
            self.details.append(contract.message(detail["type"]).FromString(raw))


class Stream:
    """The messages of a streamed answer; raises `Error` at its end when it failed."""

    def __init__(self, method: contract.Method, answer: Answer, codec: str):
        self._method = method
        self._codec = codec
        self.answer = answer
        self.metadata: dict[str, list[str]] = {}

    def __iter__(self) -> Iterator:
        end: dict | None = None
        for flags, body in opened(self.answer.pieces):
            assert end is None, "something follows the end of the stream"
            if flags & 1:
                assert self.answer["connect-content-encoding"] == "gzip"
                body = gzip.decompress(body)
            if flags & 2:
                end = json.loads(body)
            else:
                assert flags & ~1 == 0, f"flags {flags} of a message"
                yield _read(self._method, body, self._codec)
        assert end is not None, "the body ends without the end of the stream"
        self.metadata = end.get("metadata", {})
        if "error" in end:
            raise Error(end["error"], self.answer)

    def all(self) -> list:
        try:
            return list(self)
        finally:
            self.answer.close()


def _read(method: contract.Method, body: bytes, codec: str):
    return json_format.Parse(body, method.answer()) if codec == "json" else method.answer.FromString(body)


def _write(message, codec: str) -> bytes:
    return json_format.MessageToJson(message).encode() if codec == "json" else message.SerializeToString()


class Client:
    def __init__(self, http, headers: Headers):
        self._http = http
        self._headers = headers

    def unary(self, method: str, request: dict, codec: str = "proto", headers: Headers = (), gzipped: bool = False):
        found = contract.Method(method)
        body = _write(found.request(**request), codec)
        extra = [("content-encoding", "gzip")] if gzipped else []
        answer = self.raw(method, gzip.compress(body) if gzipped else body, f"application/{codec}", extra + list(headers))
        return self.answered(found, answer, codec)

    def get(self, method: str, request: dict, codec: str = "proto", plain: bool = False, gzipped: bool = False, headers: Headers = ()):
        found = contract.Method(method)
        raw = _write(found.request(**request), codec)
        query = {"connect": "v1", "encoding": codec}
        if gzipped:
            raw, query["compression"] = gzip.compress(raw), "gzip"
        if plain:
            query["message"] = raw.decode()
        else:
            query["base64"], query["message"] = "1", base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
        path = f"{found.path}?{urllib.parse.urlencode(query)}"
        answer = self._http.request("GET", path, self._headers + list(headers))
        return self.answered(found, answer, codec)

    def stream(self, method: str, *requests: dict, codec: str = "proto", headers: Headers = (), gzipped: bool = False) -> Stream:
        found = contract.Method(method)
        body = b""
        for request in requests:
            raw = _write(found.request(**request), codec)
            body += envelope(gzip.compress(raw), 1) if gzipped else envelope(raw)
        extra = [("connect-content-encoding", "gzip")] if gzipped else []
        return self.raw_stream(method, body, codec, extra + list(headers))

    def raw_stream(self, method: str, body, codec: str = "proto", headers: Headers = ()) -> Stream:
        answer = self.raw(method, body, f"application/connect+{codec}", headers)
        assert answer.status == 200, answer.read()
        assert answer["content-type"] == f"application/connect+{codec}"
        return Stream(contract.Method(method), answer, codec)

    def raw(self, method: str, body, kind: str, headers: Headers = ()) -> Answer:
        own = [("content-type", kind), ("connect-protocol-version", "1")]
        return self._http.request("POST", "/" + method, own + self._headers + list(headers), body)

    @staticmethod
    def answered(method: contract.Method, answer: Answer, codec: str):
        body = answer.read()
        if answer["content-encoding"] == "gzip":
            body = gzip.decompress(body)
        if answer.status == 200:
            assert answer["content-type"] == f"application/{codec}"
            return _read(method, body, codec)
        assert answer["content-type"] == "application/json"
        error = Error(json.loads(body), answer)
        assert answer.status in (STATUSES[error.code], 405, 415), f"{answer.status} for {error.code}"
        raise error
