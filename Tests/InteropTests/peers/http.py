"""Two HTTP clients that show what comes when it comes: HTTP/1.1 over a plain socket, HTTP/2 by the h2 state machine.

Both have one method, `request`, which returns an `Answer` as soon as its head is there; the body is read piece by piece.
"""

import socket
from collections.abc import Iterable, Iterator

import h2.config
import h2.connection
import h2.events

LIMIT = 30.0
"""Seconds without a byte after which a test fails instead of hanging."""

Headers = list[tuple[str, str]]


class Broken(Exception):
    """The answer ended before it was whole."""


class Answer:
    def __init__(self, status: int, headers: Headers, pieces: Iterator[bytes], close):
        self.status = status
        self.headers = headers
        self.pieces = pieces
        self.close = close

    def __getitem__(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)

    def read(self) -> bytes:
        body = b"".join(self.pieces)
        self.close()
        return body


class HTTP1:
    """One connection for each request."""

    name = "http/1.1"

    def __init__(self, port: int, host: str):
        self._port = port
        self._host = host

    def request(self, method: str, path: str, headers: Headers, body: bytes | Iterable[bytes] = b"") -> Answer:
        peer = socket.create_connection(("127.0.0.1", self._port), timeout=LIMIT)
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host}"]
        lines += [f"{name}: {value}" for name, value in headers]
        chunked = not isinstance(body, bytes)
        if chunked:
            lines.append("Transfer-Encoding: chunked")
        elif method == "POST":
            lines.append(f"Content-Length: {len(body)}")
        peer.sendall("\r\n".join(lines + ["", ""]).encode())
        if chunked:
            for piece in body:
                peer.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
            peer.sendall(b"0\r\n\r\n")
        elif body:
            peer.sendall(body)
        file = peer.makefile("rb")
        status = int(file.readline().split(b" ")[1])
        answer_headers: Headers = []
        while (line := file.readline()) not in (b"\r\n", b""):
            name, value = line.decode().rstrip("\r\n").split(":", 1)
            answer_headers.append((name.lower(), value.strip()))

        def close() -> None:
            file.close()
            peer.close()

        return Answer(status, answer_headers, self._body(file, method, dict(answer_headers)), close)

    @staticmethod
    def _body(file, method: str, headers: dict[str, str]) -> Iterator[bytes]:
        if method == "HEAD":
            return
        if headers.get("transfer-encoding") != "chunked":
            yield file.read(int(headers["content-length"]))
            return
        while True:
            size = int(file.readline() or b"-1", 16)
            if size < 0:
                raise Broken("the connection ended inside the body")
            piece = file.read(size)
            file.readline()
            if size == 0:
                return
            yield piece


class HTTP2:
    """One connection and one stream for each request, with prior knowledge."""

    name = "h2"

    def __init__(self, port: int, host: str):
        self._port = port
        self._host = host

    def request(self, method: str, path: str, headers: Headers, body: bytes | Iterable[bytes] = b"") -> Answer:
        exchange = _Stream(socket.create_connection(("127.0.0.1", self._port), timeout=LIMIT))
        exchange.send_head(method, path, self._host, headers, has_body=method == "POST")
        if method == "POST":
            for piece in [body] if isinstance(body, bytes) else body:
                exchange.send(piece)
            exchange.finish()
        status, answer_headers = exchange.head()
        return Answer(status, answer_headers, exchange.pieces(), exchange.close)


class _Stream:
    def __init__(self, peer: socket.socket):
        self._peer = peer
        self._state = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self._state.initiate_connection()
        self._events: list[h2.events.Event] = []
        self._ended = False
        self._flush()

    def _flush(self) -> None:
        if data := self._state.data_to_send():
            self._peer.sendall(data)

    def _next(self) -> h2.events.Event:
        while not self._events:
            data = self._peer.recv(65536)
            if not data:
                raise Broken("the connection ended")
            self._events += self._state.receive_data(data)
            self._flush()
        return self._events.pop(0)

    def send_head(self, method: str, path: str, host: str, headers: Headers, has_body: bool) -> None:
        pseudo = [(":method", method), (":scheme", "http"), (":authority", host), (":path", path)]
        self._id = self._state.get_next_available_stream_id()
        self._state.send_headers(self._id, pseudo + [(name.lower(), value) for name, value in headers], not has_body)
        self._flush()

    def send(self, data: bytes) -> None:
        """Sends all of it, or as much as the server wants: it may answer before and end the stream."""
        later: list[h2.events.Event] = []
        while data and not self._ended:
            room = min(self._state.local_flow_control_window(self._id), self._state.max_outbound_frame_size)
            if room > 0:
                self._state.send_data(self._id, data[:room])
                data = data[room:]
                self._flush()
                continue
            event = self._next()
            self._ended = isinstance(event, h2.events.StreamEnded | h2.events.StreamReset)
            if not isinstance(event, h2.events.WindowUpdated):
                later.append(event)
        self._events[:0] = later

    def finish(self) -> None:
        if not self._ended:
            self._state.end_stream(self._id)
            self._flush()

    def head(self) -> tuple[int, Headers]:
        while True:
            event = self._next()
            if isinstance(event, h2.events.ResponseReceived):
                fields = [(name, value) for name, value in event.headers if not name.startswith(":")]
                return int(dict(event.headers)[":status"]), fields
            if isinstance(event, h2.events.StreamReset | h2.events.ConnectionTerminated):
                raise Broken(str(event))

    def pieces(self) -> Iterator[bytes]:
        while True:
            event = self._next()
            if isinstance(event, h2.events.DataReceived):
                self._state.acknowledge_received_data(event.flow_controlled_length, self._id)
                self._flush()
                yield event.data
            elif isinstance(event, h2.events.StreamEnded):
                return
            elif isinstance(event, h2.events.StreamReset | h2.events.ConnectionTerminated):
                raise Broken(str(event))

    def close(self) -> None:
        self._peer.close()
