"""A server that stores what it forwards, and does nothing else: ``python -m benchmarks.bare``.

It parses no update, knows nobody and checks nothing; each letter is on the disk before it leaves,
with the statements and at the intervals of this server. What it costs remains for any server in
this language that keeps that promise, whatever else it does.
"""

import base64
import hashlib
import os
import select
import socket
import sqlite3
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from twinspace_rt.db.engine import SqliteDatabase
from twinspace_rt.db.migrate import migrate
from twinspace_rt.docs.edits import RAPID_EDITS
from twinspace_rt.ids import new_id
from twinspace_rt.protocol import now_ms
from twinspace_rt.settings import SQLITE_INTERVAL_MS
from twinspace_rt.streams.appends import Append, NewEntry, store_on_sqlite
from twinspace_rt.streams.log import RAPID_REST_S
from twinspace_rt.streams.transaction import create_stream

ANSWER = b"\x82\x05\x00\x01\x02\x00\x00"
"""A SyncStep2 with nothing in it, as a whole frame (RFC 6455 section 5.2)."""
NOTHING = b"\x82\x04\x00\x02\x00\x00"
"""An Update with nothing in it, for who typed all that is new."""
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3
BINARY = 0x82
SYNC, STEP_1, UPDATE = 0, 0, 2
READ_BYTES = 64 * 1024
WAITING_MAX = 1024


class Document:
    """Who is in a document, and what has been typed in it since the last commit."""

    def __init__(self) -> None:
        self.stream_id = new_id()
        self.seq = 0
        self.sockets: list[int] = []
        self.typed: list[tuple[int, bytes]] = []

    def append(self) -> Append:
        """Say what is to be stored: one entry of what each has typed."""
        writers: dict[int, list[bytes]] = {}
        for fd, body in self.typed:
            writers.setdefault(fd, []).append(body)
        entries = [NewEntry("nobody", b"".join(bodies)) for bodies in writers.values()]
        is_rapid = max(map(len, writers.values())) >= RAPID_EDITS
        return Append(self.stream_id, 1, self.seq, entries, lambda _: None, rapid=is_rapid)

    def forward(self) -> None:
        """Send everybody what others typed."""
        frames = [(fd, bytes((BINARY, len(body))) + body) for fd, body in self.typed]
        everything = b"".join([frame for _, frame in frames])
        writers = {fd for fd, _ in frames}
        for fd in self.sockets:
            if fd in writers:
                _send(fd, b"".join([f for writer, f in frames if writer != fd]) or NOTHING)
            else:
                _send(fd, everything)
        self.typed.clear()


class Bare:
    """The server; it ends with its process."""

    def __init__(self, port: int, folder: Path) -> None:
        self._database = SqliteDatabase(folder / "bare.sqlite3")
        self._database.write_now(migrate)
        self._driver = sqlite3.connect(self._database.path, isolation_level=None)
        self._driver.execute("PRAGMA synchronous=FULL")
        self._door = socket.create_server(("127.0.0.1", port), backlog=WAITING_MAX)
        self._documents: dict[bytes, Document] = {}
        self._people: dict[int, tuple[socket.socket, Document]] = {}
        self._waiting: dict[Document, None] = {}
        self._sockets, self._all = select.epoll(), select.epoll()
        self._all.register(self._door, select.EPOLLIN)
        self._all.register(self._sockets, select.EPOLLIN)
        self._buffer = bytearray(READ_BYTES)

    def run(self) -> None:
        """Serve for ever: read, commit, forward, and read again when the next commit is due."""
        interval_s = SQLITE_INTERVAL_MS / 1000
        while True:
            self._poll(None)
            while self._waiting:
                started = time.monotonic()
                is_rapid = self._commit()
                now = time.monotonic()
                due = now + max(RAPID_REST_S, now - started) if is_rapid else started + interval_s
                self._all.modify(self._sockets, 0)
                while (rest_s := due - time.monotonic()) > 0:
                    self._poll(rest_s)
                self._all.modify(self._sockets, select.EPOLLIN)
                self._read_all()

    def _poll(self, rest_s: float | None) -> None:
        for fd, _ in self._all.poll(rest_s):
            if fd == self._door.fileno():
                self._admit()
            else:
                self._read_all()

    def _admit(self) -> None:
        person, _ = self._door.accept()
        person.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += person.recv(READ_BYTES)
        request, *fields = head.split(b"\r\n")
        key = next(f for f in fields if f.lower().startswith(b"sec-websocket-key:"))
        accept = base64.b64encode(hashlib.sha1(key.split(b":")[1].strip() + GUID).digest())
        person.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        person.setblocking(False)
        document = self._documents.setdefault(request.split()[1], Document())
        if not document.sockets:
            begin: Callable[[Connection], object] = partial(
                create_stream, stream_id=document.stream_id, room_id=new_id(), kind="text"
            )
            self._database.write_now(begin)
        document.sockets.append(person.fileno())
        self._people[person.fileno()] = person, document
        self._sockets.register(person, select.EPOLLIN)

    def _read_all(self) -> None:
        for fd, _ in self._sockets.poll(0, WAITING_MAX):
            person, document = self._people[fd]
            try:
                size = os.readv(fd, (self._buffer,))
            except ConnectionResetError:
                size = 0
            if size:
                self._take(fd, document, bytes(memoryview(self._buffer)[:size]))
                continue
            document.sockets.remove(fd)
            self._sockets.unregister(person)
            del self._people[fd]
            person.close()

    def _take(self, fd: int, document: Document, data: bytes) -> None:
        at = 0
        while at < len(data):
            size, start = data[at + 1] & 0x7F, at + 6
            body = _unmasked(data[start : start + size], data[at + 2 : start])
            if data[at] == BINARY and body[0] == SYNC and body[1] == STEP_1:
                _send(fd, ANSWER)
            elif data[at] == BINARY and body[0] == SYNC and body[1] == UPDATE:
                document.typed.append((fd, body))
                self._waiting[document] = None
            at = start + size

    def _commit(self) -> bool:
        """Store and forward what was typed, and tell whether a program typed some of it."""
        appends = [document.append() for document in self._waiting]
        store = partial(store_on_sqlite, appends=appends, now=now_ms())
        assert not any(self._database.write_driver_now(self._driver, store))
        for document, append in zip(self._waiting, appends, strict=True):
            document.seq = append.upto_seq
            document.forward()
        self._waiting.clear()
        return any(append.rapid for append in appends)


def _send(fd: int, data: bytes) -> None:
    try:  # noqa: SIM105 - a context manager would be measured with it
        os.write(fd, data)
    except ConnectionError:
        pass  # whoever is gone is found so when it is read


def _unmasked(data: bytes, mask: bytes) -> bytes:
    size = len(data)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(data) ^ int.from_bytes(key)).to_bytes(size)


if __name__ == "__main__":
    Bare(int(sys.argv[1]), Path(sys.argv[2])).run()
