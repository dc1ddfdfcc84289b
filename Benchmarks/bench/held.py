"""Connections with TLS that are held open, by processes of their own: one cannot have so many, nor read them in time."""

import concurrent.futures
import multiprocessing
import resource
import socket
import ssl

from bench.browser import trusting

HOLDERS = 4
PER_ADDRESS = 200
"""Connections from one address of loopback; the gateway takes 256 from one."""
LIMIT = 60
"""Seconds to wait for anything."""


def allow_many_files() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def open_all(port: int, count: int, index: int, begin, protocols: list[str] | None = None) -> list[ssl.SSLSocket]:
    """`count` connections from the addresses of the holder `index`, each begun by `begin(connection)`."""
    context = trusting()
    if protocols:
        context.set_alpn_protocols(protocols)

    def connect(number: int) -> ssl.SSLSocket:
        plain = socket.socket()
        plain.settimeout(LIMIT)
        plain.bind((f"127.0.{index + 1}.{1 + number // PER_ADDRESS}", 0))
        plain.connect(("127.0.0.1", port))
        wrapped = context.wrap_socket(plain, server_hostname="localhost")
        begin(wrapped)
        return wrapped

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return list(pool.map(connect, range(count)))


class Holders:
    """Processes that run `work(pipe, index, *arguments)` and say "open" first. Use as a context manager."""

    def __init__(self, work, *arguments):
        context = multiprocessing.get_context("fork")
        self.pipes, self.processes = [], []
        for index in range(HOLDERS):
            own, theirs = context.Pipe()
            process = context.Process(target=work, args=(theirs, index, *arguments))
            process.start()
            self.pipes.append(own)
            self.processes.append(process)

    def __enter__(self) -> "Holders":
        return self

    def __exit__(self, *_) -> None:
        for process in self.processes:
            process.terminate()
            process.join()

    def await_open(self) -> None:
        for pipe in self.pipes:
            if not pipe.poll(LIMIT) or pipe.recv() != "open":
                raise RuntimeError("the connections did not open")

    def answers(self) -> list:
        """What each has to say next; nothing of one that is silent."""
        return [pipe.recv() if pipe.poll(LIMIT) else [] for pipe in self.pipes]
