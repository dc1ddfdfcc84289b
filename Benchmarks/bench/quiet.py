"""Resident memory of the gateway's connections that have had one answer over TLS and are quiet now (V-17)."""

import ssl
import time

from bench.held import HOLDERS, Holders, allow_many_files, open_all
from bench.idle import await_answer, first_request
from bench.portal import Portal

CONNECTIONS = 5000
QUIET = 5
"""Seconds without a byte before memory is looked at."""
PATH = "/healthz"


def measure(portal: Portal, name: str) -> float:
    """KiB for one connection of a protocol. On a portal that has held no others: what they have left is used again."""
    allow_many_files()
    begin = PROTOCOLS[name]
    # What a first connection costs the process, and not itself.
    first = open_all(portal.port, 100, HOLDERS, begin, [name])
    before = portal.gateway.resident_kibibytes()
    share = CONNECTIONS // HOLDERS
    with Holders(_hold, portal.port, share, begin, name) as holders:
        holders.await_open()
        time.sleep(QUIET)
        each = (portal.gateway.resident_kibibytes() - before) / (share * HOLDERS)
    for connection in first:
        connection.close()
    return each


def _hold(pipe, index: int, port: int, count: int, begin, name: str) -> None:
    held = open_all(port, count, index, begin, [name])
    pipe.send("open")
    pipe.recv()  # Ended by whoever started it.
    del held


def _over_http2(connection: ssl.SSLSocket) -> None:
    if connection.selected_alpn_protocol() != "h2":
        raise RuntimeError("the gateway does not speak HTTP/2")
    connection.sendall(first_request(
        {":method": "GET", ":scheme": "https", ":path": PATH, ":authority": "localhost"}))
    await_answer(connection)


def _over_http1(connection: ssl.SSLSocket) -> None:
    connection.sendall(f"GET {PATH} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    answer = b""
    while b"\"ok\"" not in answer:
        part = connection.recv(16384)
        if not part:
            raise RuntimeError(f"no answer: {answer!r}")
        answer += part


PROTOCOLS = {"h2": _over_http2, "http/1.1": _over_http1}
"""How a connection of each begins, by its name in ALPN."""
