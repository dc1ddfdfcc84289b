"""Open streams of events: what each costs the gateway, and how soon all hear of a change."""

import concurrent.futures
import dataclasses
import http.client
import json
import multiprocessing
import resource
import selectors
import socket
import ssl
import time

from bench.edge import TICKETS
from bench.portal import Browser, Portal

STREAMS = 5000
READERS = 4
"""Processes that hold the browsers' ends."""
PER_ADDRESS = 200
"""Connections from one address of loopback; the gateway takes 256 from one."""
LIMIT = 60
"""Seconds to wait for anything."""
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
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    browser = portal.signed_in()
    ticket = browser.json(TICKETS)["tickets"][0]["name"]
    # A first stream warms up what all share.
    _, _, warm = _open(portal.port, browser, 1, 1)
    before = portal.gateway.resident_kibibytes()
    share = STREAMS // READERS
    context = multiprocessing.get_context("fork")
    pipes, readers = [], []
    for index in range(READERS):
        own, theirs = context.Pipe()
        reader = context.Process(target=_read, args=(theirs, portal.port, browser, share, index))
        reader.start()
        pipes.append(own)
        readers.append(reader)
    try:
        for pipe in pipes:
            if not pipe.poll(LIMIT) or pipe.recv() != "open":
                raise RuntimeError("the streams did not open")
        time.sleep(3)
        each = (portal.gateway.resident_kibibytes() - before) / (share * READERS)
        started = time.monotonic()
        _change(portal, browser, ticket)
        answers = [pipe.recv() if pipe.poll(LIMIT) else [] for pipe in pipes]
        heard = [moment for moments in answers for moment in moments]
        last = max(heard) - started if heard else float("inf")
        return Streams(share * READERS, each, len(heard), last)
    finally:
        for reader in readers:
            reader.terminate()
            reader.join()
        for end in warm:
            end.close()


def _change(portal: Portal, browser: Browser, ticket: str) -> None:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = http.client.HTTPSConnection("127.0.0.1", portal.port, context=context, timeout=30)
    connection.request(
        "POST", f"/v1/{ticket}/notes", json.dumps({"note": {"body": "Heard by everybody at once."}}),
        {"content-type": "application/json", "host": browser.host, "cookie": browser.cookie,
         "origin": f"https://{browser.host}", "sec-fetch-site": "same-origin"})
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"the note gave {answer.status}: {text[:300]!r}")
    connection.close()


def _read(pipe, port: int, browser: Browser, count: int, index: int) -> None:
    """Holds `count` streams in a process of its own; says when they are open, and when each heard of a change."""
    selector, buffers, ends = _open(port, browser, count, index)
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


def _open(port: int, browser: Browser, count: int, index: int):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    request = (
        f"GET /events HTTP/1.1\r\nHost: {browser.host}\r\nCookie: {browser.cookie}\r\n"
        "Accept: text/event-stream\r\nSec-Fetch-Site: same-origin\r\n\r\n").encode()

    def connect(number: int) -> ssl.SSLSocket:
        plain = socket.socket()
        plain.settimeout(LIMIT)
        plain.bind((f"127.0.{index + 1}.{1 + number // PER_ADDRESS}", 0))
        plain.connect(("127.0.0.1", port))
        wrapped = context.wrap_socket(plain, server_hostname="localhost")
        wrapped.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            part = wrapped.recv(16384)
            if not part:
                raise RuntimeError(f"no stream: {answer!r}")
            answer += part
        if b" 200 " not in answer.split(b"\r\n", 1)[0]:
            raise RuntimeError(f"no stream: {answer[:300]!r}")
        return wrapped

    selector, buffers = selectors.DefaultSelector(), {}
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        ends = list(pool.map(connect, range(count)))
    for end in ends:
        end.setblocking(False)
        buffers[end.fileno()] = b""
        selector.register(end, selectors.EVENT_READ)
    return selector, buffers, ends
