"""Callers that write to one service as fast as it answers, and remember every answer."""

import collections
import itertools
import threading

import grpc

from faults.process import Client, Service
from faults.tokens import Tokens
from faults.work import KINDS, UNKNOWN, Piece

GUARD = 300.0
"""Seconds without an answer, against hanging."""


class Load:
    """Threads that write while a client is there, and wait while there is none. Use it as a context manager."""

    def __init__(self, service: str, tokens: Tokens, callers: int = 6):
        self.kind = KINDS[service]
        self.acknowledged: dict[str, str] = {}
        """Markers of what was answered with success in all its steps, and names."""
        self.made: dict[int, list[str]] = collections.defaultdict(list)
        """By caller: the markers of first steps that were answered with success, in the order of the answers."""
        self._tokens = tokens
        self._change = threading.Condition()
        self._client: Client | None = None
        self._life = 0
        self._active = 0
        self._ends = False
        self._failure: BaseException | None = None
        self._numbers = itertools.count()
        self._threads = [threading.Thread(target=self._write, args=(number,)) for number in range(callers)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        with self._change:
            self._ends = True
            self._change.notify_all()
        for thread in self._threads:
            thread.join()
        if self._client is not None:
            self._client.__exit__()

    def resume(self, service: Service) -> None:
        """A process is there (again)."""
        with self._change:
            self._client = service.client(self._tokens)
            self._life += 1
            self._change.notify_all()

    def pause(self) -> None:
        """The process is gone, or is to be left alone: returns when nobody has a call under way."""
        with self._change:
            gone, self._client = self._client, None
            self._life += 1
            self._wait(lambda: self._active == 0, "the calls do not end")
        gone.__exit__()

    def wait_for(self, more: int) -> None:
        """Until so many more pieces are acknowledged."""
        with self._change:
            wanted = len(self.acknowledged) + more
            self._wait(lambda: len(self.acknowledged) >= wanted, "nothing is acknowledged")

    def _wait(self, condition, complaint: str) -> None:
        if not self._change.wait_for(lambda: condition() or self._failure, timeout=GUARD):
            raise RuntimeError(f"{self.kind.service}: {complaint}")
        self._check()

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _write(self, number: int) -> None:
        piece, seen = self._next(number), 0
        while True:
            with self._change:
                self._change.wait_for(lambda: (self._client is not None and self._life != seen) or self._ends)
                if self._ends:
                    return
                client, seen = self._client, self._life
                self._active += 1
            try:
                while self._life == seen and not self._ends:
                    piece = self._advance(client, piece, number)
            except grpc.RpcError as error:
                if error.code() not in UNKNOWN:
                    self._fail(error)
            except BaseException as error:
                self._fail(error)
            finally:
                with self._change:
                    self._active -= 1
                    self._change.notify_all()

    def _fail(self, error: BaseException) -> None:
        with self._change:
            self._failure = self._failure or error
            self._ends = True
            self._change.notify_all()

    def _next(self, number: int) -> Piece:
        return Piece(f"piece-{number}-{next(self._numbers):07}")

    def _advance(self, client: Client, piece: Piece, number: int) -> Piece:
        self.kind.steps[piece.steps_done](client, piece)
        piece.steps_done += 1
        with self._change:
            if piece.steps_done == 1:
                self.made[number].append(piece.marker)
            if piece.steps_done < len(self.kind.steps):
                return piece
            self.acknowledged[piece.marker] = piece.name
            self._change.notify_all()
        return self._next(number)
