"""A gRPC-Web client, written from the protocol's description (grpc/doc/PROTOCOL-WEB.md), strict about what it reads."""

import base64
import urllib.parse
from collections.abc import Iterator

from google.protobuf import json_format

from peers import contract
from peers.envelopes import envelope, opened
from peers.http import Answer, Headers

TRAILERS = 0x80


class Call:
    """One answer: its messages as they come, then `status`, `message`, `details` and `trailers`."""

    def __init__(self, method: contract.Method, answer: Answer, codec: str):
        self._method = method
        self._codec = codec
        self.answer = answer
        self.trailers: Headers = []
        self.in_headers = answer["grpc-status"] is not None

    def __iter__(self) -> Iterator:
        pieces = self.answer.pieces
        if "-text" in (self.answer["content-type"] or ""):
            pieces = _untexted(pieces)
        if self.in_headers:
            rest = b"".join(pieces)
            assert rest == b"", "an answer of headers alone has no body"
            self._end(self.answer.headers)
            return
        ended = False
        for flags, body in opened(pieces):
            assert not ended, "something follows the trailers"
            if flags == TRAILERS:
                ended = True
                self._end(_block(body))
                continue
            assert flags == 0, f"flags {flags} of a message"
            yield self._message(body)
        assert ended, "the body ends without trailers"

    def _message(self, body: bytes):
        if self._codec == "json":
            return json_format.Parse(body, self._method.answer())
        return self._method.answer.FromString(body)

    def _end(self, fields: Headers) -> None:
        self.trailers = fields
        found = dict(fields)
        self.status = int(found["grpc-status"])
        self.message = urllib.parse.unquote(found.get("grpc-message", ""))
        text = found.get("grpc-status-details-bin", "")
        raw = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        self.details = list(contract.message("google.rpc.Status").FromString(raw).details)

    def all(self) -> list:
        found = list(self)
        self.answer.close()
        return found


def _block(body: bytes) -> Headers:
    lines = body.decode("ascii").split("\r\n")
    assert lines.pop() == "", "the block's last line has no end"
    fields = [tuple(line.split(": ", 1)) for line in lines]
    assert all(name == name.lower() for name, _ in fields), "a trailer's name is not lower-case"
    return fields


def _untexted(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Base64 in pieces, each of which may be padded."""
    rest = b""
    for piece in pieces:
        rest += piece
        whole = len(rest) // 4 * 4
        yield b"".join(base64.b64decode(rest[start : start + 4], validate=True) for start in range(0, whole, 4))
        rest = rest[whole:]
    assert rest == b"", "the text ends inside a group"


class Client:
    def __init__(self, http, headers: Headers):
        self._http = http
        self._headers = headers

    def call(self, method: str, *requests, codec: str = "proto", text: bool = False, headers: Headers = ()) -> Call:
        found = contract.Method(method)
        body = b""
        for request in requests:
            message = found.request(**request)
            raw = json_format.MessageToJson(message).encode() if codec == "json" else message.SerializeToString()
            body += base64.b64encode(envelope(raw)) if text else envelope(raw)
        return self.raw(method, body, codec=codec, text=text, headers=headers)

    def raw(self, method: str, body, codec: str = "proto", text: bool = False, headers: Headers = ()) -> Call:
        kind = f"application/grpc-web{'-text' if text else ''}+{codec}"
        own = [("content-type", kind), ("accept", kind), ("x-grpc-web", "1"), ("x-user-agent", "portico-tests")]
        answer = self._http.request("POST", "/" + method, own + self._headers + list(headers), body)
        assert answer.status == 200, answer.read()
        assert answer["content-type"] == kind
        return Call(contract.Method(method), answer, codec)
