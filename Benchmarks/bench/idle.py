"""Resident memory of connections that have made one call and are quiet now."""

import socket
import time

from bench.echo import ECHO, PEERS, Peer
from bench.server import Server
from bench.wire import bytes_value, frame

CONNECTIONS = 5000
QUIET = 5
"""Seconds without a byte before memory is looked at."""
END_STREAM, END_HEADERS, ACK = 1, 4, 1
DATA, HEADERS, SETTINGS = 0, 1, 4


def measure() -> dict[Peer, float]:
    """KiB for one connection."""
    results = {}
    for peer in PEERS:
        with Server(peer.command()) as server:
            _idle(server, 100)  # what a first connection costs the process, and not itself
            time.sleep(0.5)
            results[peer] = _idle(server, CONNECTIONS)
            print(f"idle {peer.name:<13}{results[peer]:8.1f} KiB a connection", flush=True)
    return results


def _idle(server: Server, count: int) -> float:
    before = server.resident_kibibytes()
    sockets = []
    try:
        for _ in range(count):
            sockets.append(_connect(server.port))
        for connection in sockets:
            await_answer(connection)
        time.sleep(QUIET)
        return (server.resident_kibibytes() - before) / count
    finally:
        for connection in sockets:
            connection.close()


def _connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    fields = {":method": "POST", ":scheme": "http", ":path": ECHO, ":authority": "localhost",
              "content-type": "application/grpc", "te": "trailers"}
    connection.sendall(first_request(fields, frame(bytes_value(64))))
    return connection


def first_request(fields: dict[str, str], body: bytes = b"") -> bytes:
    """Preface, settings and one whole request. HPACK without its table: every field literal and never indexed."""
    block = b"".join(
        b"\x10" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()
        for name, value in fields.items())
    end = b"" if not body else _frame(DATA, END_STREAM, 1, body)
    flags = END_HEADERS if body else END_HEADERS | END_STREAM
    return (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + _frame(SETTINGS, 0, 0, b"")
            + _frame(HEADERS, flags, 1, block) + end)


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def await_answer(connection: socket.socket) -> None:
    """Reads to the end of the answer, and acknowledges the settings."""
    data = b""
    while True:
        while len(data) >= 9 and len(data) >= 9 + int.from_bytes(data[:3], "big"):
            size, kind, flags = int.from_bytes(data[:3], "big"), data[3], data[4]
            stream, data = int.from_bytes(data[5:9], "big"), data[9 + size:]
            if kind == SETTINGS and not flags & ACK:
                connection.sendall(_frame(SETTINGS, ACK, 0, b""))
            if stream == 1 and kind in (DATA, HEADERS) and flags & END_STREAM:
                return
        more = connection.recv(65536)
        if not more:
            raise RuntimeError("the server closed a connection")
        data += more
