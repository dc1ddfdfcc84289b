"""R-040: a server without a file descriptor left for another connection."""

import os
import resource
import socket
import time

from peers.interop import Served

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"
SETTINGS = 4
SPARE = 20
LIMIT = 60


def cpu_seconds(pid: int) -> float:
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def open_descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def connect(served: Served) -> socket.socket:
    return socket.create_connection(("127.0.0.1", served.port), timeout=LIMIT)


def test_it_does_not_spin_and_serves_when_there_are_some_again():
    with Served() as served:
        pid = served.process.pid
        most = open_descriptors(pid) + SPARE
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (most, most))
        connections = [connect(served) for _ in range(3 * SPARE)]
        deadline = time.monotonic() + LIMIT
        while open_descriptors(pid) < most:
            assert time.monotonic() < deadline, "the connections were not taken"
            time.sleep(0.05)
        before = cpu_seconds(pid)
        time.sleep(2)
        # Whoever asks the kernel again and again has used most of that time.
        assert cpu_seconds(pid) - before < 0.3
        for connection in connections:
            connection.close()
        with connect(served) as connection:
            connection.sendall(PREFACE)
            assert connection.recv(9)[3] == SETTINGS
