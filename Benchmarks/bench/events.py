"""Open streams of events: what each costs the gateway, and how soon all hear of a change."""

import dataclasses
import json
import selectors
import ssl
import time

from bench.browser import Browser
from bench.edge import TICKETS
from bench.held import HOLDERS, LIMIT, Holders, allow_many_files, open_all
from bench.portal import Portal

STREAMS = 5000
ALLOWANCE = ("--live-streams", "10000", "--limits-streams-per-identity", "10000")
"""Settings of the gateway: all streams are of one session, and so of one user."""


@dataclasses.dataclass(frozen=True)
class Streams:
    count: int
    kibibytes: float
    """Of the gateway's resident memory, for each."""
    reached: int
    seconds_to_all: float
    """From the request that changes a ticket to the last stream's event."""


def measure(portal: Portal) -> Streams:
    allow_many_files()
    browser = portal.signed_in()
    ticket = browser.json(TICKETS)["tickets"][0]["name"]
    begin = _subscription(browser)
    # A first stream warms up what all share.
    first = open_all(portal.port, 1, HOLDERS, begin)
    before = portal.gateway.resident_kibibytes()
    share = STREAMS // HOLDERS
    with Holders(_read, portal.port, share, begin) as holders:
        holders.await_open()
        time.sleep(3)
        each = (portal.gateway.resident_kibibytes() - before) / (share * HOLDERS)
        started = time.monotonic()
        status, text = browser.request(
            "POST", f"/v1/{ticket}/notes", json.dumps({"note": {"body": "Heard by everybody at once."}}),
            {"content-type": "application/json", "origin": browser.origin, "sec-fetch-site": "same-origin"})
        if status != 200:
            raise RuntimeError(f"the note gave {status}: {text[:300]!r}")
        heard = [moment for moments in holders.answers() for moment in moments]
    for end in first:
        end.close()
    last = max(heard) - started if heard else float("inf")
    return Streams(share * HOLDERS, each, len(heard), last)


def _subscription(browser: Browser):
    request = (
        f"GET /events HTTP/1.1\r\nHost: {browser.host}\r\nCookie: {browser.cookie}\r\n"
        "Accept: text/event-stream\r\nSec-Fetch-Site: same-origin\r\n\r\n").encode()

    def begin(connection: ssl.SSLSocket) -> None:
        connection.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            part = connection.recv(16384)
            if not part:
                raise RuntimeError(f"no stream: {answer!r}")
            answer += part
        if b" 200 " not in answer.split(b"\r\n", 1)[0]:
            raise RuntimeError(f"no stream: {answer[:300]!r}")

    return begin


def _read(pipe, index: int, port: int, count: int, begin) -> None:
    """Holds `count` streams; says when they are open, and when each heard of a change."""
    selector, buffers = selectors.DefaultSelector(), {}
    for end in open_all(port, count, index, begin):
        end.setblocking(False)
        buffers[end.fileno()] = b""
        selector.register(end, selectors.EVENT_READ)
    pipe.send("open")
    heard: list[float] = []
    end = time.monotonic() + LIMIT
    waiting = set(buffers)
    while waiting and time.monotonic() < end:
        for key, _ in selector.select(1):
            try:
                data = key.fileobj.recv(16384)
            except ssl.SSLWantReadError:
                continue
            if not data:
                raise RuntimeError("a stream ended")
            buffers[key.fd] += data
            if key.fd in waiting and b"event: change" in buffers[key.fd]:
                waiting.discard(key.fd)
                heard.append(time.monotonic())
    pipe.send(heard)
    pipe.recv()  # Ended by whoever started it.
